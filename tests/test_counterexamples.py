"""The committed counterexamples are what the tool says now, byte for byte."""

from __future__ import annotations

from pathlib import Path

import golden
import pytest


@pytest.mark.parametrize("models", sorted(golden.MODELS.glob("*.dsm")), ids=lambda p: p.stem)
def test_counterexamples(models: Path) -> None:
    made, kept = golden.counterexamples(models), golden.committed(models)
    assert made.keys() == kept.keys(), "run `make golden`"
    changed = [place for place in made if made[place] != kept[place]]
    assert not changed, "run `make golden`, and look at what changed"
