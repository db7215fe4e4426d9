"""The pages that show the tool's output show it as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import readme
from readme import PICTURE, README, ROOT, SPEC

from dsmc.backends.limits import MAX_ROUNDS
from dsmc.diagnostics.codes import CODES
from dsmc.engine.search import _BATCH as BATCH
from dsmc.graph import MAX_STATES
from dsmc.ir.faults import FAULTS
from dsmc.ir.types import MAX_DENSE
from dsmc.lower.network.synchronous import MAX_DEPTH
from dsmc.reference import faults_page
from dsmc.session.apart import SCENARIO_STATES as MAX_SCENARIO_STATES
from dsmc.typecheck.binding import MAX_DOMAIN

LIMITS = (ROOT / "docs/limits.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def test_output() -> None:
    """The spec and what is said of it."""
    text = README.read_text(encoding="utf-8")
    assert readme.page(text) == text
    assert "agreement is violated after 8 steps" in text


def test_picture() -> None:
    """The picture of the run."""
    assert PICTURE.read_text(encoding="utf-8") == readme.picture()
    assert f"]({PICTURE.relative_to(ROOT)})" in README.read_text(encoding="utf-8")


def test_the_spec_is_short() -> None:
    """One can read it at a glance."""
    assert len(SPEC.read_text(encoding="utf-8").splitlines()) <= 30


def test_commands() -> None:
    """The page names every command."""
    from dsmc.cli import main

    named = re.findall(r"^\| `dsmc (\w+)", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(main.commands)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links(path: Path) -> None:
    """What a page links to is there."""
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_faults_page_is_current() -> None:
    """docs/faults.md is printed from the table."""
    assert (ROOT / "docs/faults.md").read_text(encoding="utf-8") == faults_page()


def test_limits_name_what_is_refused() -> None:
    """Every code of the nineties, and every fault that is not executed."""
    codes = {code for code in CODES if code.startswith("D9")}
    named = dict(re.findall(r"^\| `(D9\d\d)` \| (.*) \|$", LIMITS, re.MULTILINE))
    assert set(named) == codes
    refused = {name for name, form in FAULTS.items() if not form.executed}
    assert set(re.findall(r"`([^`]+)`", named["D902"])) == refused


@pytest.mark.parametrize(
    "number",
    [MAX_DENSE, MAX_DOMAIN, MAX_ROUNDS, MAX_STATES, MAX_DEPTH, MAX_SCENARIO_STATES, BATCH],
)
def test_limits_give_the_numbers(number: int) -> None:
    """As the code has them, with or without commas."""
    assert re.search(rf"\b({number}|{number:,})\b", LIMITS)
