"""What the engine needs to know of a model. Back ends provide it; the engine knows nothing else."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

#: A state as a back end keeps it: it can be compared and hashed, and is never looked into.
State: TypeAlias = Hashable


class Machine(Protocol):
    """A transition system with its properties, by their numbers in the system."""

    def initial(self, found: list[Any] | None = None) -> tuple[list[State], list[int]]:
        """The initial states in order, each once; and the properties that making them violates. They are
        collected in `found`, each as often as it is made.
        """

    def expand(self, state: Any, successors: list[Any], violated: list[int]) -> tuple[int, int]:
        """Append the successors in order of the actions, and the numbers of the properties
        (assertions, range errors) that the steps themselves violate.

        Returns how many of the successors are by steps of the system's own work: these come first;
        and how many are not by faults: these come before all others.
        """

    @property
    def error(self) -> int:
        """The number of the property that a step without a result violates."""

    @property
    def state_deciders(self) -> Mapping[int, Callable[[Sequence[Any]], int]]:
        """For what a state decides (an invariant is violated, a witness reached): the index of the
        first state that does, or -1.
        """

    @property
    def step_deciders(self) -> Mapping[int, Callable[[Any, Sequence[Any]], int]]:
        """The same for steps: from a state, the index of the first successor that decides."""

    @property
    def rest_deciders(self) -> Mapping[int, Callable[[Any], bool]]:
        """Does a state in which no work is left violate the property?"""

    @property
    def stuck_deciders(self) -> Mapping[int, Callable[[Any], bool]]:
        """Does a state in which only faults change anything violate the property?"""

    @property
    def is_within(self) -> Callable[[Any], bool] | None:
        """Is a state inside the declared bound? None if there is no bound."""

    @property
    def load(self) -> Callable[[Any], int] | None:
        """How many messages are in flight in a state; None if their number has a bound."""

    def pumps(self, run: Sequence[Any]) -> bool:
        """Could what led from the first state of a run to its last be repeated for ever, with ever
        more messages in flight?
        """

    @property
    def partial(self) -> Partial | None:
        """What is to be asked if `expand` may put off some steps for ever; None if it does not."""


class Partial(Protocol):
    """The steps that a machine leaves out."""

    def taken(self, state: Any) -> tuple[int, int]:
        """Which steps are possible in a state, and which of them `expand` takes, as bits: all of them, if
        they lead wherever something may be decided.
        """

    def lead(self, state: Any, successors: list[Any], violated: list[int]) -> tuple[int, int]:
        """Like `expand`, with steps that lead wherever something may be decided."""
