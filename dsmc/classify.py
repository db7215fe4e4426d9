"""The strongest guarantees that hold of a spec's histories, for each class of faults.

Every guarantee of a history's family is asked, the stronger ones first; what one that holds implies is
not searched for. The classes are: no faults, each kind of fault of the model alone, and all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dsmc.diagnostics import Diagnostic, Mistakes
from dsmc.engine.outcome import Verdict
from dsmc.engine.search import INTERRUPTED, Watcher
from dsmc.frozen import Frozen, replace
from dsmc.ir.history import History, Promise
from dsmc.ir.protocol import Fault, Program
from dsmc.lower import lower
from dsmc.project import Job
from dsmc.results import Result
from dsmc.session import Options, Report, check_system, program_of
from dsmc.source import NOWHERE

_NOTHING = Diagnostic(
    "D717", "there is no history to classify", NOWHERE, "",
    "declare a `history`, and say in the code what happens in it",
)  # fmt: skip


class Family(Frozen):
    """Guarantees that are compared with each other: the stronger ones first, with what each implies."""

    name: str
    members: tuple[tuple[str, frozenset[str]], ...]


class Cell(Frozen):
    """What was found of one guarantee in one class; `by`: it follows from that one."""

    guarantee: str
    verdict: Verdict
    result: Result | None = None
    by: str = ""


class Row(Frozen):
    """A family of a history in one class of faults: all cells, the strongest guarantees that hold."""

    faults: str
    history: str
    family: Family
    cells: tuple[Cell, ...]

    @property
    def strongest(self) -> tuple[str, ...]:
        """Those that hold and that no other one that holds implies."""
        held = [c.guarantee for c in self.cells if c.verdict is Verdict.HOLDS]
        implied = {n for name, weaker in self.family.members if name in held for n in weaker}
        return tuple(name for name in held if name not in implied)

    @property
    def boundary(self) -> tuple[Cell, ...]:
        """The weakest guarantees that are violated: each with the run that shows it."""
        broken = [c for c in self.cells if c.verdict is Verdict.VIOLATED and c.result is not None]
        weaker = dict(self.family.members)
        names = {c.guarantee for c in broken}
        return tuple(c for c in broken if not weaker[c.guarantee] & names)


def classify(
    job: Job, options: Options, watch: Watcher | None = None
) -> tuple[tuple[Row, ...], Report | None]:
    """The matrix of a model, and the last report (of which the system is told). Raises `Mistakes`."""
    program = replace(program_of(job), properties=(), promises=())
    if not program.histories:
        raise Mistakes((_NOTHING,))
    asking = _Asking(replace(job, expectations=()), options, watch)
    rows = [
        Row(name, of.name, family, asking.cells(replace(program, faults=faults), of, family))
        for name, faults in _classes(program.faults)
        for of in program.histories for family in families(of)
    ]  # fmt: skip
    return tuple(rows), asking.report


def _classes(faults: Sequence[Fault]) -> list[tuple[str, tuple[Fault, ...]]]:
    """No faults, each kind alone, all."""
    kinds = {f.name: tuple(g for g in faults if g.name == f.name) for f in faults}
    found: list[tuple[str, tuple[Fault, ...]]] = [("no faults", ()), *kinds.items()]
    return [*found, ("all faults", tuple(faults))] if len(kinds) > 1 else found


class _Asking:
    def __init__(self, job: Job, options: Options, watch: Watcher | None) -> None:
        self._job, self._options, self._watch = job, options, watch
        self.report: Report | None = None

    def cells(self, program: Program, of: History, family: Family) -> tuple[Cell, ...]:
        """Each guarantee of a family."""
        found: list[Cell] = []
        for name, _ in family.members:
            by = next((c.guarantee for c in found if _implies(family, c, name)), "")
            found.append(Cell(name, Verdict.HOLDS, by=by) if by else self._asked(program, of, name))
        return tuple(found)

    def _asked(self, program: Program, of: History, name: str) -> Cell:
        word, *forms = name.split()
        name = "_".join([word, *forms])
        promise = Promise(name, word, of.name, tuple(forms)).at(of.span)
        system = lower(replace(program, promises=(promise,)))
        self.report = report = check_system(self._job, system, self._options, self._watch)
        if report.interrupted:
            raise KeyboardInterrupt(INTERRUPTED)
        results = [r for r in report.results if r.name.startswith(name)]
        worst = min(results, key=lambda r: _ORDER.index(r.verdict))
        return Cell(" ".join([word, *forms]), worst.verdict, worst)


_ORDER = (Verdict.VIOLATED, Verdict.UNKNOWN, Verdict.HOLDS)


def _implies(family: Family, cell: Cell, name: str) -> bool:
    return cell.verdict is Verdict.HOLDS and name in dict(family.members)[cell.guarantee]


# ---------------------------------------------------------------- families


def families(of: History) -> tuple[Family, ...]:
    """The families of guarantees that can be asked of a history."""
    match of.object:
        case "transactions":
            return (_isolation(),)
        case "broadcast":
            order = _as_written(_ORDERS)
            names = ("no_duplication", "no_creation", "exactly_once")
            reach = _as_written({"uniform": ("reliable",), "reliable": ()})
            return Family("order", order), Family("reach", reach), *map(_alone, names)
        case "commit":
            return tuple(
                _alone(f"atomic_commit {part}") for part in ("ac1", "ac2", "ac3", "ac4", "ac5")
            )
        case "replicas":
            return _alone("strong_convergence"), _alone("convergent")
        case "saga":
            return (_alone("all_or_compensated"),)
        case _:
            forms = {"available": ("available majority", "available sticky")}
            weaker = {"available majority": (), "available sticky": ()}
            return _consistency(of), Family("availability", _as_written({**forms, **weaker}))


_ORDERS = {
    "uniform_total_order": ("total_order",), "total_order": (), "causal_order": ("fifo_order",),
    "fifo_order": (),
}  # fmt: skip


def _alone(name: str) -> Family:
    return Family(name, ((name, frozenset()),))


def _as_written(direct: dict[str, tuple[str, ...]]) -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple((name, frozenset(weaker)) for name, weaker in direct.items())


def _consistency(of: History) -> Family:
    from dsmc.histories.check import GUARANTEES, weaker
    from dsmc.typecheck.objects import guarantees

    names = [g.name for g in GUARANTEES if g.name in guarantees(of) and g.name != "convergent"]
    return Family("consistency", _members(names, weaker))


def _isolation() -> Family:
    from dsmc.histories.isolation.levels import LEVELS, implied

    return Family("isolation", _members(list(LEVELS), implied))


def _members(
    names: list[str], weaker: Callable[[str], Sequence[str] | set[str]]
) -> tuple[tuple[str, frozenset[str]], ...]:
    """The stronger ones first: those that imply more."""
    told = [(name, frozenset(weaker(name)) & frozenset(names)) for name in names]
    return tuple(sorted(told, key=lambda pair: -len(pair[1])))
