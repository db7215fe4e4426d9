"""Observers of broadcasts: the order, number and reach of what is delivered.

The definitions are those of Hadzilacos and Toueg (A modular approach to fault-tolerant broadcasts, 1994)
and, for total order, of Défago, Schiper and Urbán (Total order broadcast and multicast algorithms, 2004).
A message is known by its value, and is sent once.
"""

from __future__ import annotations

from collections.abc import Iterable

from dsmc.frozen import Frozen, replace
from dsmc.histories import words
from dsmc.histories.model import Value
from dsmc.histories.observers import BROKEN, Happening, Memory, MisuseError


class Member(Frozen):
    """What one node sent, and what was delivered to it, in its order; has it `crashed`?"""

    node: Value
    sent: tuple[Value, ...] = ()
    delivered: tuple[Value, ...] = ()
    crashed: bool = False


#: Of each message that was sent what its sender had sent and was delivered before.
Causes = frozenset[tuple[Value, frozenset[Value]]]


class Air(Frozen):
    """Everything that is remembered of broadcasts: each guarantee forgets of it what it does not need."""

    members: frozenset[Member]
    causes: Causes = frozenset()

    def member(self, node: Value) -> Member:
        """What is remembered of a node."""
        return next((m for m in self.members if m.node == node), Member(node))

    def with_member(self, now: Member) -> Air:
        """With something else remembered of a node."""
        others = frozenset(m for m in self.members if m.node != now.node)
        return replace(self, members=others | {now})

    @property
    def sent(self) -> dict[Value, Value]:
        """Who sent each message."""
        return {message: m.node for m in self.members for message in m.sent}


