"""The graph of all states of a small model: as a networkx graph, and drawn by Graphviz."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsmc.backends.python.machine import PythonMachine, TracedStep
from dsmc.diagnostics import Diagnostic, Mistakes
from dsmc.engine.machine import State
from dsmc.engine.outcome import Limits
from dsmc.engine.search import INTERRUPTED
from dsmc.files import write_file
from dsmc.frozen import Frozen
from dsmc.ir.names import MESSAGE, shown
from dsmc.ir.show import show
from dsmc.project import Job
from dsmc.reduce.plan import NO_REDUCTIONS
from dsmc.session import Options, check, compile_job
from dsmc.source import NOWHERE
from dsmc.traces.labels import Labels
from dsmc.traces.render.dot import quoted
from dsmc.traces.replay import lanes

if TYPE_CHECKING:
    import networkx as nx

#: More states than this are not drawn unless asked for.
MAX_STATES = 200
#: How the files' names end that drawings are written to.
SUFFIXES = (".dot", ".svg", ".png", ".pdf")


class Drawing(Frozen):
    """A graph as DOT text; `note` says what is missing from it."""

    dot: str
    note: str


class _States:
    """The states of a model in order of discovery, with the steps between them."""

    def __init__(self, job: Job, limit: int) -> None:
        self.machine = PythonMachine(compile_job(job))
        self.number: dict[State, int] = {}
        self.steps: list[tuple[int, int, TracedStep]] = []
        self.complete = True
        initial, _ = self.machine.initial()
        waiting = [state for state in initial if self._known(state, limit)]
        self.initial = len(waiting)
        for state in waiting:
            for step in self.machine.steps_from(state):
                if step.target is None or not self._inside(step.target):
                    continue
                new = step.target not in self.number
                if self._known(step.target, limit):
                    waiting += [step.target] if new else []
                    edge = (self.number[state], self.number[step.target], step)
                    self.steps.append(edge)

    def _inside(self, state: State) -> bool:
        within = self.machine.is_within
        return within is None or bool(within(state))

    def _known(self, state: State, limit: int) -> bool:
        """Give a state its number, if there is room for it."""
        if state not in self.number:
            if len(self.number) >= limit:
                self.complete = False
                return False
            self.number[state] = len(self.number)
        return True

    def labels(self) -> list[str]:
        """The labels of the states, in their order."""
        system = self.machine.system
        values = [self.machine.decode(state) for state in self.number]
        labels = Labels(system, lanes(system), values)
        return [labels.of(each) for each in values]


def _action(step: TracedStep) -> str:
    """What an edge says: the action with its parameters."""
    params = {p.name for p in step.action.params} - {MESSAGE} | {step.action.origin.node}
    values = [show(of, v) for name, v, of in step.labels if name in params]
    return (
        f"{step.action.origin.title}({', '.join(values)})" if values else step.action.origin.title
    )


def state_graph(job: Job, max_states: int = MAX_STATES) -> nx.MultiDiGraph[Any]:
    """The states of a model as a networkx graph.

    Nodes are numbers in order of discovery with the attributes `values` (plain values by variable),
    `label` and `initial`; edges have `action` and `label`. The graph attribute `complete` is false
    if there are more than `max_states` states.
    """
    import networkx as nx

    states = _States(job, max_states)
    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph(complete=states.complete)
    for (state, number), label in zip(states.number.items(), states.labels(), strict=True):
        graph.add_node(
            number,
            values=states.machine.decode(state),
            label=label,
            initial=number < states.initial,
        )
    for source, target, step in states.steps:
        graph.add_edge(source, target, action=shown(step.action.name), label=_action(step))
    return graph


def draw(job: Job, property_: str | None, max_states: int = MAX_STATES) -> Drawing:
    """The graph in Graphviz's language, the run that decides a property highlighted."""
    states = _States(job, max_states)
    path = _highlighted(job, states, property_) if property_ is not None else []
    edges = set(pairwise(path))
    lines = [
        "digraph states {",
        "  node [shape=box, fontname=Helvetica, fontsize=10];",
        "  edge [fontname=Helvetica, fontsize=9];",
    ]
    for number, label in enumerate(states.labels()):
        colour = ", color=red, penwidth=2" if number in path else ""
        initial = ", style=bold, peripheries=2" if number < states.initial else ""
        lines.append(f"  s{number} [label={quoted(label + chr(10))}{colour}{initial}];")
    for source, target, step in states.steps:
        colour = ", color=red, fontcolor=red, penwidth=2" if (source, target) in edges else ""
        lines.append(f"  s{source} -> s{target} [label={quoted(_action(step))}{colour}];")
    lines.append("}")
    note = ""
    if not states.complete:
        note = (
            f"There are more than {max_states} states: only the first {max_states} are drawn."
            " Draw a smaller model (-D), or raise --max-states."
        )
    return Drawing("\n".join(lines) + "\n", note)


def _highlighted(job: Job, states: _States, property_: str) -> list[int]:
    """The numbers of the states of the run that decides a property."""
    options = Options(properties=(property_,), limits=Limits(), reductions=NO_REDUCTIONS)
    report = check(job, options)
    if report.statistics.stopped == INTERRUPTED:
        raise KeyboardInterrupt
    trace = report.result(property_).trace
    if trace is None:
        return []
    numbers = [states.number.get(states.machine.encode(values)) for values in trace.states]
    return [number for number in numbers if number is not None]


def check_suffix(path: Path | None) -> None:
    """Can a drawing be written to such a file? Raises `Mistakes`."""
    if path is not None and path.suffix not in SUFFIXES:
        message = f"`{path}`: it is not known what is to be drawn there"
        help = f"its name ends with {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
        raise Mistakes((Diagnostic("D719", message, NOWHERE, "", help),))


def write_drawing(drawing: Drawing, path: Path) -> str:
    """Write a drawing as its file's name says; what was written, in words.

    Pictures need the program `dot`; without it the DOT text is written beside.
    """
    if path.suffix == ".dot":
        write_file(path, drawing.dot)
        return f"wrote {path}"
    import graphviz

    try:
        picture = graphviz.Source(drawing.dot).pipe(format=path.suffix.lstrip("."))
    except graphviz.ExecutableNotFound:
        write_file(path.with_suffix(".dot"), drawing.dot)
        return f"The program `dot` is not installed: wrote {path.with_suffix('.dot')} instead."
    except (graphviz.CalledProcessError, ValueError) as error:
        write_file(path.with_suffix(".dot"), drawing.dot)
        return f"`dot` could not draw it ({error}): wrote {path.with_suffix('.dot')} instead."
    path.write_bytes(picture)
    return f"wrote {path}"
