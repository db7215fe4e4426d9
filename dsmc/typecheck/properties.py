"""Properties: what must hold, what must be reachable, what may happen in which order."""

from __future__ import annotations

from collections.abc import Callable

from dsmc.frozen import Node
from dsmc.ir import expr as x
from dsmc.ir import system as y
from dsmc.ir import temporal as f
from dsmc.ir import types as t
from dsmc.ir.faults import separated
from dsmc.ir.temporal import Formula
from dsmc.ir.types import Value
from dsmc.source import Span
from dsmc.syntax import ast
from dsmc.syntax.parser import Parsed
from dsmc.typecheck import constants, expressions, roles, temporal, types
from dsmc.typecheck.scope import CONSTANT, Env, Mode, Scope

PROPERTY = Env({}, Mode.PROPERTY, ghost=True)
STEP_PROPERTY = Env({}, Mode.PROPERTY, ghost=True, old=True)

#: What the forms of properties say of a condition on whole runs.
_TEMPORAL: dict[str, Callable[[Formula], Formula]] = {
    "eventually": f.Eventually,
    "always eventually": lambda now: f.Always(f.Eventually(now)),
    "eventually always": lambda now: f.Eventually(f.Always(now)),
}


def check_property(scope: Scope, node: ast.Declaration, parsed: Parsed) -> list[y.Property]:
    """The checked property; none if it has a mistake or cannot be executed yet."""
    with scope.unit():
        made = _property(scope, node, parsed.doc(node))
    return [] if made is None else [made.at(_name_of(node))]


def _name_of(node: Node) -> Span:
    name = getattr(node, "name", None)
    return name.span if isinstance(name, ast.Ident) else node.span


def _property(scope: Scope, node: ast.Declaration, doc: str) -> y.Property | None:
    match node:
        case ast.Formula(kind, name, value):
            return _formula(scope, kind, name, value, doc)
        case ast.Witness(name, value):
            e = expressions.truth(scope, value, PROPERTY, "what is to be reached")
            return y.Reachable(name.text, e, doc)
        case ast.WitnessAction(name, dotted):
            return _fires(scope, name.text, dotted, doc)
        case ast.Law(name, binders, value):
            params, env = roles.parameters(scope, binders, Env({}, Mode.PURE))
            return y.Law(name.text, params, expressions.truth(scope, value, env, "a law"), doc)
        case ast.LeadsTo(name, trigger, goal):
            sides = (_now(scope, part, "each side of `leads to`") for part in (trigger, goal))
            return y.Temporal(name.text, "leads to", f.leads_to(*sides), doc)
        case ast.Scenario():
            return _scenario(scope, node, doc)
    return None


def _now(scope: Scope, written: ast.Expr, what: str) -> Formula:
    return f.Now(expressions.truth(scope, written, PROPERTY, what)).at(written.span)


def _formula(scope: Scope, kind: str, name: ast.Ident, value: ast.Expr, doc: str) -> y.Property:
    if kind == "ltl":
        return y.Temporal(name.text, kind, temporal.formula(scope, value, PROPERTY), doc)
    if kind in _TEMPORAL:
        now = _now(scope, value, f"what `{kind}` says")
        return y.Temporal(name.text, kind, _TEMPORAL[kind](now), doc)
    env = STEP_PROPERTY if kind == "transition" else PROPERTY
    e = expressions.truth(scope, value, env, f"what `{kind}` says")
    match kind:
        case "invariant":
            return y.Invariant(name.text, e, doc)
        case "transition":
            return y.Transition(name.text, e, doc)
        case "quiescent":
            return y.Quiescent(name.text, e, doc)
        case _:
            raise AssertionError(kind)


def _fires(scope: Scope, name: str, dotted: ast.Dotted, doc: str) -> y.Property | None:
    wanted = ".".join(part.text for part in dotted.items)
    known = action_names(scope)
    found = tuple(full for full in known if full == wanted or full.partition(".")[2] == wanted)
    if not found:
        scope.unknown(
            wanted, dotted.span, "action", {*known, *(k.rpartition(".")[2] for k in known)}
        )
        return None
    return y.Fires(name, found, doc)


