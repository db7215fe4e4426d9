"""What is measured: ten systems, each in a few sizes, and how each tool is told the size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = ROOT / "bench" / "peers"
SPECS = ROOT / "specs"


class Tier(IntEnum):
    """How long a size takes: a second, half a minute with the slowest tool, or any time."""

    QUICK = 0
    SHORT = 1
    LONG = 2


@dataclass(frozen=True)
class Size:
    """One size of a system, and what its state space has; nothing if that is a matter of search order.

    `spin_depth` is more than the deepest path that a depth-first search meets.
    """

    value: int
    tier: Tier
    states: int | None = None
    transitions: int | None = None
    spin_depth: int = 10_000


@dataclass(frozen=True)
class Tla:
    """A module of the kit, its specification, its constants for a size, and its invariant."""

    module: str
    spec: str
    constants: Callable[[int], tuple[str, ...]]
    invariant: str


@dataclass(frozen=True)
class System:
    """A system as each tool has it. The kit's Promela and Murphi models are named after `model`.

    `constant` is the name of the size, in dsmc, Promela and Murphi; `fixed` are more constants.
    `has_starts`: there are many initial states. `ends`: a state in which nothing can happen is no error.
    `deadlocks`: such a state is what is looked for.
    """

    name: str
    model: str
    constant: str
    spec: Path
    property: str
    tla: Tla
    sizes: tuple[Size, ...]
    dsmc_fixed: tuple[str, ...] = ()
    promela_fixed: tuple[str, ...] = ()
    murphi_fixed: tuple[tuple[str, int], ...] = ()
    has_starts: bool = False
    ends: bool = True
    deadlocks: bool = False
    by_hand: bool = False


@dataclass(frozen=True)
class Workload:
    """A system in one size."""

    system: System
    size: Size

    @property
    def name(self) -> str:
        """As it is selected and shown: `twophase N=8`."""
        return f"{self.system.name} {self.system.constant}={self.size.value}"


def _resource_managers(n: int) -> tuple[str, ...]:
    return (f"RM = {{{', '.join(f'r{i}' for i in range(1, n + 1))}}}",)


def _ballots(n: int) -> tuple[str, ...]:
    return (
        "Acceptor = {a1, a2, a3}",
        "Value = {v1, v2}",
        "None = None",
        "Quorum <- MCQuorum",
        "Ballot <- MCBallot",
        "Ballot <- [Voting] MCBallot",
        f"NBallots = {n}",
    )


def _phils(name: str, naive: bool, sizes: tuple[Size, ...]) -> System:
    truth = str(naive)
    return System(
        name,
        "phils",
        "N",
        HERE / "phils.dsm",
        "no_deadlock" if naive else "",
        Tla("Phils", "Spec", lambda n: (f"N = {n}", f"Naive = {truth.upper()}"), "Exclusive"),
        sizes,
        dsmc_fixed=(f"NAIVE={truth.lower()}",),
        promela_fixed=(f"-DNAIVE={int(naive)}",),
        murphi_fixed=(("NAIVE", int(naive)),),
        ends=False,
        deadlocks=naive,
    )


SYSTEMS: tuple[System, ...] = (
    System(
        "twophase",
        "twophase",
        "N",
        HERE / "twophase.dsm",
        "",
        Tla("PeersTwoPhase", "TPSpec", _resource_managers, "Consistent"),
        (
            Size(3, Tier.QUICK, 288, 1_145),
            Size(6, Tier.QUICK, 50_816, 402_305),
            Size(8, Tier.SHORT, 1_745_408, 18_507_777),
            Size(9, Tier.LONG, 10_340_352, 123_558_401),
            Size(10, Tier.LONG, 61_515_776, 817_760_259),
        ),
        by_hand=True,
    ),
    # Transitions as rumur counts them. SPIN adds one for each initial state; TLC adds these too, and counts
    # a step of the token once for each reason that allows it.
    System(
        "ewd840",
        "ewd840",
        "N",
        SPECS / "ewd840.dsm",
        "detection",
        Tla("PeersEWD840", "Spec", lambda n: (f"N = {n}",), "TerminationDetection"),
        (
            Size(3, Tier.QUICK, 302, 1_625),
            Size(6, Tier.QUICK, 36_990, 699_844),
            Size(7, Tier.QUICK, 172_286, 4_380_037, spin_depth=30_000),
            Size(8, Tier.SHORT, 786_942, 25_909_510, spin_depth=120_000),
        ),
        has_starts=True,
    ),
    System(
        "paxos",
        "paxos",
        "B",
        HERE / "paxos.dsm",
        "",
        Tla("PeersPaxos", "Spec", _ballots, "Agreement"),
        (
            Size(2, Tier.QUICK, 3_921, 22_994),
            Size(3, Tier.SHORT, 185_369, 1_316_583),
            Size(4, Tier.LONG, 8_220_065, 67_903_140),
        ),
    ),
    # Transitions as rumur counts them. SPIN and TLC add the initial states, SPIN one more.
    System(
        "changroberts",
        "changroberts",
        "N",
        SPECS / "chang_roberts.dsm",
        "correct",
        Tla(
            "PeersChangRoberts",
            "Spec",
            lambda n: (f"N = {n}", "Descending = FALSE"),
            "Correctness",
        ),
        (
            Size(5, Tier.QUICK, 5_455, 15_081),
            Size(7, Tier.SHORT, 333_161, 1_385_747),
            Size(8, Tier.LONG, 3_095_363, 15_292_331),
        ),
        has_starts=True,
    ),
    System(
        "raft_election",
        "raft_election",
        "T",
        HERE / "raft_election.dsm",
        "",
        Tla(
            "RaftElection",
            "Spec",
            lambda n: ("Server = {s1, s2, s3}", "None = None", f"MaxTerm = {n}"),
            "ElectionSafety",
        ),
        (
            Size(2, Tier.QUICK, 5_963, 20_733),
            Size(3, Tier.SHORT, 144_529, 547_380),
            Size(4, Tier.LONG, 3_251_055, 12_621_945),
        ),
    ),
    System(
        "ringfifo",
        "ringfifo",
        "N",
        HERE / "ringfifo.dsm",
        "",
        Tla("RingFifo", "Spec", lambda n: (f"N = {n}",), "OneLeader"),
        (
            Size(8, Tier.QUICK, 9_932, 41_262),
            Size(10, Tier.SHORT, 124_032, 640_186),
            Size(12, Tier.LONG, 1_604_664, 9_895_428),
        ),
    ),
    System(
        "causal",
        "causal",
        "TOT",
        HERE / "causal.dsm",
        "",
        Tla("CausalBcast", "Spec", lambda n: ("M = 2", f"TOT = {n}"), "CausalOrder"),
        (
            Size(3, Tier.QUICK, 8_455, 28_029),
            Size(4, Tier.QUICK, 105_913, 428_574),
            Size(5, Tier.SHORT, 986_050, 4_603_638),
            Size(6, Tier.LONG, 5_507_973, 28_547_811),
        ),
        promela_fixed=("-DM=2",),
        murphi_fixed=(("M", 2),),
    ),
    System(
        "queue",
        "queue",
        "K",
        HERE / "queue.dsm",
        "",
        Tla("Queue", "Spec", lambda n: (f"K = {n}", "C = 4"), "InOrder"),
        (
            Size(1_000, Tier.QUICK, 4_995, 7_988),
            Size(200_000, Tier.SHORT, 999_995, 1_599_988, spin_depth=410_000),
        ),
    ),
    _phils(
        "phils",
        False,
        (
            Size(8, Tier.QUICK, 6_561, 34_992),
            Size(12, Tier.SHORT, 531_441, 4_251_528, spin_depth=500_000),
            Size(14, Tier.LONG, 4_782_969, 44_641_044, spin_depth=4_500_000),
        ),
    ),
    _phils(
        "phils_deadlock",
        True,
        (
            Size(8, Tier.QUICK),
            Size(12, Tier.SHORT, spin_depth=550_000),
            Size(14, Tier.LONG, spin_depth=5_000_000),
        ),
    ),
)


def workloads() -> Iterator[Workload]:
    """All of them, those of a system from small to large."""
    for system in SYSTEMS:
        for size in system.sizes:
            yield Workload(system, size)
