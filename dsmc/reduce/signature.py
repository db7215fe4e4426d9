"""What tells a name apart in a state: a list of observations that renaming does not change.

A signature is data: for each variable that may contain names of a type, a *view*, which says what a
value looks like to somebody who is one of these names and sees of every other name only that it is
another. What a name sees in a state, another sees in the state in which the two are exchanged. So
names can be put in order by what they see, and only those that see the same are told apart by trying.

A back end may compare what is seen, or hashes of it: `Many` and `Rows` are hashed by sums, the
others in order. Whatever the hash, the canonical form is exact; a poor one leaves more ties.
"""

from __future__ import annotations

from typing import TypeAlias, assert_never

from dsmc.frozen import Frozen
from dsmc.ir import types as t
from dsmc.ir.evaluate import sort_key
from dsmc.ir.types import Type, Value
from dsmc.reduce.permute import Named, names_in


class Whole(Frozen):
    """The value as it is: it contains no name that is renamed."""

    type: Type


class Mine(Frozen):
    """1 for the name that looks, 0 for the others of its type, or of one that is hidden."""

    type: Named


class Nodes(Frozen):
    """A node: itself if it is of a role that is not renamed, else its role and whether it is the
    one that looks (`of`).
    """

    type: t.NodeId
    of: Named
    renamed: frozenset[Named]


class Fields(Frozen):
    """A variant: the number of its case, and the views of its fields, by case."""

    type: t.Variant
    cases: tuple[tuple[View, ...], ...]


class Row(Frozen):
    """A sequence, or a map whose keys are not renamed: the views of the parts in order."""

    type: t.Seq | t.Map
    of: View


class Many(Frozen):
    """A set or bag: the views of its elements in no order."""

    type: t.Set | t.Bag
    of: View


class Own(Frozen):
    """A map from the names: what stands at the one that looks; and, if these may speak of it, what
    stands at the others, in no order.
    """

    type: t.Map
    of: View
    others: bool


class Entries(Frozen):
    """A map from other things with names: the views of keys and values, in no order."""

    type: t.Map
    key: View
    of: View


View: TypeAlias = "Whole | Mine | Nodes | Fields | Row | Many | Own | Entries"


class Signature(Frozen):
    """What the names of a type see: a view for each variable that may contain some of them."""

    type: Named
    views: tuple[tuple[str, View], ...]


def signature(
    variables: tuple[tuple[str, Type], ...], of: Named, renamed: frozenset[Named]
) -> Signature:
    """The signature of the names of one of the types that are renamed."""
    seen = ((name, type) for name, type in variables if of in names_in(type))
    return Signature(of, tuple((name, view(type, of, renamed)) for name, type in seen))


def view(type: Type, of: Named, renamed: frozenset[Named]) -> View:
    """How a name of type `of` sees the values of a type."""

    def inner(part: Type) -> View:
        return view(part, of, renamed)

    if not names_in(type) & renamed:
        return Whole(type)
    match type:
        case t.Role() | t.Symbols():
            return Mine(type)
        case t.NodeId():
            return Nodes(type, of, renamed)
        case t.Option() | t.Tuple() | t.Record() | t.Message():
            kinds = (t.field_types(type, case) for case in range(len(t.cases(type))))
            return Fields(type, tuple(tuple(map(inner, fields)) for fields in kinds))
        case t.Map(key, value) if key == of:
            return Own(type, inner(value), of in names_in(value))
        case t.Map(key, value) if names_in(key) & renamed:
            return Entries(type, inner(key), inner(value))
        case t.Map(_, part) | t.Seq(part):
            return Row(type, inner(part))
        case t.Set(part) | t.Bag(part):
            return Many(type, inner(part))
        case _:
            raise AssertionError(type)


# ---------------------------------------------------------------- looking


def seen(view: View, value: Value, of: Named, name: int) -> Value:
    """What a name sees of a value: something that can be compared."""

    def inner(part: View, value: Value) -> Value:
        return seen(part, value, of, name)

    match view:
        case Whole(type):
            return sort_key(type, value)
        case Mine(type):
            return int(type == of and value == name)
        case Nodes(type):
            return _node(view, value, name)
        case Fields(_, cases):
            fields = zip(cases[value[0]], value[1:], strict=True)
            return (value[0], *(inner(part, field) for part, field in fields))
        case Row(_, part):
            return (len(value), *(inner(part, v) for v in value))
        case Many(_, part):
            return _in_no_order([inner(part, v) for v in value])
        case Own(_, part, others):
            rest = (v for i, v in enumerate(value) if i != name) if others else ()
            return inner(part, value[name]), _in_no_order([inner(part, v) for v in rest])
        case Entries(type, key, part):
            pairs = zip(t.values(type.key), value, strict=True)
            return _in_no_order([(inner(key, k), inner(part, v)) for k, v in pairs])
        case _:
            assert_never(view)


def _in_no_order(parts: list[Value]) -> Value:
    return (len(parts), *sorted(parts))


def _node(view: Nodes, value: int, name: int) -> Value:
    """Nodes that are not renamed are themselves; others begin a series of their own per role."""
    role, ordinal = t.node_role(view.type, value)
    if role not in view.renamed:
        return value, 0
    return role.first, int(role == view.of and ordinal == name)


# ---------------------------------------------------------------- how much is seen


def tells_all(type: Type, renamed: frozenset[Named]) -> bool:
    """Is a value made of facts about single names? Then names that see the same are alike: to
    exchange them changes nothing.
    """
    return _facts(type, renamed) <= 1


def _facts(type: Type, renamed: frozenset[Named]) -> int:
    """How many names a fact about the value is about at the most."""
    match type:
        case _ if not names_in(type) & renamed:
            return 0
        case t.Map(key, of):
            return _together(key, renamed) + _facts(of, renamed)
        case t.Set(of) | t.Bag(of):
            return _together(of, renamed)
        case _:
            return max((_facts(part, renamed) for part in t.parts(type)), default=1)


def _together(type: Type, renamed: frozenset[Named]) -> int:
    """How many names a value has at the most; any number above 1 is 2."""
    match type:
        case _ if not names_in(type) & renamed:
            return 0
        case t.Option() | t.Tuple() | t.Record() | t.Message():
            kinds = (t.field_types(type, case) for case in range(len(t.cases(type))))
            return max(sum(_together(of, renamed) for of in fields) for fields in kinds)
        case _:
            return max((2 for _ in t.parts(type)), default=1)
