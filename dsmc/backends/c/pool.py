"""What stands before the functions: shapes of boxes, constants, tables of values."""

from __future__ import annotations

from collections.abc import Sequence

from dsmc.backends.c.layout import WORD, Form, bits_in_box, form, words
from dsmc.backends.codec import Register, decode, encode, low, members, ranks, width
from dsmc.ir import types as t
from dsmc.ir.types import Type, Value

#: Codes of at most so many bits are looked up in a table; others are searched for.
_TABLE = 10


class Pool:
    """Definitions, each written once; the names of those who observe histories."""

    def __init__(self, observers: Sequence[str] = ()) -> None:
        self.observers = list(observers)
        self.lines: list[str] = []
        self._names: dict[object, str] = {}

    def _define(self, key: object, prefix: str, define: str) -> str:
        """The name of a definition; `NAME` stands for it in its text."""
        name = self._names[key] = f"{prefix}_{len(self._names)}"
        self.lines.append(define.replace("NAME", name))
        return name

    # ------------------------------------------------------------ shapes

    def shape(self, type: Type) -> str:
        """A pointer to the shape of a type that is kept in boxes; 0 for others."""
        if form(type) is not Form.BOX:
            return "0"
        key = ("shape", type)
        if key not in self._names:
            self._shape(key, type)
        return f"&{self._names[key]}"

    def _shape(self, key: object, type: Type) -> None:
        match type:
            case t.Bag(of) | t.Seq(of) | t.Map(_, of):
                text = f"{{0, {bits_in_box(of)}, {self.shape(of)}, 0, 0}}"
                self._define(
                    key, "shape", f"/* {t.show(type)} */ static const shape NAME = {text};"
                )
            case t.Option() | t.Tuple() | t.Record() | t.Message():
                self._variant_shape(key, type)
            case _:
                raise AssertionError(type)

    def _variant_shape(self, key: object, type: t.Variant) -> None:
        cases = [self._parts(type, case) for case in range(len(t.cases(type)))]
        counts = ", ".join(str(len(t.field_types(type, c))) for c in range(len(cases)))
        counted = self._define(
            ("counts", type), "counts", f"static const u32 NAME[] = {{{counts}}};"
        )
        listed = self._define(
            ("cases", type), "cases", f"static const part *const NAME[] = {{{', '.join(cases)}}};"
        )
        text = f"{{{len(cases)}, 0, 0, {counted}, {listed}}}"
        self._define(key, "shape", f"/* {t.show(type)} */ static const shape NAME = {text};")

    def _parts(self, type: t.Variant, case: int) -> str:
        fields = t.field_types(type, case)
        if not fields:
            return "0"
        places = box_fields(type, case)
        parts = ", ".join(
            f"{{{at}, {bits_in_box(of)}, {self.shape(of)}}}"
            for at, of in zip(places, fields, strict=True)
        )
        return self._define(
            ("parts", type, case), "parts", f"static const part NAME[] = {{{parts}}};"
        )

    # ------------------------------------------------------------ constants

    def wide(self, code: int, count: int) -> str:
        """A constant of several words."""
        key = ("wide", code, count)
        if key not in self._names:
            parts = [f"{code >> WORD * i & (1 << WORD) - 1:#x}ull" for i in range(count)]
            self._define(key, "wide", f"static const u64 NAME[] = {{{', '.join(parts)}}};")
        return self._names[key]

    def box(self, type: Type, value: Value) -> str:
        """A constant that is kept in a box."""
        key = ("box", type, encode(type, value))
        if key not in self._names:
            count, items = self._items(type, encode(type, value))
            room = f"struct {{ u32 count, room; u64 item[{max(1, len(items))}]; }}"
            text = f"{{{count}, {count}, {{{', '.join(items) or '0'}}}}}"
            self._define(key, "box", f"static const {room} NAME = {text};")
        return f"((const box *)&{self._names[key]})"

    def _items(self, type: Type, register: Register) -> tuple[int, list[str]]:
        assert isinstance(register, tuple)
        match type:
            case t.Bag(of) | t.Seq(of) | t.Map(_, of):
                return len(register), [w for r in register for w in self._item(of, r)]
            case t.Option() | t.Tuple() | t.Record() | t.Message():
                case, *fields = register
                assert isinstance(case, int)
                kinds = t.field_types(type, case)
                parts = [w for of, r in zip(kinds, fields, strict=True) for w in self._item(of, r)]
                return 1 + len(parts), [str(case), *parts]
            case _:
                raise AssertionError(type)

    def _item(self, of: Type, register: Register) -> list[str]:
        if not isinstance(register, int):
            return [f"(u64)(unsigned long){self.box(of, decode(of, register))}"]
        code = register - low(of)
        return [f"{code >> WORD * i & (1 << WORD) - 1:#x}ull" for i in range(words(of))]

    # ------------------------------------------------------------ the values of a type, numbered

    def members(self, type: Type) -> str:
        """The codes of all values of a type, by their place."""
        key = ("members", type)
        if key not in self._names:
            codes = ", ".join(f"{m:#x}ull" for m in members(type))
            self._define(key, "all", f"/* {t.show(type)} */ static const u64 NAME[] = {{{codes}}};")
        return self._names[key]

    def place(self, type: Type, code: str) -> str:
        """The place of a code among all values of a type."""
        return self._table(type, code) if width(type) <= _TABLE else self._search(type, code)

    def _table(self, type: Type, code: str) -> str:
        key = ("places", type)
        if key not in self._names:
            found = ranks(type)
            places = ", ".join(str(found.get(code, 0)) for code in range(1 << width(type)))
            self._define(
                key, "places",
                f"/* {t.show(type)} */ static const unsigned short NAME[] = {{{places}}};",
            )  # fmt: skip
        return f"{self._names[key]}[{code}]"

    def _search(self, type: Type, code: str) -> str:
        pairs = sorted((int(c), r) for c, r in ranks(type).items() if isinstance(c, int))
        key = ("codes", type)
        if key not in self._names:
            codes = ", ".join(f"{c:#x}ull" for c, _ in pairs)
            self._define(key, "codes", f"static const u64 NAME[] = {{{codes}}};")
            places = ", ".join(str(r) for _, r in pairs)
            self._define(
                ("ranks", type), "ranks", f"static const unsigned short NAME[] = {{{places}}};"
            )
        names = f"{self._names[key]}, {self._names['ranks', type]}"
        return f"place_of({code}, {names}, {len(pairs)})"


def box_fields(type: t.Variant, case: int) -> list[int]:
    """The first word of each field of a case of a variant in a box: the case stands before them."""
    places, at = [], 1
    for of in t.field_types(type, case):
        places.append(at)
        at += words(of)
    return places
