"""All that can be asked of a recorded history, by every word for it."""

from __future__ import annotations

import re
from enum import Enum

from dsmc.diagnostics import did_you_mean
from dsmc.frozen import Frozen
from dsmc.histories.check import GUARANTEES, WORKLOADS
from dsmc.histories.formats.mistakes import UNKNOWN, refuse_all
from dsmc.histories.isolation import anomalies, levels

ALL = "all"


class Kind(Enum):
    """What a guarantee is about."""

    OBJECTS = "operations on objects"
    WORKLOAD = "operations of a workload"
    LEVEL = "isolation levels of transactions"
    ANOMALY = "anomalies that transactions do not have"


class Known(Frozen):
    """A guarantee: its name, what it says, other words for it."""

    name: str
    kind: Kind
    meaning: str
    others: tuple[str, ...] = ()

    @property
    def of_transactions(self) -> bool:
        """Is it asked of transactions?"""
        return self.kind in (Kind.LEVEL, Kind.ANOMALY)

    @property
    def anomaly(self) -> str:
        """The anomaly that it forbids by name."""
        return self.name.removeprefix(_NO)


_NO = "no_"


def _others(synonyms: dict[str, str], name: str) -> tuple[str, ...]:
    return tuple(word for word, meant in synonyms.items() if meant == name)


KNOWN = (
    *(Known(one.name, Kind.OBJECTS, one.meaning) for one in GUARANTEES),
    *(Known(one.name, Kind.WORKLOAD, one.meaning) for one in WORKLOADS),
    *(Known(name, Kind.LEVEL, level.meaning, _others(levels.SYNONYMS, name))
      for name, level in levels.LEVELS.items()),
    *(Known(_NO + name, Kind.ANOMALY, anomaly.meaning, (name, *_others(anomalies.SYNONYMS, name)))
      for name, anomaly in anomalies.ANOMALIES.items()),
)  # fmt: skip


def named(word: str) -> tuple[Known, ...]:
    """The guarantees that a word means; some are asked both of operations and of transactions.

    `Snapshot-Isolation` is `snapshot_isolation`, and `PL-2.99` is `pl_2_99`. What is the name of a
    workload means that. Raises `Mistakes`.
    """
    plain = re.sub(r"[-. ]", "_", word.lower())
    found = tuple(one for one in KNOWN if plain in (one.name, *one.others))
    if not found:
        words = [name for one in KNOWN for name in (one.name, *one.others)]
        help = did_you_mean(plain, words) or "`dsmc history guarantees` lists all that there are"
        refuse_all(f"there is no guarantee `{word}`", help, UNKNOWN)
    return tuple(one for one in found if one.kind is Kind.WORKLOAD) or found
