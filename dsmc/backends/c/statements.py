"""Statements as C: straight code. A choice asks `choose` which way this run of the body takes; the
body is run again for each way, so nothing needs to be remembered but the choices.
"""

from __future__ import annotations

from dsmc.backends.c.access import Access
from dsmc.backends.c.expressions import Expressions
from dsmc.backends.c.layout import Form, form, words
from dsmc.backends.c.loops import numbered
from dsmc.backends.c.ops import put_in_word
from dsmc.backends.c.pool import box_fields
from dsmc.backends.codec import slots
from dsmc.backends.limits import MAX_ROUNDS
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.ir.types import Type


class Statements:
    """Writes blocks. The state is the array `p`; `end` and `abandon` are labels after them."""

    def __init__(self, e: Expressions, assertions: dict[int, int], end: str, abandon: str) -> None:
        self.e = e
        self.w = e.w
        self._assertions = assertions  # from an assertion's number to its property's
        self.end = end
        self._abandon = abandon
        self._scopes: dict[str, str] = {}
        self.used: set[str] = set()  # labels that something goes to

    def block(self, block: s.Block) -> None:
        """Write a block."""
        for statement in block:
            self._statement(statement)

    def _inner(self, head: str, block: s.Block) -> None:
        with self.w.block(head), self.e.scope():
            self.block(block)

    def _go(self, label: str) -> None:
        self.used.add(label)
        self.w.line(f"goto {label};")

    def _statement(self, statement: s.Statement) -> None:
        match statement:
            case s.Assign(place, value):
                self._assign(place, value)
            case s.Let(name, value):
                self.e.let(name, value)
            case s.Pick():
                self._pick(statement)
            case s.Choose(branches):
                self._choose(branches)
            case s.If(condition, then, orelse):
                self._if(condition, then, orelse)
            case s.For(name, _, domain, body):
                self.e.loop(domain, name, lambda: self.block(body))
            case s.While(condition, body):
                self._while(condition, body)
            case s.Require(condition):
                self.require(condition)
            case s.Assert(condition, number):
                self._assert(condition, number)
            case s.Scoped(name, body):
                self._scoped(name, body)
            case s.Leave(name):
                self._go(self._scopes[name] if name else self.end)
            case s.Mark():
                pass  # only traces want to know
            case _:
                raise AssertionError(statement)

    # ------------------------------------------------------------ ways

    def require(self, condition: x.Expr) -> None:
        """Without it there is no step this way."""
        test = self.e.test(condition)
        with self.w.block(f"if (!{test})"):
            self._go(self._abandon)

    def _pick(self, pick: s.Pick) -> None:
        """The element whose number was chosen."""
        known = numbered(self.e, pick.domain)
        if known is None:
            self._pick_of(pick)
        else:
            with self.w.block(f"if ({known.count} < 1)"):
                self._go(self._abandon)
            place = self.w.number("u64", f"choose(c, (u32){known.count})")
            self.e.declare(self.e.bind(pick.name), pick.type, known.element(place))
        if pick.where != x.TRUE:
            self.require(pick.where)

    def _pick_of(self, pick: s.Pick) -> None:
        """The elements are counted, and gone through to the one that was chosen."""
        count, wanted = self.w.name("n"), self.w.name("choice")
        self.w.line(f"u32 {count} = 0;")
        self.e.loop(pick.domain, pick.name, lambda: self.w.line(f"{count}++;"), distinct=True)
        with self.w.block(f"if (!{count})"):
            self._go(self._abandon)
        self.w.line(f"u32 {wanted} = choose(c, {count});")
        chosen, found = self.e.room(pick.type), self.w.name("found")

        def each() -> None:
            with self.w.block(f"if (!{wanted}--)"):
                self.e.keep(chosen, pick.type, self.e.locals[pick.name])
                self.w.line(f"goto {found};")

        self.e.loop(pick.domain, pick.name, each, distinct=True)
        self.w.line(f"goto {found};")
        self.w.line(f"{found}:;")
        self.e.locals[pick.name] = chosen

    def _choose(self, branches: tuple[s.Block, ...]) -> None:
        if not branches:
            self._go(self._abandon)
            return
        with self.w.block(f"switch (choose(c, {len(branches)}))"):
            for number, branch in enumerate(branches):
                label = f"case {number}:" if number < len(branches) - 1 else "default:"
                self._inner(label, branch)
                self.w.line("break;")

    def _if(self, condition: x.Expr, then: s.Block, orelse: s.Block) -> None:
        test = self.e.test(condition)
        with self.e.knowing(_lasting(condition)):
            self._inner(f"if ({test})", then)
        if orelse:
            self._inner("else", orelse)

    def _scoped(self, name: str, body: s.Block) -> None:
        outer = self._scopes.get(name)
        self._scopes[name] = label = self.w.name("after")
        self._inner("", body)
        if label in self.used:
            self.w.line(f"{label}:;")
        if outer is not None:
            self._scopes[name] = outer

    def _while(self, condition: x.Expr, body: s.Block) -> None:
        rounds = self.w.name("rounds")
        self.w.line(f"u32 {rounds} = 0;")
        with self.w.block("for (;;)"):
            self.w.line(f"if (!{self.e.test(condition)}) break;")
            self.e.fail_if(f"++{rounds} > {MAX_ROUNDS}")
            self.block(body)

    def _assert(self, condition: x.Expr, number: int) -> None:
        prop = self._assertions[number]
        self.w.line(f"if (!{self.e.test(condition)}) ev[{prop >> 6}] |= {1 << (prop & 63):#x}ull;")

    # ------------------------------------------------------------ assignment

    def _assign(self, place: s.Place, value: x.Expr) -> None:
        name = place.base.name
        if name in self.e.layout.box_at:
            at = self.e.layout.box_at[name]
            text = self._updated(f"BOX(p[{at}])", place.base.type, place.path, value)
            self.w.line(f"p[{at}] = WORD({text});")
        elif not self._joined(place, value):
            code = self.e.code(value, place.type)
            self._place(place).write(self.w, code)

    def _joined(self, place: s.Place, value: x.Expr) -> bool:
        """A set that gains or loses elements: the other bits need not be looked at."""
        match value:
            case x.Apply(Op.UNION | Op.MINUS, (now, change)) if now == place.value:
                pass
            case _:
                return False
        at = self._place(place)
        if form(place.type) is not Form.WORD or at.word is None:
            return False
        off = at.shift - 64 * at.word
        amount = f"({off}{''.join(at.moves)})" if at.moves else str(off)
        code = f"{self.e.code(change, place.type)} << {amount}"
        sign = f"|= {code}" if value.op is Op.UNION else f"&= ~({code})"
        self.w.line(f"{at.base}[{at.word}] {sign};")
        return True

    def _place(self, place: s.Place) -> Access:
        found = self.e.access(place.base)
        assert found is not None
        return self._inside(found, place.base.type, place.path)

    def _inside(self, found: Access, type: Type, path: tuple[s.Step, ...]) -> Access:
        for step in path:
            match step, type:
                case s.Key(key), t.Map():
                    found, type = self.e.entry(found, type, key), type.value
                case s.Part(index, case), _:
                    slot = slots(type, case)[index]
                    found, type = found.inner(slot.shift, slot.type), slot.type
        return found

    def _updated(self, now: str, type: Type, path: tuple[s.Step, ...], value: x.Expr) -> str:
        """The register of a value with another part at the end of a path."""
        if not path:
            return self.e.value(value)
        if t.fixed(type):
            return self._repacked(now, type, path, value)
        step, rest = path[0], path[1:]
        match step, type:
            case s.Key(key), t.Map(wanted, inner):
                rank, size = self.e.rank(key, wanted), words(inner)
                at = f"({rank}) * {size}" if size > 1 else rank
            case s.Part(index, case), t.Option() | t.Tuple() | t.Record() | t.Message():
                at, inner = str(box_fields(type, case)[index]), t.field_types(type, case)[index]
            case _:
                raise AssertionError((step, type))
        whole = self.e.held(now, type)
        part = self.e.in_box(f"{whole}->item[{at}]", inner)
        item = self.e.stored(self._updated(part, inner, rest, value), inner)
        changed = self.w.name("t")
        size = words(inner) if isinstance(type, t.Map) else 1
        self.w.line(f"box *{changed} = box_copy(c, {whole}, 0, {size});")
        self.w.line(f"copy({changed}->item + {at}, {item}, {words(inner)});")
        return changed

    def _repacked(self, now: str, type: Type, path: tuple[s.Step, ...], value: x.Expr) -> str:
        code = self.e.code(value, s.Place(x.Global("", type), path).type)
        name = self.w.name("t")
        self.e.declare(name, type, now)
        at = self._inside(self.e.computed(name, type), type, path)
        if form(type) is Form.WIDE:
            at.write(self.w, code)
            return name
        return put_in_word(name, at.position, code, at.type)


def _lasting(condition: x.Expr) -> x.Expr:
    """The part of a condition that stays true while the state changes."""
    return x.conjunction([c for c in x.conjuncts(condition) if not _reads(c)])


def _reads(e: x.Expr) -> bool:
    return any(isinstance(part, x.Global) for part in x.walk(e))
