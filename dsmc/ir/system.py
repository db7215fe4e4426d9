"""A system: the only thing that is explored. Typed variables, initial states, actions, properties.

No role, message or fault is left in it; what a trace wants to say of them is kept in `Origin`s and
`Mark` statements, which change nothing.
"""

from __future__ import annotations

import enum
from typing import TypeAlias

from dsmc.frozen import Frozen, Node
from dsmc.ir.expr import TRUE, Expr
from dsmc.ir.history import Observer
from dsmc.ir.stmt import Block
from dsmc.ir.temporal import Formula
from dsmc.ir.types import Role, Type, Value


class Storage(enum.Enum):
    """What a crash of the owner does to a variable."""

    SHARED = "var"
    VOLATILE = "volatile"
    STABLE = "stable"
    BUFFERED = "buffered"
    GHOST = "ghost"
    #: A name in the code of a process, lost in a crash; in a trace it is shown when it is set.
    LOCAL = "local"
    #: The tool's own, lost in a crash: program counters, quorums being collected.
    CONTROL = "control"
    #: The tool's own: messages in flight, budgets, who is up.
    INTERNAL = "internal"


class Start(Node):
    """The first value of a variable: `value`, or any element of `domain`; else the type's default.

    For a variable of a role both may use the local `node`, the node it belongs to.
    """

    value: Expr | None = None
    domain: Expr | None = None
    node: str = ""


class Variable(Node):
    """A state variable. One that a role's nodes have each is a map from the role."""

    name: str
    type: Type
    storage: Storage
    start: Start = Start()
    owner: Role | None = None
    doc: str = ""


class Kind(enum.Enum):
    """What sort of step an action is."""

    ACTION = "action"
    REQUEST = "request"
    HANDLER = "handler"
    TIMEOUT = "timeout"
    STEP = "step"
    FAULT = "fault"
    RECOVERY = "recovery"

    @property
    def is_work(self) -> bool:
        """Is the system unfinished while such a step is possible?"""
        return self not in (Kind.REQUEST, Kind.FAULT)

    @property
    def is_own(self) -> bool:
        """Is it not a fault?"""
        return self is not Kind.FAULT


class Fairness(enum.Enum):
    """What an action that can always (weak), or again and again (strong), be taken is owed."""

    NONE = ""
    WEAK = "fair"
    STRONG = "strong fair"


class Origin(Node):
    """Where an action comes from and how a trace speaks of it.

    `node` is the parameter that is the acting node (of `role`), or empty; `fault` the name of the
    fault that the step commits.
    """

    kind: Kind
    title: str
    node: str = ""
    role: str = ""
    fault: str = ""


class Param(Node):
    """A parameter: any element of the domain for which `where` holds."""

    name: str
    type: Type
    domain: Expr
    where: Expr = TRUE


class Action(Node):
    """One atomic step for each choice of parameters that satisfies the guard.

    `names` are bound after the parameters; guard and body use them, and traces show them.

    What is owed to a fair action is owed for each choice of the values of `key` (names of parameters
    or of `names`); actions with the same name in `owed` are owed together: one of them is enough.
    Without it an action is owed alone.
    """

    name: str
    params: tuple[Param, ...]
    names: tuple[tuple[str, Expr], ...]
    guard: Expr
    body: Block
    fairness: Fairness
    origin: Origin
    doc: str = ""
    key: tuple[str, ...] = ()
    owed: str = ""


class Function(Node):
    """A pure function."""

    name: str
    parameters: tuple[tuple[str, Type], ...]
    result: Type
    body: Expr


# ---------------------------------------------------------------- properties

# `shown` is what a property says before it was simplified: what explanations quote.


class Invariant(Node):
    """In every reachable state."""

    name: str
    expr: Expr
    doc: str = ""
    shown: Expr | None = None


class Transition(Node):
    """In every step; `old` variables are those before it."""

    name: str
    expr: Expr
    doc: str = ""
    shown: Expr | None = None


class Quiescent(Node):
    """In every state in which only faults and requests are possible."""

    name: str
    expr: Expr
    doc: str = ""
    shown: Expr | None = None


class Reachable(Node):
    """Some run gets there."""

    name: str
    expr: Expr
    doc: str = ""
    shown: Expr | None = None


class Fires(Node):
    """Some run takes one of these actions."""

    name: str
    actions: tuple[str, ...]
    doc: str = ""


class NoDeadlock(Node):
    """Every state in which nothing but a fault can change anything is `final`."""

    name: str
    final: Expr
    doc: str = ""


class Law(Node):
    """For all values of the parameters; `expr` uses no state."""

    name: str
    params: tuple[Param, ...]
    expr: Expr
    doc: str = ""


class Take(Node):
    """A step of a scenario: of this sort, with this name, and with these values among its labels.

    `sort` is `action`, `message`, `process` or `fault`; `role` is empty for what no node does.
    """

    sort: str
    name: str
    role: str
    labels: tuple[tuple[str, Value], ...]


class AnySteps(Node):
    """Any number of other steps."""


class Expectation(Node):
    """What holds at this point of a scenario."""

    expr: Expr


ScriptStep: TypeAlias = "Take | AnySteps | Expectation"


class Scenario(Node):
    """Some run takes these steps in this order (`impossible`: none does)."""

    name: str
    steps: tuple[ScriptStep, ...]
    impossible: bool
    doc: str = ""


class Temporal(Node):
    """On every fair run. `form` is the word that it was written with (`eventually`, …, `ltl`)."""

    name: str
    form: str
    formula: Formula
    doc: str = ""
    shown: Formula | None = None


class NoError(Node):
    """No step leaves a type's range, divides by zero, …, nor loops for ever."""

    name: str
    doc: str = ""


class Assertion(Node):
    """The `assert` with this number holds whenever it is passed."""

    name: str
    number: int
    doc: str = ""


Property: TypeAlias = (
    "Invariant | Transition | Quiescent | Reachable | Fires | NoDeadlock | Law | Scenario | Temporal"
    " | NoError | Assertion"
)

#: What is not decided state by state, but apart from the search for states.
APART = (Law, Scenario, Temporal)


class System(Frozen):
    """What the back ends compile and the engine explores.

    `init` runs on a state in which every variable has its type's default. States in which `within`
    is false are checked, but neither counted nor explored further. `channels` are the variables
    that hold messages in flight: no guard asks how many there are. `file` is the name of the file
    that the spec is in. `observers` remember what guarantees need of histories.
    """

    name: str
    roles: tuple[Role, ...]
    variables: tuple[Variable, ...]
    functions: tuple[Function, ...]
    init: Block
    actions: tuple[Action, ...]
    properties: tuple[Property, ...]
    within: Expr = TRUE
    channels: tuple[str, ...] = ()
    file: str = ""
    observers: tuple[Observer, ...] = ()

    def variable(self, name: str) -> Variable:
        """The variable of that name."""
        return next(v for v in self.variables if v.name == name)
