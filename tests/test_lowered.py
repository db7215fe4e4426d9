"""What `dsmc lower` prints is a spec in the core of the language, with the same states.

`python tests/test_lowered.py` writes the texts in `tests/lowered/` again.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import MODELS, ROOT

from dsmc.backends.python.machine import PythonMachine
from dsmc.diagnostics.render import render_all
from dsmc.engine.outcome import Limits
from dsmc.engine.search import explore
from dsmc.ir.print import ident, print_system
from dsmc.ir.system import System
from dsmc.lower import lower
from dsmc.project import Job, Overrides
from dsmc.session import compile_job, load
from dsmc.source import Source
from dsmc.syntax.parser import parse
from dsmc.typecheck.program import Instance, check_spec

FOLDER = Path(__file__).parent / "lowered"
#: One spec of the core, one with messages, one with processes and a crash.
GOLDEN = {
    "tcommit": "",
    "two_phase_commit": "lose at most 1",
    "transfers": "crash Teller at most 1",
}
#: So many states tell one system from another.
ENOUGH = Limits(states=3_000)


def jobs() -> list[object]:
    """Of each file of models those with the fewest states."""
    found: list[object] = []
    for path in MODELS:
        smallest = sorted(load(path), key=stated)[:3]
        found += [pytest.param(job, id=f"{path.stem}-{job.name}") for job in smallest]
    return found


def stated(job: Job) -> int:
    """The number of states that a model states."""
    counts = [e.number for e in job.expectations if getattr(e, "what", "") == "states"]
    return counts[0] if counts else 1 << 31


def live_jobs() -> list[object]:
    """The first of each file that speaks of whole runs."""
    paths = sorted((ROOT / "tests/liveness").glob("*.dsm"))
    return [pytest.param(load(path)[0], id=path.stem) for path in paths]


def read_again(text: str) -> System:
    """The system of a printed text."""
    parsed = parse(Source("printed", text))
    checked = check_spec((parsed,), Instance())
    assert checked.program is not None, render_all(checked.problems)
    return lower(checked.program)


def explored(system: System) -> tuple[int, int, int]:
    s = explore(PythonMachine(system), frozenset(), limits=ENOUGH, to_the_end=True).statistics
    return s.states, s.transitions, s.depth


@pytest.mark.parametrize("job", jobs() + live_jobs())
def test_printed_and_read_again(job: Job) -> None:
    """The same numbers of states, transitions and levels."""
    system = compile_job(job)
    text = print_system(system)
    if system.observers:  # what they remember has no words in the language
        assert all(ident(o.variable) in text for o in system.observers)
        return
    assert explored(read_again(text)) == explored(system)


TUPLES = """spec tuples
type Id = (bool, (1..2, 1..2))
var s: set<Id> = {}
action a(e in Id) when count(s) < 2 and exists f in Id: f not in s { s += e }
invariant i { forall e in Id, f in s: e != f or e in s }
"""


def test_tuples_are_gone_through(spec: Callable[[str], Path]) -> None:
    """A type of tuples looks like a tuple where values are written."""
    system = compile_job(load(spec(TUPLES))[0])
    assert explored(read_again(print_system(system))) == explored(system)


def lowered(name: str) -> str:
    """A spec of the repository in the core."""
    (job,) = load(ROOT / f"specs/{name}.dsm", Overrides((), GOLDEN[name] or None))
    return print_system(compile_job(job))


@pytest.mark.parametrize("name", GOLDEN)
def test_golden(name: str) -> None:
    """A change of what is lowered shows in a review."""
    kept = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert lowered(name) == kept, "run `python tests/test_lowered.py`, and look at what changed"


if __name__ == "__main__":
    for each in GOLDEN:
        (FOLDER / f"{each}.txt").write_text(lowered(each), encoding="utf-8")
