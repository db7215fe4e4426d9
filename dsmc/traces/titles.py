"""The words for what happens in a step: `on Vote(true) from Participant.1`, `charge throws`."""

from __future__ import annotations

import re
from pathlib import PurePath

from dsmc.backends.python.machine import Event, TracedStep
from dsmc.ir import stmt as s
from dsmc.ir.faults import STOPPING
from dsmc.ir.names import is_own, written
from dsmc.ir.show import show
from dsmc.ir.system import Kind
from dsmc.source import Span
from dsmc.traces.ledger import Traffic
from dsmc.traces.model import Cut, Lane, Message

#: How the title of a step that takes a message begins; a label may stand before it.
_RECEIPT = re.compile(r"(\w+: )?(on|receive) ")


def title(
    lanes: tuple[Lane, ...], step: TracedStep, traffic: Traffic, messages: list[Message],
    cut: Cut | None,
) -> str:  # fmt: skip
    """What happens in a step."""
    origin = step.action.origin
    thrown = throws(step.events)
    if thrown and origin.fault:
        return thrown
    said = _of_the_network(lanes, step, traffic, messages, cut)
    said = said or _of_a_node(lanes, step, traffic, messages)
    return "; ".join(part for part in (said, thrown, _stops(step)) if part)


def throws(events: tuple[Event, ...]) -> str:
    """What the faults of labelled statements do in a step."""
    found = []
    for event in events:
        if event.kind == "fail":
            found.append(f"`{event.text}` throws")
        if event.kind == "lose reply of":
            found.append(f"the reply of `{event.text}` is lost")
    return ", ".join(found)


def _stops(step: TracedStep) -> str:
    """Who stops in the middle of what another node's step has set off."""
    if step.action.origin.fault:
        return ""
    stopped = (event for event in step.events if event.kind in STOPPING)
    return ", ".join(f"{show(e.types[0], e.values[0])} stops in `{e.text}`" for e in stopped)


def where(step: TracedStep) -> Span:
    """Where a step was written; if a node stops in code that it has set off, where that was."""
    if not step.action.origin.fault:
        for event in step.events:
            for mark in s.walk(step.action.body) if event.kind in STOPPING else ():
                if _is_of(mark, event):
                    return mark.span
    return step.action.origin.span


def _is_of(statement: s.Statement, event: Event) -> bool:
    """Is it the statement that tells of the event?"""
    match statement:
        case s.Mark(kind, args, text):
            return (kind, text, tuple(a.type for a in args)) == (
                event.kind,
                event.text,
                event.types,
            )
        case _:
            return False


def place(span: Span, own: str) -> str:
    """Where a step was written: the line, and the file if it is not the spec's own."""
    name = span.source.name
    if not name:
        return ""
    if name == own:
        return f"line {span.line}"
    path = PurePath(name)
    same = path.name == PurePath(own).name
    return f"{PurePath(*path.parts[-2:]) if same else path.name}:{span.line}"


# ---------------------------------------------------------------- the network's doing


def _of_the_network(
    lanes: tuple[Lane, ...], step: TracedStep, traffic: Traffic, messages: list[Message],
    cut: Cut | None,
) -> str:  # fmt: skip
    """What happens to messages and links; empty if the step is something else."""
    origin = step.action.origin
    if cut is not None:
        return f"partition {cut.text}" if cut.pairs else "the partition heals"
    if traffic.lost:
        return f"{_travelling(lanes, messages[traffic.lost[0]])} is lost"
    for event in step.events:
        if event.kind == "reorder":
            return f"{_reordered(lanes, event)} overtakes what was sent before it"
    if origin.fault == "duplicate" and not traffic.received:
        return f"{_travelling(lanes, messages[traffic.sent[0]])} is duplicated"
    return ""


def _travelling(lanes: tuple[Lane, ...], message: Message) -> str:
    sender, receiver = lanes[message.sender].name, lanes[message.receiver].name
    return f"{message.text} from {sender} to {receiver}"


def _reordered(lanes: tuple[Lane, ...], event: Event) -> str:
    sender, receiver, content = event.values
    text = show(event.types[2], content)
    return f"{text} from {lanes[sender].name} to {lanes[receiver].name}"


# ---------------------------------------------------------------- a node's doing


def _of_a_node(
    lanes: tuple[Lane, ...], step: TracedStep, traffic: Traffic, messages: list[Message]
) -> str:
    origin = step.action.origin
    if origin.fault == "outage" and not origin.node:
        return f"outage of {origin.role}"
    receipt = _RECEIPT.match(origin.title)
    if traffic.received and receipt:
        return receipt[0] + _receipt(lanes, step, messages[traffic.received[0]])
    detail = _detail(step)
    return f"{origin.title} ({detail})" if detail else origin.title


def _receipt(lanes: tuple[Lane, ...], step: TracedStep, message: Message) -> str:
    """What is received, from whom, and what is said in addition."""
    added = step.action.origin.title.partition(", ")[2]
    text = f"{message.text} from {lanes[message.sender].name}"
    if step.action.origin.fault == "duplicate":
        added = "a copy stays in flight"
    return f"{text}, {added}" if added else text


def _detail(step: TracedStep) -> str:
    """The parameters of the step that the title does not say."""
    origin = step.action.origin
    if origin.kind is Kind.HANDLER or "cut by" in origin.title:
        return ""
    params = {p.name for p in step.action.params if not is_own(p.name)} - {origin.node}
    return ", ".join(
        f"{written(n)} = {show(of, value)}" for n, value, of in step.labels if n in params
    )
