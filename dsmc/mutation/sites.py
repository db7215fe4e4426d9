"""Where a program can be changed, and the program with one change.

What is written once and used more than once (a procedure, a generic function) is changed everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dsmc.frozen import Frozen, Node, replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir.protocol import Program
from dsmc.ir.system import Function
from dsmc.mutation.rules import Change, of_guard, of_node
from dsmc.source import Span

#: The code of a program; what it says of it (properties, bounds, first values) is not changed.
_CODE = ("codes", "procs", "actions")
#: What a step waits for.
_GUARDS = frozenset({"when", "guard", "where"})
_WAITING = (s.Await, s.Require)
#: The library is taken to be right.
_LIBRARY = "prelude/"


class Mutation(Frozen):
    """A change of a spec, the same for all its models."""

    rule: str
    span: Span
    before: str
    after: str


def mutations(program: Program) -> tuple[Mutation, ...]:
    """Every change of a program, in the order of the text."""
    code = [getattr(program, field) for field in _CODE]
    found = {
        _mutation(change)
        for change in _changes((*code, program.starts, _called(program)))
        if change.span.source.name and not change.span.source.name.startswith(_LIBRARY)
    }
    return tuple(sorted(found, key=_order))


def mutated(program: Program, mutation: Mutation) -> Program:
    """The program with the change."""
    changed = (*_CODE, "starts", "functions")
    return replace(program, **{f: _mutated(getattr(program, f), mutation) for f in changed})


def _called(program: Program) -> tuple[Function, ...]:
    """The functions that code calls, also through others: those of properties alone are not changed."""
    functions = {function.name: function for function in program.functions}
    names = list(_calls((program.codes, program.procs, program.actions, program.starts)))
    found: dict[str, Function] = {}
    for name in names:
        if name in functions and name not in found:
            found[name] = functions[name]
            names += _calls(functions[name].body)
    return tuple(found.values())


def _calls(value: Any) -> Iterator[str]:
    if isinstance(value, tuple):
        for part in value:
            yield from _calls(part)
    elif isinstance(value, Node):
        if isinstance(value, x.Call):
            yield value.function
        for field in value._fields:
            yield from _calls(getattr(value, field))


def _mutation(change: Change) -> Mutation:
    return Mutation(change.rule, change.span, change.before, change.after)


def _order(m: Mutation) -> tuple[str, int, int, str, str]:
    return m.span.source.name, m.span.start, m.span.end, m.rule, m.after


# ---------------------------------------------------------------- all changes


def _changes(value: Any) -> Iterator[Change]:
    if isinstance(value, tuple) and not isinstance(value, Span):
        for part in value:
            yield from _changes(part)
    elif isinstance(value, Node):
        yield from of_node(value)
        for field in value._fields:
            inner = getattr(value, field)
            if _waits(value, field):
                yield from of_guard(inner)
            yield from _changes(inner)


def _waits(node: Node, field: str) -> bool:
    """Does a step wait for what is in the field?"""
    return field in _GUARDS or (isinstance(node, _WAITING) and field == "condition")


# ---------------------------------------------------------------- one change


def _mutated(value: Any, mutation: Mutation) -> Any:
    if isinstance(value, tuple):
        parts = (_mutated(part, mutation) for part in value)
        return tuple(
            new for new, old in zip(parts, value, strict=True) if old is None or new is not None
        )
    if not isinstance(value, Node):
        return value
    for change in of_node(value):
        if _mutation(change) == mutation:
            return change.node
    return type(value)(*(_field(value, f, mutation) for f in value._fields)).at(value.span)


def _field(node: Node, field: str, mutation: Mutation) -> Any:
    value = getattr(node, field)
    if _waits(node, field):
        for change in of_guard(value):
            if _mutation(change) == mutation:
                return change.node
    return _mutated(value, mutation)
