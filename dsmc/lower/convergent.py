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

    Two truth values change in each step in which an update begins, and in which a read is answered
    otherwise than the one before it: once, however often that happens in the step.
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

    def begins(self, block: s.Block) -> s.Block:
        """What stands at the beginning of a step: the truth values before it."""
        if not any(map(self._is_of_it, s.walk(block))):
            return ()
        return tuple(s.Let(_before(v), read(v)) for v in (self._updated, self._changed))

    def _is_of_it(self, statement: s.Statement) -> bool:
        return isinstance(statement, s.Event) and statement.history == self.promise.history

    def event(self, event: s.Event, node: x.Expr, thread: x.Expr) -> s.Block:
        """What an event of a client changes."""
        if event.history != self.promise.history:
            return ()
        place = self._clients.place(node, thread)
        match event.kind:
            case "begin" if event.method not in _NO_UPDATES:
                return (_turned(self._updated),)
            case "begin" if self._asked is not None and event.method in READS:
                return (assign(self._asked, event.args[0], *place),)
            case "end" if event.method in READS:
                return self._answered(event.args[0], place)
            case _:
                return ()

    def _answered(self, answer: x.Expr, place: tuple[x.Expr, x.Expr]) -> s.Block:
        keys = () if self._asked is None else (read(self._asked, *place),)
        same = x.equal(read(self._last, *keys), answer)
        turned = s.If(x.negation(same), (_turned(self._changed),))
        return turned, assign(self._last, answer, *keys)

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


def _before(variable: Variable) -> str:
    """The name of its value before the step: no name of a spec."""
    return f"{variable.name} before"


def _turned(variable: Variable) -> s.Statement:
    return assign(variable, x.negation(x.Local(_before(variable), t.BOOL)))


def _settles(variable: Variable, text: str) -> Formula:
    """From some time on it does not change."""
    odd = f.Now(read(variable)).at(said(f"{text} an odd number of times"))
    even = f.Now(x.negation(read(variable))).at(said(f"{text} an even number of times"))
    return f.Either(f.Eventually(f.Always(even)), f.Eventually(f.Always(odd)))
