"""Where a system that cannot go on waits: each process, for what, and who waits for whom."""

from __future__ import annotations

from collections.abc import Iterable

from dsmc.frozen import Frozen
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.evaluate import World, evaluate, field
from dsmc.ir.names import PLACE, UP
from dsmc.ir.ops import Op, RangeError
from dsmc.ir.show import node_name, show
from dsmc.ir.system import Action, Kind, System, Variable
from dsmc.ir.types import Value
from dsmc.traces.awaited import awaited
from dsmc.traces.blocked import blocked
from dsmc.traces.changes import holder
from dsmc.traces.impossible import impossible
from dsmc.traces.titles import place
from dsmc.traces.why import Why

Names = dict[str, Value]
#: The point of a program counter at which a process has ended.
_STOPPED = 0
#: `Role.pc` is the program counter of a process without a name, `Role.name.pc` that of another.
_UNNAMED = 2


class Wait(Frozen):
    """One process that waits: where, for what, and for whom if that is known."""

    who: str
    text: str
    holders: tuple[str, ...]


def waiting(system: System, world: World) -> list[str]:
    """A sentence for each process that has not stopped, and one for a circle of locks."""
    waits = [w for pc in system.variables if is_counter(pc) for w in _waits(system, world, pc)]
    circle = _circle({w.who: w.holders for w in waits})
    told = [w.text for w in waits]
    if len(circle) == 2:
        return [*told, f"{circle[0]} waits for itself"]
    return [*told, f"a circle: {' waits for '.join(circle)}"] if circle else told


def stuck(system: System, world: World) -> list[str]:
    """The same, and why the actions of no process are not taken."""
    counters = {v.name for v in system.variables if is_counter(v)}
    told = [*waiting(system, world), *blocked(system, world, counters)]
    return told or ["nothing but a fault can change anything"]


def is_counter(variable: Variable) -> bool:
    """Is it the program counter of a process?"""
    of = variable.type
    while isinstance(of, t.Map):
        of = of.value
    return isinstance(of, t.Enum) and of.name.endswith(".point")


def _waits(system: System, world: World, pc: Variable) -> Iterable[Wait]:
    role = pc.owner
    assert role is not None
    up = world.state.get(f"{role.name}.{UP}")
    for node in range(role.size):
        held = world.state[pc.name][node]
        points = held if isinstance(held, tuple) else (held,)
        for thread, point in enumerate(points):
            if point != _STOPPED and (up is None or up[node]):
                name = node_name(role, node)
                who = f"{name} (thread {thread})" if len(points) > 1 else name
                yield _Process(system, world, pc, node, thread).wait(who)


