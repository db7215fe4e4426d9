"""`convergent`: once nobody changes anything any more, what is read comes to agree (Vogels, 2009).

If from some time on no update begins, then from some time on each read of an object is answered as the
read before it, whoever asks. What nobody reads again and again shows nothing.
"""

from __future__ import annotations

from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import temporal as f
from dsmc.ir import types as t
from dsmc.ir.history import History, Promise
from dsmc.ir.protocol import Program
from dsmc.ir.system import Variable
from dsmc.ir.temporal import Formula
from dsmc.lower.build import assign, internal, read
from dsmc.lower.clients import Clients, said

#: What reads a whole object; `contains` reads a part of it. All else are updates.
READS = ("read", "get")
_NO_UPDATES = (*READS, "contains")


class Convergence:
    """Whether a history is updated, and what was read last, and the property that this settles.

    Two truth values change whenever an update begins, and whenever a read is answered otherwise than
    the one before it.
    """

    def __init__(self, program: Program, promise: Promise, history: History) -> None:
        self.promise = promise
        self._clients = Clients(program, promise.history)
        (method,) = (m for m in history.methods if m.name in READS)
        assert method.answers is not None
        self._answers = method.answers
        key = method.asks[0] if method.asks else None
        name = f"{promise.history}.{promise.property}"
        self._updated = internal(f"{name}.updated", t.BOOL)
        self._changed = internal(f"{name}.changed", t.BOOL)
        held = self._answers if key is None else t.Map(key, self._answers)
        self._last = internal(f"{name}.last", held)
        self._asked = None if key is None else internal(f"{name}.asked", self._clients.each(key))

    @property
    def variables(self) -> tuple[Variable, ...]:
        """What changes, and what was read last, of which key."""
        every = (self._updated, self._changed, self._last, self._asked)
        return tuple(v for v in every if v is not None)

    def event(self, event: s.Event, node: x.Expr, thread: x.Expr) -> s.Block:
        """What an event of a client changes."""
        if event.history != self.promise.history:
            return ()
        place = self._clients.place(node, thread)
        match event.kind:
            case "begin" if event.method not in _NO_UPDATES:
                return (assign(self._updated, x.negation(read(self._updated))),)
            case "begin" if self._asked is not None and event.method in READS:
                return (assign(self._asked, event.args[0], *place),)
            case "end" if event.method in READS:
                return self._answered(event.args[0], place)
            case _:
                return ()

    def _answered(self, answer: x.Expr, place: tuple[x.Expr, x.Expr]) -> s.Block:
        keys = () if self._asked is None else (read(self._asked, *place),)
        same = x.equal(read(self._last, *keys), answer)
        changed = read(self._changed)
        flipped = x.Cond(same, changed, x.negation(changed), t.BOOL)
        return assign(self._changed, flipped), assign(self._last, answer, *keys)

    def noted(self, statement: s.Statement) -> s.Block:
        """What follows another statement: nothing."""
        return ()

    @property
    def formula(self) -> Formula:
        """If the updates end, the answers settle."""
        history = self.promise.history
        ended = _settles(self._updated, f"{history} has been updated")
        settled = _settles(self._changed, f"what is read of {history} has changed")
        return f.implies(ended.at(said(f"the updates of {history} end")), settled)


def _settles(variable: Variable, text: str) -> Formula:
    """From some time on it does not change."""
    odd = f.Now(read(variable)).at(said(f"{text} an odd number of times"))
    even = f.Now(x.negation(read(variable))).at(said(f"{text} an even number of times"))
    return f.Either(f.Eventually(f.Always(even)), f.Eventually(f.Always(odd)))
