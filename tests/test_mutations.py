"""Whatever is done to a spec, the answer is a program or diagnostics with a place: never an exception."""

from __future__ import annotations

import functools
import random
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import MODELS, ROOT, SPECS
from hypothesis import settings
from lark import Token

from dsmc import project
from dsmc.diagnostics import Diagnostic, Mistakes
from dsmc.diagnostics.codes import CODES
from dsmc.diagnostics.render import render_all
from dsmc.lower import lower
from dsmc.project import Job
from dsmc.session import compile_job, load
from dsmc.source import NOWHERE, Source
from dsmc.syntax.parser import Parsed, parse, tokenize
from dsmc.typecheck.instance import Instance
from dsmc.typecheck.program import check_spec

#: How many of each spec, and of each file of models: these say less, and are built on specs.
OF_A_SPEC, OF_MODELS = 24, 6
#: So many times as many where an evening is allowed.
EVENING = 20
SECONDS = 60

Mutation = Callable[[random.Random, str, list[Token]], str]


def _without(text: str, start: int, end: int, put: str = "") -> str:
    return text[:start] + put + text[end:]


def _token_deleted(r: random.Random, text: str, tokens: list[Token]) -> str:
    t = r.choice(tokens)
    return _without(text, t.start_pos, t.end_pos)


def _token_twice(r: random.Random, text: str, tokens: list[Token]) -> str:
    t = r.choice(tokens)
    return _without(text, t.start_pos, t.end_pos, f"{t} {t}")


def _tokens_swapped(r: random.Random, text: str, tokens: list[Token]) -> str:
    i = r.randrange(len(tokens) - 1)
    a, b = tokens[i], tokens[i + 1]
    return f"{text[: a.start_pos]}{b}{text[a.end_pos : b.start_pos]}{a}{text[b.end_pos :]}"


def _token_replaced(r: random.Random, text: str, tokens: list[Token]) -> str:
    t = r.choice(tokens)
    return _without(text, t.start_pos, t.end_pos, str(r.choice(tokens)))


def _character_put_in(r: random.Random, text: str, tokens: list[Token]) -> str:
    i = r.randrange(len(text))
    return _without(text, i, i, r.choice("abz09_{}()[]<>=:;.,#\"'!&|@~\\ \n\té\0"))


def _character_deleted(r: random.Random, text: str, tokens: list[Token]) -> str:
    i = r.randrange(len(text))
    return _without(text, i, i + 1)


def _cut_off(r: random.Random, text: str, tokens: list[Token]) -> str:
    return text[: r.randrange(len(text))]


def _line_deleted(r: random.Random, text: str, tokens: list[Token]) -> str:
    lines = text.splitlines(keepends=True)
    del lines[r.randrange(len(lines))]
    return "".join(lines)


def _brace_deleted(r: random.Random, text: str, tokens: list[Token]) -> str:
    t = r.choice([t for t in tokens if str(t) in "{}()[]"])
    return _without(text, t.start_pos, t.end_pos)


def _name_misspelt(r: random.Random, text: str, tokens: list[Token]) -> str:
    t = r.choice([t for t in tokens if t.type == "NAME"])
    at = r.randrange(len(t))
    return _without(text, t.start_pos + at, t.start_pos + at + 1, r.choice(["", "x", t[at] * 2]))


def _name_exchanged(r: random.Random, text: str, tokens: list[Token]) -> str:
    named = [t for t in tokens if t.type == "NAME"]
    t = r.choice(named)
    return _without(text, t.start_pos, t.end_pos, str(r.choice(named)))


def _type_changed(r: random.Random, text: str, tokens: list[Token]) -> str:
    found = list(re.finditer(r": ?([A-Za-z_]+(<[^>=\n]*>)?|\d+\.\.\w+)", text))
    if not found:
        return _name_exchanged(r, text, tokens)
    others = ["bool", "0..3", "set<0..2>", "option<bool>", "seq<bool, 2>", "map<0..1, bool>",
              "Node", "message", "mutex", "Nowhere", "vclock<Node, 2>", "set<set<0..70>>"]  # fmt: skip
    return _without(text, *r.choice(found).span(1), r.choice(others))


