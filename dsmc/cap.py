"""The CAP table of a spec: which of consistency and availability is kept, without a partition and with one.

Of each history of operations it is asked what the spec promises of it: `linearizable` where it promises
no consistency, `available` where it promises no availability. A spec without histories is asked its
invariants, and its properties of the form `leads to`.
"""

from __future__ import annotations

from collections.abc import Sequence

from dsmc.diagnostics import Diagnostic, Mistakes
from dsmc.engine.outcome import Verdict
from dsmc.engine.search import INTERRUPTED, Watcher
from dsmc.frozen import Frozen, replace
from dsmc.ir import system as y
from dsmc.ir.history import Promise
from dsmc.ir.protocol import Fault, Program
from dsmc.lower import lower
from dsmc.project import Job
from dsmc.results import Result
from dsmc.session import Options, Report, check_system, program_of
from dsmc.source import NOWHERE

_PARTITION = "partition"
#: Histories of what is done, and not asked: nothing is owed an answer.
_DONE = ("broadcast", "commit", "replicas", "saga", "transactions")

_NOTHING = Diagnostic(
    "D715", "there is nothing to ask of this spec under a partition", NOWHERE, "",
    "declare a `history` with `begin` and `end`, or properties: an `invariant` and a `leads to`",
)  # fmt: skip


class Row(Frozen):
    """What is asked, and what was found without a partition, and with one."""

    name: str
    availability: bool
    without: Result
    during: Result


class Table(Frozen):
    """The rows for one model, and the reports that they are from."""

    job: Job
    rows: tuple[Row, ...]
    reports: tuple[Report, Report]

    @property
    def verdict(self) -> str:
        """Which of the two gives way to a partition, in words."""
        before = [r.name for r in self.rows if r.without.verdict is Verdict.VIOLATED]
        if before:
            return f"{', '.join(before)}: broken without a partition already"
        kept = {
            availability: _all([r.during for r in self.rows if r.availability is availability])
            for availability in (False, True)
        }
        return _SAID.get((kept[False], kept[True]), _OPEN)


_SAID = {
    (Verdict.HOLDS, Verdict.HOLDS): "a partition takes nothing from it",
    (Verdict.HOLDS, Verdict.VIOLATED): "CP: availability gives way to a partition",
    (Verdict.VIOLATED, Verdict.HOLDS): "AP: consistency gives way to a partition",
    (Verdict.VIOLATED, Verdict.VIOLATED): "neither is kept under a partition",
}
_OPEN = "which of the two gives way is not known"


def _all(found: Sequence[Result]) -> Verdict:
    """Are all of them kept?"""
    verdicts = {one.verdict for one in found}
    for verdict in (Verdict.VIOLATED, Verdict.UNKNOWN):
        if verdict in verdicts:
            return verdict
    return Verdict.HOLDS if verdicts else Verdict.UNKNOWN


def cap(job: Job, options: Options, watch: Watcher | None = None) -> Table:
    """The table of a model. Raises `Mistakes`."""
    program = _asking(program_of(job))
    whole = replace(program, faults=tuple(f for f in program.faults if f.name != _PARTITION))
    cut = _lasting(program) if len(whole.faults) < len(program.faults) else _split(program)
    plain = replace(job, expectations=())
    reports = []
    for one in (whole, cut):
        reports.append(check_system(plain, lower(one), options, watch))
        if reports[-1].interrupted:
            raise KeyboardInterrupt(INTERRUPTED)
    without, during = reports
    rows = [
        Row(r.name, _is_availability(r.prop), r, during.result(r.name))
        for r in without.results if not isinstance(r.prop, y.NoError | y.Assertion)
    ]  # fmt: skip
    return Table(job, tuple(sorted(rows, key=lambda r: r.availability)), (without, during))


def _lasting(program: Program) -> Program:
    """The spec's own partitions, for ever: to wait for their end is no answer."""
    faults = (
        replace(f, flags=f.flags - {"heals"}) if f.name == _PARTITION else f for f in program.faults
    )
    return replace(program, faults=tuple(faults))


def _split(program: Program) -> Program:
    """Where the spec knows no partition: one, anywhere, that does not heal."""
    fault = Fault(_PARTITION, None, "", "", 1, frozenset())
    return replace(program, faults=(*program.faults, fault))


def _is_availability(prop: y.Property) -> bool:
    return isinstance(prop, y.Temporal)


# ---------------------------------------------------------------- what is asked


def _asking(program: Program) -> Program:
    """The program with what is asked of it, and nothing else."""
    if program.histories:
        return replace(program, properties=(), promises=_promises(program))
    asked = tuple(p for p in program.properties if isinstance(p, y.Invariant) or _answers(p))
    if not asked:
        raise Mistakes((_NOTHING,))
    return replace(program, properties=asked)


def _answers(prop: y.Property) -> bool:
    return isinstance(prop, y.Temporal) and prop.form == "leads to"


def _promises(program: Program) -> tuple[Promise, ...]:
    found: list[Promise] = []
    for history in program.histories:
        mine = [p for p in program.promises if p.history == history.name]
        several = len(program.histories) > 1
        if history.object in _DONE:
            found += mine
            continue
        for word in ("linearizable", "available"):
            same = [p for p in mine if (p.guarantee == "available") == (word == "available")]
            name = f"{word}_{history.name}" if several else word
            found += same or [Promise(name, word, history.name).at(history.span)]
    return tuple(found)
