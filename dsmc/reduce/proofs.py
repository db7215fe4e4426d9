"""Where the answers of a solver are kept."""

from __future__ import annotations

from typing import Protocol


class Proofs(Protocol):
    """Keeps what a solver has answered, under what it was asked about."""

    def get(self, *about: object) -> list[int] | None:
        """All its answers, in the order of the questions; None if they are not known."""

    def put(self, answers: list[int], *about: object) -> None:
        """Keep them."""
