"""What became of mutants, as rows and as data."""

from __future__ import annotations

from typing import Any

from dsmc.coverage.annotate import place
from dsmc.mutation.rules import NOTHING
from dsmc.mutation.run import Fate, Mutant, Mutated

FORMAT = "dsmc-mutation-1"
#: Longer texts are cut.
_WIDTH = 40


def row(mutant: Mutant, *, models: bool) -> tuple[str, str, str, str]:
    """What became of it, where it is, what was changed, who noticed (in which of several `models`)."""
    change = mutant.mutation
    return mutant.fate.value, str(change.span), changed(mutant), noticed(mutant, models=models)


def changed(mutant: Mutant) -> str:
    """The text before and after."""
    change = mutant.mutation
    if change.after == NOTHING:
        return f"{change.rule} left out: {_cut(change.before)}"
    return f"{_cut(change.before)} → {_cut(change.after)}"


def noticed(mutant: Mutant, *, models: bool) -> str:
    """By what it was noticed; why that is not known."""
    model = f"{mutant.model}: " if models and mutant.model else ""
    if mutant.fate is Fate.SURVIVED:
        return ""
    if mutant.fate is Fate.UNKNOWN or not mutant.property:
        return f"{model}{mutant.note}"
    steps = (
        f" in {mutant.steps} step{'s' * (mutant.steps != 1)}" if mutant.steps is not None else ""
    )
    return f"{model}{mutant.property} {mutant.note}{steps}"


def summary(found: Mutated) -> str:
    """The numbers."""
    counts = [
        f"{found.count(Fate.KILLED)} killed", f"{found.count(Fate.SURVIVED)} survived",
        f"{found.count(Fate.UNKNOWN)} unknown",
    ]  # fmt: skip
    told = f"{len(found.mutants)} mutants: {', '.join(counts)}"
    told += f"; {found.same} more make no other system" if found.same else ""
    return told + (f"; interrupted: {found.left} were not tried" if found.left else "")


def as_data(file: str, models: list[str], found: Mutated) -> dict[str, Any]:
    """Mutants as dictionaries and lists. The form is versioned by `format`."""
    return {
        "format": FORMAT, "file": file, "models": models, "same": found.same, "left": found.left,
        "mutants": [_data(mutant) for mutant in found.mutants],
    }  # fmt: skip


def _data(mutant: Mutant) -> dict[str, Any]:
    change = mutant.mutation
    known = mutant.fate is not Fate.SURVIVED
    return {
        "fate": mutant.fate.value, "rule": change.rule, "before": change.before,
        "after": change.after, **place(change.span),
        "model": mutant.model if known else "", "property": mutant.property,
        "steps": mutant.steps, "note": mutant.note,
    }  # fmt: skip


def _cut(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
