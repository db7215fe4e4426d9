"""README.md's blocks and picture as the tool makes them: `make docs` writes them, a test compares."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PICTURE = ROOT / "docs/forgetful_commit.svg"
SPEC = ROOT / "specs/forgetful_commit.dsm"

_SPEC = re.compile(r"^```dsm\n(?:.*\n)*?```$", re.MULTILINE)
_RUN = re.compile(r"^```console\n\$ dsmc (.*)\n((?:.*\n)*?)```$", re.MULTILINE)
_PREPARATION = re.compile(r" and \d+\.\d\d s of preparation")
_SECONDS = re.compile(r"\b\d+\.\d\d s\b")


def timeless(text: str) -> str:
    """The text without what is different each time."""
    return _SECONDS.sub("0.01 s", _PREPARATION.sub("", text))


def output(arguments: str, *more: str) -> str:
    """What `dsmc` prints."""
    command = [sys.executable, "-m", "dsmc", *shlex.split(arguments), *more]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "DSMC_CACHE": ""},
    )  # fmt: skip
    return timeless(done.stdout + done.stderr).rstrip() + "\n"


def page(text: str) -> str:
    """The page with what the tool says today."""
    text = _SPEC.sub(lambda _: f"```dsm\n{SPEC.read_text(encoding='utf-8')}```", text)
    return _RUN.sub(lambda run: f"```console\n$ dsmc {run[1]}\n{output(run[1])}```", text)


def picture() -> str:
    """The picture of the last run of the page."""
    *_, last = _RUN.finditer(README.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        output(last[1], "--out", folder)
        (found,) = Path(folder).glob("*/*.svg")
        return found.read_text(encoding="utf-8")


if __name__ == "__main__":
    README.write_text(page(README.read_text(encoding="utf-8")), encoding="utf-8")
    PICTURE.write_text(picture(), encoding="utf-8")
