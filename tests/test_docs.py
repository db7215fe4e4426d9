"""The language reference is true: its examples run and turn out as they say."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT

from dsmc.ir.faults import FAULTS
from dsmc.session import check, load
from dsmc.syntax.parser import reserved_words

REFERENCE = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```dsm\n(.*?)```", REFERENCE, re.DOTALL)
NAMES = [re.search(r"^spec (\w+)", text, re.MULTILINE)[1] for text in EXAMPLES]  # type: ignore[index]


@pytest.mark.parametrize("text", EXAMPLES, ids=NAMES)
def test_an_example_turns_out_as_it_says(text: str, spec: Callable[..., Path]) -> None:
    jobs = load(spec(text))
    assert jobs[0].name, "an example has a model that says what is expected"
    for job in jobs:
        report = check(job)
        assert report.statistics.complete
        assert not report.surprises


def test_the_list_of_reserved_words_is_that_of_the_grammar() -> None:
    (listed,) = re.findall(r"cannot be names:\n((?:`.*\n)+)", REFERENCE)
    assert re.findall(r"`(\w+)`", listed) == sorted(reserved_words())


def test_every_fault_is_mentioned() -> None:
    section = REFERENCE.split("\n## Faults")[1].split("\n## ")[0]
    assert [name for name in FAULTS if name.split()[0] not in section] == []


def test_the_table_of_contents_of_links_is_true() -> None:
    headings = {
        h.lower().replace(" ", "-") for h in re.findall(r"^#+ (.*)$", REFERENCE, re.MULTILINE)
    }
    for target in re.findall(r"\]\(#([\w-]+)\)", REFERENCE):
        assert any(h.startswith(target) for h in headings), target
