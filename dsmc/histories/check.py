"""Which guarantees there are, who decides them, and what a history says of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from dsmc.diagnostics import did_you_mean
from dsmc.frozen import Frozen
from dsmc.histories import causal, convergence, session_guarantees, words, workloads
from dsmc.histories.budget import Budget
from dsmc.histories.formats.mistakes import UNKNOWN, refuse_all
from dsmc.histories.linearizable import linearizable
from dsmc.histories.model import Operations
from dsmc.histories.objects import SPECIFICATIONS, Specification
from dsmc.histories.sequential import sequential
from dsmc.histories.verdict import Holds, Undecided, Verdict, Violated


class Guarantee(Frozen):
    """A guarantee on objects, and the weaker ones that it implies directly."""

    name: str
    decide: Callable[[Operations, Specification, Budget], Verdict]
    implies: tuple[str, ...] = ()


class Workload(Frozen):
    """What one of the well-known tests asks of a history, whatever the object promises."""

    name: str
    decide: Callable[[Operations], Verdict]


_SESSION = ("read_your_writes", "monotonic_reads", "monotonic_writes", "writes_follow_reads")

#: The stronger ones before the weaker ones.
GUARANTEES = (
    Guarantee("linearizable", linearizable, ("sequential",)),
    Guarantee("sequential", sequential, ("causal_memory", "causal_convergent")),
    Guarantee("causal_memory", causal.causal_memory, ("causal", "pram", "writes_follow_reads")),
    Guarantee("causal_convergent", causal.causal_convergent, ("causal", *_SESSION)),
    Guarantee("causal", causal.causal, ("read_your_writes",)),
    Guarantee("pram", causal.pram, _SESSION[:3]),
    Guarantee("read_your_writes", session_guarantees.read_your_writes),
    Guarantee("monotonic_reads", session_guarantees.monotonic_reads),
    Guarantee("monotonic_writes", session_guarantees.monotonic_writes),
    Guarantee("writes_follow_reads", session_guarantees.writes_follow_reads),
    Guarantee("convergent", convergence.convergent),
)
WORKLOADS = (
    Workload("counter_bounds", workloads.counter_bounds),
    Workload("no_lost_adds", workloads.no_lost_adds),
    Workload("constant_total", workloads.constant_total),
    Workload("nonnegative", workloads.nonnegative),
    Workload("no_long_fork", workloads.no_long_fork),
)
_NAMED: dict[str, Guarantee | Workload] = {g.name: g for g in (*GUARANTEES, *WORKLOADS)}


class Finding(Frozen):
    """The verdict on a guarantee. `by` is the one that it follows from, if it was not asked itself."""

    guarantee: str
    verdict: Verdict
    by: str = ""


def named(name: str) -> Guarantee | Workload:
    """The guarantee of a name. Raises `Mistakes`."""
    if name not in _NAMED:
        help = did_you_mean(name, _NAMED) or f"there are all, {', '.join(_NAMED)}"
        refuse_all(f"there is no guarantee `{name}`", help, UNKNOWN)
    return _NAMED[name]


def guarantee(name: str) -> Guarantee:
    """The guarantee on objects of a name."""
    return next(one for one in GUARANTEES if one.name == name)


# ---------------------------------------------------------------- the object


def specification(history: Operations, name: str | None, initial: str | None) -> Specification:
    """The object of a name, or the one that has all that is asked. Raises `Mistakes`."""
    if name is not None and name not in SPECIFICATIONS:
        help = did_you_mean(name, SPECIFICATIONS) or f"there are {', '.join(SPECIFICATIONS)}"
        refuse_all(f"there is no object `{name}`", help, UNKNOWN)
    asked = dict.fromkeys(one.f for one in history.operations)
    made = _made(name or _fitting(history, asked), initial)
    strange = [f for f in asked if f not in made.functions]
    if strange:
        help = f"it has {', '.join(made.functions)}; --object takes {', '.join(SPECIFICATIONS)}"
        refuse_all(f"a {made.name} has no `{strange[0]}`", help)
    for one in history.operations:
        function = made.functions[one.f]
        if not function.accepts(one.arg):
            refuse_all(f"#{one.id} `{one.f}` of {words.value(one.session)} asks with"
                       f" {words.value(one.arg)}", f"it takes {function.takes}")  # fmt: skip
    return made


def _made(name: str, initial: str | None) -> Specification:
    """An object that holds at the beginning what is said."""
    usual = SPECIFICATIONS[name]()
    if initial is None:
        return usual
    made = SPECIFICATIONS[name](_value(initial))
    if usual.initial is not None and type(made.initial) is not type(usual.initial):
        example = words.value(usual.initial)
        refuse_all(
            f"a {name} cannot begin with {words.value(made.initial)}", f"it can with {example}"
        )
    return made


def _fitting(history: Operations, asked: Iterable[str]) -> str:
    """The one object that has all that is asked; of registers the simplest."""
    wanted = set(asked)
    fitting = [name for name, make in SPECIFICATIONS.items() if wanted <= set(make().functions)]
    if not fitting:
        help = f"--object says it: {', '.join(SPECIFICATIONS)}; or --guarantee takes a workload"
        refuse_all(f"no object has all of {', '.join(wanted)}", help)
    if wanted <= {"add", "read"} and "add" in wanted:
        reads = [o.result for o in history.operations if o.f == "read"]
        return "set" if any(isinstance(r, tuple | frozenset) for r in reads) else "counter"
    return fitting[0]


def _value(text: str) -> object:
    """A value as it is written in EDN; what is none is a text."""
    from dsmc.diagnostics import Mistakes
    from dsmc.histories.formats import edn
    from dsmc.source import Source

    try:
        values = edn.read(Source("--initial", text))
    except Mistakes:
        return text
    return values[0] if len(values) == 1 else text


# ---------------------------------------------------------------- all of them


def check(history: Operations, name: str, spec: Specification | None, budget: Budget) -> Verdict:
    """Does the history keep the guarantee? Raises `Mistakes`."""
    match named(name):
        case Workload(_, decide):
            return decide(history)
        case Guarantee(_, decide_with):
            return decide_with(history, spec or specification(history, None, None), budget)


def check_all(
    history: Operations, spec: Specification, seconds: float | None
) -> tuple[Finding, ...]:
    """Every guarantee on objects, the stronger ones first; each may take so long.

    What follows from what was found is not searched for. Sequential consistency is hard, so it comes
    after the weaker guarantees, of which a broken one breaks it.
    """
    found: dict[str, Finding] = {}
    for one in sorted(GUARANTEES, key=lambda g: g.name == "sequential"):
        if one.name not in found:
            found[one.name] = Finding(one.name, one.decide(history, spec, Budget(seconds)))
        for other in _following(found[one.name]):
            known = found.get(other.guarantee)
            if known is None or isinstance(known.verdict, Undecided):
                found[other.guarantee] = other
    return tuple(found[one.name] for one in GUARANTEES)


def _following(finding: Finding) -> Iterator[Finding]:
    """What else holds if a guarantee does, and what is violated if it is."""
    if isinstance(finding.verdict, Undecided):
        return
    holds = isinstance(finding.verdict, Holds)
    verdict = Holds() if holds else finding.verdict
    for name in weaker(finding.guarantee) if holds else stronger(finding.guarantee):
        yield Finding(name, verdict, finding.guarantee)


def weaker(name: str) -> tuple[str, ...]:
    """The guarantees that one implies."""
    one = _NAMED[name]
    direct = one.implies if isinstance(one, Guarantee) else ()
    return tuple(dict.fromkeys(n for d in direct for n in (d, *weaker(d))))


def stronger(name: str) -> tuple[str, ...]:
    """The guarantees that imply one."""
    return tuple(g.name for g in GUARANTEES if name in weaker(g.name))


def strongest(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Those that hold and are not implied by another one that holds."""
    holding = [f.guarantee for f in findings if isinstance(f.verdict, Holds)]
    return tuple(n for n in holding if not any(n in weaker(other) for other in holding))


def refuted_next(findings: Iterable[Finding]) -> Finding | None:
    """The weakest that is violated."""
    broken = [f for f in findings if isinstance(f.verdict, Violated) and not f.by]
    lowest = [f for f in broken if not any(o.guarantee in weaker(f.guarantee) for o in broken)]
    return lowest[0] if lowest else None
