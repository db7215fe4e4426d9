"""Is a permutation of names an automorphism? By looking at every state."""

from __future__ import annotations

from typing import Any

from conftest import TooLarge

from dsmc.backends.python.machine import PythonMachine
from dsmc.ir.system import System
from dsmc.reduce.permute import Permutation, generators, permuted_state
from dsmc.reduce.symmetry import symmetry


def reachable(machine: PythonMachine, limit: int) -> list[Any]:
    """All states inside the bound, in the order in which they are found."""
    inside = machine.is_within or (lambda state: True)
    found = dict.fromkeys(filter(inside, machine.initial()[0]))
    waiting = list(found)
    while waiting:
        successors: list[Any] = []
        machine.expand(waiting.pop(), successors, [])
        new = [s for s in dict.fromkeys(successors) if s not in found and inside(s)]
        found.update(dict.fromkeys(new))
        waiting += new
        if len(found) > limit:
            raise TooLarge
    return list(found)


class Check:
    """One permutation of the names of one system."""

    def __init__(self, machine: PythonMachine, permutation: Permutation) -> None:
        self.machine = machine
        self.permutation = permutation

    def image(self, state: Any) -> Any:
        plain = self.machine.decode(state)
        return self.machine.encode(permuted_state(self.machine.system, plain, self.permutation))

    def run(self, states: list[Any]) -> None:
        initial, violated = self.machine.initial()
        assert violated or set(map(self.image, initial)) == set(initial)
        known, cut_off = set(states), False
        for state in states:
            image = self.image(state)
            mine, theirs = self.steps(state), self.steps(image)
            assert mine[1] == theirs[1], (self.machine.decode(state), "violates")
            if self.machine.error in mine[1]:
                cut_off = True  # what else is found depends on the order
                continue
            assert {self.image(s) for s in mine[0]} == set(theirs[0])
            assert self.decided(state, mine[0]) == self.decided(image, theirs[0])
        assert cut_off or {self.image(s) for s in states} == known

    def steps(self, state: Any) -> tuple[list[Any], set[int]]:
        found: list[Any] = []
        violated: list[int] = []
        self.machine.expand(state, found, violated)
        if self.machine.error in violated:
            return [], {self.machine.error}
        return found, set(violated)

    def decided(self, state: Any, successors: list[Any]) -> set[int]:
        m = self.machine
        found = {n for n, decide in m.state_deciders.items() if decide([state]) >= 0}
        found |= {n for n, decide in m.step_deciders.items() if decide(state, successors) >= 0}
        ends = {**m.rest_deciders, **m.stuck_deciders}
        return found | {n for n, violates in ends.items() if violates(state)}


def assert_symmetric(system: System, limit: int) -> int:
    """Every permutation of the types that are said to be symmetric is one; how many these are."""
    types = symmetry(system).types
    if not types:
        return 0
    machine = PythonMachine(system)
    states = reachable(machine, limit)
    for of in types:
        for permutation in generators(of):
            Check(machine, permutation).run(states)
    return len(types)
