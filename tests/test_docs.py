"""What the language reference lists is all there is. (Its examples: test_language_page.py.)"""

from __future__ import annotations

import re

from conftest import ROOT

from dsmc.ir.faults import FAULTS
from dsmc.syntax.parser import reserved_words

REFERENCE = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")


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
