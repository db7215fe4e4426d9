"""Protocol to system: one construct is removed by each pass; the program is valid between any two."""

from __future__ import annotations

from collections.abc import Callable

from dsmc.frozen import replace
from dsmc.ir import stmt as s
from dsmc.ir.protocol import Program
from dsmc.ir.system import Action, Assertion, Kind, NoError, Property, System
from dsmc.lower.build import names_of
from dsmc.lower.faults.channel import duplicate, lose, reorder
from dsmc.lower.faults.crash import crash
from dsmc.lower.faults.fail import fail
from dsmc.lower.faults.partition import partition
from dsmc.lower.histories import histories
from dsmc.lower.network import network
from dsmc.lower.processes import processes
from dsmc.lower.procs import jumps, procs
from dsmc.lower.quorums import quorums
from dsmc.lower.roles import roles
from dsmc.lower.simplify import simplified
from dsmc.source import Span

Pass = Callable[[Program], Program]

#: In this order: each pass says at the top of its file what it needs and what it leaves.
PASSES: tuple[Pass, ...] = (
    fail, procs, jumps, roles, quorums, processes, crash, partition, histories, network, lose,
    duplicate, reorder, simplified,
)  # fmt: skip


def lower(program: Program) -> System:
    """The system of a checked spec: variables, actions and properties, nothing else."""
    for one in PASSES:
        program = one(program)
    return _system(program)


def _system(program: Program) -> System:
    asserts, program = _numbered(program)
    for parts in (program.variables, program.actions):  # who has another's name has its fate
        assert len(names_of(parts)) == len(parts), sorted(part.name for part in parts)
    channels = {channel.variable for channel in program.channels}
    properties: tuple[Property, ...] = (*program.properties, *asserts, NoError("no_range_error"))
    return System(
        program.name, program.roles, program.variables, program.functions, program.init,
        _ordered(program.actions), properties, program.within,
        tuple(v.name for v in program.variables if v.name in channels),
        program.file, program.observers,
    )  # fmt: skip


def _ordered(actions: tuple[Action, ...]) -> tuple[Action, ...]:
    """Work first, then requests, then faults: of runs of one length the one with least faults."""
    rank = {Kind.REQUEST: 1, Kind.FAULT: 2}
    return tuple(sorted(actions, key=lambda a: rank.get(a.origin.kind, 0)))


def _numbered(program: Program) -> tuple[tuple[Property, ...], Program]:
    """A number for each `assert` of the text, and a property that says that it holds."""
    found: dict[Span, Assertion] = {}
    names: set[str] = set()

    def one(statement: s.Statement) -> s.Statement:
        if not isinstance(statement, s.Assert):
            return s.map_parts(statement, lambda e: e, block)
        place = statement.span
        if place not in found:
            name = f"assert_line_{statement.span.line}"
            while name in names:
                name += "'"
            names.add(name)
            found[place] = Assertion(name, len(found)).at(statement.span)
        return replace(statement, number=found[place].number)

    def block(inner: s.Block) -> s.Block:
        return tuple(map(one, inner))

    program = replace(
        program, init=block(program.init),
        actions=tuple(replace(a, body=block(a.body)) for a in program.actions),
    )  # fmt: skip
    return tuple(found.values()), program
