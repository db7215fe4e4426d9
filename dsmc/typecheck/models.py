"""Models: what they set, and what they expect."""

from __future__ import annotations

from typing import TypeAlias

from dsmc.diagnostics import Problems
from dsmc.frozen import Node, replace
from dsmc.source import Span
from dsmc.syntax import ast
from dsmc.syntax.parser import Parsed
from dsmc.typecheck.instance import Instance

#: The words for how a property turns out, and whether it then is as it should be.
OUTCOMES = {
    "holds": "holds", "violated": "violated", "unknown": "unknown",
    "reachable": "holds", "unreachable": "violated", "possible": "holds", "impossible": "violated",
}  # fmt: skip
#: What can be counted.
COUNTS = ("states", "transitions", "generated", "depth", "initial")


class ExpectProperty(Node):
    """`expect agreement violated in 7 steps`; `word` says how it turns out, as it was written."""

    name: str
    word: str
    steps: int | None

    @property
    def outcome(self) -> str:
        """`holds`, `violated` or `unknown`."""
        return OUTCOMES[self.word]


class ExpectAll(Node):
    """`expect all hold`"""


class ExpectCount(Node):
    """`expect states 288`"""

    what: str
    number: int


class ExpectCovered(Node):
    """`expect covered`: every action, statement of a process and fault happens."""


Expectation: TypeAlias = ExpectProperty | ExpectAll | ExpectCount | ExpectCovered


class Model(Node):
    """A finite instance of a spec, and what is expected of it. `spec` is the path as written."""

    name: str
    spec: ast.Quoted | None
    instance: Instance
    expectations: tuple[Expectation, ...]
    doc: str = ""


def models_of(parsed: Parsed, problems: Problems) -> tuple[Model, ...]:
    """The models that a file declares, in its order."""
    found: list[Model] = []
    names: set[str] = set()
    for item in parsed.file.items:
        if not isinstance(item, ast.Model):
            continue
        if item.name.text in names:
            problems.add("D202", item.name.span, f"the model `{item.name.text}` is declared twice")
        names.add(item.name.text)
        found.append(_model(item, problems, parsed.doc(item)))
    return tuple(found)


def _model(node: ast.Model, problems: Problems, doc: str) -> Model:
    constants: list[tuple[ast.Ident, ast.Expr]] = []
    expectations: list[Expectation] = []
    instance = Instance()
    for item in node.items:
        match item:
            case ast.Const(name, _, value):
                if value is None:
                    problems.add("D401", name.span, f"the model gives `{name.text}` no value")
                else:
                    constants.append((name, value))
            case ast.Faults():
                instance = replace(instance, faults=item)
            case ast.Network():
                instance = replace(instance, network=item)
            case ast.Explore():
                instance = replace(instance, explore=item)
            case ast.Expect(words):
                made = _expectation(words, item, problems)
                expectations += [made.at(_named(item))] if made is not None else []
    instance = replace(instance, constants=tuple(constants))
    return Model(node.name.text, node.spec, instance, tuple(expectations), doc).at(node.name.span)


def _named(item: ast.Expect) -> Span:
    """The place of what is expected to be in some way: the first word after `expect`."""
    start = item.span.start + item.span.text.index(item.words[0], len("expect"))
    return Span(item.span.source, start, start + len(item.words[0]))


def _expectation(
    words: tuple[str, ...], item: ast.Expect, problems: Problems
) -> Expectation | None:
    match words:
        case ("all", "hold"):
            return ExpectAll()
        case ("covered",):
            return ExpectCovered()
        case (what, number) if what in COUNTS and number.isdigit():
            return ExpectCount(what, int(number))
        case (name, outcome) if outcome in OUTCOMES:
            return ExpectProperty(name, outcome, None)
        case (name, outcome, "in", steps, "steps" | "step") if (
            outcome in OUTCOMES and steps.isdigit()
        ):
            return ExpectProperty(name, outcome, int(steps))
    problems.add(
        "D406",
        item.span,
        "this expectation is not understood",
        help="for example `expect all hold`, `expect agreement holds`,"
        " `expect agreement violated in 7 steps`, `expect done reachable`, `expect states 288`,"
        " `expect covered`",
    )
    return None
