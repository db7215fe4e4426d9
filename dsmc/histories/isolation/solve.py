"""Choose an order for each pair of writers so that no cycle is left, with Z3 as a Boolean solver.

There is one variable for each choice. That two edges cannot be there together, as ways that are
certain lead from each to the other, is told from the start; longer cycles are forbidden when an
answer has them (lazily, as in SAT modulo acyclicity; MonoSAT has it built in).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from dsmc.histories.budget import Budget, Exhausted
from dsmc.histories.isolation.graph import Graph, Step, components, topological
from dsmc.histories.isolation.polygraph import Choice, bits

Literal = tuple[int, bool]
Clause = frozenset[Literal]
"""Choices that close a cycle together: not all of them are made so."""

#: So many cycles of one answer are forbidden at once.
CYCLES = 400


class Optional:
    """The edges of all choices: for each, which others can follow it by ways that are certain."""

    def __init__(self, graph: Graph, choices: Sequence[Choice], budget: Budget) -> None:
        self._budget = budget
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
            self._budget.spend()
            for target, _, _ in graph.out[node]:
                tails[node] |= tails[target]
        for node in order:
            self._budget.spend()
            for target, _, _ in graph.out[node]:
                heads[target] |= heads[node]
        self.follow = [tails[step[1]] for step in self.steps]
        self.precede = [heads[step[0]] for step in self.steps]

    def pairs(self) -> Iterator[Clause]:
        """Cycles of one or two edges."""
        for number, literal in enumerate(self.literal):
            self._budget.spend()
            for other in bits(self.follow[number] & self.precede[number]):
                if other >= number and self.literal[other][0] != literal[0]:
                    yield frozenset({literal, self.literal[other]})
                elif other == number:
                    yield frozenset({literal})

    def cycles(self, graph: Graph, chosen: int) -> Iterator[Clause]:
        """Short cycles of the chosen edges; none share an edge that was looked at first."""
        left = self._on_cycles(graph, chosen)
        while left:
            self._budget.spend()
            start = (left & -left).bit_length() - 1
            cycle = self._cycle(start, left)
            left &= ~(1 << start)
            for number in cycle:
                left &= ~(1 << number)
            if cycle:
                yield frozenset(self.literal[number] for number in cycle)

    def _on_cycles(self, graph: Graph, chosen: int) -> int:
        """The chosen edges whose ends are in one component of the graph with them."""
        whole = Graph(0)
        whole.out = [list(edges) for edges in graph.out]
        for number in bits(chosen):
            source, target, kind, key = self.steps[number]
            whole.add(source, target, kind, key)
        home = {node: n for n, members in enumerate(components(whole)) for node in members}
        return sum(
            1 << number
            for number in bits(chosen)
            if home.get(self.steps[number][0], -1) == home.get(self.steps[number][1], -2)
        )

    def _cycle(self, start: int, among: int) -> list[int]:
        """A shortest cycle through an edge."""
        levels = [1 << start]
        unseen = among
        while levels[-1]:
            self._budget.spend()
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
    optional = Optional(graph, choices, budget)
    solver = _Solver(len(choices), budget)
    solver.forbid(set(optional.pairs()))
    while True:
        choice = solver.choose()
        if choice is None:
            return Solved(None, solver.core())
        chosen = 0
        for number, forward in enumerate(choice):
            chosen |= optional.made[number, forward]
        cycles = set(islice(optional.cycles(graph, chosen), CYCLES))
        if not cycles:
            return Solved(choice)
        solver.forbid(cycles)


class _Solver:
    """Z3, imported when it is needed. It is given text: that is ten times as fast as terms.

    A variable is true for backward: what the solver tries first, false, is likelier to be right.
    """

    def __init__(self, count: int, budget: Budget) -> None:
        import z3

        self._z3: Any = z3
        self._budget = budget
        self._variables = [z3.Bool(f"c{number}") for number in range(count)]
        self._solver = z3.SolverFor("QF_FD")
        self._solver.from_string(_declared("c", count))
        self._clauses: list[Clause] = []

    def forbid(self, clauses: Iterable[Clause]) -> None:
        """Of each of these not all."""
        new = sorted(clauses, key=sorted)
        self._clauses += new
        self._solver.from_string("\n".join(_assertion(clause) for clause in new))

    def choose(self) -> list[bool] | None:
        """An assignment that keeps all clauses, or None."""
        if self._check(self._solver) == self._z3.unsat:
            return None
        model = self._solver.model()
        return [not self._z3.is_true(model[variable]) for variable in self._variables]

    def core(self) -> list[Clause]:
        """Few of the clauses, which together leave no choice."""
        named = {f"k{number}": clause for number, clause in enumerate(self._clauses)}
        solver = self._z3.SolverFor("QF_FD")
        declared = _declared("c", len(self._variables)) + _declared("k", len(named))
        clauses = [_assertion(clause, f"(not {name})") for name, clause in named.items()]
        solver.from_string("\n".join([declared, *clauses]))
        self._check(solver, *(self._z3.Bool(name) for name in named))
        return [named[str(name)] for name in solver.unsat_core()]

    def _check(self, solver: Any, *assumed: Any) -> Any:
        self._budget.spend()
        solver.set("timeout", max(1, int(min(self._budget.left, 10**6) * 1000)))
        answer = solver.check(*assumed)
        if answer == self._z3.unknown:
            raise Exhausted("the solver had not enough time")
        return answer


def _declared(letter: str, count: int) -> str:
    """Names in SMT-LIB."""
    return "".join(f"(declare-const {letter}{number} Bool)" for number in range(count))


def _assertion(clause: Clause, unless: str = "") -> str:
    """Not all of these choices are made, unless something else is so."""
    terms = [f"c{number}" if made else f"(not c{number})" for number, made in sorted(clause)]
    return f"(assert (or {' '.join(terms)} {unless}))"
