"""The words in which all renderers speak of a step."""

from __future__ import annotations

from dsmc.traces.model import Change, Message, Step, Trace

ARROW = "→"
_LONG = 24  # a longer sequence is not shown again when it grows


def who(trace: Trace, lane: int | None) -> str:
    """The name of a lane."""
    return trace.lanes[lane].name if lane is not None else ""


def sends(trace: Trace, step: Step) -> list[str]:
    """What is sent in a step: each text once for each sender, with all its receivers."""
    found: dict[tuple[int, str], list[str]] = {}
    for number in step.sent:
        message = trace.message(number)
        if message.copy_of is None:
            receivers = found.setdefault((message.sender, message.text), [])
            receivers.append(who(trace, message.receiver))
    return [_sending(trace, step, *key, to) for key, to in found.items()]


def _sending(trace: Trace, step: Step, sender: int, text: str, to: list[str]) -> str:
    """`sends Ping to B, C`; in a step of another node, or of none, with the sender's name."""
    name = "" if sender == step.lane else f"{who(trace, sender)} "
    return f"{name}sends {text} to {', '.join(to)}"


def drops(trace: Trace, step: Step) -> list[str]:
    """The messages that end in a step because nobody can receive them."""
    return list(dict.fromkeys(_drop(trace, trace.message(number)) for number in step.dropped))


def _drop(trace: Trace, message: Message) -> str:
    if message.sent == message.ended:
        return f"{message.text} to {who(trace, message.receiver)} goes nowhere"
    return f"{_way(trace, message)} is dropped"


def _way(trace: Trace, message: Message) -> str:
    return f"{message.text} from {who(trace, message.sender)} to {who(trace, message.receiver)}"


def change(trace: Trace, one: Change, lane: int | None) -> str:
    """A change as `name: was → is`; another node's with the node's name."""
    other = one.owner is not None and one.owner != lane
    name = f"{who(trace, one.owner)}.{one.name}" if other else one.name
    return f"{name}: {one.was} {ARROW} {one.now}" if one.was else f"{name} = {one.now}"


def brief(trace: Trace, one: Change, lane: int | None) -> str:
    """A change as short as it can be: of a long sequence only what was added at its end."""
    text, kept = change(trace, one, lane), one.was[:-1] + ", "
    if len(one.was) > _LONG and one.was.startswith("[") and one.now.startswith(kept):
        return text.replace(f"{one.was} {ARROW} {one.now}", f"[…] + [{one.now[len(kept) :]}")
    return text


def marks(trace: Trace, step: Step) -> list[str]:
    """What else is to be said of a step: nodes that went down or came up, who is not cut off."""
    down = "down for ever" if step.fault == "crash" else "down"
    found = [*_are(trace, step.crashed, down), *_are(trace, step.restarted, "up again")]
    if step.cut is not None and step.cut.groups:
        cut_off = {n for group in step.cut.groups for n in group}
        free = [lane.name for n, lane in enumerate(trace.lanes) if n not in cut_off]
        found += [f"{', '.join(free)} can reach all"] if free else []
    return found


def _are(trace: Trace, nodes: tuple[int, ...], what: str) -> list[str]:
    names = ", ".join(who(trace, n) for n in nodes)
    return [f"{names} {'is' if len(nodes) == 1 else 'are'} {what}"] if nodes else []


def in_flight(trace: Trace) -> list[str]:
    """The messages that are still in flight at the end."""
    return [_way(trace, m) for m in trace.messages if m.fate == "in flight"]


def why(trace: Trace) -> list[str]:
    """Why it is so, and which faults that needs."""
    return [*trace.reasons, *(need.text for need in trace.needs)]


def goes_on(trace: Trace) -> str:
    """How a run that has no end goes on where it begins to go round."""
    return "nothing happens any more, for ever" if trace.stays else "from here on again and again"


def ending(trace: Trace) -> str:
    """What is to be said at the end of a picture."""
    if trace.loop is None:
        return f"{outcome(trace)} here"
    if trace.stays:
        return f"{goes_on(trace)}: {outcome(trace)}"
    return f"and again from step {trace.loop + 1} on: {outcome(trace)}"


def outcome(trace: Trace) -> str:
    """What the last step shows, in a word or two."""
    return f"{trace.name} is {trace.verdict}"