class _Process:
    """One thread of one node."""

    def __init__(self, system: System, world: World, pc: Variable, node: int, thread: int) -> None:
        self._system = system
        self._world = world
        self._pc = pc
        self._node, self._thread = node, thread

    def wait(self, who: str) -> Wait:
        """Where it stands, and why it cannot go on."""
        steps = [
            (action, others) for action in self._system.actions
            if (others := self._here(action)) is not None and action.origin.kind is not Kind.FAULT
        ]  # fmt: skip
        reasons = list(
            dict.fromkeys(r for action, rest in steps for r in self._reasons(action, rest))
        )
        holders = tuple(dict.fromkeys(
            h for action, rest in steps for part in rest for h in self._holders(part, action)
        ))  # fmt: skip
        if not steps:
            return Wait(who, f"{who} waits for ever ({self._point()})", ())
        what = " or ".join(dict.fromkeys(f"`{action.origin.title}`" for action, _ in steps))
        lines = list(dict.fromkeys(place(a.origin.span, self._system.file) for a, _ in steps))
        told = f"{who} waits{self._process()} at {what}"
        told += f" ({', '.join(line for line in lines if line)})" if any(lines) else ""
        # What is collected is told where it is known.
        reasons = [r for r in reasons if not any(o != r and o.startswith(r) for o in reasons)]
        return Wait(who, f"{told}: {'; '.join(reasons)}" if reasons else told, holders)

    def _process(self) -> str:
        """The name of the process, if it has one."""
        parts = self._pc.name.split(".")
        return f" in `{parts[1]}`" if len(parts) > _UNNAMED else ""

    def _point(self) -> str:
        """The name of the point where it stands: a label, or the line."""
        of, held = self._pc.type, self._world.state[self._pc.name][self._node]
        while isinstance(of, t.Map):
            of = of.value
        assert isinstance(of, t.Enum)
        number = held[self._thread] if isinstance(held, tuple) else held
        return of.members[number].partition("~")[0].replace("line_", "line ")

    # ------------------------------------------------------------ the steps from here

    def _here(self, action: Action) -> list[x.Expr] | None:
        """The other conditions of an action that begins where the process stands."""
        parts = x.conjuncts(action.guard)
        at = [part for part in parts if self._speaks_of_counter(part)]
        if not at or not all(self._value(part, action) for part in at):
            return None
        return [part for part in parts if part not in at]

    def _speaks_of_counter(self, e: x.Expr) -> bool:
        return any(isinstance(part, x.Global) and part.name == self._pc.name for part in x.walk(e))

    def _names(self, action: Action) -> Names:
        """The node and the thread, by the names that the action has for them."""
        found: Names = {action.origin.node: self._node}
        for param in action.params:
            if isinstance(param.type, t.Int) and param.name not in (PLACE, action.origin.node):
                found[param.name] = self._thread
        return found

    def _value(self, e: x.Expr, action: Action) -> bool | None:
        names = self._names(action)
        if not {p.name for p in x.walk(e) if isinstance(p, x.Local)} <= set(names):
            return None
        try:
            return bool(evaluate(e, self._world, names))
        except RangeError:
            return None

    # ------------------------------------------------------------ why not

    def _reasons(self, action: Action, parts: list[x.Expr]) -> list[str]:
        if action.origin.kind is Kind.HANDLER:
            role = self._pc.owner
            assert role is not None
            return [awaited(self._world, action, role, self._names(action))]
        wrong = [part for part in parts if self._value(part, action) is False]
        found = [reason for part in wrong for reason in self._reason(part, action)]
        return found if wrong else impossible(self._world, action, self._names(action))

    def _reason(self, part: x.Expr, action: Action) -> list[str]:
        lock = _lock_of(part)
        names = self._names(action)
        if lock is None:
            return Why(self._world).false(part, names)
        gone = _down(self._system, self._world)
        held = (
            f"{who}, which is down" if who.partition(" ")[0] in gone else who
            for who in self._holders(part, action)
        )  # fmt: skip
        return [f"`{self._place(lock, names)}` is held by {' and '.join(held)}"]

    def _holders(self, part: x.Expr, action: Action) -> tuple[str, ...]:
        """Who has the lock that a condition waits for."""
        lock = _lock_of(part)
        if lock is None or self._value(part, action) is not False:
            return ()
        assert isinstance(lock.type, t.Record)
        value = evaluate(lock, self._world, self._names(action))
        first = lock.type.fields[0][1]
        assert isinstance(first, t.Option)
        owner = field(value, 0, 0)
        readers = sorted(field(value, 0, 1)) if len(lock.type.fields) > 1 else []
        found = [owner[1]] if owner[0] else readers
        return tuple(holder(first.of, one) for one in found)

    def _place(self, e: x.Expr, names: Names) -> str:
        """A variable or an entry of one, with the values of the keys."""
        match e:
            case x.Apply(Op.GET, (inner, key)):
                value = show(key.type, evaluate(key, self._world, names))
                return f"{self._place(inner, names)}[{value}]"
            case x.Global(name):
                return name
            case _:
                return " ".join(e.span.text.split()) or "the lock"


def _down(system: System, world: World) -> set[str]:
    """The names of the nodes that are down."""
    return {
        node_name(role, node)
        for role in system.roles
        for node, up in enumerate(world.state.get(f"{role.name}.{UP}", ()))
        if not up
    }


def _lock_of(e: x.Expr) -> x.Expr | None:
    """The lock that a condition asks to be free."""
    for part in x.walk(e):
        if isinstance(part, x.Field) and _is_lock(part.of.type):
            return part.of
    return None


def _is_lock(of: t.Type) -> bool:
    return isinstance(of, t.Record) and of.name in ("mutex", "rwlock")


def _circle(waits: dict[str, tuple[str, ...]]) -> list[str]:
    """Some who wait for each other in a circle, the first of them again at the end."""
    for first in waits:
        path = [first]
        while (after := next(iter(waits.get(path[-1], ())), None)) is not None:
            if after in path:
                return [*path[path.index(after) :], after]
            path.append(after)
    return []
