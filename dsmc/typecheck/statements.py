"""Statements: of atomic code (handlers, actions) and of processes, where each is a step."""

from __future__ import annotations

import enum
from typing import assert_never

from dsmc.frozen import Frozen, replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.ops import Form, Op
from dsmc.ir.system import Storage
from dsmc.ir.types import Type
from dsmc.source import Span
from dsmc.syntax import ast
from dsmc.typecheck import (
    binding,
    events,
    expressions,
    functions,
    matching,
    messages,
    names,
    operators,
    places,
    procedures,
)
from dsmc.typecheck.conversion import POISON, convert
from dsmc.typecheck.scope import Env, Scope


class Style(enum.Enum):
    """How the statements around run."""

    STEP = "one step"
    PROCESS = "each statement a step"
    INIT = "the initial state"


class Frame(Frozen):
    """Where statements stand.

    `sender` is who sent the message being handled; `loops` how many loops of the process are
    around; `procedure`: inside a `proc`; `atomic`: inside an `atomic` of a process; `thread` which
    of the process's threads runs the code.
    """

    env: Env
    style: Style
    sender: x.Expr | None = None
    loops: int = 0
    procedure: bool = False
    atomic: bool = False
    thread: x.Expr | None = None

    def bind(self, name: str, value: x.Expr) -> Frame:
        """The frame with one more local name."""
        return replace(self, env=self.env.bind(name, value))

    def inside_atomic(self) -> Frame:
        """The frame of an `atomic` block."""
        if self.style is not Style.PROCESS:
            return self
        return replace(self, style=Style.STEP, loops=0, atomic=True)


def block(scope: Scope, written: ast.Block, frame: Frame) -> s.Block:
    """The statements of a block; a name bound in it is known to its end."""
    found: list[s.Statement] = []
    for item in written.items:
        made, frame = statement(scope, item, frame)
        found += _placed(made, item.span)
    return tuple(found)


def _placed(made: tuple[s.Statement, ...], span: Span) -> tuple[s.Statement, ...]:
    """The statements that one was made into. Only the first has its place: in a process the others
    belong to its step.
    """
    return tuple(
        m if m.span.source.name or (i and isinstance(m, s.Let | s.If)) else m.at(span)
        for i, m in enumerate(made)
    )


def statement(
    scope: Scope, written: ast.Statement, frame: Frame
) -> tuple[tuple[s.Statement, ...], Frame]:
    """A statement as typed ones, and the frame for those after it."""
    match written:
        case ast.Let(idents, value):
            return _let(scope, idents, value, frame)
        case ast.Pick():
            return _pick(scope, written, frame)
        case _:
            return _plain(scope, written, frame), frame


def _plain(scope: Scope, written: ast.Statement, frame: Frame) -> tuple[s.Statement, ...]:
    match written:
        case ast.Broken() | ast.Skip():
            return ()
        case ast.Assign(target, op, value):
            return _assign(scope, target, op, value, frame.env, written.span)
        case ast.CallStatement(call):
            return _call(scope, call, _seeing_ghosts(scope, written, frame))
        case ast.IfStatement():
            return (_if(scope, written, frame),)
        case ast.ForStatement():
            return _for(scope, written, frame)
        case ast.WhileStatement(condition, body):
            looping = replace(frame, loops=frame.loops + 1)
            test = expressions.truth(scope, condition, frame.env, "the condition")
            return (s.While(test, block(scope, body, looping)),)
        case ast.Either(branches):
            return (s.Choose(tuple(block(scope, b, frame) for b in branches)),)
        case ast.MatchStatement():
            return _match(scope, written, frame)
        case ast.Labelled(label, inner):
            made, _ = statement(scope, inner, frame)
            return (s.Labelled(label, _placed(made, inner.span)),)
        case ast.AssertStatement(condition):
            env = replace(frame.env, ghost=True)
            return (s.Assert(expressions.truth(scope, condition, env, "what is asserted")),)
        case ast.Require(condition) | ast.AwaitStatement(condition):
            return _wait(scope, written, condition, frame)
        case ast.ReturnStatement():
            return _return(scope, written.span, frame)
        case ast.Atomic(body):
            return (s.Atomic(block(scope, body, frame.inside_atomic())),)
        case ast.TryStatement(body, handler):
            return (s.Try(block(scope, body, frame), block(scope, handler, frame)),)
        case ast.Sync(name):
            return _sync(scope, name, written.span, frame.env)
        case ast.Send() | ast.Broadcast() | ast.Reply():
            return messages.sending(scope, written, frame)
        case ast.Event():
            return events.event(scope, written, frame.env, frame.thread)
        case _:
            return _of_process(scope, written, frame)


