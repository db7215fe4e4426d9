"""What a single name means."""

from __future__ import annotations

from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.ir.system import Storage, Variable
from dsmc.ir.types import Type
from dsmc.source import Span
from dsmc.syntax import ast
from dsmc.typecheck import constants, types, variables
from dsmc.typecheck.conversion import POISON
from dsmc.typecheck.scope import Env, Mode, Scope


def resolve(scope: Scope, ident: ast.Ident, env: Env, hint: Type | None = None) -> x.Expr:
    """The value of a name."""
    found = find(scope, ident, env, hint)
    if found is None:
        scope.unknown(ident.text, ident.span, "name", scope.known(env))
        return POISON
    return found


def find(scope: Scope, ident: ast.Ident, env: Env, hint: Type | None = None) -> x.Expr | None:
    """The value of a name, or None if it means nothing."""
    name = ident.text
    if name in env.names:
        return env.names[name]
    if env.role is not None and env.me is not None:
        variable = variables.of_role(scope, env.role, name)
        if variable is not None:
            return read_own(scope, variable, env.me, env, ident.span)
    if name in scope.generics:
        given = scope.generics[name]
        return x.number(given) if isinstance(given, int) else x.whole(given)
    return _declared(scope, ident, env, hint)


def _declared(scope: Scope, ident: ast.Ident, env: Env, hint: Type | None) -> x.Expr | None:
    name = ident.text
    declared = scope.declared.get(name)
    match declared.node if declared else None:
        case ast.Const():
            return constants.constant(scope, name)
        case ast.Variable():
            return _shared(scope, name, env, ident.span)
        case ast.Message():
            return message(scope, name, (), ident.span)
        case ast.Procedure() | None if declared or name in scope.functions_named:
            scope.problems.add("D207", ident.span, f"`{name}` needs its arguments: `{name}(…)`")
            return POISON
        case ast.History():
            scope.problems.add(
                "D303", ident.span, f"`{name}` is a history, and no value: nothing can look at it"
            )
            return POISON
    found = _member(scope, ident, hint)
    if found is not None:
        return found
    of = types.lookup(scope, name, ident.span)
    if of is None:
        return None
    return x.whole(of) if types.dense(scope, of, ident.span, "a set's elements") else POISON


def _shared(scope: Scope, name: str, env: Env, span: Span) -> x.Expr:
    if not may_read_state(scope, env, name, span):
        return POISON
    variable = variables.shared(scope, name)
    check_ghost(scope, variable, env, span)
    return x.Global(name, variable.type)


def may_read_state(scope: Scope, env: Env, name: str, span: Span) -> bool:
    """May the expression mention state? If not, that is reported. A function that does is noted."""
    if env.mode is Mode.FUNCTION:
        scope.looking.update(scope.busy)
    if env.mode in (Mode.CODE, Mode.PROPERTY, Mode.FUNCTION):
        return True
    scope.problems.add(
        "D206",
        span,
        f"`{name}` changes over time; {env.mode.value} may not depend on it",
        help="use parameters and constants only",
    )
    return False


def check_ghost(scope: Scope, variable: Variable, env: Env, span: Span) -> None:
    """Report code that depends on a ghost variable."""
    if variable.storage is Storage.GHOST and env.mode is Mode.CODE and not env.ghost:
        short = variable.name.rpartition(".")[2]
        scope.problems.add(
            "D502",
            span,
            f"the code depends on the ghost variable `{short}`",
            label="ghost variables are for properties only",
            help=f"declare `{short}` as `var`, or use it in properties and other ghosts only",
        )


def read_own(scope: Scope, variable: Variable, node: x.Expr, env: Env, span: Span) -> x.Expr:
    """A variable of a node."""
    if not may_read_state(scope, env, variable.name.rpartition(".")[2], span):
        return POISON
    check_ghost(scope, variable, env, span)
    assert isinstance(variable.type, t.Map)
    return x.Apply(Op.GET, (x.Global(variable.name, variable.type), node), variable.type.value)


def _member(scope: Scope, ident: ast.Ident, hint: Type | None) -> x.Expr | None:
    """A member of an enum."""
    enums = scope.members.get(ident.text, [])
    if not enums:
        return None
    wanted = hint.of if isinstance(hint, t.Option | t.Set) else hint
    chosen = [pair for pair in enums if isinstance(wanted, t.Enum) and wanted.name == pair[0]]
    if not chosen and len(enums) > 1:
        listed = " or ".join(f"`{enum}.{ident.text}`" for enum, _ in enums)
        scope.problems.add(
            "D205",
            ident.span,
            f"`{ident.text}` is a member of several enums",
            help=f"write {listed}",
        )
        return POISON
    enum, ordinal = (chosen or enums)[0]
    of = types.lookup(scope, enum, ident.span)
    return x.Lit(ordinal, of) if isinstance(of, t.Enum) else POISON


def message(scope: Scope, name: str, args: tuple[x.Expr, ...], span: Span) -> x.Expr:
    """A message with its content."""
    of = scope.message_type()
    case = next((i for i, kind in enumerate(of.kinds) if kind.name == name), None)
    if case is None:  # the fields of messages are being looked at
        scope.problems.add(
            "D204", span, f"`{name}` is not known before the fields of all messages are"
        )
        return POISON
    wanted = len(of.kinds[case].fields)
    if wanted != len(args):
        scope.problems.add(
            "D311", span, f"`{name}` has {wanted} field{'s' * (wanted != 1)}, {len(args)} given"
        )
        return POISON
    return x.Make(of, args, case)


def own(scope: Scope, written: ast.OwnNode | ast.OtherNodes, env: Env) -> x.Expr:
    """`self` and `others`."""
    word = "self" if isinstance(written, ast.OwnNode) else "others"
    if env.me is None or env.role is None:
        scope.problems.add(
            "D503",
            written.span,
            f"`{word}` has a meaning in the code of a role only",
            help="name a node: `Role.1`, or quantify: `forall p in Role: …`",
        )
        return POISON
    if env.mode is Mode.FUNCTION:
        scope.looking.update(scope.busy)
    if word == "self":
        return env.me
    mine = x.Make(t.Set(env.role), (env.me,))
    return x.Apply(Op.MINUS, (x.whole(env.role), mine), t.Set(env.role))


def check_unused(scope: Scope, ident: ast.Ident, env: Env) -> None:
    """Report a local name that hides something."""
    name = ident.text
    hides = name in env.names or name in scope.generics
    declared = scope.declared.get(name)
    hides = hides or (declared is not None and isinstance(declared.node, ast.Const | ast.Variable))
    if env.role is not None and env.me is not None:
        hides = hides or variables.of_role(scope, env.role, name) is not None
    if hides and name not in scope.forgiven:
        scope.problems.add(
            "D203",
            ident.span,
            f"`{name}` already means something here",
            help="choose another name",
        )
