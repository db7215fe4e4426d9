"""A handler for a quorum collects what was said, and runs when enough have said it.

Needs: roles as steps. Leaves: for each such handler a variable that holds, for each sender, what it
said, and steps: one only collects; one completes the quorum and runs the handler; one runs it when
its guard becomes true later.
What was collected is forgotten when the handler has run; a crash forgets it too.
"""

from __future__ import annotations

from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.names import SELF, own
from dsmc.ir.ops import Op
from dsmc.ir.protocol import Program, QuorumHandler, Step
from dsmc.ir.system import Fairness, Kind, Origin, Storage, Variable
from dsmc.lower.build import all_nodes, apply, assign, conj, default, me, of_role, read, unique

_VOTER = own("voter")


class Collection:
    """What was said so far: `held` is a map from the senders to options of elements.

    Where the pattern asks for values that change (`Ack(round)`), these are kept beside each element:
    what was said of another round counts no more, and its sender may speak again.
    """

    def __init__(self, held: x.Expr, pattern: s.Pattern) -> None:
        assert isinstance(held.type, t.Map)
        self.held = held
        self.said = held.type
        assert isinstance(self.said.value, t.Option)
        self._entry = self.said.value.of
        self._matched = _changing(pattern)

    def _counts(self, sender: x.Expr) -> x.Expr:
        """Has this sender said something that counts now?"""
        entry = apply(Op.GET, self.held, sender, type=self.said.value)
        kept = x.Field(entry, 1, 0, self._entry)
        still = (
            x.equal(x.Field(kept, 0, i, e.type), e) for i, e in enumerate(self._matched, start=1)
        )
        return conj(x.IsCase(entry, 1), *still)

    def new_from(self, sender: x.Expr) -> x.Expr:
        """Has this sender said nothing yet?"""
        if self._matched:
            return x.negation(self._counts(sender))
        return x.IsCase(apply(Op.GET, self.held, sender, type=self.said.value), 0)

    def _voters(self) -> tuple[x.Binder, x.Expr]:
        """Those who said something, and what each said."""
        voter = x.Local(_VOTER, self.said.key)
        entry = apply(Op.GET, self.held, voter, type=self.said.value)
        binder = x.Binder(_VOTER, self.said.key, x.whole(self.said.key), self._counts(voter))
        kept = x.Field(entry, 1, 0, self._entry)
        if not self._matched:
            return binder, kept
        assert isinstance(self._entry, t.Tuple)
        return binder, x.Field(kept, 0, 0, self._entry.items[0])

    def number(self, more: int = 0) -> x.Expr:
        """How many have said something, with `more` further senders?"""
        binder, _ = self._voters()
        size = t.size(self.said.key) or 0
        number = x.Fold(x.Quantifier.SUM, (binder,), x.number(1), t.Int(0, size))
        return x.Apply(Op.ADD, (number, x.number(more)), t.Int(more, size + more))

    def enough(self, count: x.Expr, more: int) -> x.Expr:
        """Is `count` reached with `more` further senders?"""
        return apply(Op.GE, self.number(more), count)

    def entry(self, element: x.Expr) -> x.Expr:
        """What is kept of a sender that says `element`."""
        if self._matched:
            element = x.Make(self._entry, (element, *self._matched))
        return x.Make(self.said.value, (element,), 1)

    def with_one(self, sender: x.Expr, element: x.Expr) -> x.Expr:
        """What was said, with what one more sender says."""
        return x.Apply(Op.PUT, (self.held, sender, self.entry(element)), self.said)

    def all(self, of: t.Type) -> x.Expr:
        """A bag of everything that was said."""
        binder, said = self._voters()
        return x.Fold(x.Quantifier.BAG, (binder,), said, of)

    def all_with(self, element: x.Expr, of: t.Type) -> x.Expr:
        """A bag of everything that was said, with one more element."""
        return x.Apply(Op.BAG_ADD, (self.all(of), element), of)


