"""Proofs of a job: what holds in every reachable state, without looking at these states."""

from __future__ import annotations

from dsmc.backends.python.machine import PythonMachine
from dsmc.bounded import asked, follower, refusal, run_of, told
from dsmc.engine.machine import State
from dsmc.engine.outcome import Run, Verdict
from dsmc.expectations import refuse_unknown, unexpected
from dsmc.frozen import Frozen, replace
from dsmc.ir import system as y
from dsmc.ir import types as t
from dsmc.ir.system import Property, System
from dsmc.ir.width import most_choices
from dsmc.project import Job
from dsmc.results import Result, Surprise
from dsmc.session import compile_job, refuse_no_start
from dsmc.smt.candidates import Candidate, guessed
from dsmc.smt.proving import Proven, Prover
from dsmc.smt.solving import Clock
from dsmc.smt.values import Unsupported
from dsmc.traces.model import Trace
from dsmc.traces.replay import ReplayError
from dsmc.traces.unproved import unproved
from dsmc.typecheck.models import ExpectProperty

#: So many states are looked at for candidates, and so many candidates are tried.
_SAMPLE = 400
_MOST_CANDIDATES = 3_000
#: With more choices in one step than this, no states are looked at.
_MOST_CHOICES = 100_000
_ERRORS = "proved, but only for runs without a range error"


class Proof(Frozen):
    """What was proved of a job. `sample` states were looked at for `candidates`; `left_out` of these were
    too many to be tried.
    """

    job: Job
    system: System
    results: tuple[Result, ...]
    k: int
    sample: int
    candidates: int
    left_out: int
    seconds: float
    surprises: tuple[Surprise, ...]


def prove(
    job: Job, properties: tuple[str, ...] = (), most: int = 3, seconds: float | None = None
) -> Proof:
    """Try to prove the properties of a job, by k-induction with k up to the most. Raises `Mistakes`."""
    system = compile_job(job, properties)
    refuse_unknown(job, system, properties)
    clock = Clock(seconds)
    machine = PythonMachine(system)
    wanted = asked(system)
    sample = _sampled(machine) if wanted and most_choices(system) <= _MOST_CHOICES else []
    guesses, left_out = _guessed(machine, sample)
    prover = Prover(system, wanted, guesses, clock)
    if wanted:
        prover.prove(most)
        started = prover.base.started or prover.base.depth < 0
        refuse_no_start(started, dict.fromkeys(prover.base.found, Run(())))
    teller = _Teller(job, machine, prover)
    results = tuple(teller.result(number) for number in range(len(system.properties)))
    return Proof(
        job, system, results, prover.k, len(sample), len(guesses), left_out, clock.gone,
        _surprises(job, results),
    )  # fmt: skip


# ---------------------------------------------------------------- candidates


def _guessed(machine: PythonMachine, sample: list[State]) -> tuple[list[Candidate], int]:
    try:
        values = [machine.decode(state) for state in sample]
        return guessed(machine.system, values, _MOST_CANDIDATES)
    except Unsupported:
        return [], 0  # the steps have no formula either, which is said


def _sampled(machine: PythonMachine) -> list[State]:
    """The first reachable states, level by level."""
    initial, _ = machine.initial()
    within = machine.is_within or (lambda _: True)
    found = dict.fromkeys(initial[:_SAMPLE])
    for state in (waiting := list(found)):
        if len(found) >= _SAMPLE:
            break
        successors: list[State] = []
        if within(state):
            machine.expand(state, successors, [])
        new = [one for one in dict.fromkeys(successors) if one not in found]
        found.update(dict.fromkeys(new))
        waiting += new
    return list(found)[:_SAMPLE]


# ---------------------------------------------------------------- what is told


class _Teller:
    def __init__(self, job: Job, machine: PythonMachine, prover: Prover) -> None:
        self._job = job
        self._machine = machine
        self._prover = prover
        properties = enumerate(machine.system.properties)
        self._error = next(n for n, p in properties if isinstance(p, y.NoError))

    def result(self, number: int) -> Result:
        """What is known of a property."""
        prop = self._machine.system.properties[number]
        if number in self._prover.base.found:
            return told(self._job, self._machine, number, self._prover.base)
        proven = self._prover.proved.get(number)
        if proven is None:
            return Result(
                prop,
                Verdict.UNKNOWN,
                None,
                self._counterexample(prop, number),
                self._why(prop, number),
            )
        if self._error not in self._prover.proved:
            return Result(prop, Verdict.UNKNOWN, note=_ERRORS)
        never = isinstance(prop, y.Reachable | y.Fires)
        return Result(prop, Verdict.VIOLATED if never else Verdict.HOLDS, note=_how(proven))

    def _why(self, prop: Property, number: int) -> str:
        prover = self._prover
        what = prover.refused.get(number) or prover.base.refused.get(number)
        if what:
            return f"not proved: there is no formula of {what}"
        why = refusal(self._machine.system, prop) or prover.stopped
        return f"not proved: {why or f'not by k-induction, k = {prover.k}'}"

    def _counterexample(self, prop: Property, number: int) -> Trace | None:
        """A counterexample to induction, if the reference takes its steps."""
        found = self._prover.refuted.get(number)
        if found is None or isinstance(prop, y.Reachable | y.Fires):
            return None
        machine = follower(self._machine, found)
        run, usual = run_of(machine, found), machine.encode(self._usual())
        spec, model = machine.system.name, self._job.name
        try:
            return unproved(machine, prop, run, usual, spec=spec, model=model)
        except ReplayError:
            return None  # a range error cuts off the step

    def _usual(self) -> dict[str, object]:
        return {of.name: t.default(of.type) for of in self._machine.system.variables}


def _how(proven: Proven) -> str:
    helpers = proven.helpers
    with_ = f", with {helpers} auxiliary invariant{'s' * (helpers != 1)}" if helpers else ""
    return f"proved, k = {proven.k}{with_}"


def _surprises(job: Job, results: tuple[Result, ...]) -> tuple[Surprise, ...]:
    """What is not as expected; how many steps a run has, and how many states there are, was not asked."""
    expectations = tuple(
        replace(e, steps=None) if isinstance(e, ExpectProperty) else e for e in job.expectations
    )
    found = unexpected(replace(job, expectations=expectations), results)
    return tuple(found)
