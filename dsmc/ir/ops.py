"""The operators: one row each. A row says how it is written, what it takes and gives, what it
means on plain values, and examples that are true; they are its documentation and its tests in
every back end.

Division and remainder floor, as in Python: `-7 div 2 == -4`, `-7 mod 2 == 1`.
"""

from __future__ import annotations

import enum
import operator
from collections.abc import Callable
from typing import Any, TypeAlias

from dsmc.frozen import Frozen
from dsmc.ir import signatures as s
from dsmc.ir import types as t
from dsmc.ir.signatures import Rule


class RangeError(Exception):
    """An operator was applied where it has no value. `reason` is shown to the user."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Op(enum.Enum):
    """Names of the operators; see `OPS`."""

    ADD = enum.auto()
    SUB = enum.auto()
    MUL = enum.auto()
    DIV = enum.auto()
    MOD = enum.auto()
    NEG = enum.auto()
    LEAST = enum.auto()
    GREATEST = enum.auto()
    EQ = enum.auto()
    NE = enum.auto()
    LT = enum.auto()
    LE = enum.auto()
    GT = enum.auto()
    GE = enum.auto()
    NOT = enum.auto()
    AND = enum.auto()
    OR = enum.auto()
    IMPLIES = enum.auto()
    IFF = enum.auto()
    ALL = enum.auto()
    RANGE = enum.auto()
    SUBSETS = enum.auto()
    IN = enum.auto()
    UNION = enum.auto()
    INTERSECT = enum.auto()
    MINUS = enum.auto()
    SUBSET = enum.auto()
    COUNT = enum.auto()
    MAJORITY = enum.auto()
    GET = enum.auto()
    PUT = enum.auto()
    LEN = enum.auto()
    FIRST = enum.auto()
    LAST = enum.auto()
    AT = enum.auto()
    CONCAT = enum.auto()
    SLICE = enum.auto()
    INSERT = enum.auto()
    REMOVE = enum.auto()
    REPLACE = enum.auto()
    CONTAINS = enum.auto()
    BAG_LEN = enum.auto()
    BAG_ADD = enum.auto()
    BAG_REMOVE = enum.auto()
    BAG_HAS = enum.auto()
    INDEX = enum.auto()
    NODE_AT = enum.auto()


class Form(enum.Enum):
    """How an operator is written."""

    INFIX = "a op b"
    PREFIX = "op a"
    FUNCTION = "op(a, b)"
    MEMBER = "a.op"
    METHOD = "a.op(b)"
    INDEXED = "a[b]"
    INTERNAL = "written by the tool"


Spelling: TypeAlias = tuple[Form, str]


class OpInfo(Frozen):
    """A row of the table.

    `spellings` is how it may be written; `rule` gives the types of its arguments and result;
    `evaluate` is its meaning on plain values (it raises `RangeError` where there is none);
    `examples` are true; `lazy` operators evaluate their second argument only if it matters.
    """

    spellings: tuple[Spelling, ...]
    rule: Rule
    evaluate: Callable[..., Any]
    doc: str
    examples: tuple[str, ...]
    lazy: bool = False


def _infix(symbol: str) -> tuple[Spelling, ...]:
    return ((Form.INFIX, symbol),)


def _function(name: str) -> tuple[Spelling, ...]:
    return ((Form.FUNCTION, name),)


def _member(name: str) -> tuple[Spelling, ...]:
    return ((Form.MEMBER, name),)


def _method(name: str) -> tuple[Spelling, ...]:
    return ((Form.METHOD, name),)


_INDEXED = ((Form.INDEXED, "[]"),)
_INTERNAL: tuple[Spelling, ...] = ()


def _divide(a: int, b: int) -> int:
    if b == 0:
        raise RangeError("division by zero")
    return a // b


def _remainder(a: int, b: int) -> int:
    if b == 0:
        raise RangeError("division by zero")
    return a % b


def _nth(s: tuple[Any, ...], i: int) -> Any:
    if not 0 <= i < len(s):
        raise RangeError(f"position {i} of a sequence of {len(s)}")
    return s[i]


def _slice(s: tuple[Any, ...], i: int, j: int) -> tuple[Any, ...]:
    if not (0 <= i <= j + 1 <= len(s)):
        raise RangeError(f"positions {i}..{j} of a sequence of {len(s)}")
    return s[i : j + 1]


def _insert(s: tuple[Any, ...], i: int, x: Any) -> tuple[Any, ...]:
    if not 0 <= i <= len(s):
        raise RangeError(f"position {i} of a sequence of {len(s)}")
    return (*s[:i], x, *s[i:])


def _remove(s: tuple[Any, ...], i: int) -> tuple[Any, ...]:
    _nth(s, i)
    return s[:i] + s[i + 1 :]


def _replace(s: tuple[Any, ...], i: int, x: Any) -> tuple[Any, ...]:
    _nth(s, i)
    return (*s[:i], x, *s[i + 1 :])


def _take(bag: tuple[Any, ...], x: Any) -> tuple[Any, ...]:
    if x not in bag:
        raise RangeError("the bag does not have it")
    i = bag.index(x)
    return bag[:i] + bag[i + 1 :]


def _subsets(s: frozenset[Any]) -> frozenset[frozenset[Any]]:
    members = sorted(s)
    return frozenset(
        frozenset(m for i, m in enumerate(members) if bits >> i & 1)
        for bits in range(1 << len(members))
    )


OPS: dict[Op, OpInfo] = {
    # integers
    Op.ADD: OpInfo(
        _infix("+"),
        s.ints(s.corners(operator.add)),
        operator.add,
        "The sum.",
        ("2 + 3 == 5", "-2 + 2 == 0"),
    ),
    Op.SUB: OpInfo(
        _infix("-"),
        s.ints(s.corners(operator.sub)),
        operator.sub,
        "The difference.",
        ("2 - 3 == -1",),
    ),
    Op.MUL: OpInfo(
        _infix("*"),
        s.ints(s.corners(operator.mul)),
        operator.mul,
        "The product.",
        ("-2 * 3 == -6", "0 * -3 == 0"),
    ),
    Op.DIV: OpInfo(
        _infix("div"),
        s.ints(s.quotient),
        _divide,
        "The quotient, rounded down. By 0: a range error.",
        ("7 div 2 == 3", "-7 div 2 == -4", "7 div -2 == -4", "-7 div -2 == 3", "0 div 5 == 0"),
    ),
    Op.MOD: OpInfo(
        _infix("mod"),
        s.ints(s.remainder),
        _remainder,
        "The remainder of `div`; it has the sign of the divisor. By 0: a range error.",
        ("7 mod 2 == 1", "-7 mod 2 == 1", "7 mod -2 == -1", "-7 mod -2 == -1", "0 mod 5 == 0"),
    ),
    Op.NEG: OpInfo(
        ((Form.PREFIX, "-"),),
        s.ints(lambda a: (-a[1], -a[0])),
        operator.neg,
        "The negative.",
        ("-(2 - 5) == 3",),
    ),
    Op.LEAST: OpInfo(
        _function("min"),
        s.ints(s.corners(min)),
        min,
        "The smaller of two.",
        ("min(2, 3) == 2", "min(3, -2) == -2"),
    ),
    Op.GREATEST: OpInfo(
        _function("max"),
        s.ints(s.corners(max)),
        max,
        "The larger of two.",
        ("max(2, 3) == 3", "max(3, -2) == 3"),
    ),
    # comparison
    Op.EQ: OpInfo(
        _infix("=="),
        s.equality,
        operator.eq,
        "Are they the same value?",
        ("1 + 1 == 2", "{1, 2} == {2, 1}", "not (some(1) == none)"),
    ),
    Op.NE: OpInfo(
        _infix("!="),
        s.equality,
        operator.ne,
        "Are they different values?",
        ("1 != 2", "[1, 2] != [2, 1]"),
    ),
    Op.LT: OpInfo(_infix("<"), s.comparison, operator.lt, "Less.", ("-1 < 0", "not 1 < 1")),
    Op.LE: OpInfo(_infix("<="), s.comparison, operator.le, "Less or equal.", ("1 <= 1",)),
    Op.GT: OpInfo(_infix(">"), s.comparison, operator.gt, "Greater.", ("0 > -1", "not 1 > 1")),
    Op.GE: OpInfo(_infix(">="), s.comparison, operator.ge, "Greater or equal.", ("1 >= 1",)),
    # truth values
    Op.NOT: OpInfo(((Form.PREFIX, "not"),), s.truths, operator.not_, "Negation.", ("not false",)),
    Op.AND: OpInfo(
        _infix("and"),
        s.truths,
        lambda a, b: a and b,
        "Both. The second is looked at only if the first is true.",
        ("true and true", "not (true and false)", "not (false and 1 div 0 == 1)"),
        lazy=True,
    ),
    Op.OR: OpInfo(
        _infix("or"),
        s.truths,
        lambda a, b: a or b,
        "At least one. The second is looked at only if the first is false.",
        ("true or false", "not (false or false)", "true or 1 div 0 == 1"),
        lazy=True,
    ),
    Op.IMPLIES: OpInfo(
        _infix("implies"),
        s.truths,
        lambda a, b: not a or b,
        "If the first, then the second; which is looked at only if the first is true.",
        ("false implies false", "not (true implies false)"),
        lazy=True,
    ),
    Op.IFF: OpInfo(_infix("iff"), s.truths, operator.eq, "Both or neither.", ("false iff false",)),
    # sets
    Op.ALL: OpInfo(
        _INTERNAL, lambda args: None, lambda: None, "The set of all values of a type.", ()
    ),
    Op.RANGE: OpInfo(
        _infix(".."),
        s.interval_set,
        lambda a, b: frozenset(range(a, b + 1)),
        "The integers from one to another, both included; empty if there is none.",
        ("1..3 == {1, 2, 3}", "2..1 == {}", "-1..1 == {-1, 0, 1}"),
    ),
    Op.SUBSETS: OpInfo(
        _function("subsets"),
        s.subsets,
        _subsets,
        "The subsets of a set, to choose from or to quantify over.",
        ("forall x in subsets({1, 2}): x subset {1, 2}", "count(x for x in subsets({1, 2})) == 4"),
    ),
    Op.IN: OpInfo(
        _infix("in"),
        s.membership(t.Set),
        lambda x, s: x in s,
        "Is it an element?",
        ("2 in 1..3", "4 not in 1..3"),
    ),
    Op.UNION: OpInfo(
        _infix("union"),
        s.same_sets(lambda of: of),
        operator.or_,
        "The elements of either.",
        ("{1} union {2, 3} == {1, 2, 3}",),
    ),
    Op.INTERSECT: OpInfo(
        _infix("intersect"),
        s.same_sets(lambda of: of),
        operator.and_,
        "The elements of both.",
        ("{1, 2} intersect {2, 3} == {2}",),
    ),
    Op.MINUS: OpInfo(
        _infix("minus"),
        s.same_sets(lambda of: of),
        operator.sub,
        "The elements of the first that are not in the second.",
        ("{1, 2} minus {2, 3} == {1}",),
    ),
    Op.SUBSET: OpInfo(
        _infix("subset"),
        s.same_sets(lambda _: t.BOOL),
        operator.le,
        "Is every element of the first in the second?",
        ("{1} subset {1, 2}", "{} subset {1}"),
    ),
    Op.COUNT: OpInfo(
        (*_function("count"), *_member("len")),
        s.cardinality,
        len,
        "How many elements a set has.",
        ("count({1, 2, 2}) == 2", "{3, 4}.len == 2"),
    ),
    Op.MAJORITY: OpInfo(
        _function("majority"),
        s.cardinality,
        lambda s: len(s) // 2 + 1,
        "The smallest number of elements that is more than half of a set's.",
        ("majority(1..3) == 2", "majority(1..4) == 3"),
    ),
    # maps
    Op.GET: OpInfo(
        _INDEXED,
        s.lookup,
        lambda m, k: m[k],
        "The value that a map has for a key.",
        ("[k: k * k for k in 0..3][2] == 4",),
    ),
    Op.PUT: OpInfo(
        _INTERNAL,
        s.update,
        lambda m, k, v: (*m[:k], v, *m[k + 1 :]),
        "The map with another value for a key: `m with [k: v]`.",
        ("([k: 0 for k in 0..2] with [1: 5])[1] == 5",),
    ),
    # sequences
    Op.LEN: OpInfo(
        (*_member("len"), *_function("count")),
        s.length(t.Seq),
        len,
        "How many elements a sequence has.",
        ("[5, 6].len == 2",),
    ),
    Op.FIRST: OpInfo(
        _member("first"),
        s.element,
        lambda s: _nth(s, 0),
        "The first element. Of an empty sequence: a range error.",
        ("[5, 6].first == 5",),
    ),
    Op.LAST: OpInfo(
        _member("last"),
        s.element,
        lambda s: _nth(s[-1:], 0),
        "The last element. Of an empty sequence: a range error.",
        ("[5, 6].last == 6",),
    ),
    Op.AT: OpInfo(
        _INDEXED,
        s.element,
        _nth,
        "The element at a position, counted from 0. Outside: a range error.",
        ("[5, 6][1] == 6",),
    ),
    Op.CONCAT: OpInfo(
        _infix("+"),
        s.concatenation,
        operator.add,
        "One sequence after the other.",
        ("[1] + [2, 3] == [1, 2, 3]", "[] + [1] == [1]"),
    ),
    Op.SLICE: OpInfo(
        _INTERNAL,
        s.sliced,
        _slice,
        "`s[i..j]`: the elements at positions i to j, both included. Outside: a range error.",
        ("[5, 6, 7][1..2] == [6, 7]", "[5, 6][1..0] == []"),
    ),
    Op.INSERT: OpInfo(
        _method("insert"),
        s.edited(1, with_element=True),
        _insert,
        "The sequence with an element put in at a position.",
        ("[5, 7].insert(1, 6) == [5, 6, 7]",),
    ),
    Op.REMOVE: OpInfo(
        _method("remove"),
        s.edited(0, with_element=False),
        _remove,
        "The sequence without the element at a position.",
        ("[5, 6, 7].remove(1) == [5, 7]",),
    ),
    Op.REPLACE: OpInfo(
        _INTERNAL,
        s.edited(0, with_element=True),
        _replace,
        "The sequence with another element at a position: `s[i] := x`.",
        (),
    ),
    Op.CONTAINS: OpInfo(
        _infix("in"),
        s.membership(t.Seq),
        lambda x, s: x in s,
        "Is it an element of the sequence?",
        ("6 in [5, 6]", "7 not in [5, 6]"),
    ),
    # bags
    Op.BAG_LEN: OpInfo(
        (*_member("len"), *_function("count")),
        s.length(t.Bag),
        len,
        "How many elements a bag has, each as often as it is in it.",
        (),
    ),
    Op.BAG_ADD: OpInfo(
        _method("add"),
        s.bag_changed(1),
        lambda b, x: (*b, x),
        "The bag with one more of an element.",
        (),
    ),
    Op.BAG_REMOVE: OpInfo(
        _method("remove"),
        s.bag_changed(0),
        _take,
        "The bag with one less of an element. If it has none: a range error.",
        (),
    ),
    Op.BAG_HAS: OpInfo(
        _infix("in"),
        s.membership(t.Bag),
        lambda x, b: x in b,
        "Is there at least one of it in the bag?",
        (),
    ),
    # names
    Op.INDEX: OpInfo(
        _member("index"),
        s.ordinal,
        lambda n: n,
        "The place of a node in its role, counted from 0.",
        (),
    ),
    Op.NODE_AT: OpInfo(
        _INDEXED,
        s.node_at,
        lambda _, i: i,
        "`R[i]`: the node of role R at a place counted from 0. Outside: a range error.",
        (),
    ),
}

#: How an operator is written, to the operators that are written so; the first that fits is meant.
WRITTEN: dict[Spelling, tuple[Op, ...]] = {}
for _op, _row in OPS.items():
    for _spelling in _row.spellings:
        WRITTEN[_spelling] = (*WRITTEN.get(_spelling, ()), _op)

#: The signs by how tightly they bind, the loosest first: the levels of the grammar.
LEVELS: tuple[tuple[str, ...], ...] = (
    ("iff",), ("implies",), ("or",), ("and",), ("not",), ("==", "!=", "<", "<=", ">", ">=", "in", "subset"),
    ("..",), ("+", "-", "union", "minus"), ("*", "div", "mod", "intersect"),
)  # fmt: skip
#: Signs that may be chained without parentheses: `a - b - c` is `(a - b) - c`.
CHAINED = frozenset({"iff", "or", "and", *LEVELS[-2], *LEVELS[-1]})
