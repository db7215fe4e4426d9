"""Diagnostics: every code has a page whose example is true; carets stand under the wrong words."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT

from dsmc.cli import main
from dsmc.diagnostics import Diagnostic, Mistakes
from dsmc.diagnostics.codes import CODES
from dsmc.diagnostics.render import render, render_all
from dsmc.project import Overrides
from dsmc.session import check, compile_job, load, warnings
from dsmc.source import Source, Span

#: These need a file that is missing, a command line, or a thousand brackets.
NO_EXAMPLE = {"D104", "D407", "D408", "D409", *(f"D{n}" for n in range(701, 721))}

Write = Callable[..., Path]


def found(path: Path) -> tuple[Diagnostic, ...]:
    """All mistakes in a file; of one without mistakes, what is warned of."""
    try:
        jobs = load(path)
        for job in jobs:
            compile_job(job)
    except Mistakes as mistakes:
        return mistakes.diagnostics
    return tuple(w for job in jobs for w in warnings(job))


# ---------------------------------------------------------------- pages


def test_every_code_that_is_used_has_a_page_and_every_page_is_used() -> None:
    sources = [p for p in (ROOT / "dsmc").rglob("*.py") if p.name != "codes.py"]
    text = "\n".join(p.read_text(encoding="utf-8") for p in sources)
    used = set(re.findall(r"[\"\[](D\d\d\d)[\"\]]", text))
    assert used == set(CODES)


@pytest.mark.parametrize("code", sorted(CODES))
def test_the_example_of_a_page_is_refused_and_mended(code: str, spec: Write) -> None:
    page = CODES[code]
    assert (not page.wrong) == (code in NO_EXAMPLE)
    if page.wrong:
        problems = found(spec(page.wrong))
        assert [p.code for p in problems] == [code], render_all(problems)
    if page.right:
        problems = found(spec(page.right))
        assert not problems, render_all(problems)


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_page_can_be_asked_for(code: str) -> None:
    answer = CliRunner().invoke(main, ["explain", code])
    assert answer.exit_code == 0
    assert answer.output.startswith(f"{code}: {CODES[code].title}\n")


def test_a_code_that_does_not_exist_has_no_page() -> None:
    answer = CliRunner().invoke(main, ["explain", "D999"])
    assert answer.exit_code != 0
    assert "no diagnostic" in answer.output


# ---------------------------------------------------------------- places

HISTORY = "history h: register<0..1> = 0\n"
VAR = "var x: 0..3 = 0\n"
ROLES = "message M(n: 0..3)\nrole A[2] {\n  var y: 0..3 = 0\n  on M(n) from a { y := n }\n}\n"

#: What is written; where the carets stand, under what, and the suggestion.
PLACES = [
    ("= for ==", VAR + "action a when x = 0 { x := 1 }", "D102 2:17 =", "did you mean `==`?"),
    ("= for :=", VAR + "action a { x = 1 }", "D102 2:14 =", "did you mean `:=`?"),
    ("== for :=", VAR + "action a { x == 1 }", "D102 2:14 ==", "did you mean `:=`?"),
    (":= for =", "var x: 0..3 := 0", "D102 1:13 :=", "did you mean `=`?"),
    ("a type of all numbers", "var x: int = 0", "D201 1:8 int", "numbers have a range: `0..9`"),
    ("&&", VAR + "action a when x == 0 && x != 1 { skip }", "D101 2:22 &&", "write `and`"),
    ("!", VAR + "action a when !(x == 0) { skip }", "D101 2:15 !", "write `not`"),
    ("%", VAR + "invariant i { x % 2 == 0 }", "D101 2:17 %", "write `mod`"),
    ("prime", VAR + "transition t { x' == x }", "D101 2:17 '",
     "write `old(…)` for the value before a step"),
    ("misspelt word", VAR + "action a whn x == 0 { x := 1 }", "D102 2:10 whn", "did you mean `when`?"),
    ("misspelt declaration", VAR + "invarant i { x < 4 }", "D102 2:1 invarant",
     "did you mean `invariant`?"),
    ("missing guard", VAR + "action a x == 0 { x := 1 }", "D102 2:10 x", "put `when` before it"),
    ("missing end of statement", VAR + "action a { x := 1 x := 2 }", "D102 2:19 x", "put `;` before it"),
    ("missing parenthesis", VAR + "invariant i { (x + 1 < 3 }", "D102 2:26 }", "put `)` before it"),
    ("missing bracket", "const N = (1 + 2\nvar x: 0..N = 0", "D102 1:17 ", "put `)` before it"),
    ("missing parenthesis at the end", "const N = (1 + 2", "D103 1:11 (", "add the missing `)`"),
    ("missing brace", VAR + "role R {\n  action a { x := 1\n  action b { x := 2 }\n}", "D103 3:12 {",
     "add the missing `}`"),
    ("missing brace of a role", VAR + "role R {\n  action a { x := 1 }\ninvariant i { x < 4 }",
     "D103 2:8 {", "add the missing `}`"),
    ("missing brace at the end", VAR + "invariant i { x < 4", "D103 2:13 {", "add the missing `}`"),
    ("one brace too many", VAR + "action a { x := 1 } }", "D102 2:21 }", "leave out `}`"),
    ("word as a name", "var set: 0..3 = 0\naction a { set := 1 }", "D105 1:5 set",
     "choose another name, such as `set_`"),
    ("missing do", VAR + "action a { if x == 0 x := 1 }", "D102 2:22 x", ""),
    ("nearest variable", "var count_of: 0..3 = 0\naction a { cuont_of := 1 }", "D201 2:12 cuont_of",
     "did you mean `count_of`?"),
    ("nearest type", "var x: boole = true", "D201 1:8 boole", "did you mean `bool`?"),
    ("nearest message", "message Vote\nrole B { on Vot { skip } }", "D201 2:13 Vot",
     "did you mean `Vote`?"),
    ("nearest member", "enum E { red, green }\nvar e: E = gren", "D201 2:12 gren",
     "did you mean `green`?"),
    ("nearest field", "record R { low: bool }\nvar r: R\ninvariant i { r.lov }", "D201 3:17 lov",
     "did you mean `low`?"),
    ("nearest procedure", VAR + "proc reset() { x := 0 }\naction a { rest() }", "D201 3:12 rest",
     "did you mean `reset`?"),
    ("nearest fault", ROLES + "faults { crsh A at most 1 }", "D201 6:10 crsh", "did you mean `crash`?"),
    ("nearest label", "role A { process { here: skip } }\ninvariant i { not exists a in A: a.at(her) }",
     "D201 2:39 her", "did you mean `here`?"),
    ("until elsewhere", VAR + "ltl a { (x == 0) U (x == 1) }", "D102 2:18 U", "did you mean `until`?"),
    ("always elsewhere", VAR + "ltl a { [] (x == 1) }", "D307 2:9 []",
     "of what is always true say `always`, of what is true at some time `eventually`"),
    ("fair timeout", "role A { fair timeout t when true { skip } }", "D102 1:10 fair", "leave out `fair`"),
    ("nearest statement", VAR + "action a { skp }", "D201 2:12 skp", ""),
    ("form of a guarantee", HISTORY + "guarantee available(h, most)", "D201 2:24 most",
     "there are `majority`, `sticky`"),
    ("nearest guarantee", HISTORY + "guarantee linearisable(h)", "D201 2:11 linearisable",
     "did you mean `linearizable`?"),
    ("nearest anomaly", HISTORY.replace("register<0..1>", "transactions<0..1, 0..1>")
     + "no lost_updates(h)", "D201 2:4 lost_updates", "did you mean `lost_update`?"),
    ("objects of histories", "history h: heap<0..1>", "D201 1:12 heap<0..1>",
     "there are `register`, `cas_register`, `kv`, `counter`, `queue`, `set`, `lock`, `transactions`, "
     "`broadcast`, `commit`, `saga`, `replicas`"),
    ("no effect", VAR + "action a { x }", "D323 2:12 x", ""),
    ("declared twice", VAR + "const x = 1", "D202 2:7 x", "give one of them another name"),
    ("wrong type", VAR + "action a { x := true }", "D301 2:17 true", "write `if … then 1 else 0`"),
    ("truth as a number", "var b: bool = true\nvar x: 0..3 = 0\naction a { x := b }", "D301 3:17 b",
     "write `if … then 1 else 0`"),
    ("option as its content", "var o: option<0..3> = none\n" + VAR + "action a { x := o }",
     "D301 3:17 o", "open the option with `?`, or use `match`"),
    ("content as an option", "var o: option<0..3> = none\naction a { o := 1 }", "D301 2:17 1",
     "wrap it: `some(…)`"),
    ("element as a set", "var s: set<0..3> = {}\naction a { s := 1 }", "D301 2:17 1",
     "a set of one element is written in braces: `{…}`"),
    ("number as a guard", VAR + "action a when x { skip }", "D301 2:15 x", ""),
    ("out of range", VAR + "action a { x := 7 }", "D302 2:17 7", "change the value, or widen the type"),
    ("+ of sets", "var s: set<0..3> = {}\naction a { s := s + {1} }", "D307 2:17 s + {1}",
     "sets are joined by `union`"),
    ("arguments", "fun f(a: 0..3): 0..3 = a\nvar x: 0..3 = f(1, 2)", "D311 2:15 f(1, 2)",
     "it is `f(a: 0..3)`"),
    ("no message", "var m: option<message> = none", "D305 1:15 message",
     "declare one, or use another type"),
    ("no node", "var n: map<Node, bool>", "D305 1:12 Node", "declare one, or use another type"),
    ("missing case", "fun f(o: option<0..3>): 0..3 = match o { some(x) => x }",
     "D313 1:32 match o { some(x) => x }", "add the missing cases, or `else => …`"),
    ("assigned constant", "const N = 1\naction a { N := 2 }", "D320 2:12 N", ""),
    ("another node", ROLES.replace("y := n", "y := a.y"), "D501 4:27 y",
     "send a message, or use a top-level `var`; properties may see every node"),
    ("ghost in code", VAR + "ghost g: 0..3 = 0\naction a { x := g }", "D502 3:17 g",
     "declare `g` as `var`, or use it in properties and other ghosts only"),
    ("await in an action", VAR + "action a { await x == 1 }", "D505 2:12 await x == 1",
     "`require` makes a step impossible unless a condition holds"),
    ("sync in a crash", "role A { buffered x: bool = true\n on crash { sync x } }",
     "D511 2:13 sync x", "`sync` in the code that the node runs, before it tells others"),
    ("called sync in a crash", "role A { buffered x: bool = true\n proc p(b: bool) { if b { sync } }\n"
     "proc q() { p(true) }\n on crash { if x { q() } } }", "D511 4:20 q()",
     "`sync` in the code that the node runs, before it tells others"),
    ("old outside", VAR + "invariant i { x >= old(x) }", "D601 2:20 old(x)",
     "a state before has no name elsewhere; keep what you need in a `ghost` variable"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "place", "help"), [p[1:] for p in PLACES], ids=[p[0] for p in PLACES]
)
def test_one_mistake_one_place_one_suggestion(
    text: str, place: str, help: str, spec: Write
) -> None:
    problems = found(spec(text))
    assert len(problems) == 1, render_all(problems)
    (problem,) = problems
    line, column = problem.span.source.position(problem.span.start)
    assert f"{problem.code} {line}:{column} {problem.span.text}" == place
    assert problem.help == help
    shown = render(problem).splitlines()
    row = next(i for i, one in enumerate(shown) if one.strip().startswith("^") or " ^" in one)
    start = shown[row].index("^")
    wrong = problem.span.text
    assert shown[row - 1][start : start + len(wrong)] == wrong
    assert shown[row][start:].split(" ")[0] == "^" * max(1, len(wrong))


def test_every_mistake_is_reported_once(spec: Write) -> None:
    text = VAR + "action a when x = 0 { y := 1 }\naction b { x := true }\ninvariant i { z > 0 }\n"
    assert [(p.code, p.span.line) for p in found(spec(text))] == [
        ("D102", 2), ("D301", 3), ("D201", 4),
    ]  # fmt: skip


def test_a_forgotten_brace_hides_no_other_mistake(spec: Write) -> None:
    text = ROLES.replace("y := n }", "y := n") + "invariant i { z > 0 }\n"
    assert [(p.code, p.span.text) for p in found(spec(text))] == [("D103", "{"), ("D201", "z")]


def test_lines_may_stand_anywhere_if_the_braces_have_partners(spec: Write) -> None:
    text = (
        VAR + "role R {\nvar y: bool = true\naction a {\nx := 1\n}\n    }\ninvariant i { x < 4 }\n"
    )
    assert not found(spec(text))


def test_a_word_that_is_no_name_is_reported_once(spec: Write) -> None:
    text = (
        "var set: set<0..3> = {}\naction a when set == {} { set := {1} }\naction b { set += 2 }\n"
    )
    assert [(p.code, p.span.line) for p in found(spec(text))] == [("D105", 1)]


def test_what_a_broken_part_declares_is_not_unknown(spec: Write) -> None:
    problems = found(spec("var x: 0..3 == 0\naction a { x := 1 }"))
    assert [p.code for p in problems] == ["D102"]


# ---------------------------------------------------------------- drawing


def shown(text: str, start: int, end: int) -> list[str]:
    problem = Diagnostic("D201", "m", Span(Source("f.dsm", text), start, end), "here")
    return render(problem).splitlines()


def test_carets_stand_under_the_words() -> None:
    assert shown("one two three", 4, 7)[1:] == ["  --> f.dsm:1:5", "   1 | one two three",
                                               "           ^^^ here"]  # fmt: skip


def test_tabs_take_their_columns() -> None:
    line, carets = shown("\tone\ttwo", 5, 8)[2:]
    assert line[carets.index("^") :].startswith("two")


def test_wide_characters_take_two_columns() -> None:
    carets = shown("# 錯 two", 4, 7)[3]
    assert carets.index("^") == len("   1 | ") + len("# xx ")


@pytest.mark.parametrize("at", [0, 500, 990])
def test_a_long_line_is_cut_around_the_carets(at: int) -> None:
    text = "x" * at + "WRONG" + "y" * (1000 - at)
    line, carets = shown(text, at, at + 5)[2:]
    assert len(line) <= 120
    assert line[carets.index("^") :].startswith("WRONG")
    assert ("…" in line[: carets.index("^")]) == (at > 0)
    assert line.endswith("…") == (at < 990)


# ---------------------------------------------------------------- files


def test_windows_line_ends_and_a_byte_order_mark_are_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "a.dsm"
    path.write_bytes(b"\xef\xbb\xbfspec a\r\nvar x: 0..1 = 0\r\naction a { x := 1 }\r\n")
    (job,) = load(path)
    assert check(job).statistics.states == 2


def test_a_place_in_a_file_with_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.dsm"
    path.write_bytes(b"spec a\r\nvar x: 0..1 = 0\r\naction a { x := y }\r\n")
    (problem,) = found(path)
    assert problem.span.source.position(problem.span.start) == (3, 17)
    assert "\r" not in render(problem)


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "a.dsm"
    path.write_bytes(b"spec a\n\xff\xfe")
    assert [p.code for p in found(path)] == ["D702"]


@pytest.mark.parametrize(("name", "code"), [("none.dsm", "D701"), (".", "D701")])
def test_a_file_that_is_not_there(name: str, code: str, tmp_path: Path) -> None:
    assert [p.code for p in found(tmp_path / name)] == [code]


def test_a_file_that_imports_itself(spec: Write) -> None:
    (problem,) = found(spec('spec a\nimport "spec.dsm"'))
    assert (problem.code, problem.span.text) == ("D703", '"spec.dsm"')


def test_deep_nesting_is_a_mistake_not_a_crash(spec: Write) -> None:
    (problem,) = found(spec(f"var x: 0..3 = {'(' * 50000}0{')' * 50000}"))
    assert problem.code == "D104"


def test_an_expectation_of_nothing(spec: Write) -> None:
    (problem,) = found_in_check(spec("invariant small { true }\nmodel m { expect smal holds }"))
    assert (problem.code, problem.help) == ("D407", "did you mean `small`?")
    assert problem.span.text == "smal"


def test_an_expectation_of_nothing_beside_other_mistakes(spec: Write) -> None:
    """All of them are told at once; what the tool names itself is known."""
    text = (
        "const N = 1\nlaw small(x in 0..N) { x <= N }\n"
        "model m {\n  const M = 2\n  expect small holds\n  expect smal holds\n"
        "  expect no_range_error holds\n  expect assert_line_3 holds\n}"
    )
    assert [(p.code, p.span.text) for p in found_in_check(spec(text))] == [
        ("D201", "M"), ("D407", "smal"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("clause", "wrong"),
    [
        ("crash A at most 1 heals", "heals"),
        ("crash A between steps forever", "forever"),
        ("partition heals asymmetric now at most 1", "now"),
        ("crash at most 1", "crash"),
        ("lose M at most 1", "lose"),
    ],
)
def test_the_word_of_a_fault_that_is_wrong(spec: Write, clause: str, wrong: str) -> None:
    text = "network synchronous\nmessage M\nrole A[2] { on M { skip } }\nfaults { %s }"
    (problem,) = found(spec(text % clause))
    assert (problem.code, problem.span.text) == ("D405", wrong)


@pytest.mark.parametrize("text", ['import "none.dsm"', 'model m of "none.dsm" { expect all hold }'])
def test_the_name_of_a_file_that_is_not_there(spec: Write, text: str) -> None:
    (problem,) = found(spec(text))
    assert (problem.code, problem.span.text) == ("D701", '"none.dsm"')


def found_in_check(path: Path) -> tuple[Diagnostic, ...]:
    with pytest.raises(Mistakes) as caught:
        check(load(path)[0])
    return caught.value.diagnostics


MISTAKEN = [
    ("role C { action n when n == 0 { n := 1 }\n var n: 0..1 = 0 }", "D202"),
    ("role C { timeout n when n == 0 { n := 1 }\n var n: 0..1 = 0 }", "D202"),
    ("type Cell = 1..2 record Top { cell: 0..1 }\n"
     "object stack<V> {\n var items: seq<V> = []\n fun push(v: V) = items + [v]\n}\n"
     "history g: stack<Cell> = [c for c in 1..2]", "D102"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code"), MISTAKEN)
def test_what_follows_a_mistake_is_no_bug(
    spec: Callable[[str], Path], text: str, code: str
) -> None:
    with pytest.raises(Mistakes) as found:
        compile_job(load(spec(f"spec s\n{text}\n"))[0])
    assert code in [problem.code for problem in found.value.diagnostics]


@pytest.mark.parametrize(
    ("given", "says"), [("N=", "no value for `N`"), ("N", "no value"), ("=3", "no name")]
)
def test_a_constant_without_a_value(spec: Callable[[str], Path], given: str, says: str) -> None:
    """What the command line lacks is said of the command line."""
    with pytest.raises(Mistakes) as found:
        load(spec("spec s\nconst N = 1\nvar x: 0..N = 0\n"), Overrides((given,), None))
    (problem,) = found.value.diagnostics
    assert says in problem.message
