"""Random runs, for spaces that are too large to be searched: they find violations, and prove nothing.

The same plan gives the same runs, every time.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol, TypeAlias

from dsmc.engine.growing import EnoughError, Growing
from dsmc.engine.lookout import Lookout
from dsmc.engine.machine import Machine, State
from dsmc.engine.memory import most_bytes, resident_bytes
from dsmc.engine.outcome import Engine, Run
from dsmc.engine.search import (
    INTERRUPTED,
    OUT_OF_MEMORY,
    Progress,
    Watcher,
    memory_limit,
    time_limit,
)
from dsmc.engine.splitmix import SplitMix
from dsmc.frozen import Frozen

#: How often the PCT scheduler changes its mind in a run.
CHANGES = 3


class Choice(NamedTuple):
    """A step that can be taken: the number of its action, who acts, and where it leads."""

    action: int
    actor: int
    target: State


class Walkable(Machine, Protocol):
    """A machine that says of each step whose it is."""

    def choices(self, state: Any, found: list[Any] | None = None) -> Sequence[Choice]:
        """The steps from a state that have a result, in order of the actions. Something of each is
        collected in `found`.
        """


class Plan(Frozen):
    """How many runs, of how many steps at most, by which scheduler; when to stop early."""

    runs: int = 1000
    depth: int = 100
    seed: int = 0
    scheduler: str = "uniform"
    seconds: float | None = None


class Bounds:
    """The time that a plan has, from now on, and the memory that there is."""

    def __init__(self, plan: Plan) -> None:
        self._limit = plan.seconds
        self._began = time.perf_counter()
        self._memory = most_bytes()

    @property
    def seconds(self) -> float:
        """Those that have passed."""
        return time.perf_counter() - self._began

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return float("inf") if self._limit is None else self._limit - self.seconds

    def met(self) -> str:
        """The bound that was met, or nothing."""
        if self.left <= 0:
            return time_limit(self._limit or 0)
        return memory_limit(self._memory) if resident_bytes() >= self._memory else ""


class Simulated(Frozen):
    """What the runs showed: the shortest run found for each property that was decided.

    `states` counts the distinct states that runs were in, `longest` the steps of one; `taken` and
    `enabled` say of each action how many steps were by it, and in how many states it was possible.
    """

    decided: dict[int, Run]
    runs: int
    steps: int
    states: int
    initial: int
    longest: int
    taken: Counter[int]
    enabled: Counter[int]
    stopped: str = ""
    seconds: float = 0.0
    engine: Engine = Engine()


def simulate(
    machine: Walkable, wanted: frozenset[int], plan: Plan, watch: Watcher | None = None
) -> Simulated:
    """Take the runs; those so far when Ctrl-C is pressed."""
    runs = _Runs(machine, wanted, plan, watch)
    try:
        runs.all()
    except KeyboardInterrupt:
        runs.stopped = INTERRUPTED
    except EnoughError:
        pass  # a bound was met within a step
    except MemoryError:
        runs.stopped = OUT_OF_MEMORY
    return runs.result()


# ---------------------------------------------------------------- schedulers

#: Chooses one of the steps; the number says how many were taken in this run.
Scheduler: TypeAlias = Callable[[Sequence[Choice], int], Choice]


def uniform(random: SplitMix, length: int) -> Scheduler:
    """Each action that is possible is as likely as each other, then each of its choices: an action
    with many parameters does not drown those with few.
    """

    def choose(choices: Sequence[Choice], step: int) -> Choice:
        action = random.choice(list(dict.fromkeys(choice.action for choice in choices)))
        return random.choice([choice for choice in choices if choice.action == action])

    return choose


def pct(random: SplitMix, length: int) -> Scheduler:
    """Who acts has a priority, and the highest acts; at a few random steps of the `length` that runs
    have it becomes the lowest.

    Burckhardt, Kothari, Musuvathi, Nagarakatte: A Randomized Scheduler with Probabilistic Guarantees
    of Finding Bugs, ASPLOS 2010.
    """
    changes = {random.below(length) for _ in range(CHANGES)}
    priorities: dict[int, int] = {}
    among = uniform(random, length)

    def choose(choices: Sequence[Choice], step: int) -> Choice:
        actors = list(dict.fromkeys(choice.actor for choice in choices))
        for actor in actors:
            if actor not in priorities:
                priorities[actor] = random.number() >> 1
        first = max(actors, key=priorities.__getitem__)
        if step in changes:
            priorities[first] = -1 - step
            first = max(actors, key=priorities.__getitem__)
        return among([choice for choice in choices if choice.actor == first], step)

    return choose


SCHEDULERS: dict[str, Callable[[SplitMix, int], Scheduler]] = {"uniform": uniform, "pct": pct}


# ---------------------------------------------------------------- runs


class _Path:
    """A run without its detours: where it comes back to a state, what was between is cut out."""

    def __init__(self, first: State) -> None:
        self.states = [first]
        self._places = {first: 0}

    def go(self, state: State) -> None:
        place = self._places.get(state)
        if place is None:
            self._places[state] = len(self.states)
            self.states.append(state)
            return
        for left in self.states[place + 1 :]:
            del self._places[left]
        del self.states[place + 1 :]


class _Runs:
    def __init__(
        self, machine: Walkable, wanted: frozenset[int], plan: Plan, watch: Watcher | None
    ) -> None:
        self._machine = machine
        self._lookout = Lookout(machine, wanted)
        self._plan = plan
        self._watch = watch
        self._bounds = Bounds(plan)
        self._runs = 0
        self._initial = 0
        self._longest = 0
        self._taken: Counter[int] = Counter()
        self._enabled: Counter[int] = Counter()
        self._seen: set[bytes] = set()
        self.stopped = ""

    def all(self) -> None:
        """Take all runs."""
        initial = self._lookout.start(Growing(self._look))
        self._initial = len(initial)
        while initial and self._runs < self._plan.runs and not self.stopped:
            random = SplitMix(self._plan.seed, self._runs)
            self._walk(random, random.choice(initial))
            self._runs += not self.stopped
            self._tell()

    def _walk(self, random: SplitMix, first: State) -> None:
        choose = SCHEDULERS[self._plan.scheduler](random, self._longest or self._plan.depth)
        path = _Path(first)
        self._enter(first)
        for step in range(self._plan.depth):
            if not self._may_go_on(path.states[-1]):
                return
            choices = self._machine.choices(path.states[-1], Growing(self._look))
            self._enabled.update({choice.action for choice in choices})
            self._lookout.look(path.states)
            if all(choice.target == path.states[-1] for choice in choices):
                return
            chosen = choose(choices, step)
            self._taken[chosen.action] += 1
            self._longest = max(self._longest, step + 1)
            self._enter(chosen.target)
            path.go(chosen.target)

    def _may_go_on(self, state: State) -> bool:
        """Is there time left, and is the state inside the bound?"""
        if self._bounds.left <= 0:
            self.stopped = self._bounds.met()
        return not self.stopped and self._lookout.may_go_on(state)

    def _look(self, made: list[Any]) -> None:
        """May there be more initial states, or steps from a state?"""
        self.stopped = self._bounds.met()
        if self.stopped:
            raise EnoughError

    def _enter(self, state: State) -> None:
        self._seen.add(blake2b(repr(state).encode(), digest_size=8).digest())

    # ------------------------------------------------------------ the result

    def _tell(self) -> None:
        if self._watch is not None:
            seconds = self._bounds.seconds
            steps = self._taken.total()
            self._watch(Progress(len(self._seen), steps, self._plan.depth, 0, seconds))

    def result(self) -> Simulated:
        """What was found out."""
        return Simulated(
            self._lookout.decided, self._runs, self._taken.total(), len(self._seen), self._initial,
            self._longest, self._taken, self._enabled, self.stopped,
            self._bounds.seconds,
        )  # fmt: skip
