"""Dead values: what nobody can read before it is written again is forgotten at once.

A variable is dead in a state if no run from there looks at it before giving it another value. Which
runs there are is told by another variable, the *control*: a program counter, who is up, whether it
is decided. Liveness is found backwards over the values of the control: an action that looks at the
variable makes it live wherever its guard lets the control be, and what is live after a change of the
control is live before it, unless the action gives the variable a new value.

States that differ in dead values only can do the same and are told apart by no property, so the value
is set to its default at the end of each action that leaves it dead. A variable of nodes is dead or not
for each node by the control of that node.
"""

from __future__ import annotations

from collections.abc import Iterator

from dsmc.frozen import Frozen, replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import system as y
from dsmc.ir import types as t
from dsmc.ir.names import own, shown
from dsmc.ir.ops import Op
from dsmc.ir.types import Type
from dsmc.reduce.access import Keys, reads
from dsmc.reduce.control import ONE, WHOLE, Control, Points
from dsmc.reduce.mentions import Told, of_property, told, variables_in
from dsmc.reduce.permute import is_fixed, names_in
from dsmc.reduce.total import total


class Forgotten(Frozen):
    """A system in which dead values are forgotten, and which: variable, control."""

    system: y.System
    found: tuple[tuple[str, str], ...]

    @property
    def note(self) -> str:
        """What was done, in a sentence; empty if there is nothing."""
        listed = ", ".join(f"{shown(data)} (by {shown(control)})" for data, control in self.found)
        return f"values that are never read again are forgotten: {listed}" if listed else ""


def forgetful(system: y.System) -> Forgotten:
    """The system with dead values forgotten. One after the other: each step keeps all verdicts."""
    found: list[tuple[str, str]] = []
    actions = [told(action) for action in system.actions]
    controls = _controls(system, actions)
    for data in _candidates(system):
        for control in controls:
            pair = _Pair(system, actions, control, data) if control != data else None
            changed = pair.forgetful() if pair else None
            if changed is not None:
                system, actions = changed, [told(action) for action in changed.actions]
                found.append((data.name, control.name))
    return Forgotten(system, tuple(found))


def _controls(system: y.System, actions: list[Told]) -> list[y.Variable]:
    """The variables that some action asks about, and about nothing else in one breath."""
    asked = [variables_in([c]) for action in actions for c in action.asked]
    alone = {name for names in asked if len(names) == 1 for name in names}
    return [v for v in system.variables if v.name in alone]


def _candidates(system: y.System) -> list[y.Variable]:
    """Properties, bound and functions read what they mention, always; and a default that names
    somebody would tell names apart.
    """
    said = [e for prop in system.properties for e in of_property(prop)]
    read = variables_in([*said, system.within, *(f.body for f in system.functions)])
    return [v for v in system.variables if v.name not in read and _names_nobody(v.type)]


def _names_nobody(type: Type) -> bool:
    return all(is_fixed(type, t.default(type), of) for of in names_in(type))


