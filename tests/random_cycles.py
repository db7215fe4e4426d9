"""Random systems that go round for ever, with violations that stay: what a partial order may put off."""

from __future__ import annotations

from hypothesis import strategies as st

Texts = st.SearchStrategy[str]

#: Each variable is among so many values.
_VALUES = 3
#: Variables that go round; and those of each of some names that are interchangeable.
_ALONE = ("a", "b", "c", "d")
_NAMED = ("a[s]", "b[s]")
#: Of whom a step may speak: of itself, or of another one as well.
_ONE, _TWO = "(s in S)", "(s in S, t in S where s != t)"

_PROPERTIES = (
    "invariant never_bad { not bad }",
    "invariant few { count(seen) < 2 }",
    "invariant low { count < 2 }",
    "invariant both { not (bad and count(seen) > 0) }",
    "reachable all_seen { count(seen) == 3 }",
    "quiescent rests { bad }",
)


def specs() -> Texts:
    """Variables that have little to do with one another."""
    steps = st.tuples(*(_steps(name, _ALONE, "") for name in _ALONE)).map(_flat)
    state = [f"var {name}: 0..2 = 0" for name in _ALONE] + ["var seen: set<0..2> = {}"]
    return _all(state, steps, _latches(_ALONE, _value().map(str), ""))


def named() -> Texts:
    """Three names, each with variables of its own."""
    others = tuple(name.replace("s", "t") for name in _NAMED)
    near = [_steps(name, (name,), _ONE) for name in _NAMED]
    far = st.one_of(st.just([]), _steps("a[s]", others, _TWO))
    steps = st.tuples(*near, far).map(_flat)
    state = ["symbols S[3]", *(f"var {n[0]}: map<S, 0..2> = [s: 0 for s in S]" for n in _NAMED)]
    return _all(
        [*state, "var seen: set<S> = {}"], steps, _latches((*_NAMED, *others), st.just("s"), _TWO)
    )


def _all(
    state: list[str], steps: st.SearchStrategy[list[str]], latches: st.SearchStrategy[list[str]]
) -> Texts:
    asked = st.lists(st.sampled_from(_PROPERTIES), min_size=1, max_size=3, unique=True)
    return st.builds(lambda *parts: _text(state, *parts), steps, latches, asked)


def _text(state: list[str], steps: list[str], latches: list[str], asked: list[str]) -> str:
    state = [*state, "var bad: bool = false", "var count: 0..2 = 0"]
    actions = [f"action step_{n}{one}" for n, one in enumerate([*steps, *latches])]
    return "\n".join(["spec cycles", *state, *actions, *asked, ""])


def _flat(parts: tuple[list[str], ...]) -> list[str]:
    return [one for part in parts for one in part]


# ---------------------------------------------------------------- steps


def _value() -> st.SearchStrategy[int]:
    return st.integers(0, _VALUES - 1)


def _condition(names: tuple[str, ...]) -> Texts:
    one = st.builds(
        lambda name, op, value: f"{name} {op} {value}",
        st.sampled_from(names), st.sampled_from(("==", "!=", "<=")), _value(),
    )  # fmt: skip
    return st.lists(one, max_size=3).map(lambda parts: " and ".join(parts) or "true")


def _steps(name: str, all_: tuple[str, ...], of: str) -> st.SearchStrategy[list[str]]:
    """Some steps of one variable: mostly its own business, now and then another's."""
    change = st.one_of(
        _value().map(lambda value: f"{name} := {value}"),
        st.just(f"{name} := ({name} + 1) mod {_VALUES}"),
        st.just(f"either {{ {name} := 0 }} or {{ {name} := 1 }}"),
        st.sampled_from(all_).map(lambda other: f"{name} := {other}"),
    )
    near = st.one_of(_condition((name,)), _condition((name,)), _condition(all_))
    step = st.builds(lambda when, then: f"{of} when {when} {{ {then} }}", near, change)
    return st.lists(step, min_size=1, max_size=2)


def _latches(names: tuple[str, ...], seen: Texts, of: str) -> st.SearchStrategy[list[str]]:
    """Steps of which something stays; and perhaps one that takes it back."""
    change = st.one_of(
        seen.map(lambda value: f"seen += {value}"),
        st.just("bad := true"),
        st.just("if count < 2 { count += 1 }"),
        st.just("count := 0"),
    )
    step = st.builds(lambda when, then: f"{of} when {when} {{ {then} }}", _condition(names), change)
    return st.lists(step, min_size=1, max_size=4)
