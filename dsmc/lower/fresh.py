"""Local names of the tool's own, in code in which users have given names too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir.names import numbered
from dsmc.ir.protocol import Program


class Fresh:
    """Makes names that some code does not use."""

    def __init__(self, code: Iterable[s.Block]) -> None:
        self._taken = frozenset(name for block in code for name in local_names(block))
        self._count = 0

    def suffix(self, kind: str = "") -> str:
        """What makes of any name one that nothing else has."""
        self._count += 1
        suffix = numbered("", f"{kind}{self._count}")
        return self.suffix(kind) if any(n.endswith(suffix) for n in self._taken) else suffix


def local_names(block: s.Block) -> Iterator[str]:
    """The local names that code binds or uses."""
    for statement in s.walk(block):
        yield from s.binds(statement)
    for e in (inner for outermost in s.all_exprs(block) for inner in x.walk(outermost)):
        match e:
            case x.Local(name):
                yield name
            case x.Fold(_, binders):
                yield from (binder.name for binder in binders)


def code_of(program: Program) -> Iterator[s.Block]:
    """The code of a program whose roles have become steps."""
    yield program.init
    yield from (step.body for step in program.steps)
    yield from (action.body for action in program.actions)
    yield from (hook.body for code in program.codes for hook in (*code.on_crash, *code.on_restart))
