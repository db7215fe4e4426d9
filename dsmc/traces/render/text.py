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
        if step.number == trace.loop:
            lines.append(f"       == {words.goes_on(trace)} ==")
    lines += _end(trace)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _step(trace: Trace, step: Step, width: int) -> list[str]:
    name = words.who(trace, step.lane)
    mark = "!" if step.fault else " "
    place = f"   [{step.place}]" if step.place else ""
    head = f"{step.number:>4} {mark} {name:<{width}}  {step.title}{place}"
    inside = [*step.said, *words.marks(trace, step), *_changes(trace, step)]
    inside += [*words.sends(trace, step), *words.drops(trace, step)]
    if step.error:
        inside.append(f"error: {step.error}")
    return [head, *(f"{'':>{width + 9}}{line}" for line in inside)]


def _changes(trace: Trace, step: Step) -> list[str]:
    return [
        words.change(trace, one, step.lane) + (" (ghost)" if one.ghost else "")
        for one in step.changes
    ]


def _end(trace: Trace) -> list[str]:
    lines = [""]
    waiting = words.in_flight(trace)
    if waiting:
        lines += ["  still in flight:", *(f"    {line}" for line in waiting)]
    lines.append(f"  {words.outcome(trace)}" + (":" if trace.reasons else "."))
    reasons = (f"    {reason}" for reason in trace.reasons)
    return [*lines, *reasons, *(f"  {need.text}" for need in trace.needs)]
