"""A whole spec: files are declared together, then checked part by part, into a `Program`."""

from __future__ import annotations

from dsmc.diagnostics import Diagnostic, Problems
from dsmc.frozen import Frozen, replace
from dsmc.ir import expr as x
from dsmc.ir import system as y
from dsmc.ir import types as t
from dsmc.ir.protocol import Program, RoleCode
from dsmc.ir.stmt import Block
from dsmc.source import NOWHERE
from dsmc.syntax import ast
from dsmc.syntax.parser import Parsed
from dsmc.typecheck import (
    binding,
    constants,
    definitions,
    expressions,
    faults,
    functions,
    histories,
    properties,
    protocol,
    roles,
    statements,
    traffic,
    types,
    variables,
)
from dsmc.typecheck.declare import declare
from dsmc.typecheck.instance import Instance
from dsmc.typecheck.protocol import Items, declared_as
from dsmc.typecheck.roles import role_env
from dsmc.typecheck.scope import CONSTANT, Env, Mode, Scope


class Checked(Frozen):
    """The checked spec (None if it has mistakes), and all mistakes."""

    program: Program | None
    problems: tuple[Diagnostic, ...]


def check_spec(files: tuple[Parsed, ...], instance: Instance) -> Checked:
    """Check a spec, given as its files in order (those it imports first)."""
    problems = Problems()
    scope, items = scope_of(files, instance, problems)
    try:
        program = _program(scope, items, instance)
    except RecursionError:
        where = items[0][0].span if items else NOWHERE
        problems.add("D104", where, "something in this spec is nested too deeply to be read")
        return Checked(None, problems.sorted())
    found = problems.sorted()
    return Checked(None if found else program, found)


def scope_of(
    files: tuple[Parsed, ...], instance: Instance, problems: Problems
) -> tuple[Scope, Items]:
    """What the files declare, with what an instance sets in it; nothing of it is checked yet."""
    for parsed in files:
        problems.extend(parsed.problems)
    forgiven = frozenset(name for parsed in files for name in parsed.broken_names)
    scope = Scope(problems, forgiven)
    written = [(item, parsed) for parsed in files for item in parsed.file.items]
    items = [(item, parsed) for item, parsed in written if declare(scope, item)]
    _instantiate(scope, instance)
    return scope, items


def _instantiate(scope: Scope, instance: Instance) -> None:
    for name, value in instance.constants:
        declared = scope.declared.get(name.text)
        if declared is None or not isinstance(declared.node, ast.Const):
            known = [n for n, d in scope.declared.items() if isinstance(d.node, ast.Const)]
            scope.unknown(name.text, name.span, "constant", known)
        scope.overrides[name.text] = value


def _program(scope: Scope, items: Items, instance: Instance) -> Program:
    protocol.roles(scope, items)
    network = protocol.network(scope, items, instance)
    messages = protocol.messages(scope, items, network)
    _everything_named(scope, items)
    codes = tuple(
        roles.check_role(scope, node, role, parsed)
        for (node, parsed), role in zip(declared_as(items, ast.Role), scope.roles, strict=True)
    )
    starts = _starts(scope, items)
    actions = tuple(_action(scope, node, p.doc(node)) for node, p in declared_as(items, ast.Action))
    found_faults = faults.check_faults(scope, _faults(items, instance))
    faults.check_in_flight(scope, messages, found_faults)
    found = tuple(p for item, of in items for p in properties.check_property(scope, item, of))
    every = (*found, *_deadlock(scope, items, codes))
    within = _within(scope, items, instance)
    started = _variables(scope, items)
    # All expressions are checked by now: what they use of functions and variables is known.
    pure = functions.pure(scope)
    return Program(
        name=_name(items), roles=scope.roles, messages=messages, codes=codes,
        procs=tuple(scope.procs.values()), faults=found_faults, variables=started,
        functions=pure, starts=starts, actions=actions, properties=every,
        within=within, refusals=tuple(scope.refusals),
        file=items[-1][1].source.name if items else "",
        histories=tuple(definitions.complete(h, pure) for h in scope.histories.values()),
        promises=histories.promises(scope, [(item, of.doc(item)) for item, of in items]),
    )  # fmt: skip


def _name(items: Items) -> str:
    names = [item.name.text for item, _ in declared_as(items, ast.SpecName)]
    return names[-1] if names else "spec"


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
                case ast.History():
                    made = histories.history(scope, item)
                    if made is not None:
                        scope.histories[made.name] = made
                case ast.Object(_, ()):
                    definitions.defined(scope, item, {})
                case ast.Role(name, _, members):
                    _role_members(scope, name.text, members)
                case _:
                    continue
    for item, _ in items:
        if isinstance(item, ast.Assume):
            _assume(scope, item)


def _function(scope: Scope, node: ast.Function, role: str) -> None:
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
                    key = (
                        f"{role.text}.{member.name.text}"
                        if isinstance(member, ast.Variable)
                        else ""
                    )
                    if isinstance(member, ast.Variable) and key in scope.variables:
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
    choices = binding.domain(scope, domain, env, t.Set(of))
    element = choices.type.of if isinstance(choices.type, t.Set) else t.UNKNOWN
    from dsmc.typecheck.conversion import POISON, convert

    if isinstance(element, t.Unknown) or isinstance(of, t.Unknown):
        return POISON
    probe = convert(scope, x.Local("", element), of, domain.span, "each first value")
    return POISON if probe == POISON else choices


def _starts(scope: Scope, items: Items) -> tuple[Block, ...]:
    found: list[Block] = []
    for node, _ in declared_as(items, ast.Init):
        with scope.unit():
            frame = statements.Frame(Env({}, Mode.CODE), statements.Style.INIT)
            found.append(statements.block(scope, node.body, frame))
    return tuple(found)


def _action(scope: Scope, node: ast.Action, doc: str) -> y.Action:
    with scope.unit():
        params, env = roles.parameters(scope, node.binders, Env({}, Mode.CODE))
        guard = roles.guard(scope, node.when, env)
        body = statements.block(scope, node.body, statements.Frame(env, statements.Style.STEP))
    origin = y.Origin(y.Kind.ACTION, node.name.text).at(node.span)
    name = node.name.text
    fairness = y.Fairness(node.fairness)
    key = tuple(param.name for param in params)
    action = y.Action(name, params, (), guard, body, fairness, origin, doc, key)
    return action.at(node.name.span)


def _faults(items: Items, instance: Instance) -> ast.Faults | None:
    if instance.faults is not None:
        return instance.faults
    clauses = tuple(c for node, _ in declared_as(items, ast.Faults) for c in node.clauses)
    return ast.Faults(clauses) if clauses else None


def _deadlock(scope: Scope, items: Items, codes: tuple[RoleCode, ...]) -> tuple[y.Property, ...]:
    """The deadlock property: asked for, or because code can block."""
    asked = [node for node, _ in declared_as(items, ast.NoDeadlock)]
    if not asked and not any(code.processes for code in codes):
        return ()
    final = properties.final(scope, [node for node, _ in declared_as(items, ast.Final)])
    span = asked[0].span if asked else NOWHERE
    return (y.NoDeadlock("no_deadlock", final if final is not None else x.FALSE).at(span),)


def _within(scope: Scope, items: Items, instance: Instance) -> x.Expr:
    written = [node for node, _ in declared_as(items, ast.Explore)]
    written += [instance.explore] if instance.explore else []
    with scope.unit():
        parts = [
            expressions.truth(scope, w.condition, properties.PROPERTY, "the bound") for w in written
        ]
    return x.conjunction(parts)
