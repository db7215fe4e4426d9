"""What is generated does not depend on the order of a set: else nothing compiled would be found again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from conftest import ROOT

#: Every parameter has bounds from each of those chosen after it.
MANY = """spec many
var x: 0..9 = 0
action move(p in 0..9, q in 0..9, r in 0..9, u in 0..9, v in 0..9)
when p < q and p < r and p < u and p < v
 and q == x + 1 and r == x + 2 and u == x + 3 and v == 9 - x { x := p }
invariant small { x < 9 }
"""


def printed(seed: str, files: list[str]) -> str:
    """The digests of a process that orders sets by this seed."""
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.texts", *files]
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_same_text_whatever_the_order_of_sets(tmp_path: Path) -> None:
    spec = tmp_path / "many.dsm"
    spec.write_text(MANY)
    files = [str(spec), *map(str, sorted((ROOT / "models").glob("*.dsm"))[::8])]
    assert printed("1", files) == printed("2", files)
