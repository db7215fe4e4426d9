"""Steps as formulas: what a solver finds is what the oracle finds, in sampled states of every model."""

from __future__ import annotations

import random
from typing import Any

import oracle
import pytest
import random_systems
import z3
from test_agreement import small_jobs

from dsmc.frozen import replace
from dsmc.ir.system import System
from dsmc.project import Job
from dsmc.session import compile_job
from dsmc.smt import scalar as sc
from dsmc.smt import values as v
from dsmc.smt.models import reading
from dsmc.smt.steps import State, Steps, Way
from dsmc.smt.translation import term
from dsmc.smt.values import Fresh, Unsupported

#: So many states of a system are looked at.
SAMPLE = 2


class Formulas:
    """The steps of each action from any state."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.fresh = Fresh()
        self.steps = Steps(system, self.fresh)
        self.before = self.steps.any_state("s.")
        self.ways = [
            self.steps.by(a, self.before, {}, f"a{n}.") for n, a in enumerate(system.actions)
        ]
        self.solver = z3.Solver()
        self.solver.add(*map(term, self.fresh.facts))

    def fixed(self, state: State, values: dict[str, Any]) -> list[Any]:
        """It is the state with these values."""
        return [
            term(v.equal(var.type, state[var.name], v.constant(var.type, values[var.name])))
            for var in self.system.variables
        ]

    def successors(self, number: int, values: dict[str, Any]) -> tuple[set[Any], bool]:
        """All states that an action leads to, and whether it may have an error."""
        self.solver.push()
        self.solver.add(*self.fixed(self.before, values))
        found: set[Any] = set()
        for way in self.ways[number]:
            found |= self.reached(way)
        errors = sc.either(way.error for way in self.ways[number])
        fails = self.solver.check(term(errors)) == z3.sat
        self.solver.pop()
        return found, fails

    def reached(self, way: Way) -> set[Any]:
        found: set[Any] = set()
        self.solver.push()
        self.solver.add(term(way.taken))
        while self.solver.check() == z3.sat:
            read = reading(self.solver.model())
            values = {
                var.name: v.plain(var.type, way.state[var.name], read)
                for var in self.system.variables
            }
            found.add(tuple(values.values()))
            self.solver.add(z3.Not(z3.And(*self.fixed(way.state, values), True)))
        self.solver.pop()
        return found


def states_of(system: System, limit: int = 400) -> list[Any]:
    """Some of the reachable states."""
    slow = oracle.Oracle(system)
    found = dict.fromkeys(slow.initial())
    waiting = list(found)
    for state in waiting:
        if len(found) > limit:
            break
        new = [s for s in slow.successors(state)[0] if s not in found]
        found.update(dict.fromkeys(new))
        waiting += dict.fromkeys(new)
    return random.Random(1).sample(list(found), min(SAMPLE, len(found)))


def assert_same_steps(system: System) -> None:
    """Each action leads from each of some states to the same states."""
    formulas = Formulas(system)
    slow = oracle.Oracle(system)
    for state in states_of(system):
        for number, action in enumerate(system.actions):
            alone = oracle.Oracle(replace(system, actions=(action,)))
            wanted, violated = alone.successors(state)
            found, fails = formulas.successors(number, slow.thaw(state))
            errs = "no_range_error" in violated
            assert fails == errs, (action.name, state)
            if not errs:
                assert found == set(wanted), (action.name, state)


@pytest.mark.parametrize("job", small_jobs(250))
def test_models(job: Job) -> None:
    system = compile_job(job)
    if system.observers:
        pytest.skip("what observers remember is any function for a solver")
    try:
        assert_same_steps(system)
    except Unsupported as error:
        pytest.skip(error.what)


def _of_random(system: System) -> None:
    try:
        assert_same_steps(system)
    except Unsupported:
        return


test_random_systems = random_systems.test_of(_of_random, random_systems.all_kinds(), slow=3)
