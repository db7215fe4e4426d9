"""How fast is the reference, compared with programs written by hand for one protocol?

`python -m bench.speed [RESOURCE_MANAGERS]`. All three go through the same states in the same process,
by turns; what is shown is the median of three rounds, in seconds of processor time.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench.hand_written import Counts, packed, tuples
from dsmc import Options, Overrides, check, load

SPEC = Path(__file__).parent.parent / "specs/two_phase.dsm"
ROUNDS = 3


def reference(n: int) -> Counts:
    """From the text to the verdict."""
    (job,) = load(SPEC, Overrides((f"N={n}",)))
    report = check(job, Options(to_the_end=True))
    assert not report.surprises
    s = report.statistics
    return Counts(s.states, s.transitions, s.depth)


WAYS: dict[str, Callable[[int], Counts]] = {
    "dsmc, the reference": reference,
    "by hand, tuples": tuples,
    "by hand, bits": packed,
}


def measure(n: int) -> tuple[Counts, dict[str, float]]:
    """What all agree on, and the median seconds of each."""
    seconds: dict[str, list[float]] = {name: [] for name in WAYS}
    counts = set()
    for _ in range(ROUNDS):
        for name, explore in WAYS.items():
            gc.collect()
            began = time.process_time()
            counts.add(explore(n))
            seconds[name].append(time.process_time() - began)
    (agreed,) = counts
    return agreed, {name: median(each) for name, each in seconds.items()}


def main() -> None:
    """Print the table."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    counts, seconds = measure(n)
    print(
        f"TwoPhase, {n} resource managers: {counts.states:,} states, {counts.transitions + 1:,}"
        f" generated, depth {counts.depth}"
    )
    base = seconds["dsmc, the reference"]
    for name, each in seconds.items():
        print(
            f"  {name:<20} {each:6.2f} s  {counts.states / each:>9,.0f} states/s"
            f"  {each / base:5.2f} times the reference's time"
        )


if __name__ == "__main__":
    main()
