"""The reference agrees with an independent interpreter, on every small model and random systems."""

from __future__ import annotations

from pathlib import Path

import agreement
import pytest
import random_specs
from conftest import MODELS, ROOT, unless_too_large
from hypothesis import given
from hypothesis import strategies as st

from dsmc.diagnostics.render import render_all
from dsmc.ir.system import System
from dsmc.lower import lower
from dsmc.project import Job
from dsmc.session import compile_job, load
from dsmc.source import Source
from dsmc.syntax.parser import parse
from dsmc.typecheck.instance import Instance
from dsmc.typecheck.program import check_spec

#: The oracle is some hundred times slower than the reference.
SMALL = 300


def small_jobs(limit: int = SMALL) -> list[object]:
    """The models whose number of states is stated, and small."""
    found = []
    for path in MODELS:
        for job in load(path):
            counts = [e for e in job.expectations if getattr(e, "what", "") == "states"]
            if counts and counts[0].number <= limit:
                found.append(pytest.param(job, id=f"{path.stem}-{job.name}"))
    return found


@pytest.mark.parametrize("job", small_jobs())
def test_models(job: Job) -> None:
    """States, transitions, depth, and what is decided at which depth."""
    agreement.assert_agree(compile_job(job))


#: What random systems have found, made small.
FOUND = (
    "var x: 0..1 = 0\naction a { pick y in [0] + [0] }",
    "var x: 0..1 = 0\ninvariant i { (true, [0][1..0].first).0 }",
    "var m: map<0..1, 0..2>\naction a { m := m with [0: 0] with [0: 0 + 1] }",
    "var b: bag<0..1> = []\naction a when b.len < 2 { b := b.add(1) }\ninvariant i { b != [1, 1] }",
    "action a(c in Color) when (match Pong(0, c) { Pong(n, _) => n == 2, Ping => false }) { skip }",
)


def system_of(text: str) -> System:
    """The system of a text, which has no mistakes."""
    parsed = parse(Source("random", text))
    checked = check_spec((parsed,), Instance())
    assert checked.program is not None, text + render_all(checked.problems)
    return lower(checked.program)


@pytest.mark.parametrize("text", FOUND)
def test_found(text: str) -> None:
    agreement.assert_agree(system_of(f"{random_specs.HEADER}{text}\n"))


@given(st.data())
def test_random_systems(data: st.DataObject) -> None:
    """The same on systems that nobody wrote."""
    system = system_of(data.draw(random_specs.specs()))
    with unless_too_large():
        agreement.assert_agree(system, limit=300)


def test_the_oracle_is_not_the_reference() -> None:
    """The oracle uses nothing of the back end: it would prove nothing otherwise."""
    text = Path(ROOT / "tests/oracle.py").read_text(encoding="utf-8")
    assert "dsmc.backends" not in text
