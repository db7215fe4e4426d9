"""Events of histories: what clients ask and get, what nodes do."""

from __future__ import annotations

from collections.abc import Iterable

from dsmc.diagnostics import did_you_mean
from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.history import History, Method
from dsmc.ir.types import Type
from dsmc.source import Span
from dsmc.syntax import ast
from dsmc.typecheck import expressions
from dsmc.typecheck.objects import is_done
from dsmc.typecheck.scope import Env, Scope


def event(
    scope: Scope, written: ast.Event, env: Env, thread: x.Expr | None
) -> tuple[s.Statement, ...]:
    """An event of a client: the node that runs the code (and its thread)."""
    if not _has_client(scope, env, written.span):
        return ()
    first, *rest = written.path.items
    assert isinstance(first, ast.Ident)
    name = rest[0].text if len(rest) == 1 and isinstance(rest[0], ast.Ident) else ""
    found = _asked(scope, first, name, written.path.span)
    if found is None:
        return ()
    of, method = found
    if is_done(of):
        scope.problems.add(
            "D303", written.span, f"what is done in a history of `{of.object}` has no beginning and end",
            help=f"write `{of.name}.{method.name}({', '.join(map(t.show, method.asks))})`",
        )  # fmt: skip
        return ()
    args = _args(scope, written, method, replace(env, ghost=True))
    return () if args is None else (_event(of, written.kind, method, env, thread, args),)


def _has_client(scope: Scope, env: Env, span: Span) -> bool:
    """Is it known which node runs the code?"""
    known = env.me is None or not isinstance(env.me.type, t.Unknown)
    if not known:
        scope.problems.add(
            "D303", span, "whose event this is, is not known here",
            help="write it in the code of a role, or in a `proc` of one",
        )  # fmt: skip
    return known


def is_history(scope: Scope, call: ast.Expr) -> bool:
    """Does a statement say what is done in a history: `b.send(m)`?"""
    match call:
        case ast.Call(ast.Member(ast.Name(ident))) | ast.Member(ast.Name(ident)):
            declared = scope.declared.get(ident.text)
            return declared is not None and isinstance(declared.node, ast.History)
        case _:
            return False


def done(scope: Scope, call: ast.Expr, env: Env, thread: x.Expr | None) -> tuple[s.Statement, ...]:
    """Something that a node does, which has no two ends."""
    if not _has_client(scope, env, call.span):
        return ()
    member = call.function if isinstance(call, ast.Call) else call
    given = call.arguments if isinstance(call, ast.Call) else ()
    assert isinstance(member, ast.Member)
    assert isinstance(member.of, ast.Name)
    found = _asked(scope, member.of.ident, member.name.text, member.span)
    if found is None:
        return ()
    of, method = found
    if not is_done(of):
        asks = ", ".join(map(t.show, method.asks))
        scope.problems.add(
            "D303", call.span, f"an operation on a `{of.object}` begins, and ends later",
            help=f"write `begin {of.name}.{method.name}({asks})`, and `end {of.name}.{method.name}`",
        )  # fmt: skip
        return ()
    plain = [a for a in given if not isinstance(a, ast.NamedArgument)]
    if len(plain) != len(given) or len(plain) != len(method.asks):
        scope.problems.add("D303", call.span, f"`{method.name}` is given {_values(method.asks)}")
        return ()
    ghost = replace(env, ghost=True)
    args = tuple(
        answer(scope, a, ghost, wanted, f"what `{method.name}` is given")
        for a, wanted in zip(plain, method.asks, strict=True)
    )
    return (_event(of, "does", method, env, thread, args),)


def _event(
    of: History,
    kind: str,
    method: Method,
    env: Env,
    thread: x.Expr | None,
    args: tuple[x.Expr, ...],
) -> s.Event:
    client, which = env.me or x.number(0), thread or x.number(0)
    told = x.Make(t.Tuple((client.type, which.type)), (client, which))
    return s.Event(of.name, kind, method.name, told, args)


def _asked(
    scope: Scope, history: ast.Ident, name: str, span: Span
) -> tuple[History, Method] | None:
    declared = scope.declared.get(history.text)
    if declared is None or not isinstance(declared.node, ast.History):
        known = [n for n, d in scope.declared.items() if isinstance(d.node, ast.History)]
        place = history.span if history.span.source.name else span  # some words are no names
        scope.unknown(history.text, place, "history", known)
        return None
    of = scope.histories.get(history.text)
    if of is None:  # it has a mistake
        return None
    method = of.method(name)
    if method is None:
        known = [m.name for m in of.methods]
        scope.problems.add(
            "D201", span, f"`{history.text}` cannot be asked `{name}`",
            help=did_you_mean(name, known) or f"it can be asked {listed(known)}",
        )  # fmt: skip
        return None
    return of, method


def listed(names: Iterable[str]) -> str:
    """Names one after the other."""
    return ", ".join(f"`{name}`" for name in names)


def _args(scope: Scope, written: ast.Event, method: Method, env: Env) -> tuple[x.Expr, ...] | None:
    """What was asked, or what came back; None if that is not what the method says."""
    begins, ends = written.kind == "begin", written.kind == "end"
    asks = method.asks if begins else ()
    answers = method.answers if ends else None
    given = [a for a in written.arguments if not isinstance(a, ast.NamedArgument)]
    if len(given) != len(asks) or len(given) != len(written.arguments):
        _mistake(scope, written, method, f"`{written.kind}` is given {_values(asks)} here")
        return None
    if (written.result is None) != (answers is None):
        said = "says what it answered" if answers is not None else "says no answer"
        _mistake(scope, written, method, f"`{written.kind} … {method.name}` {said}")
        return None
    found = [
        answer(scope, a, env, of, f"what `{method.name}` is asked")
        for a, of in zip(given, asks, strict=True)
    ]
    if written.result is not None and answers is not None:
        found.append(answer(scope, written.result, env, answers, f"the answer of `{method.name}`"))
    return tuple(found)


def _values(asks: tuple[Type, ...]) -> str:
    return ", ".join(f"a `{t.show(of)}`" for of in asks) or "nothing"


def _mistake(scope: Scope, written: ast.Event, method: Method, message: str) -> None:
    asks = ", ".join(map(t.show, method.asks))
    begin = f"begin h.{method.name}" + (f"({asks})" if asks else "")
    end = f"end h.{method.name}" + (f" -> {t.show(method.answers)}" if method.answers else "")
    scope.problems.add("D303", written.span, message, help=f"it is written `{begin}` and `{end}`")


def answer(scope: Scope, written: ast.Expr, env: Env, of: Type, what: str) -> x.Expr:
    """Where an option is wanted, its content may be given as it is."""
    if not isinstance(of, t.Option):
        return expressions.check(scope, written, env, of, what)
    plain = expressions.infer(scope, written, env, of)
    if isinstance(plain.type, t.Option | t.Empty | t.Unknown):
        return expressions.check(scope, written, env, of, what)
    inner = expressions.check(scope, written, env, of.of, what)
    return x.Make(of, (inner,), 1).at(written.span)
