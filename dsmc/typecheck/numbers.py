"""The constants of a spec that are whole numbers: their values, and the ranges they are declared with."""

from __future__ import annotations

from collections.abc import Iterable

from dsmc.diagnostics import Problems
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.syntax import ast
from dsmc.syntax.parser import Parsed
from dsmc.typecheck import constants, protocol, types
from dsmc.typecheck.instance import Instance
from dsmc.typecheck.program import scope_of
from dsmc.typecheck.scope import Scope
from dsmc.typecheck.traffic import inside


class Numbers:
    """The constants of an instance of a spec. What is wrong with them is not told: to check the spec is."""

    def __init__(self, files: tuple[Parsed, ...], instance: Instance) -> None:
        self._scope, items = scope_of(files, instance, Problems())
        protocol.roles(self._scope, items)
        self.names = tuple(
            name for name, d in self._scope.declared.items() if isinstance(d.node, ast.Const)
        )

    def value(self, name: str) -> int | None:
        """The value of a constant; None if it is no whole number."""
        match constants.constant(self._scope, name):
            case x.Lit(int(value), t.Int()):
                return value
        return None

    def is_other(self, name: str) -> bool:
        """Has a constant a value that is no whole number?"""
        of = constants.constant(self._scope, name).type
        return not isinstance(of, t.Int | t.Unknown)

    def type(self, name: str) -> t.Type | None:
        """The type that a constant is declared with; None without one."""
        node = self._scope.declared[name].node
        assert isinstance(node, ast.Const)
        return None if node.type is None else types.resolve(self._scope, node.type)

    def needs(self, name: str) -> frozenset[str]:
        """The constants that the type and the value of a constant depend on; and itself."""
        return frozenset(_needs(self._scope, [name])) & frozenset(self.names)


def _needs(scope: Scope, waiting: list[str]) -> Iterable[str]:
    """The declarations that others need, and these."""
    found: dict[str, None] = {}
    while waiting:
        name = waiting.pop()
        if name in found or name not in scope.declared:
            continue
        found[name] = None
        for part in (scope.declared[name].node, scope.overrides.get(name)):
            nodes = () if part is None else inside(part)
            waiting += [node.text for node in nodes if isinstance(node, ast.Ident)]
    return found
