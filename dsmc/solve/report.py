"""What was found, in words and as data."""

from __future__ import annotations

from typing import Any

from dsmc.engine.outcome import Verdict
from dsmc.frozen import replace
from dsmc.results import Result
from dsmc.smt.conditions import Condition
from dsmc.solve.run import Answer, Row, Table
from dsmc.traces.render.json import as_data as trace_data


def sentence(answer: Answer, table: Table) -> str:
    """For which combinations a property holds."""
    decided = [
        row for row in table.rows
        if row.verdict(answer.property) in (Verdict.HOLDS, Verdict.VIOLATED)
    ]  # fmt: skip
    many = (
        f"{len(decided)} of " * (len(decided) < len(table.rows)) + f"{len(table.rows)} combinations"
    )
    fixed = "".join(f"; {name} is {value} in all" for name, value in answer.fixed.items())
    return f"{answer.property}{_when(answer, table)} ({many}{fixed})"


def _when(answer: Answer, table: Table) -> str:
    if answer.condition is None:
        return f": {answer.why}"
    if not answer.condition.parts:
        return f" {_word(answer, table)} for all of them"
    return f" {_word(answer, table)} if and only if {answer.condition.text}"


def _word(answer: Answer, table: Table) -> str:
    """What is said of the property where it is as it is wanted."""
    every = [row.result(answer.property) for row in table.rows]
    word = next(replace(r, verdict=Verdict.HOLDS).word for r in every if r is not None)
    return word if word == "holds" else f"is {word}"


def unknown(answer: Answer, table: Table) -> list[str]:
    """The combinations for which a property is not decided, and why."""
    found = [(row, row.result(answer.property)) for row in table.rows]
    return [
        f"{answer.property} with {_values(row)}: unknown ({result.note})"
        for row, result in found
        if result is not None and result.verdict is Verdict.UNKNOWN
    ]


def mistakes(table: Table) -> list[str]:
    """The combinations for which there is nothing to check, and why."""
    return [
        f"{_values(row)} is refused: {d.message} [{d.code}]"
        for row in table.rows for d in row.mistakes
    ]  # fmt: skip


def _values(row: Row) -> str:
    return ", ".join(f"{name} = {value}" for name, value in row.values.items())


# ---------------------------------------------------------------- as data


def as_data(table: Table) -> dict[str, Any]:
    """A table as dictionaries, lists and strings."""
    return {
        "model": table.job.name,
        "constants": list(table.names),
        "rows": [_row(row, table) for row in table.rows],
        "answers": [
            {
                "property": answer.property, "why": answer.why,
                "condition": answer.condition and _condition(answer.condition),
                "fixed": answer.fixed, "boundary": [row.values for row in answer.boundary],
            }
            for answer in table.answers
        ],
    }  # fmt: skip


def _row(row: Row, table: Table) -> dict[str, Any]:
    told = [a for a in table.answers if row.result(a.property) is not None]
    return {
        "values": row.values,
        "mistakes": [{"code": d.code, "message": d.message} for d in row.mistakes],
        "properties": {
            a.property: _result(row.result(a.property), shown=row in a.boundary) for a in told
        },
    }  # fmt: skip


def _result(result: Result | None, *, shown: bool) -> dict[str, Any]:
    assert result is not None
    trace = trace_data(result.trace) if shown and result.trace is not None else None
    return {
        "verdict": result.verdict.value, "word": result.word, "steps": result.steps,
        "note": result.note, "trace": trace,
    }  # fmt: skip


def _condition(condition: Condition) -> dict[str, Any]:
    """The sum of the times of each name, and of the number, is not negative in any part."""
    return {
        "text": condition.text,
        "parts": [{"times": dict(p.times), "number": p.number} for p in condition.parts],
    }
