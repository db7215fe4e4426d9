"""An observer of transactions: which isolation level do they keep, or which anomaly do they not show?

The model says when a write is installed, so the order of the versions of a key is known, and every
level is decided on one graph (Adya, 1999). Of time only that is remembered which a level asks about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dsmc.frozen import Frozen, replace
from dsmc.histories.model import (
    Access,
    Name,
    Read,
    ReadWhere,
    Status,
    Transaction,
    Transactions,
    Value,
    Write,
)
from dsmc.histories.observers import BROKEN, UNDECIDED, Happening, Memory, MisuseError
from dsmc.histories.verdict import Undecided, Verdict, Violated

Decide = Callable[[Transactions], Verdict]


class Examined(Frozen):
    """A key that was read if it held one of the `wanted` values, and what was found there."""

    read: Read
    wanted: frozenset[Value]


class Tx(Frozen):
    """A transaction: the `number`-th of its client. `after` are those that had ended when it began."""

    client: tuple[Value, Value]
    number: int
    accesses: tuple[Read | Write | Examined, ...] = ()
    status: Status | None = None
    after: frozenset[tuple[Value, int]] = frozenset()

    @property
    def id(self) -> tuple[Value, int]:
        """What tells it apart."""
        return self.client, self.number

    @property
    def name(self) -> str:
        """How explanations speak of it."""
        number = f"T{self.number + 1}"
        return f"{number} of {self.session}" if self.client[0] != 0 else number

    @property
    def session(self) -> str:
        """How explanations speak of its client."""
        node, thread = self.client
        return f"{node}/{thread}" if thread else f"{node}"


class Past(Frozen):
    """All transactions; of each key, the writes in the order in which they were installed."""

    transactions: frozenset[Tx] = frozenset()
    versions: frozenset[tuple[Value, tuple[Value, ...]]] = frozenset()


class Ledger:
    """What happens to transactions, the same for all that is asked of them: each step is taken once.

    `initial` is what every key holds first; `timed`: is it remembered what came before what?
    """

    def __init__(self, initial: Value, *, timed: bool) -> None:
        self._initial = initial
        self._timed = timed
        self._known: dict[tuple[Past, Happening], Past] = {}
        self._told: dict[Past, Transactions] = {}

    def after(self, memory: Past, what: Happening) -> Past:
        """What is remembered after one more event. Raises `MisuseError`."""
        key = (memory, what)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._after(memory, what)
        return found

    def _after(self, memory: Past, what: Happening) -> Past:
        if what.kind == "crash":
            for one in memory.transactions:
                if one.client[0] == what.client[0] and one.status is None:
                    memory = _with(memory, one, replace(one, status=Status.INFO))
            return memory
        match what.f:
            case "begin":
                return self._begun(memory, what)
            case "read" | "read_where" | "write":
                return self._accessed(memory, what)
            case _:
                return _ended(memory, what)

    def _begun(self, memory: Past, what: Happening) -> Past:
        mine = [one for one in memory.transactions if one.client == what.client]
        if any(one.status is None for one in mine):
            raise MisuseError("a client begins a transaction before its last one has ended")
        ended = frozenset(o.id for o in memory.transactions if o.status is not None)
        new = Tx(what.client, len(mine), after=ended if self._timed else frozenset())
        return replace(memory, transactions=memory.transactions | {new})

    def _accessed(self, memory: Past, what: Happening) -> Past:
        one = _present(memory, what)
        assert isinstance(what.value, tuple)
        key, value, *wanted = what.value
        if what.f != "write":
            read = self._read(memory, key, value)
            access = Examined(read, *wanted) if wanted else read
            return _with(memory, one, replace(one, accesses=(*one.accesses, access)))
        write = (one.name, len(one.accesses))
        now = replace(one, accesses=(*one.accesses, Write(key, value, write)))
        return _installed(_with(memory, one, now), one, key, write)

    def _read(self, memory: Past, key: Value, value: Value) -> Read:
        """What was read: the version of that value; of several the newest."""
        written = {
            a.write: a.value for one in memory.transactions for a in one.accesses
            if isinstance(a, Write) and a.key == key
        }  # fmt: skip
        order = dict(memory.versions).get(key, ())
        live = [w for w in order if written[w] == value]
        gone = [w for w in written if w not in order and written[w] == value]
        if live:
            return Read(key, value, live[-1])
        if value == self._initial and not gone:
            return Read(key, None)
        return Read(key, value, gone[0] if gone else Name(value))

    # ------------------------------------------------------------ as a recorded history

    def history(self, memory: Past) -> Transactions:
        """The transactions as deciders want them; one that has not ended may or may not."""
        found = self._told.get(memory)
        if found is None:
            ordered = sorted(memory.transactions, key=lambda one: (repr(one.client), one.number))
            told = tuple(self._as_recorded(memory, one) for one in ordered)
            versions = tuple(sorted(memory.versions, key=repr))
            found = self._told[memory] = Transactions(told, versions, self._initial)
        return found

    def _as_recorded(self, memory: Past, one: Tx) -> Transaction:
        begun, ended = None, None
        if self._timed:
            later = [len(o.after) for o in memory.transactions if one.id in o.after]
            begun = 2 * len(one.after)
            last = 2 * len(memory.transactions) + 1
            open_ = one.status in (None, Status.INFO)
            ended = None if open_ else min((2 * n - 1 for n in later), default=last)
        status = one.status or Status.INFO
        accesses = tuple(self._told_of(memory, access) for access in one.accesses)
        return Transaction(one.name, one.session, accesses, status, begun, ended)

    def _told_of(self, memory: Past, access: Read | Write | Examined) -> Access:
        """An access; of a predicate it is told which versions satisfy it, whoever wrote them."""
        if not isinstance(access, Examined):
            return access
        key, wanted = access.read.key, access.wanted
        writes = [a for tx in memory.transactions for a in tx.accesses if isinstance(a, Write)]
        matching = {(key, a.write) for a in writes if a.key == key and a.value in wanted}
        if self._initial in wanted:
            matching.add((key, None))
        version = ((key, access.read.write),)
        value = self._initial if access.read.write is None else access.read.value
        if value in wanted:
            return ReadWhere(None, version, frozenset(matching))
        return ReadWhere(None, (), frozenset(matching), version)


class Transacting:
    """Asks a decider whenever a transaction ends."""

    def __init__(self, ledger: Ledger, decide: Decide) -> None:
        self._ledger = ledger
        self._decide = decide
        self.initial: Memory = Past()
        self.why = ""

    def after(self, memory: Memory, what: Happening) -> Memory:
        """See `Observer`."""
        assert isinstance(memory, Past)
        now = self._ledger.after(memory, what)
        if what.f not in ("commit", "abort"):
            return now
        match self._decide(self._ledger.history(now)):
            case Violated():
                return BROKEN
            case Undecided(why):
                self.why = self.why or why
                return UNDECIDED
            case _:
                return now

    def broken(self, memory: Memory, what: Happening) -> Sequence[str]:
        """See `Observer`."""
        assert isinstance(memory, Past)
        verdict = self._decide(self._ledger.history(self._ledger.after(memory, what)))
        return verdict.sentences if isinstance(verdict, Violated) else ()

    def unfinished(self, memory: Memory) -> Sequence[str]:
        """See `Observer`."""
        return ()


def _ended(memory: Past, what: Happening) -> Past:
    one = _present(memory, what)
    status = Status.OK if what.f == "commit" else Status.FAIL
    now = _with(memory, one, replace(one, status=status))
    return now if status is Status.OK else _withdrawn(now, one)


def _present(memory: Past, what: Happening) -> Tx:
    """The client's transaction that has not ended. Raises `MisuseError`."""
    for one in memory.transactions:
        if one.client == what.client and one.status is None:
            return one
    raise MisuseError(f"a client asks `{what.f}` outside of a transaction")


def _with(memory: Past, was: Tx, now: Tx) -> Past:
    return replace(memory, transactions=(memory.transactions - {was}) | {now})


def _installed(memory: Past, by: Tx, key: Value, write: Value) -> Past:
    """A write is the newest version of its key; an earlier one of the same transaction is none."""
    mine = {a.write for a in by.accesses if isinstance(a, Write) and a.key == key}
    known = dict(memory.versions)
    known[key] = (*(w for w in known.get(key, ()) if w not in mine), write)
    return replace(memory, versions=frozenset(known.items()))


def _withdrawn(memory: Past, one: Tx) -> Past:
    """What an aborted transaction wrote is no version."""
    mine = {a.write for a in one.accesses if isinstance(a, Write)}
    kept = ((key, tuple(w for w in order if w not in mine)) for key, order in memory.versions)
    return replace(memory, versions=frozenset((key, order) for key, order in kept if order))
