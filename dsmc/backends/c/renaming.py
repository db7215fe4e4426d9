"""Values with their names replaced, in C: see `reduce/permute.py`.

`to` is the new ordinal of each name, type by type.
"""

from __future__ import annotations

from itertools import accumulate

from dsmc.backends.c import parts
from dsmc.backends.c.layout import Form, form, words
from dsmc.backends.c.pool import Pool
from dsmc.backends.c.writer import Writer
from dsmc.backends.codec import rank_of
from dsmc.ir import types as t
from dsmc.ir.types import Type, Value
from dsmc.reduce.permute import Named, names_in

#: A name in an element: its type, its ordinal, by how much one more moves the element's rank.
Spot = tuple[Named, int, int]


class Renaming:
    """Writes the functions for the types that contain names of some types."""

    def __init__(self, pool: Pool, types: tuple[Named, ...]) -> None:
        self._pool = pool
        self._types = frozenset(types)
        sizes = accumulate((of.size for of in types), initial=0)
        self.first = dict(zip(types, sizes, strict=False))
        self._names: dict[tuple[str, Type], str] = {}
        self.lines: list[str] = []

    def touches(self, type: Type) -> bool:
        """May values of the type contain names that are replaced?"""
        return bool(names_in(type) & self._types)

    def _define(self, kind: str, type: Type, head: str, w: Writer) -> str:
        name = self._names[kind, type] = f"{kind}_{len(self._names)}"
        head = head.replace("NAME", name)
        self.lines += [f"/* {t.show(type)} */", f"static {head}", "{", *w.lines, "}", ""]
        return name

    # ------------------------------------------------------------ values

    def renamed(self, w: Writer, type: Type, value: str) -> str:
        """The code of a value that contains names, with these replaced."""
        if isinstance(type, t.Role | t.Symbols):
            return f"(u64)to[{self.first[type]} + {value}]"
        name = self._names.get(("renamed", type)) or self._function(type)
        match form(type):
            case Form.WORD:
                return f"{name}({value}, to)"
            case Form.BOX:
                return f"{name}(c, {value}, to)"
            case Form.WIDE:
                room = w.name("t")
                w.line(f"u64 {room}[{words(type)}];")
                w.line(f"{name}({room}, {value}, to);")
                return room

    def _function(self, type: Type) -> str:
        w = Writer()
        heads = {
            Form.WORD: "u64 NAME(u64 v, const u16 *to)",
            Form.WIDE: "void NAME(u64 *out, const u64 *v, const u16 *to)",
            Form.BOX: "const box *NAME(ctx *c, const box *v, const u16 *to)",
        }
        result = self._body(w, type)
        w.line("return;" if form(type) is Form.WIDE else f"return {result};")
        return self._define("renamed", type, heads[form(type)], w)

    def _body(self, w: Writer, type: Type) -> str:
        match type:
            case t.NodeId():
                return self._node(w, type)
            case t.Option() | t.Tuple() | t.Record() | t.Message():
                return self._variant(w, type)
            case t.Set(of):
                return self._set(w, type, of)
            case t.Map() | t.Seq() | t.Bag():
                return self._elements(w, type)
            case _:
                raise AssertionError(type)

    def _node(self, w: Writer, type: t.NodeId) -> str:
        for role in type.roles:
            if role in self._types:
                inside = f"v - {role.first} < {role.size}"
                w.line(
                    f"if ({inside}) return {role.first} + to[{self.first[role]} + v - {role.first}];"
                )
        return "v"

    def _variant(self, w: Writer, type: t.Variant) -> str:
        self._copied(w, type)
        for case in range(len(t.cases(type))):
            fields = t.field_types(type, case)
            if not any(map(self.touches, fields)):
                continue
            with w.block(f"if ({parts.tag(type, 'v')} == {case})"):
                for number, of in enumerate(fields):
                    if self.touches(of):
                        value = parts.field(w, type, "v", case, number)
                        code = self.renamed(w, of, value)
                        parts.put_field(w, type, "out", case, number, code)
        return "out"

    def _copied(self, w: Writer, type: Type) -> None:
        match form(type):
            case Form.WORD:
                w.line("u64 out = v;")
            case Form.WIDE:
                w.line(f"copy(out, v, {words(type)});")
            case Form.BOX if isinstance(type, t.Map | t.Seq | t.Bag):
                of = words(parts.content(type))
                w.line(f"box *out = box_copy(c, v, v->count, {of});")
            case Form.BOX:
                w.line("box *out = box_copy(c, v, v->count, 1);")

    def _elements(self, w: Writer, type: t.Map | t.Seq | t.Bag) -> str:
        of = parts.content(type)
        self._copied(w, type)
        with w.block(f"for (u32 i = 0; i < {parts.count(type, 'v')}; i++)"):
            moved = isinstance(type, t.Map) and self.touches(type.key)
            at = w.number("u32", self.moved(w, type.key, "i")) if moved else "i"  # type: ignore[union-attr]
            value = parts.element(w, type, "v", "i")
            code = self.renamed(w, of, value) if self.touches(of) else value
            parts.put_element(w, type, "out", at, code)
        return f"bag_of(c, out, {self._pool.shape(type)})" if isinstance(type, t.Bag) else "out"

    def _set(self, w: Writer, type: t.Set, of: Type) -> str:
        if form(type) is Form.WORD:
            w.line("u64 out = 0;")
            with w.block("for (; v; v &= v - 1)"):
                w.line(f"out |= 1ull << {self.moved(w, of, 'lowest(v)')};")
            return "out"
        w.line(f"clear(out, {words(type)});")
        each = f"for (u32 i = 0; i < {words(type)}; i++)"
        with w.block(f"{each} for (u64 left = v[i]; left; left &= left - 1)"):
            at = w.number("u32", self.moved(w, of, "(64 * i + (u32)lowest(left))"))
            w.line(f"out[{at} >> 6] |= 1ull << ({at} & 63);")
        return "out"

    # ------------------------------------------------------------ ranks of elements and keys

    def moved(self, w: Writer, type: Type, rank: str) -> str:
        """The rank, among all values of a type, of the value of a rank when names are replaced."""
        if isinstance(type, t.Role | t.Symbols | t.NodeId):
            return self.renamed(w, type, rank)
        return f"{self._names.get(('moved', type)) or self._rank(type)}({rank}, to)"

    def _rank(self, type: Type) -> str:
        w, spots = Writer(), [self._spots(type, value) for value in t.values(type)]
        if None in spots:
            value = self.renamed(w, type, f"{self._pool.members(type)}[rank]")
            place = w.number("u64", value)
            w.line(f"return (u32){self._pool.place(type, place)};")
        else:
            self._sums(w, type, [s for s in spots if s is not None])
        return self._define("moved", type, "u32 NAME(u32 rank, const u16 *to)", w)

    def _sums(self, w: Writer, type: Type, spots: list[tuple[int, list[Spot]]]) -> None:
        """A rank is a sum: its names each have a share in it."""
        most = max(len(found) for _, found in spots)
        rows = []
        for start, found in spots:
            padded = [*found, *[None] * (most - len(found))]
            shares = [(self.first[s[0]] + s[1], s[2]) if s else (0, 0) for s in padded]
            rows.append(f"{{{', '.join(map(str, [start, *sum(shares, ())]))}}}")
        table = f"static const u16 row[][{1 + 2 * most}] = {{{', '.join(rows)}}};"
        w.line(table)
        terms = [f"to[row[rank][{1 + 2 * i}]] * row[rank][{2 + 2 * i}]" for i in range(most)]
        w.line(f"return {' + '.join(['row[rank][0]', *terms])};")

    def _spots(self, type: Type, value: Value) -> tuple[int, list[Spot]] | None:
        """The names in a value, and what else its rank is made of; None of what is no such sum."""
        match type:
            case _ if not self.touches(type):
                return rank_of(type, value), []
            case t.Role() | t.Symbols():
                return 0, [(type, value, 1)]
            case t.NodeId():
                role, ordinal = t.node_role(type, value)
                return (role.first, [(role, ordinal, 1)]) if role in self._types else (value, [])
            case t.Option() | t.Tuple() | t.Record() | t.Message():
                return self._spots_of_fields(type, value)
            case _:
                return None

    def _spots_of_fields(self, type: t.Variant, value: Value) -> tuple[int, list[Spot]] | None:
        start = 0
        found: list[Spot] = []
        for of, field in zip(t.field_types(type, value[0]), value[1:], strict=True):
            inner = self._spots(of, field)
            if inner is None:
                return None
            size = t.size(of) or 0
            start = start * size + inner[0]
            found = [(kind, name, share * size) for kind, name, share in found]
            found += inner[1]
        before = sum(_size_of_case(type, case) for case in range(value[0]))
        return before + start, found


def _size_of_case(type: t.Variant, case: int) -> int:
    size = 1
    for of in t.field_types(type, case):
        size *= t.size(of) or 0
    return size