class _Pair:
    """A variable that may be dead, as its control says."""

    def __init__(
        self, system: y.System, actions: list[Told], control: y.Variable, data: y.Variable
    ) -> None:
        self._system = system
        self._actions = actions
        self._data = data
        self._control = Control(control, data)
        self._functions = {f.name: f for f in system.functions}

    def forgetful(self) -> y.System | None:
        """The system with the variable forgotten where it is dead; None if that changes nothing."""
        if not self._control.fits:
            return None
        dead = self._control.points - self._live()
        changed = [bool(dead) and self._leaves_dead(action, dead) for action in self._actions]
        if not any(changed) or not self._told_apart(dead):
            return None
        reset = self._reset(dead)
        actions = zip(self._system.actions, changed, strict=True)
        return replace(
            self._system,
            init=_then(self._system.init, reset),
            actions=tuple(replace(a, body=_then(a.body, reset)) if c else a for a, c in actions),
        )

    def _before(self, action: Told, node: x.Expr) -> Points:
        return self._control.before(list(action.asked), node)

    # ------------------------------------------------------------ liveness

    def _live(self) -> Points:
        """The values of the control at which the variable may still be read."""
        live: Points = frozenset()
        edges: list[tuple[Points, Points]] = []
        for action in self._actions:
            if self._data.name in action.looks_at:
                for node in dict.fromkeys(self._uses(action)):
                    live |= self._before(action, node)
            if self._control.variable.name in action.changes:
                edges += self._edges(action)
        size = -1
        while len(live) > size:
            size = len(live)
            live = live.union(*(before for before, after in edges if after & live))
        return live

    def _uses(self, action: Told) -> Iterator[x.Expr]:
        """The nodes whose value an action looks at for more than to change it."""
        for e in action.head:
            yield from self._read(e)
        for statement in s.walk(action.body):
            kept = self._updated(statement)
            for e in s.exprs_of(statement):
                own = kept if isinstance(statement, s.Assign) and e is statement.value else None
                yield from (node for node in self._read(e) if node != own)

    def _updated(self, statement: s.Statement) -> x.Expr | None:
        """The node whose value a statement changes by its old one, which is always possible."""
        node = self._written(statement)
        if node in (None, WHOLE) or not isinstance(statement, s.Assign):
            return None
        return node if total(statement.value, self._functions) else None

    def _read(self, e: x.Expr) -> Iterator[x.Expr]:
        return (self._control.node(r.keys) for r in reads(e) if r.variable == self._data.name)

    def _written(self, statement: s.Statement) -> x.Expr | None:
        """The node whose value a statement changes."""
        if not isinstance(statement, s.Assign) or statement.place.base.name != self._data.name:
            return None
        return self._control.node(_keys(statement.place))

    def _edges(self, action: Told) -> Iterator[tuple[Points, Points]]:
        """Which values of the control an action may change into which, keeping the variable."""
        for statement, block in self._moves(action):
            node = self._control.node(_keys(statement.place))
            if action.jumps or self._renewed(block, node) is None:
                yield self._before(action, node), self._control.after(statement)

    def _moves(self, action: Told) -> Iterator[tuple[s.Assign, s.Block]]:
        """The statements that change the control, each with the block that it is in."""
        for block in _blocks(action.body):
            for st in block:
                if isinstance(st, s.Assign) and st.place.base.name == self._control.variable.name:
                    yield st, block

    def _renewed(self, block: s.Block, node: x.Expr) -> x.Expr | None:
        """The value that a block gives the variable of a node whatever the old one was."""
        depth = 0 if self._control.nodes is None else 1
        values = [
            st.value
            for st in block
            if isinstance(st, s.Assign)
            and self._written(st) == node != WHOLE
            and len(st.place.path) == depth
        ]
        return values[0] if len(values) == 1 and not list(self._read(values[0])) else None

    # ------------------------------------------------------------ forgetting

    def _leaves_dead(self, action: Told, dead: Points) -> bool:
        """May the action end with a dead value that is not forgotten yet?"""
        if self._data.name in action.changes and self._changes_dead(action, dead):
            return True
        return any(
            self._control.after(move) & dead
            and self._before(action, self._control.node(_keys(move.place))) - dead
            and not self._forgets(action, block, self._control.node(_keys(move.place)))
            for move, block in self._moves(action)
        )

    def _forgets(self, action: Told, block: s.Block, node: x.Expr) -> bool:
        """Does a block set the variable of a node to its default, and the action never otherwise?"""
        written = (st for st in s.walk(action.body) if self._written(st) is not None)
        values = (st.value for st in written if isinstance(st, s.Assign))
        defaults = all(isinstance(v, x.Lit) and v.value == t.default(v.type) for v in values)
        return defaults and not action.jumps and self._renewed(block, node) is not None

    def _changes_dead(self, action: Told, dead: Points) -> bool:
        """May the action write what nobody reads, and leave it so?"""
        return any(
            node is not None
            and self._before(action, node) & dead
            and not self._leaves(action, block, node, dead)
            for block in _blocks(action.body)
            for node in map(self._written, block)
        )

    def _leaves(self, action: Told, block: s.Block, node: x.Expr, dead: Points) -> bool:
        """Does a block move the control of a node to where the variable is not dead?"""
        moves = list(self._moves(action))
        if len(moves) != 1 or action.jumps or moves[0][1] is not block:
            return False
        place = self._control.node(_keys(moves[0][0].place))
        return place == node != WHOLE and not self._control.after(moves[0][0]) & dead

    def _told_apart(self, dead: Points) -> bool:
        """Is a step that changes a dead value no step that changes nothing, once it is forgotten?

        It matters where it is asked whether a system rests.
        """
        if not any(isinstance(p, y.Quiescent | y.NoDeadlock) for p in self._system.properties):
            return True
        writing = (a for a in self._actions if self._data.name in a.changes)
        return all(self._shows(a) for a in writing if self._changes_dead(a, dead))

    def _shows(self, action: Told) -> bool:
        """Does the action surely change another variable? It takes a message, or moves the control."""
        assigned = [st for st in s.walk(action.body) if isinstance(st, s.Assign)]
        names = [st.place.base.name for st in assigned]
        once = [st for st in assigned if st in action.body and names.count(st.place.base.name) == 1]
        others = (st for st in once if st.place.base.name != self._data.name)
        return not action.jumps and any(self._moves_on(action, st) for st in others)

    def _moves_on(self, action: Told, st: s.Assign) -> bool:
        if st.place.base.name == self._control.variable.name:
            before = self._before(action, self._control.node(_keys(st.place)))
            return not self._control.after(st) & before
        match st.value:
            case x.Apply(Op.BAG_REMOVE, (bag, _)):
                return bag == st.place.value
            case _:
                return False

    def _reset(self, dead: Points) -> s.Statement:
        """Sets the variable to its default where it is dead."""
        base = x.Global(self._data.name, self._data.type)
        role = self._control.nodes
        if role is None:
            place = s.Place(base)
            forget = s.Assign(place, x.Lit(t.default(place.type), place.type))
            return s.If(self._control.is_at(ONE, dead), (forget,))
        node = x.Local(f"{self._data.name}.{own('of')}", role)
        place = s.Place(base, (s.Key(node),))
        forget = s.Assign(place, x.Lit(t.default(place.type), place.type))
        body = s.If(self._control.is_at(node, dead), (forget,))
        return s.For(node.name, role, x.whole(role), (body,))


def _keys(place: s.Place) -> Keys:
    return tuple(step.key if isinstance(step, s.Key) else None for step in place.path)


def _blocks(block: s.Block) -> Iterator[s.Block]:
    yield block
    for statement in s.walk(block):
        yield from s.blocks_of(statement)


_END = "end"


def _then(body: s.Block, last: s.Statement) -> s.Block:
    """The block, and whichever way it ends, a last statement."""

    def until(block: s.Block) -> s.Block:
        return tuple(
            s.Leave(_END) if st == s.Leave() else s.map_parts(st, lambda e: e, until)
            for st in block
        )

    if any(st == s.Leave() for st in s.walk(body)):
        return (s.Scoped(_END, until(body)), last)
    return (*body, last)
