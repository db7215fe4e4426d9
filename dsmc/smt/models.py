"""What a model says of terms: Z3 is asked for the values of names, the rest is computed from them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, TypeAlias, assert_never

import z3

from dsmc.smt import terms as t
from dsmc.smt.scalar import Scalar, known
from dsmc.smt.translation import term

#: What is true where something is.
Model: TypeAlias = z3.ModelRef


def reading(model: Model) -> Callable[[Scalar], Any]:
    """What a model says of scalars; what it leaves open is completed."""
    values: dict[Any, Any] = {}

    def read(scalar: Scalar) -> Any:
        if known(scalar):
            return scalar
        for one in t.inside((scalar,), values.__contains__):
            values[one] = _value(model, one, [values.get(part, part) for part in one.parts])
        return values[scalar]

    return read


def _value(model: Model, one: t.Term, parts: list[Any]) -> Any:
    """The value of a term, from those of its parts."""
    match one:
        case t.Name() | t.Applied():
            return _asked(model, one)
        case t.Not():
            return not parts[0]
        case t.And():
            return all(parts)
        case t.Choice():
            return parts[1] if parts[0] else parts[2]
        case t.Equal():
            return parts[0] == parts[1]
        case t.AtMost():
            return parts[0] <= parts[1]
        case t.Sum():
            constant, factors, *others = parts
            return constant + sum(map(operator.mul, factors, others))
        case t.Product():
            return parts[0] * parts[1]
        case t.Quotient():
            return parts[0] // parts[1] if parts[1] > 0 else 0
        case _:
            assert_never(one)


def _asked(model: Model, one: t.Term) -> bool | int:
    found: Any = model.eval(term(one), model_completion=True)
    return z3.is_true(found) if one.ends is None else int(found.as_long())