def _of_process(scope: Scope, written: ast.Statement, frame: Frame) -> tuple[s.Statement, ...]:
    """The statements that only a process can have."""
    if frame.style is not Style.PROCESS:
        word = written.span.text.split(None, 1)[0].rstrip("{")
        scope.problems.add(
            "D505",
            written.span,
            f"`{word}` stands in the code of a `process` only",
            label="this code runs as one step",
            help="`require` makes a step impossible; `when` is the guard of a handler or action",
        )
        return ()
    match written:
        case ast.Loop(body):
            return (s.Loop(block(scope, body, replace(frame, loops=frame.loops + 1))),)
        case ast.BreakStatement():
            if not frame.loops:
                scope.problems.add("D506", written.span, "there is no loop to break")
            return (s.Break(),)
        case ast.StopStatement():
            return (s.Stop(),)
        case ast.Lock(mutex, shared, body):
            return _lock(scope, mutex, shared, body, frame)
        case ast.Receive():
            return messages.receive(scope, written, frame)
        case ast.Collect():
            return messages.collect(scope, written, frame)
        case _:
            raise AssertionError(written)


# ---------------------------------------------------------------- names


def _let(
    scope: Scope, idents: tuple[ast.Ident, ...], value: ast.Expr, frame: Frame
) -> tuple[tuple[s.Statement, ...], Frame]:
    e = expressions.infer(scope, value, frame.env)
    for ident in idents:
        names.check_unused(scope, ident, frame.env)
    if len(idents) == 1:
        name = scope.fresh(idents[0].text)
        return (s.Let(name, e),), frame.bind(idents[0].text, x.Local(name, e.type))
    return _destructure(scope, idents, e, value.span, frame)


def _destructure(
    scope: Scope, idents: tuple[ast.Ident, ...], e: x.Expr, span: Span, frame: Frame
) -> tuple[tuple[s.Statement, ...], Frame]:
    parts: tuple[Type, ...] = (t.UNKNOWN,) * len(idents)
    if isinstance(e.type, t.Tuple) and len(e.type.items) == len(idents):
        parts = e.type.items
    elif not isinstance(e.type, t.Unknown):
        scope.problems.add(
            "D301", span, f"a tuple of {len(idents)} is wanted, not `{t.show(e.type)}`"
        )
    whole = scope.fresh("it")
    made: list[s.Statement] = [s.Let(whole, e)]
    for index, (ident, of) in enumerate(zip(idents, parts, strict=True)):
        name = scope.fresh(ident.text)
        made.append(s.Let(name, x.Field(x.Local(whole, e.type), 0, index, of)))
        frame = frame.bind(ident.text, x.Local(name, of))
    return tuple(made), frame


def _pick(scope: Scope, written: ast.Pick, frame: Frame) -> tuple[tuple[s.Statement, ...], Frame]:
    binder = ast.Binder((written.name,), written.domain, written.where).at(written.span)
    (bound,), env = binding.bind(scope, (binder,), None, frame.env)
    pick = s.Pick(bound.name, bound.type, bound.domain, bound.where)
    return (pick,), replace(frame, env=env)


# ---------------------------------------------------------------- assignment


def _assign(
    scope: Scope, target: ast.Expr, op: str, value: ast.Expr, env: Env, span: Span
) -> tuple[s.Statement, ...]:
    place = places.place(scope, target, env)
    if place is None or isinstance(place.type, t.Unknown):
        expressions.infer(scope, value, replace(env, ghost=True))
        return ()
    if places.is_ghost(scope, place):
        env = replace(env, ghost=True)
    if op == ":=":
        e = expressions.check(scope, value, env, place.type, "the value")
    else:
        e = _changed(scope, place, op, value, env, span)
    return () if isinstance(e.type, t.Unknown) else (s.Assign(place, e),)


