"""Statements as Python code.

A choice is a loop around everything that comes after it: each way through the code appends one
successor. Where two ways meet again, what comes after is a local function that both call; code
without choices is written as it stands. Assignments of constants are saved up: the packed state
changes by one mask and one number at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from dsmc.backends.codec import mask, slots, width
from dsmc.backends.limits import MAX_ROUNDS
from dsmc.backends.python.expressions import Expressions
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.ir.simplify import certain
from dsmc.ir.types import Type

#: What is written after a statement, in the state that it leaves.
Then: TypeAlias = Callable[[], None]

#: Continuations of at most so many statements are written twice rather than called.
_SMALL = 2


class Statements:
    """Writes blocks. The state is in the variables that `Expressions` names."""

    def __init__(
        self, expressions: Expressions, assertions: dict[int, int], *, traced: bool, logs: bool
    ) -> None:
        self.e = expressions
        self._assertions = assertions  # from an assertion's number to its property's
        self.lines: list[str] = []
        self._indent = 1
        self._traced = traced
        self.logs = traced or logs  # is there a variable `ev` with what happened so far?
        self._count = 0
        self._clear = 0  # saved up: bits of the packed state to clear …
        self._set = 0  # … and bits to set
        self._owned: set[str] = set()  # Python variables that may be changed
        self._scopes: dict[str, Then] = {}
        self._end: Then = lambda: None

    # ------------------------------------------------------------ lines

    def line(self, text: str) -> None:
        """One line of code."""
        self.lines.append("    " * self._indent + text)

    def inside(self, head: str, body: Then) -> None:
        """A compound statement."""
        self.line(head)
        self._indent += 1
        start = len(self.lines)
        body()
        if len(self.lines) == start:
            self.line("pass")
        self._indent -= 1

    def name(self, prefix: str) -> str:
        """A fresh name."""
        self._count += 1
        return f"{prefix}{self._count}"

    # ------------------------------------------------------------ the state

    def state(self) -> tuple[str, ...]:
        """The Python variables that hold the state; what is saved up is written first."""
        self.flush()
        boxes = tuple(place for place in self.e.places.values() if isinstance(place, str))
        return (self.e.word, *boxes, *(("ev",) if self.logs else ()))

    def result(self) -> tuple[str, ...]:
        """The state as expressions: the packed part, then the others."""
        boxes = tuple(place for place in self.e.places.values() if isinstance(place, str))
        return (self._changed(), *boxes)

    def flush(self) -> None:
        """Write the saved up assignments."""
        if self._clear or self._set:
            text = self._changed()
            self._clear = self._set = 0
            self._write_word(text)

    def _changed(self) -> str:
        text = f"{self.e.word} & {~self._clear}" if self._clear & ~self._set else self.e.word
        return f"{text} | {self._set}" if self._set else text

    def _write_word(self, text: str) -> None:
        if self.e.word not in self._owned:
            self.e.word = self.name("p")
            self._owned.add(self.e.word)
        self.line(f"{self.e.word} = {text}")

    def _write_box(self, variable: str, text: str) -> None:
        box = self.e.places[variable]
        if box not in self._owned:
            box = self.e.places[variable] = self.name("b")
            self._owned.add(box)
        self.line(f"{box} = {text}")

    def _settle(self, statement: s.Statement) -> None:
        """Before code that may or may not run: what it changes must have a name to be changed."""
        self.flush()
        for name in sorted(s.assigned((statement,))):
            place = self.e.places[name]
            if isinstance(place, str):
                if place not in self._owned:
                    self._write_box(name, place)
            elif self.e.word not in self._owned:
                self._write_word(self.e.word)

    def _fresh_state(self, body: Then, *, own: bool) -> None:
        """Write code that leaves the state as it is for what is written after it.

        With `own`, the code runs in a function whose parameters are the state: it may change them.
        """
        kept = (self.e.word, dict(self.e.places), self._clear, self._set, self._owned)
        self._owned = set(self.state()) if own else set()
        body()
        self.e.word, self.e.places, self._clear, self._set, self._owned = kept

    def _reading(self, *parts: x.Expr) -> None:
        """Before the state is read, what is saved up must be written."""
        if (self._clear or self._set) and any(
            isinstance(inner, x.Global) for part in parts for inner in x.walk(part)
        ):
            self.flush()

    def apart(self, body: Then) -> None:
        """Write code that starts from the state as it is, and leaves it so."""
        self._fresh_state(body, own=False)

    # ------------------------------------------------------------ blocks

    def run(self, block: s.Block, end: Then) -> None:
        """Write a block; `end` writes what is done when it is over."""
        self._end = end
        self.block(block, end)

    def block(self, block: s.Block, then: Then) -> None:
        """Write a block and what comes after it."""
        for i, statement in enumerate(block):
            if _plain(statement):
                self._plain(statement)
            else:
                self._branching_off(statement, block[i + 1 :], then)
                return
        then()

    def _branching_off(self, statement: s.Statement, rest: s.Block, then: Then) -> None:
        self._branching(statement, lambda: self.block(rest, then), len(rest))

    def _straight(self, block: s.Block) -> None:
        for statement in block:
            self._plain(statement)

    # ------------------------------------------------------------ statements without choices

    def _plain(self, statement: s.Statement) -> None:
        match statement:
            case s.Assign(place, value):
                self._assign(place, value)
            case s.Let(name, value):
                self._reading(value)
                self.line(f"{self.e.local(name)} = {self.e.value(value)}")
            case s.If():
                self._if(statement)
            case s.For(name, _, domain, body):
                self._reading(domain)
                self._settle(statement)
                head = f"for {self.e.local(name)} in {self.e.items(domain)}:"
                self.inside(head, lambda: self._whole(body))
            case s.While():
                self._while(statement)
            case s.Assert(condition, number):
                self._assert(condition, number)
            case s.Mark(kind, args, text):
                self._mark(kind, args, text)
            case _:
                raise AssertionError(statement)

    def _whole(self, block: s.Block) -> None:
        """A block whose changes are all written at its end."""
        self._straight(block)
        self.flush()

    def _if(self, statement: s.If) -> None:
        self._reading(statement.condition)
        test, word = self.e.test(statement.condition), "if"
        self._settle(statement)
        while True:
            with self.e.knowing(_lasting(statement.condition)):
                self.inside(f"{word} {test}:", lambda then=statement.then: self._whole(then))  # type: ignore[misc]
            match statement.orelse:
                case (s.If() as statement,):  # one level: Python nests a hundred only
                    test, word = self.e.test(statement.condition), "elif"
                case orelse:
                    break
        if orelse:
            self.inside("else:", lambda: self._whole(orelse))

    def _while(self, statement: s.While) -> None:
        self._settle(statement)
        rounds = self.name("rounds")
        self.line(f"{rounds} = 0")

        def go() -> None:
            self.line(f"{rounds} += 1")
            self.inside(
                f"if {rounds} > {MAX_ROUNDS}:", lambda: self.line(f"diverges({MAX_ROUNDS})")
            )
            self._whole(statement.body)

        self.inside(f"while {self.e.test(statement.condition)}:", go)

    def _assert(self, condition: x.Expr, number: int) -> None:
        self._reading(condition)
        note = f"('assert', (), (), '{number}')" if self._traced else self._assertions[number]
        self.inside(f"if not {self.e.test(condition)}:", lambda: self.line(f"ev += ({note},)"))

    def _mark(self, kind: str, args: tuple[x.Expr, ...], text: str) -> None:
        if self._traced:
            self._reading(*args)
            values = "".join(f"{self.e.value(a)}, " for a in args)
            types = self.e.pool.name("types", tuple(a.type for a in args))
            self.line(f"ev += (({kind!r}, ({values}), {types}, {text!r}),)")
            self.line("so_far[1] = ev")

    # ------------------------------------------------------------ assignment

    def _assign(self, place: s.Place, value: x.Expr) -> None:
        at = self.e.places[place.base.name]
        keys = [step.key for step in place.path if isinstance(step, s.Key)]
        self._reading(_change(place, value), *keys)
        if isinstance(at, str):
            text = self._updated(at, place.base.type, place.path, value)
            self._write_box(place.base.name, text)
            return
        shift, moves = self._shift(place)
        type = place.type
        if not width(type):
            self._tried(value, *keys)
            return
        if not moves and self._joined(place, value, at + shift):
            return
        code, bits = self.e.code(value, type), mask(type)
        if moves:
            self.flush()
            amount = f"({at + shift}{moves})"
            self._write_word(f"{self.e.word} & ~({bits} << {amount}) | {code} << {amount}")
        elif code.isdigit():
            self._clear |= bits << at + shift
            self._set = self._set & ~(bits << at + shift) | int(code) << at + shift
        else:
            self.flush()
            clear = ~(bits << at + shift)
            moved = f"{code} << {at + shift}" if at + shift else code
            self._write_word(f"{self.e.word} & {clear} | {moved}")

    def _tried(self, *parts: x.Expr) -> None:
        """What has one value only is not kept; but computing it may be a range error."""
        for part in parts:
            if not certain(part):
                self.line(self.e.value(part))

    def _joined(self, place: s.Place, value: x.Expr, shift: int) -> bool:
        """A set that gains or loses elements: the other bits need not be looked at."""
        match value:
            case x.Apply(Op.UNION | Op.MINUS, (now, change)) if now == place.value:
                code = self.e.value(change)
            case _:
                return False
        adds = value.op is Op.UNION
        if code.isdigit():
            bits = int(code) << shift
            self._set = self._set | bits if adds else self._set & ~bits
            self._clear = self._clear & ~bits if adds else self._clear | bits
            return True
        self.flush()
        moved = f"{code} << {shift}" if shift else code
        self._write_word(f"{self.e.word} | {moved}" if adds else f"{self.e.word} & ~({moved})")
        return True

    def _shift(self, place: s.Place) -> tuple[int, str]:
        """How far from the right of its variable a place is: a number, and what varies."""
        shift, moves, type = 0, "", place.base.type
        for step in place.path:
            match step, type:
                case s.Key(key), t.Map(_, inner):
                    amount = self.e.entry_shift(type, key)
                    if amount.isdigit():
                        shift += int(amount)
                    else:
                        moves += f" + {amount}"
                    type = inner
                case s.Part(index, case), _:
                    slot = slots(type, case)[index]
                    shift, type = shift + slot.shift, slot.type
        return shift, moves

    def _updated(self, now: str, type: Type, path: tuple[s.Step, ...], value: x.Expr) -> str:
        """A value of a type that is not fixed, with another part at the end of a path."""
        if not path:
            return self.e.value(value)
        step, rest = path[0], path[1:]
        if t.fixed(type):
            return self._repacked(now, type, path, value)
        match step, type:
            case s.Key(key), t.Map(wanted, inner):
                at = self.e.rank(key, wanted)
            case s.Part(index, case), t.Option() | t.Tuple() | t.Record() | t.Message():
                at, inner = str(index + 1), t.field_types(type, case)[index]
            case _:
                raise AssertionError((step, type))
        return f"put({now}, {at}, {self._updated(f'{now}[{at}]', inner, rest, value)})"

    def _repacked(self, now: str, type: Type, path: tuple[s.Step, ...], value: x.Expr) -> str:
        inner = s.Place(x.Global("", type), path)
        shift, moves = self._shift(inner)
        amount = f"({shift}{moves})"
        code, bits = self.e.code(value, inner.type), mask(inner.type)
        return f"({now} & ~({bits} << {amount}) | {code} << {amount})"

    # ------------------------------------------------------------ choices

    def _branching(self, statement: s.Statement, then: Then, rest: int) -> None:
        match statement:
            case s.Require(x.Lit(False)):
                pass
            case s.Require(condition):
                self._reading(condition)
                test = self.e.test(condition)
                with self.e.knowing(_lasting(condition)):
                    self.inside(f"if {test}:", lambda: self._fresh_state(then, own=False))
            case s.Pick(name, _, domain, where):
                self._pick(name, domain, where, then)
            case s.Choose(branches):
                self._choose(branches, self._join(then, rest))
            case s.If(condition, yes, no):
                self._branch(condition, yes, no, self._join(then, rest))
            case s.Scoped(name, body):
                self._scoped(name, body, self._join(then, rest))
            case s.Leave(name):
                (self._scopes[name] if name else self._end)()
            case s.For() | s.While():
                self._recursive(statement, then)
            case _:
                raise AssertionError(statement)

    def _join(self, then: Then, rest: int) -> Then:
        """What several ways go on with: written once, as a function, unless it is short."""
        if rest <= _SMALL:
            return then
        state = self.state()
        name = self.name("go")
        self.inside(f"def {name}({', '.join(state)}):", lambda: self._fresh_state(then, own=True))
        return lambda: self.line(f"{name}({', '.join(self.state())})")

    def _way(self, body: Then) -> None:
        """One way on from a choice: it starts from the state before the choice."""
        if self.logs:
            self.line("ev = evs[-1]")
        self._fresh_state(body, own=False)

    def _pick(self, name: str, domain: x.Expr, where: x.Expr, then: Then) -> None:
        self._reading(domain, where)
        self.flush()
        local = self.e.local(name)

        def chosen() -> None:
            if where == x.TRUE:
                self._way(then)
            else:
                test = self.e.test(where)
                with self.e.knowing(_lasting(where)):
                    self.inside(f"if {test}:", lambda: self._way(then))

        self._remember()
        self.inside(f"for {local} in {self.e.items(domain, distinct=True)}:", chosen)
        self._forget()

    def _choose(self, branches: tuple[s.Block, ...], then: Then) -> None:
        self.flush()
        self._remember()
        for branch in branches:
            self._way(lambda branch=branch: self.block(branch, then))  # type: ignore[misc]
        self._forget()

    def _remember(self) -> None:
        """What happened before a choice is the same for each of its ways."""
        if self.logs:
            self.line("evs.append(ev)")

    def _forget(self) -> None:
        if self.logs:
            self.line("evs.pop()")

    def _branch(self, condition: x.Expr, yes: s.Block, no: s.Block, then: Then) -> None:
        self._reading(condition)
        self.flush()
        self._remember()
        test = self.e.test(condition)
        with self.e.knowing(_lasting(condition)):
            self.inside(f"if {test}:", lambda: self._way(lambda: self.block(yes, then)))
        self.inside("else:", lambda: self._way(lambda: self.block(no, then)))
        self._forget()

    def _scoped(self, name: str, body: s.Block, then: Then) -> None:
        outer = self._scopes.get(name)
        self._scopes[name] = then
        self.block(body, then)
        if outer is not None:
            self._scopes[name] = outer

    def _recursive(self, statement: s.For | s.While, then: Then) -> None:
        """A loop with choices: a function that runs the body and calls itself."""
        state = self.state()
        name = self.name("loop")
        turn = f"{name}_turn"
        again = lambda: self.line(f"{name}({', '.join((turn + ' + 1', *self.state()))})")  # noqa: E731

        def each() -> None:
            if isinstance(statement, s.For):
                self.inside(f"if {turn} == len({name}_all):", lambda: self._ended(then))
                self.line(f"{self.e.local(statement.name)} = {name}_all[{turn}]")
                self.block(statement.body, again)
            else:
                self.inside(
                    f"if {turn} > {MAX_ROUNDS}:", lambda: self.line(f"diverges({MAX_ROUNDS})")
                )
                test = self.e.test(statement.condition)
                self.inside(f"if not {test}:", lambda: self._ended(then))
                self.block(statement.body, again)

        if isinstance(statement, s.For):
            self._reading(statement.domain)
            self.line(f"{name}_all = tuple({self.e.items(statement.domain)})")
        self.inside(
            f"def {name}({', '.join((turn, *state))}):", lambda: self._fresh_state(each, own=True)
        )
        self.line(f"{name}({', '.join(('0', *self.state()))})")

    def _ended(self, then: Then) -> None:
        self._fresh_state(then, own=False)
        self.line("return")


def _change(place: s.Place, value: x.Expr) -> x.Expr:
    """The part of a new value that must be computed from the state."""
    match value:
        case x.Apply(Op.UNION | Op.MINUS, (now, change)) if now == place.value:
            return change
        case _:
            return value


def _plain(statement: s.Statement) -> bool:
    """Is there one way through the statement, to its end?"""
    match statement:
        case s.Pick() | s.Choose() | s.Leave() | s.Scoped() | s.Require():
            return False
        case s.If(_, then, orelse):
            return all(map(_plain, then)) and all(map(_plain, orelse))
        case s.For() | s.While():
            return all(map(_plain, statement.body))
        case _:
            return True


def _lasting(condition: x.Expr) -> x.Expr:
    """The part of a condition that stays true while the state changes."""
    kept = [
        c for c in x.conjuncts(condition)
        if not any(isinstance(part, x.Global) for part in x.walk(c))
    ]  # fmt: skip
    return x.conjunction(kept)
