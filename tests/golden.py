"""The committed counterexamples: `python tests/golden.py` makes them again, a test compares them.

For each violated property of each model, `counterexamples/SPEC/MODEL/PROPERTY.*`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from dsmc.engine.outcome import Verdict
from dsmc.project import Job
from dsmc.session import check, load
from dsmc.traces.render import RENDERERS
from dsmc.typecheck.models import ExpectAll, ExpectProperty

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "models"
FOLDER = ROOT / "counterexamples"
FORMATS = ("txt", "dot", "svg", "json")


def counterexamples(models: Path) -> dict[str, str]:
    """The files of one file of models, by their paths inside the folder. Where all is said to hold there
    are none: such a model is a test itself.
    """
    found: dict[str, str] = {}
    for job in load(models):
        if _holds(job):
            continue
        for result in check(job).results:
            if result.trace is not None and result.verdict is Verdict.VIOLATED:
                place = f"{models.stem}/{job.name}/{result.name}"
                found |= {f"{place}.{f}": RENDERERS[f](result.trace) for f in FORMATS}
    return found


def _holds(job: Job) -> bool:
    named = [e.outcome for e in job.expectations if isinstance(e, ExpectProperty)]
    return any(isinstance(e, ExpectAll) for e in job.expectations) and "violated" not in named


def committed(models: Path) -> dict[str, str]:
    """The same as they are now."""
    folder = FOLDER / models.stem
    files = [p for p in folder.rglob("*") if p.is_file()]
    return {p.relative_to(FOLDER).as_posix(): p.read_text(encoding="utf-8") for p in files}


def main() -> None:
    """Make all again."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    for models in sorted(MODELS.glob("*.dsm")):
        for place, text in counterexamples(models).items():
            path = FOLDER / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
