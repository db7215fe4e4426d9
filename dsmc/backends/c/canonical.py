"""One state for all that differ in names only, in C: what `runtime/canonical.h` needs to know of a
system, from the data of `reduce/signature.py`.
"""

from __future__ import annotations

from math import factorial, prod

from dsmc.backends.c.access import Access
from dsmc.backends.c.layout import WORD, Form, Layout, form, words
from dsmc.backends.c.pool import Pool
from dsmc.backends.c.renaming import Renaming
from dsmc.backends.c.seeing import Seeing
from dsmc.backends.c.writer import Writer
from dsmc.backends.codec import width
from dsmc.ir.system import System
from dsmc.ir.types import Type
from dsmc.reduce.permute import Named
from dsmc.reduce.signature import signature, tells_all


def canonical(
    system: System, layout: Layout, pool: Pool, types: tuple[Named, ...], header: str
) -> list[str]:
    """The lines that define `canonical`, with the header's text in them."""
    return _Canonical(system, layout, pool, types).lines(header)


class _Canonical:
    def __init__(
        self, system: System, layout: Layout, pool: Pool, types: tuple[Named, ...]
    ) -> None:  # fmt: skip
        self._variables = tuple((v.name, v.type) for v in system.variables)
        self._layout = layout
        self._pool = pool
        self._types = types
        self._renaming = Renaming(pool, types)

    def lines(self, header: str) -> list[str]:
        rename, look = self._rename(), self._look()
        return [*self._constants(), header, *self._renaming.lines, *rename, *look, *self._compare()]

    # ------------------------------------------------------------ numbers

    def _constants(self) -> list[str]:
        ways = prod(factorial(of.size) for of in self._types)
        renamed = frozenset(self._types)
        complete = all(tells_all(of, renamed) for _, of in self._variables)
        names = [(kind, name) for kind, of in enumerate(self._types) for name in range(of.size)]
        begins = [*self._renaming.first.values(), len(names)]
        return [
            "/* names */", "typedef unsigned short u16;",
            f"enum {{ NAMES = {len(names)}, KINDS = {len(self._types)},"
            f" STATE_WORDS = {self._layout.words}, COMPLETE = {int(complete)} }};",
            f"#define ALL {ways if ways < 1 << WORD else 0}ull",
            f"static const u32 first_name[] = {{{', '.join(map(str, begins))}}};",
            f"static const u16 kind_of[] = {{{', '.join(str(kind) for kind, _ in names)}}};",
            f"static const u16 ordinal_of[] = {{{', '.join(str(name) for _, name in names)}}};",
        ]  # fmt: skip

    # ------------------------------------------------------------ variables

    def _value(self, w: Writer, name: str, type: Type) -> str:
        """The code of a variable."""
        if name in self._layout.boxed:
            return f"BOX(s[{self._layout.box_at[name]}])"
        if form(type) is Form.WORD:
            return self._access("s", name).code(w)
        held = w.name("t")
        w.line(f"u64 {held}[{words(type)}] = {{0}};")
        w.line(f"copy_bits({held}, 0, s, {self._layout.packed[name].offset}, {width(type)});")
        return held

    def _access(self, base: str, name: str) -> Access:
        placed = self._layout.packed[name]
        return Access(base, placed.type, placed.offset, is_array=True)

    def _rename(self) -> list[str]:
        w = Writer()
        w.line("(void)c;")
        w.line("copy(out, s, STATE_WORDS);")
        for name, type in self._variables:
            if self._renaming.touches(type):
                code = self._renaming.renamed(w, type, self._value(w, name, type))
                if name in self._layout.boxed:
                    w.line(f"out[{self._layout.box_at[name]}] = WORD({code});")
                else:
                    self._access("out", name).write(w, code)
        return [
            "static void rename_all(ctx *c, const u64 *s, u64 *out, const u16 *to)",
            "{", *w.lines, "}", "",
        ]  # fmt: skip

    def _look(self) -> list[str]:
        """What each name sees in a state; one more place is for nobody."""
        w, lines = Writer(), []
        w.line("for (u32 i = 0; i <= NAMES; i++) seen[i] = 0;")
        renamed = frozenset(self._types)
        types = dict(self._variables)
        for number, of in enumerate(self._types):
            seeing = Seeing(self._pool, of, number)
            for name, view in signature(self._variables, of, renamed).views:
                value = self._value(w, name, types[name])
                seeing.look(w, view, value, f"(seen + {self._renaming.first[of]})")
            lines += seeing.lines
        head = "static void look_around(const u64 *s, u64 *seen)"
        return [*lines, head, "{", *w.lines, "}", ""]

    def _compare(self) -> list[str]:
        """Which of two states is the less: any order will do in which only equal states are equal."""
        w = Writer()
        w.line(f"int order = compare(a, b, {self._layout.packed_words});")
        for name, of in self._layout.boxed.items():
            at = self._layout.box_at[name]
            shape = self._pool.shape(of)
            w.line(f"if (!order) order = box_compare(BOX(a[{at}]), BOX(b[{at}]), {shape});")
        w.line("return order;")
        return ["static int state_compare(const u64 *a, const u64 *b)", "{", *w.lines, "}", ""]
