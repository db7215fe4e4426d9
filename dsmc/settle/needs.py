"""Which faults a violation needs: the property is asked again without them.

For each kind of fault in a counterexample it is searched without that kind, and, where the run has
several of one declared fault, with one fewer. Whether the property holds then, the checker says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from dsmc.engine.outcome import Verdict
from dsmc.frozen import Frozen, replace
from dsmc.ir.faults import STOPPING
from dsmc.ir.protocol import Fault, Program
from dsmc.ir.system import System
from dsmc.lower import lower
from dsmc.results import Result
from dsmc.traces.model import Need, Step, Trace

#: Looks for the violations of a system, within the budget, and says whether it has seen all.
Ask: TypeAlias = "Callable[[System], Answer]"
#: Traces, or what is known of them, by the names of their properties.
Traces: TypeAlias = Mapping[str, Trace]
#: So many states are searched without a fault.
STATES = 50_000


class Answer(Frozen):
    """What was found of each property; `stopped`: why not everything was seen."""

    results: dict[str, Result]
    stopped: str = ""


class Without(Frozen):
    """Fewer faults than there may be: of one kind none at all, or at `most` so many of one line."""

    kind: str
    most: int
    faults: tuple[Fault, ...]


class Found(Frozen):
    """The needs of each violation; and the runs of others that do with fewer faults."""

    needs: dict[str, tuple[Need, ...]]
    fewer: dict[str, Trace]


def needs(program: Program, traces: Traces, ask: Ask) -> Found:
    """What the violations need, that traces show. A search is for all that it concerns."""
    asked: dict[Without, list[str]] = {}
    for name, trace in traces.items():
        for without in withouts(program, trace):
            asked.setdefault(without, []).append(name)
    told = {name: _no_fault(program, trace) for name, trace in traces.items()}
    fewer: dict[str, Trace] = {}
    for without, names in asked.items():
        answer = ask(lower(_lessened(program, without, names)))
        for name in names:
            told[name] += (_need(traces[name], without, answer),)
            result = answer.results.get(name)
            if result is not None and _is_shorter(result, traces[name]):
                assert result.trace is not None
                fewer.setdefault(name, result.trace)
    return Found(told, fewer)


def _is_shorter(result: Result, trace: Trace) -> bool:
    """Is there a run with fewer faults that is not longer?"""
    return result.trace is not None and result.trace.length <= trace.length


# ---------------------------------------------------------------- which faults


def withouts(program: Program, trace: Trace) -> Iterable[Without]:
    """What may be left out of the faults of a run."""
    steps = [step for step in trace.steps if step.fault]
    for kind in dict.fromkeys(step.fault for step in steps):
        yield Without(kind, 0, tuple(f for f in program.faults if f.name != kind))
        of_kind = [fault for fault in program.faults if fault.name == kind]
        many = sum(step.fault == kind for step in steps)
        if len(of_kind) == 1 and many > 1:
            (fault,) = of_kind
            fewer = (replace(f, limit=many - 1) if f is fault else f for f in program.faults)
            yield Without(kind, many - 1, tuple(fewer))


def _no_fault(program: Program, trace: Trace) -> tuple[Need, ...]:
    """Where there may be faults it is worth a word that there is none."""
    possible = bool(program.faults) or any(m.lossy for m in program.messages)
    if not possible or any(step.fault for step in trace.steps):
        return ()
    return (Need("", (), 0, Verdict.VIOLATED.value, "needs no fault"),)


def _lessened(program: Program, without: Without, names: list[str]) -> Program:
    """The program with fewer faults and these properties alone."""
    loses = without.kind != "lose" or without.most > 0
    return replace(
        program, faults=without.faults,
        messages=program.messages if loses else tuple(replace(m, lossy=False) for m in program.messages),
        properties=tuple(p for p in program.properties if p.name in names),
        promises=tuple(
            p for p in program.promises if any(n.startswith(p.property) for n in names)
        ),
    )  # fmt: skip


# ---------------------------------------------------------------- in words

_MANY = {
    "crash": "crashes", "restart": "restarts", "outage": "outages", "lose": "losses",
    "lose reply of": "lost replies", "duplicate": "duplicates", "reorder": "reordering",
    "partition": "partitions", "fail": "failures",
}  # fmt: skip


def _need(trace: Trace, without: Without, answer: Answer) -> Need:
    """What was found without the faults."""
    steps = tuple(s for s in trace.steps if s.fault == without.kind)
    what = " and ".join(dict.fromkeys(_described(trace, step) for step in steps))
    less, name = _less(without), trace.name
    verdict, found = _verdict(answer, name)
    match verdict:
        case Verdict.HOLDS:
            text = f"needs: {what}; {less} {name} holds"
        case Verdict.VIOLATED:
            text = f"does not need: {what}; {less} {name} is violated {found}"
        case _:
            text = f"may need: {what}; whether {name} holds {less} is not known ({found})"
    numbers = tuple(step.number for step in steps)
    return Need(without.kind, numbers, without.most, verdict.value, text)


def _verdict(answer: Answer, name: str) -> tuple[Verdict, str]:
    """What was found of a property, and more of it. What is only told if it is violated holds else."""
    result = answer.results.get(name)
    if result is None:
        return (Verdict.UNKNOWN, answer.stopped) if answer.stopped else (Verdict.HOLDS, "")
    if result.verdict is Verdict.VIOLATED:
        return result.verdict, f"too, in {result.steps} steps"
    return result.verdict, result.note


def _less(without: Without) -> str:
    many = _MANY.get(without.kind, without.kind)
    if not without.most:
        return f"without {many}"
    return f"with at most {without.most} {without.kind if without.most == 1 else many}"


def _described(trace: Trace, step: Step) -> str:
    """`loss of Vote(true) from A to B`, `crash of A after `vote``"""
    if step.fault == "lose" and step.lost:
        return f"loss of {_way(trace, step.lost[0])}"
    if step.fault == "duplicate" and step.sent:
        return f"duplicate of {_way(trace, step.sent[0])}"
    if step.lane is None:
        return step.title
    node = trace.lanes[step.lane].name
    if step.fault not in STOPPING:
        return f"{step.title} at {node}"
    return f"{step.fault} of {node} {_moment(trace, step)}"


def _way(trace: Trace, number: int) -> str:
    message = trace.message(number)
    ends = (trace.lanes[n].name for n in (message.sender, message.receiver))
    return f"{message.text} from {' to '.join(ends)}"


def _moment(trace: Trace, step: Step) -> str:
    """When a node stops, by what it did before."""
    during, cut, _ = step.title.partition(", cut by")
    if cut:
        return f"in `{during}`"
    before = [s.title for s in trace.steps[1 : step.number] if s.lane == step.lane]
    return f"after `{before[-1]}`" if before else "at the start"
