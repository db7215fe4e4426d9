"""Broadcasts, commitment, sagas and transactions of specs: guarantees by their definitions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, combinations
from typing import Any

import pytest
from agreement import assert_agree, assert_c_agrees
from hypothesis import given, settings
from hypothesis import strategies as st
from isolation_oracle import Small, in_order
from test_agreement import system_of

from dsmc.engine.outcome import Verdict
from dsmc.frozen import replace
from dsmc.histories.commitment import AllOrCompensated, AtomicCommit
from dsmc.histories.delivery import GUARANTEES, Broadcast
from dsmc.histories.isolation.levels import decide
from dsmc.histories.model import Read, Status, Transaction, Transactions, Write
from dsmc.histories.observers import BROKEN, UNDECIDED, Happening, Memory, MisuseError, Observer
from dsmc.histories.transacting import Ledger, Past, Transacting
from dsmc.histories.verdict import Holds, Violated
from dsmc.session import Options, Report, check, load

Event = tuple[str, Any, Any]
NODES = (0, 1, 2)


def run(observer: Observer, events: Iterable[Event], *, rest: bool = False) -> Memory:
    memory = observer.initial
    told = [Happening("crash" if f == "crash" else "does", (node, 0), None, f, value)
            for f, node, value in events]  # fmt: skip
    for what in [*told, *([Happening("rest", (None, 0))] if rest else [])]:
        before, memory = memory, observer.after(memory, what)
        if memory is BROKEN:
            said = (
                observer.unfinished(before)
                if what.kind == "rest"
                else observer.broken(before, what)
            )
            assert said
            return memory
        if memory is UNDECIDED:
            return memory
    return memory


# ---------------------------------------------------------------- broadcasts, by their definitions


def sequences(events: Sequence[Event]) -> dict[int, list[int]]:
    return {n: [m for f, node, m in events if f == "deliver" and node == n] for n in NODES}


def before(events: Sequence[Event]) -> set[tuple[int, int]]:
    """Which broadcast happens before which: all of them, closed."""
    sends = {m: i for i, (f, _, m) in enumerate(events) if f == "send"}
    found = set()
    for m, i in sends.items():
        node = events[i][1]
        past = {e[2] for e in events[:i] if e[1] == node and e[0] in ("send", "deliver")}
        found |= {(p, m) for p in past if p in sends and sends[p] < i}
    for _ in sends:
        found |= {(a, d) for a, b in found for c, d in found if b == c}
    return found


def keeps(name: str, events: Sequence[Event]) -> bool:
    """The definition, of all that happened."""
    told = sequences(events)
    senders = {m: n for f, n, m in events if f == "send"}
    order = [m for f, _, m in events if f == "send"]
    match name:
        case "no_duplication":
            return all(len(set(d)) == len(d) for d in told.values())
        case "no_creation":
            return all(
                ("send", senders.get(m), m) in events[:i]
                for i, (f, _, m) in enumerate(events)
                if f == "deliver"
            )
        case "exactly_once":
            return keeps("no_duplication", events) and keeps("no_creation", events)
        case "fifo_order":
            pairs = {(a, b) for a, b in combinations(order, 2) if senders[a] == senders[b]}
            return _in_order(pairs, told)
        case "causal_order":
            return _in_order(before(events), told)
        case "total_order":
            return not any(
                one.index(a) < one.index(b) and two.index(b) < two.index(a)
                for one in told.values()
                for two in told.values()
                for a in set(one) & set(two)
                for b in set(one) & set(two)
            )
        case "uniform_total_order":
            return all(
                one[: len(two)] == two[: len(one)] for one, two in combinations(told.values(), 2)
            )
        case _:
            return True


def _in_order(pairs: set[tuple[int, int]], told: dict[int, list[int]]) -> bool:
    return all(
        b not in d or (a in d and d.index(a) < d.index(b)) for a, b in pairs for d in told.values()
    )


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["send", "deliver", "deliver"]), st.sampled_from(NODES), st.integers(1, 3)
    ),
    max_size=9,
)


@pytest.mark.parametrize("name", [n for n in GUARANTEES if n not in ("reliable", "uniform")])
def test_broadcast(name: str) -> None:
    @given(EVENTS)
    def agrees(drawn: list[Event]) -> None:
        sent: set[int] = set()
        events: list[Event] = []
        for event in drawn:
            created = name in ("no_creation", "exactly_once")
            if event[0] == "send" and event[2] in sent:
                continue  # once
            if event[0] == "deliver" and event[2] not in sent and not created:
                continue
            if name not in ("no_duplication", "exactly_once") and event in events:
                continue
            sent |= {event[2]} if event[0] == "send" else set()
            events.append(event)
        assert (run(Broadcast(name, NODES), events) is BROKEN) != keeps(name, events)

    agrees()


@pytest.mark.parametrize(
    ("name", "events", "kept"),
    [
        ("reliable", [("send", 0, 1), *(("deliver", n, 1) for n in NODES)], True),
        ("reliable", [("send", 0, 1), ("deliver", 1, 1), ("deliver", 2, 1)], False),
        ("reliable", [("send", 0, 1), ("crash", 0, None)], True),
        ("reliable", [("send", 0, 1), ("deliver", 1, 1), ("crash", 0, None)], False),
        ("reliable", [("send", 0, 1), ("deliver", 1, 1), ("crash", 0, None), ("crash", 1, None)], True),
        ("uniform", [("send", 0, 1), ("deliver", 1, 1), ("crash", 0, None), ("crash", 1, None)], False),
        ("exactly_once", [("send", 0, 1), *(("deliver", n, 1) for n in NODES)], True),
        ("exactly_once", [("send", 0, 1), ("deliver", 0, 1)], False),
        ("exactly_once", [("send", 0, 1), ("crash", 0, None)], True),
    ],
)  # fmt: skip
def test_at_rest(name: str, events: list[Event], kept: bool) -> None:
    assert (run(Broadcast(name, NODES), events, rest=True) is not BROKEN) == kept


@pytest.mark.parametrize("name", ["reliable", "uniform", "exactly_once"])
@pytest.mark.parametrize(("reached", "kept"), [((1, 2), True), ((1,), False), ((), False)])
def test_who_never_delivers_is_not_of_the_group(
    name: str, reached: tuple[int, ...], kept: bool
) -> None:
    events: list[Event] = [("send", 0, 1), *(("deliver", n, 1) for n in reached)]
    assert (run(Broadcast(name, (1, 2)), events, rest=True) is not BROKEN) == kept


PRODUCER = """spec producer
message Item(n: 1..2)
history b: broadcast<1..2>
role Producer {
  var sent: 0..2 = 0
  action go when sent < 2 { sent += 1; b.send(sent); send Item(sent) to Log.1 }
}
role Log { on Item(n) { b.deliver(n) } }
guarantee exactly_once(b)
guarantee reliable(b)
"""


def test_a_producer_need_not_deliver(checked: Callable[..., Report]) -> None:
    assert _violated(checked(PRODUCER)) == set()
    assert _violated(checked(PRODUCER, "lose")) == {"exactly_once_at_rest", "reliable"}


def test_a_message_is_sent_once() -> None:
    with pytest.raises(MisuseError, match="sent twice"):
        run(Broadcast("fifo_order", NODES), [("send", 0, 1), ("send", 1, 1)])


# ---------------------------------------------------------------- commitment, sagas


@pytest.mark.parametrize(
    ("events", "broken"),
    [
        ([("vote", 0, True), ("vote", 1, True), ("decide", 0, True), ("decide", 1, True)], ""),
        ([("vote", 0, True), ("decide", 0, True)], "ac2"),
        ([("vote", 0, True), ("vote", 1, False), ("decide", 0, True)], "ac2"),
        ([("vote", 0, True), ("vote", 1, False), ("decide", 0, False)], ""),
        ([("vote", 0, True), ("vote", 1, True), ("decide", 0, False)], "ac3"),
        ([("vote", 0, True), ("vote", 1, True), ("crash", 1, None), ("decide", 0, False)], ""),
        ([("vote", 0, True), ("decide", 0, False)], ""),
        ([("vote", 0, True), ("decide", 0, False), ("vote", 1, True)], "ac3"),
        ([("vote", 0, True), ("decide", 0, False), ("vote", 1, False)], ""),
        ([("vote", 0, False), ("vote", 1, True), ("decide", 0, False), ("decide", 0, True)], "ac4"),
        ([("vote", 0, True), ("vote", 1, True), ("crash", 1, None), ("decide", 0, False),
          ("decide", 1, True)], "ac1"),
    ],
)  # fmt: skip
def test_atomic_commit(events: list[Event], broken: str) -> None:
    parts = [
        p for p in ("ac1", "ac2", "ac3", "ac4") if run(AtomicCommit((0, 1), (p,)), events) is BROKEN
    ]
    assert broken in parts or parts == [] == list(broken)
    assert (run(AtomicCommit((0, 1), ()), events) is BROKEN) == bool(broken)


def test_everyone_decides() -> None:
    part = AtomicCommit((0, 1), ("ac5",))
    assert run(part, [("decide", 0, True)], rest=True) is BROKEN
    assert run(part, [("decide", 0, True), ("decide", 1, False)], rest=True) is not BROKEN
    assert run(part, [("decide", 0, True), ("crash", 1, None)], rest=True) is not BROKEN


@given(st.lists(st.tuples(st.sampled_from(["step", "compensate", "finish"]), st.just(0),
                          st.integers(1, 3)), max_size=7))  # fmt: skip
def test_saga(events: list[Event]) -> None:
    """T1 … Tn, or T1 … Tj Cj … C1, with each step once."""
    seen: set[int] = set()
    for f, _, n in events:
        if f == "step" and n in seen:
            return
        seen |= {n} if f == "step" else set()
    words = ["finish" if f == "finish" else f"{f}{n}" for f, _, n in events]
    steps = [w for w in words if w.startswith("step")]
    undo = [w.replace("step", "compensate") for w in reversed(steps)]
    whole = words in ([*steps, "finish"], [*steps, *undo, "finish"])
    kept = run(AllOrCompensated(), events, rest=True) is not BROKEN
    if whole or not words:
        assert kept
    if (words.count("finish") == 1 and words[-1] == "finish") or not words.count("finish"):
        done = [w for w in words if w != "finish"]
        legal = any(done == [*steps, *undo[:k]] for k in range(len(undo) + 1))
        ends = bool(words) and words[-1] == "finish"
        going_back = any(w.startswith("comp") for w in done)
        complete = done in (steps, [*steps, *undo])
        right = legal and (complete if ends else not steps or done == [*steps, *undo])
        assert kept == right, (going_back, legal)


# ---------------------------------------------------------------- transactions

LEVELS = ("serializable", "snapshot_isolation", "read_committed", "repeatable_read", "lost_update",
          "write_skew", "dirty_read", "strict_serializable", "read_atomic", "causal")  # fmt: skip
CALLS = st.lists(
    st.tuples(st.sampled_from([0, 1, 2]), st.sampled_from(["read", "write", "commit", "commit", "abort"]),
              st.sampled_from("xy"), st.integers(0, 4)),
    max_size=14,
)  # fmt: skip


def scheduled(calls: Iterable[tuple[int, str, str, int]]) -> tuple[list[Event], Transactions]:
    """A random schedule of a store without any control: what clients did, and the same as a record."""
    events: list[Event] = []
    done: dict[tuple[int, int], list[Any]] = {}
    meta: dict[tuple[int, int], list[Any]] = {}
    store: dict[str, list[Any]] = {"x": [], "y": []}
    count = {0: 0, 1: 0, 2: 0}
    active: dict[int, tuple[int, int]] = {}
    for time, (client, f, key, pick) in enumerate(calls):
        if client not in active:
            active[client] = (client, count[client])
            count[client] += 1
            done[active[client]], meta[active[client]] = [], [Status.INFO, 3 * time, None]
            events.append(("begin", client, None))
        one = active[client]
        if f in ("commit", "abort"):
            meta[one][0] = Status.OK if f == "commit" else Status.FAIL
            meta[one][2] = 3 * time + 1
            if f == "abort":
                for versions in store.values():
                    versions[:] = [w for w in versions if w[0] != one]
            del active[client]
            events.append((f, client, None))
        elif f == "write":
            write = (one, len(done[one]))
            store[key] = [w for w in store[key] if w[0] != one] + [write]
            done[one].append(Write(key, write, write))
            events.append(("write", client, (key, write)))
        else:
            mine = [w for w in store[key] if w[0] == one]
            seen = mine or store[key]
            version = seen[pick % len(seen)] if seen else None
            done[one].append(Read(key, version, version))
            events.append(("read", client, (key, version)))
    record = tuple(
        Transaction(one, one[0], tuple(done[one]), status, begun, ended)
        for one, (status, begun, ended) in sorted(meta.items())
    )
    versions = tuple((key, tuple(found)) for key, found in sorted(store.items()) if found)
    return events, Transactions(record, versions)


@pytest.mark.parametrize("level", LEVELS)
def test_transactions(level: str) -> None:
    """What is remembered decides as the whole record does."""

    @given(CALLS)
    def agrees(calls: list[tuple[int, str, str, int]]) -> None:
        events, _ = scheduled(calls)
        ledger = Ledger(None, timed=level.startswith("strict"))
        observer = Transacting(ledger, lambda h: decide(h, level))
        memory: Memory = observer.initial
        for place, (f, client, value) in enumerate(events):
            memory = observer.after(memory, Happening("does", (client, 0), None, f, value))
            if f not in ("commit", "abort"):
                continue
            told = list(calls)
            _, record = scheduled(_until(told, place, events))
            verdict = decide(record, level)
            if memory in (BROKEN, UNDECIDED):
                assert (memory is BROKEN) == isinstance(verdict, Violated)
                return
            assert not isinstance(verdict, Violated)

    agrees()


def _until(
    calls: list[tuple[int, str, str, int]], place: int, events: list[Event]
) -> list[tuple[int, str, str, int]]:
    """The calls that made the events up to one."""
    begun = sum(f == "begin" for f, _, _ in events[: place + 1])
    return calls[: place + 1 - begun]


@pytest.mark.parametrize(
    "level", ["serializable", "snapshot_isolation", "parallel_snapshot_isolation",
              "repeatable_read", "read_committed"],
)  # fmt: skip
def test_who_has_not_ended_may_have_committed_or_not(level: str) -> None:
    """A level is kept if it is kept for some choice of the transactions without an end."""

    @settings(max_examples=300)
    @given(CALLS)
    def agrees(calls: list[tuple[int, str, str, int]]) -> None:
        events, record = scheduled(calls)
        ledger, past = Ledger(None, timed=False), Past()
        for f, client, value in events:
            past = ledger.after(past, Happening("does", (client, 0), None, f, value))
        kept = any(in_order(level, *one) for one in _choices(record))
        assert isinstance(decide(ledger.history(past), level), Holds) == kept
        assert isinstance(decide(record, level), Holds) == kept

    agrees()


def _choices(record: Transactions) -> Iterator[tuple[Small, dict[object, tuple[int, ...]]]]:
    """The record with each choice of those that committed, and the order of what they installed."""
    open_ = [t for t in record.transactions if t.status is Status.INFO]
    for chosen in chain(*(combinations(open_, n) for n in range(len(open_) + 1))):
        committed = (
            replace(t, status=Status.OK if t in chosen else Status.FAIL) if t in open_ else t
            for t in record.transactions
        )
        small = Small(Transactions(tuple(committed)))
        number = {t.id: n for n, t in enumerate(small.all)}
        order = {
            key: tuple(number[by] for by, _ in versions if by in number)
            for key, versions in record.versions or ()
        }
        yield small, order


BEGUN = """spec begun
var x: 0..2 = 0
history tx: transactions<0..0, 0..2> = 0
role Client[2] {
  start { tx.begin; tx.read(0, x) }
  process { atomic { x := self.index + 1; tx.write(0, x); tx.commit } }
}
no lost_update(tx)
"""


def test_what_was_done_in_the_beginning_is_told(checked: Callable[..., Report]) -> None:
    trace = checked(BEGUN).result("no_lost_update").trace
    assert trace is not None
    assert trace.steps[0].said[:2] == ("Client.1: tx.begin()", "Client.1: tx.read(0, 0)")
    assert trace.reasons[:2] == ("Client.1: begin", "Client.1: read 0, 0")


def test_an_operation_that_begins_in_the_beginning(checked: Callable[..., Report]) -> None:
    text = """spec asked
