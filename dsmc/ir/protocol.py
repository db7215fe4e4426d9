"""A checked spec before lowering: roles with their code, messages, faults - and, more with each
pass, the variables and actions that they become.
"""

from __future__ import annotations

import enum

from dsmc.diagnostics import Diagnostic
from dsmc.frozen import Frozen, Node
from dsmc.ir.expr import FALSE, TRUE, Expr
from dsmc.ir.history import History, Observer, Promise
from dsmc.ir.stmt import Block, Pattern
from dsmc.ir.system import Action, Fairness, Function, Origin, Param, Property, Variable
from dsmc.ir.types import MessageKind, NodeId, Role, Type


class NetworkKind(enum.Enum):
    """How messages travel."""

    UNORDERED = "unordered"
    FIFO = "fifo"
    SYNCHRONOUS = "synchronous"


class MessageDecl(Node):
    """A declared message, and how it travels.

    Only nodes of the types `sender` and `receiver` send and handle it.
    """

    kind: MessageKind
    network: NetworkKind
    lossy: bool
    sender: Role | NodeId
    receiver: Role | NodeId


class Handler(Node):
    """`on M(…) from s when g { … }`"""

    pattern: Pattern
    when: Expr
    body: Block


class QuorumHandler(Node):
    """`on 2 of M(…) from R as acks when g { … }`; `bound` holds an `element` of each of them."""

    count: Expr
    pattern: Pattern
    element: Expr
    bound: str
    bound_type: Type
    when: Expr
    body: Block


class RoleAction(Node):
    """An `action` or a `timeout` of a role."""

    name: str
    params: tuple[Param, ...]
    when: Expr
    body: Block
    fairness: Fairness
    timeout: bool
    doc: str = ""


class Hook(Node):
    """`on crash` or `on restart`"""

    when: Expr
    body: Block


class Process(Node):
    """Sequential code of a node, run by `count` threads; `thread` is bound to the thread's number."""

    name: str
    count: int
    thread: str
    body: Block


class RoleCode(Node):
    """What the nodes of a role do."""

    role: Role
    start: tuple[Block, ...]
    handlers: tuple[Handler, ...]
    quorum_handlers: tuple[QuorumHandler, ...]
    actions: tuple[RoleAction, ...]
    on_crash: tuple[Hook, ...]
    on_restart: tuple[Hook, ...]
    processes: tuple[Process, ...]


class Proc(Node):
    """A procedure; it is written into the code that calls it."""

    name: str
    parameters: tuple[tuple[str, Type], ...]
    body: Block


class Fault(Node):
    """A line of the `faults` block.

    `words` are its words after the name, as the fault's form sorted them; `limit` is None where any
    number may happen; `groups` are the sets of nodes of a given partition.
    """

    name: str
    role: Role | None
    message: str
    label: str
    limit: int | None
    flags: frozenset[str]
    groups: tuple[frozenset[int], ...] = ()


class Step(Node):
    """An action of a node that may take a message: an `Action` that knows no network yet."""

    name: str
    params: tuple[Param, ...]
    receive: Pattern | None
    guard: Expr
    body: Block
    fairness: Fairness
    origin: Origin
    doc: str = ""
    key: tuple[str, ...] = ()
    owed: str = ""


class Channel(Frozen):
    """Where messages of some kinds are while they are in flight.

    An unordered channel is a bag of records of one kind; a fifo channel a map from sender to a map
    from receiver to a sequence of messages.
    """

    variable: str
    kinds: tuple[MessageDecl, ...]
    network: NetworkKind


class Refusal(Frozen):
    """Something that is understood and cannot be executed yet; `concerns` names the property."""

    concerns: str
    problem: Diagnostic


class Program(Frozen):
    """A spec on its way from the type checker to a system.

    The last fields are filled by the passes: `init` is the code of the initial state, made of the blocks
    `starts` of the spec and those of roles, `steps` are actions without a network, `channels` the
    messages in flight. Conditions on the node ids `FROM` and `TO` say when a message passes
    (`delivery`), when a node takes part in a synchronous exchange (`awake`), and that it can never
    be up again (`gone`). `file` is the name of the file that the spec is in. Of `histories` the
    `promises` are made that a pass turns into properties and `observers`.
    """

    name: str
    roles: tuple[Role, ...]
    messages: tuple[MessageDecl, ...]
    codes: tuple[RoleCode, ...]
    procs: tuple[Proc, ...]
    faults: tuple[Fault, ...]
    variables: tuple[Variable, ...]
    functions: tuple[Function, ...]
    starts: tuple[Block, ...]
    actions: tuple[Action, ...]
    properties: tuple[Property, ...]
    within: Expr = TRUE
    refusals: tuple[Refusal, ...] = ()
    init: Block = ()
    steps: tuple[Step, ...] = ()
    channels: tuple[Channel, ...] = ()
    delivery: Expr = TRUE
    awake: Expr = TRUE
    gone: Expr = FALSE
    file: str = ""
    histories: tuple[History, ...] = ()
    promises: tuple[Promise, ...] = ()
    observers: tuple[Observer, ...] = ()
