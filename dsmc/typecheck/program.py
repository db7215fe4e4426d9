"""A whole spec: files are declared together, then checked part by part, into a `Program`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from dsmc.diagnostics import Diagnostic, Problems
from dsmc.frozen import Frozen, Node, replace
from dsmc.ir import expr as x
from dsmc.ir import system as y
from dsmc.ir import types as t
from dsmc.ir.protocol import MessageDecl, NetworkKind, Program, RoleCode
from dsmc.ir.stmt import Block
from dsmc.source import NOWHERE
from dsmc.syntax import ast
from dsmc.syntax.parser import Parsed
from dsmc.typecheck import (
    collections,
    constants,
    expressions,
    faults,
    properties,
    roles,
    statements,
    traffic,
    types,
    variables,
)
from dsmc.typecheck.declare import declare
from dsmc.typecheck.roles import role_env
from dsmc.typecheck.scope import CONSTANT, Env, Mode, Scope


class Instance(Frozen):
    """What a model (or the command line) sets in place of the spec's own.

    `constants` are the values of constants; `faults`, `network` and `explore` replace what the
    spec declares.
    """

    constants: tuple[tuple[ast.Ident, ast.Expr], ...] = ()
    faults: ast.Faults | None = None
    network: ast.Network | None = None
    explore: ast.Explore | None = None


class Checked(Frozen):
    """The checked spec (None if it has mistakes), and all mistakes."""

    program: Program | None
    problems: tuple[Diagnostic, ...]


def check_spec(files: tuple[Parsed, ...], instance: Instance) -> Checked:
    """Check a spec, given as its files in order (those it imports first)."""
    problems = Problems()
    for parsed in files:
        problems.extend(parsed.problems)
    forgiven = frozenset(name for parsed in files for name in parsed.broken_names)
    scope = Scope(problems, forgiven)
    written = [(item, parsed) for parsed in files for item in parsed.file.items]
    items = [(item, parsed) for item, parsed in written if declare(scope, item)]
    _instantiate(scope, instance)
    try:
        program = _program(scope, items, instance)
    except RecursionError:
        where = items[0][0].span if items else NOWHERE
        problems.add("D104", where, "something in this spec is nested too deeply to be read")
        return Checked(None, problems.sorted())
    found = problems.sorted()
    return Checked(None if found else program, found)


def _instantiate(scope: Scope, instance: Instance) -> None:
    for name, value in instance.constants:
        declared = scope.declared.get(name.text)
        if declared is None or not isinstance(declared.node, ast.Const):
            known = [n for n, d in scope.declared.items() if isinstance(d.node, ast.Const)]
            scope.unknown(name.text, name.span, "constant", known)
        scope.overrides[name.text] = value


Items = list[tuple[ast.Declaration, Parsed]]


def _program(scope: Scope, items: Items, instance: Instance) -> Program:
    _roles(scope, items)
    network = _network(scope, items, instance)
    messages = _messages(scope, items, network)
    _everything_named(scope, items)
    codes = tuple(
        roles.check_role(scope, node, role, parsed)
        for (node, parsed), role in zip(_of(items, ast.Role), scope.roles, strict=True)
    )
    init = _init(scope, items)
    actions = tuple(_action(scope, node, p.doc(node)) for node, p in _of(items, ast.Action))
    found_faults = faults.check_faults(scope, _faults(items, instance))
    found = tuple(p for item, of in items for p in properties.check_property(scope, item, of))
    return Program(
        name=_name(items), roles=scope.roles, messages=messages, codes=codes,
        procs=tuple(scope.procs.values()), faults=found_faults,
        variables=_variables(scope, items), functions=_pure(scope), init=init,
        actions=actions, properties=(*found, *_deadlock(scope, items, codes)),
        within=_within(scope, items, instance), refusals=tuple(scope.refusals),
        file=items[-1][1].source.name if items else "",
    )  # fmt: skip


N = TypeVar("N", bound=Node)


def _of(items: Items, kind: type[N]) -> Iterator[tuple[N, Parsed]]:
    for item, parsed in items:
        if isinstance(item, kind):
            yield item, parsed


def _name(items: Items) -> str:
    names = [item.name.text for item, _ in _of(items, ast.SpecName)]
    return names[-1] if names else "spec"


# ---------------------------------------------------------------- roles and messages


def _roles(scope: Scope, items: Items) -> None:
    first = 0
    for node, _ in _of(items, ast.Role):
        size = constants.count(scope, node.count, "role", 1) if node.count else 1
        role = t.Role(node.name.text, size, first)
        first += size
        scope.roles = (*scope.roles, role)
        scope.types[role.name] = role
        scope.labels[role.name] = frozenset(traffic.labels(node.members))
        threads = [
            constants.count(scope, m.count, "process", 1) if m.count else 1
            for m in node.members
            if isinstance(m, ast.Process)
        ]
        scope.threads = max(scope.threads, sum(threads))
    scope.all_labels = sorted(traffic.labels(tuple(item for item, _ in items)))


def _network(scope: Scope, items: Items, instance: Instance) -> NetworkKind:
    written = [node for node, _ in _of(items, ast.Network)]
    chosen = instance.network or (written[-1] if written else None)
    if chosen is None:
        return NetworkKind.UNORDERED
    known = [kind.value for kind in NetworkKind]
    if chosen.kind.text not in known:
        scope.unknown(chosen.kind.text, chosen.kind.span, "network", known)
        return NetworkKind.UNORDERED
    return NetworkKind(chosen.kind.text)


def _messages(scope: Scope, items: Items, network: NetworkKind) -> tuple[MessageDecl, ...]:
    nodes = [node for node, _ in _of(items, ast.Message)]
    procedures = {node.name.text: node for node, _ in _of(items, ast.Procedure)}
    sent = {node.name.text: _sent(node, procedures) for node, _ in _of(items, ast.Role)}
    handled = {node.name.text: traffic.handled_by(node.members) for node, _ in _of(items, ast.Role)}
    for node in nodes:
        name = node.name.text
        scope.senders[name] = _ends(scope, sent, {name, traffic.ANY})
        scope.receivers[name] = _ends(scope, handled, {name})
    scope.messages = tuple(_kind(scope, node) for node in nodes)
    return tuple(
        _message(scope, node, kind, network)
        for node, kind in zip(nodes, scope.messages, strict=True)
    )


def _sent(node: ast.Role, procedures: dict[str, ast.Procedure]) -> set[str]:
    own = {m.name.text: m for m in node.members if isinstance(m, ast.Procedure)}
    code = tuple(m for m in node.members if not isinstance(m, ast.Procedure))
    return traffic.sent_by(code, {**procedures, **own})


def _ends(scope: Scope, traffic_of: dict[str, set[str]], kinds: set[str]) -> t.Role | t.NodeId:
    """The one role that sends (or handles) a message, or else any node."""
    found = [role for role in scope.roles if traffic_of[role.name] & kinds]
    return found[0] if len(found) == 1 else scope.node_type()


def _kind(scope: Scope, node: ast.Message) -> t.MessageKind:
    fields: dict[str, t.Type] = {}
    for field in node.fields:
        if field.name.text in fields:
            scope.problems.add("D202", field.name.span, f"`{field.name.text}` is declared twice")
        of = types.resolve(scope, field.type)
        if _holds_message(of):
            scope.problems.add("D304", field.type.span, "a message cannot carry a `message`")
            of = t.UNKNOWN
        fields[field.name.text] = of
    return t.MessageKind(node.name.text, tuple(fields.items()))


def _holds_message(of: t.Type) -> bool:
    return isinstance(of, t.Message) or any(map(_holds_message, t.parts(of)))


def _message(
    scope: Scope, node: ast.Message, kind: t.MessageKind, network: NetworkKind
) -> MessageDecl:
    lossy, known = False, [k.value for k in NetworkKind]
    for option in node.options:
        if option.text == "lossy":
            lossy = True
        elif option.text in known:
            network = NetworkKind(option.text)
        elif option.text != "signed":
            scope.unknown(
                option.text, option.span, "option of a message", [*known, "lossy", "signed"]
            )
    name = kind.name
    return MessageDecl(kind, network, lossy, scope.senders[name], scope.receivers[name]).at(
        node.name.span
    )


# ---------------------------------------------------------------- everything else


def _everything_named(scope: Scope, items: Items) -> None:
    """Look at every declaration once, used or not, so that every mistake is found."""
    for item, _ in items:
        with scope.unit():
            match item:
                case ast.Const(name):
                    constants.constant(scope, name.text)
                case ast.Enum(name) | ast.Symbols(name):
                    types.lookup(scope, name.text, name.span)
                case ast.Record(name, ()) | ast.TypeAlias_(name, ()):
                    types.lookup(scope, name.text, name.span)
                case ast.Function(_, ()):
                    _function(scope, item, "")
                case ast.Procedure():
                    pass
                case ast.History() | ast.Object():
                    what = "histories" if isinstance(item, ast.History) else "objects"
                    scope.refuse("D903", item.span, f"{what} cannot be executed yet")
                case ast.Role(name, _, members):
                    _role_members(scope, name.text, members)
                case _:
                    continue
    for item, _ in items:
        if isinstance(item, ast.Assume):
            _assume(scope, item)


def _function(scope: Scope, node: ast.Function, role: str) -> None:
    from dsmc.typecheck import functions

    if not node.type_parameters:
        functions.instance(scope, functions.Candidate(node, role), {}, node.name.span)


def _role_members(scope: Scope, role: str, members: tuple[ast.RoleMember, ...]) -> None:
    of = next(r for r in scope.roles if r.name == role)
    for member in members:
        match member:
            case ast.Variable(_, name):
                variables.of_role(scope, of, name.text)
            case ast.Clock(name):
                variables.of_role(scope, of, name.text)
                scope.refuse("D904", member.span, "clocks cannot be executed yet")
            case ast.Function():
                _function(scope, member, role)


def _assume(scope: Scope, node: ast.Assume) -> None:
    e = expressions.truth(scope, node.condition, CONSTANT, "an assumption")
    if constants.value_of(scope, e).value is not False:
        return
    used = {
        n.ident.text
        for n in traffic.inside(node.condition)
        if isinstance(n, ast.Name) and n.ident.text in scope.constants
    }
    values = ", ".join(f"{name} = {scope.constants[name].value}" for name in sorted(used))
    scope.problems.add(
        "D403",
        node.condition.span,
        "the constants do not satisfy this assumption",
        label=f"with {values}" if values else "",
        help="choose other values in the model or with `-D`",
    )


def _pure(scope: Scope) -> tuple[y.Function, ...]:
    """The functions that are called; those that look at the state are part of their callers."""
    return tuple(f for f in scope.functions.values() if f.name not in scope.looking)


def _variables(scope: Scope, items: Items) -> tuple[y.Variable, ...]:
    """All variables in the order of the text; those the tool made up come last."""
    found = []
    for item, parsed in items:
        match item:
            case ast.Variable(_, name):
                env = Env({}, Mode.CODE, ghost=item.storage == "ghost")
                found.append(_started(scope, name.text, item, env, "", parsed))
            case ast.Role(role, _, members):
                of = next(r for r in scope.roles if r.name == role.text)
                for member in members:
                    if isinstance(member, ast.Variable):
                        key = f"{role.text}.{member.name.text}"
                        env = replace(role_env(of), ghost=member.storage == "ghost")
                        found.append(_started(scope, key, member, env, "self", parsed))
    made_up = [v for v in scope.variables.values() if v.storage is y.Storage.INTERNAL]
    return (*found, *made_up)


def _started(
    scope: Scope, key: str, node: ast.Variable, env: Env, me: str, parsed: Parsed
) -> y.Variable:
    """The variable with its first value."""
    variable = scope.variables.get(key) or variables.shared(scope, key)
    of = variable.type.value if me and isinstance(variable.type, t.Map) else variable.type
    with scope.unit():
        match node.start:
            case ast.StartsAs(value):
                e = expressions.check(
                    scope, value, env, of, f"the first value of `{node.name.text}`"
                )
                start = y.Start(e, None, me)
            case ast.StartsIn(domain):
                start = y.Start(None, _choices(scope, domain, env, of), me)
            case None:
                start = y.Start(None, None, me)
    return replace(variable, start=start, doc=parsed.doc(node))


def _choices(scope: Scope, domain: ast.Expr, env: Env, of: t.Type) -> x.Expr:
    choices = collections.domain(scope, domain, env, t.Set(of))
    element = choices.type.of if isinstance(choices.type, t.Set) else t.UNKNOWN
    from dsmc.typecheck.conversion import POISON, convert

    if isinstance(element, t.Unknown) or isinstance(of, t.Unknown):
        return POISON
    probe = convert(scope, x.Local("", element), of, domain.span, "each first value")
    return POISON if probe == POISON else choices


def _init(scope: Scope, items: Items) -> Block:
    found: Block = ()
    for node, _ in _of(items, ast.Init):
        with scope.unit():
            frame = statements.Frame(Env({}, Mode.CODE), statements.Style.INIT)
            found += statements.block(scope, node.body, frame)
    return found


def _action(scope: Scope, node: ast.Action, doc: str) -> y.Action:
    with scope.unit():
        params, env = roles.parameters(scope, node.binders, Env({}, Mode.CODE))
        guard = roles.guard(scope, node.when, env)
        body = statements.block(scope, node.body, statements.Frame(env, statements.Style.STEP))
    origin = y.Origin(y.Kind.ACTION, node.name.text).at(node.span)
    name = node.name.text
    fairness = y.Fairness(node.fairness)
    return y.Action(name, params, (), guard, body, fairness, origin, doc).at(node.name.span)


def _faults(items: Items, instance: Instance) -> ast.Faults | None:
    if instance.faults is not None:
        return instance.faults
    clauses = tuple(c for node, _ in _of(items, ast.Faults) for c in node.clauses)
    return ast.Faults(clauses) if clauses else None


def _deadlock(scope: Scope, items: Items, codes: tuple[RoleCode, ...]) -> tuple[y.Property, ...]:
    """The deadlock property: asked for, or because code can block."""
    asked = [node for node, _ in _of(items, ast.NoDeadlock)]
    if not asked and not any(code.processes for code in codes):
        return ()
    final = properties.final(scope, [node for node, _ in _of(items, ast.Final)])
    span = asked[0].span if asked else NOWHERE
    return (y.NoDeadlock("no_deadlock", final if final is not None else x.FALSE).at(span),)


def _within(scope: Scope, items: Items, instance: Instance) -> x.Expr:
    written = [node for node, _ in _of(items, ast.Explore)]
    written += [instance.explore] if instance.explore else []
    with scope.unit():
        parts = [
            expressions.truth(scope, w.condition, properties.PROPERTY, "the bound") for w in written
        ]
    return x.conjunction(parts)
