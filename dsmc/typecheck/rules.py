"""Operations of declared objects: when they can be answered what, and what they leave."""

from __future__ import annotations

from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.history import Method, Rule
from dsmc.ir.ops import Op
from dsmc.ir.types import Type
from dsmc.syntax import ast
from dsmc.typecheck import expressions, types
from dsmc.typecheck.scope import Env, Mode, Scope


def operation(
    scope: Scope, node: ast.Operation, holds: ast.Ident, held: Type
) -> tuple[Method, Rule]:
    """An operation of an object that holds something of a name and a type."""
    with scope.unit():
        env = _bound(scope, Env({}, Mode.OBJECT), holds, held)
        for param in node.parameters:
            if param.default is not None:
                message = "what is asked is always said"
                scope.problems.add("D317", param.span, message, help="leave the value out")
            env = _bound(scope, env, param.name, types.resolve(scope, param.type))
        asked = [env.names[param.name.text] for param in node.parameters]
        answer = None if node.answer is None else types.resolve(scope, node.answer.type)
        if node.answer is not None and answer is not None:
            env = _bound(scope, env, node.answer.name, answer)
        rule = _rule(scope, node, env, held)
    return Method(node.name.text, tuple(e.type for e in asked), answer), rule


def _bound(scope: Scope, env: Env, ident: ast.Ident, of: Type) -> Env:
    if ident.text in env.names:
        scope.problems.add(
            "D203", ident.span, f"`{ident.text}` already means something here",
            help="choose another name",
        )  # fmt: skip
    return env.bind(ident.text, x.Local(scope.fresh(ident.text), of))


def _rule(scope: Scope, node: ast.Operation, env: Env, held: Type) -> Rule:
    name = node.name.text
    legal = x.TRUE if node.when is None else expressions.truth(scope, node.when, env, "the guard")
    left = expressions.check(scope, node.after, env, held, f"what `{name}` leaves")
    after = exactly(left, held)
    parameters = tuple(_local(env, param.name).name for param in node.parameters)
    if node.answer is None:
        return Rule(name, parameters, "", legal, after, legal, None)
    answer = _local(env, node.answer.name)
    possible, answered = _said(legal, answer)
    if answered is None:
        _is_tried(scope, node.answer, answer.type)
    return Rule(name, parameters, answer.name, legal, after, possible, answered)


def _local(env: Env, ident: ast.Ident) -> x.Local:
    found = env.names[ident.text]
    assert isinstance(found, x.Local)
    return found


def _said(legal: x.Expr, answer: x.Local) -> tuple[x.Expr, x.Expr | None]:
    """What a condition says that the answer is, `v == …`, and the condition before that."""
    before: list[x.Expr] = []
    for part in x.conjuncts(legal):
        said = _equal_to(part, answer)
        if said is not None:
            return x.conjunction(before), said
        if answer.name in x.free_names(part):
            break
        before.append(part)
    return x.TRUE, None


def _equal_to(part: x.Expr, answer: x.Local) -> x.Expr | None:
    match part:
        case x.Apply(Op.EQ | Op.IFF, (one, other)):
            for left, right in ((one, other), (other, one)):
                plain = left.of if isinstance(left, x.Convert) else left
                if plain == answer and answer.name not in x.free_names(right):
                    return exactly(right, answer.type)
    return None


def _is_tried(scope: Scope, node: ast.Answer, of: Type) -> None:
    """Has the answer few enough values to try each?"""
    values = t.size(of)
    if values is None or values > t.MAX_DENSE:
        scope.problems.add(
            "D306", node.span, f"every value of `{t.show(of)}` is tried as an answer: there are too many",
            help=f"say what the answer is: `when {node.name.text} == …`",
        )  # fmt: skip


def exactly(e: x.Expr, of: Type) -> x.Expr:
    """A value of just that type."""
    plain = e.type == of or t.UNKNOWN in (e.type, of)
    return e if plain else x.Convert(e, of).at(e.span)
