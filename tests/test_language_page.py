"""Every spec in docs/language.md is as it says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT

from dsmc import check, load

PAGE = (ROOT / "docs/language.md").read_text(encoding="utf-8")
SPECS = re.findall(r"^```dsm\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def name(text: str) -> str:
    found = re.search(r"^spec (\w+)", text, re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("text", SPECS, ids=name)
def test_models(text: str, spec: Callable[[str], Path]) -> None:
    """All its models are as they expect; and it has some."""
    jobs = load(spec(text))
    assert all(job.expectations for job in jobs)
    assert [s for job in jobs for s in check(job).surprises] == []
