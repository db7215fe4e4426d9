"""When a search writes a checkpoint, and what is said of it."""

from __future__ import annotations

import time
from pathlib import Path

from dsmc.backends.c.checkpoint import Folder
from dsmc.backends.c.driver import Driver
from dsmc.frozen import Frozen

#: Seconds between two checkpoints: at least, and at most unless there is nothing new.
LEAST, MOST = 1.0, 60.0
#: The search goes on for so many times as long as writing took.
SHARE = 20


class Checkpoint(Frozen):
    """Where a search is kept, and whether it goes on from what is there."""

    path: Path
    resume: bool = False


class Keeper:
    """Writes checkpoints of one search."""

    def __init__(self, where: Checkpoint, whose: dict[str, str]) -> None:
        self._where = where
        self._folder = Folder(where.path, whose)
        self._written = 0  # levels
        self._due = time.perf_counter() + LEAST
        self.earlier = 0  # transitions
        self._came_from = ""
        self._failed = ""

    def begin(self, driver: Driver) -> int | None:
        """Go on from the checkpoint, if there is one: how its last level ended.

        Raises `Mistakes` if it cannot be gone on from, `OSError`, `MemoryError`.
        """
        saved = self._folder.saved() if self._where.resume else None
        if saved is None:
            self._folder.prepare()
            self._came_from = "there was no checkpoint" if self._where.resume else ""
            return None
        self._folder.fill(saved, driver.arrays(saved.mark))
        self._written = saved.mark.levels
        driver.restore(saved.mark, saved.decided)
        self.earlier = saved.mark.transitions
        self._came_from = f"went on from the checkpoint of {saved.mark.states:,} states"
        self._due = time.perf_counter() + LEAST
        return saved.mark.event

    def look(self, driver: Driver) -> None:
        """Write a checkpoint, if the last one is long enough ago."""
        if time.perf_counter() >= self._due:
            self.save(driver)

    def save(self, driver: Driver) -> None:
        """Write a checkpoint, if there is something new. What is in the way is noted."""
        mark = driver.mark()
        if mark.levels == self._written:
            return
        began = time.perf_counter()
        try:
            self._folder.save(mark, driver.decided(), driver.arrays(mark))
            self._written, self._failed = mark.levels, ""
        except OSError as error:
            self._failed = error.strerror or str(error)
        now = time.perf_counter()
        self._due = now + min(max(LEAST, SHARE * (now - began)), MOST)

    def notes(self, *, stopped: bool) -> tuple[str, ...]:
        """What the report says; if the search was stopped, how to go on."""
        notes = [self._came_from] if self._came_from else []
        if self._failed:
            notes.append(f"the last checkpoint could not be written: {self._failed}")
        if stopped and self._written:
            where = f"--checkpoint {self._where.path.parent} --resume"
            notes.append(f"to go on: dsmc check … {where}")
        return tuple(notes)
