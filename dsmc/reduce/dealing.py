"""What stands in the place of a budget when faults are chosen before a run.

* `Counted`: each fault has a number of its own, of how often it may still happen. Under a schedule the
  budget is dealt out among them.
* `First`, for faults of messages: it is said what happens first to the messages from one node to
  another, this fault or anything else. Where it is the fault, nothing else can happen to them before
  it. What happens to later ones shares what is left of the budget.

Each run is one under some schedule, and each run under a schedule is one of the system.
"""

from __future__ import annotations

from typing import TypeAlias

from dsmc.frozen import replace
from dsmc.ir import system as y
from dsmc.reduce.budgets import changes, has_to_do
from dsmc.reduce.counted import Counted, counted
from dsmc.reduce.firsts import First, firsts, meets_any

Dealt: TypeAlias = "Counted | First"


def dealt_out(system: y.System, budget: y.Variable) -> tuple[y.System, Dealt]:
    """The system with something else in the place of a budget that is only spent."""
    system = replace(
        system, init=tuple(st for st in system.init if not changes(st, budget.name))
    )  # fmt: skip
    spending = [a for a in system.actions if has_to_do(a, budget.name)]
    of_messages = all(meets_any(a, system) for a in spending)
    return firsts(system, budget) if of_messages else counted(system, budget)
