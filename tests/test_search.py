"""What a search says when it cannot or need not see everything."""

from __future__ import annotations

import math
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT, size, words

from dsmc.engine.outcome import Limits
from dsmc.session import Options, Report, check, load

Checked = Callable[..., Report]

#: Ten million states: more than any of these tests waits for.
ODOMETER = """spec odometer
const N = 7
var digit: map<1..N, 0..9> = [i: 0 for i in 1..N]
action up(i in 1..N) when digit[i] < 9 { digit[i] += 1 }
invariant in_range { forall i in 1..N: digit[i] < 10 }
reachable some_3 { digit[1] == 3 }
reachable all_9 { forall i in 1..N: digit[i] == 9 }
"""


def dsmc(*args: str | Path, **env: str) -> subprocess.Popen[str]:
    """The program, started."""
    return subprocess.Popen(
        [sys.executable, "-m", "dsmc", *map(str, args)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        preexec_fn=_heed_interrupts,  # noqa: PLW1509
    )


def _heed_interrupts() -> None:
    """Where the tests run in the background, their children would ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


# ---------------------------------------------------------------- limits


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        (Limits(states=2_000), "the limit of 2000 states"),
        (Limits(seconds=0.2), "the limit of 0.2 seconds"),
        (Limits(memory=1 << 20), "the limit of 1 MiB of memory"),
    ],
)
def test_limits(checked: Checked, limits: Limits, why: str) -> None:
    """What is not decided is unknown; how far the search came is said."""
    report = checked(ODOMETER, None, limits)
    assert words(report)["in_range"] == words(report)["all_9"] == "unknown"
    assert report.result("all_9").note == why
    assert report.statistics.stopped == why
    assert not report.statistics.complete
    assert report.statistics.states > 0
    assert all(surprise.unknown for surprise in report.surprises)


def test_what_was_found_before_the_limit_counts(checked: Checked) -> None:
    """A witness is one whatever comes after it."""
    report = checked(ODOMETER, None, Limits(states=2_000))
    assert words(report)["some_3"] == "reachable"
    assert report.result("some_3").steps == 3


def test_the_levels_that_are_complete(checked: Checked) -> None:
    """All states of these levels were expanded: n + 6 over 6 of them are n steps away."""
    statistics = checked(ODOMETER, None, Limits(states=600)).statistics
    complete = statistics.complete_depth
    assert complete > 3
    assert statistics.states >= sum(math.comb(n + 6, 6) for n in range(complete + 1))


def test_a_limit_that_is_not_met(checked: Checked) -> None:
    """A search that ends before its limit is complete."""
    report = checked(ODOMETER.replace("N = 7", "N = 2"), None, Limits(states=101))
    assert size(report) == (100, 180)
    assert words(report)["in_range"] == "holds"


@pytest.mark.parametrize("limit", ["--max-states=1000", "--max-time=0.2", "--max-memory=1M"])
def test_exit_code_of_a_limit(spec: Callable[[str], Path], limit: str) -> None:
    """3, and what was covered."""
    process = dsmc("check", spec(ODOMETER), limit)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "in_range        unknown (the limit of" in out
    assert "complete to depth" in out
    assert err == ""


def test_control_c(spec: Callable[[str], Path]) -> None:
    """What is known so far is printed. There are a billion states, and no search is led."""
    process = dsmc("check", spec(ODOMETER.replace("N = 7", "N = 9")), "--no-partial-order")
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "in_range        unknown (interrupted)" in out
    assert "some_3          reachable in 3 steps" in out
    assert "Traceback" not in err


# ---------------------------------------------------------------- growth

GROWING = """spec growing
{network}
message Ping
message Pong
role A {{ action ask {{ send Ping to B.1 }} }}
role B {{ on Ping {{ reply Pong }} }}
role C {{
  on Pong {{ skip }}
}}
invariant quiet {{ true }}
"""


@pytest.mark.parametrize("network", ["network unordered", "network fifo"])
def test_messages_that_grow_for_ever(checked: Checked, network: str) -> None:
    """The search ends by itself, and says who sends them."""
    report = checked(GROWING.format(network=network))
    assert words(report) == {"quiet": "unknown", "no_range_error": "unknown"}
    assert "grow for ever" in report.statistics.stopped
    (note,) = report.notes
    assert "`A ask` sends Ping" in note


def test_many_messages_that_do_not_grow_for_ever(checked: Checked) -> None:
    """More than the search first wonders at, and then no more."""
    report = checked("""spec many
        message Ping
        role A {
          var left: 0..30 = 30
          action ask when left > 0 { left -= 1; send Ping to B.1 }
        }
        role B {
          var got: 0..30 = 0
          on Ping { got += 1 }
        }
        reachable all { B.1.got == 30 }
        """)
    assert words(report) == {"all": "reachable"}
    # What was sent, and of that, what has arrived.
    assert size(report) == (31 * 32 // 2, 2 * 30 * 31 // 2)


# ---------------------------------------------------------------- bounds


def test_explore_while(checked: Checked) -> None:
    """States beyond the bound are checked, but neither counted nor explored further."""
    report = checked("""spec bounded
        var n: 0..9 = 0
        explore while n < 3
        action up when n < 9 { n += 1 }
        invariant below_3 { n < 3 }
        invariant below_4 { n < 4 }
        reachable three { n == 3 }
        reachable four { n == 4 }
        transition up_by_one { n == old(n) + 1 }
        """)
    assert words(report) == {
        "below_3": "violated", "below_4": "holds", "three": "reachable", "four": "unreachable",
        "up_by_one": "holds",
    }  # fmt: skip
    assert report.result("below_3").steps == report.result("three").steps == 3
    assert size(report) == (3, 3)


def test_initial_states_beyond_the_bound(checked: Checked) -> None:
    """They are checked too."""
    report = checked("""spec bounded
        var n: 0..9 in 0..9
        explore while n < 3
        action down when n > 0 { n -= 1 }
        reachable nine { n == 9 }
        """)
    assert words(report) == {"nine": "reachable"}
    assert size(report) == (3, 2)


# ---------------------------------------------------------------- counterexamples

PATHS = """spec paths
var x: 0..9 = 0
action slow when x < 9 {{ x += 1 }}
action fast when x < 8 {{ x += 2 }}
{prop}
"""


@pytest.mark.parametrize(
    ("prop", "steps"),
    [
        ("invariant p { x < 7 }", 4),
        ("invariant p { x != 0 }", 0),
        ("transition p { not (old(x) == 3 and x == 5) }", 3),
        ("reachable p { x == 9 }", 5),
        ("quiescent p { x != 9 }", 5),
        ("reachable p by action slow", 1),
        ("no deadlock", 5),
    ],
)
def test_shortest(checked: Checked, prop: str, steps: int) -> None:
    """No run is shorter than the one that is shown."""
    report = checked(PATHS.format(prop=prop))
    result = report.result("no_deadlock" if prop == "no deadlock" else "p")
    assert result.steps == steps
    assert result.trace is not None
    assert result.trace.length == steps


def test_a_range_error_hides_what_comes_after(checked: Checked) -> None:
    """Nobody knows what would hold there."""
    report = checked("""spec error
        var x: 0..2 = 0
        action up { x += 1 }
        invariant small { x < 3 }
        invariant not_2 { x != 2 }
        """)
    assert words(report) == {
        "small": "unknown", "not_2": "violated", "no_range_error": "violated"
    }  # fmt: skip
    assert report.result("no_range_error").steps == 3


# ---------------------------------------------------------------- the same every time


@pytest.mark.parametrize("model", ["two_phase_commit.dsm", "wal.dsm", "partition_handler.dsm"])
def test_same_output(model: str) -> None:
    """Byte for byte, whatever the hash seed; but for the times."""
    path = ROOT / "models" / model
    name = load(path)[1].name
    outs = []
    for seed in ("1", "2"):
        process = dsmc("check", path, "--model", name, PYTHONHASHSEED=seed)
        out, _ = process.communicate(timeout=120)
        outs.append(_without_times(out))
    assert outs[0] == outs[1]
    assert "is violated after" in outs[0]


def _without_times(text: str) -> str:
    """Without what depends on the machine: seconds, and which code ran how fast."""
    text = re.sub(r" and \d+\.\d\d s of preparation| \(C by [^)]*\)", "", text)
    return re.sub(r"\d+\.\d\d s", "… s", text)


def test_stops_when_all_is_decided(spec: Callable[[str], Path]) -> None:
    """Without `--all` the search ends with the last witness."""
    text = ODOMETER.replace("invariant in_range", "# invariant").replace("reachable all_9", "# ")
    (job,) = load(spec(text))
    report = check(job, Options())
    assert words(report) == {"some_3": "reachable"}
    assert not report.statistics.complete
    assert report.surprises == ()
