"""`python -m bench.peers`: measure, write the table, and fail if a tool found something else."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.peers.asked import is_there, is_wanted, kit_of, parser, runs
from bench.peers.by_hand import ByHand
from bench.peers.dsmc_check import Dsmc, offers
from bench.peers.machine import Others, heading
from bench.peers.measuring import filled
from bench.peers.page import put
from bench.peers.rumur import Rumur
from bench.peers.spin import Spin
from bench.peers.table import Row, is_wrong, render
from bench.peers.tlc import Tlc
from bench.peers.tools import Tool
from bench.peers.workloads import workloads


def main() -> None:
    """Measure what was asked for; the page is there from the first row on."""
    wanted = _arguments()
    chosen = [w for w in workloads() if is_wanted(w.name, w.size.tier, wanted)]
    if not chosen:
        sys.exit("there is no such workload among these sizes")
    tools, others, rows = list(_tools(wanted)), Others(), list[Row]()
    for workload, best in filled(chosen, tools, wanted):
        rows.append(Row(workload, best))
        lines = [*heading(_path("TLC_JAR")), f"{runs(wanted)}; {others}"]
        put(wanted.output, render(lines, tools, rows))
    print(f"written: {wanted.output}")
    sys.exit(any(is_wrong(row, tools) for row in rows))


def _arguments() -> argparse.Namespace:
    return parser(
        "bench.peers",
        "Measure dsmc beside SPIN, rumur, TLC and a program written by hand.",
        "TLC needs the variables TLC_JAR (tla2tools.jar) and EXAMPLES (a checkout of the "
        "TLA+ Examples); the other tools are looked for on the path. With --all peers are measured "
        "with two threads, too.",
    ).parse_args()


# ---------------------------------------------------------------- which tools


def _tools(wanted: argparse.Namespace) -> Iterator[Tool]:
    yield Dsmc(1)
    if offers("--threads"):
        yield Dsmc(2)
    yield Dsmc(None)
    kit = kit_of(wanted)
    if kit is None:
        return
    threads = (1, 2) if wanted.all else (1,)
    if is_there("SPIN", "spin", "gcc"):
        yield Spin(kit)
    if is_there("rumur", "rumur", "gcc"):
        yield from (Rumur(kit, n) for n in threads)
    yield from _tlc(kit, threads)
    if is_there("the program written by hand", "gcc"):
        yield ByHand(kit)


def _tlc(kit: Path, threads: Sequence[int]) -> Iterator[Tool]:
    jar, examples = _path("TLC_JAR"), _path("EXAMPLES")
    if not jar or not examples:
        print("TLC is left out: TLC_JAR and EXAMPLES do not say where it is")
    elif is_there("TLC", "java"):
        yield from (Tlc(kit, jar, examples, n) for n in threads)


def _path(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value).resolve() if value else None


if __name__ == "__main__":
    main()
