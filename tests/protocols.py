"""Random protocols, with a meaning of their own: messages, handlers, crashes on plain tuples.

The text of a protocol goes through the tool; `states` explores the same protocol here, from the
language's reference and not from what the tool makes of it. Both must find as many states.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, combinations

from conftest import TooLarge

Node = tuple[str, int]
Message = tuple[str, int, Node, Node]  # kind, value, from, to
Statement = tuple[str, ...]  # set var value | send kind value target | broadcast kind value role
Test = tuple[str, str, int]  # var or "v", "==" or "!=", number


@dataclass(frozen=True)
class Code:
    """An action (`message` is empty) or a handler."""

    message: str
    tests: tuple[Test, ...]
    body: tuple[Statement, ...]

    def text(self, number: int) -> str:
        head = f"on {self.message}(v) from s" if self.message else f"action act{number}"
        tests = " and ".join(f"{a} {op} {n}" for a, op, n in self.tests)
        body = "; ".join(map(_statement, self.body)) or "skip"
        return f"  {head}{f' when {tests}' if tests else ''} {{ {body} }}"


def _statement(statement: Statement) -> str:
    match statement:
        case ("set", var, value):
            return f"{var} := {value}"
        case ("send", kind, value, "s"):
            return f"reply {kind}({value})"
        case ("send", kind, value, target):
            return f"send {kind}({value}) to {target}"
        case (_, kind, value, role):
            return f"broadcast {kind}({value}) to {role}"
        case _:
            raise AssertionError(statement)


@dataclass(frozen=True)
class Role:
    name: str
    size: int
    variables: tuple[tuple[str, str], ...]  # name, storage; all are 0..1 and begin with 0
    start: tuple[Statement, ...]
    code: tuple[Code, ...]

    def text(self) -> str:
        lines = [f"  {storage} {name}: 0..1 = 0" for name, storage in self.variables]
        if self.start:
            lines.append(f"  start {{ {'; '.join(map(_statement, self.start))} }}")
        lines += [code.text(i) for i, code in enumerate(self.code)]
        return "\n".join([f"role {self.name}[{self.size}] {{", *lines, "}"])


@dataclass(frozen=True)
class Fault:
    """`crash A`, `restart A`, `lose`, `duplicate`, with how often it may happen."""

    name: str
    role: str
    limit: int
    whole: bool = False  # between steps

    def text(self) -> str:
        words = f"{self.name} {self.role}".strip()
        return f"  {words} at most {self.limit}{' between steps' if self.whole else ''}"


@dataclass(frozen=True)
class Protocol:
    network: str
    roles: tuple[Role, ...]
    faults: tuple[Fault, ...]

    def text(self) -> str:
        faults = "\n".join(["faults {", *(f.text() for f in self.faults), "}"])
        kinds = "message M(v: 0..1)\nmessage N(v: 0..1)"
        parts = [f"network {self.network}", kinds, *(r.text() for r in self.roles), faults]
        return "spec random_protocol\n" + "\n".join(parts) + "\n"


# ---------------------------------------------------------------- what it means


@dataclass(frozen=True)
class State:
    """What is in the variables, who is down (`gone`: for ever), what is in flight, what may happen."""

    values: tuple[tuple[Node, str, int], ...]
    down: frozenset[Node]
    gone: frozenset[Node]
    flying: tuple[Message, ...]  # in the order in which they were sent
    left: tuple[int, ...]

    def get(self, node: Node, var: str) -> int:
        return next(value for n, name, value in self.values if (n, name) == (node, var))

    def put(self, node: Node, var: str, value: int) -> State:
        values = tuple((n, a, value if (n, a) == (node, var) else x) for n, a, x in self.values)
        return replace(self, values=values)

    def spend(self, fault: int) -> State:
        left = tuple(n - (i == fault) for i, n in enumerate(self.left))
        return replace(self, left=left)


class Meaning:
    """The steps of a protocol."""

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self.roles = {role.name: role for role in protocol.roles}
        self.fifo = protocol.network == "fifo"

    def nodes(self, role: str) -> list[Node]:
        return [(role, i) for i in range(1, self.roles[role].size + 1)]

    def canonical(self, state: State) -> State:
        """In a bag no order counts, in queues that of one pair."""
        key = (lambda m: (m[2], m[3])) if self.fifo else None
        return replace(state, flying=tuple(sorted(state.flying, key=key)))

    def initial(self) -> State:
        nodes = [n for role in self.protocol.roles for n in self.nodes(role.name)]
        values = tuple((n, var, 0) for n in nodes for var, _ in self.roles[n[0]].variables)
        limits = tuple(f.limit for f in self.protocol.faults)
        state = State(values, frozenset(), frozenset(), (), limits)
        for node in nodes:
            *_, state = self.run(self.roles[node[0]].start, state, node, None)
        return self.canonical(state)

    # ------------------------------------------------------------ code

    def run(
        self, body: tuple[Statement, ...], state: State, me: Node, taken: Message | None
    ) -> Iterator[State]:
        """The state before the first statement, and wherever a crash may fall; the end comes last."""
        yield state
        for statement in body:
            value = statement[-1] if statement[0] == "set" else statement[2]
            number = self.value(value, state, me, taken)
            if statement[0] == "set":
                state = state.put(me, statement[1], number)
            else:
                to = self.targets(statement, taken)
                some = chain.from_iterable(combinations(to, n) for n in range(len(to)))
                yield from (self.sent(state, statement[1], number, me, part) for part in some)
                state = self.sent(state, statement[1], number, me, to)
            yield state

    def targets(self, statement: Statement, taken: Message | None) -> tuple[Node, ...]:
        match statement:
            case ("broadcast", _, _, role):
                return tuple(self.nodes(role))
            case (_, _, _, "s"):
                assert taken is not None
                return (taken[2],)
            case (_, _, _, target):
                role, _, number = target.partition(".")
                return ((role, int(number)),)
            case _:
                raise AssertionError(statement)

    def sent(self, state: State, kind: str, value: int, me: Node, to: tuple[Node, ...]) -> State:
        new = tuple((kind, value, me, node) for node in to if node not in state.gone)
        return replace(state, flying=(*state.flying, *new))

    def value(self, text: str, state: State, me: Node, taken: Message | None) -> int:
        if text == "v":
            assert taken is not None
            return taken[1]
        return int(text) if text.isdigit() else state.get(me, text)

    def accepts(self, code: Code, state: State, me: Node, taken: Message | None) -> bool:
        return all(
            (self.value(a, state, me, taken) == n) is (op == "==") for a, op, n in code.tests
        )

    # ------------------------------------------------------------ steps

    def successors(self, state: State) -> Iterator[State]:
        for step, node in self.steps(state):
            states = list(step)
            yield states[-1]
            for number, fault in self.crashes(state, node):
                if not fault.whole:
                    yield from (self.stopped(s.spend(number), node, fault) for s in states)
        yield from self.faults(state)

    def steps(self, state: State) -> Iterator[tuple[Iterator[State], Node]]:
        """The runs through the actions and handlers that are possible."""
        for place in self.deliverable(state):
            taken = state.flying[place]
            rest = replace(state, flying=state.flying[:place] + state.flying[place + 1 :])
            for code in self.roles[taken[3][0]].code:
                if code.message == taken[0] and self.accepts(code, state, taken[3], taken):
                    yield self.run(code.body, rest, taken[3], taken), taken[3]
        for role in self.protocol.roles:
            for node in self.nodes(role.name):
                for code in role.code:
                    if not code.message and node not in state.down and self.accepts(
                        code, state, node, None
                    ):  # fmt: skip
                        yield self.run(code.body, state, node, None), node

    def deliverable(self, state: State) -> Iterator[int]:
        pairs: set[tuple[Node, Node]] = set()
        for place, (_, _, sender, to) in enumerate(state.flying):
            first = (sender, to) not in pairs
            pairs.add((sender, to))
            if to not in state.down and (first or not self.fifo):
                yield place

    def crashes(self, state: State, node: Node) -> Iterator[tuple[int, Fault]]:
        for number, fault in enumerate(self.protocol.faults):
            if fault.role == node[0] and state.left[number] > 0 and node not in state.down:
                yield number, fault

    def stopped(self, state: State, node: Node, fault: Fault) -> State:
        for var, storage in self.roles[node[0]].variables:
            if storage == "volatile":
                state = state.put(node, var, 0)
        state = replace(state, down=state.down | {node})
        if fault.name == "restart":
            return state
        flying = tuple(m for m in state.flying if m[3] != node)
        return replace(state, gone=state.gone | {node}, flying=flying)

    def faults(self, state: State) -> Iterator[State]:
        for role in self.protocol.roles:
            for node in self.nodes(role.name):
                for number, fault in self.crashes(state, node):
                    yield self.stopped(state.spend(number), node, fault)
        for node in state.down - state.gone:
            yield replace(state, down=state.down - {node})
        for number, fault in enumerate(self.protocol.faults):
            if state.left[number] == 0:
                continue
            for place, message in enumerate(state.flying):
                rest = state.flying[:place] + state.flying[place + 1 :]
                if fault.name == "lose":
                    yield replace(state.spend(number), flying=rest)
                if fault.name == "duplicate":
                    copied = (*state.flying[:place], message, *state.flying[place:])
                    yield replace(state.spend(number), flying=copied)


def states(protocol: Protocol, limit: int) -> int:
    """How many states a protocol has."""
    meaning = Meaning(protocol)
    waiting = deque([meaning.initial()])
    seen = set(waiting)
    while waiting:
        for successor in map(meaning.canonical, meaning.successors(waiting.popleft())):
            if successor not in seen:
                seen.add(successor)
                waiting.append(successor)
        if len(seen) > limit:
            raise TooLarge
    return len(seen)
