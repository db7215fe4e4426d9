"""Each anomaly is found in the textbook history that has it, and named; verdicts are explained."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from isolation_oracle import acyclic, closure

from dsmc.histories.isolation.anomalies import ANOMALIES
from dsmc.histories.isolation.levels import LEVELS, decide
from dsmc.histories.model import (
    Access,
    Append,
    Read,
    ReadList,
    ReadWhere,
    Status,
    Transaction,
    Transactions,
    Write,
)
from dsmc.histories.verdict import Holds, Undecided, Violated

_WORD = re.compile(r"([rwal])\((\w+),([^)]*)\)([!?]?)")
STATUS = {"": Status.OK, "!": Status.FAIL, "?": Status.INFO}


def history(*texts: str, versions: str = "") -> Transactions:
    """Transactions `T1 r(x,1) w(y,2)`: each alone in its session unless written `T1@s`.

    `a(x,1)` appends, `l(x,1 2)` reads a list; `!` behind the name is aborted, `?` unknown. `versions`
    is `x=1 2;y=3`.
    """
    found = [_transaction(text) for text in texts]
    known = tuple(
        (key, tuple(values.split()))
        for key, values in (row.split("=") for row in versions.split(";") if row)
    )
    return Transactions(tuple(found), known or None)


def _transaction(text: str) -> Transaction:
    name, _, rest = text.partition(" ")
    status = STATUS[name[-1] if name[-1] in "!?" else ""]
    name, _, session = name.strip("!?").partition("@")
    accesses = tuple(_access(*word) for word in _WORD.findall(rest))
    return Transaction(name, session or name, accesses, status)


def _access(f: str, key: str, value: str, _: str) -> Access:
    match f:
        case "r":
            return Read(key, value or None)
        case "w":
            return Write(key, value)
        case "a":
            return Append(key, value)
        case _:
            return ReadList(key, tuple(value.split()))


TEXTBOOK = {
    # Adya, Liskov and O'Neil, ICDE 2000, section 4 and 5
    "dirty_write": history("T1 w(x,1) w(y,1)", "T2 w(x,2) w(y,2)", versions="x=1 2;y=2 1"),
    "aborted_read": history("T1! w(x,1)", "T2 r(x,1)"),
    "intermediate_read": history("T1 w(x,1) w(x,2)", "T2 r(x,1)"),
    "circular_information_flow": history("T1 w(x,1) r(y,2)", "T2 w(y,2) r(x,1)"),
    "read_skew": history("T1 w(x,1) w(y,1)", "T2 r(x,) r(y,1)"),
    "write_skew": history("T1 r(x,) r(y,) w(x,1)", "T2 r(x,) r(y,) w(y,2)"),
    "lost_update": history("T1 r(x,) w(x,1)", "T2 r(x,) w(x,2)"),
    "non_repeatable_read": history("T1 r(x,) r(x,1)", "T2 w(x,1)"),
    "g2_item": history("T1 r(x,) w(y,1)", "T2 r(y,) w(z,2)", "T3 r(z,) w(x,3)"),
    # Sovran, Power, Aguilera and Li, SOSP 2011
    "long_fork": history("T1 w(x,1)", "T2 w(y,2)", "T3 r(x,1) r(y,)", "T4 r(x,) r(y,2)"),
}
#: The anomalies that come with another.
WITH = {
    "aborted_read": {"dirty_read"},
    "intermediate_read": {"dirty_read"},
    "read_skew": {"g2_item"},
    "write_skew": {"g2_item"},
    "lost_update": {"g2_item"},
    "non_repeatable_read": {"read_skew", "g2_item"},
    "long_fork": {"g2_item"},
}


@pytest.mark.parametrize("name", TEXTBOOK)
def test_textbook_histories_have_their_anomaly_and_no_other(name: str) -> None:
    verdicts = {other: decide(TEXTBOOK[name], other) for other in ANOMALIES}
    expected = {name} | WITH.get(name, set())
    assert {n for n, v in verdicts.items() if isinstance(v, Violated)} == expected


UPDATES = {
    "write_skew": history("T0 w(x,0) w(y,0)", "T1 r(x,0) r(y,0) w(x,1)", "T2 r(x,0) r(y,0) w(y,2)"),
    "read_skew": history("T0 w(x,0) w(y,0)", "T1 r(x,0) w(x,1) r(y,0) w(y,1)", "T2 r(x,1) r(y,0)"),
}


@pytest.mark.parametrize("name", UPDATES)
def test_who_read_a_version_and_wrote_its_key_overwrote_it(name: str) -> None:
    """The order of versions is not recorded, and the first transaction wrote what others read."""
    verdict = decide(UPDATES[name], name)
    assert isinstance(verdict, Violated)
    assert not isinstance(decide(UPDATES[name], "dirty_write"), Violated)


BROKEN = {
    "aborted_read": "read_committed",
    "intermediate_read": "read_committed",
    "circular_information_flow": "read_committed",
    "dirty_write": "read_uncommitted",
    "read_skew": "snapshot_isolation",
    "lost_update": "snapshot_isolation",
    "write_skew": "serializable",
    "non_repeatable_read": "repeatable_read",
    "long_fork": "prefix_consistency",
    "g2_item": "repeatable_read",
}
KEPT = {
    "dirty_write": (),
    "aborted_read": ("read_uncommitted",),
    "circular_information_flow": ("read_uncommitted",),
    "read_skew": ("read_committed", "read_committed_monotonic"),
    "lost_update": ("causal", "prefix_consistency"),
    "write_skew": ("snapshot_isolation", "parallel_snapshot_isolation"),
    "long_fork": ("causal", "parallel_snapshot_isolation"),
    "g2_item": ("snapshot_isolation",),
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_anomaly_breaks_the_levels_that_forbid_it(name: str) -> None:
    assert isinstance(decide(TEXTBOOK[name], BROKEN[name]), Violated)


@pytest.mark.parametrize("name", KEPT)
def test_an_anomaly_leaves_the_weaker_levels(name: str) -> None:
    for level in KEPT[name]:
        assert isinstance(decide(TEXTBOOK[name], level), Holds), level


def test_the_two_read_committeds_differ() -> None:
    """A transaction may go back to an older version for Adya, and not for Biswas and Enea."""
    found = history("T1@a w(x,1)", "T2@a w(x,2)", "T3 r(x,2) r(x,1)")
    assert isinstance(decide(found, "read_committed"), Holds)
    verdict = decide(found, "read_committed_monotonic")
    assert isinstance(verdict, Violated)
    assert verdict.anomaly == "non-monotonic read"


def test_unknown_outcomes_are_committed_if_they_were_seen() -> None:
    assert isinstance(decide(history("T1? w(x,1)", "T2 r(x,1)"), "serializable"), Holds)
    unseen = history("T1? r(x,) w(y,1)", "T2 r(y,) w(x,2)")
    assert isinstance(decide(unseen, "serializable"), Holds)
    seen = history("T1? r(x,) w(y,1)", "T2 r(y,) w(x,2)", "T3 r(y,1)")
    assert isinstance(decide(seen, "serializable"), Violated)


def test_what_nobody_wrote_and_what_oneself_wrote() -> None:
    for text, anomaly in (
        ("T1 r(x,7)", "garbage read"),
        ("T1 r(x,1) w(x,1)", "future read"),
        ("T1 w(x,1) r(x,)", "internal"),
    ):
        verdict = decide(history(text), "read_committed")
        assert isinstance(verdict, Violated)
        assert verdict.anomaly == anomaly


def test_lists_without_one_order() -> None:
    found = history("T1 a(x,1)", "T2 a(x,2)", "T3 l(x,1 2)", "T4 l(x,2)")
    verdict = decide(found, "read_uncommitted")
    assert isinstance(verdict, Violated)
    assert verdict.anomaly == "incompatible order"
    twice = history("T1 a(x,1)", "T3 l(x,1 1)")
    assert isinstance(decide(twice, "read_uncommitted"), Violated)


def test_equal_values_of_two_leave_open_whose_was_read() -> None:
    found = history("T1 w(x,1)", "T2 w(x,1)", "T3 r(x,1)")
    assert isinstance(decide(found, "serializable"), Undecided)
    unread = history("T1 w(x,1)", "T2 w(x,1)", "T3 r(x,)")
    assert isinstance(decide(unread, "serializable"), Holds)


def test_a_cycle_is_told_step_by_step() -> None:
    verdict = decide(TEXTBOOK["write_skew"], "serializable")
    assert isinstance(verdict, Violated)
    assert verdict.anomaly == "write skew"
    assert verdict.sentences == (
        "T1 comes before T2, because T1 read nothing from y, and T2 overwrote that.",
        "But T2 comes before T1, because T2 read nothing from x, and T1 overwrote that:"
        " a contradiction.",
    )
    assert [(r.before, r.after) for r in verdict.reasons] == [("T1", "T2"), ("T2", "T1")]


@pytest.mark.parametrize("level", LEVELS)
def test_cycles_close(level: str) -> None:
    for found in TEXTBOOK.values():
        verdict = decide(found, level)
        if isinstance(verdict, Violated) and verdict.reasons:
            for one, other in pairwise(verdict.reasons):
                assert one.after == other.before
            assert verdict.reasons[-1].after == verdict.reasons[0].before


ADULT = frozenset({("b", "20"), ("c", "30")})


def test_a_phantom_is_found_by_its_predicate() -> None:
    """Two count the adults and each adds one, as in Adya's example of a phantom."""
    found = Transactions(
        tuple(
            Transaction(
                name, name, (ReadWhere("adult", (), ADULT), Write(key, value)), Status.OK
            )
            for name, key, value in (("T1", "b", "20"), ("T2", "c", "30"))
        )
    )  # fmt: skip
    assert isinstance(decide(found, "phantom"), Violated)
    assert isinstance(decide(found, "serializable"), Violated)
    assert isinstance(decide(found, "repeatable_read"), Holds)
    assert isinstance(decide(found, "snapshot_isolation"), Holds)
    assert isinstance(decide(found, "g2_item"), Holds)


