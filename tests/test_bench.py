"""What is measured is the same work, and what is written of it is so."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.hand_written import packed, tuples
from bench.peers.by_hand import ByHand
from bench.peers.dsmc_check import Dsmc
from bench.peers.measuring import better
from bench.peers.processes import run
from bench.peers.spin import Spin
from bench.peers.table import Row, cell, is_wrong, render
from bench.peers.tools import Measured, Verdict
from bench.peers.workloads import SYSTEMS, Size, System, Tier, Workload, workloads
from bench.speed import measure, reference
from dsmc import Options, Overrides, check, load
from dsmc.ir.types import fixed
from dsmc.project import Job
from dsmc.session import Report, compile_job


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_all_ways_agree(n: int) -> None:
    """States, transitions and depth."""
    assert reference(n) == tuples(n) == packed(n)


def test_measured() -> None:
    """288 states, as Gray and Lamport's module has with three resource managers."""
    counts, seconds = measure(3)
    assert counts.states == 288
    assert all(each > 0 for each in seconds.values())


# ---------------------------------------------------------------- the workloads of the peers


def instance(system: System, value: int) -> Job:
    (job,) = load(system.spec, Overrides((f"{system.constant}={value}", *system.dsmc_fixed)))
    return job


def checked(system: System, value: int, engine: str) -> Report:
    properties = (system.property,) if system.property else ()
    return check(instance(system, value), Options(properties=properties, engine=engine))


@pytest.mark.parametrize("engine", ["python", "c"])
@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_smallest_size(system: System, engine: str) -> None:
    """As many states and transitions as the peers count, or the nearest deadlock."""
    size = system.sizes[0]
    report = checked(system, size.value, engine)
    if system.deadlocks:
        assert report.result("no_deadlock").steps == size.value
    else:
        assert not report.surprises
        assert report.statistics.states == size.states
        assert report.statistics.transitions == size.transitions


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_every_size_is_an_instance(system: System) -> None:
    """The constants are within their ranges, and every state is a number."""
    for size in system.sizes:
        variables = compile_job(instance(system, size.value)).variables
        assert all(fixed(variable.type) for variable in variables)


def test_names_select() -> None:
    """No two workloads have one name."""
    names = [w.name for w in workloads()]
    assert len(set(names)) == len(names)
    assert "causal TOT=4" in names


# ---------------------------------------------------------------- the table

PATH = Path("kit")
ONE, COMES, SPIN, HAND = Dsmc(1), Dsmc(None), Spin(PATH), ByHand(PATH)
TOOLS = [ONE, COMES, SPIN, HAND]
SIZE = Size(8, Tier.SHORT, states=1_000_000, transitions=10_000_000)
WORKLOAD = Workload(SYSTEMS[0], SIZE)


def ran(whole: float, search: float, states: int = 1_000_000, peak: int = 50_000_000) -> Measured:
    return Measured(Verdict.HOLDS, whole, states, search, peak)


def row(**best: Measured) -> Row:
    names = {"one": ONE.name, "comes": COMES.name, "spin": SPIN.name, "hand": HAND.name}
    return Row(WORKLOAD, {names[key]: measured for key, measured in best.items()})


def cells(row: Row) -> list[str]:
    """The last line of the table."""
    lines = [line for line in render(["a day"], TOOLS, [row]).splitlines() if line.startswith("|")]
    return [each.strip() for each in lines[-1].strip("|").split("|")]


def test_figures() -> None:
    """Speed, memory and seconds of each; the ratios of the searches and of the wholes."""
    found = cells(row(one=ran(1.5, 0.5), comes=ran(0.75, 0.1, 2_000), spin=ran(6, 2)))
    assert found == [
        "twophase N=8",
        "1,000,000",
        "20 M/s, 50 B, 1.5 s",
        "0.75 s, 2,000 states",
        "5 M/s, 50 B, 6 s",
        "—",
        "4×, 4×",
        "—",
        "—",
    ]


