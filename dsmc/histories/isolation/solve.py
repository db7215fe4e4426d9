"""Choose an order for each pair of writers so that no cycle is left, with Z3 as a Boolean solver.

There is one variable for each choice. That two edges cannot be there together, as ways that are
certain lead from each to the other, is told from the start; longer cycles are forbidden when an
answer has them (lazily, as in SAT modulo acyclicity; MonoSAT has it built in).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dsmc.histories.budget import Budget, Exhausted
from dsmc.histories.isolation.graph import Graph, Step, topological
from dsmc.histories.isolation.polygraph import Choice, bits

Literal = tuple[int, bool]
Clause = frozenset[Literal]
"""Choices that close a cycle together: not all of them are made so."""

#: So many cycles of one answer are forbidden at once.
CYCLES = 400


class Optional:
    """The edges of all choices: for each, which others can follow it by ways that are certain."""

    def __init__(self, graph: Graph, choices: Sequence[Choice]) -> None:
        self.steps: list[Step] = []
        self.literal: list[Literal] = []
        self.made: dict[Literal, int] = {}
        for number, choice in enumerate(choices):
            self._add((number, True), choice.forward)
            self._add((number, False), choice.backward)
        self._reach(graph, topological(graph))

    def _add(self, literal: Literal, steps: Sequence[Step]) -> None:
        for step in steps:
            self.made[literal] = self.made.get(literal, 0) | 1 << len(self.steps)
            self.steps.append(step)
            self.literal.append(literal)

    def _reach(self, graph: Graph, order: list[int]) -> None:
        tails = [0] * len(graph.out)
        heads = [0] * len(graph.out)
        for number, (source, target, _, _) in enumerate(self.steps):
            tails[source] |= 1 << number
            heads[target] |= 1 << number
        for node in reversed(order):
            for target, _, _ in graph.out[node]:
                tails[node] |= tails[target]
        for node in order:
            for target, _, _ in graph.out[node]:
                heads[target] |= heads[node]
        self.follow = [tails[step[1]] for step in self.steps]
        self.precede = [heads[step[0]] for step in self.steps]

    def pairs(self) -> Iterator[Clause]:
        """Cycles of one or two edges."""
        for number, literal in enumerate(self.literal):
            for other in bits(self.follow[number] & self.precede[number]):
                if other >= number and self.literal[other][0] != literal[0]:
                    yield frozenset({literal, self.literal[other]})
                elif other == number:
                    yield frozenset({literal})

    def cycles(self, chosen: int) -> Iterator[Clause]:
        """Short cycles of the chosen edges; none share an edge that was looked at first."""
        left = self._on_cycles(chosen)
        while left:
            start = (left & -left).bit_length() - 1
            cycle = self._cycle(start, left)
            left &= ~(1 << start)
            for number in cycle:
                left &= ~(1 << number)
            if cycle:
                yield frozenset(self.literal[number] for number in cycle)

    def _on_cycles(self, chosen: int) -> int:
        """Without the edges that no other can follow, or precede, again and again."""
        while True:
            kept = chosen
            for number in bits(chosen):
                if not (self.follow[number] & kept and self.precede[number] & kept):
                    kept &= ~(1 << number)
            if kept == chosen:
                return kept
            chosen = kept

    def _cycle(self, start: int, among: int) -> list[int]:
        """A shortest cycle through an edge."""
        levels = [1 << start]
        unseen = among
        while levels[-1]:
            reached = 0
            for number in bits(levels[-1]):
                reached |= self.follow[number]
            if reached >> start & 1:
                return self._back(levels, start)
            levels.append(reached & unseen)
            unseen &= ~reached
        return []

    def _back(self, levels: list[int], start: int) -> list[int]:
        cycle = [start]
        for level in reversed(levels[1:]):
            before = level & self.precede[cycle[-1]]
            cycle.append((before & -before).bit_length() - 1)
        return cycle


class Solved:
    """The answer: a choice for each, or the cycles that leave none."""

    def __init__(self, choice: list[bool] | None, cycles: Sequence[Clause] = ()) -> None:
        self.choice = choice
        self.cycles = cycles


def solve(graph: Graph, choices: Sequence[Choice], budget: Budget) -> Solved:
    """Make all choices without a cycle, if that is possible."""
    optional = Optional(graph, choices)
    solver = _Solver(len(choices), budget)
    for clause in set(optional.pairs()):
        solver.forbid(clause)
    while True:
        choice = solver.choose()
        if choice is None:
            return Solved(None, solver.core())
        chosen = 0
        for number, forward in enumerate(choice):
            chosen |= optional.made[number, forward]
        cycles = set()
        for clause in optional.cycles(chosen):
            cycles.add(clause)
            if len(cycles) == CYCLES:
                break
        if not cycles:
            return Solved(choice)
        for clause in cycles:
            solver.forbid(clause)


class _Solver:
    """Z3, imported when it is needed."""

    def __init__(self, count: int, budget: Budget) -> None:
        import z3

        self._z3: Any = z3
        self._budget = budget
        self._variables = [z3.Bool(f"c{number}") for number in range(count)]
        self._negated = [z3.Not(variable) for variable in self._variables]
        self._solver = z3.SolverFor("QF_FD")
        self._clauses: list[Clause] = []

    def forbid(self, clause: Clause) -> None:
        """Not all of these."""
        self._clauses.append(clause)
        self._solver.add(self._term(clause))

    def _term(self, clause: Clause) -> Any:
        terms = [self._negated[n] if made else self._variables[n] for n, made in clause]
        return self._z3.Or(terms) if len(terms) > 1 else terms[0]

    def choose(self) -> list[bool] | None:
        """An assignment that keeps all clauses, or None."""
        self._budget.spend()
        self._solver.set("timeout", self._milliseconds())
        answer = self._solver.check()
        if answer == self._z3.unknown:
            raise Exhausted("the solver had not enough time")
        if answer == self._z3.unsat:
            return None
        model = self._solver.model()
        return [self._z3.is_true(model[variable]) for variable in self._variables]

    def _milliseconds(self) -> int:
        return max(1, int(min(self._budget.left, 10**6) * 1000))

    def core(self) -> list[Clause]:
        """Few of the clauses, which together leave no choice."""
        solver = self._z3.Solver()
        for number, clause in enumerate(self._clauses):
            solver.assert_and_track(self._term(clause), f"k{number}")
        solver.set("timeout", self._milliseconds())
        if solver.check() != self._z3.unsat:
            return self._clauses
        return [self._clauses[int(str(name)[1:])] for name in solver.unsat_core()]
