"""What a solver has answered about the steps of a system, for searches of it under other limits."""

from __future__ import annotations

from dsmc.cache.store import Store


class KeptProofs:
    """Answers by what they are about: see `reduce.proofs.Proofs`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, *about: object) -> list[int] | None:
        """The answers, in the order of the questions; None if they are not known."""
        found = self._store.get(self._key(about))
        return found if isinstance(found, list) else None

    def put(self, answers: list[int], *about: object) -> None:
        """Keep answers."""
        self._store.put(self._key(about), answers)

    def _key(self, about: tuple[object, ...]) -> str:
        from dsmc.cache.key import key_of

        return key_of("the order of steps", *about)