def said_type(pattern: s.Pattern, element: t.Type) -> t.Map:
    """The type of what was said so far."""
    matched = tuple(e.type for e in _changing(pattern))
    return t.Map(
        pattern.sender_type, t.Option(t.Tuple((element, *matched)) if matched else element)
    )


def _changing(pattern: s.Pattern) -> tuple[x.Expr, ...]:
    """The values that a pattern asks for and that may be others later."""
    return tuple(
        e for e in pattern.equal if e and any(isinstance(part, x.Global) for part in x.walk(e))
    )


def quorums(program: Program) -> Program:
    """Make steps of the quorum handlers."""
    taken = {step.name for step in program.steps}
    steps: list[Step] = []
    variables: list[Variable] = []
    for code in program.codes:
        for handler in code.quorum_handlers:
            made, variable = _handler(code.role, handler, taken)
            steps += made
            variables.append(variable)
    codes = tuple(replace(code, quorum_handlers=()) for code in program.codes)
    return replace(
        program, codes=codes, steps=(*program.steps, *steps),
        variables=(*program.variables, *variables),
    )  # fmt: skip


def _handler(role: t.Role, handler: QuorumHandler, taken: set[str]) -> tuple[list[Step], Variable]:
    name = unique(f"{role.name}.{own('quorum')}_{handler.pattern.kind}", taken)
    said = said_type(handler.pattern, handler.element.type)
    variable = of_role(name, role, said, Storage.CONTROL, default(said))
    collection = Collection(read(variable, me(role)), handler.pattern)
    sender = x.Local(handler.pattern.sender, handler.pattern.sender_type)
    new = collection.new_from(sender)
    add = assign(variable, collection.entry(handler.element), me(role), sender)
    told = s.Mark("set", (collection.number(),), "collected")
    forget = assign(variable, default(said), me(role))
    fires = _when(handler, collection.enough(handler.count, 1), _with_this(collection, handler))
    with_this = s.Let(handler.bound, _with_this(collection, handler))
    steps = [
        _step(role, handler, name, conj(new, x.negation(fires)), (add, told), name),
        _step(
            role, handler, f"{name}_{own('complete')}", conj(new, fires),
            (with_this, forget, *handler.body), name,
        ),
    ]  # fmt: skip
    if handler.when != x.TRUE:
        steps.append(_late(role, handler, f"{name}_{own('late')}", collection, forget))
    return steps, variable


def _with_this(collection: Collection, handler: QuorumHandler) -> x.Expr:
    return collection.all_with(handler.element, handler.bound_type)


def _when(handler: QuorumHandler, enough: x.Expr, everything: x.Expr) -> x.Expr:
    """Is there a quorum that the handler's guard accepts?"""
    if handler.when == x.TRUE:
        return enough
    return conj(enough, x.Let(handler.bound, everything, handler.when, t.BOOL))


def _step(
    role: t.Role, handler: QuorumHandler, name: str, guard: x.Expr, body: s.Block, owed: str = ""
) -> Step:
    """A step that takes a message: what is `owed` is that one of these steps takes it."""
    origin = Origin(Kind.HANDLER, f"on {handler.pattern.kind}", SELF, role.name).at(handler.span)
    return Step(
        name, (all_nodes(role),), handler.pattern, guard, body, Fairness.WEAK, origin,
        key=(SELF, handler.pattern.sender), owed=owed,
    ).at(handler.span)  # fmt: skip


def _late(
    role: t.Role, handler: QuorumHandler, name: str, collection: Collection, forget: s.Statement
) -> Step:
    """The guard became true after the quorum was complete."""
    everything = collection.all(handler.bound_type)
    guard = _when(handler, collection.enough(handler.count, 0), everything)
    body = (s.Let(handler.bound, everything), forget, *handler.body)
    return replace(_step(role, handler, name, guard, body), receive=None, key=(SELF,))