class Broadcast:
    """A guarantee of broadcasts to a group, the `members`; others may send to it."""

    def __init__(self, guarantee: str, members: Iterable[Value]) -> None:
        self._guarantee = guarantee
        self._group = frozenset(members)
        self.initial: Memory = Air(frozenset(map(Member, self._group)))
        self.why = ""

    def after(self, memory: Memory, what: Happening) -> Memory:
        """See `Observer`."""
        assert isinstance(memory, Air)
        if what.kind == "rest":
            return BROKEN if self._missing(memory) else memory
        here = memory.member(what.client[0])
        if what.kind == "crash":
            return memory.with_member(replace(here, crashed=True))
        if what.f == "send":
            return self._sent(memory, here, what.value)
        if self._fault(memory, what):
            return BROKEN
        return memory.with_member(replace(here, delivered=(*here.delivered, what.value)))

    def _sent(self, memory: Air, here: Member, message: Value) -> Air:
        if message in memory.sent:
            raise MisuseError(
                f"{words.value(message)} is sent twice: a message is known by its value"
            )
        past = frozenset((*here.sent, *here.delivered))
        causes = (
            memory.causes | {(message, past)} if self._guarantee == "causal_order" else frozenset()
        )
        return replace(memory.with_member(replace(here, sent=(*here.sent, message))), causes=causes)

    # ------------------------------------------------------------ what breaks it

    def broken(self, memory: Memory, what: Happening) -> tuple[str, ...]:
        """See `Observer`."""
        return tuple(filter(None, [self._fault(memory, what)]))

    def _fault(self, memory: Memory, what: Happening) -> str:
        """What is wrong with a delivery; empty if nothing is."""
        assert isinstance(memory, Air)
        if what.f != "deliver":
            return ""
        here, message = memory.member(what.client[0]), what.value
        match self._guarantee:
            case "no_duplication":
                return self._twice(here, message)
            case "no_creation":
                return self._from_nowhere(memory, here, message)
            case "exactly_once":
                return self._twice(here, message) or self._from_nowhere(memory, here, message)
            case "fifo_order":
                return self._overtakes(here, message, _sent_before(memory, message), "sent")
            case "causal_order":
                before = dict(memory.causes).get(message, frozenset())
                return self._overtakes(here, message, before, "what comes")
            case "total_order":
                return self._inverted(memory, here, message)
            case "uniform_total_order":
                return self._apart(memory, here, message)
            case _:
                return ""

    @staticmethod
    def _twice(here: Member, message: Value) -> str:
        return f"{_to(message, here)} for the second time" if message in here.delivered else ""

    @staticmethod
    def _from_nowhere(memory: Air, here: Member, message: Value) -> str:
        return "" if message in memory.sent else f"{_to(message, here)}, and nobody has sent it"

    @staticmethod
    def _overtakes(here: Member, message: Value, before: Iterable[Value], said: str) -> str:
        missing = sorted((m for m in before if m not in here.delivered), key=repr)
        if not missing:
            return ""
        first = (
            f"{words.value(missing[0])}, {'which was sent' if said == 'sent' else said} before it"
        )
        return f"{_to(message, here)} before {first}"

    @staticmethod
    def _inverted(memory: Air, here: Member, message: Value) -> str:
        """Two nodes deliver two messages in opposite orders."""
        for other in memory.members:
            if other.node == here.node or message not in other.delivered:
                continue
            earlier = other.delivered[: other.delivered.index(message)]
            after = set(other.delivered) - {*earlier, message}
            later = [m for m in here.delivered if m in after]
            if later:
                one, two = words.value(later[0]), words.value(message)
                return f"{_name(here)} delivers {one} before {two}, and {_name(other)} {two} before {one}"
        return ""

    @staticmethod
    def _apart(memory: Air, here: Member, message: Value) -> str:
        """What two nodes have delivered is not the beginning of what one of them has."""
        mine = (*here.delivered, message)
        for other in memory.members:
            if other.node != here.node:
                for place, (one, two) in enumerate(
                    zip(mine, other.delivered, strict=False), start=1
                ):
                    if one != two:
                        return (
                            f"as its delivery number {place} {_name(here)} has {words.value(one)}, and"
                            f" {_name(other)} {words.value(two)}"
                        )
        return ""

    # ------------------------------------------------------------ what is missing at rest

    def unfinished(self, memory: Memory) -> tuple[str, ...]:
        """See `Observer`."""
        return tuple(filter(None, [self._missing(memory)]))

    def _missing(self, memory: Memory) -> str:
        """What is missing when nothing is left to do; empty if nothing is."""
        assert isinstance(memory, Air)
        correct = [m for m in memory.members if not m.crashed]
        wanted: set[Value] = set()
        if self._guarantee in ("reliable", "uniform"):
            wanted = {message for m in correct for message in (*m.delivered, *m.sent)}
        if self._guarantee == "uniform":
            wanted |= {message for m in memory.members for message in m.delivered}
        if self._guarantee == "exactly_once":
            wanted = {m for c in correct for m in c.sent}
            wanted |= {m for c in memory.members for m in c.delivered}
        for m in sorted((m for m in correct if m.node in self._group), key=repr):
            missing = sorted(wanted - set(m.delivered), key=repr)
            if missing:
                return f"{words.value(missing[0])} is never delivered to {_name(m)}"
        return ""


def _sent_before(memory: Air, message: Value) -> tuple[Value, ...]:
    sender = next((m for m in memory.members if message in m.sent), None)
    return () if sender is None else sender.sent[: sender.sent.index(message)]


def _name(one: Member) -> str:
    return words.value(one.node)


def _to(message: Value, here: Member) -> str:
    return f"{words.value(message)} is delivered to {_name(here)}"


#: The guarantees, and those of which a part is asked when nothing is left to do.
GUARANTEES = (
    "fifo_order", "causal_order", "total_order", "uniform_total_order", "no_duplication", "no_creation",
    "reliable", "uniform", "exactly_once",
)  # fmt: skip
AT_REST = ("reliable", "uniform", "exactly_once")
#: Those that forbid nothing before that.
ONLY_AT_REST = ("reliable", "uniform")
