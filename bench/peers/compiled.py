"""Compiles what a check will need, and keeps it: `python -m bench.peers.compiled SPEC NAME=VALUE… PROPERTY…`.

A search that is over before the compiler is leaves nothing behind. The peers' searches are measured
with the code compiled, so dsmc's are, too.
"""

from __future__ import annotations

import sys
from pathlib import Path

from dsmc.backends.c import build
from dsmc.backends.c.generate import generate
from dsmc.backends.c.layout import Layout
from dsmc.coverage.vacuity import probed
from dsmc.project import Overrides
from dsmc.session import compile_job, load


def compile_all(spec: str, constants: tuple[str, ...], properties: tuple[str, ...]) -> None:
    """The code of the model and of the search."""
    (job,) = load(Path(spec), Overrides(constants, None))
    system = probed(compile_job(job, properties)).system  # as `dsmc check` looks at it
    build.order(build.search_text(), build.SEARCH_FLAGS).library()
    build.order(generate(system, Layout(system)), build.MODEL_FLAGS).library()


if __name__ == "__main__":
    _, spec, *rest = sys.argv
    compile_all(
        spec,
        tuple(a for a in rest if "=" in a),
        tuple(a for a in rest if "=" not in a),
    )
