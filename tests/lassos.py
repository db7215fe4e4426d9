"""A second way to decide what holds of whole runs: slow, plain, and nothing of `dsmc.liveness` in it.

The graph is the oracle's. Whether a fair run can stay somewhere is a fixpoint over sets of states
(Emerson and Lei), once for each choice of the strong obligations that are fulfilled for ever; on very
small graphs every set of states is tried. Formulas are evaluated on given lassos.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, combinations
from typing import Any

from oracle import Now, Oracle, TooLarge

from dsmc.ir import system as y
from dsmc.ir import temporal as f
from dsmc.ir.evaluate import World, evaluate
from dsmc.ir.ops import RangeError

State = tuple[Any, ...]
Owed = tuple[Any, ...]
#: From, to, and whose step it is.
Edge = tuple[int, int, Owed | None]


@dataclass
class Slow:
    """The states of a system by number, its steps, what is true where."""

    initial: list[int]
    states: list[State]
    edges: set[Edge]
    strong: set[Owed]
    oracle: Oracle
    possible: list[set[Owed]] = field(default_factory=list)

    def true(self, e: Any, state: int, *, undefined: bool) -> bool:
        """Is a condition true? What has no value is whatever breaks the property."""
        values = self.oracle.thaw(self.states[state])
        try:
            return bool(evaluate(e, World(self.oracle.functions, values)))
        except RangeError:
            return undefined

    def where(self, e: Any, *, undefined: bool) -> set[int]:
        return {s for s in range(len(self.states)) if self.true(e, s, undefined=undefined)}

    @property
    def obligations(self) -> set[Owed]:
        return {owed for _, _, owed in self.edges if owed is not None}

    @property
    def weak(self) -> set[Owed]:
        return self.obligations - self.strong


def slow(system: y.System, limit: int = 4_000, *, fair: bool = True) -> Slow:
    """Everything that is reachable, as the oracle sees it."""
    oracle = Oracle(system)
    states = list(oracle.initial())
    numbers = {state: n for n, state in enumerate(states)}
    found = Slow(list(range(len(states))), states, set(), set(), oracle)
    for number, state in enumerate(states):
        for action in system.actions:
            for owed, target in _steps(oracle, action, state):
                if target not in numbers:
                    numbers[target] = len(states)
                    states.append(target)
                if target != state:
                    whose = owed if fair else None
                    found.edges.add((number, numbers[target], whose))
                    if action.fairness is y.Fairness.STRONG and whose is not None:
                        found.strong.add(whose)
        if len(states) > limit:
            raise TooLarge
    found.possible = [set() for _ in states]
    for source, _, whose in found.edges:
        if whose is not None:
            found.possible[source].add(whose)
    return found


def _steps(oracle: Oracle, action: y.Action, state: State) -> Iterator[tuple[Owed | None, State]]:
    fair = action.fairness is not y.Fairness.NONE
    with suppress(RangeError):  # what such a step would do is not known, here as there
        for instance in oracle.instances(action, Now(oracle.thaw(state), {})):
            owed = (action.owed or action.name, *(instance.names[k] for k in action.key))
            for end in oracle.run(action.body, instance):
                yield owed if fair else None, oracle.freeze(end.state)


# ---------------------------------------------------------------- where a fair run can stay


def fair_states(slow: Slow, allowed: set[int], mark: set[int] | None = None) -> set[int]:
    """The states from which a fair run stays in allowed states (and comes to marked ones for ever)."""
    found: set[int] = set()
    for kept in _subsets(slow.strong):
        rest = {s for s in allowed if slow.possible[s] & slow.strong <= set(kept)}
        found |= _reaching(slow, allowed, _staying(slow, rest, set(kept), mark))
    return found


def _subsets(items: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    known = sorted(items, key=repr)
    return chain.from_iterable(combinations(known, n) for n in range(len(known) + 1))


def _staying(slow: Slow, allowed: set[int], taken: set[Owed], mark: set[int] | None) -> set[int]:
    """The greatest set in which each of the conditions can be met again and again."""
    met: list[Callable[[Edge], bool]] = [
        lambda edge, w=w: edge[2] == w or w not in slow.possible[edge[0]] for w in slow.weak
    ]
    met += [lambda edge, t=t: edge[2] == t for t in taken]
    met += [lambda edge: edge[0] in mark] if mark is not None else []
    met += [lambda edge: True]
    edges = slow.edges | {(s, s, None) for s in allowed}
    while True:
        before = set(allowed)
        for condition in met:
            inner = [e for e in edges if e[0] in allowed and e[1] in allowed]
            good = {e[0] for e in inner if condition(e)}
            allowed = _backwards(good, inner)
        if allowed == before:
            return allowed


def _backwards(goal: set[int], edges: list[Edge]) -> set[int]:
    found = set(goal)
    while True:
        more = {e[0] for e in edges if e[1] in found} - found
        if not more:
            return found
        found |= more


def _reaching(slow: Slow, allowed: set[int], goal: set[int]) -> set[int]:
    return _backwards(goal, [e for e in slow.edges if e[0] in allowed and e[1] in allowed])


def fair_sets_by_hand(slow: Slow, allowed: set[int]) -> Iterator[set[int]]:
    """Every set of states that a fair run can visit for ever: all subsets are tried."""
    for subset in _subsets(allowed):
        nodes = set(subset)
        inner = [e for e in slow.edges if e[0] in nodes and e[1] in nodes]
        if not nodes or not _connected(nodes, inner):
            continue
        taken = {e[2] for e in inner}
        met = all(any(w not in slow.possible[s] for s in nodes) for w in slow.weak - taken)
        if met and not any(slow.possible[s] & (slow.strong - taken) for s in nodes):
            yield nodes


def _connected(nodes: set[int], inner: list[Edge]) -> bool:
    first = min(nodes)
    turned = [(b, a, whose) for a, b, whose in inner]
    return _backwards({first}, inner) == nodes and _backwards({first}, turned) == nodes


# ---------------------------------------------------------------- properties


def violated(slow: Slow, prop: y.Temporal, *, by_hand: bool = False) -> bool:
    """Does a fair run break a property of one of the common shapes?"""

    def stays(allowed: set[int], mark: set[int] | None = None) -> set[int]:
        if not by_hand:
            return fair_states(slow, allowed, mark)
        sets = [s for s in fair_sets_by_hand(slow, allowed) if mark is None or s & mark]
        return _reaching(slow, allowed, set().union(*sets))

    everything = set(range(len(slow.states)))
    match prop.formula:
        case f.Eventually(f.Now(q)):
            return bool(stays(everything - _surely(slow, q)) & set(slow.initial))
        case f.Always(f.Eventually(f.Now(q))):
            return bool(stays(everything - _surely(slow, q)))
        case f.Eventually(f.Always(f.Now(q))):
            return bool(stays(everything, everything - _surely(slow, q)))
        case f.Always(f.Either(f.Not(f.Now(p)), f.Eventually(f.Now(q)))):
            return bool(stays(everything - _surely(slow, q)) & slow.where(p, undefined=True))
        case _:
            raise AssertionError(prop.formula)


def _surely(slow: Slow, e: Any) -> set[int]:
    return slow.where(e, undefined=False)


# ---------------------------------------------------------------- given lassos


@dataclass
class Word:
    """States, and the place where the last goes on; whose step leads to each but the first."""

    states: list[int]
    back: int
    owed: list[Owed | None]

    @property
    def round(self) -> list[int]:
        return self.states[self.back :]


def is_run(slow: Slow, word: Word) -> bool:
    """Does it begin where runs begin, and take steps that there are?"""
    steps = zip(word.states, [*word.states[1:], word.states[word.back]], word.owed, strict=True)
    known = all(step in slow.edges for step in steps if step[0] != step[1])
    return word.states[0] in slow.initial and known


def is_fair(slow: Slow, word: Word) -> bool:
    """Is everything fulfilled that is owed on the way round?"""
    taken = set(word.owed[word.back :])
    possible = [slow.possible[s] for s in word.round]
    missed = set().union(*possible) - taken
    return not any(w in slow.strong or all(w in here for here in possible) for w in missed)


def holds(slow: Slow, word: Word, formula: f.Formula) -> bool:
    """Does a formula hold at the beginning of the word?"""
    return _places(slow, word, formula)[0]


def _places(slow: Slow, word: Word, formula: f.Formula, *, negated: bool = False) -> list[bool]:
    """Where it holds; under a negation what has no value is true, for it breaks the property so."""
    size = len(word.states)
    after = [*range(1, size), word.back]

    def inside(of: f.Formula) -> list[bool]:
        return _places(slow, word, of, negated=negated)

    match formula:
        case f.Now(e):
            return [slow.true(e, s, undefined=negated) for s in word.states]
        case f.Not(of):
            return [not value for value in _places(slow, word, of, negated=not negated)]
        case f.Both(a, b):
            return [x and y for x, y in zip(inside(a), inside(b), strict=True)]
        case f.Either(a, b):
            return [x or y for x, y in zip(inside(a), inside(b), strict=True)]
        case f.Next(of):
            inner = inside(of)
            return [inner[after[n]] for n in range(size)]
        case f.Eventually(of):
            return _until([True] * size, inside(of), after)
        case f.Always(of):
            never = _until([True] * size, [not v for v in inside(of)], after)
            return [not value for value in never]
        case f.Until(a, b):
            return _until(inside(a), inside(b), after)


def _until(left: list[bool], right: list[bool], after: list[int]) -> list[bool]:
    found = list(right)
    for _ in right:
        found = [right[n] or (left[n] and found[after[n]]) for n in range(len(right))]
    return found


def words(slow: Slow, longest: int) -> Iterator[Word]:
    """All lassos of up to so many states; a run that ends stays in its last state."""

    def grown(states: list[int], owed: list[Owed | None]) -> Iterator[Word]:
        for back in range(len(states)):
            closing = [e[2] for e in slow.edges if e[:2] == (states[-1], states[back])]
            yield from (Word(states, back, [*owed, whose]) for whose in closing)
        yield Word(states, len(states) - 1, [*owed, None])
        if len(states) < longest:
            for source, target, whose in slow.edges:
                if source == states[-1]:
                    yield from grown([*states, target], [*owed, whose])

    for first in slow.initial:
        yield from grown([first], [])
