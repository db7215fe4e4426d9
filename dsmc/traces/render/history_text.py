"""What was found out about a recorded history, as text and as data."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from itertools import groupby
from typing import Any, assert_never

from dsmc.histories.findings import Finding, Weaker, refuted_next, strongest
from dsmc.histories.guarantees import Known
from dsmc.histories.verdict import Holds, Undecided, Verdict, Violated

_WIDE = 100


def word(verdict: Verdict) -> str:
    """A verdict in a word."""
    match verdict:
        case Holds():
            return "holds"
        case Violated():
            return "violated"
        case Undecided():
            return "unknown"
        case _:
            assert_never(verdict)


def one(finding: Finding) -> str:
    """The verdict on one guarantee with what explains it, ended by a newline."""
    return (
        "\n".join([f"{finding.guarantee} {_headline(finding.verdict)}", *_why(finding.verdict)])
        + "\n"
    )


def _headline(verdict: Verdict) -> str:
    return f"is violated: {verdict.anomaly}" if isinstance(verdict, Violated) else (
        "holds" if isinstance(verdict, Holds) else "is unknown")  # fmt: skip


def _why(verdict: Verdict) -> list[str]:
    match verdict:
        case Holds():
            return []
        case Violated():
            return [line for sentence in verdict.sentences for line in _fit(sentence)]
        case Undecided():
            return _fit(f"{verdict.why}.")
        case _:
            assert_never(verdict)


def _fit(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDE, initial_indent="  ", subsequent_indent="    ")


def every(findings: Iterable[Finding], weaker: Weaker) -> str:
    """A line for each guarantee, then the strongest that hold, then what breaks the next."""
    known = tuple(findings)
    wide = max(len(f.guarantee) for f in known)
    lines = [_line(f, wide) for f in known]
    holding = strongest(known, weaker)
    lines.append(f"strongest that hold: {', '.join(holding) or 'none'}")
    broken = refuted_next(known, weaker)
    return "\n".join(lines) + "\n" + (f"\n{one(broken)}" if broken else "")


def _line(finding: Finding, wide: int) -> str:
    match finding.verdict:
        case Violated() as found:
            said = f"  {found.anomaly}"
        case Undecided() as found:
            said = f"  {found.why}"
        case _:
            said = ""
    said = f"  follows from {finding.by}" if finding.by else said
    return f"  {finding.guarantee:<{wide}}  {word(finding.verdict):<8}{said}".rstrip()


def as_data(finding: Finding) -> dict[str, Any]:
    """A finding as JSON has it."""
    data: dict[str, Any] = {"guarantee": finding.guarantee, "verdict": word(finding.verdict)}
    if finding.by:
        return {**data, "follows_from": finding.by}
    match finding.verdict:
        case Holds(witness):
            return {**data, "witness": list(witness)}
        case Violated(anomaly, sentences, reasons, involved):
            steps = [
                {"kind": r.kind, "before": r.before, "after": r.after, "because": r.because}
                for r in reasons
            ]
            return {**data, "anomaly": anomaly, "sentences": list(sentences), "reasons": steps,
                    "involved": list(involved)}  # fmt: skip
        case Undecided(why):
            return {**data, "why": why}
        case _:
            assert_never(finding.verdict)


def listed(known: Iterable[Known]) -> str:
    """All that can be asked: by what it is about, with its meaning and other words for it."""
    lines = []
    for kind, ones in groupby(known, key=lambda one: one.kind):
        lines += ["", f"{kind.value}:"]
        for one in ones:
            others = f" (also {', '.join(one.others)})" if one.others else ""
            lines += [f"  {one.name}{others}", *_fit(f"  {one.meaning.removesuffix('.')}.")]
    return "\n".join(lines[1:]) + "\n"
