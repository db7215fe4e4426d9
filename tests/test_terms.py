"""Terms: what the constructors make has the value of what was asked for, and so has its formula."""

from __future__ import annotations

import gc
import itertools
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import z3
from hypothesis import given
from hypothesis import strategies as st

from dsmc.smt import scalar as sc
from dsmc.smt import terms as t
from dsmc.smt.replacing import Mentions, Replaced
from dsmc.smt.scalar import Scalar
from dsmc.smt.translation import term

Assignment = dict[str, Any]
#: An expression: what is made of it, and its value where names have values (None: there is none).
Plain = Callable[[Assignment], Any]
Pair = tuple[Scalar, Plain]

RANGES = {"x": (0, 2), "y": (-1, 2), "z": (3, 4)}
FLAGS = ("a", "b")
NAMES = {n: sc.number(n, ends) for n, ends in RANGES.items()} | {n: sc.flag(n) for n in FLAGS}


def assignments() -> Iterator[Assignment]:
    values = [range(low, high + 1) for low, high in RANGES.values()] + [(False, True)] * len(FLAGS)
    for row in itertools.product(*values):
        yield dict(zip((*RANGES, *FLAGS), row, strict=True))


def _pair(make: Callable[..., Scalar], plain: Callable[..., Any]) -> Callable[..., Pair]:
    """An operation on pairs, from one on terms and one on plain values."""

    def on(*pairs: Pair) -> Pair:
        made = make(*(pair[0] for pair in pairs))
        return made, lambda values: plain(*(pair[1](values) for pair in pairs))

    return on


def _constant(value: Any) -> Pair:
    return value, lambda _: value


def _name(name: str) -> Pair:
    return NAMES[name], lambda values: values[name]


def _floor(a: int, b: int) -> int:
    return a // b if b else 0


both = _pair(lambda *parts: sc.both(parts), lambda *parts: all(parts))
either = _pair(lambda *parts: sc.either(parts), lambda *parts: any(parts))
negated = _pair(sc.negated, lambda a: not a)
chosen = _pair(sc.chosen, lambda c, a, b: a if c else b)
same = _pair(sc.same, lambda a, b: a == b)
less = _pair(sc.less, lambda a, b: a < b)
at_most = _pair(sc.at_most, lambda a, b: a <= b)
total = _pair(lambda *parts: sc.total(parts), lambda *parts: sum(parts))
times = _pair(sc.times, lambda a, b: a * b)
counted = _pair(sc.counted, int)
divided = _pair(sc.divided, _floor)
remainder = _pair(sc.remainder, lambda a, b: a % b)


def _truths(depth: int) -> st.SearchStrategy[Pair]:
    if depth == 0:
        return st.booleans().map(_constant) | st.sampled_from(FLAGS).map(_name)
    truth, number = _truths(depth - 1), _numbers(depth - 1)
    return st.one_of(
        truth,
        st.lists(truth, max_size=4).map(lambda parts: both(*parts)),
        st.lists(truth, max_size=4).map(lambda parts: either(*parts)),
        truth.map(negated),
        st.builds(chosen, truth, truth, truth),
        st.builds(same, truth, truth),
        st.builds(same, number, number),
        st.builds(less, number, number),
        st.builds(at_most, number, number),
    )


def _numbers(depth: int) -> st.SearchStrategy[Pair]:
    if depth == 0:
        return st.integers(-2, 5).map(_constant) | st.sampled_from(tuple(RANGES)).map(_name)
    truth, number = _truths(depth - 1), _numbers(depth - 1)
    divisor = st.sampled_from((_constant(2), _constant(-3), _name("z")))
    return st.one_of(
        number,
        st.lists(number, max_size=4).map(lambda parts: total(*parts)),
        st.builds(times, number, number),
        st.builds(chosen, truth, number, number),
        truth.map(counted),
        st.builds(divided, number, divisor),
        st.builds(remainder, number, divisor),
    )


def evaluated(scalar: Scalar, values: Assignment) -> Any:
    """The value of a term, kind by kind."""

    def of(part: Any) -> Any:
        return evaluated(part, values)

    match scalar:
        case t.Name((label,)):
            return values[label]
        case t.Not((part,)):
            return not of(part)
        case t.And(parts):
            return all(map(of, parts))
        case t.Choice((condition, yes, no)):
            return of(yes) if of(condition) else of(no)
        case t.Equal((whole, value)):
            return of(whole) == value
        case t.AtMost((whole, most)):
            return of(whole) <= most
        case t.Sum((constant, factors, *others)):
            return constant + sum(f * of(one) for f, one in zip(factors, others, strict=True))
        case t.Product((a, b)):
            return of(a) * of(b)
        case t.Quotient((a, b)):
            return of(a) // of(b)
        case _:
            return scalar