history h: register<0..1> = 0
role C {
  start { begin h.write(1) }
  process { end h.write; begin h.read; end h.read -> 0 }
}
guarantee linearizable(h)
"""
    trace = checked(text).result("linearizable").trace
    assert trace is not None
    assert [(b.text, b.begun, b.ended) for b in trace.operations] == [
        ("#0 write 1", 0, 1), ("#1 read → 0", 2, 2),
    ]  # fmt: skip
    assert any("#0 `write 1`" in reason for reason in trace.reasons)


READS = """spec reads
symbols V[2]
history tx: transactions<0..1, V> = V.1
role Tx[2] {
  process {
    atomic { tx.begin; STEP }
    atomic { LAST; tx.commit }
  }
}
"""


@pytest.mark.parametrize(
    ("step", "last", "asked", "told"),
    [
        ("tx.read(self.index, V.1)", "tx.write(1 - self.index, V.2)", "guarantee serializable(tx)",
         "T1 of Tx.1 read V.1 from 0"),
        ("tx.read(0, V.2)", "skip", "guarantee read_committed(tx)",
         "T1 of Tx.1 read V.2 from 0, which nobody wrote."),
        ("tx.write(self.index, V.2)", "tx.read(1 - self.index, V.2)",
         "no circular_information_flow(tx)",
         "T1 of Tx.2 read V.2 from 0, which T1 of Tx.1 wrote"),
        ("tx.write(0, V.2)", "tx.read(0, V.1)", "guarantee read_atomic(tx)",
         "T1 of Tx.1 read V.1 from 0, where it had itself written V.2"),
    ],
)  # fmt: skip
def test_reasons_are_in_the_words_of_the_spec(
    checked: Callable[..., Report], step: str, last: str, asked: str, told: str
) -> None:
    report = checked(READS.replace("STEP", step).replace("LAST", last) + asked)
    (trace,) = (r.trace for r in report.results if r.verdict is Verdict.VIOLATED)
    assert trace is not None
    assert any(told in reason for reason in trace.reasons), trace.reasons


def test_operations_are_told_with_the_names_of_the_spec(checked: Callable[..., Report]) -> None:
    text = """spec named
