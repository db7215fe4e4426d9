"""What was found, settled: the smallest runs that show it, and which faults they need."""

from __future__ import annotations

from collections.abc import Iterable

from dsmc.backends.python.machine import PythonMachine
from dsmc.cache.findings import Findings, Settled
from dsmc.cache.last import taken
from dsmc.engine.outcome import Lives, Run
from dsmc.frozen import replace
from dsmc.ir import system as y
from dsmc.ir.protocol import Program
from dsmc.settle.needs import Ask, needs
from dsmc.traces.minimal import minimal
from dsmc.traces.model import Need, Trace
from dsmc.traces.replay import replay


def settled(found: Findings, machine: PythonMachine, program: Program | None, ask: Ask) -> Findings:
    """The findings with runs that are none larger, and, if the program is known, with their needs."""
    return _Settling(found, machine, program, ask).settled()


def violations(found: Findings, system: y.System) -> dict[int, Run]:
    """The runs that show violations, by the numbers of the properties."""
    lived = {n: one.run for n, one in found.lives.found.items() if one.run is not None}
    runs = {**found.explored.decided, **lived}
    return {n: run for n, run in runs.items() if run.states and _is_bad(system.properties[n])}


def _is_bad(prop: y.Property) -> bool:
    return not isinstance(prop, y.Reachable | y.Fires)


def _faults(trace: Trace) -> int:
    return sum(bool(step.fault) for step in trace.steps)


class _Settling:
    def __init__(
        self, found: Findings, machine: PythonMachine, program: Program | None, ask: Ask
    ) -> None:
        self._found = found
        self._machine, self._program, self._ask = machine, program, ask
        self._runs = violations(found, machine.system)
        self._needs: dict[int, tuple[Need, ...]] = {}
        self._spent: set[int] = set()

    def settled(self) -> Findings:
        for number in self._runs:
            self._make_smaller(number)
        left = set(self._runs)
        while self._program is not None and left:
            left = self._asked(self._program, left)
        return self._result()

    def _make_smaller(self, number: int) -> None:
        found = minimal(self._machine, number, self._runs[number])
        self._runs[number] = found.run
        if found.spent:
            self._spent.add(number)

    def _asked(self, program: Program, numbers: Iterable[int]) -> set[int]:
        """Ask what some violations need; of which of them there are runs with fewer faults."""
        names = {self._machine.system.properties[n].name: n for n in numbers}
        found = needs(program, {name: self._trace(n) for name, n in names.items()}, self._ask)
        self._needs |= {names[name]: told for name, told in found.needs.items()}
        return {names[name] for name, one in found.fewer.items() if self._takes(names[name], one)}

    def _trace(self, number: int) -> Trace:
        return self._told(number, self._runs[number])

    def _told(self, number: int, run: Run) -> Trace:
        prop = self._machine.system.properties[number]
        return replay(self._machine, prop, run, spec=self._machine.system.name, model="")

    def _takes(self, number: int, trace: Trace) -> bool:
        """Take a run that was found without some of the faults, if it is one with them, too. It has fewer:
        of two runs that each need another fault, neither takes the place of the other.
        """
        run = taken(self._machine, number, trace)
        if run is None or run.length > self._runs[number].length:
            return False
        if _faults(self._told(number, run)) >= _faults(self._trace(number)):
            return False
        self._runs[number] = run
        self._make_smaller(number)
        return True

    def _result(self) -> Findings:
        explored, lives = self._found.explored, self._found.lives
        decided = {n: self._runs.get(n, run) for n, run in explored.decided.items()}
        lived = {
            n: replace(one, run=self._runs[n]) if one.run is not None and n in self._runs else one
            for n, one in lives.found.items()
        }
        return replace(
            self._found, explored=replace(explored, decided=decided),
            lives=Lives(lived, lives.note),
            settled=Settled(self._needs, frozenset(self._spent)),
        )  # fmt: skip
