"""What a process knows of the message that it waits for."""

from __future__ import annotations

from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.evaluate import World, convert, evaluate, members
from dsmc.ir.ops import RangeError
from dsmc.ir.system import Action
from dsmc.ir.types import Value

Names = dict[str, Value]


def awaited(world: World, action: Action, role: t.Role, names: Names) -> str:
    """Why an action that takes a message does not: none is on its way, or none that fits."""
    kind = action.origin.title.rpartition("receive ")[2]
    count = _on_the_way(world, action, role, names)
    if count is None:
        told = "there is no message that it takes"
    elif count:
        told = f"a `{kind}` is on its way, but none that it takes"
    else:
        told = f"no `{kind}` is on its way"
    collected = _collected(world, action, names)
    return told if collected is None else f"{told} ({collected} collected so far)"


def _on_the_way(world: World, action: Action, role: t.Role, names: Names) -> int | None:
    """How many messages of the kind are in flight to the node; None if they are in no bag."""
    bag = next((p for p in action.params if isinstance(p.type, t.Record)), None)
    if bag is None or not isinstance(bag.domain, x.Global):
        return None
    assert isinstance(bag.type, t.Record)
    to = t.field_types(bag.type, 0)[1]
    found = members(bag.domain.type, world.state[bag.domain.name])
    return sum(_is_node(message[2], to, role, names[action.origin.node]) for message in found)


def _is_node(node: Value, of: t.Type, role: t.Role, me: Value) -> bool:
    try:
        return bool(convert(node, of, role) == me)
    except RangeError:
        return False


def _collected(world: World, action: Action, names: Names) -> int | None:
    """How many messages of several are there already; None if it waits for one."""
    for st in s.walk(action.body):
        match st:
            case s.Mark("set", (number,), "collected"):
                try:  # it says how many there are with the one that is awaited
                    return int(evaluate(number, world, names)) - 1
                except (RangeError, KeyError):
                    return None
    return None
