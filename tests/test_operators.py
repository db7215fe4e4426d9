"""Each operator means on plain values, and in the reference, what its examples say."""

from __future__ import annotations

import pytest

from dsmc.backends.python.laws import counterexamples
from dsmc.diagnostics import Problems
from dsmc.ir.evaluate import World, evaluate
from dsmc.ir.ops import OPS, Op
from dsmc.ir.system import Law, System
from dsmc.lower import lower
from dsmc.source import Source
from dsmc.syntax.parser import parse
from dsmc.typecheck.instance import Instance
from dsmc.typecheck.program import check_spec

EXAMPLES = [(op, text) for op, row in OPS.items() for text in row.examples]
#: Operators that only the tool writes, or that need a role or a bag: they have tests elsewhere.
WITHOUT = {
    Op.ALL, Op.REPLACE, Op.BAG_LEN, Op.BAG_ADD, Op.BAG_REMOVE, Op.BAG_HAS, Op.INDEX, Op.NODE_AT,
}  # fmt: skip


def system_of(law: str) -> System:
    """A system with one law and no state."""
    parsed = parse(Source("law", f"spec laws\nlaw it() {{ {law} }}\n"))
    checked = check_spec((parsed,), Instance())
    assert checked.program is not None, [d.message for d in checked.problems]
    return lower(checked.program)


def test_every_operator_has_examples() -> None:
    """A row without examples is a row without documentation and tests."""
    assert {op for op, row in OPS.items() if not row.examples} == WITHOUT


@pytest.mark.parametrize(
    ("op", "text"), EXAMPLES, ids=lambda x: x if isinstance(x, str) else x.name
)
def test_example(op: Op, text: str) -> None:
    """The example is true on plain values and in generated code."""
    system = system_of(text)
    law = next(p for p in system.properties if isinstance(p, Law))
    assert evaluate(law.expr, World({f.name: f for f in system.functions})) is True
    assert [found for found in counterexamples(system, law) if found is not None] == []


@pytest.mark.parametrize("a", range(-4, 5))
@pytest.mark.parametrize("b", [-3, -2, -1, 1, 2, 3])
def test_division_floors(a: int, b: int) -> None:
    """`div` and `mod` are Python's, for every sign."""
    text = f"({a}) div ({b}) == {a // b} and ({a}) mod ({b}) == {a % b}"
    system = system_of(text.replace("(-", "(0 - "))
    law = next(p for p in system.properties if isinstance(p, Law))
    assert evaluate(law.expr) is True
    assert [found for found in counterexamples(system, law) if found is not None] == []


def test_reference_page_is_current() -> None:
    """docs/operators.md is printed from the table."""
    from conftest import ROOT

    from dsmc.reference import operators_page

    assert (ROOT / "docs/operators.md").read_text(encoding="utf-8") == operators_page()


def test_problems_are_sorted_and_unique() -> None:
    """The same problem found twice is shown once."""
    problems = Problems()
    span = Source("x", "abc")
    from dsmc.source import Span

    problems.add("D201", Span(span, 1, 2), "b")
    problems.add("D201", Span(span, 0, 1), "a")
    problems.add("D201", Span(span, 1, 2), "b")
    assert [d.message for d in problems.sorted()] == ["a", "b"]
