"""Parts of values that are bits of words."""

from __future__ import annotations

import re

from dsmc.backends.c.layout import WORD, Form, form, words
from dsmc.backends.c.writer import Writer
from dsmc.backends.codec import low, mask, width
from dsmc.ir import types as t
from dsmc.ir.types import Type

_NUMBER = re.compile(r"-?\d+(ull|ll)?")


def constant(text: str) -> int | None:
    """The number that a text is; None if it must be computed."""
    return int(text.rstrip("ul")) if _NUMBER.fullmatch(text) else None


def unsigned(value: int) -> str:
    """A constant without a sign, to be shifted."""
    return f"{value}ull"


def signed(value: int) -> str:
    """An integer of the language."""
    if value < 0:
        return (
            f"({signed(-value).replace('(', '').replace(')', '')} * -1)"
            if value < -(1 << 31)
            else f"({value})"
        )
    return f"{value}ll" if value >= 1 << 31 else str(value)


class Access:
    """Bits of an array of words (or of one number): `shift` and `moves` from the right.

    `span` are the bits, of a variable with a constant place, that the part lies in.
    """

    def __init__(
        self, base: str, type: Type, shift: int = 0, moves: tuple[str, ...] = (), *,
        is_array: bool, span: tuple[int, int] | None = None,
    ) -> None:  # fmt: skip
        self.base = base
        self.type = type
        self.shift = shift
        self.moves = moves
        self.is_array = is_array
        self.span = span

    def inner(self, shift: int, type: Type, *moves: str) -> Access:
        """A part of this part."""
        span = self.span
        if not self.moves and span is not None:  # all that is known to be around it
            span = (self.shift, self.shift + width(self.type))
        return Access(
            self.base, type, self.shift + shift, self.moves + moves, is_array=self.is_array,
            span=span,
        )  # fmt: skip

    # ------------------------------------------------------------ where

    @property
    def position(self) -> str:
        """How far from the right."""
        return f"({self.shift}{''.join(self.moves)})" if self.moves else str(self.shift)

    @property
    def word(self) -> int | None:
        """The one word of an array that the part is in; None if that is not known."""
        first, last = self.shift, self.shift + width(self.type)
        if self.moves:
            if self.span is None:
                return None
            first, last = self.span
        return first // WORD if first // WORD == max(first, last - 1) // WORD else None

    def lifted(self) -> str:
        """The word with the part rightmost, other bits still on its left."""
        if not self.is_array:
            return f"{self.base} >> {self.position}" if self.moves or self.shift else self.base
        assert self.word is not None
        off = self.shift - WORD * self.word
        amount = f"({off}{''.join(self.moves)})" if self.moves else str(off)
        word = f"{self.base}[{self.word}]"
        return word if amount == "0" else f"{word} >> {amount}"

    # ------------------------------------------------------------ reading

    def code(self, w: Writer) -> str:
        """The code of a part that fits in a word."""
        if not width(self.type):
            return "0ull"
        if self.is_array and self.word is None:
            return f"bits({self.base}, {self.position}, {width(self.type)})"
        return f"({self.lifted()} & {mask(self.type):#x}ull)"

    def register(self, w: Writer) -> str:
        """The part as C holds its type."""
        if form(self.type) is Form.WIDE:
            return self._wide(w)
        return raised(self.code(w), self.type)

    def _wide(self, w: Writer) -> str:
        name = w.name("t")
        w.line(f"u64 {name}[{words(self.type)}] = {{0}};")
        w.line(f"copy_bits({name}, 0, {self.base}, {self.position}, {width(self.type)});")
        return name

    # ------------------------------------------------------------ writing

    def write(self, w: Writer, code: str) -> None:
        """Put another code there; of an array of words, a wide value's words."""
        if not width(self.type):
            return
        if form(self.type) is Form.WIDE:
            w.line(f"copy_bits({self.base}, {self.position}, {code}, 0, {width(self.type)});")
        elif self.word is None:
            w.line(f"set_bits({self.base}, {self.position}, {width(self.type)}, {code});")
        else:
            self._write_word(w, code)

    def _write_word(self, w: Writer, code: str) -> None:
        assert self.word is not None
        off, target = self.shift - WORD * self.word, f"{self.base}[{self.word}]"
        value = constant(code)
        if self.moves:
            at = f"({off}{''.join(self.moves)})"
            w.line(f"{target} = ({target} & ~({mask(self.type):#x}ull << {at})) | {code} << {at};")
            return
        bits = mask(self.type) << off
        kept = f"({target} & ~{bits:#x}ull)"
        if value is None:
            moved = f"{code} << {off}" if off else code
            w.line(f"{target} = {kept} | {moved};")
        elif value == mask(self.type):
            w.line(f"{target} |= {bits:#x}ull;")
        elif value == 0:
            w.line(f"{target} &= ~{bits:#x}ull;")
        else:
            w.line(f"{target} = {kept} | {value << off:#x}ull;")


def raised(code: str, of: Type) -> str:
    """The register of a code: integers have a sign and their own zero."""
    if not isinstance(of, t.Int):
        return code
    value = constant(code)
    if value is not None:
        return signed(value + low(of))
    return f"((i64){code} + {signed(low(of))})" if low(of) else f"(i64){code}"
