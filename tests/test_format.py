"""The formatter: the same meaning, every comment, one layout."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import MODELS, ROOT, SPECS

from dsmc.diagnostics import Mistakes
from dsmc.source import Source
from dsmc.syntax.format import format_source
from dsmc.syntax.parser import parse, tokenize

PRELUDE = sorted((ROOT / "dsmc" / "prelude").glob("*.dsm"))
PEERS = sorted((ROOT / "bench").glob("*/*.dsm"))
SHIPPED = [*SPECS, *MODELS, *PEERS, *PRELUDE]
EXAMPLES = re.findall(
    r"```dsm\n(.*?)```", (ROOT / "docs" / "language.md").read_text(encoding="utf-8"), re.DOTALL
)
TEXTS = [p.read_text(encoding="utf-8") for p in SHIPPED] + EXAMPLES
NAMES = [f"{p.parent.name}/{p.stem}" for p in SHIPPED] + [f"docs {i}" for i in range(len(EXAMPLES))]


def comments(text: str) -> list[str]:
    return [str(t).rstrip() for t in tokenize(Source("", text)) if t.type in ("COMMENT", "DOC")]


def crumpled(text: str) -> str:
    """The text with other spaces: every line at the margin, blanks doubled between words."""
    lines = [re.sub(r"(?<=\w) (?=\w)", "   ", line.strip()) for line in text.splitlines()]
    return "\n".join(line if "#" not in line else line.strip() for line in lines)


@pytest.mark.parametrize("text", TEXTS, ids=NAMES)
def test_formatting_keeps_the_meaning_and_the_comments(text: str) -> None:
    formatted = format_source("x.dsm", crumpled(text))
    before, after = parse(Source("x.dsm", crumpled(text))), parse(Source("x.dsm", formatted))
    assert after.file == before.file
    assert list(after.docs.values()) == list(before.docs.values())
    assert comments(formatted) == comments(crumpled(text))


@pytest.mark.parametrize("text", TEXTS, ids=NAMES)
def test_formatting_twice_changes_nothing(text: str) -> None:
    once = format_source("x.dsm", crumpled(text))
    assert format_source("x.dsm", once) == once


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_what_is_shipped_is_formatted(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert format_source(str(path), text) == text


@pytest.mark.parametrize(
    ("written", "formatted"),
    [
        ("history b:broadcast < Text >", "history b: broadcast<Text>\n"),
        ("invariant  i{p.at( here )}", "invariant i { p.at(here) }\n"),
        ("invariant i { x.from(1) }", "invariant i { x.from(1) }\n"),
        (
            "action a{send M to(if b then p else q)}",
            "action a { send M to (if b then p else q) }\n",
        ),
        ("var m:map< 0 .. 3,set< bool > >", "var m: map<0..3, set<bool>>\n"),
        ("var x:0..N-1 = - 1", "var x: 0..N-1 = -1\n"),
        ("var x: 0..N  -  1", "var x: 0..N - 1\n"),
        ("action a{x:=1;y:=2}", "action a { x := 1; y := 2 }\n"),
        ("action a {\nx := 1\n\n\ny := 2\n\n}", "action a {\n  x := 1\n\n  y := 2\n}\n"),
        ("invariant i {\na and\nb\n}", "invariant i {\n  a and\n    b\n}\n"),
        ("fun f(): bool =\nif a\nthen b\nelse c", "fun f(): bool =\n  if a\n  then b\n  else c\n"),
        ("action a\nwhen x {\nskip\n}", "action a\n    when x {\n  skip\n}\n"),
        ("const N=3#why", "const N = 3  # why\n"),
        ("var s:seq<0 .. 1,3>=[]", "var s: seq<0..1, 3> = []\n"),
        ("ghost o:option<seq<T,2>>=none", "ghost o: option<seq<T, 2>> = none\n"),
        ("invariant i { n<3 and k>=n }", "invariant i { n < 3 and k >= n }\n"),
        ("fun f() = items+[v]", "fun f() = items + [v]\n"),
        ("fun f() = N-(a+1)", "fun f() = N-(a+1)\n"),
        ("fun f() = N - (a+1)", "fun f() = N - (a+1)\n"),
        ("var s: set<T> = { }", "var s: set<T> = {}\n"),
        ("var s: set<T> = { 1,2 }", "var s: set<T> = {1, 2}\n"),
    ],
)
def test_the_layout(written: str, formatted: str) -> None:
    assert format_source("x.dsm", written) == formatted.replace("  # why", "  #why")


def test_what_cannot_be_parsed_is_not_touched() -> None:
    with pytest.raises(Mistakes):
        format_source("x.dsm", "action {")


def test_windows_line_ends_become_plain_ones() -> None:
    assert format_source("x.dsm", "spec a\r\nvar x: bool\r\n") == "spec a\nvar x: bool\n"
