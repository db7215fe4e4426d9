"""Which reductions are used for a system, one after the other: slices, dead values, symmetry,
partial order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import factorial, prod
from typing import TypeAlias

from dsmc.frozen import Frozen, replace
from dsmc.ir import system as y
from dsmc.ir.names import shown
from dsmc.reduce.dead import forgetful
from dsmc.reduce.permute import Named, Values
from dsmc.reduce.schedules import Schedules
from dsmc.reduce.slice import Slice, sliced, slices
from dsmc.reduce.stubborn import Stubborn
from dsmc.reduce.symmetry import symmetry

#: Smaller spaces are searched as they are: in C that takes less time than to look for reductions.
AFTER = 50_000
#: In C, so many states take less time than the questions to a solver.
PATIENCE = 1_000_000
#: To choose steps takes time. It pays if no more than so many of them are taken.
PAYS = 0.6
#: There are more states if faults are chosen beforehand. It pays if no more than so many of the steps are
#: left that are left otherwise.
CHOSEN = 0.8
_ALWAYS = 1_000.0


class Led(Frozen):
    """What chooses among the steps of a system, perhaps of one whose faults are chosen beforehand."""

    order: Stubborn
    schedules: Schedules | None = None


#: What leads the search of a system, if that pays.
Ordered: TypeAlias = Callable[[y.System], "Led | None"]


class Reductions(Frozen):
    """Which reductions may be used, and after how many states of the system as it is. A solver is asked
    how steps may be ordered when so many states more (`patience`) were not all; an order is used if of
    the steps of some states it leaves at most this part (`pays`), under `schedules` of faults if these
    leave at most another part of those (`chosen`). Is it `led` even by violations that stay?
    """

    symmetry: bool = True
    dead_values: bool = True
    slices: bool = True
    partial_order: bool = True
    schedules: bool = True
    led: bool = False
    after: int = AFTER
    patience: int = PATIENCE
    pays: float = PAYS
    chosen: float = CHOSEN

    @property
    def any(self) -> bool:
        """May one be used?"""
        return self.symmetry or self.dead_values or self.slices or self.partial_order


NO_REDUCTIONS = Reductions(
    symmetry=False, dead_values=False, slices=False, partial_order=False, schedules=False
)


def at_once(reductions: Reductions) -> Reductions:
    """From the first state on, whatever they pay."""
    return replace(reductions, after=0, patience=0, pays=1.0, chosen=_ALWAYS)


class Reduced(Frozen):
    """What is searched in the place of a system, for some of its properties: without the variables
    that are `left_out`, with the dead values of some `forgotten`, up to the names of some types, and perhaps
    `led`.
    """

    system: y.System
    left_out: tuple[str, ...]
    forgotten: tuple[str, ...]
    types: tuple[Named, ...]
    led: Led | None = None

    @property
    def order(self) -> Stubborn | None:
        """What chooses its steps."""
        return self.led.order if self.led is not None else None

    @property
    def schedules(self) -> Schedules | None:
        """How its faults are chosen beforehand."""
        return self.led.schedules if self.led is not None else None


def plan(
    system: y.System, reductions: Reductions, first: Callable[[], Sequence[Values]],
    ordered: Ordered = lambda _: None,
) -> tuple[Reduced, ...]:  # fmt: skip
    """What is searched in the place of a system; nothing if that is the system itself.

    `first` gives the first states of the system: slices are searched apart if they have fewer. `ordered`
    says what leads the search, if it pays.
    """
    searched = tuple(p for p in system.properties if not isinstance(p, y.APART))
    asked = replace(system, properties=searched)
    parts = _parts(asked, first) if reductions.slices else (Slice(asked, ()),)
    found = tuple(_reduced(part, reductions, ordered) for part in parts)
    used = len(found) > 1 or any(r.left_out or r.forgotten or r.types or r.led for r in found)
    return found if used else ()


def _reduced(part: Slice, reductions: Reductions, ordered: Ordered) -> Reduced:
    system, forgotten = part.system, tuple[str, ...]()
    if reductions.dead_values:
        less = forgetful(system)
        system, forgotten = less.system, tuple(dict.fromkeys(name for name, _ in less.found))
    types = symmetry(system).types if reductions.symmetry else ()
    led = ordered(system) if reductions.partial_order else None
    return Reduced(system, part.left_out, forgotten, types, led)


def _parts(system: y.System, first: Callable[[], Sequence[Values]]) -> tuple[Slice, ...]:
    """A slice for all properties, or several that are smaller together."""
    whole, apart = sliced(system), slices(system)
    if len(apart) == 1:
        return apart
    known = first()
    fewer = sum(_count(known, part) for part in apart) < _count(known, whole)
    return apart if fewer else (whole,)


def _count(states: Sequence[Values], part: Slice) -> int:
    """How many there are of some states, when only the variables of a slice are looked at."""
    names = [variable.name for variable in part.system.variables]
    return len({tuple(state[name] for name in names) for state in states})


# ---------------------------------------------------------------- what is said of it


def told(parts: Sequence[Reduced], factor: float = 0) -> str:
    """What was used, in a line; how many times fewer states there are by symmetry, if it is known."""
    types = dict.fromkeys(of for part in parts for of in part.types)
    forgotten = dict.fromkeys(name for part in parts for name in part.forgotten)
    said = [f"{_symmetry(list(types))} ({_fewer(parts, factor)})"] if types else []
    said += [f"dead values of {', '.join(forgotten)} reset"] if forgotten else []
    said += _partial_order([part.order for part in parts if part.order])
    said += ["faults chosen beforehand"] * any(part.schedules for part in parts)
    return "; ".join([*said, *_slices(parts)])


def _partial_order(orders: Sequence[Stubborn]) -> list[str]:
    if any(order.staying for order in orders):
        return ["partial order for violations that stay"]
    return ["partial order"] * bool(orders)


def _symmetry(types: Sequence[Named]) -> str:
    return f"symmetry of {', '.join(sorted({of.name for of in types}))}"


def _fewer(parts: Sequence[Reduced], factor: float) -> str:
    most = max(prod(factorial(of.size) for of in part.types) for part in parts)
    return f"{factor:,.1f} times fewer states" if factor else f"up to {most:,} times fewer states"


def _slices(parts: Sequence[Reduced]) -> list[str]:
    if len(parts) > 1:
        return [f"{len(parts)} slices"]
    left_out = parts[0].left_out
    return [f"{', '.join(map(shown, left_out))} left out"] if left_out else []
