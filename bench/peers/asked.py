"""What the tables beside other model checkers can be asked for."""

from __future__ import annotations

import argparse
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from bench.peers.workloads import ROOT, Tier


def parser(prog: str, description: str, epilog: str = "") -> argparse.ArgumentParser:
    """The options that they share."""
    made = argparse.ArgumentParser(prog=f"python -m {prog}", description=description, epilog=epilog)
    add = made.add_argument
    add("--kit", type=Path, default=ROOT.parent / "shared" / "peers", help="the peers' models")
    add("--output", type=Path, default=ROOT / "bench" / "RESULTS.md", help="the page of tables")
    add("--runs", type=int, default=1, help="of each that is not long; the fastest counts")
    add("--limit", type=float, default=600, help="seconds of a run")
    add("--only", type=_pattern, default="", help="rows, as `twophase N=[68]`")
    sizes = made.add_mutually_exclusive_group()
    sizes.add_argument("--quick", action="store_true", help="small sizes only")
    sizes.add_argument("--all", action="store_true", help="all sizes")
    return made


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as problem:
        raise argparse.ArgumentTypeError(f"`{text}` is no regular expression: {problem}") from None


def runs(wanted: argparse.Namespace) -> str:
    """How often each was run."""
    return "one run of each" if wanted.runs == 1 else f"the fastest of {wanted.runs} runs"


def is_wanted(name: str, tier: Tier, wanted: argparse.Namespace) -> bool:
    """By its name, if names are given, and by its size, if sizes are."""
    if wanted.quick:
        sizes: set[Tier] = {Tier.QUICK}
    else:
        sizes = set(Tier) if wanted.all or wanted.only.pattern else {Tier.SHORT}
    return tier in sizes and wanted.only.search(name) is not None


def kit_of(wanted: argparse.Namespace) -> Path | None:
    """The peers' models, if they are there."""
    kit: Path = wanted.kit.resolve()
    if kit.is_dir():
        return kit
    print(f"there is no peers kit at {kit}: dsmc is measured alone")
    return None


def is_there(tool: str, *programs: str) -> bool:
    """Are the programs of a tool there?"""
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        print(f"{tool} is left out: {' and '.join(missing)} not found")
    return not missing


def spins_kit(wanted: argparse.Namespace) -> Iterator[Path]:
    """The peers' models, if SPIN is there to run them."""
    kit = kit_of(wanted)
    if kit and is_there("SPIN", "spin", "gcc"):
        yield kit
