"""`python -m bench.reductions`: measure, write the table, and fail if two columns contradict each other."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.peers.asked import is_wanted, parser, runs, spins_kit
from bench.peers.dsmc_check import prepare
from bench.peers.machine import Others, heading
from bench.peers.measuring import Column, filled
from bench.peers.page import put
from bench.reductions.columns import Dsmc, Spin
from bench.reductions.systems import CASES, Case
from bench.reductions.table import OURS, Row, complaints, render


def main() -> None:
    """Measure what was asked for; the table is there from the first row on."""
    wanted = _arguments()
    chosen = [case for case in CASES if is_wanted(case.name, case.tier, wanted)]
    if not chosen:
        sys.exit("there is no such system among these sizes")
    others, rows = Others(), list[Row]()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        prepare(Path(folder), wanted.limit)
        columns = list(_columns(wanted, Path(folder)))
        for case, found in filled(chosen, columns, wanted):
            rows.append(Row(case, found))
            lines = [*heading(None), _limits(wanted), f"{runs(wanted)}; {others}"]
            put(wanted.output, render(lines, rows))
    print(f"written: {wanted.output}")
    sys.exit("\n".join(f"{r.case.name}: {why}" for r in rows for why in complaints(r)) or 0)


def _limits(wanted: argparse.Namespace) -> str:
    return f"limits of a run: {wanted.limit:g} seconds, {wanted.max_states:,} states"


def _arguments() -> argparse.Namespace:
    asked = parser("bench.reductions", "Measure what symmetry and partial order leave.")
    asked.add_argument("--max-states", type=int, default=100_000_000, help="of a run of dsmc")
    return asked.parse_args()


def _columns(wanted: argparse.Namespace, prepared: Path) -> Iterator[Column[Case]]:
    for name, kinds in OURS.items():
        yield Dsmc(name, kinds, wanted.max_states, prepared)
    for kit in spins_kit(wanted):
        yield Spin(kit, reduces=False)
        yield Spin(kit, reduces=True)


if __name__ == "__main__":
    main()
