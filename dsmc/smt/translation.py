"""Terms as terms of Z3, each made once.

They are made by Z3's own functions: those of its Python look at each part again.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Any, assert_never

import z3

from dsmc.smt import terms as t
from dsmc.smt.scalar import Scalar, is_truth, known

_CONTEXT = z3.main_ctx()
_MAIN = _CONTEXT.ref()


def term(scalar: Scalar) -> Any:
    """A scalar for Z3."""
    if known(scalar):
        return _constant(int(scalar), is_truth(scalar))
    if scalar.formula is None:
        for one in t.inside((scalar,), lambda part: part.formula is not None):
            one.formula = _made(one)
    return scalar.formula


@functools.cache
def _constant(value: int, truth: bool) -> Any:
    return z3.BoolVal(bool(value)) if truth else z3.IntVal(value)


def _made(one: t.Term) -> Any:
    match one:
        case t.Name(parts):
            return (z3.Bool if one.ends is None else z3.Int)(*parts)
        case t.Not(parts):
            return z3.BoolRef(z3.Z3_mk_not(_MAIN, *_asts(parts)), _CONTEXT)
        case t.And(parts):
            return z3.BoolRef(z3.Z3_mk_and(_MAIN, *_row(map(term, parts))), _CONTEXT)
        case t.Choice(parts):
            ref = z3.BoolRef if one.ends is None else z3.ArithRef
            return ref(z3.Z3_mk_ite(_MAIN, *_asts(parts)), _CONTEXT)
        case t.Equal(parts):
            return z3.BoolRef(z3.Z3_mk_eq(_MAIN, *_asts(parts)), _CONTEXT)
        case t.AtMost(parts):
            return z3.BoolRef(z3.Z3_mk_le(_MAIN, *_asts(parts)), _CONTEXT)
        case t.Sum(parts):
            return _sum(*parts)
        case t.Product(parts):
            return _product(map(term, parts))
        case t.Quotient(parts):
            return z3.ArithRef(z3.Z3_mk_div(_MAIN, *_asts(parts)), _CONTEXT)
        case t.Applied(parts):
            return _applied(*parts)
        case _:
            assert_never(one)


def _sum(constant: int, factors: Sequence[int], *others: Any) -> Any:
    pairs = zip(factors, map(term, others), strict=True)
    parts = [one if factor == 1 else _product((term(factor), one)) for factor, one in pairs]
    parts += [term(constant)] * (constant != 0)
    return z3.ArithRef(z3.Z3_mk_add(_MAIN, *_row(parts)), _CONTEXT)


def _product(numbers: Iterable[Any]) -> Any:
    return z3.ArithRef(z3.Z3_mk_mul(_MAIN, *_row(numbers)), _CONTEXT)


def _asts(parts: Sequence[Scalar]) -> list[Any]:
    return [term(part).ast for part in parts]


def _row(parts: Iterable[Any]) -> tuple[int, Any]:
    """An array of Z3, with how many there are."""
    asts = [part.ast for part in parts]
    return len(asts), (z3.Ast * len(asts))(*asts)


def _applied(function: t.Function, *args: Scalar) -> Any:
    types = (*function.of_truths, function.is_truth)
    sorts = (z3.BoolSort() if truth else z3.IntSort() for truth in types)
    return z3.Function(function.name, *sorts)(*map(term, args))


def check(solver: z3.Solver, assumed: Iterable[Any]) -> z3.CheckSatResult:
    """Does a solver find all it was told possible, and what is assumed as well?"""
    answer = z3.Z3_solver_check_assumptions(_MAIN, solver.solver, *_row(assumed))
    return z3.CheckSatResult(answer)
