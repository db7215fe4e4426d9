"""The isolation levels by name, each with its decider and the levels that it implies."""

from __future__ import annotations

from collections.abc import Callable

from dsmc.frozen import Frozen
from dsmc.histories.budget import Budget, Exhausted
from dsmc.histories.findings import Finding, all_of
from dsmc.histories.isolation import anomalies, axioms, deciders
from dsmc.histories.isolation import graph as edges
from dsmc.histories.isolation.dependencies import PREFIX, SNAPSHOT, WHOLE, Form, Orders
from dsmc.histories.isolation.facts import Facts
from dsmc.histories.isolation.reading import read_history
from dsmc.histories.model import Transactions
from dsmc.histories.verdict import Holds, Undecided, Verdict

Decider = Callable[[Facts, Budget], Verdict]
NONE, SESSIONS, REAL_TIME = Orders(), Orders(sessions=True), Orders(sessions=True, real_time=True)


class Level(Frozen):
    """An isolation level: its definition in a line, and the weaker ones next to it."""

    meaning: str
    decider: Decider
    implies: tuple[str, ...] = ()
    orders: Orders = NONE


def _order(form: Form, orders: Orders) -> Decider:
    return lambda facts, budget: deciders.by_order(facts, form, orders, budget)


def _any_order(form: Form, *, predicates: bool = True) -> Decider:
    return lambda facts, budget: deciders.by_any_order(facts, form, budget, predicates=predicates)


def _axiom(visible: axioms.Visible, anomaly: str) -> Decider:
    return lambda facts, budget: deciders.by_axiom(facts, visible, anomaly)


def _kinds(*kinds: str, dirty: bool = True) -> Decider:
    return lambda facts, budget: deciders.by_kinds(facts, set(kinds), dirty=dirty)


LEVELS: dict[str, Level] = {
    "strict_serializable": Level(
        "One order of all transactions explains all reads; it keeps the order of real time.",
        _order(WHOLE, REAL_TIME),
        ("serializable", "strong_snapshot_isolation"),
        REAL_TIME,
    ),
    "serializable": Level(
        "One order of all transactions explains all reads; it keeps the order of each session.",
        _order(WHOLE, SESSIONS),
        ("snapshot_isolation", "pl_3"),
        SESSIONS,
    ),
    "pl_3": Level(
        "One order of all transactions explains all reads; sessions may see it out of order.",
        _any_order(WHOLE),
        ("generalized_snapshot_isolation", "repeatable_read"),
    ),
    "strong_snapshot_isolation": Level(
        "Snapshot isolation; a snapshot has all that was committed before it in real time.",
        _order(SNAPSHOT, REAL_TIME),
        ("snapshot_isolation",),
        REAL_TIME,
    ),
    "snapshot_isolation": Level(
        "A transaction reads what was committed when it started, with all of its session, and of two"
        " that write the same key one commits before the other starts.",
        _order(SNAPSHOT, SESSIONS),
        ("prefix_consistency", "parallel_snapshot_isolation", "generalized_snapshot_isolation"),
        SESSIONS,
    ),
    "generalized_snapshot_isolation": Level(
        "Snapshot isolation, in which a snapshot may be older than the session.",
        _any_order(SNAPSHOT),
        ("read_committed",),
    ),
    "parallel_snapshot_isolation": Level(
        "Causal, and of two that write the same key one is visible to the other.",
        deciders.parallel_snapshot,
        ("causal",),
        SESSIONS,
    ),
    "prefix_consistency": Level(
        "A transaction reads what was committed when it started, with all of its session.",
        _order(PREFIX, SESSIONS),
        ("causal",),
        SESSIONS,
    ),
    "repeatable_read": Level(
        "Adya's PL-2.99: serializable, but for what is read by predicates.",
        _any_order(WHOLE, predicates=False),
        ("read_committed",),
    ),
    "causal": Level(
        "A transaction sees all that what it saw, and what its session did, had seen.",
        _axiom(axioms.causal, deciders.CAUSALITY),
        ("read_atomic",),
        SESSIONS,
    ),
    "read_atomic": Level(
        "A transaction sees all writes of another, or none of them.",
        _axiom(axioms.read_atomic, deciders.FRACTURED),
        ("read_committed_monotonic",),
        SESSIONS,
    ),
    "read_committed_monotonic": Level(
        "Read committed as Biswas and Enea define it: the reads of a transaction go forward.",
        _axiom(axioms.read_committed, deciders.BACKWARD),
        ("read_committed",),
        SESSIONS,
    ),
    "read_committed": Level(
        "Adya's PL-2: no read of what was aborted or overwritten by its own writer, and no cycle of"
        " reads and overwritings.",
        _kinds(edges.WW, edges.WR),
        ("read_uncommitted",),
    ),
    "read_uncommitted": Level(
        "Adya's PL-1: the writes of transactions do not interleave.",
        _kinds(edges.WW, dirty=False),
    ),
}

