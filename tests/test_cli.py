"""The command line: what it prints, where, and its exit codes."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import ROOT

import dsmc.cli
import dsmc.session
from dsmc.cli import main
from dsmc.files import write_file

COUNTER = """spec counter
const N: 1..9 = 2
var n: 0..9 = 0
message Ping
role A { start { send Ping to B.1 } }
role B { on Ping { n := 0 } }
action up when n < N { n += 1 }
## It stays small.
invariant below_3 { n < 3 }
invariant below_2 { n < 2 }
reachable two { n == 2 }
"""
MODELS = """
model good {
  expect below_3 holds
  expect below_2 violated in 2 steps
}
model bad {
  expect below_2 holds
}
"""


@pytest.fixture
def counter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A spec in the folder that one is in."""
    monkeypatch.chdir(tmp_path)
    Path("counter.dsm").write_text(COUNTER, encoding="utf-8")
    return Path("counter.dsm")


@pytest.fixture
def models(counter: Path) -> Path:
    """The same with two models."""
    counter.write_text(COUNTER + MODELS, encoding="utf-8")
    return counter


def run(*args: str | Path | int, input: str | None = None) -> Result:
    return CliRunner().invoke(main, [str(a) for a in args], input=input)


def program(*args: str | Path, **rest: object) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "dsmc", *map(str, args)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        **rest,  # type: ignore[call-overload]
    )


# ---------------------------------------------------------------- exit codes


def test_all_as_expected(models: Path) -> None:
    result = run("check", models, "--model", "good")
    assert result.exit_code == 0
    assert "below_2  violated in 2 steps" in result.output


def test_not_as_expected(models: Path) -> None:
    result = run("check", models)
    assert result.exit_code == 1
    assert "expected: below_2 holds; found: violated" in result.output


def test_a_spec_as_it_stands_expects_everything(counter: Path) -> None:
    result = run("check", counter)
    assert result.exit_code == 1
    assert "below_2 is violated" in result.output
    assert "It stays small" not in result.output  # that one holds


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("no_file.dsm",), "D701"),
        (("--model", "goood"), "did you mean `good`"),
        (("-p", "below_4"), "D704"),
        (("-D", "M=2"), "unknown constant `M`"),
        (("-D", "N=12"), "12"),
        (("--faults", "crash C at most 1"), "unknown role `C`"),
        (("--faults", "crahs A at most 1"), "crash"),
        (("--max-states", "0"), "max-states"),
        (("--max-memory", "plenty"), "is not a size"),
        (("--max-memory", "0"), "is not a size"),
        (("--no-such-option",), "no-such-option"),
    ],
)
def test_mistakes(models: Path, args: tuple[str, ...], told: str) -> None:
    """2, with a message on what is wrong, and nothing on standard output."""
    files = () if args[0].endswith(".dsm") else (models,)
    result = run("check", *files, *args)
    assert result.exit_code == 2
    assert told in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_a_mistake_in_the_spec(counter: Path) -> None:
    counter.write_text(COUNTER.replace("n < 3", "m < 3"), encoding="utf-8")
    result = run("check", counter)
    assert result.exit_code == 2
    assert "D201" in result.stderr
    assert "counter.dsm:9:21" in result.stderr


def test_a_limit(counter: Path) -> None:
    text = COUNTER.replace("n < 2 }", "n < 9 }").replace("0..9 = 0", "0..9 in 0..9")
    counter.write_text(text.replace("n < 3 }", "n < 10 }"), encoding="utf-8")
    assert run("check", counter, "--max-states", "1", "-p", "below_3").exit_code == 3


def test_a_surprise_outweighs_a_limit(models: Path) -> None:
    assert run("check", models, "no_file.dsm").exit_code == 2
    grows = "spec grows\nmessage M\nrole A { action ask { send M to A.1 } }\ninvariant a { true }\n"
    Path("grows.dsm").write_text(grows, encoding="utf-8")
    assert run("check", "grows.dsm").exit_code == 3
    assert run("check", models, "grows.dsm").exit_code == 1