def test_a_predicate_that_saw_what_was_written_has_no_phantom() -> None:
    found = Transactions((
        Transaction("T1", 1, (Write("b", "20"),), Status.OK),
        Transaction("T2", 2, (ReadWhere("adult", (("b", "20"),), ADULT), Write("c", "30")), Status.OK),
    ))  # fmt: skip
    assert isinstance(decide(found, "phantom"), Holds)
    assert isinstance(decide(found, "serializable"), Holds)


# --------------------------------------------------------------- predicates, with versions known


Looks = list[dict[str, int]]


@st.composite
def looking(
    draw: st.DrawFn,
) -> tuple[Transactions, dict[str, list[int]], set[tuple[str, int]], Looks]:
    """Each transaction looks at keys, which satisfy a predicate or not, and then writes some. -1 is
    what was there first.
    """
    count = draw(st.integers(1, 4))
    writes = [draw(st.sets(st.sampled_from("xyz"))) for _ in range(count)]
    order = {
        key: draw(st.permutations([n for n in range(count) if key in writes[n]])) for key in "xyz"
    }
    every = [(key, n) for key in "xyz" for n in (-1, *order[key])]
    matching = draw(st.sets(st.sampled_from(every)))
    looks = [
        {key: draw(st.sampled_from([-1, *(w for w in order[key] if w != n)]))
         for key in draw(st.sets(st.sampled_from("xyz")))}
        for n in range(count)
    ]  # fmt: skip
    made = tuple(
        Transaction(
            n, n,
            (*(_looked(k, w, matching) for k, w in sorted(looks[n].items())),
             *(Write(k, n) for k in sorted(writes[n]))),
            Status.OK,
        )
        for n in range(count)
    )  # fmt: skip
    versions = tuple((k, tuple(v)) for k, v in order.items())
    return Transactions(made, versions), order, matching, looks


