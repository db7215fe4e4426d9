"""What is set in place of a spec's own constants, faults, network and bound."""

from __future__ import annotations

from dsmc.frozen import Frozen
from dsmc.syntax import ast


class Instance(Frozen):
    """What a model (or the command line) sets in place of the spec's own.

    `constants` are the values of constants; `faults`, `network` and `explore` replace what the
    spec declares.
    """

    constants: tuple[tuple[ast.Ident, ast.Expr], ...] = ()
    faults: ast.Faults | None = None
    network: ast.Network | None = None
    explore: ast.Explore | None = None