MUTATIONS: tuple[Mutation, ...] = (
    _token_deleted, _token_twice, _tokens_swapped, _token_replaced, _character_put_in,
    _character_deleted, _cut_off, _line_deleted, _brace_deleted, _name_misspelt, _name_exchanged,
    _type_changed,
)  # fmt: skip


def mutants(text: str, count: int) -> Iterator[str]:
    """The same ones every time."""
    r = random.Random(7)
    trivia = ("SPACE", "COMMENT", "DOC", "NEWLINE")
    tokens = [t for t in tokenize(Source("", text)) if t.type not in trivia]
    evening = settings().max_examples > settings.get_profile("dsmc").max_examples
    for number in range(count * EVENING if evening else count):
        yield MUTATIONS[number % len(MUTATIONS)](r, text, tokens)


@contextmanager
def in_time(mutant: str) -> Iterator[None]:
    """Shows the mutant if something is raised, or if it takes very long."""

    def late(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        yield
    except Exception as error:  # noqa: BLE001
        pytest.fail(f"{type(error).__name__}: {error}\n\n{mutant}")
    finally:
        signal.alarm(0)


def assert_good(problems: tuple[Diagnostic, ...]) -> None:
    """Every problem has a code, a message, and a place in the text."""
    assert problems
    assert render_all(problems)
    for problem in problems:
        assert problem.code in CODES
        assert problem.message
        spans = [note.span for note in problem.notes] + [problem.span]
        for span in spans:
            assert span is not NOWHERE, problem
            assert 0 <= span.start <= span.end <= len(span.source.text), problem


@pytest.mark.parametrize("path", SPECS, ids=lambda p: p.stem)
def test_a_mutated_spec_is_understood_or_refused(path: Path) -> None:
    for mutant in mutants(path.read_text(encoding="utf-8"), OF_A_SPEC):
        with in_time(mutant):
            checked = check_spec((parse(Source("mutant.dsm", mutant)),), Instance())
            if checked.program is None:
                assert_good(checked.problems)
            else:
                assert not checked.problems
                lower(checked.program)


@pytest.mark.parametrize("path", MODELS, ids=lambda p: p.stem)
def test_a_mutated_model_is_understood_or_refused(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _remember(monkeypatch)
    (tmp_path / "specs").symlink_to(ROOT / "specs")
    (tmp_path / "models").mkdir()
    copy = tmp_path / "models" / path.name
    copy.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    seen = {_settings(job) for job in load(copy)}
    for mutant in mutants(path.read_text(encoding="utf-8"), OF_MODELS):
        copy.write_text(mutant, encoding="utf-8")
        with in_time(mutant):
            try:
                for job in load(copy):
                    if _settings(job) not in seen:
                        seen.add(_settings(job))
                        compile_job(job)
            except Mistakes as mistakes:
                assert_good(mistakes.diagnostics)


def _remember(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most of a mutant is as it was: what did not change is not looked at again."""
    parsed = functools.lru_cache(lambda name, text: parse(Source(name, text)))
    checked = functools.lru_cache(check_spec)
    monkeypatch.setattr(project, "parse", lambda source: parsed(source.name, source.text))
    monkeypatch.setattr(project, "check_spec", lambda files, i: checked(_Same(files), i))


class _Same(tuple[Parsed, ...]):
    """Files that are told apart by what they are, not by what is in them."""

    __slots__ = ()

    def __hash__(self) -> int:
        return hash(tuple(map(id, self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and list(map(id, self)) == list(map(id, other))


def _settings(job: Job) -> tuple[object, ...]:
    return tuple(parsed.source.name for parsed in job.files), job.instance
