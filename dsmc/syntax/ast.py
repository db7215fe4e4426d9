"""The syntax tree: what was written, before names and types are known.

One class for each rule of `grammar.lark`, its fields the rule's children in order. Nothing here
knows a type or a value.
"""

from __future__ import annotations

from typing import TypeAlias

from dsmc.frozen import Node


class Many(Node):
    """A rule with any number of children of one kind."""

    items: tuple[Node, ...]


class Broken(Node):
    """A part that could not be parsed. It was reported; everything after ignores it."""

    text: str


# ---------------------------------------------------------------- names


class Ident(Node):
    text: str


class Quoted(Node):
    """`"spec.dsm"`, without the quotes."""

    text: str


class Dotted(Node):
    items: tuple[Ident, ...]


class Path(Node):
    """`Client.1.write`: names and numbers."""

    items: tuple[Ident | Number, ...]


# ---------------------------------------------------------------- types


class TypeName(Node):
    name: Ident


class GenericType(Node):
    """`set<T>`, `map<K, V>`, `vclock<R, 3>`: arguments are types or numbers."""

    name: str
    arguments: tuple[Type | Expr, ...]


class RangeType(Node):
    low: Expr
    high: Expr


class TupleType(Node):
    items: tuple[Type, ...]


Type: TypeAlias = "TypeName | GenericType | RangeType | TupleType"


# ---------------------------------------------------------------- expressions


class Number(Node):
    value: int


class Truth(Node):
    value: bool


class Name(Node):
    ident: Ident


class OwnNode(Node):
    """`self`"""


class OtherNodes(Node):
    """`others`: the nodes of this role but `self`."""


class Nothing(Node):
    """`none`"""


class Something(Node):
    """`some(x)`"""

    value: Expr


class TupleValue(Node):
    items: tuple[Expr, ...]


class SetValue(Node):
    items: tuple[Expr, ...]


class SeqValue(Node):
    items: tuple[Expr, ...]


class Entry(Node):
    key: Expr
    value: Expr


class MapValue(Node):
    items: tuple[Entry, ...]


class Binder(Node):
    """`x, y in S where p`"""

    names: tuple[Ident, ...]
    domain: Expr
    where: Expr | None


class Comprehension(Node):
    """`for x in S, y in T if p`"""

    binders: tuple[Binder, ...]
    condition: Expr | None


class SetComprehension(Node):
    value: Expr
    each: Comprehension


class SeqComprehension(Node):
    value: Expr
    each: Comprehension


class MapComprehension(Node):
    entry: Entry
    each: Comprehension


class Fold(Node):
    """`sum(e for x in S if p)`: a call whose argument is a comprehension."""

    function: Expr
    value: Expr
    each: Comprehension


class Quantified(Node):
    """`forall`, `exists`, `the` or `choose`."""

    word: str
    binders: tuple[Binder, ...]
    body: Expr


class Conditional(Node):
    condition: Expr
    yes: Expr
    no: Expr


class Binary(Node):
    left: Expr
    op: str
    right: Expr


class Negated(Node):
    value: Expr


class Negative(Node):
    value: Expr


class Temporal(Node):
    """`always`, `eventually` or `next` in an `ltl` formula."""

    op: str
    value: Expr


class Interval(Node):
    """`a..b`"""

    low: Expr
    high: Expr


class Member(Node):
    of: Expr
    name: Ident


class Numbered(Node):
    """`t.0` of a tuple, `Value.1` of symbols, `Replica.2` of a role."""

    of: Expr
    number: int


class Index(Node):
    of: Expr
    key: Expr


class NamedArgument(Node):
    name: Ident
    value: Expr


class Call(Node):
    function: Expr
    arguments: tuple[Expr | NamedArgument, ...]


class Opened(Node):
    """`x?`: the content of an option."""

    value: Expr


class Update(Node):
    name: Ident
    value: Expr


class RecordUpdate(Node):
    of: Expr
    updates: tuple[Update, ...]


class MapUpdate(Node):
    of: Expr
    entries: tuple[Entry, ...]


class OldValue(Node):
    """`old(e)`: the value of `e` before the step."""

    value: Expr


class NothingPattern(Node):
    pass


class SomethingPattern(Node):
    name: Ident


class NamePattern(Node):
    """A member of an enum, or a message with its fields bound."""

    name: str
    bound: tuple[Ident, ...]


class ElsePattern(Node):
    pass


MatchPattern: TypeAlias = "NothingPattern | SomethingPattern | NamePattern | ElsePattern"


class Arm(Node):
    pattern: MatchPattern
    value: Expr


class MatchValue(Node):
    subject: Expr
    arms: tuple[Arm, ...]


class LocalValue(Node):
    name: Ident
    value: Expr


class ValueWithLocals(Node):
    """`{ let x = e; …; value }`"""

    locals: tuple[LocalValue, ...]
    value: Expr