def _changed(
    scope: Scope, place: s.Place, op: str, value: ast.Expr, env: Env, span: Span
) -> x.Expr:
    """The value of a place after `+=` or `-=`."""
    now = place.value.at(span)
    adds = op == "+="
    match place.type:
        case t.Int():
            args = [now, expressions.infer(scope, value, env)]
            e = operators.apply(scope, (Form.INFIX, op[0]), args, span)
            return convert(scope, e, place.type, span, "the result")
        case t.Set(of):
            e = expressions.infer(scope, value, env, of if not _is_set(value) else place.type)
            if not isinstance(e.type, t.Set):
                e = x.Make(place.type, (convert(scope, e, of, value.span, "the element"),))
            e = convert(scope, e, place.type, value.span)
            return _joined(Op.UNION if adds else Op.MINUS, now, e, place.type)
        case t.Seq(of) if adds:
            e = expressions.infer(scope, value, env, of)
            if not isinstance(e.type, t.Seq) or isinstance(of, t.Seq):
                e = x.Make(t.Seq(of, 1), (convert(scope, e, of, value.span, "the element"),))
            if isinstance(e.type, t.Unknown) or any(a == POISON for a in x.children(e)):
                return POISON
            longer = operators.apply(scope, (Form.INFIX, "+"), [now, e], span)
            return convert(scope, longer, place.type, span)
        case t.Bag(of, bound):
            e = expressions.check(scope, value, env, of, "the element")
            if not adds:
                return _joined(Op.BAG_REMOVE, now, e, place.type)
            grown = t.Bag(of, None if bound is None else bound + 1)
            return convert(scope, _joined(Op.BAG_ADD, now, e, grown), place.type, span)
        case _:
            scope.problems.add(
                "D307",
                span,
                f"`{op}` does not go with `{t.show(place.type)}`",
                help="it adds to numbers, sets, sequences and bags",
            )
            return POISON


def _is_set(value: ast.Expr) -> bool:
    return isinstance(value, ast.SetValue | ast.SetComprehension)


def _joined(op: Op, now: x.Expr, e: x.Expr, of: Type) -> x.Expr:
    if any(isinstance(part.type, t.Unknown) for part in x.walk(e)):
        return POISON
    return x.Apply(op, (now, e), of)


# ---------------------------------------------------------------- control


def _if(scope: Scope, written: ast.IfStatement, frame: Frame) -> s.Statement:
    frame = _seeing_ghosts(scope, written, frame)
    condition = expressions.truth(scope, written.condition, frame.env, "the condition")
    then = block(scope, written.then, frame)
    match written.orelse:
        case None:
            orelse: s.Block = ()
        case ast.Block():
            orelse = block(scope, written.orelse, frame)
        case ast.IfStatement():
            orelse = (_if(scope, written.orelse, frame).at(written.orelse.span),)
        case _:
            assert_never(written.orelse)
    return s.If(condition, then, orelse)


def _seeing_ghosts(scope: Scope, written: ast.Statement, frame: Frame) -> Frame:
    """The frame in which a statement that changes nothing but ghosts may look at ghosts."""
    ghost = procedures.changes_ghosts_only(scope, written, frame.env)
    return replace(frame, env=replace(frame.env, ghost=True)) if ghost else frame


def _for(scope: Scope, written: ast.ForStatement, frame: Frame) -> tuple[s.Statement, ...]:
    frame = _seeing_ghosts(scope, written, frame)
    binder = ast.Binder((written.name,), written.domain, None).at(written.span)
    (bound,), env = binding.bind(scope, (binder,), None, frame.env)
    inner = replace(frame, env=env, loops=frame.loops + 1)
    return (s.For(bound.name, bound.type, bound.domain, block(scope, written.body, inner)),)


def _match(scope: Scope, written: ast.MatchStatement, frame: Frame) -> tuple[s.Statement, ...]:
    subject = expressions.infer(scope, written.subject, frame.env)
    if isinstance(subject.type, t.Unknown):
        return ()
    it = x.Local(scope.fresh("it"), subject.type)
    arms = matching.arms_of(scope, [a.pattern for a in written.arms], it, written.span)
    result: s.Block = ()
    for place, arm in reversed(list(enumerate(arms))):
        inner = replace(frame, env=arm.bind(frame.env))
        lets = tuple(s.Let(name, value) for _, name, value in arm.bindings)
        body = lets + block(scope, written.arms[arm.number].body, inner)
        result = body if place == len(arms) - 1 else (s.If(arm.condition, body, result),)
    return (s.Let(it.name, subject), *result)


