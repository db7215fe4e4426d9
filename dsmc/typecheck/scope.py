"""What names stand for.

Declarations are looked up on demand, so their order in the file does not matter; what is declared
by itself is found by a mark on those being looked up.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from dsmc.diagnostics import Diagnostic, Note, Problems, did_you_mean
from dsmc.frozen import Frozen, Node, replace
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.history import History
from dsmc.ir.names import numbered
from dsmc.ir.protocol import Proc, Refusal
from dsmc.ir.system import Function, Variable
from dsmc.ir.types import Type
from dsmc.source import NOWHERE, Span
from dsmc.syntax import ast


class Mode(enum.Enum):
    """What an expression is for, and so what it may mention."""

    CONSTANT = "a constant"
    PURE = "a law"
    FUNCTION = "a function"
    OBJECT = "an object"
    CODE = "the code of a node"
    PROPERTY = "a property"


class Env(Frozen):
    """Where an expression stands: the local names (written name to typed local) and the rest."""

    names: dict[str, x.Expr]
    mode: Mode
    role: t.Role | None = None
    old: bool = False
    ghost: bool = False
    temporal: bool = False

    def bind(self, name: str, value: x.Expr) -> Env:
        """The environment with one more local name."""
        return replace(self, names={**self.names, name: value})

    @property
    def me(self) -> x.Expr | None:
        """The node that runs the code."""
        return self.names.get("self")


CONSTANT = Env({}, Mode.CONSTANT)

#: Names of types that are not words of the grammar.
BUILT_IN = ("Node", "mutex", "rwlock")


class Declared(Frozen):
    """A declaration and the role that it stands in, if any."""

    node: Node
    role: str = ""


class Scope:
    """The declarations of a spec and everything found out about them so far."""

    def __init__(self, problems: Problems, forgiven: frozenset[str]) -> None:
        self.problems = problems
        self.forgiven = forgiven  # names in parts that could not be parsed: never "unknown"
        self.declared: dict[str, Declared] = {}
        self.members: dict[str, list[tuple[str, int]]] = {}  # enum member -> enums that have it
        self.role_members: dict[str, dict[str, Declared]] = {}
        self.constants: dict[str, x.Lit] = {}
        self.overrides: dict[str, ast.Expr] = {}
        self.types: dict[str, Type] = {}
        self.functions: dict[str, Function] = {}
        self.variables: dict[str, Variable] = {}
        self.procs: dict[str, Proc] = {}
        self.messages: tuple[t.MessageKind, ...] = ()
        self.roles: tuple[t.Role, ...] = ()
        self.generics: dict[str, Type | int] = {}  # the type parameters of what is being checked
        self.functions_named: dict[str, list[ast.Function]] = {}
        self.labels: dict[str, frozenset[str]] = {}  # of the processes of a role
        self.all_labels: list[str] = []
        self.threads = 1  # the most threads that a node has
        self.senders: dict[str, t.Role | t.NodeId] = {}  # of a kind of message
        self.receivers: dict[str, t.Role | t.NodeId] = {}
        self.histories: dict[str, History] = {}
        self.objects: dict[tuple[str, tuple[Type | int, ...]], History | None] = {}  # declared ones
        self.refusals: list[Refusal] = []
        self.looking: set[str] = set()  # the functions that look at the state
        self.busy: list[str] = []  # what is being checked, the innermost last
        self._used_names: set[str] = set()

    # ------------------------------------------------------------ declaring

    def declare(self, name: ast.Ident, node: Node, role: str = "") -> bool:
        """Note a declaration; a second one of the same name is a problem, and not noted."""
        table = self.role_members.setdefault(role, {}) if role else self.declared
        if not role and name.text in BUILT_IN:
            message = f"`{name.text}` is a type of the language"
            self.problems.add("D202", name.span, message, help="take another name")
            return False
        earlier = table.get(name.text)
        if earlier is not None:
            self.problems.add(
                "D202",
                name.span,
                f"`{name.text}` is declared twice",
                notes=(Note(_place(earlier.node), "the first declaration"),),
                help="give one of them another name",
            )
            return False
        table[name.text] = Declared(node, role)
        return True

    def fresh(self, name: str) -> str:
        """A local name that is used nowhere else."""
        unique, n = name, 2
        while unique in self._used_names:
            unique, n = numbered(name, n), n + 1
        self._used_names.add(unique)
        return unique

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Check an action or a function, whose local names are its own."""
        outer, self._used_names = self._used_names, {"self"}
        try:
            yield
        finally:
            self._used_names = outer

    @contextmanager
    def checking(self, name: str) -> Iterator[None]:
        """Check a declaration; while that goes on, one that needs it is declared by itself."""
        self.busy.append(name)
        try:
            yield
        finally:
            self.busy.pop()

    def refuse(self, code: str, span: Span, message: str, concerns: str = "") -> None:
        """Note what is understood but cannot be executed yet."""
        problem = Diagnostic(code, message, span, "not executed yet", "")
        self.refusals.append(Refusal(concerns, problem))

    # ------------------------------------------------------------ looking up

    def node_type(self) -> t.NodeId:
        """`Node`"""
        return t.NodeId(self.roles)

    def message_type(self) -> t.Message:
        """`message`"""
        return t.Message(self.messages)

    @contextmanager
    def with_generics(self, given: dict[str, Type | int]) -> Iterator[None]:
        """Check something with its type parameters bound."""
        outer, self.generics = self.generics, given
        try:
            yield
        finally:
            self.generics = outer

    def known(self, env: Env | None = None) -> set[str]:
        """Every name that means something here."""
        names = set(self.declared) | set(self.members)
        if env is not None:
            names |= set(env.names)
            if env.role is not None:
                names |= set(self.role_members.get(env.role.name, {}))
        return names

    def unknown(
        self, name: str, span: Span, what: str, known: Iterable[str], *, few: bool = False,
        help: str = "",
    ) -> None:  # fmt: skip
        """Report a name that is not declared, unless the part that may declare it is broken.

        Of `few` names all are said if none is near, and no help is given.
        """
        if name in self.forgiven:
            return
        candidates = list(known)
        help = help or did_you_mean(name, candidates)
        notes: tuple[Note, ...] = ()
        if few and candidates and not help:
            help = f"there are {', '.join(f'`{one}`' for one in candidates)}"
        near = help[len("did you mean `") : -2]
        if near in self.declared and _place(self.declared[near].node) is not NOWHERE:
            notes = (Note(_place(self.declared[near].node), "a similar name is declared here"),)
        self.problems.add(
            "D201",
            span,
            f"unknown {what} `{name}`",
            label="not declared here",
            help=help,
            notes=notes,
        )


def _place(node: Node) -> Span:
    """Where the name of a declaration stands."""
    name = getattr(node, "name", None)
    return name.span if isinstance(name, ast.Ident) else node.span
