"""From Lark's parse tree to the syntax tree: one small maker for each rule of the grammar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lark import Token, Tree

from dsmc.frozen import Node
from dsmc.source import Source, Span
from dsmc.syntax import ast

Maker = Callable[..., Any]


def build(tree: Tree[Token], source: Source) -> ast.File:
    """The syntax tree of a parsed file."""
    node = _node(tree, source)
    assert isinstance(node, ast.File)
    return node


def _node(part: Tree[Token] | Token | None, source: Source) -> Any:
    if part is None:
        return None
    if isinstance(part, Token):
        return _leaf(part, source)
    children = [_node(child, source) for child in part.children]
    made = _MAKERS[part.data](*children)
    if isinstance(made, Node) and not part.meta.empty and part.data not in _TRANSPARENT:
        made.at(Span(source, part.meta.start_pos, part.meta.end_pos))
    return made


def _leaf(token: Token, source: Source) -> Any:
    if token.type == "INT":
        return ast.Number(int(token)).at(_span(token, source))
    if token.type == "STRING":
        return ast.Quoted(token[1:-1]).at(_span(token, source))
    if token.type == "BROKEN":
        return ast.Broken(str(token))
    return str(token)


def _span(token: Token, source: Source) -> Span:
    return Span(source, token.start_pos or 0, token.end_pos or 0)


def _many(*children: Any) -> tuple[Any, ...]:
    return tuple(child for child in children if child is not None)


def _listing(cls: Callable[[tuple[Any, ...]], Node]) -> Maker:
    """A node that holds all its children in one tuple."""
    return lambda *children: cls(_many(*children))


def _words(*tokens: str | None) -> str:
    return " ".join(token for token in tokens if token)


def _binary(op: str) -> Maker:
    return lambda left, right: ast.Binary(left, op, right)


def _binder(names: tuple[ast.Ident, ...], domain: ast.Expr, where: ast.Expr | None) -> ast.Binder:
    return ast.Binder(names, domain, where)


def _let(names: ast.Ident | tuple[ast.Ident, ...], value: ast.Expr) -> ast.Let:
    return ast.Let(names if isinstance(names, tuple) else (names,), value)


def _count(number: ast.Expr | str) -> ast.Count:
    return ast.Count(None if isinstance(number, str) else number)


def _type_name(name: ast.Ident | str) -> ast.TypeName:
    return ast.TypeName(name if isinstance(name, ast.Ident) else ast.Ident(name))


def _either(*branches: ast.Block) -> ast.Either:
    return ast.Either(branches)


_MAKERS: dict[str, Maker] = {
    "start": _listing(ast.File),
    "broken": lambda broken: broken,
    # names
    "ident": ast.Ident,
    "plain_name": ast.Ident,
    "quantity_name": ast.Name,
    "ident_list": _many,
    "dotted": _listing(ast.Dotted),
    "path": lambda first, *rest: ast.Path((ast.Ident(first), *rest)),
    "first_word": str,
    # declarations
    "spec_name": ast.SpecName,
    "import_file": ast.ImportFile,
    "const": ast.Const,
    "assume": ast.Assume,
    "enum": ast.Enum,
    "symbols": ast.Symbols,
    "record": lambda name, parameters, fields: ast.Record(name, parameters or (), fields),
    "fields": _many,
    "type_alias": lambda name, parameters, of: ast.TypeAlias_(name, parameters or (), of),
    "type_params": _many,
    "message": lambda name, fields, options: ast.Message(name, fields or (), options),
    "message_options": _many,
    "function": lambda name, generic, parameters, result, body: ast.Function(
        name, generic or (), parameters or (), result, body
    ),
    "procedure": lambda name, parameters, body: ast.Procedure(name, parameters or (), body),
    "params": _many,
    "param": ast.Param,
    "variable": ast.Variable,
    "storage": str,
    "starts_as": ast.StartsAs,
    "starts_in": ast.StartsIn,
    "clock": ast.Clock,
    "history": ast.History,
    "history_type": lambda name, *of: ast.GenericType(name, _many(*of)),
    "history_kind": str,
    "object": lambda name, generic, *members: ast.Object(name, generic or (), _many(*members)),
    "operation": lambda name, parameters, answer, when, after: ast.Operation(
        name, parameters or (), answer, when, after
    ),
    "answer": ast.Answer,
    "init": ast.Init,
    "action": lambda fairness, name, binders, when, body: ast.Action(
        fairness, name, binders or (), when, body
    ),
    "fairness": _words,
    "role": ast.Role,
    "role_members": _many,
    "start_code": ast.StartCode,
    "timeout": ast.Timeout,
    "handler": ast.Handler,
    "quorum_handler": ast.QuorumHandler,
    "hook": ast.Hook,
    "hook_name": str,
    "process": ast.Process,
    "pattern": lambda name, arguments: ast.Pattern(name, arguments or ()),
    "sender": ast.Sender,
    "count": _count,
    "network": ast.Network,
    # faults
    "faults": _listing(ast.Faults),
    "fault_clause": _listing(ast.FaultClause),
    "word": ast.Word,
    "at_most": ast.AtMost,
    "over": ast.Over,
    "within": ast.Within,
    "groups": _listing(ast.Groups),
    "group": _listing(ast.Group),
    # properties
    "formula": ast.Formula,
    "formula_kind": _words,
    "final": ast.Final,
    "law": lambda name, binders, value: ast.Law(name, binders or (), value),
    "leads_to": ast.LeadsTo,
    "witness": ast.Witness,
    "witness_action": ast.WitnessAction,
    "no_deadlock": ast.NoDeadlock,
    "no_anomaly": lambda name, arguments: ast.NoAnomaly(name, arguments or ()),
    "guarantee": lambda name, arguments: ast.Guarantee(name, arguments or ()),
    "explore": ast.Explore,
    "scenario": ast.Scenario,
    "impossible": lambda *word: bool(word),
    "scenario_steps": _many,
    "takes_action": ast.TakesAction,
    "takes_message": ast.TakesMessage,
    "takes_step": ast.TakesStep,
    "takes_fault": ast.TakesFault,
    "takes_heal": ast.TakesHeal,
    "takes_partition": ast.TakesPartition,
    "fault_name": str,
    "expects": ast.Expects,
    "any_steps": lambda _: ast.AnySteps(),
    "model": ast.Model,
    "model_items": _many,
    "expect": _listing(ast.Expect),
    "expect_word": lambda word: (
        word.text if isinstance(word, ast.Ident) else str(getattr(word, "value", word))
    ),
    # statements
    "block": _listing(ast.Block),
    "let": _let,
    "names": _many,
    "assign": ast.Assign,
    "assign_op": str,
    "call_statement": ast.CallStatement,
    "if_statement": ast.IfStatement,
    "else_branch": lambda branch: branch,
    "for_statement": ast.ForStatement,
    "while_statement": ast.WhileStatement,
    "loop": ast.Loop,
    "break_statement": ast.BreakStatement,
    "stop_statement": ast.StopStatement,
    "skip": ast.Skip,
    "return_statement": ast.ReturnStatement,
    "either": _either,
    "pick": ast.Pick,
    "assert_statement": ast.AssertStatement,
    "require": ast.Require,
    "await_statement": ast.AwaitStatement,
    "send": ast.Send,
    "broadcast": ast.Broadcast,
    "reply": ast.Reply,
    "receive": _listing(ast.Receive),
    "message_arm": ast.MessageArm,
    "timeout_arm": ast.TimeoutArm,
    "collect": ast.Collect,
    "atomic": ast.Atomic,
    "lock": ast.Lock,
    "lock_mode": lambda *word: bool(word),
    "try_statement": ast.TryStatement,
    "sync": ast.Sync,
    "event": lambda kind, path, arguments, result: ast.Event(kind, path, arguments or (), result),
    "event_name": str,
    "match_statement": lambda subject, *arms: ast.MatchStatement(subject, arms),
    "statement_arm": ast.StatementArm,
    "labelled": lambda label, statement: ast.Labelled(label.text, statement),
    # expressions
    "binary": lambda left, op, right: ast.Binary(left, str(op), right),
    "binary_iff": _binary("iff"),
    "binary_implies": _binary("implies"),
    "binary_or": _binary("or"),
    "binary_and": _binary("and"),
    "negated": ast.Negated,
    "negative": ast.Negative,
    "temporal": ast.Temporal,
    "temporal_op": str,
    "compare_op": _words,
    "sum_op": str,
    "product_op": str,
    "quantified": ast.Quantified,
    "quantifier": str,
    "conditional": ast.Conditional,
    "interval": ast.Interval,
    "member": ast.Member,
    "numbered": lambda of, number: ast.Numbered(of, number.value),
    "index": ast.Index,
    "call": lambda function, arguments: ast.Call(function, arguments or ()),
    "fold": ast.Fold,
    "fold_into": lambda word, value, each: ast.Fold(ast.Name(ast.Ident(word)), value, each),
    "opened": ast.Opened,
    "record_update": lambda of, *updates: ast.RecordUpdate(of, updates),
    "map_update": lambda of, *entries: ast.MapUpdate(of, entries),
    "number": lambda number: number,
    "name": ast.Name,
    "truth": lambda word: ast.Truth(word == "true"),
    "own_node": ast.OwnNode,
    "other_nodes": ast.OtherNodes,
    "nothing": ast.Nothing,
    "something": ast.Something,
    "group_value": lambda value: value,
    "tuple_value": _listing(ast.TupleValue),
    "set_value": _listing(ast.SetValue),
    "set_comprehension": ast.SetComprehension,
    "seq_value": _listing(ast.SeqValue),
    "seq_comprehension": ast.SeqComprehension,
    "map_value": _listing(ast.MapValue),
    "map_comprehension": ast.MapComprehension,
    "old_value": ast.OldValue,
    "match_value": lambda subject, *arms: ast.MatchValue(subject, arms),
    "entry": ast.Entry,
    "update": ast.Update,
    "comprehension": ast.Comprehension,
    "arm": ast.Arm,
    "nothing_pattern": ast.NothingPattern,
    "something_pattern": ast.SomethingPattern,
    "name_pattern": lambda name, *bound: ast.NamePattern(name.text, _many(*bound)),
    "else_pattern": ast.ElsePattern,
    "arguments": _many,
    "named_argument": ast.NamedArgument,
    "binders": _many,
    "binder": _binder,
    "binder_names": lambda *names: (*names[0], names[1]) if len(names) > 1 else names,
    "value_with_locals": lambda *parts: ast.ValueWithLocals(parts[:-1], parts[-1]),
    "local_value": ast.LocalValue,
    # types
    "type_name": _type_name,
    "generic_type": lambda name, *arguments: ast.GenericType(name, arguments),
    "named_generic": lambda name, *arguments: ast.GenericType(name, arguments),
    "type_constructor": str,
    "range_type": ast.RangeType,
    "tuple_type": _listing(ast.TupleType),
}
#: Rules whose node keeps the place of its only child.
_TRANSPARENT = frozenset({"broken", "group_value", "number", "else_branch"})
