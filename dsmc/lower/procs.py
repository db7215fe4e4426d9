"""Procedures are written into the code that calls them.

Leaves: no `CallProc`, `Return`, `Try` or `Throw` in atomic code (they are jumps out of `Scoped`
blocks); in processes no `CallProc` (the others are control flow there).
"""

from __future__ import annotations

from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir.protocol import Handler, Process, Program, QuorumHandler, RoleAction, RoleCode
from dsmc.lower.fresh import Fresh


class _Inliner:
    def __init__(self, program: Program) -> None:
        self._procs = {proc.name: proc for proc in program.procs}
        self._fresh = Fresh(_code(program))

    def inline(self, block: s.Block) -> s.Block:
        """The block with every call replaced by what is called."""
        return tuple(made for statement in block for made in self._statement(statement))

    def _statement(self, statement: s.Statement) -> s.Block:
        if isinstance(statement, s.CallProc):
            return self._body(statement)
        return (s.map_parts(statement, lambda e: e, self.inline),)

    def _body(self, call: s.CallProc) -> s.Block:
        proc, suffix = self._procs[call.procedure], self._fresh.suffix()
        renamed = rename_locals(proc.body, suffix)
        lets = tuple(
            s.Let(name + suffix, arg)
            for (name, _), arg in zip(proc.parameters, call.args, strict=True)
        )
        lets = tuple(let if i else let.at(call.span) for i, let in enumerate(lets))
        parameters: dict[str, x.Expr] = {
            name: x.Local(name + suffix, of) for name, of in proc.parameters
        }
        body = self.inline(s.substitute_in(renamed, parameters))
        scope = f"proc{suffix}"
        return (*lets, s.Scoped(scope, _returning(body, scope)).at(call.span))


def _code(program: Program) -> list[s.Block]:
    """All code of a program."""
    found: list[s.Block] = []

    def look(block: s.Block) -> s.Block:
        found.append(block)
        return block

    map_all(program, look)
    return found


def rename_locals(block: s.Block, suffix: str) -> s.Block:
    """The block with a suffix on every name that it binds."""
    bound = {name for statement in s.walk(block) for name in s.binds(statement)}
    return _renamed(block, bound, suffix)


def _renamed(block: s.Block, bound: set[str], suffix: str) -> s.Block:
    def expression(e: x.Expr) -> x.Expr:
        if isinstance(e, x.Local) and e.name in bound:
            return x.Local(e.name + suffix, e.type).at(e.span)
        return x.map_children(expression, e)

    def statement(one: s.Statement) -> s.Statement:
        mapped = s.map_parts(one, expression, lambda b: _renamed(b, bound, suffix))
        return s.rename_binding(mapped, {name: name + suffix for name in bound})

    return tuple(map(statement, block))


def _returning(block: s.Block, scope: str) -> s.Block:
    """The block with its `Return`s as jumps out of a scope."""

    def one(statement: s.Statement) -> s.Statement:
        if isinstance(statement, s.Return):
            return s.Leave(scope).at(statement.span)
        return s.map_parts(statement, lambda e: e, lambda b: _returning(b, scope))

    return tuple(map(one, block))


class _Jumps:
    """`return`, `try` and `throw` of atomic code as jumps."""

    def __init__(self) -> None:
        self._count = 0

    def atomic(self, block: s.Block, catch: str = "") -> s.Block:
        return tuple(made for statement in block for made in self._one(statement, catch))

    def part(self, block: s.Block) -> s.Block:
        """A block that is not the whole step: what ends it goes on with what stands after it."""
        if not any(isinstance(st, s.Return | s.Throw) for st in s.walk(block)):
            return self.atomic(block)
        self._count += 1
        scope = f"part{self._count}"
        return (s.Scoped(scope, self.atomic(_returning(block, scope), scope)),)

    def _one(self, statement: s.Statement, catch: str) -> s.Block:
        match statement:
            case s.Return():
                return (s.Leave().at(statement.span),)
            case s.Throw():
                return (s.Leave(catch).at(statement.span),)
            case s.Try(body, handler):
                self._count += 1
                end, caught = f"try{self._count}", f"catch{self._count}"
                tried = (*self.atomic(body, caught), s.Leave(end))
                inner = (s.Scoped(caught, tried), *self.atomic(handler, catch))
                return (s.Scoped(end, inner).at(statement.span),)
            case s.Labelled(_, body):
                return self.atomic(body, catch)
            case s.Await(condition):
                return (s.Require(condition).at(statement.span),)
            case _:
                return (s.map_parts(statement, lambda e: e, lambda b: self.atomic(b, catch)),)


def atomic(block: s.Block, catch: str) -> s.Block:
    """The block of an `atomic` statement as code of one step; a throw leaves the scope `catch`."""
    return _Jumps().atomic(block, catch)


def procs(program: Program) -> Program:
    """Inline all procedures."""
    inliner = _Inliner(program)
    inline = inliner.inline
    codes = tuple(_map_code(code, inline, inline, inline) for code in program.codes)
    actions = tuple(replace(a, body=inliner.inline(a.body)) for a in program.actions)
    return replace(
        program, codes=codes, actions=actions, procs=(),
        starts=tuple(map(inliner.inline, program.starts)),
    )  # fmt: skip


def jumps(program: Program) -> Program:
    """Turn what leaves atomic code early into jumps. Needs: no procedures."""
    made = _Jumps()
    codes = tuple(_map_code(code, made.atomic, lambda b: b, made.part) for code in program.codes)
    actions = tuple(replace(a, body=made.atomic(a.body)) for a in program.actions)
    starts = tuple(map(made.part, program.starts))
    return replace(program, codes=codes, actions=actions, starts=starts)


def map_all(program: Program, f: s.Rewrite) -> Program:
    """The program with every block of code rewritten."""
    codes = tuple(_map_code(code, f, f, f) for code in program.codes)
    actions = tuple(replace(a, body=f(a.body)) for a in program.actions)
    procs_ = tuple(replace(p, body=f(p.body)) for p in program.procs)
    starts = tuple(map(f, program.starts))
    return replace(
        program, codes=codes, actions=actions, procs=procs_, starts=starts, init=f(program.init)
    )


def _map_code(code: RoleCode, atomic: s.Rewrite, process: s.Rewrite, part: s.Rewrite) -> RoleCode:
    """The code rewritten; `part`: blocks of which several may run in one step, or at the start."""

    def body(of: Handler | QuorumHandler | RoleAction) -> s.Block:
        return atomic(of.body)

    return replace(
        code,
        start=tuple(map(part, code.start)),
        handlers=tuple(replace(h, body=body(h)) for h in code.handlers),
        quorum_handlers=tuple(replace(h, body=body(h)) for h in code.quorum_handlers),
        actions=tuple(replace(a, body=body(a)) for a in code.actions),
        on_crash=tuple(replace(h, body=part(h.body)) for h in code.on_crash),
        on_restart=tuple(replace(h, body=part(h.body)) for h in code.on_restart),
        processes=tuple(_process(p, process) for p in code.processes),
    )


def _process(process: Process, f: s.Rewrite) -> Process:
    return replace(process, body=f(process.body))
