"""The code of roles: handlers, actions, timeouts, processes, hooks."""

from __future__ import annotations

from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.names import SELF
from dsmc.ir.ops import Op
from dsmc.ir.protocol import (
    Handler,
    Hook,
    Process,
    QuorumHandler,
    RoleAction,
    RoleCode,
)
from dsmc.ir.stmt import Block
from dsmc.ir.system import Fairness, Param
from dsmc.source import Span
from dsmc.syntax import ast
from dsmc.syntax.parser import Parsed
from dsmc.typecheck import binding, constants, expressions, messages, names, statements
from dsmc.typecheck.scope import Env, Mode, Scope
from dsmc.typecheck.statements import Frame, Style


class _Code:
    """The parts of a role's code found so far."""

    def __init__(self) -> None:
        self.start: list[Block] = []
        self.handlers: list[Handler] = []
        self.quorum_handlers: list[QuorumHandler] = []
        self.actions: list[RoleAction] = []
        self.hooks: dict[str, list[Hook]] = {"crash": [], "restart": []}
        self.processes: list[Process] = []


def check_role(scope: Scope, node: ast.Role, role: t.Role, parsed: Parsed) -> RoleCode:
    """The checked code of a role."""
    code = _Code()
    for member in node.members:
        with scope.unit():
            _member(scope, member, role, parsed, code)
    return RoleCode(
        role, tuple(code.start), tuple(code.handlers), tuple(code.quorum_handlers),
        tuple(code.actions), tuple(code.hooks["crash"]), tuple(code.hooks["restart"]),
        tuple(code.processes),
    ).at(node.name.span)  # fmt: skip


def role_env(role: t.Role, mode: Mode = Mode.CODE) -> Env:
    """The environment of a role's code."""
    return Env({SELF: x.Local(SELF, role)}, mode, role)


def _member(
    scope: Scope, member: ast.RoleMember, role: t.Role, parsed: Parsed, code: _Code
) -> None:
    env = role_env(role)
    step = Frame(env, Style.STEP)
    match member:
        case ast.StartCode(body):
            code.start.append(statements.block(scope, body, Frame(env, Style.INIT)))
        case ast.Handler():
            handler = _handler(scope, member, step)
            code.handlers += [handler] if handler else []
        case ast.QuorumHandler():
            quorum = _quorum_handler(scope, member, step)
            code.quorum_handlers += [quorum] if quorum else []
        case ast.Action():
            code.actions.append(_action(scope, member, step, parsed.doc(member)))
        case ast.Timeout(name, when, body):
            made = RoleAction(
                name.text,
                (),
                guard(scope, when, env),
                statements.block(scope, body, step),
                Fairness.WEAK,
                True,
                parsed.doc(member),
            )
            code.actions.append(made.at(_head(member.span, name.span)))
        case ast.Hook(event, when, body):
            made_hook = Hook(guard(scope, when, env), statements.block(scope, body, step))
            if event == "crash":
                _check_no_sync(scope, made_hook.body)
            code.hooks[event].append(made_hook.at(member.span))
        case ast.Process():
            before = sum(process.count for process in code.processes)
            code.processes.append(_process(scope, member, env, before))
        case _:
            pass  # variables, functions and procedures are looked up when they are used


def _check_no_sync(scope: Scope, hook: Block) -> None:
    """A node that stops makes nothing lasting any more."""
    for st in s.walk(hook):
        if _syncs(scope, st):
            scope.problems.add(
                "D511", st.span, "a node that stops makes nothing lasting any more",
                help="`sync` in the code that the node runs, before it tells others",
            )  # fmt: skip


def _syncs(scope: Scope, st: s.Statement) -> bool:
    """Is it a `sync`, or a call of a procedure with one?"""
    if not isinstance(st, s.CallProc) or st.procedure not in scope.procs:
        return isinstance(st, s.Sync)
    return any(_syncs(scope, inner) for inner in s.walk(scope.procs[st.procedure].body))


def guard(scope: Scope, when: ast.Expr | None, env: Env) -> x.Expr:
    """A guard; without one, true."""
    return x.TRUE if when is None else expressions.truth(scope, when, env, "the guard")


def _head(whole: Span, name: Span) -> Span:
    return Span(whole.source, whole.start, name.end)


def _handler(scope: Scope, member: ast.Handler, frame: Frame) -> Handler | None:
    found = messages.matched(scope, member.pattern, member.sender, frame.env)
    if found is None:
        return None
    inner = replace(frame, env=found.env, sender=found.sender)
    when = guard(scope, member.when, found.env)
    body = statements.block(scope, member.body, inner)
    return Handler(found.pattern, when, body).at(_head(member.span, member.pattern.span))


def _quorum_handler(scope: Scope, member: ast.QuorumHandler, frame: Frame) -> QuorumHandler | None:
    made = messages.quorum(
        scope, member.count, member.pattern, member.sender, member.bound, frame.env
    )
    if made is None:
        return None
    found, env = made
    when = guard(scope, member.when, env)
    body = statements.block(scope, member.body, replace(frame, env=env))
    return QuorumHandler(
        found.count, found.pattern, found.element, found.name, found.type, when, body
    ).at(_head(member.span, member.pattern.span))


def _action(scope: Scope, member: ast.Action, frame: Frame, doc: str) -> RoleAction:
    params, env = parameters(scope, member.binders, frame.env)
    body = statements.block(scope, member.body, replace(frame, env=env))
    made = RoleAction(
        member.name.text, params, guard(scope, member.when, env), body,
        Fairness(member.fairness), False, doc,
    )  # fmt: skip
    return made.at(_head(member.span, member.name.span))


def parameters(
    scope: Scope, binders: tuple[ast.Binder, ...], env: Env
) -> tuple[tuple[Param, ...], Env]:
    """The parameters of an action or a law."""
    bound, inner = binding.bind(scope, binders, None, env)
    return tuple(Param(b.name, b.type, b.domain, b.where).at(b.span) for b in bound), inner


def _process(scope: Scope, member: ast.Process, env: Env, before: int) -> Process:
    """A process of a role that has so many threads of other ones `before`."""
    name = member.name.text if member.name else ""
    count = constants.count(scope, member.count, "process", 1) if member.count else 1
    thread = scope.fresh(name or "thread")
    if member.name is not None:
        names.check_unused(scope, member.name, env)
        env = env.bind(name, x.Local(thread, t.Int(0, count - 1)))
    which = _thread(x.Local(thread, t.Int(0, count - 1)), before, count)
    body = statements.block(scope, member.body, Frame(env, Style.PROCESS, thread=which))
    return Process(name, count, thread, body).at(member.span)


def _thread(number: x.Expr, before: int, count: int) -> x.Expr:
    """Which of all the threads of a node it is: each is a client of its own."""
    if count == 1:
        return x.number(before)
    every = t.Int(before, before + count - 1)
    return x.Apply(Op.ADD, (number, x.number(before)), every) if before else number