def test_a_bug_of_ours(counter: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """4, a sentence, and a file with the details: no traceback for people."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("the details")

    monkeypatch.setattr(dsmc.session, "check", broken)
    monkeypatch.setattr(sys, "argv", ["dsmc", "check", str(counter)])
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(SystemExit) as caught:
        dsmc.cli.entry()
    assert caught.value.code == 4
    (details,) = tmp_path.glob("dsmc-bug-*.txt")
    assert "Traceback" in details.read_text(encoding="utf-8")


def test_a_bug_is_told_without_a_traceback(
    counter: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("the details")

    monkeypatch.setattr(dsmc.session, "check", broken)
    monkeypatch.setattr(sys, "argv", ["dsmc", "check", str(counter)])
    monkeypatch.setattr("tempfile.tempdir", str(counter.parent.absolute()))
    with pytest.raises(SystemExit):
        dsmc.cli.entry()
    err = capsys.readouterr().err
    assert "This is a bug in dsmc" in err
    assert "the details" in err
    assert "Traceback" not in err


# ---------------------------------------------------------------- check


def test_constants(counter: Path) -> None:
    assert run("check", counter, "-D", "N=1", "-p", "below_2").exit_code == 0
    assert run("check", counter, "-D", "N=2", "-p", "below_2").exit_code == 1


def test_a_constant_goes_before_the_model(models: Path) -> None:
    models.write_text(COUNTER + "model m { const N = 2; expect below_2 violated }\n")
    assert run("check", models).exit_code == 0
    assert run("check", models, "-D", "N=1").exit_code == 1


def test_faults(counter: Path) -> None:
    """They replace those of the spec."""
    one, two = (
        run("check", counter, "--all", "-p", "below_3", *faults).stdout
        for faults in ((), ("--faults", "lose Ping at most 1"))
    )
    assert "6 states" in one  # n, the message in flight or not
    assert "9 states" in two  # or lost


def test_only_some_properties(counter: Path) -> None:
    result = run("check", counter, "-p", "below_3", "-p", "two")
    assert result.exit_code == 0
    assert "below_3" in result.stdout
    assert "below_2" not in result.stdout


def test_out(counter: Path) -> None:
    """Each trace in each format."""
    result = run("check", counter, "--out", "traces")
    folder = Path("traces/counter")
    written = {path.name for path in folder.iterdir()}
    for name in ("below_2", "two"):
        assert {f"{name}.{end}" for end in ("txt", "svg", "dot", "json", "itf.json")} <= written
    assert not any(name.startswith("below_3") for name in written)
    assert str(folder) in result.stdout
    for path in folder.glob("*.json"):
        json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("out", ["counter.dsm", "/dev/full", "counter.dsm/traces"])
def test_out_that_cannot_be_written(counter: Path, out: str) -> None:
    result = program("check", counter, "--out", out)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert result.stderr.strip()


def test_a_full_disk_for_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said which file."""
    monkeypatch.setattr(os, "fdopen", _no_space)
    with pytest.raises(OSError, match="No space left") as raised:
        write_file(tmp_path / "trace.txt", "text")
    assert raised.value.filename == str(tmp_path / "trace.txt")
    assert list(tmp_path.iterdir()) == []


def _no_space(handle: int, *_: object, **__: object) -> None:
    os.close(handle)
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
def test_a_full_disk(counter: Path) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        result = subprocess.run(
            [sys.executable, "-m", "dsmc", "check", str(counter)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    assert result.returncode == 2
    assert "No space left" in result.stderr
    assert "Traceback" not in result.stderr


def test_json(models: Path) -> None:
    result = run("check", models, "--json")
    assert result.exit_code == 1
    good, bad = json.loads(result.stdout)
    assert (good["model"], good["as_expected"]) == ("good", True)
    assert (bad["model"], bad["as_expected"]) == ("bad", False)
    verdicts = {p["name"]: (p["verdict"], p["steps"]) for p in good["properties"]}
    assert verdicts == {
        "below_3": ("holds", None), "below_2": ("violated", 2), "two": ("holds", 2)
    }  # fmt: skip
    assert good["statistics"]["states"] >= 3
    assert bad["surprises"] == [
        {"expected": "below_2 holds", "found": "violated", "unknown": False}
    ]


def test_no_colour_without_a_terminal(models: Path) -> None:
    for command in (("check", models), ("test", models)):
        result = program(*command)
        assert "\x1b" not in result.stdout + result.stderr
        assert result.returncode == 1


def test_a_closed_pipe(models: Path) -> None:
    """`dsmc check … | head -1` is no failure."""
    result = subprocess.run(
        f"{sys.executable} -m dsmc check {models} --model good | head -c 1",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert "Traceback" not in result.stderr
    assert "Exception" not in result.stderr


# ---------------------------------------------------------------- test


def test_test(models: Path) -> None:
    result = run("test", models)
    assert result.exit_code == 1
    assert "2 models, 1 not as expected" in result.stdout
    assert "below_2 is violated" in result.stdout  # in full for the one that is not


def test_test_of_a_folder(models: Path) -> None:
    Path("deep").mkdir()
    Path("deep/other.dsm").write_text(
        'model again of "../counter.dsm" { expect below_2 violated }\n', encoding="utf-8"
    )
    Path("deep/spec_only.dsm").write_text(COUNTER, encoding="utf-8")
    result = run("test", "deep")
    assert result.exit_code == 0
    assert "1 models, 0 not as expected" in result.stdout
    assert "3 models, 1 not as expected" in run("test").stdout


def test_test_of_nothing(tmp_path: Path) -> None:
    result = run("test", tmp_path)
    assert result.exit_code == 2
    assert "no models" in result.stderr


def test_mistakes_as_json(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.dsm"
    wrong.write_text("spec wrong\nvar x: 0..nobody\n", encoding="utf-8")
    result = run("check", wrong, "--json")
    (report,) = json.loads(result.stdout)
    assert not report["as_expected"]
    assert [(m["code"], m["line"]) for m in report["mistakes"]] == [("D201", 2)]


def test_test_as_json(models: Path) -> None:
    result = run("test", models, "--json")
    assert result.exit_code == 1
    assert [report["as_expected"] for report in json.loads(result.stdout)] == [True, False]


# ---------------------------------------------------------------- fmt


def test_fmt(counter: Path) -> None:
    messy = COUNTER.replace("n < 3", "n<3")
    counter.write_text(messy, encoding="utf-8")
    result = run("fmt", "--check", counter)
    assert result.exit_code == 1
    assert counter.read_text(encoding="utf-8") == messy
    assert run("fmt", counter).exit_code == 0
    assert "n < 3" in counter.read_text(encoding="utf-8")
    assert run("fmt", "--check", ".").exit_code == 0


def test_fmt_of_standard_input(counter: Path) -> None:
    result = run("fmt", "-", input="spec a\nvar   x:bool\n")
    assert result.exit_code == 0
    assert result.stdout == "spec a\nvar x: bool\n"


def test_fmt_of_what_does_not_parse(counter: Path) -> None:
    counter.write_text("spec a\nvar := 3\n", encoding="utf-8")
    assert run("fmt", counter).exit_code == 2
    assert counter.read_text(encoding="utf-8") == "spec a\nvar := 3\n"
    assert run("fmt", "no_file.dsm").exit_code == 2


# ---------------------------------------------------------------- other commands


def test_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A spec whose models are as expected, in the usual layout; never over another."""
    monkeypatch.chdir(tmp_path)
    assert run("new", "shop").exit_code == 0
    assert run("test", "shop.dsm").exit_code == 0
    assert run("fmt", "--check", "shop.dsm").exit_code == 0
    before = Path("shop.dsm").read_text(encoding="utf-8")
    result = run("new", "shop")
    assert result.exit_code == 2
    assert "D706" in result.stderr
    assert Path("shop.dsm").read_text(encoding="utf-8") == before


@pytest.mark.parametrize("name", ["two words", "lock", "a/b", "../a", "9", "é"])
def test_new_needs_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """One that the spec can have."""
    monkeypatch.chdir(tmp_path)
    result = run("new", name)
    assert result.exit_code == 2
    assert "D706" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_lower(counter: Path) -> None:
    result = run("lower", counter, "-D", "N=3")
    assert result.exit_code == 0
    assert "when n < 3" in result.stdout
    for to, comment in (("python", "#"), ("c", "/*")):
        code = run("lower", counter, "-D", "N=3", "--to", to).stdout
        assert "counter.dsm:" in code
        assert comment in code
    assert run("lower", counter, "--model", "x").exit_code == 2


def test_explain() -> None:
    assert run("explain", "D201").exit_code == 0
    assert run("explain", "201").stdout == run("explain", "d201").stdout
    result = run("explain", "D999")
    assert result.exit_code == 2
    assert "D999" in result.stderr


def test_graph(counter: Path) -> None:
    result = run("graph", counter)
    assert result.exit_code == 0
    assert result.stdout.startswith("digraph")
    assert result.stdout.count('[label="n = ') == 6
    assert run("graph", counter, "-p", "nope").exit_code == 2


def test_graph_of_too_many_states(counter: Path) -> None:
    result = run("graph", counter, "--max-states", "4")
    assert result.exit_code == 3
    assert "more than 4 states" in result.stderr
    assert result.stdout.count('[label="n = ') == 4


def graph_to(counter: Path, name: str) -> str:
    """The graph in a file, and what is said about it."""
    result = run("graph", counter, "--out", name, "-p", "below_2")
    assert result.exit_code == 0
    return result.stderr


def test_graph_to_a_file(counter: Path) -> None:
    assert "wrote g.dot" in graph_to(counter, "g.dot")
    assert "color=red" in Path("g.dot").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_drawn_graph(counter: Path) -> None:
    assert "wrote g.svg" in graph_to(counter, "g.svg")
    assert "<svg" in Path("g.svg").read_text(encoding="utf-8")


def test_graph_without_graphviz(counter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could be drawn is written down."""
    monkeypatch.setenv("PATH", "")
    said = graph_to(counter, "g.svg")
    assert "`dot` is not installed: wrote g.dot instead" in said
    assert "color=red" in Path("g.dot").read_text(encoding="utf-8")


def test_simulate(models: Path) -> None:
    """What a model expects is no surprise."""
    result = run("simulate", models, "-m", "good", "--runs", 5, "--depth", 9, "--out", "out")
    assert result.exit_code == 0
    assert "below_2  violated in 2 steps" in result.output
    assert "below_3  unknown (no violation in 5 runs)" in result.output
    assert Path("out/good/below_2.svg").exists()
    assert run("simulate", models, "--runs", 5).exit_code == 1
    assert run("simulate", models, "-p", "below_4").exit_code == 2


def test_simulate_as_json(counter: Path) -> None:
    result = run("simulate", counter, "--json", "--runs", 5, "-p", "below_2")
    (data,) = json.loads(result.output)
    assert result.exit_code == 1
    assert data["plan"] == {"runs": 5, "depth": 100, "seed": 0, "scheduler": "uniform"}
    assert [p["steps"] for p in data["properties"]] == [2]
    assert sum(a["taken"] for a in data["actions"]) == data["statistics"]["steps"]


@pytest.mark.parametrize(
    "command",
    [
        "",
        "check",
        "test",
        "fmt",
        "lower",
        "graph",
        "explain",
        "new",
        "cache",
        "simulate",
        "mutate",
        "cap",
        "classify",
        "prove",
    ],
)
def test_help(command: str) -> None:
    result = run(*([command] if command else []), "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.stdout


def test_cache_says_that_nothing_is_kept_in_tests() -> None:
    """More of it: test_cache.py."""
    result = run("cache")
    assert (result.exit_code, result.output[:15]) == (0, "Nothing is kept")


def test_mutate(counter: Path) -> None:
    result = run("mutate", counter, "-D", "N=2")
    assert result.exit_code == 1
    assert "n < N → n <= N" in result.output
    assert "below_3 violated in 3 steps" in result.output
    assert run("mutate", counter, "-D", "M=2").exit_code == 2


def test_history() -> None:
    """The rest is in test_histories_check.py."""
    result = run("history", "check", ROOT / "tests/histories/register.edn", "-g", "linearizable")
    assert result.exit_code == 1
    assert "linearizable is violated" in result.output


def test_cap_and_classify() -> None:
    """The tables are those of `tests/test_cap.py` and `tests/test_classify.py`."""
    spec = str(ROOT / "specs/cap_register.dsm")
    table = run("cap", spec, "-D", "VERSION=acknowledged", "-D", "WRITERS=1")
    assert table.exit_code == 0
    assert "CP: availability gives way to a partition" in table.output
    matrix = run("classify", spec, "-D", "VERSION=acknowledged", "-D", "WRITERS=1", "--faults", "")
    assert matrix.exit_code == 0
    assert "linearizable" in matrix.output
    assert run("cap", "nowhere.dsm").exit_code == run("classify", "nowhere.dsm").exit_code == 2


def test_prove() -> None:
    """More of it: `tests/test_proofs.py`."""
    proof = run("prove", ROOT / "specs/ewd840.dsm", "-p", "dijkstra")
    assert proof.exit_code == 0
    assert "holds (proved, k = 1)" in proof.output
    assert run("prove", "nowhere.dsm").exit_code == 2


def test_solve(counter: Path) -> None:
    """The rest is in test_solve.py."""
    table = run("solve", counter, "--for", "N", "--range", "N=1..5", "--property", "below_3")
    assert table.exit_code == 0, table.output
    assert "below_3 holds if and only if N <= 2 (5 combinations)" in table.output
    assert run("solve", counter, "--for", "M").exit_code == 2


def test_selfcheck(counter: Path) -> None:
    """The rest is in test_selfcheck.py."""
    same = run("selfcheck", counter)
    assert same.exit_code == 0, same.output
    assert "All give the same answers." in same.output
    assert run("selfcheck", "nowhere.dsm").exit_code == 2


def test_every_command_is_tested_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert all(f'run("{name}"' in text for name in main.commands)


# ---------------------------------------------------------------- warnings

UNHEARD = """message Ask
message Tell
message Ping
role A {
  var asked: bool = false
  action ask when not asked { asked := true; send Ask to A.1; send Ping to A.1 }
  on Tell { skip }
  on Ping { skip }
}
invariant i { true }
"""


def test_warnings(tmp_path: Path) -> None:
    """Told in order, once for all models; they change neither the exit code nor the data."""
    path = tmp_path / "unheard.dsm"
    path.write_text(f"{UNHEARD}model one {{ expect i holds }}\nmodel two {{ expect i holds }}\n")
    for command in ("check", "test"):
        result = run(command, path, "--json")
        assert result.exit_code == 0
        assert len(json.loads(result.stdout)) == 2
        told = [line for line in result.stderr.splitlines() if line.startswith("warning")]
        assert told == [
            "warning[D801]: no handler and no `receive` takes `Ask`",
            "warning[D802]: nobody sends `Tell`",
        ]


def test_a_message_held_in_a_variable_may_be_of_any_kind(tmp_path: Path) -> None:
    """So nobody is said not to send another."""
    path = tmp_path / "held.dsm"
    path.write_text(UNHEARD.replace("send Ask to A.1", "let m = Tell; send m to A.1"))
    assert run("check", path).stderr == ""