def _looked(key: str, version: int, matching: set[tuple[str, int]]) -> ReadWhere:
    told = {(k, None if n < 0 else n) for k, n in matching if k == key}
    seen = ((key, None if version < 0 else version),)
    satisfied = (key, version) in matching
    return ReadWhere("p", seen if satisfied else (), frozenset(told), () if satisfied else seen)


@given(looking())
def test_phantoms_by_their_definition(
    drawn: tuple[Transactions, dict[str, list[int]], set[tuple[str, int]], Looks],
) -> None:
    """Adya's dependencies of predicate-based reads, and item ones of what they matched."""
    found, order, matching, looks = drawn
    ww = {(a, b) for nodes in order.values() for a, b in pairwise(nodes)}
    wr, items, phantoms = set(), set(), set()
    for reader, key, seen in [(n, *look) for n, one in enumerate(looks) for look in one.items()]:
        chain = [-1, *order[key]]
        place = chain.index(seen)
        satisfies = [(key, writer) in matching for writer in chain]
        changes = [at for at in range(1, len(chain)) if satisfies[at] != satisfies[at - 1]]
        before = [chain[at] for at in changes if at <= place][-1:]
        read = before if not satisfies[place] else [seen] if seen >= 0 else []
        wr |= {(writer, reader) for writer in read if writer != reader}
        phantoms |= {(reader, chain[at]) for at in changes if at > place} - {(reader, reader)}
        if satisfies[place]:
            items |= {(reader, later) for later in chain[place + 1 :][:1]} - {(reader, reader)}
    past, every = closure(ww | wr), closure(ww | wr | items | phantoms)
    by_items = closure(ww | wr | items)
    expected = {
        "circular_information_flow": any((b, a) in past for a, b in wr),
        "phantom": any((b, a) in every for a, b in phantoms),
        "g2_item": any((b, a) in by_items for a, b in items),
    }
    cyclic = any(a == b for a, b in every)
    for name, occurs in expected.items():
        assert isinstance(decide(found, name), Violated if occurs else Holds), name
    assert isinstance(decide(found, "pl_3"), Violated if cyclic else Holds)


