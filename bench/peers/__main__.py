"""`python -m bench.peers`: measure, write the table, and fail if a tool found something else."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.peers.by_hand import ByHand
from bench.peers.dsmc_check import Dsmc, offers
from bench.peers.machine import Others, heading
from bench.peers.rumur import Rumur
from bench.peers.spin import Spin
from bench.peers.table import Row, better, cell, is_wrong, render
from bench.peers.tlc import Tlc
from bench.peers.tools import Measured, Tool, Verdict
from bench.peers.workloads import ROOT, Tier, Workload, workloads

#: A run of so many seconds is not repeated.
_LONG = 60


def main() -> None:
    """Measure what was asked for; the page is there from the first row on."""
    wanted = _arguments()
    chosen = [w for w in workloads() if _is_wanted(w, wanted)]
    if not chosen:
        sys.exit("there is no such workload among these sizes")
    tools, others, rows = list(_tools(wanted)), Others(), list[Row]()
    for workload in chosen:
        rows.append(_measured(workload, tools, wanted))
        lines = [*heading(_path("TLC_JAR")), f"{_runs(wanted)}; {others}"]
        _write(wanted.output, render(lines, tools, rows))
    print(f"written: {wanted.output}")
    sys.exit(any(is_wrong(row, tools) for row in rows))


def _runs(wanted: argparse.Namespace) -> str:
    return "one run of each" if wanted.runs == 1 else f"the fastest of {wanted.runs} runs"


def _write(path: Path, page: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.peers",
        description="Measure dsmc beside SPIN, rumur, TLC and a program written by hand.",
        epilog="TLC needs the variables TLC_JAR (tla2tools.jar) and EXAMPLES (a checkout of the "
        "TLA+ Examples); the other tools are looked for on the path.",
    )
    add = parser.add_argument
    add("--kit", type=Path, default=ROOT.parent / "shared" / "peers", help="the peers' models")
    add("--output", type=Path, default=ROOT / "bench" / "RESULTS.md", help="the table")
    add("--runs", type=int, default=1, help="of each that is not long; the fastest counts")
    add("--limit", type=float, default=600, help="seconds of a run")
    add("--only", type=_pattern, default="", help="workloads, as `twophase N=[68]`")
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--quick", action="store_true", help="small sizes only")
    sizes.add_argument("--all", action="store_true", help="all sizes, and peers with two threads")
    return parser.parse_args()


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as problem:
        raise argparse.ArgumentTypeError(f"`{text}` is no regular expression: {problem}") from None


def _is_wanted(workload: Workload, wanted: argparse.Namespace) -> bool:
    """By its name, if names are given, and by its size, if sizes are."""
    if wanted.quick:
        sizes: set[Tier] = {Tier.QUICK}
    else:
        sizes = set(Tier) if wanted.all or wanted.only.pattern else {Tier.SHORT}
    return workload.size.tier in sizes and wanted.only.search(workload.name) is not None


# ---------------------------------------------------------------- which tools


def _tools(wanted: argparse.Namespace) -> Iterator[Tool]:
    yield Dsmc(1)
    if offers("--threads"):
        yield Dsmc(2)
    yield Dsmc(None)
    kit = wanted.kit.resolve()
    if not kit.is_dir():
        print(f"there is no peers kit at {kit}: dsmc is measured alone")
        return
    threads = (1, 2) if wanted.all else (1,)
    if _is_there("SPIN", "spin", "gcc"):
        yield Spin(kit)
    if _is_there("rumur", "rumur", "gcc"):
        yield from (Rumur(kit, n) for n in threads)
    yield from _tlc(kit, threads)
    if _is_there("the program written by hand", "gcc"):
        yield ByHand(kit)


def _tlc(kit: Path, threads: Sequence[int]) -> Iterator[Tool]:
    jar, examples = _path("TLC_JAR"), _path("EXAMPLES")
    if not jar or not examples:
        print("TLC is left out: TLC_JAR and EXAMPLES do not say where it is")
    elif _is_there("TLC", "java"):
        yield from (Tlc(kit, jar, examples, n) for n in threads)


def _path(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value).resolve() if value else None


def _is_there(tool: str, *programs: str) -> bool:
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        print(f"{tool} is left out: {' and '.join(missing)} not found")
    return not missing


# ---------------------------------------------------------------- measuring


def _measured(workload: Workload, tools: Sequence[Tool], wanted: argparse.Namespace) -> Row:
    """Round by round, so that the tools take turns."""
    best: dict[str, Measured] = {}
    for _ in range(wanted.runs):
        for tool in tools:
            known = best.get(tool.name)
            found = _once(tool, workload, wanted.limit) if _is_open(known) else None
            if found:
                best[tool.name] = better(known, found)
                print(
                    f"{workload.name:24} {tool.name:18} {cell(workload, tool, found)}", flush=True
                )
    return Row(workload, best)


def _is_open(known: Measured | None) -> bool:
    """Can another run say more? Not after one that failed; one that is long differs little."""
    unfinished = (Verdict.CUT_OFF, Verdict.FAILED)
    return known is None or (known.verdict not in unfinished and known.whole < _LONG)


def _once(tool: Tool, workload: Workload, limit: float) -> Measured | None:
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        return tool.measure(workload, Path(folder), limit)


if __name__ == "__main__":
    main()
