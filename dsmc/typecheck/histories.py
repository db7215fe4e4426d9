"""Declared histories, and what is promised of them."""

from __future__ import annotations

from dsmc.frozen import Node
from dsmc.ir import types as t
from dsmc.ir.history import History, Promise
from dsmc.ir.types import Type
from dsmc.source import Span
from dsmc.syntax import ast
from dsmc.typecheck import constants, definitions, events, types
from dsmc.typecheck.conversion import POISON
from dsmc.typecheck.objects import OBJECTS, OF_REGISTERS, Object, anomalies, guarantees
from dsmc.typecheck.scope import CONSTANT, Scope


def history(scope: Scope, node: ast.History) -> History | None:
    """A declared history; None if it has a mistake, or cannot be executed yet."""
    word, written = _word(node.type)
    declared = scope.declared.get(word)
    if declared is not None and isinstance(declared.node, ast.Object):
        return definitions.history(scope, node, declared.node, written)
    of = OBJECTS.get(word)
    if of is None:
        known = [n for n, d in scope.declared.items() if isinstance(d.node, ast.Object)]
        scope.unknown(word, node.type.span, "object of a history", [*OBJECTS, *known], few=True)
        return None
    if len(written) != of.types:
        _wrong_count(scope, node.type.span, word, of.types)
        return None
    given = [types.resolve(scope, part) for part in written]
    if any(isinstance(g, t.Option) for g in given):
        scope.problems.add(
            "D303", node.type.span, "what a history tells of cannot be an option: `none` says that nothing"
            " is there", help="take the type inside, or an `enum` with a member for it",
        )  # fmt: skip
        return None
    start = _start(scope, node, of, given)
    role = given[0] if word == "commit" else None
    if word == "commit" and not isinstance(role, t.Role | t.Unknown):
        scope.problems.add(
            "D303", node.type.span, "a history of `commit` is given the role whose nodes vote"
        )
        return None
    made = History(node.name.text, word, of.methods(*given), start, _held(of, given), role)
    return made.at(node.name.span)


def _wrong_count(scope: Scope, span: Span, word: str, wanted: int) -> None:
    example = ("", "<V>", "<K, V>")[wanted]
    scope.problems.add(
        "D303", span, f"a history of `{word}` is given {_number(wanted)}",
        help=f"write `{word}{example}`",
    )  # fmt: skip


def _number(count: int) -> str:
    return ("no types", "one type", "two types")[count]


def _word(written: ast.Type) -> tuple[str, tuple[ast.Type | ast.Expr, ...]]:
    match written:
        case ast.TypeName(name):
            return name.text, ()
        case ast.GenericType(name, arguments):
            return name, arguments
        case _:
            return written.span.text, ()


def _held(of: Object, given: list[Type]) -> Type | None:
    return None if of.holds is None else of.holds(*given)


def _start(scope: Scope, node: ast.History, of: Object, given: list[Type]) -> t.Value:
    """What the object holds at first, as a plain value of the type that it holds."""
    held = _held(of, given)
    if node.start is None:
        return None
    if held is None:
        scope.problems.add(
            "D303", node.start.span, f"a history of `{_word(node.type)[0]}` begins empty",
            help="leave the first value out",
        )  # fmt: skip
        return None
    with scope.unit():
        e = events.answer(scope, node.start.value, CONSTANT, held, "what the object holds first")
        return None if e == POISON else constants.value_of(scope, e).value


# ---------------------------------------------------------------- guarantees


def promises(scope: Scope, items: list[tuple[Node, str]]) -> tuple[Promise, ...]:
    """The guarantees of a spec, each with the text above it."""
    asked = [(node, doc) for node, doc in items if isinstance(node, ast.Guarantee | ast.NoAnomaly)]
    words = [node.name for node, _ in asked]
    found: dict[str, Promise] = {}
    for node, doc in asked:
        made = _promise(scope, node, doc, several=words.count(node.name) > 1)
        if made is not None and (made.property in found or made.property in scope.declared):
            scope.problems.add(
                "D202", node.span, f"there is another property `{made.property}`",
                help="ask each guarantee once, and give no other property its name",
            )  # fmt: skip
        elif made is not None:
            found[made.property] = made
    return tuple(found.values())


def _promise(
    scope: Scope, node: ast.Guarantee | ast.NoAnomaly, doc: str, *, several: bool
) -> Promise | None:
    names = [a.ident.text for a in node.arguments if isinstance(a, ast.Name)]
    if not names or len(names) != len(node.arguments):
        scope.problems.add(
            "D303", node.span, f"`{node.name}` is promised of a history",
            help=f"write `guarantee {node.name}(h)`",
        )  # fmt: skip
        return None
    history, *words = names
    declared = scope.declared.get(history)
    if declared is None or not isinstance(declared.node, ast.History):
        known = [n for n, d in scope.declared.items() if isinstance(d.node, ast.History)]
        scope.unknown(history, node.arguments[0].span, "history", known)
        return None
    of = scope.histories.get(history)
    if of is None or not _is_known(scope, node, of, words):  # or the history has a mistake
        return None
    no = ["no"] if isinstance(node, ast.NoAnomaly) else []
    name = "_".join([*no, node.name, *words, *([history] if several else [])])
    return Promise(name, node.name, history, tuple(words), doc).at(node.span)


def _is_known(
    scope: Scope, node: ast.Guarantee | ast.NoAnomaly, of: History, words: list[str]
) -> bool:
    """Can it be promised of such a history, in these words?"""
    if isinstance(node, ast.NoAnomaly):
        names = anomalies(of)
        forms: tuple[str, ...] = ()
        what = f"anomaly of a history of `{of.object}`"
    else:
        found = guarantees(of)
        names, forms = tuple(found), found.get(node.name, ())
        what = f"guarantee of a history of `{of.object}`"
    if of.definition is not None and node.name in OF_REGISTERS:
        _of_registers(scope, node, of)
        return False
    if node.name not in names:
        scope.unknown(node.name, _named(node), what, names)
        return False
    strange = [w for w in words if w not in forms]
    if strange:
        place = node.arguments[1 + words.index(strange[0])].span
        scope.unknown(strange[0], place, "form of this guarantee", forms, few=True)
    return not strange and _has_few_keys(scope, node, of)


def _named(node: ast.Guarantee | ast.NoAnomaly) -> Span:
    """Where its name stands: behind the word that every such line begins with."""
    start = node.span.start + node.span.text.index(node.name, node.span.text.index(" "))
    return Span(node.span.source, start, start + len(node.name))


def _has_few_keys(scope: Scope, node: ast.Guarantee | ast.NoAnomaly, of: History) -> bool:
    """Can the last answer of each key be kept, where that is needed?"""
    keys = [key for method in of.methods for key in method.asks if method.name == "get"]
    needed = keys if node.name == "convergent" else []
    return all(types.dense(scope, key, node.span, "keys that are to converge") for key in needed)


def _of_registers(scope: Scope, node: ast.Guarantee | ast.NoAnomaly, of: History) -> None:
    scope.problems.add(
        "D318", node.span, f"`{node.name}` is promised of registers: it asks which write each read saw",
        help=f"of `{of.object}` can be promised {events.listed(guarantees(of))}",
    )  # fmt: skip