def action_names(scope: Scope) -> list[str]:
    """The names of all actions and timeouts; those of a role after its name and a dot."""
    found = [n for n, d in scope.declared.items() if isinstance(d.node, ast.Action)]
    for role, members in scope.role_members.items():
        found += [
            f"{role}.{n}"
            for n, d in members.items()
            if isinstance(d.node, ast.Action | ast.Timeout)
        ]
    return found


# ---------------------------------------------------------------- scenarios


def _scenario(scope: Scope, node: ast.Scenario, doc: str) -> y.Property | None:
    steps = [_step(scope, step) for step in node.steps]
    found = tuple(step for step in steps if step is not None)
    return (
        y.Scenario(node.name.text, found, node.impossible, doc)
        if len(found) == len(steps)
        else None
    )


def _step(scope: Scope, step: ast.ScenarioStep) -> y.ScriptStep | None:
    match step:
        case ast.AnySteps():
            return y.AnySteps().at(step.span)
        case ast.Expects(condition):
            e = expressions.truth(scope, condition, PROPERTY, "what is expected")
            return y.Expectation(e).at(step.span)
        case ast.TakesAction(path, arguments):
            made = _takes_action(scope, path, arguments or ())
        case ast.TakesMessage(path, pattern, sender):
            made = _takes_message(scope, path, pattern, sender)
        case ast.TakesStep(path, label):
            made = _takes_step(scope, path, label)
        case ast.TakesFault():
            made = _takes_fault(scope, step)
        case ast.TakesHeal():
            made = y.Take("fault", "heal", "", ())
        case ast.TakesPartition(groups):
            made = y.Take("fault", "partition", "", (("cut", separated(split(scope, groups))),))
        case ast.Broken():
            return None
    return made.at(step.span) if made else None


def _takes_step(scope: Scope, path: ast.Path, label: ast.Ident | None) -> y.Take | None:
    node = _node(scope, path)
    if node is None:
        return None
    labels = scope.labels[node[0].name]
    if label is not None and label.text not in labels:
        scope.unknown(label.text, label.span, f"label of `{node[0].name}`", labels)
    return y.Take("process", label.text if label else "", node[0].name, (("self", node[1]),))


def _node(scope: Scope, path: ast.Path) -> tuple[t.Role, int] | None:
    """The node that a path names: `Replica.2`, or `Coordinator` if there is only one."""
    first = path.items[0]
    role = next(
        (r for r in scope.roles if isinstance(first, ast.Ident) and r.name == first.text), None
    )
    match role, path.items[1:]:
        case t.Role(), (ast.Number(n),) if 1 <= n <= role.size:
            return role, n - 1
        case t.Role(_, 1), ():
            return role, 0
        case _:
            known = [f"{r.name}.{i + 1}" for r in scope.roles for i in range(r.size)]
            scope.unknown(path.span.text, path.span, "node", known)
            return None


def _takes_action(
    scope: Scope, path: ast.Path, arguments: tuple[ast.Expr | ast.NamedArgument, ...]
) -> y.Take | None:
    labels: list[tuple[str, Value]] = []
    last = path.items[-1]
    role = ""
    table = scope.declared
    if len(path.items) > 1:
        node = _node(scope, ast.Path(path.items[:-1]).at(path.span))
        if node is None:
            return None
        role = node[0].name
        labels.append(("self", node[1]))
        table = scope.role_members.get(role, {})
    name = last.text if isinstance(last, ast.Ident) else ""
    declared = table.get(name)
    match declared.node if declared else None:
        case ast.Action(_, _, binders):
            names = [ident.text for b in binders for ident in b.names]
        case ast.Timeout():
            names = []
        case _:
            known = [n for n, d in table.items() if isinstance(d.node, ast.Action | ast.Timeout)]
            scope.unknown(name, path.span, "action", known)
            return None
    labels += _labels(scope, names, arguments, path.span)
    return y.Take("action", name, role, tuple(labels))


