"""A system in the core of the language: what `dsmc lower` shows.

The text can be read again as a spec, but for jumps out of blocks (`leave`), which the language
itself does not have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import assert_never

from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import system as y
from dsmc.ir import temporal as f
from dsmc.ir import types as t
from dsmc.ir.evaluate import sort_key
from dsmc.ir.names import shown
from dsmc.ir.ops import CHAINED, LEVELS, OPS, Form, Op
from dsmc.ir.show import show
from dsmc.ir.types import Type

#: How tightly operators bind that have a sign; a sign before its operand binds tightest.
_LEVEL = {sign: level for level, signs in enumerate(LEVELS, start=1) for sign in signs}
_TIGHT = {
    op: _LEVEL[sign] for op, row in OPS.items() for _, sign in row.spellings[:1] if sign in _LEVEL
} | {Op.NEG: len(LEVELS) + 1}
_ATOM = len(LEVELS) + 2


#: Words that cannot be names.
RESERVED = frozenset(
    "action always and assert atomic await bag broadcast buffered choose div either else enum"
    " eventually exists explore fair false faults for forall ghost if iff implies import in intersect"
    " invariant let lock loop ltl map match message minus mod next none not old on option or others"
    " pick quiescent reachable receive reply require return self send seq set skip some stable stop"
    " subset sync the then transition true try catch union until var volatile when where while with"
    " break mutex rwlock".split()
) | frozenset(sign for signs in LEVELS for sign in signs if sign.isalpha())


def ident(name: str) -> str:
    """A name of the tool as a name of the language."""
    text = re.sub(r"\W+", "_", shown(name)).strip("_")
    return f"{text}_" if text in RESERVED else text


def print_system(system: y.System) -> str:
    """The text of a system, ended by a newline."""
    names = _action_names(system)
    parts = [
        f"spec {ident(system.name)}", *_declarations(system), *_functions(system),
        "\n".join(f"var {ident(v.name)}: {_type(v.type)}" for v in system.variables),
        *([_braces("init", system.init)] if system.init else []),
        *(_action(a, names[a.name]) for a in system.actions),
        *(text for p in system.properties if (text := _property(p, names))),
        *([f"explore while {expr(system.within)}"] if system.within != x.TRUE else []),
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


def _action_names(system: y.System) -> dict[str, str]:
    """A name for each action that no variable and no other action has."""
    taken = {ident(v.name) for v in system.variables}
    found: dict[str, str] = {}
    for action in system.actions:
        name = ident(action.name)
        while name in taken:
            name += "_"
        taken.add(name)
        found[action.name] = name
    return found


# ---------------------------------------------------------------- declarations


def _declarations(system: y.System) -> Iterator[str]:
    """The named types, each once; roles and messages with nothing but their names."""
    found = dict.fromkeys(part for of in _types(system) for part in _inside(of))
    roles = "\n".join(f"role {role.name}[{role.size}] {{}}" for role in system.roles)
    yield roles
    lines: list[str] = []
    for of in found:
        match of:
            case t.Enum(name, members):
                lines.append(f"enum {ident(name)} {{ {', '.join(map(ident, members))} }}")
            case t.Symbols(name, size):
                lines.append(f"symbols {name}[{size}]")
            case t.Record(name, fields):
                inner = ", ".join(f"{field}: {_type(kind)}" for field, kind in fields)
                lines.append(f"record {ident(name)} {{ {inner} }}")
            case t.Message(kinds):
                lines += [_message(kind) for kind in kinds]
    yield "\n".join(dict.fromkeys(lines))


def _message(kind: t.MessageKind) -> str:
    fields = ", ".join(f"{name}: {_type(of)}" for name, of in kind.fields)
    return f"message {kind.name}" + (f"({fields})" if fields else "")


def _types(system: y.System) -> Iterator[Type]:
    for variable in system.variables:
        yield variable.type
    for action in system.actions:
        for statement in s.walk(action.body):
            for e in s.exprs_of(statement):
                yield from (part.type for part in x.walk(e))
    for function in system.functions:
        yield function.result
        yield from (of for _, of in function.parameters)
    for prop in system.properties:
        if hasattr(prop, "expr"):
            yield from (part.type for part in x.walk(prop.expr))
        if isinstance(prop, y.Temporal):
            yield from (part.type for e in f.conditions(prop.formula) for part in x.walk(e))


def _inside(of: Type) -> Iterator[Type]:
    for part in t.parts(of):
        yield from _inside(part)
    yield of


def _type(of: Type) -> str:
    match of:
        case t.Record(name) | t.Enum(name):
            return ident(name)
        case t.Option(inner) | t.Set(inner):
            word = "option" if isinstance(of, t.Option) else "set"
            return f"{word}<{_type(inner)}>"
        case t.Map(key, value):
            return f"map<{_type(key)}, {_type(value)}>"
        case t.Seq(inner, bound) | t.Bag(inner, bound):
            word = "seq" if isinstance(of, t.Seq) else "bag"
            return f"{word}<{_type(inner)}{'' if bound is None else f', {bound}'}>"
        case t.Tuple(items):
            return f"({', '.join(map(_type, items))})"
        case _:
            return t.show(of)


def _functions(system: y.System) -> Iterator[str]:
    for function in system.functions:
        params = ", ".join(f"{ident(n)}: {_type(of)}" for n, of in function.parameters)
        yield (
            f"fun {ident(function.name)}({params}): {_type(function.result)} ="
            f" {expr(function.body)}"
        )


def _action(action: y.Action, name: str) -> str:
    values = dict(action.names)
    params = [_param(p) for p in action.params]
    guard = x.substitute(action.guard, values)
    used = {name for e in s.all_exprs(action.body) for name in x.free_names(e)}
    lets = tuple(s.Let(name, value) for name, value in action.names if name in used)
    head = f"{action.fairness.value} action {name}".strip()
    head += f"({', '.join(params)})" if params else ""
    head += f" when {expr(guard)}" if guard != x.TRUE else ""
    origin = action.origin
    title = " ".join(part for part in (origin.role, origin.title) if part)
    place = f", line {origin.span.line}" if origin.span.source.name else ""
    told = f"# {origin.kind.value}: {title}{place}{_owed(action)}\n"
    return told + _braces(head, (*lets, *action.body))


def _owed(action: y.Action) -> str:
    """What is owed to a fair action, where that is not one step for each choice of its parameters."""
    plainly = action.key == tuple(param.name for param in action.params) and not action.owed
    if action.fairness is y.Fairness.NONE or plainly:
        return ""
    together = f" with all of `{shown(action.owed)}`" if action.owed else ""
    return f"; owed{together}" + (
        f" for each {', '.join(map(shown, action.key))}" if action.key else ""
    )


def _param(param: y.Param) -> str:
    where = f" where {expr(param.where)}" if param.where != x.TRUE else ""
    return f"{ident(param.name)} in {_domain(param.domain)}{where}"


def _property(prop: y.Property, names: dict[str, str]) -> str:
    match prop:
        case y.Invariant(name, e):
            return f"invariant {name} {{ {expr(e)} }}"
        case y.Transition(name, e):
            return f"transition {name} {{ {expr(e)} }}"
        case y.Quiescent(name, e):
            return f"quiescent {name} {{ {expr(e)} }}"
        case y.Reachable(name, e):
            return f"reachable {name} {{ {expr(e)} }}"
        case y.Fires(name, actions):
            return "\n".join(f"reachable {name} by action {names[a]}" for a in actions[:1])
        case y.NoDeadlock(_, final):
            return "no deadlock" + (f"\nfinal {{ {expr(final)} }}" if final != x.FALSE else "")
        case y.Law(name, params, e):
            return f"law {name}({', '.join(map(_param, params))}) {{ {expr(e)} }}"
        case y.Temporal(name, _, formula):
            return f"ltl {name} {{ {_formula(formula)} }}"
        case y.Scenario() | y.NoError() | y.Assertion():
            return ""
        case _:
            assert_never(prop)


def _formula(formula: f.Formula) -> str:
    """A formula as text; every operator but the first in parentheses."""

    def inner(part: f.Formula) -> str:
        return f"({_formula(part)})"

    match formula:
        case f.Now(e):
            return expr(e)
        case f.Not(of):
            return f"not {inner(of)}"
        case f.Next(of) | f.Always(of) | f.Eventually(of):
            return f"{type(formula).__name__.lower()} {inner(of)}"
        case f.Both(left, right) | f.Either(left, right) | f.Until(left, right):
            return f"{inner(left)} {_JOINING[type(formula)]} {inner(right)}"
        case _:
            assert_never(formula)


_JOINING: dict[type[f.Formula], str] = {f.Both: "and", f.Either: "or", f.Until: "until"}


# ---------------------------------------------------------------- statements


def _braces(head: str, block: s.Block) -> str:
    lines = [line for statement in block for line in _statement(statement)]
    return "\n".join([f"{head} {{", *(f"  {line}" for line in lines), "}"])


def _block(head: str, block: s.Block) -> list[str]:
    return _braces(head, block).split("\n")


def _statement(statement: s.Statement) -> list[str]:
    match statement:
        case s.Assign(place, value):
            return [f"{_place(place)} := {expr(value)}"]
        case s.Let(name, value):
            return [f"let {ident(name)} = {expr(value)}"]
        case s.Pick(name, _, domain, where):
            condition = f" where {expr(where)}" if where != x.TRUE else ""
            return [f"pick {ident(name)} in {_domain(domain)}{condition}"]
        case s.Choose(branches):
            words = ["either", *["or"] * (len(branches) - 1)]
            return [
                line
                for word, branch in zip(words, branches, strict=True)
                for line in _block(word, branch)
            ]
        case s.If(condition, then, orelse):
            lines = _block(f"if {expr(condition)}", then)
            if orelse:
                rest = _block("else", orelse)
                lines = [*lines[:-1], f"}} {rest[0]}", *rest[1:]]
            return lines
        case s.For(name, _, domain, body):
            return _block(f"for {ident(name)} in {_domain(domain)}", body)
        case s.While(condition, body):
            return _block(f"while {expr(condition)}", body)
        case s.Require(condition):
            return [f"require {expr(condition)}"]
        case s.Assert(condition):
            return [f"assert {expr(condition)}"]
        case s.Mark(kind, args):
            return [f"# {kind} {', '.join(map(expr, args))}".rstrip()]
        case s.Scoped(name, body):
            return [f"# {name}:", *(line for one in body for line in _statement(one))]
        case s.Leave(name):
            return [f"leave {name}" if name else "return"]
        case _:
            return [f"# {type(statement).__name__}"]


def _place(place: s.Place) -> str:
    text = ident(place.base.name)
    for step, of in _steps(place):
        match step, of:
            case s.Key(key), _:
                text += f"[{expr(key)}]"
            case s.Part(index), t.Record(_, fields):
                text += f".{fields[index][0]}"
            case s.Part(index), _:
                text += f".{index}"
    return text


def _steps(place: s.Place) -> Iterator[tuple[s.Step, Type]]:
    """The steps of a way into a variable, each with the type that it steps into."""
    for i, step in enumerate(place.path):
        yield step, s.Place(place.base, place.path[:i]).type


# ---------------------------------------------------------------- expressions


def expr(e: x.Expr) -> str:
    """An expression as text."""
    return _expr(e, 0)


def _expr(e: x.Expr, around: int) -> str:
    """The text, in parentheses if what is around it binds tighter."""
    text, level = _text(e)
    return f"({text})" if level < around else text


def _text(e: x.Expr) -> tuple[str, int]:
    match e:
        case x.Lit(value, of):
            return _literal(of, value), _ATOM if not str(value).startswith("-") else _TIGHT[Op.NEG]
        case x.Local(name):
            return ident(name), _ATOM
        case x.Global(name, _, old):
            return f"old({ident(name)})" if old else ident(name), _ATOM
        case x.Apply():
            return _applied(e)
        case x.Make():
            return _made(e), _ATOM
        case x.Field():
            return _field(e), _ATOM
        case x.IsCase():
            return _is_case(e)
        case x.Cond(condition, yes, no):
            return f"if {expr(condition)} then {expr(yes)} else {expr(no)}", 0
        case x.Let(name, value, body):
            return _text(x.substitute(body, {name: value}))
        case x.Fold():
            return _fold(e)
        case x.Call(function, args):
            return f"{ident(function)}({', '.join(map(expr, args))})", _ATOM
        case x.Convert(of):
            return _text(of)
        case x.Observe(observer, event, args):
            return f"{ident(observer)}.{event}({', '.join(map(expr, args))})", _ATOM
        case _:
            assert_never(e)


def _literal(of: Type, value: t.Value) -> str:
    """A constant; records and enums by the names that they have here."""
    text = show(of, value)
    match of:
        case t.Role(name, 1):
            return f"{name}.1"
        case t.NodeId():
            role, ordinal = t.node_role(of, value)
            return f"{role.name}.{ordinal + 1}"
        case t.Set(inner):
            elements = sorted(value, key=lambda v: sort_key(inner, v))
            return "{" + ", ".join(_literal(inner, v) for v in elements) + "}"
        case t.Seq(inner) | t.Bag(inner):
            return "[" + ", ".join(_literal(inner, v) for v in value) + "]"
        case t.Map(key, inner):
            pairs = zip(t.values(key), value, strict=True)
            return (
                "[" + ", ".join(f"{_literal(key, k)}: {_literal(inner, v)}" for k, v in pairs) + "]"
            )
        case t.Option(inner) if value[0]:
            return f"some({_literal(inner, value[1])})"
        case t.Tuple() | t.Record() | t.Message():
            parts = zip(t.field_types(of, value[0]), value[1:], strict=True)
            name = ident(t.cases(of)[value[0]][0])
            inside = ", ".join(_literal(kind, v) for kind, v in parts)
            return name if isinstance(of, t.Message) and not inside else f"{name}({inside})"
        case t.Enum(_, members):
            return ident(members[value])
        case _:
            return text


def _applied(e: x.Apply) -> tuple[str, int]:
    match e.op, e.args:
        case Op.ALL, _:
            text = _domain(e)
            return text, _TIGHT[Op.RANGE] if ".." in text else _ATOM
        case ((Op.GET | Op.AT | Op.NODE_AT), (of, key)):
            return f"{_expr(of, _ATOM)}[{expr(key)}]", _ATOM
        case Op.PUT, (of, key, value):
            return f"{_expr(of, _ATOM)} with [{expr(key)}: {expr(value)}]", _ATOM
        case Op.SLICE, (of, first, last):
            return f"{_expr(of, _ATOM)}[{expr(first)}..{expr(last)}]", _ATOM
        case Op.REPLACE, (of, place, value):
            at = expr(place)
            return f"{_expr(of, _ATOM)}.remove({at}).insert({at}, {expr(value)})", _ATOM
        case ((Op.NOT | Op.NEG), (of,)):
            word = "not " if e.op is Op.NOT else "-"
            return word + _expr(of, _TIGHT[e.op]), _TIGHT[e.op]
        case op, (left, right) if op in _TIGHT:
            level = _TIGHT[op]
            symbol = OPS[op].spellings[0][1]
            gap = "" if op is Op.RANGE else " "
            chained = symbol in CHAINED
            tight = (level, level + 1) if chained else (level + 1, level + (op is not Op.IMPLIES))
            sides = _expr(left, tight[0]), _expr(right, tight[1])
            return f"{sides[0]}{gap}{symbol}{gap}{sides[1]}", level
    form, word = OPS[e.op].spellings[0]
    if form is Form.FUNCTION:
        return f"{word}({', '.join(map(expr, e.args))})", _ATOM
    rest = f"({', '.join(map(expr, e.args[1:]))})" if form is Form.METHOD else ""
    return f"{_expr(e.args[0], _ATOM)}.{word}{rest}", _ATOM


def _made(e: x.Make) -> str:
    inside = ", ".join(map(expr, e.args))
    match e.type:
        case t.Option():
            return f"some({inside})" if e.case else "none"
        case t.Set():
            return f"{{{inside}}}"
        case t.Map(key):
            pairs = zip(t.values(key), e.args, strict=True)
            return "[" + ", ".join(f"{_literal(key, k)}: {expr(v)}" for k, v in pairs) + "]"
        case t.Tuple() | t.Record() | t.Message():
            name = ident(t.cases(e.type)[e.case][0])
            return name if isinstance(e.type, t.Message) and not inside else f"{name}({inside})"
        case _:
            return f"[{inside}]"


def _field(e: x.Field) -> str:
    match e.of.type:
        case t.Option():
            return f"{_expr(e.of, _ATOM)}?"
        case t.Record(_, fields):
            return f"{_expr(e.of, _ATOM)}.{fields[e.index][0]}"
        case t.Message(kinds):
            kind = kinds[e.case]
            bound = [f"{name}_" for name, _ in kind.fields]
            other = _literal(e.type, t.default(e.type))
            pattern = f"{kind.name}({', '.join(bound)})"
            return f"(match {expr(e.of)} {{ {pattern} => {bound[e.index]}, else => {other} }})"
        case _:
            return f"{_expr(e.of, _ATOM)}.{e.index}"


def _is_case(e: x.IsCase) -> tuple[str, int]:
    if isinstance(e.of.type, t.Option):
        sign = "!=" if e.case else "=="
        return f"{_expr(e.of, _TIGHT[Op.EQ] + 1)} {sign} none", _TIGHT[Op.EQ]
    assert isinstance(e.of.type, t.Message)
    kind = e.of.type.kinds[e.case]
    fields = f"({', '.join(f'{name}_' for name, _ in kind.fields)})" if kind.fields else ""
    others = ", else => false" if len(e.of.type.kinds) > 1 else ""
    return f"(match {expr(e.of)} {{ {kind.name}{fields} => true{others} }})", _ATOM


def _fold(e: x.Fold) -> tuple[str, int]:
    match e.quantifier:
        case x.Quantifier.FORALL | x.Quantifier.EXISTS | x.Quantifier.THE | x.Quantifier.CHOOSE:
            return f"{e.quantifier.value} {_binders(e)}: {expr(e.body)}", 0
        case x.Quantifier.SET:
            return f"{{{expr(e.body)} {_each(e)}}}", _ATOM
        case x.Quantifier.MAP:
            name = ident(e.binders[0].name)
            return f"[{name}: {expr(e.body)} {_each(e)}]", _ATOM
        case _:
            return f"{e.quantifier.value}({expr(e.body)} {_each(e)})", _ATOM


def _binders(e: x.Fold) -> str:
    return ", ".join(
        f"{ident(b.name)} in {_domain(b.domain)}"
        + (f" where {expr(b.where)}" if b.where != x.TRUE else "")
        for b in e.binders
    )


def _each(e: x.Fold) -> str:
    return f"for {_binders(e)}"


def _domain(e: x.Expr) -> str:
    """What is gone through: a type by its name."""
    match e:
        case x.Apply(Op.ALL, _, t.Set(of)):
            return _whole(of)
        case x.Lit(frozenset() as all_, t.Set(t.Int())) if _is_range(all_):
            return f"{min(all_)}..{max(all_)}"
        case _:
            return _expr(e, _TIGHT[Op.RANGE])


def _whole(of: t.Type, name: str = "part") -> str:
    """All values of a type; a type of tuples would be read as a tuple."""
    if not isinstance(of, t.Tuple):
        return _type(of)
    names = [f"{name}_{place}" for place in range(len(of.items))]
    parts = (f"{one} in {_whole(part, one)}" for one, part in zip(names, of.items, strict=True))
    return f"{{({', '.join(names)}) for {', '.join(parts)}}}"


def _is_range(numbers: frozenset[int]) -> bool:
    return len(numbers) > 1 and max(numbers) - min(numbers) == len(numbers) - 1
