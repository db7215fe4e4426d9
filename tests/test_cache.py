"""What was found out before is not searched for again, and is told as a search would tell it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import MODELS, words

import dsmc.session.apart
import dsmc.session.searching
from dsmc.cache import key
from dsmc.cache.store import Store, cache
from dsmc.cli import main
from dsmc.engine.outcome import Explored, Limits
from dsmc.files import home
from dsmc.frozen import replace
from dsmc.reduce.plan import Reductions
from dsmc.reduce.questions import Questions
from dsmc.reductions import search
from dsmc.session import Options, Report, check, load
from dsmc.terminal import report_text

SPEC = """spec counter
# A comment.
var n: 0..9 = 0
const N: 1..9 = 3
message Ping
role A { start { send Ping to B.1 } }
role B { on Ping { n := 0 } }
action up when n < N { n += 1 }
## It stays small.
invariant below_3 { n < 3 }
reachable two { n == 2 }
law small(k in 0..9) { k < 9 }
law large(k in 0..9) { k < 10 }
scenario pinged {
  up
  ...
  B on Ping
}
"""
KEY, OTHER = "a" * 64, "b" * 64


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, _no_cache: None) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("DSMC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One more for each search."""
    counted: list[int] = []

    def counting(*args: object, **rest: object) -> Explored:
        counted.append(1)
        return search(*args, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(dsmc.session.searching, "search", counting)
    return counted


def asked(path: Path, options: Options | None = None) -> Report:
    (job,) = load(path)
    return check(job, options or Options(), cache=cache())


#: How long it took, and what ran.
_TOOK = re.compile(r" (in|after) \d+\.\d\d s( and \d+\.\d\d s of preparation)?( \(C .*?\))?")


def timeless(text: str) -> str:
    return (
        _TOOK.sub("", text).replace("them, cached", "them,").replace("stopped, cached", "stopped")
    )


# ---------------------------------------------------------------- the same answer


@pytest.mark.parametrize(
    "path", [p for p in MODELS if p.stem in ("forgetful_commit", "saga", "coffee_can", "transfers")],
    ids=lambda path: path.stem,
)  # fmt: skip
def test_told_as_a_search_tells_it(path: Path, searches: list[int]) -> None:
    """Every report, and every trace."""
    for job in load(path):
        check(job, cache=cache())
        first = check(job)
        made = len(searches)
        again = check(job, cache=cache())
        assert (first.cached, again.cached, len(searches)) == (False, True, made)
        assert again.results == first.results
        assert timeless(report_text(again)) == timeless(report_text(first))


def test_laws_and_scenarios_too(
    spec: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = spec(SPEC)
    first = asked(path)
    monkeypatch.setattr(dsmc.session.apart, "counterexamples", None)
    monkeypatch.setattr(dsmc.session.apart, "enact", None)
    again = asked(path)
    assert again.results == first.results
    assert first.result("small").note == "not for k = 9"
    assert first.result("pinged").word == "possible"


def test_growth_is_told_again(spec: Callable[[str], Path]) -> None:
    path = spec(
        "spec s\nmessage M\nrole A { action go { send M to B.1 } }\nrole B { on M when false {} }\n"
    )
    first, again = asked(path), asked(path)
    assert (first.cached, again.cached) == (False, True)
    assert again.notes == first.notes != ()


# ---------------------------------------------------------------- the same question


def test_comments_are_not_asked_about(spec: Callable[[str], Path]) -> None:
    """But lines in traces are those of the text as it is now."""
    asked(spec(SPEC))
    moved = asked(spec(SPEC.replace("# A comment.", "# More\n# comments.")))
    text = report_text(moved)
    assert moved.cached
    assert "up   [line 9]" in text
    assert "It stays small" in text
    renamed = asked(spec(SPEC.replace("It stays small", "It does not grow")))
    assert renamed.cached
    assert "It does not grow" in report_text(renamed)


@pytest.mark.parametrize(
    ("old", "new"),
    [("= 3", "= 4"), ("n < 3", "n <= 3"), ("n == 2", "n == 1"), ("n := 0", "n := 1"), ("k < 9", "k < 8"),
     ("up", "rise"), ("role B", "role C"), ("{\n  up", "{")],
)  # fmt: skip
def test_what_matters_is_asked_about(spec: Callable[[str], Path], old: str, new: str) -> None:
    asked(spec(SPEC))
    text = SPEC.replace(old, new)
    if "C" in new:
        text = text.replace("B.1", "C.1").replace("B on", "C on")
    assert not asked(spec(text)).cached


def test_options_are_asked_about(spec: Callable[[str], Path]) -> None:
    path = spec(SPEC)
    asked(path)
    assert not asked(path, Options(to_the_end=True)).cached
    assert not asked(path, Options(("two",))).cached
    assert asked(path, Options(limits=Limits(seconds=60, memory=1 << 40))).cached


def test_a_model_that_counts_asks_for_more(spec: Callable[[str], Path]) -> None:
    model = "spec s\nvar n: 0..3 = 0\naction up when n < 3 { n += 1 }\ninvariant i { n < 1 }\nmodel m { %s }"
    asked(spec(model % "expect i violated"))
    assert asked(spec(model % "expect i violated in 1 step")).cached
    counted = asked(spec(model % "expect i violated\nexpect states 4"))
    assert (counted.cached, counted.surprises) == (False, ())


def test_the_tool_is_asked_about(
    spec: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of another version, or with other sources, it might answer something else."""
    path = spec(SPEC)
    asked(path)
    monkeypatch.setattr(key, "tool", lambda: "another")
    assert not asked(path).cached
    source = tmp_path / "sources" / "module.py"
    source.parent.mkdir()
    source.write_text("")
    before = list(key._sources(str(source.parent)))
    os.utime(source, ns=(1, 1))
    assert list(key._sources(str(source.parent))) != before


@pytest.mark.parametrize("limits", [Limits(states=1), Limits(seconds=1e-9), Limits(memory=1)])
def test_what_was_cut_short_is_not_kept(spec: Callable[[str], Path], limits: Limits) -> None:
    path = spec(SPEC)
    assert asked(path, Options(limits=limits)).statistics.stopped
    assert not asked(path, Options(limits=limits)).cached
    assert not asked(path).cached


# ---------------------------------------------------------------- files


def test_there_and_back(folder: Path) -> None:
    store = Store(folder)
    assert store.get(KEY) is None
    store.put(KEY, {"a": [1, "b", None]})
    assert store.get(KEY) == {"a": [1, "b", None]}


@pytest.mark.parametrize(
    "damage",
    [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b"\xff\x00", lambda b: b.replace(b"1", b"2"),
     lambda b: b"[]", lambda b: b + b" "],
)  # fmt: skip
def test_damage_is_as_if_nothing_was_there(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    store = Store(folder)
    store.put(KEY, [1, 1, 1])
    file = folder / f"{KEY}.json"
    file.write_bytes(damage(file.read_bytes()))
    assert store.get(KEY) is None


def test_a_file_of_another_question_is_not_taken(folder: Path) -> None:
    store = Store(folder)
    store.put(KEY, [1])
    (folder / f"{KEY}.json").rename(folder / f"{OTHER}.json")
    assert store.get(OTHER) is None


@pytest.mark.parametrize("data", [[], {}, {"statistics": {}}, "x", {"statistics": 1, "pump": None}])
def test_what_is_no_answer_is_searched_for(
    spec: Callable[[str], Path], folder: Path, data: object, searches: list[int]
) -> None:
    path = spec(SPEC)
    asked(path)
    (file,) = (folder / "answers").iterdir()
    Store(folder / "answers").put(file.stem, data)
    assert not asked(path).cached
    assert len(searches) == 2


def test_a_run_that_cannot_be_taken_is_searched_for(
    spec: Callable[[str], Path], folder: Path
) -> None:
    """Each step of what was kept is taken again."""
    path = spec(SPEC)
    asked(path)
    (file,) = (folder / "answers").iterdir()
    store = Store(folder / "answers")
    data = store.get(file.stem)
    data["decided"][0][1].reverse()
    store.put(file.stem, data)
    report = asked(path)
    assert not report.cached
    assert report.result("below_3").steps == 3


def test_a_folder_that_cannot_be_written(spec: Callable[[str], Path], folder: Path) -> None:
    folder.write_text("a file is in the way")
    path = spec(SPEC)
    assert asked(path).results == asked(path).results
    assert not asked(path).cached


def test_what_was_not_used_for_longest_goes_first(folder: Path) -> None:
    store = Store(folder, bound=3 * 4096)
    keys = [digit * 64 for digit in "0123"]
    for age, name in enumerate(keys[:3]):
        store.put(name, [name])
        os.utime(folder / f"{name}.json", ns=(age, age))
    assert store.get(keys[0]) is not None
    store.put(keys[3], [])
    assert [store.get(name) is not None for name in keys] == [True, False, True, True]
    assert sum(store.sizes()) == 3 * 4096


def test_one_answer_does_not_push_out_all(folder: Path) -> None:
    store = Store(folder, bound=1 << 16)
    store.put(KEY, "x" * (1 << 15))
    assert store.sizes() == []


def test_many_at_once(folder: Path) -> None:
    """Whoever reads finds a whole answer or none."""

    def work(number: int) -> Iterator[object]:
        store = Store(folder, bound=1 << 16)
        for i in range(30):
            name = f"{(number + i) % 20:064x}"
            store.put(name, [name] * 50)
            yield store.get(name) in (None, [name] * 50)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(lambda n: all(work(n)), range(4)))
    assert sum(Store(folder).sizes()) <= 1 << 16


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DSMC_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert home() == tmp_path / "dsmc"
    monkeypatch.setenv("DSMC_CACHE", "")
    assert home() is None


# ---------------------------------------------------------------- the last counterexample

COUNTER = """spec counter
var n: 0..9 = 0
action add(k in 1..2) when n + k <= LIMIT { n += k }
action clear when n > 0 { n := 0 }
invariant small { n < 4 }
invariant even { n != 7 }
reachable two { n == 2 }
"""


def counter(limit: int, add: str = "add") -> str:
    return COUNTER.replace("LIMIT", str(limit)).replace("add", add)


def first(path: Path) -> Report:
    return asked(path, Options(first=True))


def test_the_last_one_is_the_first(spec: Callable[[str], Path], searches: list[int]) -> None:
    """It is taken again in what the spec is now; where it cannot be, a search begins."""
    asked(spec(counter(6)))
    report = first(spec(counter(5)))
    assert len(searches) == 1
    result = report.result("small")
    assert (result.word, result.steps) == ("violated", 2)
    assert result.note == "the last counterexample, taken again"
    assert result.trace is not None
    assert report.result("even").note == "there is a counterexample"
    searched = first(spec(counter(5, "more")))
    assert len(searches) == 2
    assert (searched.result("small").steps, searched.result("small").note) == (2, "")


def test_one_that_is_none_any_more(spec: Callable[[str], Path]) -> None:
    asked(spec(counter(6)))
    report = first(spec(counter(3)))
    assert words(report) == {"small": "holds", "even": "holds", "two": "reachable"}


def test_the_shortest_is_shown_unless_the_first_is_enough(spec: Callable[[str], Path]) -> None:
    """What was found in the last run is not in the way, nor is it kept as an answer."""
    text = "spec s\nvar n: 0..9 = 0\nvar m: 0..1 = 0\naction one when n < 9 { n += 1 }\n"
    text += "action ready { m := 1 }\naction %s { n := 9 }\ninvariant i { n < 5 }\n"
    asked(spec(text % "all when n > 5"))
    path = spec(text % "all when m == 1")
    assert first(path).result("i").steps == 5
    assert asked(path).result("i").steps == 2
    assert first(path).result("i").steps == 2


def test_who_watches_is_told(spec: Callable[[str], Path]) -> None:
    asked(spec(counter(6)))
    (job,) = load(spec(counter(5)))
    told: list[str] = []
    check(job, watch=lambda now: told.append(now.note), cache=cache())
    assert set(told) == {"small still violated in 2 steps: looking for fewer"}


@pytest.mark.parametrize("engine", ["python", "c"])
def test_the_first_is_enough_without_a_cache(spec: Callable[[str], Path], engine: str) -> None:
    (job,) = load(spec(counter(8)))
    report = check(job, Options(first=True, engine=engine))
    assert words(report) == {
        "small": "violated", "even": "unknown", "two": "reachable", "no_range_error": "unknown"
    }  # fmt: skip
    assert report.statistics.stopped == "there is a counterexample"
    assert words(check(job, Options(engine=engine)))["even"] == "violated"


@pytest.mark.parametrize(
    ("text", "name", "steps"),
    [
        ("transition up { n >= old(n) }", "up", 2),
        ("quiescent done { n < 9 }", "done", 9),
        ("action bad when n == 3 { assert n < 3; n := 0 }", "assert_line_6", 4),
        ("action bad when n == 3 { n -= 4 }", "no_range_error", 4),
    ],
)
def test_whatever_decides(spec: Callable[[str], Path], text: str, name: str, steps: int) -> None:
    """States, steps, rest, and steps without a result."""
    base = "spec s\n%s\nvar n: 0..9 = 0\naction one when n < 9 { n += 1 }\n"
    base += "action back when n == 1 { n := 0 }\n"
    path = spec(base % "" + text)
    assert asked(path).result(name).steps == steps
    report = first(spec(base % "reachable nine { n == 9 }" + text))
    assert report.result(name).steps == steps
    assert report.result(name).note == "the last counterexample, taken again"


# ---------------------------------------------------------------- the command line


def run(*args: str | Path) -> str:
    return CliRunner().invoke(main, [str(a) for a in args]).output


def test_check_and_test(spec: Callable[[str], Path], searches: list[int]) -> None:
    path = spec(SPEC + "model m { expect below_3 violated }\n")
    assert " s: " in run("check", path)
    assert "stopped, cached: " in run("check", path)
    assert "cached" in run("test", path)
    assert '"cached": true' in run("check", path, "--json")
    assert len(searches) == 1
    for command in ("check", "test"):
        assert "cached" not in run(command, path, "--no-cache")
    assert len(searches) == 3


#: Three counters, of which one leads to what is asked for.
STEPS = """spec steps
var a: 0..9 = 0
var b: 0..9 = 0
var c: 0..9 = 0
action one when a < 9 { a += 1 }
action two when b < 9 { b += 1 }
action three when c < 9 { c += 1 }
invariant small { a <= 9 and b <= 9 }
quiescent done { a + b + c == 27 }
"""


def test_no_solver_is_asked_again(
    spec: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the limits are; nor is anything searched until it would be worth while to ask."""
    reductions = Reductions(after=0, slices=False)
    at_once, patient = (replace(reductions, patience=n) for n in (0, 500))
    (job,) = load(spec(STEPS))

    def found(reductions: Reductions, states: int) -> Report:
        limits = Limits(states)
        return check(job, Options(limits=limits, reductions=reductions), cache=cache())

    first = found(at_once, 2_000)
    monkeypatch.setattr(Questions, "live", None)
    again = found(patient, 3_000)
    for report in (first, again):
        assert not report.cached
        assert "partial order" in report.statistics.reductions
    assert again.statistics.states == first.statistics.states < 500
    with pytest.raises(TypeError):
        check(job, Options(reductions=at_once))


def test_the_cache_itself(spec: Callable[[str], Path], folder: Path) -> None:
    """It removes what is its own, and nothing else."""
    run("check", spec(SPEC))
    stranger = folder / "answers" / "letter.txt"
    stranger.write_text("not ours")
    assert run("cache") == f"{folder}: 2 files, 0.0 MiB\n"
    assert run("cache", "--clear") == f"{folder}: 0 files, 0.0 MiB\n"
    assert list((folder / "answers").iterdir()) == [stranger]
