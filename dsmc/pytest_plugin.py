"""pytest collects models as tests: `pytest models/`.

A model fails as a test if something is not as it expects, and shows the trace. Nothing of dsmc is
imported before there is a `.dsm` file to collect.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from dsmc.project import Job


def pytest_addoption(parser: pytest.Parser) -> None:
    """Tests search, unless they are told not to."""
    parser.getgroup("dsmc").addoption(
        "--dsmc-cache", action="store_true", help="use what earlier checks of a model found out"
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the `.dsm` files that declare models."""
    if file_path.suffix != ".dsm" or not _declares_models(file_path):
        return None
    collector: pytest.Collector = ModelFile.from_parent(parent, path=file_path)
    return collector


def _declares_models(path: Path) -> bool:
    try:
        return any(line.startswith("model ") for line in path.read_text("utf-8").splitlines())
    except (OSError, UnicodeDecodeError):
        return False


class NotAsExpected(Exception):
    """A model is not as it expects; the text is the report."""


class ModelFile(pytest.File):
    """A file with models."""

    def collect(self) -> Iterable[pytest.Item]:
        """A test for each model; one that fails if the file has mistakes."""
        from dsmc.diagnostics import Mistakes
        from dsmc.diagnostics.render import render_all
        from dsmc.session import load

        try:
            jobs = load(_shown(self.path, self.config))
        except Mistakes as mistakes:
            raise self.CollectError(render_all(mistakes.diagnostics)) from None
        for job in jobs:
            yield ModelItem.from_parent(self, name=job.name, job=job)


def _shown(path: Path, config: pytest.Config) -> Path:
    """The path as the user knows it."""
    try:
        return path.relative_to(config.invocation_params.dir)
    except ValueError:
        return path


class ModelItem(pytest.Item):
    """A model as a test."""

    def __init__(self, *, job: Job, **rest: Any) -> None:
        super().__init__(**rest)
        self._job = job

    def runtest(self) -> None:
        """Check the model."""
        from click import unstyle

        from dsmc.cache.store import cache
        from dsmc.diagnostics import Mistakes
        from dsmc.diagnostics.render import render_all
        from dsmc.session import Options, check
        from dsmc.terminal import report_text

        try:
            known = cache() if self.config.getoption("dsmc_cache") else None
            report = check(self._job, Options(minimise=False), cache=known)
            if report.surprises:  # only what is shown is worth to be made small
                report = check(self._job, cache=known)
        except Mistakes as mistakes:
            raise NotAsExpected(render_all(mistakes.diagnostics)) from None
        if report.surprises:
            told = "\n".join(f"expected: {s.expected}; found: {s.found}" for s in report.surprises)
            raise NotAsExpected(unstyle(f"{told}\n\n{report_text(report)}"))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The report, without a traceback."""
        if isinstance(excinfo.value, NotAsExpected):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the model is."""
        return self.path, 0, f"model {self.name}"
