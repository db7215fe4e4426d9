"""One measurement of how long a history took."""

from __future__ import annotations

from dsmc.frozen import Frozen
from dsmc.histories.verdict import Holds, Undecided, Verdict, Violated


class Row(Frozen):
    """What was asked of so many operations or transactions; `most`: the seconds it may take."""

    name: str
    size: int
    asked: str
    verdict: Verdict
    seconds: float
    most: float

    @property
    def is_late(self) -> bool:
        """Did it take too long, or end without a verdict?"""
        return self.seconds > self.most or isinstance(self.verdict, Undecided)

    def __str__(self) -> str:
        told = f"{self.seconds:8.2f} {self.most:6.0f}{' !' if self.is_late else ''}"
        return f"{self.name:22} {self.size:>7,} {self.asked:26} {_word(self.verdict):34} {told}"


HEAD = f"{'history':22} {'size':>7} {'asked':26} {'verdict':34} {'seconds':>8} {'most':>6}"


def _word(verdict: Verdict) -> str:
    match verdict:
        case Holds():
            return "holds"
        case Violated(anomaly):
            return f"violated: {anomaly}"
        case Undecided(why):
            return f"unknown: {why}"
