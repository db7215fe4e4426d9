"""The words in which all renderers speak of a step."""

from __future__ import annotations

from collections import defaultdict

from dsmc.traces.model import Message, Step, Trace

ARROW = "→"


def who(trace: Trace, lane: int | None) -> str:
    """The name of a lane."""
    return trace.lanes[lane].name if lane is not None else ""


def title(trace: Trace, step: Step) -> str:
    """What happens in a step: `on Vote(true) from Participant.1`."""
    if step.received and step.title.startswith(("on ", "receive ")):
        return _receipt(trace, step)
    if step.title == "partition" and step.groups is not None:
        return f"partition {_groups(trace, step)}"
    if step.lost:
        message = trace.message(step.lost[0])
        ends = f"{who(trace, message.sender)} {ARROW} {who(trace, message.receiver)}"
        return f"{step.fault or 'lose'}: {message.text} ({ends})"
    if step.fault == "duplicate" and step.sent:
        message = trace.message(step.sent[0])
        ends = f"{who(trace, message.sender)} {ARROW} {who(trace, message.receiver)}"
        return f"duplicate: {message.text} ({ends})"
    return f"{step.title} ({step.detail})" if step.detail else step.title


def _receipt(trace: Trace, step: Step) -> str:
    message = trace.message(step.received[0])
    word, _, rest = step.title.partition(" ")
    _, _, added = rest.partition(", ")
    text = f"{word} {message.text} from {who(trace, message.sender)}"
    return f"{text}, {added}" if added else text


def _groups(trace: Trace, step: Step) -> str:
    shown = ["{" + ", ".join(who(trace, n) for n in group) + "}" for group in step.groups or ()]
    return " | ".join(shown)


def sends(trace: Trace, step: Step) -> list[tuple[str, list[str]]]:
    """What a step sends: each text once, with all its receivers."""
    found: dict[str, list[str]] = defaultdict(list)
    for number in step.sent:
        message = trace.message(number)
        if message.copy_of is None:
            found[message.text].append(who(trace, message.receiver))
    return list(found.items())


def changes(trace: Trace, step: Step, lane: int | None) -> list[str]:
    """What a step changes, as `name: was → is`; another node's with the node's name."""
    found = []
    for change in step.changes:
        other = change.owner is not None and change.owner != lane
        prefix = f"{who(trace, change.owner)}." if other else ""
        before = f"{change.was} {ARROW} " if change.was else ""
        found.append(f"{prefix}{change.name}: {before}{change.now}")
    return found


def folded(change: str, width: int = 46) -> list[str]:
    """A change on one line, or, if it is long, with what is on a line of its own."""
    if len(change) <= width or f" {ARROW} " not in change:
        return [change]
    before, after = change.split(f" {ARROW} ", 1)
    return [before, f"  {ARROW} {after}"]


def marks(trace: Trace, step: Step) -> list[str]:
    """Nodes that went down or came up in a step."""
    found = []
    if step.crashed:
        names = ", ".join(who(trace, n) for n in step.crashed)
        found.append(f"{names} {'is' if len(step.crashed) == 1 else 'are'} down")
    if step.restarted:
        names = ", ".join(who(trace, n) for n in step.restarted)
        found.append(f"{names} {'is' if len(step.restarted) == 1 else 'are'} up again")
    return found


def in_flight(trace: Trace) -> list[Message]:
    """The messages that are still in flight at the end."""
    return [m for m in trace.messages if m.fate == "in flight"]
