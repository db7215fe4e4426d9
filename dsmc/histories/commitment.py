"""Observers of atomic commitment (AC1 to AC5: Bernstein, Hadzilacos and Goodman, 1987, 7.3) and of sagas
(Garcia-Molina and Salem, 1987).
"""

from __future__ import annotations

from collections.abc import Iterable

from dsmc.frozen import Frozen, replace
from dsmc.histories import words
from dsmc.histories.model import Value
from dsmc.histories.observers import BROKEN, Happening, Memory


class Ballot(Frozen):
    """Who voted what, who decided what, who crashed."""

    votes: frozenset[tuple[Value, Value]] = frozenset()
    decisions: frozenset[tuple[Value, Value]] = frozenset()
    crashed: frozenset[Value] = frozenset()


class AtomicCommit:
    """The guarantees of atomic commitment of the `members`: the parts that are named; else the first four.

    AC1: no two processes decide differently. AC2: commit only if all voted yes. AC3: abort only if one
    voted no, or crashed. AC4: nobody decides twice. AC5: when nothing is left to do, everyone who did
    not crash has decided.
    """

    def __init__(self, members: Iterable[Value], parts: tuple[str, ...]) -> None:
        self._members = tuple(members)
        self._parts = parts or ("ac1", "ac2", "ac3", "ac4")
        self.initial: Memory = Ballot()
        self.why = ""

    def after(self, memory: Memory, what: Happening) -> Memory:
        """See `Observer`."""
        assert isinstance(memory, Ballot)
        node = what.client[0]
        if what.kind == "rest":
            return BROKEN if self._missing(memory) else memory
        if what.kind == "crash":
            return replace(memory, crashed=memory.crashed | {node})
        if self._fault(memory, what):
            return BROKEN
        if what.f == "vote":
            return replace(memory, votes=memory.votes | {(node, what.value)})
        return replace(memory, decisions=memory.decisions | {(node, what.value)})

    def broken(self, memory: Memory, what: Happening) -> tuple[str, ...]:
        """See `Observer`."""
        return tuple(filter(None, [self._fault(memory, what)]))

    def _fault(self, memory: Memory, what: Happening) -> str:
        """Which part a decision breaks, and how; empty if none."""
        assert isinstance(memory, Ballot)
        if what.f == "vote":
            return self._late(memory, what) if "ac3" in self._parts else ""
        for part in self._parts:
            said = _CHECKS[part](self, memory, what) if part in _CHECKS else ""
            if said:
                return f"{part.upper()}: {said}"
        return ""

    def _differs(self, memory: Ballot, what: Happening) -> str:
        others = [n for n, value in memory.decisions if value != what.value and n != what.client[0]]
        return f"{_decides(what)}, and {words.value(others[0])} {_not(what)}" if others else ""

    def _without_votes(self, memory: Ballot, what: Happening) -> str:
        votes = dict(memory.votes)
        missing = [m for m in self._members if votes.get(m) is not True]
        if what.value is not True or not missing:
            return ""
        how = "voted no" if missing[0] in votes else "has not voted"
        return f"{_decides(what)}, and {words.value(missing[0])} {how}"

    def _for_no_reason(self, memory: Ballot, what: Happening) -> str:
        refused = any(value is False for _, value in memory.votes) or memory.crashed
        voted = {n for n, _ in memory.votes}
        if what.value is not False or refused or not voted.issuperset(self._members):
            return ""
        return f"{_decides(what)}, and all voted yes and nobody crashed"

    def _late(self, memory: Ballot, what: Happening) -> str:
        """Somebody has aborted, and with this vote there is no reason why."""
        aborted = [n for n, value in memory.decisions if value is False]
        votes = dict(memory.votes) | {what.client[0]: what.value}
        all_yes = all(votes.get(m) is True for m in self._members)
        if not aborted or not all_yes or memory.crashed:
            return ""
        return f"AC3: {words.value(aborted[0])} aborts, and all voted yes and nobody crashed"

    def _again(self, memory: Ballot, what: Happening) -> str:
        before = dict(memory.decisions).get(what.client[0])
        changed = before is not None and before != what.value
        return f"{_decides(what)}, and it had decided otherwise" if changed else ""

    def unfinished(self, memory: Memory) -> tuple[str, ...]:
        """See `Observer`."""
        return tuple(filter(None, [self._missing(memory)]))

    def _missing(self, memory: Memory) -> str:
        """Who has not decided when nothing is left to do; empty if nobody."""
        assert isinstance(memory, Ballot)
        if "ac5" not in self._parts:
            return ""
        decided = {n for n, _ in memory.decisions}
        waiting = [m for m in self._members if m not in memory.crashed | decided]
        return f"AC5: {words.value(waiting[0])} never decides" if waiting else ""


