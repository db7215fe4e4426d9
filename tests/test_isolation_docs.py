"""docs/isolation.md names all that can be asked, and all that can be read."""

from __future__ import annotations

import re

from conftest import ROOT

from dsmc.histories.isolation.anomalies import ANOMALIES
from dsmc.histories.isolation.levels import LEVELS, SYNONYMS, implied
from dsmc.histories.transactional import FORMATS

PAGE = (ROOT / "docs" / "isolation.md").read_text(encoding="utf-8")
FIRST_COLUMN = set(
    re.findall(r"`([\w-]+)`", "\n".join(re.findall(r"^\| (`[^|]*) \|", PAGE, re.MULTILINE)))
)


def test_the_tables_have_a_row_for_each_level_anomaly_and_format() -> None:
    formats = {form.name for form in FORMATS}
    assert {*LEVELS, *ANOMALIES, *formats} == FIRST_COLUMN


def test_implications_lead_to_levels_and_round_to_none() -> None:
    for name, level in LEVELS.items():
        assert set(level.implies) <= LEVELS.keys()
        assert name not in implied(name)
    assert set(SYNONYMS.values()) <= LEVELS.keys()
    assert not SYNONYMS.keys() & {*LEVELS, *ANOMALIES}
