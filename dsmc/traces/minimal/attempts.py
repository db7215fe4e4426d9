"""Lists of acts, taken in the reference: what is a run there, and shows the same, is a candidate."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dsmc.backends.python.machine import PythonMachine, TracedStep
from dsmc.engine.machine import State
from dsmc.engine.outcome import Run
from dsmc.frozen import Frozen
from dsmc.ir.system import Property
from dsmc.traces.minimal.acts import Act, act_of
from dsmc.traces.minimal.budget import Budget
from dsmc.traces.minimal.goals import Goal, Path
from dsmc.traces.minimal.order import Rank, rank


class Candidate(Frozen):
    """A run that shows what it has to: its steps, those of its `acts` that may be others, its rank."""

    run: Run
    steps: tuple[TracedStep, ...]
    acts: tuple[Act, ...]
    rank: Rank


class _Way(NamedTuple):
    """One way to take some acts: where it has led, what was done, how many faults were in it. There is one
    for each initial state, so they are made as fast as may be.
    """

    path: Path
    acts: tuple[Act, ...] = ()
    faults: int = 0


class Attempts:
    """What the reference makes of lists of acts, within a budget."""

    def __init__(self, machine: PythonMachine, prop: Property, goal: Goal, budget: Budget) -> None:
        self.machine = machine
        self.prop = prop
        self._goal = goal
        self._actions = {action.name: action for action in machine.system.actions}
        self._known: dict[tuple[State, Act], list[tuple[State, Act]]] = {}
        self._initial = machine.initial()[0]
        self._budget = budget
        self.best: Candidate

    def found(self, run: Run) -> Candidate:
        """The candidate that a run is. Raises `ReplayError` if it is no run."""
        self.best = self._candidate(run)
        return self.best

    def smaller(self, acts: Sequence[Act]) -> Candidate | None:
        """A smaller run by these acts than the best one, if there is one. Those that are not possible
        any more are left out.
        """
        candidates = (self._candidate(run) for run in self._runs(acts))
        found = min(candidates, key=lambda c: c.rank, default=None)
        # With fewer faults, but in more steps, it would not be the run that was found, made smaller.
        if found is None or found.rank >= self.best.rank or found.run.length > self.best.run.length:
            return None
        self.best = found
        return found

    def _candidate(self, run: Run) -> Candidate:
        steps = self._goal.steps(run)
        acts = tuple(map(act_of, steps))
        return Candidate(
            run, tuple(steps), acts[: len(self._goal.body(steps))], rank(acts)
        )  # fmt: skip

    # ------------------------------------------------------------ taking acts

    def _runs(self, acts: Sequence[Act]) -> Iterable[Run]:
        """The runs that show it; at most one to each state, and none that is larger at once."""
        best, most = self.best.acts, rank(self.best.acts)

        @functools.lru_cache  # of many initial states, many have the same acts
        def is_small(found: tuple[Act, ...]) -> bool:
            return found != best and rank(found) <= most

        for way in self._ways(acts):
            if is_small(way.acts):
                run = self._goal.run(way.path)
                if run is not None:
                    yield run

    def _ways(self, acts: Sequence[Act]) -> Iterable[_Way]:
        """For each state in which the acts can end, a way there with as few faults as any."""
        first = self.best.run.states[0]
        starts = dict.fromkeys([first, *self._initial])
        ways = [_Way((state,)) for state in starts]
        for act in acts:
            ways = self._onwards(ways, act) or ways
        return ways

    def _onwards(self, ways: list[_Way], act: Act) -> list[_Way]:
        found: dict[State, _Way] = {}
        for way in ways:
            for target, done in self._targets(way.path[-1], act):
                faults = way.faults + bool(done.fault)
                known = found.get(target)
                if known is None or faults < known.faults:
                    found[target] = _Way((*way.path, target), (*way.acts, done), faults)
        return list(found.values())

    def _targets(self, state: State, act: Act) -> list[tuple[State, Act]]:
        """Where an act leads from a state, and what was done on the way: perhaps without its fault."""
        key = (state, act)
        self._budget.follow()
        if key not in self._known:
            self._budget.step(act.action)
            self._known[key] = list(self._taken(state, act))
        return self._known[key]

    def _taken(self, state: State, act: Act) -> Iterable[tuple[State, Act]]:
        within = self.machine.is_within
        if within is not None and not within(state):
            return
        for step in self.machine.steps_from(state, [self._actions[act.action]]):
            if step.target is not None and step.labels == act.labels:
                done = act_of(step)
                yield step.target, act if done == act else done
