"""The search of one job's system, by its options and within what is left of its limits."""

from __future__ import annotations

import functools
import time
from pathlib import Path
from typing import Any

from dsmc.backends.tiers import How
from dsmc.engine.memory import most_bytes
from dsmc.engine.outcome import Explored, Limits, Lived, Lives, Run, Verdict
from dsmc.engine.search import Watcher, is_over
from dsmc.frozen import replace
from dsmc.ir import system as y
from dsmc.ir.system import System
from dsmc.liveness.asked import temporal
from dsmc.lives import lives, lives_in_c
from dsmc.reduce.proofs import Proofs
from dsmc.reductions import search
from dsmc.session.options import Options
from dsmc.session.subject import Subject
from dsmc.session.verdicts import NOTHING


def _bad(system: System) -> frozenset[int]:
    """The properties that counterexamples are of."""
    good = (y.Reachable, y.Fires, *y.APART)
    return frozenset(n for n, p in enumerate(system.properties) if not isinstance(p, good))


class Searching:
    """What the options ask of a system."""

    def __init__(self, subject: Subject, options: Options, proofs: Proofs | None = None) -> None:
        self._subject = subject
        self._system = subject.system
        self._machine = subject.machine
        self._options = options
        self._proofs = proofs
        self._began = time.perf_counter()

    def explored(self, last: dict[int, Run], watch: Watcher | None) -> Explored:
        """What the search finds. If the first counterexample is enough, one of the `last` ones is."""
        wanted = frozenset(
            n for n, p in enumerate(self._system.properties)
            if not isinstance(p, (*y.APART, y.NoError))
        )  # fmt: skip
        aside = self._subject.probed.probes
        asked = self._options
        nothing_asked = not (wanted or asked.properties)
        to_the_end = (
            asked.to_the_end
            or self._subject.is_counted
            or nothing_asked
            or bool(temporal(self._system))
        )
        how = How(
            asked.engine,
            asked.threads,
            self._kept_in,
            asked.resume,
            asked.store,
            asked.order,
            asked.compiler,
        )
        limits = replace(self._limits, aside=aside, untold=aside)
        if self._options.first:
            if last:
                return Explored(last, NOTHING)
            limits = replace(limits, enough=_bad(self._system))
        return search(
            self._machine, wanted | aside, how, self._options.reductions,
            limits=limits, to_the_end=to_the_end, watch=watch,
            whole=self._lives_in_c if temporal(self._system) else None, proofs=self._proofs,
        )  # fmt: skip

    def lives(self, explored: Explored, watch: Watcher | None) -> Lives:
        """What holds of whole runs, within what is left of the limits."""
        asked, stopped = temporal(self._system), explored.statistics.stopped
        if is_over(stopped, explored.statistics.depth, self._limits):
            return Lives({number: Lived(Verdict.UNKNOWN, stopped) for number, _ in asked})
        if not asked:
            return Lives({})
        if explored.lives is not None:
            return explored.lives
        limits = self.limits_left
        if stopped and not limits.states:
            limits = replace(limits, states=explored.statistics.states)
        return lives(
            self._machine, fair=self._options.fair, limits=limits, watch=watch, stopped=stopped
        )

    @property
    def limits_left(self) -> Limits:
        """The limits, without the time that has gone."""
        if self._limits.seconds is None:
            return self._limits
        gone = time.perf_counter() - self._began
        return self._limits.with_left(max(0.0, self._limits.seconds - gone))

    def out_of_time(self) -> bool:
        """Is there no time left?"""
        seconds = self._options.limits.seconds
        return seconds is not None and time.perf_counter() - self._began > seconds

    @functools.cached_property
    def _limits(self) -> Limits:
        """Memory is never without a limit: nothing is said where the system ends the process."""
        limits = self._options.limits
        return replace(limits, memory=limits.memory or most_bytes())

    def _lives_in_c(self, driver: Any, stopped: str) -> Lives:
        """What holds of whole runs, of the states that a search in C has found."""
        limits = self.limits_left
        system = self._machine.system
        return lives_in_c(driver, system, stopped, fair=self._options.fair, limits=limits)

    @property
    def _kept_in(self) -> str:
        """The folder of this job's checkpoint."""
        name = "-".join(filter(None, (self._subject.job.path.stem, self._subject.job.name)))
        return str(Path(self._options.checkpoint) / name) if self._options.checkpoint else ""