_CHECKS = {
    "ac1": AtomicCommit._differs, "ac2": AtomicCommit._without_votes,
    "ac3": AtomicCommit._for_no_reason, "ac4": AtomicCommit._again,
}  # fmt: skip


def _decides(what: Happening) -> str:
    return f"{words.value(what.client[0])} decides to {'commit' if what.value else 'abort'}"


def _not(what: Happening) -> str:
    return "aborts" if what.value else "commits"


# ---------------------------------------------------------------- sagas


class Course(Frozen):
    """What a saga has done: the steps that are in effect, whether it goes back, whether it has ended."""

    of: Value
    done: tuple[Value, ...] = ()
    going_back: bool = False
    ended: bool = False


class AllOrCompensated:
    """Each saga (one of a client) ends with all its steps, or with each compensated, the last one first."""

    def __init__(self) -> None:
        self.initial: Memory = frozenset[Course]()
        self.why = ""

    def after(self, memory: Memory, what: Happening) -> Memory:
        """See `Observer`."""
        assert isinstance(memory, frozenset)
        if what.kind == "crash":
            return memory
        if what.kind == "rest":
            return BROKEN if self._missing(memory) else memory
        if self._fault(memory, what):
            return BROKEN
        was = _course(memory, what)
        match what.f:
            case "step":
                now = replace(was, done=(*was.done, what.value))
            case "compensate":
                now = replace(was, done=was.done[:-1], going_back=True)
            case _:
                now = replace(was, ended=True)
        return (memory - {was}) | {now}

    def broken(self, memory: Memory, what: Happening) -> tuple[str, ...]:
        """See `Observer`."""
        return tuple(filter(None, [self._fault(memory, what)]))

    def _fault(self, memory: Memory, what: Happening) -> str:
        """What is wrong with an event of a saga; empty if nothing is."""
        was = _course(memory, what)
        step = words.value(what.value)
        match what.f:
            case _ if what.kind == "crash":
                return ""
            case "step" if was.going_back:
                return f"step {step} is taken when others have been compensated"
            case "step" if was.ended:
                return f"step {step} is taken after the end"
            case "compensate" if what.value not in was.done:
                return f"step {step} is compensated, and it is not in effect"
            case "compensate" if was.done[-1] != what.value:
                return f"step {step} is compensated before step {words.value(was.done[-1])}"
            case "finish" if was.going_back and was.done:
                return f"it ends, and step {words.value(was.done[-1])} is not compensated"
            case _:
                return ""

    def unfinished(self, memory: Memory) -> tuple[str, ...]:
        """See `Observer`."""
        return tuple(filter(None, [self._missing(memory)]))

    def _missing(self, memory: Memory) -> str:
        """What has begun and not ended when nothing is left to do; empty if nothing."""
        assert isinstance(memory, frozenset)
        for one in sorted(memory, key=repr):
            if one.done and not one.ended:
                done = ", ".join(map(words.value, one.done))
                return f"the saga of {words.value(one.of)} never ends; in effect: step {done}"
        return ""


def _course(memory: Memory, what: Happening) -> Course:
    assert isinstance(memory, frozenset)
    return next((c for c in memory if c.of == what.client[0]), Course(what.client[0]))
