"""The synchronous schedule: one run of the reference for each set of faults.

In a round first the faults happen that were chosen for it; then every message arrives that was in flight
before; then each node takes each step of its own that is possible, once; then who is down comes back.
Timeouts are last, in rounds in which nothing else happened: they are longer than messages take. Of several
ways to take a step the first one is taken. So a run depends on its faults alone.
"""

from __future__ import annotations

from dsmc.engine.machine import State
from dsmc.lineage.gates import Fault, Run
from dsmc.lineage.possible import Possible
from dsmc.lineage.taking import Choose, Taking


class Schedule(Possible):
    """Takes runs of a machine."""

    def run(self, first: State, faults: frozenset[Fault] = frozenset()) -> Run:
        """The run from an initial state with these faults."""
        return self.chosen(
            first, lambda number, _: [f for f in faults if f.round == number], faults
        )

    def chosen(self, first: State, choose: Choose, faults: frozenset[Fault] = frozenset()) -> Run:
        """The run with the faults that are chosen in each round."""
        taking = Taking(self, first)
        for number in range(1, self.rounds + 1):
            taking.round(number, choose)
        return taking.result(faults)
