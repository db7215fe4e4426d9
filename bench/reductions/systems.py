"""What is reduced: protocols with interchangeable nodes and many orders of the same steps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.peers.dsmc_check import Asked
from bench.peers.spin import Promela, promela_of
from bench.peers.workloads import ROOT, SPECS, SYSTEMS, Size, Tier, Workload


@dataclass(frozen=True)
class Case:
    """An instance of a spec, with the properties that are asked of it and the faults that may happen;
    the same system in Promela, if the peers kit has it.
    """

    name: str
    tier: Tier
    asked: Asked
    faults: str = ""
    promela: Promela | None = None


def _peer(title: str, system: str, size: Size, spec: Path | None = None) -> Case:
    """A system of the peers kit, one to one."""
    (found,) = (s for s in SYSTEMS if s.name == system)
    asked = Asked(spec or found.spec, (f"{found.constant}={size.value}",))
    return Case(title, size.tier, asked, promela=promela_of(Workload(found, size)))


def _more(title: str, tier: Tier, system: str, constants: str) -> Case:
    """The same with more nodes than the peers have."""
    (found,) = (s for s in SYSTEMS if s.name == system)
    return Case(title, tier, Asked(found.spec, tuple(constants.split())))


def _spec(
    title: str, tier: Tier, spec: str, constants: str, properties: str, faults: str = ""
) -> Case:
    """A protocol of `specs`, message by message."""
    asked = Asked(SPECS / f"{spec}.dsm", tuple(constants.split()), tuple(properties.split()))
    return Case(title, tier, asked, faults)


def _quorum(title: str, tier: Tier, constants: str, faults: str) -> Case:
    """What is written to a majority, if not all messages arrive."""
    asked = Asked(_OWN / "quorum.dsm", tuple(constants.split()), ("durable", "all_done"))
    return Case(title, tier, asked, faults)


_OWN = ROOT / "bench" / "reductions"
_PAXOS = _OWN / "paxos.dsm"
_STORE = "fresh valid"
_COMMIT = "agreement commit_validity irrevocable everyone_decides"

CASES: tuple[Case, ...] = (
    _peer("causal broadcast, 3 nodes, 3 posts", "causal", Size(3, Tier.QUICK, 8_455)),
    _peer("causal broadcast, 3 nodes, 4 posts", "causal", Size(4, Tier.SHORT, 105_913)),
    _peer("causal broadcast, 3 nodes, 5 posts", "causal", Size(5, Tier.LONG, 986_050)),
    _more("causal broadcast, 4 nodes, 4 posts", Tier.SHORT, "causal", "N=4 M=1 TOT=4"),
    _peer("two-phase commit, 3 participants", "twophase", Size(3, Tier.QUICK, 288)),
    _peer("two-phase commit, 5 participants", "twophase", Size(5, Tier.SHORT, 8_832)),
    _peer("two-phase commit, 8 participants", "twophase", Size(8, Tier.LONG, 1_745_408)),
    _spec(
        "two-phase commit by messages, 4 participants, a restart", Tier.SHORT, "two_phase_commit",
        "VERSION=logged PARTICIPANTS=4", _COMMIT, "restart Coordinator at most 1",
    ),
    _peer("Paxos, 2 ballots", "paxos", Size(2, Tier.QUICK, 3_921), _PAXOS),
    _peer("Paxos, 3 ballots", "paxos", Size(3, Tier.SHORT, 185_369), _PAXOS),
    _peer("Paxos, 4 ballots", "paxos", Size(4, Tier.LONG, 8_220_065), _PAXOS),
    _spec(
        "Paxos by messages, 4 acceptors", Tier.SHORT, "paxos",
        "ACCEPTORS=4", "agreement decided_is_chosen",
    ),
    _spec("quorum store, 3 replicas", Tier.QUICK, "quorum_store", "N=3 R=2 W=2", _STORE),
    _spec("quorum store, 3 replicas, stale", Tier.QUICK, "quorum_store", "N=3 R=1 W=2", _STORE),
    _spec("quorum store, 4 replicas", Tier.SHORT, "quorum_store", "N=4 R=3 W=2", _STORE),
    _spec("quorum store, 5 replicas", Tier.LONG, "quorum_store", "N=5 R=3 W=3", _STORE),
    _quorum("writes to 3 replicas, a message lost", Tier.QUICK, "N=3", "lose at most 1"),
    _quorum("writes to 5 replicas, a message lost", Tier.SHORT, "N=5", "lose at most 1"),
    _quorum("writes to 5 replicas, two messages lost", Tier.LONG, "N=5", "lose at most 2"),
    _peer("Raft's election, 3 servers, 2 terms", "raft_election", Size(2, Tier.QUICK, 5_963)),
    _peer("Raft's election, 3 servers, 3 terms", "raft_election", Size(3, Tier.SHORT, 144_529)),
    _peer("Raft's election, 3 servers, 4 terms", "raft_election", Size(4, Tier.LONG, 3_251_055)),
    _more("Raft's election, 4 servers, 2 terms", Tier.SHORT, "raft_election", "N=4 T=2"),
)  # fmt: skip
