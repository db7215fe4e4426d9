"""`match`: its arms, and what they bind."""

from __future__ import annotations

from dsmc.diagnostics import did_you_mean
from dsmc.frozen import Frozen
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.types import Type
from dsmc.source import Span
from dsmc.syntax import ast
from dsmc.typecheck import (
    expressions,
)
from dsmc.typecheck.conversion import POISON, convert
from dsmc.typecheck.scope import Env, Scope


def match(scope: Scope, e: ast.MatchValue, env: Env, hint: Type | None) -> x.Expr:
    """The value of the first arm that fits."""
    subject = expressions.infer(scope, e.subject, env)
    if isinstance(subject.type, t.Unknown):
        return POISON
    name = scope.fresh("it")
    it = x.Local(name, subject.type)
    arms: list[tuple[x.Expr, x.Expr]] = []
    for arm in arms_of(scope, [a.pattern for a in e.arms], it, e.span):
        written = e.arms[arm.number].value
        value = expressions.infer(scope, written, arm.bind(env), hint)
        arms.append((arm.condition, arm.wrap(value)))
    of = expressions.common_type(scope, hint, [value.type for _, value in arms])
    if not arms or any(isinstance(v.type, t.Unknown) for _, v in arms):
        return POISON
    if of is None:
        scope.problems.add("D309", e.span, "the arms are of different types")
        return POISON
    result = convert(scope, arms[-1][1], of, e.span)
    for condition, value in reversed(arms[:-1]):
        result = x.Cond(condition, convert(scope, value, of, e.span), result, of)
    return x.Let(name, subject, result, of)


class MatchArm(Frozen):
    """An arm: when it is taken, and what it binds (written name, unique name, value)."""

    number: int
    condition: x.Expr
    bindings: tuple[tuple[str, str, x.Expr], ...]

    def bind(self, env: Env) -> Env:
        """The environment inside the arm."""
        for written, name, value in self.bindings:
            env = env.bind(written, x.Local(name, value.type))
        return env

    def wrap(self, value: x.Expr) -> x.Expr:
        """The arm's value with what it binds."""
        for _, name, bound in reversed(self.bindings):
            value = x.Let(name, bound, value, value.type)
        return value


def arms_of(
    scope: Scope, patterns: list[ast.MatchPattern], it: x.Local, span: Span
) -> list[MatchArm]:
    """The arms of a `match` on `it`; missing and repeated cases are reported."""
    open_cases = _cases(it.type)
    if open_cases is None:
        scope.problems.add(
            "D313", span, f"`match` takes an option, an enum or a message, not `{t.show(it.type)}`"
        )
        return []
    found = []
    for number, pattern in enumerate(patterns):
        arm, case = _arm(scope, number, pattern, it)
        if arm is None:
            continue
        if case not in open_cases and not (case is None and open_cases):
            scope.problems.add("D314", pattern.span, "this case was dealt with before")
        open_cases = [] if case is None else [c for c in open_cases if c != case]
        found.append(arm)
    if open_cases and len(found) == len(patterns):
        listed = ", ".join(f"`{c}`" for c in open_cases)
        scope.problems.add(
            "D313",
            span,
            f"the match says nothing of {listed}",
            help="add the missing cases, or `else => …`",
        )
    return found


def _cases(of: Type) -> list[str] | None:
    match of:
        case t.Option() | t.Message():
            return [name for name, _ in t.cases(of)]
        case t.Enum(_, members):
            return list(members)
        case _:
            return None


def _arm(
    scope: Scope, number: int, pattern: ast.MatchPattern, it: x.Local
) -> tuple[MatchArm | None, str | None]:
    """The arm, and the case that it deals with (None: all the others)."""
    match pattern, it.type:
        case ast.ElsePattern(), _:
            return MatchArm(number, x.TRUE, ()), None
        case ast.NothingPattern(), t.Option():
            return MatchArm(number, x.IsCase(it, 0), ()), "none"
        case ast.SomethingPattern(name), t.Option(of):
            binding = (name.text, scope.fresh(name.text), x.Field(it, 1, 0, of))
            return MatchArm(number, x.IsCase(it, 1), (binding,)), "some"
        case ast.NamePattern(name, ()), t.Enum(_, members) if name in members:
            literal = x.Lit(members.index(name), it.type)
            return MatchArm(number, x.equal(it, literal), ()), name
        case ast.NamePattern(name, bound), t.Message(kinds):
            return _message_arm(scope, number, pattern, it, name, bound, kinds)
        case _:
            known = _cases(it.type) or []
            shown = pattern.name if isinstance(pattern, ast.NamePattern) else "this"
            scope.problems.add(
                "D313",
                pattern.span,
                f"`{shown}` is no case of `{t.show(it.type)}`",
                help=did_you_mean(shown, known) or f"its cases are {', '.join(known)}",
            )
            return None, None


def _message_arm(
    scope: Scope, number: int, pattern: ast.MatchPattern, it: x.Local, name: str,
    bound: tuple[ast.Ident, ...], kinds: tuple[t.MessageKind, ...],
) -> tuple[MatchArm | None, str | None]:  # fmt: skip
    case = next((i for i, kind in enumerate(kinds) if kind.name == name), None)
    if case is None:
        scope.unknown(name, pattern.span, "message", [kind.name for kind in kinds])
        return None, None
    fields = kinds[case].fields
    if bound and len(bound) != len(fields):
        scope.problems.add("D311", pattern.span, f"`{name}` has {len(fields)} fields")
        return None, None
    bindings = tuple(
        (ident.text, scope.fresh(ident.text), x.Field(it, case, i, fields[i][1]))
        for i, ident in enumerate(bound)
    )
    return MatchArm(number, x.IsCase(it, case), bindings), name