# --------------------------------------------------------------- every order of versions is known


@st.composite
def ordered(draw: st.DrawFn) -> tuple[Transactions, dict[str, list[int]], list[dict[str, int]]]:
    """A history with its versions, and who read from whom (-1 is the initial state)."""
    count = draw(st.integers(1, 5))
    writes = [draw(st.sets(st.sampled_from("xyz"))) for _ in range(count)]
    order = {
        key: draw(st.permutations([n for n in range(count) if key in writes[n]])) for key in "xyz"
    }
    reads = [
        {
            key: draw(st.sampled_from([-1, *(w for w in order[key] if w != n)]))
            for key in draw(st.sets(st.sampled_from("xyz")))
        }
        for n in range(count)
    ]
    made = tuple(
        Transaction(
            n, n,
            (*(Read(k, w if w >= 0 else None) for k, w in sorted(reads[n].items())),
             *(Write(k, n) for k in sorted(writes[n]))),
            Status.OK,
        )
        for n in range(count)
    )  # fmt: skip
    return Transactions(made, tuple((k, tuple(v)) for k, v in order.items())), order, reads


@given(ordered())
def test_with_versions_known_every_cycle_is_found(
    drawn: tuple[Transactions, dict[str, list[int]], list[dict[str, int]]],
) -> None:
    found, order, reads = drawn
    ww = {(a, b) for nodes in order.values() for a, b in pairwise(nodes)}
    wr = {(w, n) for n, seen in enumerate(reads) for w in seen.values() if w >= 0}
    rw = {
        (n, later[0], key)
        for n, seen in enumerate(reads)
        for key, w in seen.items()
        for later in [order[key][order[key].index(w) + 1 if w >= 0 else 0 :]]
        if later and later[0] != n
    }
    plain = {(a, b) for a, b, _ in rw}
    past = closure(ww | wr)
    every = closure(ww | wr | plain)
    expected = {
        "dirty_write": not acyclic(ww),
        "circular_information_flow": any((b, a) in past for a, b in wr),
        "read_skew": any((b, a) in past for a, b in plain),
        "g2_item": any((b, a) in every for a, b in plain),
        "write_skew": any(
            (a, b) == (d, c) and one != other for a, b, one in rw for c, d, other in rw
        ),
        "lost_update": any(
            (one, reads[one][key]) < (other, reads[other][key])
            and reads[one][key] == reads[other][key]
            for key in "xyz"
            for one in order[key]
            for other in order[key]
            if one != other and key in reads[one] and key in reads[other]
        ),
    }
    got = {name: isinstance(decide(found, name), Violated) for name in expected}
    assert got == expected
