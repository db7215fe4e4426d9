"""Why a message that is in flight is not taken."""

from __future__ import annotations

from collections.abc import Iterator

from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.evaluate import World, evaluate
from dsmc.ir.ops import RangeError
from dsmc.ir.show import show
from dsmc.ir.system import Action, Kind, System
from dsmc.ir.types import Value
from dsmc.traces.blocked import Names, choices
from dsmc.traces.model import Message
from dsmc.traces.waiting import is_counter
from dsmc.traces.why import Why


def untaken(system: System, world: World, message: Message, receiver: str) -> str:
    """What keeps the receiver from taking it."""
    before = _before(system, world, message)
    if before:
        return f"it is behind {before}"
    reasons = list(dict.fromkeys(_reasons(system, world, message)))
    if not reasons:
        return f"{receiver} takes no such message"
    told = [reason for reason in reasons if reason]
    return f"{receiver} does not " + (
        f"take it: {'; '.join(told)}" if told else "come to where it takes it"
    )


def _before(system: System, world: World, message: Message) -> str:
    """The first message of its queue, if that is another one."""
    for variable in system.variables:
        of = variable.type
        if variable.name in system.channels and isinstance(of, t.Map):
            assert isinstance(of.value, t.Map)
            assert isinstance(of.value.value, t.Seq)
            first = world.state[variable.name][message.sender][message.receiver][:1]
            texts = [show(of.value.value.of, one) for one in first]
            if _has(of.value.value.of, message) and texts != [message.text]:
                return "".join(texts)
    return ""


def _has(of: t.Type, message: Message) -> bool:
    return isinstance(of, t.Message) and any(kind.name == message.kind for kind in of.kinds)


def _reasons(system: System, world: World, message: Message) -> Iterator[str]:
    """Of each step that would take it what is false; nothing if its process is elsewhere."""
    counters = {v.name for v in system.variables if is_counter(v)}
    for action in system.actions:
        received = [st for st in s.walk(action.body) if _is_receipt(st)]
        if not received or action.origin.kind is Kind.FAULT:
            continue
        for names in choices(world, action):
            wrong = _wrong(world, action, names)
            if wrong is None or not _is_it(world, received[0], names, message):
                continue
            if any(isinstance(part, x.Global) and part.name in counters for part in x.walk(wrong)):
                yield ""
            elif why := " ".join(line.strip() for line in Why(world).false(wrong, names)):
                yield why


def _is_receipt(statement: s.Statement) -> bool:
    return isinstance(statement, s.Mark) and statement.kind == "receive"


def _wrong(world: World, action: Action, names: Names) -> x.Expr | None:
    """The first condition that is false."""
    for part in x.conjuncts(action.guard):
        try:
            if not evaluate(part, world, names):
                return part
        except RangeError:
            return None
    return None


def _is_it(world: World, receipt: s.Statement, names: Names, message: Message) -> bool:
    """Does the step take the message?"""
    assert isinstance(receipt, s.Mark)
    values: list[Value] = []
    try:
        values = [evaluate(part, world, names) for part in receipt.args]
    except RangeError:
        return False
    ends, text = tuple(values[:2]), show(receipt.args[2].type, values[2])
    return (*ends, text) == (message.sender, message.receiver, message.text)
