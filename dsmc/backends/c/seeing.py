"""What a name sees of a value, as a hash in C: see `reduce/signature.py`.

`me` is the ordinal of the name that looks.
"""

from __future__ import annotations

import hashlib
from typing import assert_never

from dsmc.backends.c import parts
from dsmc.backends.c.layout import Form, form, words
from dsmc.backends.c.pool import Pool
from dsmc.backends.c.writer import Writer
from dsmc.ir import types as t
from dsmc.ir.types import Type, Value
from dsmc.reduce.permute import Named
from dsmc.reduce.signature import (
    Entries,
    Fields,
    Many,
    Mine,
    Nodes,
    Own,
    Row,
    View,
    Whole,
    seen,
)

#: The greatest number of 64 bits.
_ONES = (1 << 64) - 1


class Seeing:
    """Writes the functions for the names of one type."""

    def __init__(self, pool: Pool, of: Named, number: int) -> None:
        self._pool = pool
        self._of = of
        self._prefix = f"seen_{number}"
        self._names: dict[View, str] = {}
        self._ranks: dict[View, str] = {}
        self.lines: list[str] = []

    def _define(self, comment: str, head: str, w: Writer) -> str:
        name = f"{self._prefix}_{len(self._names) + len(self._ranks)}"
        head = head.replace("NAME", name)
        self.lines += [f"/* {comment} */", f"static {head}", "{", *w.lines, "}", ""]
        return name

    # ------------------------------------------------------------ values

    def seen(self, view: View, value: str) -> str:
        """The hash of what is seen of a value."""
        match view:
            case Whole(type):
                return self._whole(type, value)
            case Mine(type):
                return f"({value} == me)" if type == self._of else "0ull"
            case _:
                if view not in self._names:
                    self._names[view] = self._function(view)
                return f"{self._names[view]}({value}, me)"

    def _whole(self, type: Type, value: str) -> str:
        match form(type):
            case Form.WORD:
                return value
            case Form.WIDE:
                return f"words_seen({value}, {words(type)})"
            case Form.BOX:
                return f"box_seen({value}, {self._pool.shape(type)})"

    def _function(self, view: View) -> str:
        assert not isinstance(view, Whole | Mine)
        w = Writer()
        self._body(w, view)
        head = f"u64 NAME({parts.parameter(view.type, 'v')}, u64 me)"
        return self._define(t.show(view.type), head, w)

    def _body(self, w: Writer, view: View) -> None:
        match view:
            case Nodes():
                self._node(w, view)
            case Fields():
                self._fields(w, view)
            case Row(type, part):
                w.line(f"u64 hash = {parts.count(type, 'v')};")
                self._each(w, type, part, "hash = stir(hash, {});")
                w.line("return hash;")
            case Many(type, part):
                if isinstance(type, t.Set):
                    self._set(w, type, part)
                else:
                    self._bag(w, type, part)
            case Own():
                self._own(w, view)
            case Entries(type, key, part):
                w.line("u64 sum = 0;")
                known = self._of_rank(key, type.key)
                self._each(w, type, part, f"sum += apart(stir({known}(i, me), {{}}));")
                w.line("return sum;")
            case Whole() | Mine():
                raise AssertionError(view)
            case _:
                assert_never(view)

    def _node(self, w: Writer, view: Nodes) -> None:
        for role in view.type.roles:
            if role in view.renamed:
                mine = f" + (v - {role.first} == me)" if role == self._of else ""
                w.line(f"if (v - {role.first} < {role.size}) return {2 * role.first}{mine};")
        w.line("return 2 * v;")

    def _fields(self, w: Writer, view: Fields) -> None:
        w.line(f"u64 hash = {parts.tag(view.type, 'v')};")
        for case, views in enumerate(view.cases):
            if not views:
                continue
            with w.block(f"if ({parts.tag(view.type, 'v')} == {case})"):
                for number, part in enumerate(views):
                    value = parts.field(w, view.type, "v", case, number)
                    w.line(f"hash = stir(hash, {self.seen(part, value)});")
        w.line("return hash;")

    def _each(self, w: Writer, type: t.Map | t.Seq | t.Bag, part: View, then: str) -> None:
        with w.block(f"for (u32 i = 0; i < {parts.count(type, 'v')}; i++)"):
            w.line(then.format(self.seen(part, parts.element(w, type, "v", "i"))))

    def _own(self, w: Writer, view: Own) -> None:
        own = self.seen(view.of, parts.element(w, view.type, "v", "me"))
        if not view.others:
            w.line(f"return {own};")
            return
        w.line(f"u64 own = {own}, sum = 0;")
        with w.block(f"for (u32 i = 0; i < {self._of.size}; i++)"):
            w.line("if (i == me) continue;")
            other = self.seen(view.of, parts.element(w, view.type, "v", "i"))
            w.line(f"sum += apart({other});")
        w.line("return stir(own, sum);")

    # ------------------------------------------------------------ sets and bags

    def _bag(self, w: Writer, type: t.Bag, part: View) -> None:
        w.line("u64 sum = v->count;")
        self._each(w, type, part, "sum += apart({});")
        w.line("return sum;")

    def _set(self, w: Writer, type: t.Set, part: View) -> None:
        if form(type) is Form.WORD and part == Mine(self._of):
            w.line("return stir(v >> me & 1, (u64)ones(v));")
            return
        known = self._of_rank(part, type.of)
        w.line("u64 sum = 0;")
        if form(type) is Form.WORD:
            w.line(f"for (; v; v &= v - 1) sum += {known}((u32)lowest(v), me);")
        else:
            with w.block(f"for (u32 i = 0; i < {words(type)}; i++)"):
                w.line("for (u64 left = v[i]; left; left &= left - 1)")
                w.line(f"\tsum += {known}(64 * i + (u32)lowest(left), me);")
        w.line("return sum;")

    def _of_rank(self, view: View, type: Type) -> str:
        """The function that tells what is seen of the element of a rank."""
        if view not in self._ranks:
            w = Writer()
            most = self._tables(w, view, type)
            w.line("u64 hash = all[rank];")
            for i in range(most):
                w.line(f"if (who[rank][{i}] == me) hash += more[rank][{i}];")
            w.line("return hash;")
            self._ranks[view] = self._define(t.show(type), "u64 NAME(u32 rank, u64 me)", w)
        return self._ranks[view]

    def _tables(self, w: Writer, view: View, type: Type) -> int:
        """Of each element what all see, and what those see besides who are in it."""
        rows = [self._row(view, value) for value in t.values(type)]
        most = max(len(more) for _, more in rows)
        pad = (self._of.size, 0)
        filled = [[*more, *[pad] * (most - len(more))] for _, more in rows]
        everybody = ", ".join(f"{common:#x}ull" for common, _ in rows)
        w.line(f"static const u64 all[] = {{{everybody}}};")
        if most:
            who = ", ".join(f"{{{', '.join(str(n) for n, _ in row)}}}" for row in filled)
            more = ", ".join(f"{{{', '.join(f'{h:#x}ull' for _, h in row)}}}" for row in filled)
            w.line(f"static const u16 who[][{most}] = {{{who}}};")
            w.line(f"static const u64 more[][{most}] = {{{more}}};")
        return most

    def _row(self, view: View, value: Value) -> tuple[int, list[tuple[int, int]]]:
        """What a name sees that is not in the element; what is to be added for those that are."""
        stranger = seen(view, value, self._of, -1)
        common = _hash(stranger)
        views = ((name, seen(view, value, self._of, name)) for name in range(self._of.size))
        return common, [(n, _hash(v) - common & _ONES) for n, v in views if v != stranger]

    # ------------------------------------------------------------ variables

    def look(self, w: Writer, view: View, value: str, at: str) -> None:
        """Add what each name sees of a variable to the hashes that begin at `at`."""
        if isinstance(view, Many) and form(view.type) is Form.WORD and _has_strangers(view.of):
            self._spread(w, view, value, at)
            return
        with w.block(f"for (u32 me = 0; me < {self._of.size}; me++)"):
            w.line(f"{at}[me] = stir({at}[me], {self.seen(view, value)});")

    def _spread(self, w: Writer, view: Many, value: str, at: str) -> None:
        """Of a set only what is in an element: what all see does not tell them apart."""
        with w.block():
            most = self._tables(w, view.of, view.type.of)
            w.line("(void)all;")
            with w.block(f"for (u64 left = {value}; left; left &= left - 1)"):
                w.line("u32 rank = (u32)lowest(left);")
                for i in range(most):
                    w.line(f"{at}[who[rank][{i}]] += more[rank][{i}];")


def _hash(seen: Value) -> int:
    """A number of 64 bits for what is seen: the same in every process."""
    return int.from_bytes(hashlib.blake2b(repr(seen).encode(), digest_size=8).digest())


def _has_strangers(view: View) -> bool:
    """Do all names that are not in a value see the same of it? Each has its place in a map."""
    match view:
        case Whole() | Mine() | Nodes():
            return True
        case Fields(_, cases):
            return all(_has_strangers(part) for fields in cases for part in fields)
        case _:
            return False
