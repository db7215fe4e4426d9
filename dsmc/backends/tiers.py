"""Which engine runs: the reference for the first few thousand states of a search, and for few random runs;
C for what is larger.
"""

from __future__ import annotations

import functools
import time
from pathlib import Path

from dsmc.backends.python.forms import forms
from dsmc.backends.python.machine import PythonMachine
from dsmc.engine.outcome import Explored, Limits, Whole
from dsmc.engine.search import Watcher, explore, states_limit
from dsmc.engine.simulate import Plan, Simulated, simulate
from dsmc.frozen import Frozen, replace
from dsmc.reduce.permute import Named

#: So many states the reference has seen before C code would be written and compiled.
FIRST = 3_000
#: The reference writes no checkpoints.
_NOT_KEPT = "there is no checkpoint: only the search in C is kept"
_AS_EVER = "it keeps whole states, and goes level by level"
#: Where the reference must bring each successor into its canonical form, it sees fewer.
FIRST_FORMS = 300
#: Random runs of so many steps in all are taken by the reference before C code would be compiled.
FEW_STEPS = 1_000


class How(Frozen):
    """Which engine, and with how many threads (0: as many as there are cores); in which folder the
    search is kept on disk (empty: nowhere), and whether it goes on from what is there. Whether the
    `store` of states is `exact` or of a `fingerprint` each, and the `order` is `breadth` or `depth`
    first. C may be made by one `compiler` only (`tcc`, `cc`; empty: by what is ready).
    """

    engine: str = "auto"
    threads: int = 0
    checkpoint: str = ""
    resume: bool = False
    store: str = "exact"
    order: str = "breadth"
    compiler: str = ""


def search(
    machine: PythonMachine,
    wanted: frozenset[int],
    how: How,
    *,
    limits: Limits,
    to_the_end: bool,
    watch: Watcher | None = None,
    symmetric: tuple[Named, ...] = (),
    whole: Whole | None = None,
) -> Explored:
    """See `engine.search.explore`. States that differ in names of the `symmetric` types only count as
    one. What is done before the search that gives the answer is preparation: generating and compiling,
    and the first few thousand states where they were not all.
    """
    asked = time.perf_counter()
    rest = (to_the_end, watch, asked, symmetric)
    in_c = functools.partial(_in_c, whole=whole)
    if how.engine == "c" or how.checkpoint:
        return in_c(machine, wanted, how, limits, *rest)
    most = FIRST_FORMS if symmetric else FIRST
    first = limits if how.engine == "python" else _first(limits, most)
    found = _in_python(machine, wanted, first, *rest)
    if first == limits or found.statistics.stopped != states_limit(most):
        return found
    return in_c(machine, wanted, how, limits, *rest)


def _first(limits: Limits, states: int) -> Limits:
    """The limits of the first states."""
    if limits.states is not None and limits.states <= states:
        return limits
    return replace(limits, states=states)


def _in_python(
    machine: PythonMachine, wanted: frozenset[int], limits: Limits, to_the_end: bool,
    watch: Watcher | None, asked: float, symmetric: tuple[Named, ...],
) -> Explored:  # fmt: skip
    machine.prepare()
    preparation = time.perf_counter() - asked
    found = explore(
        machine, wanted, limits=limits, to_the_end=to_the_end, watch=watch,
        canonical=forms(machine, symmetric),
    )  # fmt: skip
    return replace(found, statistics=replace(found.statistics, preparation=preparation))


def _in_c(
    machine: PythonMachine, wanted: frozenset[int], how: How, limits: Limits, to_the_end: bool,
    watch: Watcher | None, asked: float, symmetric: tuple[Named, ...], *, whole: Whole | None,
) -> Explored:  # fmt: skip
    from dsmc.backends.c.explore import Manner
    from dsmc.backends.c.explore import explore as explore_in_c
    from dsmc.backends.c.keeping import Checkpoint
    from dsmc.backends.c.tinycc import CompileError

    manner = Manner(how.threads, how.store == "fingerprint", how.order == "depth", how.compiler)
    kept = Checkpoint(Path(how.checkpoint), how.resume) if how.checkpoint else None
    try:
        return explore_in_c(
            machine, wanted, manner=manner, limits=limits, to_the_end=to_the_end, watch=watch,
            asked=asked, checkpoint=kept, symmetric=symmetric, whole=whole,
        )  # fmt: skip
    except CompileError as error:
        found = _in_python(machine, wanted, limits, to_the_end, watch, asked, symmetric)
        note = _without_c(error)
        note += f"; {_NOT_KEPT}" if how.checkpoint else ""
        note += f"; {_AS_EVER}" if (how.store, how.order) != ("exact", "breadth") else ""
        engine = replace(found.statistics.engine, note=note)
        return replace(found, statistics=replace(found.statistics, engine=engine))


def _without_c(error: Exception) -> str:
    return f"no C compiler works here ({error}): the slower reference ran"


# ---------------------------------------------------------------- random runs


def walk(
    machine: PythonMachine,
    wanted: frozenset[int],
    plan: Plan,
    engine: str,
    watch: Watcher | None = None,
) -> Simulated:
    """See `engine.simulate.simulate`."""
    few = plan.runs * plan.depth <= FEW_STEPS
    if engine == "python" or (engine == "auto" and few):
        return simulate(machine, wanted, plan, watch)
    from dsmc.backends.c.simulate import simulate as simulate_in_c
    from dsmc.backends.c.tinycc import CompileError

    try:
        return simulate_in_c(machine, wanted, plan, watch)
    except CompileError as error:
        found = simulate(machine, wanted, plan, watch)
        return replace(found, engine=replace(found.engine, note=_without_c(error)))
