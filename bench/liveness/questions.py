"""What is asked of whole runs: systems of the peers kit, and a formula of linear time for SPIN.

SPIN is fair to processes, dsmc to actions: the questions are those of which both make the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.peers.dsmc_check import Asked
from bench.peers.spin import Promela
from bench.peers.workloads import HERE, SPECS, Tier

ENDS = HERE.parent / "liveness"


@dataclass(frozen=True)
class Size:
    """One size of a system, and the deepest path of SPIN's search for cycles."""

    value: int
    tier: Tier
    states: int
    depth: int = 100_000


@dataclass(frozen=True)
class System:
    """A spec whose invariants are checked as well, and a model of the kit. `has_starts`: there are many
    initial states.
    """

    model: str
    constant: str
    spec: Path
    safety: tuple[str, ...]
    sizes: tuple[Size, ...]
    fixed: tuple[str, ...] = ()
    defined: tuple[str, ...] = ()
    ends: bool = True
    has_starts: bool = False


@dataclass(frozen=True)
class Question:
    """A property of the spec, and what it is in Promela for a size."""

    system: System
    size: Size
    prop: str
    formula: Callable[[int], str]

    @property
    def name(self) -> str:
        """The head of its row."""
        return f"{self.system.model} {self.system.constant}={self.size.value} {self.prop}"

    @property
    def alone(self) -> Asked:
        """The search alone."""
        return self._asked(self.system.safety)

    @property
    def with_property(self) -> Asked:
        """The search and the property."""
        return self._asked((*self.system.safety, self.prop))

    def _asked(self, properties: tuple[str, ...]) -> Asked:
        system = self.system
        constants = (f"{system.constant}={self.size.value}", *system.fixed)
        return Asked(system.spec, constants, properties)

    @property
    def promela(self) -> Promela:
        """With the formula."""
        system, size = self.system, self.size
        formula = self.formula(size.value)
        defined = (f"-D{system.constant}={size.value}", *system.defined)
        return Promela(system.model, defined, 2 * size.states, size.depth, system.ends, formula)


EWD840 = System(
    "ewd840_live", "N", SPECS / "ewd840.dsm", ("detection",),
    (
        Size(3, Tier.QUICK, 302),
        Size(6, Tier.QUICK, 36_990, 1_000_000),
        Size(7, Tier.SHORT, 172_286, 4_000_000),
        Size(8, Tier.SHORT, 786_942, 20_000_000),
    ),
    has_starts=True,
)  # fmt: skip
PHILS = System(
    "phils", "N", ENDS / "phils_ends.dsm", ("exclusive",),
    (
        Size(8, Tier.QUICK, 6_561, 1_000_000),
        Size(12, Tier.SHORT, 531_441, 20_000_000),
        Size(14, Tier.LONG, 4_782_969, 40_000_000),
    ),
    ("NAIVE=false",), ("-DNAIVE=0",), ends=False,
)  # fmt: skip
RING = System(
    "ringfifo", "N", ENDS / "ringfifo_ends.dsm", ("one_leader",),
    (
        Size(8, Tier.QUICK, 9_932),
        Size(10, Tier.SHORT, 124_032),
        Size(12, Tier.LONG, 1_604_664, 1_000_000),
    ),
)  # fmt: skip
TWO_PHASE = System(
    "twophase", "N", ENDS / "twophase_ends.dsm", ("consistent",),
    (
        Size(4, Tier.QUICK, 1_568),
        Size(7, Tier.SHORT, 296_448, 4_000_000),
        Size(8, Tier.SHORT, 1_745_408, 20_000_000),
        Size(9, Tier.LONG, 10_340_352, 100_000_000),
    ),
)  # fmt: skip


def _any(condition: str) -> Callable[[int], str]:
    """Some number below the size has it."""
    return lambda n: " || ".join(condition.format(i) for i in range(n))


def _all(condition: str) -> Callable[[int], str]:
    return lambda n: " && ".join(condition.format(i) for i in range(n))


_eats, _won, _decided = _any("eats[{}]"), _any("Node[{}]:won"), _all("rm[{}] >= 2")

ASKED: tuple[tuple[System, str, Callable[[int], str]], ...] = (
    (EWD840, "liveness", lambda _: "[] (TERMINATED -> <> DETECTED)"),
    (EWD840, "termination", lambda _: "<> TERMINATED"),
    (PHILS, "somebody_eats", lambda n: f"[] <> ({_eats(n)})"),
    (PHILS, "first_eats", lambda _: "[] <> eats[0]"),
    (RING, "elected", lambda n: f"<> ({_won(n)})"),
    (TWO_PHASE, "told", lambda n: f"[] (tm > 0 -> <> ({_decided(n)}))"),
)


def questions() -> Iterator[Question]:
    """Each property in each size of its system."""
    for system, name, formula in ASKED:
        for size in system.sizes:
            yield Question(system, size, name, formula)
