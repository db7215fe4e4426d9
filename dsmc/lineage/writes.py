"""What a step may write, whatever the state: which slots, and which facts it leaves true all the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dsmc.frozen import Frozen
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.evaluate import World, evaluate, rank
from dsmc.ir.names import MESSAGE
from dsmc.ir.ops import Op, RangeError
from dsmc.ir.system import Action
from dsmc.ir.types import Value
from dsmc.lineage.facts import Has, Lacks, Least, NoneOf, Only, Test, Within, holds
from dsmc.lineage.slots import Slot, Slots, is_budget

Known = dict[str, Value]


class Write(Frozen):
    """An assignment to a variable at keys (None: any); `deep`: to a part of what stands there."""

    variable: str
    keys: tuple[int | None, ...]
    place: s.Place
    value: x.Expr
    deep: bool

    def may(self, slot: Slot) -> bool:
        """May it write this slot?"""
        return self.variable == slot.variable and all(
            key in (None, own) for key, own in zip(self.keys, slot.keys, strict=False)
        )


class Writing:
    """What an action may write, where some of its names are known; of a message, perhaps the ends alone."""

    def __init__(self, slots: Slots, action: Action, names: Known, ends: Slot | None) -> None:
        self._slots = slots
        self._ends = ends
        self._guard, self._body = action.guard, action.body
        self._slot: dict[Slot, list[Write]] = {}
        self._kept: dict[tuple[Slot, Test], bool] = {}
        self._known = dict(names)
        for name, value in (*action.names, *_lets(action.body)):
            self._learn(name, value)
        self.writes = [
            self._write(st) for st in s.walk(action.body)
            if isinstance(st, s.Assign) and not is_budget(st.place.base.name)
        ]  # fmt: skip

    def may(self, slot: Slot) -> bool:
        """May the action write the slot?"""
        return bool(self._to(slot))

    def _to(self, slot: Slot) -> list[Write]:
        """The assignments that may write a slot."""
        if slot not in self._slot:
            writes = [w for w in self.writes if w.may(slot) and not self._spares(w, slot)]
            self._slot[slot] = writes
        return self._slot[slot]

    def keeps(self, slot: Slot, test: Test) -> bool:
        """Is what is true of the slot true after each of the assignments?"""
        key = (slot, test)
        if key not in self._kept:
            self._kept[key] = all(self._keeps(w, w.value, slot, test) for w in self._to(slot))
        return self._kept[key]

    def adds(self, slot: Slot) -> bool:
        """May the action send a message there?"""
        return any(
            isinstance(w.value, x.Apply) and w.value.op is Op.BAG_ADD for w in self._to(slot)
        )

    def settles(self, slot: Slot, test: Test) -> bool:
        """Is a truth value as the test says once the action was tried? It is possible where it is true, and
        makes it false.
        """
        if not self._asks_only(slot) or holds(test, True) or not self.keeps(slot, test):
            return False
        plain = all(isinstance(st, s.Assign | s.Mark | s.For | s.Let) for st in s.walk(self._body))
        return plain and any(
            isinstance(st, s.Assign) and st.place == w.place
            for st in self._body
            for w in self._to(slot)
        )

    def _asks_only(self, slot: Slot) -> bool:
        """Is the action possible just where the slot is true?"""
        match without_budgets(self._guard):
            case x.Apply(Op.GET, (x.Global(name), key), t.Bool()):
                found = self._value(key)
                return found is not None and slot == Slot(name, (rank(key.type, found[0]),))
            case _:
                return False

    # ------------------------------------------------------------ what is known

    def _learn(self, name: str, value: x.Expr) -> None:
        found = self._value(value)
        if found is not None:
            self._known[name] = found[0]

    def _value(self, e: x.Expr, more: Mapping[str, Value] | None = None) -> tuple[Value] | None:
        """The value of an expression, if what is known is enough to tell."""
        known = {**self._known, **(more or {})}
        e = with_ends(e, MESSAGE, self._ends)
        free = {p.name for p in x.walk(e) if isinstance(p, x.Local)} - set(_bound(e))
        if free - known.keys() or any(
            isinstance(p, x.Global | x.Call | x.Observe) for p in x.walk(e)
        ):
            return None
        try:
            return (evaluate(e, World(), known),)
        except RangeError:
            return None

    def _write(self, assign: s.Assign) -> Write:
        base, path = assign.place.base, assign.place.path
        if self._slots.is_bag(base.name):
            return Write(
                base.name, self._message_ends(assign.value), assign.place, assign.value, False
            )
        keys: list[int | None] = []
        for step in path:
            if not isinstance(step, s.Key):
                return Write(base.name, tuple(keys), assign.place, assign.value, True)
            found = self._value(step.key)
            keys.append(None if found is None else rank(step.key.type, found[0]))
        return Write(base.name, tuple(keys), assign.place, assign.value, False)

    def _message_ends(self, value: x.Expr) -> tuple[int | None, ...]:
        """Between which nodes the message travels that is put into a bag, or taken out of it."""
        match value:
            case x.Apply(Op.BAG_ADD | Op.BAG_REMOVE, (x.Global(), x.Make(_, (sender, to, *_)))):
                ends = (self._value(sender), self._value(to))
            case x.Apply(Op.BAG_ADD | Op.BAG_REMOVE, (x.Global(), x.Local() as message)):
                of = message.type
                nodes = (x.Field(message, 0, i, of.fields[i][1]) for i in (0, 1))  # type: ignore[union-attr]
                ends = tuple(map(self._value, nodes))  # type: ignore[assignment]
            case _:
                return ()
        return tuple(None if end is None else end[0] for end in ends)

    # ------------------------------------------------------------ what stays as it is

    def _spares(self, write: Write, slot: Slot) -> bool:
        """Does a filter of messages leave all of the slot's?"""
        match write.value:
            case x.Fold(x.Quantifier.BAG, (binder,), x.Local(name)) if name == binder.name:
                found = self._value(with_ends(binder.where, name, slot))
                return self._slots.is_bag(slot.variable) and found == (True,)
            case _:
                return False

    def _keeps(self, write: Write, value: x.Expr, slot: Slot, test: Test) -> bool:
        if write.deep:
            return False
        if self._slots.is_bag(slot.variable):
            return self._keeps_messages(value, test)
        found = self._value(value) if len(write.keys) == len(slot.keys) else None
        if found is not None:
            return holds(test, found[0])
        match value:
            case x.Cond(_, yes, no):
                return all(self._keeps(write, part, slot, test) for part in (yes, no))
            case x.Apply(op, (old, more)) if old == write.place.value:
                return self._changes_well(op, self._value(more), test)
            case x.Make(_, args, 1) if _says_case(test):
                return holds(test, (1, *args))
            case _:
                return False

    def _changes_well(self, op: Op, more: tuple[Value] | None, test: Test) -> bool:
        """Is a test true of what an operator makes of a value of which it is true?"""
        match op, test:
            case (
                (Op.UNION, Has()) | (Op.MINUS, Lacks() | Only()) | (Op.INTERSECT, Lacks() | Only())
            ):
                return True
            case Op.UNION, Only(elements):
                return more is not None and more[0] <= elements
            case Op.UNION, Lacks(element):
                return more is not None and element not in more[0]
            case Op.MINUS, Has(element):
                return more is not None and element not in more[0]
            case (Op.ADD, Least()):
                return more is not None and more[0] >= 0
            case _:
                return False

    def _keeps_messages(self, value: x.Expr, test: Test) -> bool:
        """Is a test true of messages between two nodes once there is one more, or fewer?"""
        match value, test:
            case x.Apply(Op.BAG_ADD), Has():
                return True
            case x.Apply(Op.BAG_REMOVE), Lacks() | Within():
                return True
            case x.Apply(Op.BAG_ADD | Op.BAG_REMOVE, (_, message)), Has(element) | Lacks(element):
                found = self._value(message)
                return found is not None and found[0] != element
            case x.Fold(x.Quantifier.BAG) | x.Lit() | x.Make(), Lacks() | Within():
                return True
            case _:
                return False