Expr: TypeAlias = (
    "Number | Truth | Name | OwnNode | OtherNodes | Nothing | Something | TupleValue | SetValue"
    " | SeqValue | MapValue | SetComprehension | SeqComprehension | MapComprehension | Fold"
    " | Quantified | Conditional | Binary | Negated | Negative | Temporal | Interval | Member"
    " | Numbered | Index | Call | Opened | RecordUpdate | MapUpdate | OldValue | MatchValue"
    " | ValueWithLocals | GenericType"
)


# ---------------------------------------------------------------- statements


class Block(Node):
    items: tuple[Statement, ...]


class Let(Node):
    """`let x = e`, or `let (a, b) = e`."""

    names: tuple[Ident, ...]
    value: Expr


class Assign(Node):
    target: Expr
    op: str
    value: Expr


class CallStatement(Node):
    call: Expr


class IfStatement(Node):
    condition: Expr
    then: Block
    orelse: Block | IfStatement | None


class ForStatement(Node):
    name: Ident
    domain: Expr
    body: Block


class WhileStatement(Node):
    condition: Expr
    body: Block


class Loop(Node):
    body: Block


class BreakStatement(Node):
    pass


class StopStatement(Node):
    pass


class Skip(Node):
    pass


class ReturnStatement(Node):
    pass


class Either(Node):
    branches: tuple[Block, ...]


class Pick(Node):
    name: Ident
    domain: Expr
    where: Expr | None


class AssertStatement(Node):
    condition: Expr


class Require(Node):
    condition: Expr


class AwaitStatement(Node):
    condition: Expr


class Send(Node):
    message: Expr
    to: Expr


class Broadcast(Node):
    message: Expr
    to: Expr


class Reply(Node):
    message: Expr


class Pattern(Node):
    """`Vote(yes)`: names not yet in scope are bound, everything else must be equal."""

    message: str
    arguments: tuple[Expr | NamedArgument, ...]


class Sender(Node):
    """`from p`, `from Replica` (a role) or `from p in Replica`."""

    name: Ident
    domain: Expr | None


class MessageArm(Node):
    pattern: Pattern
    sender: Sender | None
    when: Expr | None
    body: Block


class TimeoutArm(Node):
    body: Block


class Receive(Node):
    arms: tuple[MessageArm | TimeoutArm | Broken, ...]


class Count(Node):
    """How many: a number, or None for a majority (`quorum`)."""

    number: Expr | None


class Collect(Node):
    """`receive 2 of Ack(b) from Replica as acks { … }`"""

    count: Count
    pattern: Pattern
    sender: Sender | None
    bound: Ident | None
    body: Block


class Atomic(Node):
    body: Block


class Lock(Node):
    mutex: Expr
    shared: bool
    body: Block


class TryStatement(Node):
    body: Block
    handler: Block


class Sync(Node):
    """`sync x`, or `sync` for every buffered variable of the node."""

    name: Ident | None


class Event(Node):
    """`begin reg.write(v)`, `end reg.read -> v`, …"""

    kind: str
    path: Path
    arguments: tuple[Expr | NamedArgument, ...]
    result: Expr | None


class StatementArm(Node):
    pattern: MatchPattern
    body: Block


class MatchStatement(Node):
    subject: Expr
    arms: tuple[StatementArm, ...]


class Labelled(Node):
    label: str
    statement: Statement


Statement: TypeAlias = (
    "Let | Assign | CallStatement | IfStatement | ForStatement | WhileStatement | Loop"
    " | BreakStatement | StopStatement | Skip | ReturnStatement | Either | Pick | AssertStatement"
    " | Require | AwaitStatement | Send | Broadcast | Reply | Receive | Collect | Atomic | Lock"
    " | TryStatement | Sync | Event | MatchStatement | Labelled | Broken"
)


# ---------------------------------------------------------------- declarations


class SpecName(Node):
    name: Ident


class ImportFile(Node):
    path: Quoted


class Const(Node):
    name: Ident
    type: Type | None
    value: Expr | None


class Assume(Node):
    condition: Expr


class Enum(Node):
    name: Ident
    members: tuple[Ident, ...]


class Symbols(Node):
    name: Ident
    count: Expr


class Param(Node):
    name: Ident
    type: Type
    default: Expr | None


class Record(Node):
    name: Ident
    parameters: tuple[Ident, ...]
    fields: tuple[Param, ...]


class TypeAlias_(Node):
    name: Ident
    parameters: tuple[Ident, ...]
    type: Type


class Message(Node):
    name: Ident
    fields: tuple[Param, ...]
    options: tuple[Ident, ...]


class Function(Node):
    name: Ident
    type_parameters: tuple[Ident, ...]
    parameters: tuple[Param, ...]
    result: Type | None
    body: Expr


class Procedure(Node):
    name: Ident
    parameters: tuple[Param, ...]
    body: Block


class StartsAs(Node):
    value: Expr


class StartsIn(Node):
    domain: Expr


