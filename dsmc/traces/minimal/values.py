"""Smaller values: a value is replaced by a smaller one wherever it was chosen, or the two change places."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import takewhile
from typing import TypeAlias

from dsmc.frozen import replace
from dsmc.ir import types as t
from dsmc.ir.evaluate import make
from dsmc.ir.types import Type, Value
from dsmc.traces.minimal.acts import Act
from dsmc.traces.minimal.attempts import Attempts, Candidate

#: What values of a type become.
_Change: TypeAlias = Callable[[Type, Value], Value]
#: So many smaller numbers are tried one by one.
_MANY = 100
_SIMPLE = (t.Int, t.Enum, t.Symbols, t.Role, t.Bool)


def smaller_values(attempts: Attempts, best: Candidate) -> Candidate:
    """The run with the smallest values that show the same."""
    found: Candidate | None = best
    while found is not None:
        best = found
        tried = (attempts.smaller(acts) for acts in _changed(best.acts))
        found = next((smaller for smaller in tried if smaller is not None), None)
    return best


def _changed(acts: tuple[Act, ...]) -> Iterator[list[Act]]:
    for of, large in sorted(_chosen(acts), key=lambda pair: (str(pair[0]), pair[1])):
        for small in _below(of, large):
            for change in (_replaced(of, large, small), _exchanged(of, large, small)):
                yield [_with(act, change) for act in acts]


def _below(of: Type, large: Value) -> Iterator[Value]:
    """Smaller values: all of them, or of very many those that are 0, 1, 3, 7, … above the smallest."""
    if isinstance(of, t.Int) and large - of.low > _MANY:
        yield from (of.low + 2**n - 1 for n in range((large - of.low).bit_length()))
    else:
        yield from takewhile(lambda small: small != large, t.values(of))


def _with(act: Act, change: _Change) -> Act:
    labels = tuple((name, _inside(of, value, change), of) for name, value, of in act.labels)
    return replace(act, labels=labels)


def _replaced(which: Type, large: Value, small: Value) -> _Change:
    return lambda of, value: small if (of, value) == (which, large) else value


def _exchanged(which: Type, large: Value, small: Value) -> _Change:
    other = {large: small, small: large}
    return lambda of, value: other.get(value, value) if of == which else value


def _chosen(acts: tuple[Act, ...]) -> set[tuple[Type, Value]]:
    """The simple values that stand in labels."""
    found: set[tuple[Type, Value]] = set()

    def note(of: Type, value: Value) -> Value:
        found.add((of, value))
        return value

    for act in acts:
        _with(act, note)
    return found


def _inside(of: Type, value: Value, change: _Change) -> Value:
    """A value with its simple parts changed; keys of maps stay."""
    match of:
        case t.NodeId():
            role, ordinal = t.node_role(of, value)
            return role.first + change(role, ordinal)
        case t.Option() | t.Tuple() | t.Record() | t.Message():
            kinds = zip(t.field_types(of, value[0]), value[1:], strict=True)
            return (value[0], *(_inside(kind, part, change) for kind, part in kinds))
        case t.Map(_, part):
            return tuple(_inside(part, v, change) for v in value)
        case t.Set(part) | t.Seq(part) | t.Bag(part):
            return make(of, [_inside(part, v, change) for v in value])
        case _:
            return change(of, value) if isinstance(of, _SIMPLE) else value