def with_ends(e: x.Expr, name: str, ends: Slot | None) -> x.Expr:
    """The expression with the ends of a message known."""
    match e:
        case x.Field(x.Local(found), 0, 0 | 1 as index, type) if found == name and ends:
            return x.Lit(ends.keys[index], type)
        case _:
            return x.map_children(lambda inner: with_ends(inner, name, ends), e)


def without_budgets(guard: x.Expr) -> x.Expr:
    """The guard without what is asked of how often a fault may still happen: the faults of a run are as
    many as there may be.
    """
    return x.conjunction([
        part for part in x.conjuncts(guard)
        if not any(isinstance(g, x.Global) and is_budget(g.name) for g in x.walk(part))
    ])  # fmt: skip


def _says_case(test: Test) -> bool:
    """Does a test of an option only ask whether there is something?"""
    return isinstance(test, NoneOf) and test.values == {(0,)}


def _lets(block: s.Block) -> Iterator[tuple[str, x.Expr]]:
    return ((st.name, st.value) for st in s.walk(block) if isinstance(st, s.Let))


def _bound(e: x.Expr) -> Iterator[str]:
    """The names that are bound inside an expression."""
    for part in x.walk(e):
        match part:
            case x.Let(name):
                yield name
            case x.Fold(_, binders):
                yield from (binder.name for binder in binders)