class Variable(Node):
    storage: str
    name: Ident
    type: Type
    start: StartsAs | StartsIn | None


class Clock(Node):
    name: Ident
    type: Type
    drift: Expr | None


class History(Node):
    name: Ident
    type: Type
    start: StartsAs | None


class Answer(Node):
    name: Ident
    type: Type


class Operation(Node):
    name: Ident
    parameters: tuple[Param, ...]
    answer: Answer | None
    when: Expr | None
    after: Expr


class Object(Node):
    name: Ident
    type_parameters: tuple[Ident, ...]
    members: tuple[Variable | Operation | Broken, ...]


class Init(Node):
    body: Block


class Action(Node):
    fairness: str
    name: Ident
    binders: tuple[Binder, ...]
    when: Expr | None
    body: Block


class StartCode(Node):
    body: Block


class Timeout(Node):
    name: Ident
    when: Expr | None
    body: Block


class Handler(Node):
    pattern: Pattern
    sender: Sender | None
    when: Expr | None
    body: Block


class QuorumHandler(Node):
    count: Count
    pattern: Pattern
    sender: Sender | None
    bound: Ident | None
    when: Expr | None
    body: Block


class Hook(Node):
    """`on crash { … }` or `on restart { … }`"""

    event: str
    when: Expr | None
    body: Block


class Process(Node):
    name: Ident | None
    count: Expr | None
    body: Block


RoleMember: TypeAlias = (
    "Variable | Clock | Function | Procedure | Action | StartCode | Timeout | Handler"
    " | QuorumHandler | Hook | Process | Broken"
)


class Role(Node):
    name: Ident
    count: Expr | None
    members: tuple[RoleMember, ...]


class Network(Node):
    kind: Ident


class Word(Node):
    text: str


class AtMost(Node):
    limit: Expr


class Over(Node):
    value: Expr


class Within(Node):
    domain: Expr


class Group(Node):
    items: tuple[Expr, ...]


class Groups(Node):
    items: tuple[Group, ...]


FaultPart: TypeAlias = "Word | AtMost | Over | Within | Groups"


class FaultClause(Node):
    """A fault, its parts as written; what they mean is said by the fault's form."""

    parts: tuple[FaultPart, ...]


class Faults(Node):
    clauses: tuple[FaultClause | Broken, ...]


class Formula(Node):
    """`invariant`, `transition`, `quiescent`, `ltl`, `eventually`, …"""

    kind: str
    name: Ident
    value: Expr


class Final(Node):
    value: Expr


class Law(Node):
    name: Ident
    binders: tuple[Binder, ...]
    value: Expr


class LeadsTo(Node):
    name: Ident
    trigger: Expr
    goal: Expr


class Witness(Node):
    """`reachable name { e }`"""

    name: Ident
    value: Expr


class WitnessAction(Node):
    """`reachable name by action a`"""

    name: Ident
    action: Dotted


class NoDeadlock(Node):
    pass


class NoAnomaly(Node):
    name: str
    arguments: tuple[Expr | NamedArgument, ...]


class Guarantee(Node):
    name: str
    arguments: tuple[Expr | NamedArgument, ...]


class Explore(Node):
    condition: Expr


class TakesAction(Node):
    path: Path
    arguments: tuple[Expr | NamedArgument, ...] | None


class TakesMessage(Node):
    path: Path
    pattern: Pattern
    sender: Path | None


class TakesStep(Node):
    path: Path
    label: Ident | None


class TakesFault(Node):
    fault: str
    path: Path
    arguments: tuple[Expr | NamedArgument, ...] | None
    sender: Path | None
    to: Path | None


class TakesHeal(Node):
    pass


class TakesPartition(Node):
    groups: Groups


class Expects(Node):
    condition: Expr


class AnySteps(Node):
    """`...`: any number of other steps."""


ScenarioStep: TypeAlias = (
    "TakesAction | TakesMessage | TakesStep | TakesFault | TakesHeal | TakesPartition | Expects"
    " | AnySteps | Broken"
)


class Scenario(Node):
    name: Ident
    impossible: bool
    steps: tuple[ScenarioStep, ...]


class Expect(Node):
    """`expect agreement violated in 7 steps`, as words."""

    words: tuple[str, ...]


ModelItem: TypeAlias = "Const | Faults | Network | Expect | Explore | Broken"


class Model(Node):
    name: Ident
    spec: Quoted | None
    items: tuple[ModelItem, ...]


Declaration: TypeAlias = (
    "SpecName | ImportFile | Const | Assume | Enum | Symbols | Record | TypeAlias_ | Message"
    " | Function | Procedure | Variable | History | Object | Init | Action | Process | Role"
    " | Network | Faults | Formula | Final | Law | LeadsTo | Witness | WitnessAction | Scenario"
    " | NoDeadlock | NoAnomaly | Guarantee | Explore | Model | Broken"
)


class File(Node):
    items: tuple[Declaration, ...]
