"""One check with the reductions that are named, from the first state on: `python -m bench.reductions.once`.

`dsmc check` begins with them where a space is large; here it is asked what they are worth.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from dsmc import Options, Overrides, check, load
from dsmc.diagnostics import Mistakes
from dsmc.diagnostics.render import render_all
from dsmc.engine.outcome import Limits
from dsmc.frozen import replace
from dsmc.reduce.plan import NO_REDUCTIONS, Reductions
from dsmc.reports import as_data

KINDS = ("symmetry", "partial_order", "schedules")


def main() -> None:
    """The report, as `dsmc check --json` prints it."""
    asked = _arguments()
    (job,) = load(asked.spec, Overrides(tuple(asked.define), asked.faults))
    limits = Limits(asked.max_states, asked.max_time)
    chosen = Options(
        tuple(asked.property), limits, threads=1, reductions=at_once(asked.use), minimise=False
    )
    print(json.dumps([as_data(check(job, chosen))]))


def at_once(kinds: list[str]) -> Reductions:
    """These reductions and no others, from the first state on."""
    return replace(NO_REDUCTIONS, **dict.fromkeys(kinds, True), after=0, patience=0, pays=1.0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.reductions.once")
    add = parser.add_argument
    add("spec", type=Path)
    add("-D", dest="define", action="append", default=[])
    add("--property", action="append", default=[])
    add("--faults")
    add("--use", action="append", default=[], choices=KINDS)
    add("--max-states", type=int)
    add("--max-time", type=float)
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except Mistakes as mistakes:
        sys.exit(render_all(mistakes.diagnostics))