def _labels(
    scope: Scope, names: list[str], arguments: tuple[ast.Expr | ast.NamedArgument, ...], span: Span
) -> list[tuple[str, Value]]:
    if len(arguments) > len(names):
        scope.problems.add("D311", span, f"this takes {len(names)} arguments")
    found = []
    for place, argument in enumerate(arguments[: len(names)]):
        named = isinstance(argument, ast.NamedArgument)
        name = argument.name.text if isinstance(argument, ast.NamedArgument) else names[place]
        value = argument.value if isinstance(argument, ast.NamedArgument) else argument
        if named and name not in names:
            scope.unknown(name, argument.span, "parameter", names)
        if isinstance(value, ast.Name) and value.ident.text == "_":
            continue
        literal = constants.value_of(scope, expressions.infer(scope, value, CONSTANT))
        found.append((name, literal.value))
    return found


def _takes_message(
    scope: Scope, path: ast.Path, pattern: ast.Pattern, sender: ast.Path | None
) -> y.Take | None:
    node = _node(scope, path)
    kind = next((k for k in scope.messages if k.name == pattern.message), None)
    if kind is None:
        scope.unknown(pattern.message, pattern.span, "message", [k.name for k in scope.messages])
    if node is None or kind is None:
        return None
    labels: list[tuple[str, Value]] = [("self", node[1])]
    if sender is not None:
        found = _node(scope, sender)
        if found is not None:
            labels.append(("from", found[0].first + found[1]))
    labels += _message_labels(scope, kind, pattern.arguments)
    return y.Take("message", kind.name, node[0].name, tuple(labels))


def _message_labels(
    scope: Scope, kind: t.MessageKind, arguments: tuple[ast.Expr | ast.NamedArgument, ...]
) -> list[tuple[str, Value]]:
    found = []
    for (name, of), argument in zip(kind.fields, arguments, strict=False):
        value = argument.value if isinstance(argument, ast.NamedArgument) else argument
        if isinstance(value, ast.Name) and value.ident.text == "_":
            continue
        literal = constants.value_of(scope, expressions.check(scope, value, CONSTANT, of, name))
        found.append((name, literal.value))
    return found


def _takes_fault(scope: Scope, step: ast.TakesFault) -> y.Take | None:
    """`crash Coordinator.1`, or `lose Vote(true) from P.1 to C.1`."""
    first = step.path.items[0]
    kind = next(
        (k for k in scope.messages if isinstance(first, ast.Ident) and k.name == first.text), None
    )
    if kind is None:
        node = _node(scope, step.path)
        return node and y.Take("fault", step.fault, node[0].name, (("self", node[1]),))
    labels: list[tuple[str, Value]] = [("message", kind.name)]
    labels += _message_labels(scope, kind, step.arguments or ())
    for word, end in (("from", step.sender), ("to", step.to)):
        node = _node(scope, end) if end is not None else None
        if node is not None:
            labels.append((word, node[0].first + node[1]))
    return y.Take("fault", step.fault, "", tuple(labels))


def split(scope: Scope, groups: ast.Groups) -> tuple[frozenset[int], ...]:
    """The groups of a partition: sets of the ordinals of nodes."""
    return tuple(
        frozenset(n for item in group.items for n in _member(scope, item)) for group in groups.items
    )


def _member(scope: Scope, written: ast.Expr) -> list[int]:
    """A node of a group: `Replica.1`, a whole role, or a number where there is only one role."""
    match written:
        case ast.Number(value):
            if len(scope.roles) != 1 or not 1 <= value <= scope.roles[0].size:
                scope.problems.add(
                    "D404",
                    written.span,
                    f"which node is {value}?",
                    help="name it: `Role.1`",
                )
                return []
            return [value - 1]
        case ast.Numbered(ast.Name(ident), number):
            found = _node(scope, ast.Path((ident, ast.Number(number))).at(written.span))
            return [found[0].first + found[1]] if found else []
        case ast.Name(ident):
            of = types.lookup(scope, ident.text, ident.span)
            if isinstance(of, t.Role):
                return list(range(of.first, of.first + of.size))
    scope.problems.add("D404", written.span, "a group is made of nodes", help="`{Role.1, Role.2}`")
    return []


def final(scope: Scope, finals: list[ast.Final]) -> x.Expr | None:
    """What `final` says; None if the spec does not."""
    parts = [expressions.truth(scope, f.value, PROPERTY, "`final`") for f in finals]
    return x.conjunction(parts) if parts else None