def test_heads() -> None:
    """As many as cells, and what was said of the machine."""
    page = render(["a day", "a machine"], TOOLS, [row(one=ran(1, 1))])
    (head,) = [line for line in page.splitlines() if line.startswith("| workload")]
    assert head.count("|") == render([], TOOLS, []).splitlines()[3].count("|")
    assert "* a machine" in page
    assert "dsmc / by hand" in head


def test_wrong_number_of_states() -> None:
    """The row is marked, and says what was found."""
    wrong = row(one=ran(1, 1), spin=ran(1, 1, states=999_999))
    assert is_wrong(wrong, TOOLS)
    assert cells(wrong)[0] == "**twophase N=8**"
    assert cells(wrong)[4] == "999,999 states!"
    assert not is_wrong(row(one=ran(1, 1), spin=ran(1, 1)), TOOLS)


def test_fewer_states_are_right_where_some_may_be_left_out() -> None:
    """More are not."""
    assert not is_wrong(row(comes=ran(1, 1, states=10)), TOOLS)
    assert is_wrong(row(comes=ran(1, 1, states=1_000_001)), TOOLS)


def test_wrong_verdict() -> None:
    """A deadlock where there is none."""
    wrong = row(spin=Measured(Verdict.DEADLOCK, 1.0, 1_000_000, 1.0, 1))
    assert is_wrong(wrong, TOOLS)
    assert cells(wrong)[4] == "deadlock!"


def test_cut_off() -> None:
    """Nobody is wrong, and nothing is compared."""
    slow = row(one=ran(1, 1), spin=Measured(Verdict.CUT_OFF, 60.0))
    assert not is_wrong(slow, TOOLS)
    assert cells(slow)[4] == "over 60 s"
    assert cells(slow)[6] == "—"


def test_short_searches_have_no_speed() -> None:
    """But their processes can be compared."""
    found = cells(row(one=ran(1, 0.001), spin=ran(2, 0.5)))
    assert found[2] == "50 B, 1 s"
    assert found[6] == "—, 2×"


def test_small_state_spaces_have_no_bytes() -> None:
    """The process itself would be shown."""
    small = Workload(SYSTEMS[0], Size(3, Tier.QUICK, states=288, transitions=1_145))
    assert cell(small, SPIN, ran(1, 1, states=288)) == "0.00114 M/s, 1 s"


def test_the_fastest_counts() -> None:
    """Unless one of the runs did not come to its end."""
    cut_off = Measured(Verdict.CUT_OFF, 60.0)
    assert better(None, ran(2, 1)) == ran(2, 1)
    assert better(ran(2, 1), ran(1, 0.5)) == better(ran(1, 0.5), ran(2, 1)) == ran(1, 0.5)
    assert better(ran(2, 1), cut_off) == cut_off


# ---------------------------------------------------------------- processes


def test_process(tmp_path: Path) -> None:
    """What it wrote, where it ran, how it ended."""
    code = "import os, sys; print('1,234 states'); print(os.getcwd()); sys.exit(3)"
    found = run([sys.executable, "-c", code], tmp_path, 60)
    assert (found.code, found.cut_off) == (3, False)
    assert found.number(r"([\d,]+) states") == 1234
    assert found.number(r"(\d+) rules") is None
    assert found.when("1,2") is not None
    assert found.lines[1][1] == str(tmp_path.resolve())
    assert found.peak > 1_000_000


def test_process_with_variables(tmp_path: Path) -> None:
    """What is set for it, beside what is set for all."""
    code = "import os; print(os.environ['GREETING'], 'PATH' in os.environ)"
    assert run([sys.executable, "-c", code], tmp_path, 60, GREETING="hello").text == "hello True"


def test_process_with_children_is_cut_off(tmp_path: Path) -> None:
    """All of it, children that hold its output too."""
    found = run(["sh", "-c", "sleep 60 & sleep 60"], tmp_path, 0.2)
    assert found.cut_off
    assert found.seconds < 30