#: Other names of the same levels.
SYNONYMS = {
    "strong_serializable": "strict_serializable",
    "strong_session_serializable": "serializable",
    "strong_session_snapshot_isolation": "snapshot_isolation",
    "monotonic_read_committed": "read_committed_monotonic",
    "repeatable_reads": "repeatable_read",
    "causal_consistency": "causal",
    "pl_1": "read_uncommitted",
    "pl_2": "read_committed",
    "pl_2_99": "repeatable_read",
    "ru": "read_uncommitted",
    "rc": "read_committed",
    "ra": "read_atomic",
    "tcc": "causal",
    "cc": "causal",
    "rr": "repeatable_read",
    "psi": "parallel_snapshot_isolation",
    "pc": "prefix_consistency",
    "gsi": "generalized_snapshot_isolation",
    "si": "snapshot_isolation",
    "ser": "serializable",
}


def implied(level: str) -> set[str]:
    """All levels that a level implies, without itself."""
    weaker = set(LEVELS[level].implies)
    return weaker.union(*(implied(name) for name in weaker))


def decide(history: Transactions, level: str, budget: float | None = 60.0) -> Verdict:
    """Does a history keep a level, or have no anomaly of a name? `budget` is in seconds."""
    return named(read_history(history), level, budget)


def named(facts: Facts, name: str, budget: float | None = 60.0) -> Verdict:
    """The same, of facts that were read before."""
    anomaly = anomalies.SYNONYMS.get(name, name)
    if anomaly in anomalies.ANOMALIES:
        return anomalies.decide_anomaly(facts, anomaly, Budget(budget))
    return decide_facts(facts, name, Budget(budget))


def decide_facts(facts: Facts, level: str, budget: Budget) -> Verdict:
    """The verdict on a level, by its name or another name of it."""
    asked = LEVELS[SYNONYMS.get(level, level)]
    if facts.unclear is not None:
        return Undecided(facts.unclear)
    try:
        verdict = asked.decider(facts, budget)
    except Exhausted as limit:
        return Undecided(str(limit))
    if isinstance(verdict, Holds):
        return _open(facts, asked) or verdict
    return verdict


def _open(facts: Facts, level: Level) -> Undecided | None:
    """What the history should have told before the level can be said to hold."""
    if level.orders.real_time and not facts.timed:
        return Undecided("when transactions began and ended is not recorded")
    return None


#: In this order levels are asked when all are: those that are soon decided before the others.
_QUICK = ("causal", "read_atomic", "read_committed_monotonic", "read_committed", "read_uncommitted")


def check_all(facts: Facts, seconds: float | None) -> tuple[Finding, ...]:
    """Every level, the stronger ones first; each may take so long."""
    asked = (*_QUICK, *(name for name in LEVELS if name not in _QUICK))
    holds = {name: _open(facts, level) for name, level in LEVELS.items()}
    open_ = {name: verdict for name, verdict in holds.items() if verdict is not None}

    def decide(name: str) -> Verdict:
        return decide_facts(facts, name, Budget(seconds))

    found = all_of(asked, decide, implied, open_)
    return tuple(found[name] for name in LEVELS)
