"""A trace as plain text: each step with its node, what changed, what was sent."""

from __future__ import annotations

from dsmc.traces.model import Step, Trace
from dsmc.traces.render import words


def render(trace: Trace) -> str:
    """The text, ended by a newline."""
    lines = [trace.headline]
    if trace.doc:
        lines += [f"  ({trace.doc.splitlines()[0]})"]
    lines.append("")
    width = max((len(lane.name) for lane in trace.lanes), default=0)
    for step in trace.steps:
        lines += _step(trace, step, width)
    lines += _end(trace)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _step(trace: Trace, step: Step, width: int) -> list[str]:
    name = words.who(trace, step.lane)
    mark = "!" if step.fault else " "
    place = f"   [{step.place}]" if step.place else ""
    head = f"{step.number:>4} {mark} {name:<{width}}  {words.title(trace, step)}{place}"
    inside = [*words.marks(trace, step), *words.changes(trace, step, step.lane)]
    inside += [f"sends {text} to {', '.join(to)}" for text, to in words.sends(trace, step)]
    if step.error:
        inside.append(f"error: {step.error}")
    return [head, *(f"{'':>{width + 9}}{line}" for line in inside)]


def _end(trace: Trace) -> list[str]:
    lines = [""]
    waiting = words.in_flight(trace)
    if waiting:
        lines.append("  still in flight:")
        lines += [
            f"    {m.text} from {words.who(trace, m.sender)} to {words.who(trace, m.receiver)}"
            for m in waiting
        ]
    lines.append(f"  {trace.name} is {trace.verdict}" + (":" if trace.reasons else "."))
    return [*lines, *(f"    {reason}" for reason in trace.reasons)]
