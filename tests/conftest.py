"""What the tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, settings

from dsmc.backends.c import build
from dsmc.backends.c.build import CompileError
from dsmc.engine.outcome import Limits
from dsmc.ir.system import System
from dsmc.project import Overrides
from dsmc.session import Options, Report, check, compile_job, load

pytest.register_assert_rewrite("agreement")  # so that a failure shows both sides

ROOT = Path(__file__).parent.parent
SPECS = sorted((ROOT / "specs").glob("*.dsm"))
MODELS = sorted((ROOT / "models").glob("*.dsm"))

settings.register_profile(
    "dsmc",
    max_examples=20,
    deadline=None,
    print_blob=True,
    derandomize=True,  # the same every time; `many` looks for what is new
    suppress_health_check=[HealthCheck.too_slow],
)
#: `pytest --hypothesis-profile=many` draws as many random systems as an evening allows.
settings.register_profile(
    "many", settings.get_profile("dsmc"), max_examples=2_000, derandomize=False
)
settings.load_profile("dsmc")


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests search, and no test sees what another found."""
    monkeypatch.setenv("DSMC_CACHE", "")


@pytest.fixture
def spec(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a text to a file and gives its path."""

    def write(text: str, name: str = "spec.dsm") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def checked(spec: Callable[[str], Path]) -> Callable[..., Report]:
    """Checks a text to the end, with the faults of a string."""

    def run(text: str, faults: str | None = None, limits: Limits | None = None) -> Report:
        (job,) = load(spec(text), Overrides((), faults))
        return check(job, Options(limits=limits or Limits(), to_the_end=True))

    return run


@pytest.fixture
def lowered(spec: Callable[[str], Path]) -> Callable[..., System]:
    """The system of a text."""

    def run(text: str, faults: str | None = None) -> System:
        (job,) = load(spec(text), Overrides((), faults))
        return compile_job(job)

    return run


#: A search that is compiled soon, of small numbers.
IMPATIENT = ("-O1", "-std=gnu11", "-pthread", "-DBATCH=8", "-DUNIT=2", "-DPARALLEL=4", "-DPAGE=512")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's compiler has made the search; levels of four states are worth several threads."""
    monkeypatch.setattr(build, "SEARCH_FLAGS", IMPATIENT)
    try:
        build.compiler()
    except CompileError as error:
        pytest.skip(f"TinyCC has no threads, and {error}")
    build.order(build.search_text(), IMPATIENT).library()


class TooLarge(Exception):
    """More states than are worth looking at."""


@contextmanager
def unless_too_large() -> Iterator[None]:
    """Nothing is said of larger systems."""
    try:
        yield
    except TooLarge:
        assume(False)


def words(report: Report) -> dict[str, str]:
    """The verdicts by property, in words."""
    return {result.name: result.word for result in report.results}


def size(report: Report) -> tuple[int, int]:
    """How many states and transitions the whole state space has."""
    assert report.statistics.complete
    return report.statistics.states, report.statistics.transitions
