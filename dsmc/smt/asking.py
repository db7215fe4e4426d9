"""What properties ask of states and of steps, as formulas."""

from __future__ import annotations

from dsmc.ir import system as y
from dsmc.smt import scalar as sc
from dsmc.smt.runs import Move, Runs
from dsmc.smt.scalar import Truth
from dsmc.smt.steps import State

#: What one state decides, and what one step does.
OF_STATES = (y.Invariant, y.Reachable)
OF_STEPS = (y.Transition, y.Assertion, y.NoError, y.Fires)


def refusal(prop: y.Property) -> str:
    """Why a property is not decided by formulas of states and steps; empty if it is."""
    match prop:
        case y.Quiescent() | y.NoDeadlock():
            return "there is no formula of what is at rest"
        case y.Temporal():
            return "there is no formula of runs that go on for ever"
        case y.Law() | y.Scenario():
            return "`dsmc check` decides it"
        case _:
            return ""


def decided_by_state(runs: Runs, prop: y.Property, state: State) -> Truth:
    """Does a state violate an invariant, or reach what is to be reached?"""
    match prop:
        case y.Invariant(_, e):
            return sc.negated(runs.good(e, state))
        case y.Reachable(_, e):
            return runs.good(e, state)
        case _:
            return False


def decided_by_step(runs: Runs, prop: y.Property, before: State, move: Move) -> Truth:
    """Does a way of a step violate a property of steps, or is it what is to be taken?"""
    way = move.way
    match prop:
        case y.Transition(_, e):
            return sc.both((way.taken, sc.negated(runs.good(e, way.state, before))))
        case y.Assertion(_, number):
            return sc.both((way.taken, sc.either(p for n, p in way.failed if n == number)))
        case y.NoError():
            return way.error
        case y.Fires(_, names):
            return way.taken if runs.system.actions[move.action].name in names else False
        case _:
            return False
