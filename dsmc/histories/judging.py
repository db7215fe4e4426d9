"""A recorded history, judged as what is asked of it: as operations on an object, or as transactions."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from dsmc.histories import check
from dsmc.histories.budget import Budget
from dsmc.histories.findings import Finding, Weaker
from dsmc.histories.fitting import specification
from dsmc.histories.formats.mistakes import refuse_all
from dsmc.histories.guarantees import ALL, Kind, Known, named
from dsmc.histories.isolation import anomalies, levels
from dsmc.histories.isolation.facts import Facts
from dsmc.histories.isolation.reading import read_history
from dsmc.histories.model import Operations, Transactions
from dsmc.histories.objects import Specification
from dsmc.histories.reading import (
    as_operations,
    as_transactions,
    has_transactions,
    read_record,
)


class Recorded:
    """A file, and what is said of it. With an object its history is one of operations."""

    def __init__(
        self, path: Path, form: str | None = None, object: str | None = None,
        initial: str | None = None, *, keyed: bool = False,
    ) -> None:  # fmt: skip
        self._path = path
        self._record = read_record(path, form)
        self._object = object
        self._initial = initial
        self._keyed = keyed

    @cached_property
    def has_transactions(self) -> bool:
        """Are transactions recorded, if nothing that is asked says otherwise?"""
        return not (self._object or self._initial or self._keyed) and has_transactions(self._record)

    @cached_property
    def operations(self) -> Operations:
        """What is recorded, as operations. Raises `Mistakes`."""
        return as_operations(self._path, self._record, keyed=self._keyed)

    @cached_property
    def transactions(self) -> Transactions:
        """What is recorded, as transactions. Raises `Mistakes`."""
        return as_transactions(self._path, self._record)

    @cached_property
    def _facts(self) -> Facts:
        return read_history(self.transactions)

    @cached_property
    def _spec(self) -> Specification:
        return specification(self.operations, self._object, self._initial)

    def are_asked(self, word: str) -> bool:
        """Does a word ask for transactions? Raises `Mistakes`."""
        if word == ALL:
            return self.has_transactions
        kinds = {one.of_transactions for one in named(word)}
        return self.has_transactions if len(kinds) > 1 else True in kinds

    def judged(self, word: str, seconds: float | None) -> tuple[Finding, ...]:
        """The verdict on what a word means; on all guarantees the stronger ones first."""
        of_transactions = self.are_asked(word)
        if of_transactions and self._object:
            refuse_all(f"`{word}` is asked of transactions", "leave out --object")
        if word != ALL:
            one = next(one for one in named(word) if one.of_transactions == of_transactions)
            return (self._one(one, Budget(seconds)),)
        if of_transactions:
            return levels.check_all(self._facts, seconds)
        return check.check_all(self.operations, self._spec, seconds)

    def _one(self, one: Known, budget: Budget) -> Finding:
        match one.kind:
            case Kind.LEVEL:
                verdict = levels.decide_facts(self._facts, one.name, budget)
            case Kind.ANOMALY:
                verdict = anomalies.decide_anomaly(self._facts, one.anomaly, budget)
            case Kind.OBJECTS:
                verdict = check.check(self.operations, one.name, self._spec, budget)
            case Kind.WORKLOAD:
                verdict = check.check(self.operations, one.name, None, budget)
        return Finding(one.name, verdict)

    def weaker(self, word: str) -> Weaker:
        """What implies what, of that which a word asks."""
        return levels.implied if self.are_asked(word) else check.weaker
