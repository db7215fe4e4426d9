"""The pages that show the tool's output show it as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import readme
from readme import PICTURE, README, ROOT, SPEC

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
