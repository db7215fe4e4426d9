"""The pages of histories name all that can be asked, and all that can be read."""

from __future__ import annotations

import re

from conftest import ROOT

from dsmc.histories.check import GUARANTEES, WORKLOADS
from dsmc.histories.isolation.anomalies import ANOMALIES
from dsmc.histories.isolation.levels import LEVELS, SYNONYMS, implied
from dsmc.histories.reading import FORMATS

DOCS = ROOT / "docs"


def first_column(page: str) -> set[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[^|]*) \|", text, re.MULTILINE)
    return set(re.findall(r"`([\w-]+)`", "\n".join(rows)))


def test_the_page_of_isolation_has_a_row_for_each_level_and_anomaly() -> None:
    assert {*LEVELS, *ANOMALIES} == first_column("isolation.md")


def test_the_page_of_histories_has_a_row_for_each_format_and_guarantee() -> None:
    named = {one.name for one in (*FORMATS, *GUARANTEES, *WORKLOADS)}
    assert named <= first_column("histories.md")


def test_the_page_of_histories_says_what_each_guarantee_means() -> None:
    text = (DOCS / "histories.md").read_text(encoding="utf-8")
    for one in (*GUARANTEES, *WORKLOADS):
        assert f"| `{one.name}` | {one.meaning} |" in text


def test_implications_lead_to_levels_and_round_to_none() -> None:
    for name, level in LEVELS.items():
        assert set(level.implies) <= LEVELS.keys()
        assert name not in implied(name)
    assert set(SYNONYMS.values()) <= LEVELS.keys()
    assert not SYNONYMS.keys() & {*LEVELS, *ANOMALIES}
