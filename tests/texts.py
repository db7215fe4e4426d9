"""Writes a digest of what is generated for each spec that is named: `python -m tests.texts SPEC…`."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from dsmc.backends.c.answers import can_answer
from dsmc.backends.c.generate import generate
from dsmc.backends.c.layout import Layout
from dsmc.backends.python.machine import PythonMachine
from dsmc.reduce.symmetry import symmetry
from dsmc.session import compile_job, load


def digest(path: Path) -> str:
    """Of the texts of all models of a file: the reference's, C, and C with symmetry."""
    found = hashlib.sha256()
    for job in load(path):
        system = compile_job(job)
        texts = [PythonMachine(system).source]
        if can_answer(system.observers):
            layout, types = Layout(system), symmetry(system).types
            texts += [generate(system, layout, named) for named in ((), types)]
        found.update("\n".join(texts).encode())
    return found.hexdigest()


if __name__ == "__main__":
    for name in sys.argv[1:]:
        sys.stdout.write(f"{name} {digest(Path(name))}\n")