def _wait(
    scope: Scope, written: ast.Statement, condition: ast.Expr, frame: Frame
) -> tuple[s.Statement, ...]:
    blocks = frame.style is Style.PROCESS or frame.atomic
    if isinstance(written, ast.AwaitStatement) and not blocks:
        scope.problems.add(
            "D505",
            written.span,
            "`await` stands in the code of a `process` only",
            help="`require` makes a step impossible unless a condition holds",
        )
    test = expressions.truth(scope, condition, frame.env, "the condition")
    return (s.Await(test) if frame.style is Style.PROCESS else s.Require(test),)


def _return(scope: Scope, span: Span, frame: Frame) -> tuple[s.Statement, ...]:
    if frame.style is Style.PROCESS and not frame.procedure:
        scope.problems.add("D506", span, "a process does not return", help="write `stop`")
    if frame.atomic:
        scope.problems.add(
            "D506", span, "`return` would leave an `atomic` half done", help="use `if` … `else`"
        )
    return (s.Return(),)


def _call(scope: Scope, call: ast.Expr, frame: Frame) -> tuple[s.Statement, ...]:
    """A procedure; or a function that changes what it is called on: `clock.tick()`."""
    if events.is_history(scope, call):
        return events.done(scope, call, frame.env, frame.thread)
    match call:
        case ast.Call(ast.Name(ident), arguments) if procedures.find(scope, ident.text, frame.env):
            return procedures.call(scope, ident, arguments, frame, call.span)
        case ast.Call(ast.Member(target, ident), arguments):
            return _update(scope, target, ident, call, frame.env)
        case ast.Call(ast.Name(ident)) if not functions.candidates(scope, ident.text, frame.env):
            known = procedures.known(scope, frame.env)
            scope.unknown(ident.text, ident.span, "procedure", known)
        case _ if not isinstance(expressions.infer(scope, call, frame.env).type, t.Unknown):
            scope.problems.add(
                "D323",
                call.span,
                "this has no effect",
                help="assign its value: `x := …`" if isinstance(call, ast.Call) else "",
            )
    return ()


def _update(
    scope: Scope, target: ast.Expr, ident: ast.Ident, call: ast.Call, env: Env
) -> tuple[s.Statement, ...]:
    place = places.place(scope, target, env)
    if place is None:
        return ()
    if places.is_ghost(scope, place):
        env = replace(env, ghost=True)
    e = expressions.check(scope, call, env, place.type, f"the result of `{ident.text}`")
    return () if isinstance(e.type, t.Unknown) else (s.Assign(place, e),)


def _sync(scope: Scope, name: ast.Ident | None, span: Span, env: Env) -> tuple[s.Statement, ...]:
    if env.role is None or env.me is None:
        scope.problems.add("D503", span, "`sync` has a meaning in the code of a role only")
        return ()
    members = scope.role_members.get(env.role.name, {})
    buffered = [
        n
        for n, d in members.items()
        if isinstance(d.node, ast.Variable) and d.node.storage == Storage.BUFFERED.value
    ]
    if name is not None and name.text not in buffered:
        scope.unknown(name.text, name.span, "buffered variable", buffered)
        return ()
    chosen = [name.text] if name is not None else buffered
    if not chosen:
        scope.problems.add("D507", span, "there is no buffered variable to sync")
    return (s.Sync(tuple(f"{env.role.name}.{n}" for n in chosen), env.me),)


def _lock(
    scope: Scope, mutex: ast.Expr, shared: bool, body: ast.Block, frame: Frame
) -> tuple[s.Statement, ...]:
    place = places.place(scope, mutex, frame.env)
    inner = block(scope, body, frame)
    if place is None:
        return inner
    kind = place.type.name if isinstance(place.type, t.Record) else ""
    if kind not in ("mutex", "rwlock"):
        scope.problems.add(
            "D508",
            mutex.span,
            f"only a `mutex` or `rwlock` can be locked, not `{t.show(place.type)}`",
        )
    elif shared and kind == "mutex":
        scope.problems.add(
            "D508", mutex.span, "a `mutex` cannot be shared", help="declare it as `rwlock`"
        )
    return (s.Lock(place, shared, inner),)
