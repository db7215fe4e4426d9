"""What the search does not decide: laws are tried, scenarios are enacted."""

from __future__ import annotations

from collections.abc import Callable

from dsmc.backends.python.laws import counterexamples
from dsmc.backends.python.machine import PythonMachine
from dsmc.cache.findings import Findings, Tried
from dsmc.engine.outcome import Verdict
from dsmc.engine.search import INTERRUPTED
from dsmc.ir import system as y
from dsmc.ir.show import show
from dsmc.traces.scenario import Enacted, enact

#: Without other limits a scenario looks at no more states than this.
SCENARIO_STATES = 1_000_000


class Apart:
    """Within a number of states (0 or None: the usual one), and as long as it is not `out_of_time`."""

    def __init__(
        self, machine: PythonMachine, states: int | None, out_of_time: Callable[[], bool]
    ) -> None:
        self._machine = machine
        self._states = states or SCENARIO_STATES
        self._out_of_time = out_of_time

    def look(self, found: Findings) -> None:
        """Add what is found of each law and scenario to the findings."""
        for number, prop in enumerate(self._machine.system.properties):
            if isinstance(prop, y.Law | y.Scenario):
                self._look(number, prop, found)

    def _look(self, number: int, prop: y.Law | y.Scenario, found: Findings) -> None:
        interrupted = Tried(Verdict.UNKNOWN, INTERRUPTED)
        if found.explored.statistics.stopped == INTERRUPTED:
            found.tried[number] = interrupted
            return
        try:
            if isinstance(prop, y.Law):
                found.tried[number] = self._law(prop)
            else:
                found.enacted[number] = self._enacted(prop)
        except KeyboardInterrupt:
            found.tried[number] = interrupted

    def _law(self, law: y.Law) -> Tried:
        for values in counterexamples(self._machine.system, law):
            if values is not None:
                types = {p.name: p.type for p in law.params}
                told = ", ".join(f"{n} = {show(types[n], v)}" for n, v in values.items())
                return Tried(Verdict.VIOLATED, f"not for {told}")
            if self._out_of_time():
                return Tried(Verdict.UNKNOWN, "the time ran out")
        return Tried(Verdict.HOLDS)

    def _enacted(self, scenario: y.Scenario) -> Enacted:
        return enact(
            self._machine,
            scenario,
            within=lambda n: n <= self._states and not self._out_of_time(),
        )