history h: register<0..1> = 0
role C[2] { process { begin h.read; end h.read -> 1 } }
guarantee linearizable(h)
"""
    trace = checked(text).result("linearizable").trace
    assert trace is not None
    assert trace.reasons[0] == "#0 `read → 1` of C.1"


WAITING = """spec waiting
history tx: transactions<0..0, 0..2> = 0
role First {
  process {
    atomic { tx.begin; tx.write(0, 1) }
    never: await false
  }
}
final { true }
role Second {
  process {
    atomic { tx.begin; tx.read(0, 0) }
    atomic { tx.write(0, 2); tx.commit }
  }
}
guarantee serializable(tx)
no read_skew(tx)
"""


@pytest.mark.parametrize("faults", [None, "crash First"])
def test_a_write_that_nobody_saw_need_not_be_committed(
    checked: Callable[..., Report], faults: str | None
) -> None:
    assert _violated(checked(WAITING, faults)) == set()


def test_equal_histories_are_remembered_alike() -> None:
    """Who was faster does not matter where nobody asks for real time."""
    calls = [
        (0, "write", "x", 0),
        (1, "write", "y", 0),
        (0, "commit", "x", 0),
        (1, "commit", "y", 0),
    ]
    other = [calls[1], calls[0], calls[3], calls[2]]
    memories = [
        run(
            Transacting(Ledger(None, timed=False), lambda h: decide(h, "serializable")),
            scheduled(c)[0],
        )
        for c in (calls, other)
    ]
    assert isinstance(memories[0], Past)
    assert memories[0] == memories[1]


# ---------------------------------------------------------------- in specs

SKEW = """spec skew
history tx: transactions<0..1, 0..2> = 0
var store: map<0..1, 0..2> = [0: 0, 1: 0]
role Tx[2] {
  var seen: map<0..1, 0..2> = [0: 0, 1: 0]
  process {
    atomic { tx.begin; seen := store }
    atomic { tx.read(0, seen[0]); tx.read(1, seen[1]) }
    atomic {
      tx.write(self.index, self.index + 1)
      store[self.index] := self.index + 1
      tx.commit
    }
  }
}
guarantee serializable(tx)
guarantee snapshot_isolation(tx)
no write_skew(tx)
no lost_update(tx)
"""


@pytest.mark.parametrize("engine", ["python", "c"])
def test_write_skew(spec: Callable[..., Any], engine: str) -> None:
    (job,) = load(spec(SKEW))
    report = check(job, Options(engine=engine))
    verdicts = {r.name: r.verdict for r in report.results}
    assert verdicts["serializable"] is verdicts["no_write_skew"] is Verdict.VIOLATED
    assert verdicts["snapshot_isolation"] is verdicts["no_lost_update"] is Verdict.HOLDS
    trace = report.result("serializable").trace
    assert trace is not None
    assert any("a contradiction" in reason for reason in trace.reasons)


SCAN = """spec scan
const FIRST: 0..1 = 0
history tx: transactions<0..1, 0..3> = FIRST
var store: map<0..1, 0..3> = [0: FIRST, 1: FIRST]
role Tx[2] {
  process {
    atomic { tx.begin; for k in 0..1 { tx.read_where(k, store[k], 1..1) } }
    atomic {
      tx.write(self.index, 1 - FIRST)
      store[self.index] := 1 - FIRST
      tx.commit
    }
  }
}
guarantee serializable(tx)
guarantee snapshot_isolation(tx)
guarantee repeatable_read(tx)
no phantom(tx)
no g2_item(tx)
"""


@pytest.mark.parametrize("engine", ["python", "c"])
def test_a_phantom_comes(spec: Callable[..., Any], engine: str) -> None:
    """Both find nothing, and each puts something there: no item was read."""
    (job,) = load(spec(SCAN))
    report = check(job, Options(engine=engine))
    assert _violated(report) == {"serializable", "no_phantom"}
    trace = report.result("no_phantom").trace
    assert trace is not None
    assert any("read by a predicate, and" in reason for reason in trace.reasons)


def test_a_phantom_goes(spec: Callable[..., Any]) -> None:
    """Both find what was there first, and each takes one of them away: that it has read, too."""
    (job,) = load(spec(SCAN.replace("FIRST: 0..1 = 0", "FIRST: 0..1 = 1")))
    report = check(job)
    assert _violated(report) == {"serializable", "no_phantom", "repeatable_read", "no_g2_item"}


def test_what_does_not_change_a_match_is_no_phantom(spec: Callable[..., Any]) -> None:
    """A value that no predicate asks for takes the place of another one."""
    (job,) = load(spec(SCAN.replace("1 - FIRST", "self.index + 2")))
    assert _violated(check(job)) == set()


def _violated(report: Report) -> set[str]:
    return {r.name for r in report.results if r.verdict is Verdict.VIOLATED}


def test_reply_inside_a_handler(checked: Callable[..., Report]) -> None:
    text = """spec replies