def agrees_with_formula(scalar: Scalar, values: Assignment) -> bool:
    """Has the formula the same value?"""
    names = [(term(name), term(values[label])) for label, name in NAMES.items()]
    found = z3.simplify(z3.substitute(term(scalar), *names))
    return bool(found.eq(term(evaluated(scalar, values))))


@given(_truths(3) | _numbers(3))
def test_a_term_has_the_value_of_what_was_asked_for(pair: Pair) -> None:
    made, plain = pair
    for values in assignments():
        assert evaluated(made, values) == plain(values)


@given(_truths(3) | _numbers(3))
def test_a_number_is_between_its_ends(pair: Pair) -> None:
    made, plain = pair
    if not sc.is_truth(made):
        low, high = (made, made) if sc.known(made) else made.ends
        assert all(low <= plain(values) <= high for values in assignments())


@given(_truths(3) | _numbers(3), st.randoms(use_true_random=False))
def test_a_formula_has_the_value_of_its_term(pair: Pair, random: Any) -> None:
    for values in random.sample(list(assignments()), 3):
        assert agrees_with_formula(pair[0], values)


@given(_truths(3) | _numbers(3), _numbers(2), _numbers(2), _truths(2))
def test_names_are_replaced_all_at_once(pair: Pair, x: Pair, y: Pair, a: Pair) -> None:
    made, plain = pair
    new = {"x": x, "y": y, "a": a}
    replaced = Replaced(Mentions(), {NAMES[n]: one for n, (one, _) in new.items()}).of(made)
    for values in assignments():
        then = values | {n: of(values) for n, (_, of) in new.items()}
        if all(low <= then[n] <= high for n, (low, high) in RANGES.items()):
            assert evaluated(replaced, values) == plain(then)


@given(_truths(3) | _numbers(3))
def test_what_is_replaced_by_itself_is_the_same_term(pair: Pair) -> None:
    made = pair[0]
    again = Replaced(Mentions(), {name: name for name in NAMES.values()}).of(made)
    assert sc.same_term(again, made)


def test_equal_terms_are_one() -> None:
    x, y = NAMES["x"], NAMES["y"]
    assert sc.total((x, y, 1)) is sc.total((1, y, x))
    assert sc.less(x, y) is sc.negated(sc.at_most(y, x))
    assert sc.number("x", (0, 2)) is x
    assert sc.number("x", (0, 3)) is not x


def test_what_cannot_be_is_false() -> None:
    x, y, a = NAMES["x"], NAMES["y"], NAMES["a"]
    assert sc.same(x, 9) is False
    assert sc.less(x, 0) is False
    assert sc.both((sc.same(x, 1), a, sc.same(x, 2))) is False
    assert sc.both((a, sc.negated(a))) is False
    assert sc.same(sc.chosen(a, 1, 2), 1) is a
    assert sc.same(sc.total((x, y, sc.times(-1, x))), y) is True


def test_the_ends_of_a_name_can_be_asserted() -> None:
    solver = z3.Solver()
    solver.add(term(sc.inside(NAMES["y"])))
    assert solver.check(term(NAMES["y"]) < -1) == z3.unsat
    assert solver.check(term(NAMES["y"]) > 2) == z3.unsat
    assert solver.check(term(NAMES["y"]) == 2) == z3.sat


def test_terms_may_be_deep() -> None:
    value: Scalar = 0
    for n in range(5_000):
        value = sc.chosen(sc.flag(f"deep{n}"), sc.total((value, 1)), value)
    z3.Solver().add(term(sc.less(0, value)))
    names = {sc.flag(f"deep{n}"): False for n in range(5_000)}
    assert Replaced(Mentions(), names).of(value) == 0


def test_terms_that_nobody_needs_are_not_kept() -> None:
    def asked() -> list[weakref.ref[t.Node]]:
        flags = [sc.flag(f"gone{n}") for n in range(5)]
        value = sc.total([sc.chosen(one, 1, sc.number("gone", (0, 9))) for one in flags])
        terms = [*flags, value, sc.at_most(value, 7), sc.same(value, 3)]
        return [weakref.ref(one) for one in terms]

    kept = asked()
    gc.collect()
    assert not any(one() for one in kept)
