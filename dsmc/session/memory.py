"""What earlier checks of a job found out, and keeping what this one does."""

from __future__ import annotations

import functools

from dsmc.backends.python.machine import TracedStep
from dsmc.cache.findings import Findings, as_data, from_data
from dsmc.cache.last import remember, still_violated
from dsmc.cache.store import Cache
from dsmc.engine.machine import State
from dsmc.engine.outcome import Limits, Run
from dsmc.frozen import replace
from dsmc.results import Result
from dsmc.session.options import Options
from dsmc.session.subject import Subject


class Memory:
    """The cache, as one job sees it."""

    def __init__(self, cache: Cache, subject: Subject, options: Options) -> None:
        self._cache = cache
        self._subject = subject
        self._options = options

    @functools.cached_property
    def _key(self) -> str:
        """What was asked. What ends a search early has no part in it: such an answer is not kept."""
        from dsmc.cache.key import key_of

        limits = Limits(self._options.limits.states)
        asked = replace(
            self._options, limits=limits, first=False, checkpoint="", resume=False, coverage=False,
            strict=False,
        )  # fmt: skip
        return key_of(self._subject.system, asked, self._subject.is_counted)

    def recalled(self) -> Findings | None:
        """What was found out about the same question."""
        return from_data(self._cache.answers.get(self._key), self._steps_from)

    def keep(self, found: Findings) -> None:
        """Keep what is final. How sure a search by fingerprints is, only the search itself says."""
        if self._options.store == "exact" and found.is_final:
            self._cache.answers.put(self._key, as_data(found, self._steps_from))

    def still_violated(self) -> dict[int, Run]:
        """The last counterexamples that still are such."""
        return dict(still_violated(self._cache.last, self._subject.job, self._subject.machine))

    def remember(self, results: tuple[Result, ...]) -> None:
        """Keep the counterexamples, whatever becomes of the spec."""
        remember(self._cache.last, self._subject.job, results)

    def _steps_from(self, state: State) -> list[TracedStep]:
        return self._subject.machine.steps_from(state)
