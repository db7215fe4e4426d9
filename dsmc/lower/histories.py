"""Histories: each event of a client tells those who observe it; promises become properties.

Needs: steps with `Event` statements, `R.up` and `cut` where there are such faults, no network yet.
Leaves: for each promise of a history an observer with its variable and an invariant; for `available`
and `convergent` variables of their own and a property of whole runs; no `Event`.
"""

from __future__ import annotations

from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.history import BROKEN, INITIAL, MOST, History, Observer, Occasion, Promise
from dsmc.ir.ops import Op
from dsmc.ir.protocol import Program
from dsmc.ir.show import node_name
from dsmc.ir.system import Invariant, Property, Quiescent, Temporal, Variable
from dsmc.lower.available import Availability
from dsmc.lower.build import apply, as_node, assign, internal, lit, read
from dsmc.lower.convergent import Convergence

_NUMBER = t.Int(0, MOST)
#: Whoever does one of these, somewhere in the text of the spec, is of the group that is broadcast to.
_BY_MEMBERS = ("deliver",)


def histories(program: Program) -> Program:
    """Let the events of histories be observed."""
    if not program.histories:
        return program
    return _Histories(program).lowered()


class _Histories:
    def __init__(self, program: Program) -> None:
        self._program = program
        self._histories = {h.name: h for h in program.histories}
        self._observing: dict[str, list[tuple[Promise, Variable]]] = {}
        self._occasions: dict[str, list[Occasion]] = {}
        self._taking_part: dict[str, set[t.Role]] = {}
        self._in_the_end = [self._temporal(p) for p in program.promises if self._is_temporal(p)]
        for promise in program.promises:
            if not self._is_temporal(promise):
                self._observe(promise)

    def _is_temporal(self, promise: Promise) -> bool:
        """Is it a guarantee of whole runs, for which nobody observes?"""
        of_replicas = self._histories[promise.history].object == "replicas"
        of_reads = promise.guarantee == "convergent" and not of_replicas
        return of_reads or promise.guarantee == "available"

    def _temporal(self, promise: Promise) -> Availability | Convergence:
        if promise.guarantee == "available":
            return Availability(self._program, promise)
        return Convergence(self._program, promise, self._histories[promise.history])

    def _observe(self, promise: Promise) -> None:
        name = f"{promise.history}.{promise.property}"
        variable = internal(name, _NUMBER, lit(INITIAL, _NUMBER))
        self._observing.setdefault(promise.history, []).append((promise, variable))
        self._occasions[promise.property] = []

    def lowered(self) -> Program:
        program = self._program
        steps = tuple(replace(step, body=self._step(step.body)) for step in program.steps)
        actions = tuple(replace(a, body=self._step(a.body)) for a in program.actions)
        init = self._step(program.init)
        variables = [v for found in self._observing.values() for _, v in found]
        variables += [v for one in self._in_the_end for v in one.variables]
        properties = [q for promise in program.promises for q in self._properties(promise)]
        return replace(
            program, steps=steps, actions=actions, init=init,
            variables=(*program.variables, *variables), observers=self._observers(),
            properties=(*program.properties, *properties),
        )  # fmt: skip

    # ------------------------------------------------------------ what is promised

    def _observers(self) -> tuple[Observer, ...]:
        return tuple(
            Observer(
                variable.name, promise, self._histories[name],
                tuple(self._occasions[promise.property]), self._members(name),
            )
            for name, found in self._observing.items() for promise, variable in found
        )  # fmt: skip

    def _members(self, history: str) -> tuple[str, ...]:
        """The nodes that take part: of the role that commits, or of those with events."""
        of = self._histories[history].of
        roles = self._taking_part.get(history, set()) if of is None else {of}
        nodes = (
            node_name(role, n) for role in self._program.roles if role in roles
            for n in range(role.size)
        )  # fmt: skip
        return tuple(nodes)

    def _properties(self, promise: Promise) -> tuple[Property, ...]:
        """Of every state; of some guarantees a part is asked when nothing is left to do."""
        name, doc = promise.property, promise.doc
        for one in self._in_the_end:
            if one.promise == promise:
                return (Temporal(name, promise.guarantee, one.formula, doc).at(promise.span),)
        variable = next(v for p, v in self._observing[promise.history] if p == promise)
        kept = apply(Op.NE, read(variable), lit(BROKEN, _NUMBER))
        always = () if _is_only_at_rest(promise) else (Invariant(name, kept, doc).at(promise.span),)
        if not _asks_at_rest(promise):
            return always
        rest = self._number(promise, Occasion("rest", "", ()))
        then = x.Observe(variable.name, rest, (read(variable),), _NUMBER)
        ended = apply(Op.NE, then, lit(BROKEN, _NUMBER))
        name = f"{name}_at_rest" if always else name
        return (*always, Quiescent(name, ended, doc).at(promise.span))

    def _number(self, promise: Promise, occasion: Occasion) -> int:
        known = self._occasions[promise.property]
        if occasion not in known:
            known.append(occasion)
        return known.index(occasion)

    # ------------------------------------------------------------ events

    def _step(self, body: s.Block) -> s.Block:
        first = (st for one in self._in_the_end for st in one.begins(body))
        return (*first, *self._block(body))

    def _block(self, block: s.Block) -> s.Block:
        return tuple(made for statement in block for made in self._statement(statement))

    def _statement(self, statement: s.Statement) -> s.Block:
        if isinstance(statement, s.Event):
            return self._event(statement)
        known = (st for one in self._in_the_end for st in one.noted(statement))
        return (s.map_parts(statement, lambda e: e, self._block), *known)

    def _event(self, event: s.Event) -> s.Block:
        assert isinstance(event.client, x.Make)
        node, thread = event.client.args
        if isinstance(node.type, t.Role):
            if event.method in _BY_MEMBERS:
                self._taking_part.setdefault(event.history, set()).add(node.type)
            node = as_node(self._program, node)
        about = (node, thread, *event.args)
        concerned = [event.history] if event.history else list(self._observing)
        told = [
            self._told(event, about, promise, variable)
            for name in concerned for promise, variable in self._observing.get(name, ())
        ]  # fmt: skip
        told += [st for one in self._in_the_end for st in one.event(event, node, thread)]
        name = f"{event.history}.{event.method}" if event.history else ""
        return (s.Mark(event.kind, about, name).at(event.span), *told)

    def _told(
        self, event: s.Event, about: tuple[x.Expr, ...], promise: Promise, variable: Variable
    ) -> s.Statement:
        of = self._histories[promise.history]
        node, thread = (e.type for e in about[:2])
        occasion = Occasion(event.kind, event.method, (node, thread, *_types(event, of)))
        number = self._number(promise, occasion)
        now = x.Observe(variable.name, number, (read(variable), *about), _NUMBER)
        return assign(variable, now.at(event.span))


def _asks_at_rest(promise: Promise) -> bool:
    """Is a part of the guarantee that something happens in the end?"""
    from dsmc.histories.delivery import AT_REST

    at_rest = (*AT_REST, "all_or_compensated", "convergent")
    return promise.guarantee in at_rest or "ac5" in promise.words


def _is_only_at_rest(promise: Promise) -> bool:
    from dsmc.histories.delivery import ONLY_AT_REST

    return promise.guarantee in (*ONLY_AT_REST, "convergent") or promise.words == ("ac5",)


def _types(event: s.Event, of: History) -> tuple[t.Type, ...]:
    """The types of what was asked, or of the answer."""
    method = of.method(event.method)
    if method is None:
        return ()
    if event.kind in ("begin", "does"):
        return method.asks
    return (method.answers,) if event.kind == "end" and method.answers is not None else ()
