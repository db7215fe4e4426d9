"""`pytest models/`: each model is a test."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

SPEC = """spec counter
var n: 0..3 = 0
action up when n < 3 { n += 1 }
## It stays small.
invariant below_2 { n < 2 }
"""


@pytest.fixture
def models(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder with a spec, and no model yet."""
    (pytester.path / "counter.dsm").write_text(SPEC, encoding="utf-8")
    return pytester


def run(pytester: pytest.Pytester, text: str, *args: str) -> pytest.RunResult:
    """pytest on a file with this text."""
    (pytester.path / "models.dsm").write_text(text, encoding="utf-8")
    return pytester.runpytest(*args)


def test_models_are_tests(models: pytest.Pytester) -> None:
    """One that is as it expects passes; a file without models is none."""
    result = run(
        models,
        """model breaks of "counter.dsm" { expect below_2 violated in 2 steps }
model counts of "counter.dsm" { expect states 4 }
""",
        "-v",
    )
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*models.dsm::breaks PASSED*", "*models.dsm::counts PASSED*"])


def test_a_surprise_fails_with_its_trace(models: pytest.Pytester) -> None:
    """What was expected, what was found, and the run; no Python."""
    result = run(models, 'model wrong of "counter.dsm" { expect below_2 holds }\n')
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([
        "*model wrong*",
        "expected: below_2 holds; found: violated",
        "below_2 is violated after 2 steps",
        "*It stays small.*",
        "*n: 0 → 1*",
        "*n: 1 → 2*",
    ])  # fmt: skip
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*dsmc/session*")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('model m of "counter.dsm" { const N = 2 }\n', "*D201*`N`*"),
        ('model m of "counter.dsm" { expect below_3 holds }\n', "*D407*below_3*"),
        ('model m of "nowhere.dsm" { expect all hold }\n', "*D701*nowhere.dsm*"),
        ('model m of "counter.dsm" { expect nothing at all }\n', "*models.dsm:1:*"),
    ],
)
def test_mistakes_are_shown(models: pytest.Pytester, text: str, told: str) -> None:
    """As `dsmc check` shows them."""
    result = run(models, text)
    assert result.ret != 0
    result.stdout.fnmatch_lines([told])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_one_model_by_name(models: pytest.Pytester) -> None:
    """With pytest's own `-k` and `::`."""
    text = 'model a of "counter.dsm" { expect states 4 }\nmodel b of "counter.dsm" { expect states 5 }\n'
    run(models, text, "-k", "a and not b").assert_outcomes(passed=1, deselected=1)
    run(models, text, "models.dsm::b").assert_outcomes(failed=1)


def test_nothing_is_imported_for_other_tests(models: pytest.Pytester) -> None:
    """Who has no models does not wait for dsmc."""
    models.makepyfile("""
        import sys
        def test_nothing(): assert "dsmc.session" not in sys.modules
        """)
    models.runpytest_subprocess().assert_outcomes(passed=1)


def test_side_by_side(models: pytest.Pytester) -> None:
    """Models and Python's tests in one run."""
    models.makepyfile("def test_python(): pass")
    run(models, 'model a of "counter.dsm" { expect states 4 }\n').assert_outcomes(passed=2)


def test_answers_are_used_only_if_asked_for(
    models: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test searches; with `--dsmc-cache` once."""
    monkeypatch.setenv("DSMC_CACHE", str(models.path / "cache"))
    model = 'model breaks of "counter.dsm" { expect below_2 violated }\n'
    run(models, model).assert_outcomes(passed=1)
    assert not (models.path / "cache").exists()
    run(models, model, "--dsmc-cache").assert_outcomes(passed=1)
    assert len(list((models.path / "cache" / "answers").iterdir())) == 1
    monkeypatch.setattr("dsmc.session.searching.search", None)
    run(models, model, "--dsmc-cache").assert_outcomes(passed=1)
