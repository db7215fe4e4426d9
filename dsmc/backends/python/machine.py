"""The reference: a system as generated Python source.

The source has one function for the initial states, one for the successors of a state, and some
that look at many states at once; the traced twins of the first two say, for each successor, which
action it is by, with which values, and what happened on the way.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

from dsmc.backends.acting import actor
from dsmc.backends.acting import labels as labels_of
from dsmc.backends.codec import Register, decode, encode
from dsmc.backends.python.access import Pool
from dsmc.backends.python.generate import Layout, generate, generate_apart, generate_labelled
from dsmc.diagnostics import Diagnostic, Mistakes
from dsmc.engine.machine import Partial, State
from dsmc.engine.simulate import Choice
from dsmc.frozen import Frozen
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.ops import RangeError
from dsmc.ir.system import Action, Fairness, NoError, System
from dsmc.ir.types import Type, Value
from dsmc.reduce.stubborn import Stubborn
from dsmc.source import NOWHERE

#: What is owed: the name of what is owed together, and the values of the keys.
Owed: TypeAlias = tuple[Any, ...]
#: Appends the steps from a state, and the number of the property that a step without result violates.
Labelled: TypeAlias = Callable[[Any, list[tuple[Owed | None, Any]], list[int]], None]
ByAction: TypeAlias = Callable[[Any, list[Any], list[int]], None]
Facts: TypeAlias = Callable[[Any], int]

_TOO_DEEP = Diagnostic(
    "D409", "a statement or an expression is nested too deep to be run", NOWHERE, "",
    "name parts of it: a `fun` for an expression, a `match` for a long chain of `else if`",
)  # fmt: skip


class Event(Frozen):
    """Something that happened in a step: its kind, plain values with their types, perhaps a label."""

    kind: str
    values: tuple[Value, ...]
    types: tuple[Type, ...]
    text: str = ""


class TracedStep(Frozen):
    """A successor with its story. `target` is None where the step has no result: `error` says why.

    `labels` are the parameters and names of the action: name, plain value, type.
    """

    action: Action
    labels: tuple[tuple[str, Value, Type], ...]
    events: tuple[Event, ...]
    target: State | None
    error: str = ""

    @property
    def owed(self) -> Owed | None:
        """What this step fulfils: as in the graph of the states."""
        action = self.action
        if action.fairness is Fairness.NONE:
            return None
        values = {name: encode(of, value) for name, value, of in self.labels}
        return (action.owed or action.name, *(values[name] for name in action.key))


def _of_run(name: str) -> Any:
    """What the generated source defines under a name."""
    return functools.cached_property(lambda machine: machine._run[name])


class PythonMachine:
    """Runs the generated source, each half of it once it is needed: a run is told without a search.

    Where there is an `order`, only the steps are taken that it chooses.
    """

    order: Stubborn | None = None

    expand = _of_run("expand")
    state_deciders = _of_run("state_deciders")
    step_deciders = _of_run("step_deciders")
    rest_deciders = _of_run("rest_deciders")
    stuck_deciders = _of_run("stuck_deciders")
    is_within = _of_run("is_within")

    def __init__(self, system: System) -> None:
        self.system = system
        self.layout = Layout(system)
        self._pool = Pool(system.observers)
        self.error = next(n for n, p in enumerate(system.properties) if isinstance(p, NoError))

    @functools.cached_property
    def source(self) -> str:
        """What is run by a search."""
        return generate(self.system, self.layout, self._pool, traced=False)

    @functools.cached_property
    def _run(self) -> dict[str, Any]:
        return self._compiled(self.source)

    def prepare(self) -> None:
        """Generate and compile what is run by a search. Raises `Mistakes`."""
        assert self._run

    def _compiled(self, source: str) -> dict[str, Any]:
        namespace: dict[str, Any] = dict(self._pool.objects)
        try:
            code = compile(source, f"<{self.system.name}>", "exec")
        except (
            SyntaxError
        ) as error:  # Python's limits of nesting; what we write is Python otherwise
            raise Mistakes((_TOO_DEEP,)) from error
        exec(code, namespace)  # noqa: S102
        return namespace

    # ------------------------------------------------------------ the engine's side

    def initial(self, found: list[State] | None = None) -> tuple[list[State], list[int]]:
        """See `Machine`."""
        found = [] if found is None else found
        violated: list[int] = []
        self._run["initial"](found, violated)
        return list(dict.fromkeys(found)), violated

    def labelled(self, conditions: Sequence[x.Expr]) -> tuple[list[Labelled], Facts]:
        """For each action the function that appends its steps, each with what is owed by it (None: no
        one is owed it), and the function that gives the facts of a state.
        """
        source = generate_labelled(self.system, self.layout, self._pool, conditions)
        run = self._compiled(source)
        return run["steps"], run["facts"]

    def apart(self, conditions: Sequence[x.Expr]) -> tuple[list[ByAction], Facts]:
        """For each action the function that appends its successors, and the facts of a state."""
        run = self._compiled(generate_apart(self.system, self.layout, self._pool, conditions))
        return run["actions"], run["facts"]

    @property
    def partial(self) -> Partial | None:
        """See `Machine`."""
        return None

    # ------------------------------------------------------------ the traces' side

    @functools.cached_property
    def _traced(self) -> dict[str, Any]:
        return self._compiled(generate(self.system, self.layout, self._pool, traced=True))

    def steps_from(self, state: State, by: Sequence[Action] | None = None) -> list[TracedStep]:
        """All steps from a state (by some of the actions), in the order of the successors."""
        found: list[tuple[Any, ...]] = []
        chosen = range(len(self.system.actions)) if by is None else map(self._number, by)
        for number in chosen:
            action, so_far = self._traced["actions"][number], [(), ()]
            try:
                action(state, found, so_far)
            except RangeError as error:
                found.append((number, *so_far, None, error.reason))
        return [self._story(*step) for step in found]

    def choices(self, state: State, found: list[Any] | None = None) -> list[Choice]:
        """See `Walkable`."""
        found = [] if found is None else found
        for action in self._traced["actions"]:
            with suppress(RangeError):
                action(state, found, [(), ()])
        return [Choice(n, self._actor(n, labels), target) for n, labels, _, target in found]

    def _actor(self, number: int, labels: tuple[Any, ...]) -> int:
        first, place = self._actors[number]
        return first if place is None else first + labels[place]

    @functools.cached_property
    def _actors(self) -> list[tuple[int, int | None]]:
        """For each action the first of the nodes that may act, and which label says which it is."""
        return [_actors_of(number, action) for number, action in enumerate(self.system.actions)]

    @functools.cached_property
    def _numbers(self) -> dict[str, int]:
        return {action.name: number for number, action in enumerate(self.system.actions)}

    def _number(self, action: Action) -> int:
        return self._numbers[action.name]

    @functools.cached_property
    def starts(self) -> Starts:
        """The initial states, each with what happened in its making. Raises `RangeError`."""
        found: list[tuple[State, tuple[Any, ...]]] = []
        self._traced["initial"](found, [])
        return Starts(found)

    def _story(
        self, number: int, labels: tuple[Register, ...], events: tuple[Any, ...],
        target: State | None, error: str = "",
    ) -> TracedStep:  # fmt: skip
        action = self.system.actions[number]
        shown = tuple(
            (name, decode(of, label), of)
            for (name, of), label in zip(labels_of(action), labels, strict=False)
        )
        return TracedStep(action, shown, tuple(map(_event, events)), target, error)

    # ------------------------------------------------------------ states

    def decode(self, state: State) -> dict[str, Value]:
        """The plain values of the variables."""
        return self.layout.decode(state)

    def encode(self, values: dict[str, Value]) -> State:
        """The state in which the variables have these plain values."""
        return self.layout.encode(values)

    # ------------------------------------------------------------ growth

    @functools.cached_property
    def _channels(self) -> list[tuple[int, bool]]:
        """The places of the channels in a state, and whether each is a bag."""
        boxed = list(enumerate(self.layout.boxed, start=1))
        return [
            (i, isinstance(of, t.Bag)) for i, (name, of) in boxed if name in self.system.channels
        ]

    @property
    def load(self) -> Callable[[Any], int] | None:
        """See `Machine`."""
        channels = self._channels
        if not channels:
            return None
        return lambda state: sum(_in_flight(state[place]) for place, _ in channels)

    def pumps(self, run: Sequence[Any]) -> bool:
        """All but the channels is the same, and these hold the same and more.

        What is possible with some messages in flight is possible with more, so what led here can be
        done again. From queues nothing may have been taken: it would be something else the next time.
        """
        bags = dict(self._channels)
        parts = list(zip(*run, strict=True))
        others = (values for i, values in enumerate(parts) if i not in bags)
        return (
            run[0] != run[-1]
            and all(values[0] == values[-1] for values in others)
            and all(_grew(parts[i][0], parts[i][-1], is_bag) for i, is_bag in bags.items())
            and (all(bags.values()) or not any(map(self._takes, run, run[1:])))
        )

    def _takes(self, here: State, there: State) -> bool:
        """Does the step between two states take a message, or change the order of some?"""
        step = next(step for step in self.steps_from(here) if step.target == there)
        return any(event.kind in _TAKING for event in step.events)


def _in_flight(channel: tuple[Any, ...]) -> int:
    """How many messages a bag, or a map of maps of queues, holds."""
    return sum(_in_flight(part) if isinstance(part, tuple) else 1 for part in channel)


def _actors_of(number: int, action: Action) -> tuple[int, int | None]:
    first, label = actor(number, action)
    names = [name for name, _ in labels_of(action)]
    return first, names.index(label) if label else None


_TAKING = frozenset({"receive", "lose", "reorder", "forget"})


def _grew(old: Any, new: Any, is_bag: bool) -> bool:
    """Does a channel have what it had, and perhaps more: a queue at its end?"""
    if is_bag:
        return not Counter(old) - Counter(new)
    return all(
        later[: len(queue)] == queue
        for row, later_row in zip(old, new, strict=True)
        for queue, later in zip(row, later_row, strict=True)
    )


class Starts(Mapping[State, tuple[Event, ...]]):
    """Of each initial state, what happened in its making. Of a hundred thousand, one is asked for."""

    def __init__(self, found: Sequence[tuple[State, tuple[Any, ...]]]) -> None:
        self._events = dict(found)
        if len(self._events) < len(found):  # the first making of each counts
            self._events.update(reversed(found))

    def __getitem__(self, state: State) -> tuple[Event, ...]:
        return tuple(map(_event, self._events[state]))

    def __iter__(self) -> Iterator[State]:
        return iter(self._events)

    def __len__(self) -> int:
        return len(self._events)


def _event(raw: tuple[str, tuple[Register, ...], tuple[Type, ...], str]) -> Event:
    kind, values, types, text = raw
    plain = tuple(decode(of, v) for of, v in zip(types, values, strict=True))
    return Event(kind, plain, types, text)
