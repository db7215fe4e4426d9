"""Draws protocols."""

from __future__ import annotations

from hypothesis import strategies as st
from protocols import Code, Fault, Protocol, Role, Statement, Test

KINDS = ("M", "N")
VARIABLES = ("a", "b")


def tests(names: tuple[str, ...]) -> st.SearchStrategy[Test]:
    return st.tuples(st.sampled_from(names), st.sampled_from(["==", "!="]), st.integers(0, 1))


@st.composite
def statements(draw: st.DrawFn, roles: dict[str, int], *, handler: bool) -> Statement:
    values = ["0", "1", *VARIABLES, *(["v"] if handler else [])]
    value = draw(st.sampled_from(values))
    form = draw(st.integers(0, 3))
    if form <= 1:
        return ("set", draw(st.sampled_from(VARIABLES)), value)
    kind = draw(st.sampled_from(KINDS))
    if form == 2:
        nodes = [f"{role}.{i}" for role, size in roles.items() for i in range(1, size + 1)]
        return ("send", kind, value, draw(st.sampled_from(nodes + ["s"] * handler)))
    return ("broadcast", kind, value, draw(st.sampled_from(sorted(roles))))


@st.composite
def code(draw: st.DrawFn, roles: dict[str, int], message: str) -> Code:
    """An action can be taken while `a` is 0, and ends that: what it sends has an end."""
    handler = bool(message)
    body = draw(st.lists(statements(roles, handler=handler), max_size=3))
    guard = draw(st.lists(tests((*VARIABLES, *(["v"] if handler else []))), max_size=1))
    if not handler:
        guard = [("a", "==", 0), *guard]
        body = [("set", "a", "1"), *body]
    return Code(message, tuple(guard), tuple(body))


@st.composite
def role(draw: st.DrawFn, name: str, roles: dict[str, int]) -> Role:
    storage = st.sampled_from(["volatile", "stable"])
    start = draw(st.lists(statements(roles, handler=False), max_size=2))
    parts = [draw(code(roles, "")) for _ in range(draw(st.integers(0, 1)))]
    # A message may be sent to any node, so each role has a handler for each kind.
    kinds = [*KINDS, *draw(st.lists(st.sampled_from(KINDS), max_size=1))]
    parts += [draw(code(roles, kind)) for kind in kinds]
    variables = tuple((var, draw(storage)) for var in VARIABLES)
    return Role(name, roles[name], variables, tuple(start), tuple(parts))


@st.composite
def protocols(draw: st.DrawFn) -> Protocol:
    roles = {"A": draw(st.integers(1, 2)), "B": 1}
    network = draw(st.sampled_from(["unordered", "fifo"]))
    of_nodes = st.builds(
        Fault, st.sampled_from(["crash", "restart"]), st.sampled_from(["A", "B"]),
        st.just(1), st.booleans(),
    )  # fmt: skip
    of_messages = st.builds(
        Fault, st.sampled_from(["lose", "duplicate"]), st.just(""), st.integers(1, 2)
    )
    faults = draw(
        st.lists(st.one_of(of_nodes, of_messages), max_size=2, unique_by=lambda f: (f.name, f.role))
    )
    made = tuple(draw(role(name, roles)) for name in roles)
    return Protocol(network, made, tuple(faults))