symbols M[2]
message Hello(m: M)
history b: broadcast<M>
role P[3] {
  var said: bool = false
  action go when self.index == 0 and not said { said := true; b.send(M.1); broadcast Hello(M.1) to P }
  on Hello(m) from s {
    b.deliver(m)
    if self.index == 1 and m == M.1 { b.send(M.2); broadcast Hello(M.2) to P }
  }
}
guarantee causal_order(b)
guarantee fifo_order(b)
guarantee reliable(b)
guarantee exactly_once(b)
"""
    report = checked(text)
    names = [r.name for r in report.results]
    assert names == [
        "causal_order",
        "fifo_order",
        "reliable",
        "exactly_once",
        "exactly_once_at_rest",
    ]
    violated = {r.name for r in report.results if r.verdict is Verdict.VIOLATED}
    assert violated == {"causal_order"}
    trace = report.result("causal_order").trace
    assert trace is not None
    assert "M.2 is delivered to P" in trace.reasons[-1]
    lossy = checked(text, "lose at most 1")
    violated = {r.name for r in lossy.results if r.verdict is Verdict.VIOLATED}
    assert violated == {"causal_order", "reliable", "exactly_once_at_rest"}


REGISTERS = """spec registers
symbols V[2]
record Cell { value: option<V>, version: 0..2 }
history kv: kv<(V, 0..1), Cell>
history c: cas_register<0..3> = 1
role P[2] {
  var n: 0..2 = 0
  action put(v in V) when n == 0 { n := 1; begin kv.put((v, 1), Cell(some(v), n)) }
  action done when n == 1 { n := 2; end kv.put; begin c.cas(1, 3) }
  action asks(ok in bool) when n == 2 { n := 0; end c.cas -> ok; begin kv.get((V.1, 1)); unknown kv.get }
}
guarantee linearizable(kv)
guarantee linearizable(c)
"""
AGREEING = [SKEW, SCAN, REGISTERS, REGISTERS + "faults { crash P at most 1 }"]


@pytest.mark.parametrize("text", AGREEING)
def test_back_ends_and_oracle_agree(text: str) -> None:
    """Whatever a history tells of: pairs, records, options, truth values."""
    system = system_of(text)
    assert_agree(system)
    assert_c_agrees(system)
    assert all(o.occasions for o in system.observers)


def test_one_message_twice_is_in_one_order() -> None:
    system = system_of("""
spec twice
symbols M[1]
message Hello(m: M)
history b: broadcast<M>
role P[2] {
  var said: bool = false
  action go when self.index == 0 and not said { said := true; b.send(M.1); broadcast Hello(M.1) to P }
  on Hello(m) { b.deliver(m) }
}
faults { duplicate at most 1 }
guarantee total_order(b)
guarantee no_duplication(b)
""")
    found = assert_c_agrees(system)
    assert {system.properties[n].name for n in found.decided} == {"no_duplication"}
