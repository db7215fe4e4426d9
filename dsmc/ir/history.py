"""Histories of a spec, what is promised of them, and who observes them.

A history is ghost state: no step depends on it. What is kept of it is what the promise needs, as the
number of what an observer remembers (`dsmc.histories.observers`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsmc.frozen import Frozen, Node
from dsmc.ir.expr import Expr
from dsmc.ir.types import Type, Value

if TYPE_CHECKING:
    from dsmc.ir.system import Function

#: The number of what an observer remembers once the promise is broken, at the beginning, and once it
#: cannot be known whether it is.
BROKEN, INITIAL, UNDECIDED = 0, 1, 2
#: No observer remembers more different things.
MOST = (1 << 31) - 1


class Method(Frozen):
    """What an object can be asked: the types of the arguments, and of the answer, if there is one."""

    name: str
    asks: tuple[Type, ...]
    answers: Type | None


class Rule(Frozen):
    """An operation of a declared object: it can be answered `answer`, a local name, where `legal` is
    true, and leaves `after`. The expressions mention the object's state and the `parameters` too.

    Where `legal` says what the answer is, that is `answered`, which has a value where `possible`.
    """

    name: str
    parameters: tuple[str, ...]
    answer: str
    legal: Expr
    after: Expr
    possible: Expr
    answered: Expr | None


class Definition(Frozen):
    """A declared object: its sequential specification. `state` is the local name of what it holds;
    `functions` are those that the rules call.
    """

    state: str
    rules: tuple[Rule, ...]
    functions: tuple[Function, ...] = ()


class History(Node):
    """What clients ask of an object, or what nodes do. `start` is what the object holds first (None:
    nothing), of `type`; `of` the role whose nodes commit; `definition` that of a declared object.
    """

    name: str
    object: str
    methods: tuple[Method, ...]
    start: Value = None
    type: Type | None = None
    of: Type | None = None
    definition: Definition | None = None

    def method(self, name: str) -> Method | None:
        """The method of that name."""
        return next((m for m in self.methods if m.name == name), None)


class Promise(Node):
    """A guarantee of a history; `words` say which form of it. `property` is its name as a property."""

    property: str
    guarantee: str
    history: str
    words: tuple[str, ...] = ()
    doc: str = ""


class Occasion(Frozen):
    """A sort of event: `begin`, `end`, `refused`, `unknown` or `does` of a method, or `crash`, with the
    types of what it is about: the node and the thread of the client, then arguments or answer; or
    `rest`: nothing is left to do.
    """

    kind: str
    method: str
    types: tuple[Type, ...]


class Observer(Frozen):
    """Who remembers of a history what a promise needs; `variable` holds the number of that. `members`
    are the names of the nodes that take part.
    """

    variable: str
    promise: Promise
    history: History
    occasions: tuple[Occasion, ...]
    members: tuple[str, ...] = ()

    @property
    def properties(self) -> tuple[str, str]:
        """The names of what it is asked of every state, and of states at rest."""
        return self.promise.property, f"{self.promise.property}_at_rest"
