"""An observer that remembers what each session asked and got, for guarantees that know no real time.

What sessions did is kept session by session, so runs that differ only in who was faster are
remembered alike. When something comes back, the decider of recorded histories is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from dsmc.frozen import Frozen, replace
from dsmc.histories.model import PENDING, Operation, Operations, Status, Value
from dsmc.histories.observers import BROKEN, UNDECIDED, Happening, Memory, MisuseError
from dsmc.histories.verdict import Undecided, Verdict, Violated

Decide = Callable[[Operations], Verdict]


class Call(Frozen):
    """An operation of a session."""

    object: Value
    f: str
    arg: Value
    result: Value = PENDING
    status: Status | None = None

    @property
    def is_open(self) -> bool:
        """Is its client waiting for it?"""
        return self.status is None


class Session(Frozen):
    """What a client asked, in its order. A client that crashed while it waited begins a new session, the
    next `life`: this one is `over`, and its last operation may still take effect, at any time.
    """

    client: tuple[Value, Value]
    life: int
    calls: tuple[Call, ...]
    over: bool = False


class Recorded:
    """Remembers sessions, and asks a decider."""

    def __init__(self, decide: Decide) -> None:
        self._decide = decide
        self.why = ""  # the first history of which there was no verdict had none, because
        self.initial: Memory = frozenset[Session]()

    def after(self, memory: Memory, what: Happening) -> Memory:
        """See `observers.Observer`."""
        assert isinstance(memory, frozenset)
        if what.kind == "crash":
            for session in memory:
                if session.client[0] == what.client[0] and _waits(session):
                    lost = replace(_ended(session, PENDING, Status.INFO), over=True)
                    memory = _with(memory, session, lost)
            return memory
        session = _of(memory, what)
        match what.kind:
            case "begin":
                return _with(memory, session, _begun(session, what))
            case "unknown":
                return _with(memory, session, _ended(session, PENDING, Status.INFO))
            case "refused":
                return self._judged(_with(memory, session, _ended(session, PENDING, Status.FAIL)))
            case _:
                return self._judged(_with(memory, session, _ended(session, what.value, Status.OK)))

    def broken(self, memory: Memory, what: Happening) -> Sequence[str]:
        """See `Observer`. Why it is broken, the decider of whole histories says."""
        return (f"nothing explains the answer of `{what.f}`",)

    def unfinished(self, memory: Memory) -> Sequence[str]:
        """See `Observer`."""
        return ()

    def _judged(self, memory: frozenset[Session]) -> Memory:
        match self._decide(history(memory)):
            case Violated():
                return BROKEN
            case Undecided(why):
                self.why = self.why or why
                return UNDECIDED
            case _:
                return memory


def _waits(session: Session) -> bool:
    return bool(session.calls) and session.calls[-1].is_open


def _of(memory: frozenset[Session], what: Happening) -> Session:
    """The present session of the client. Raises `MisuseError`."""
    lives = [session for session in memory if session.client == what.client]
    last = max(lives, key=lambda session: session.life, default=Session(what.client, 0, ()))
    if what.kind == "begin":
        return _ready(last, what)
    if not _waits(last) or last.calls[-1].f != what.f:
        raise MisuseError(f"a client ends a `{what.f}` that it has not begun")
    return last


def _ready(last: Session, what: Happening) -> Session:
    if _waits(last):
        raise MisuseError(
            f"a client begins `{what.f}` before its `{last.calls[-1].f}` has ended, been refused,"
            " or been given up (`unknown`)"
        )
    if last.over:
        return Session(last.client, last.life + 1, ())
    return last


def _begun(session: Session, what: Happening) -> Session:
    return replace(session, calls=(*session.calls, Call(what.object, what.f, what.value)))


def _ended(session: Session, result: Value, status: Status) -> Session:
    *before, last = session.calls
    return replace(session, calls=(*before, replace(last, result=result, status=status)))


def _with(memory: frozenset[Session], was: Session, now: Session) -> frozenset[Session]:
    return (memory - {was}) | {now}


def history(sessions: Iterable[Session]) -> Operations:
    """The sessions as a recorded history: of their operations only the order in each is told."""
    found: list[Operation] = []
    for session in sorted(sessions, key=repr):
        name = f"{session.client}.{session.life}"
        for place, call in enumerate(session.calls):
            ended = None if call.result is PENDING and call.status is not Status.FAIL else place
            found.append(
                Operation(
                    len(found), name, call.object, call.f, call.arg, call.result,
                    call.status or Status.INFO, 2 * place, None if ended is None else 2 * place + 1,
                )
            )  # fmt: skip
    return Operations(tuple(sorted(found, key=lambda one: one.invoked)))
