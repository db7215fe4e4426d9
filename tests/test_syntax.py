"""Every construct of the language is parsed, laid out, and checked; what is not executed is refused."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import lark
import pytest
from constructs import CONDITIONS, CORE, DECLARATIONS, MEMBERS, REFUSED, ROLES, STATEMENTS

from dsmc.diagnostics import Mistakes
from dsmc.diagnostics.render import render_all
from dsmc.session import compile_job, load
from dsmc.source import Source
from dsmc.syntax import ast
from dsmc.syntax.format import format_source
from dsmc.syntax.parser import parse

Write = Callable[..., Path]

# ---------------------------------------------------------------- the grammar


def test_the_grammar_has_no_conflict_but_the_one_it_speaks_of() -> None:
    shown = io.StringIO()
    handler = logging.StreamHandler(shown)
    lark.logger.addHandler(handler)
    level = lark.logger.level
    lark.logger.setLevel(logging.WARNING)
    text = resources.files("dsmc.syntax").joinpath("grammar.lark").read_text(encoding="utf-8")
    try:
        lark.Lark(text, parser="lalr", lexer="basic", maybe_placeholders=True, debug=True)
    finally:
        lark.logger.removeHandler(handler)
        lark.logger.setLevel(level)
    conflicts = [line for line in shown.getvalue().splitlines() if "conflict" in line.lower()]
    assert conflicts == ["Shift/Reduce conflict for terminal LESSTHAN: (resolving as shift)"]


def test_every_node_of_the_syntax_tree_has_its_place() -> None:
    source = Source("x.dsm", "role R[2] {\n  var x: 0..3 = 1 + 2\n}")
    (role,) = parse(source).file.items
    assert isinstance(role, ast.Role)
    assert role.span.text == source.text
    (variable,) = role.members
    assert variable.span.text == "var x: 0..3 = 1 + 2"
    assert isinstance(variable, ast.Variable)
    assert isinstance(variable.start, ast.StartsAs)
    assert variable.start.value.span.text == "1 + 2"


# ---------------------------------------------------------------- constructs


def assert_understood(text: str, path: Path) -> None:
    """It is parsed, keeps its meaning when laid out, is checked and lowered."""
    parsed = parse(Source("x.dsm", text))
    assert not parsed.problems, render_all(parsed.problems)
    laid_out = format_source("x.dsm", text)
    assert parse(Source("x.dsm", laid_out)).file == parsed.file
    assert format_source("x.dsm", laid_out) == laid_out
    try:
        for job in load(path):
            compile_job(job)
    except Mistakes as mistakes:
        pytest.fail(render_all(mistakes.diagnostics))


@pytest.mark.parametrize("text", DECLARATIONS)
def test_a_declaration(text: str, spec: Write) -> None:
    whole = CORE + text
    assert_understood(whole, spec(whole))


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition(condition: str, spec: Write) -> None:
    whole = (
        f"{CORE}invariant one {{ {condition} }}\naction a when {condition} {{ b := {condition} }}\n"
    )
    assert_understood(whole, spec(whole))


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_of_an_action(statement: str, spec: Write) -> None:
    whole = f"{CORE}action a {{ {statement} }}\n"
    assert_understood(whole, spec(whole))


@pytest.mark.parametrize(("member", "top"), MEMBERS)
def test_a_part_of_a_protocol(member: str, top: str, spec: Write) -> None:
    whole = ROLES % (member, top)
    assert_understood(whole, spec(whole))


@pytest.mark.parametrize(("code", "member", "top"), REFUSED)
def test_what_cannot_be_executed_is_refused(code: str, member: str, top: str, spec: Write) -> None:
    whole = ROLES % (member, top)
    laid_out = format_source("x.dsm", whole)
    assert parse(Source("x.dsm", laid_out)).file == parse(Source("x.dsm", whole)).file
    (job,) = load(spec(whole))
    with pytest.raises(Mistakes) as refused:
        compile_job(job)
    assert {d.code for d in refused.value.diagnostics} == {code}, render_all(
        refused.value.diagnostics
    )
