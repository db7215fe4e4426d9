"""Values of small ranges where larger ones are wanted, and of ranges with one value only.

In a packed state both are written with fewer bits than they have as numbers.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import words

from dsmc.session import Report

SPEC = """spec ranges
var few: set<0..2> = {0, 1}
var table: map<0..1, 0..2> = [0: 0, 1: 0]
var list: seq<0..2, 3> = [2]
var many: bag<0..2>
var one: 1..2 = 1
var lists: map<0..2, seq<0..2>>
var only: 0..0 = 0
var none_: seq<0..0, 2> = []
var nothing: map<0..0, 0..0>
"""


@pytest.mark.parametrize("one", ["one", "(0 + 1)", "1"])
@pytest.mark.parametrize(
    "text",
    [
        "ONE in few",
        "few == {0, ONE}",
        "few minus {ONE} == {0}",
        "{ONE} subset few",
        "{x for x in few if x == ONE} == {1}",
        "(the x in few: x == ONE) == 1",
        "(table with [0: ONE]) == [0: 1, 1: 0]",
        "(table with [ONE: ONE])[1] == 1",
        "(table with [0: 0] with [0: ONE])[0] == 1",
        "(lists with [ONE: [ONE]])[1] == [1]",
        "list.insert(0, ONE) == [1, 2]",
        "list + [ONE] == [2, 1]",
        "ONE in list.insert(1, ONE)",
        "many.add(ONE) == bag(x for x in 1..1)",
        "ONE in many.add(ONE)",
        "some(ONE) == some(1)",
        "(ONE, ONE) == (1, 1)",
        "seq(x for x in {ONE}) == [1]",
    ],
)
def test_a_smaller_range_fits(checked: Callable[..., Report], text: str, one: str) -> None:
    report = checked(f"{SPEC}invariant fits {{ {text.replace('ONE', one)} }}\n")
    assert words(report) == {"fits": "holds"}


@pytest.mark.parametrize(
    "text",
    [
        "(true, none_.first).0",
        "(true, none_.first).1 == 0",
        "some(none_.first) != none",
        "none_.last == 0",
        "nothing[one] == 0",
        "[none_.first].len == 1",
        "(nothing with [0: none_.first]) == nothing",
    ],
)
def test_a_range_error_of_no_bits(checked: Callable[..., Report], text: str) -> None:
    """What has one value only need not be kept; that it has none must be noticed."""
    report = checked(f"{SPEC}invariant no_value {{ {text} }}\n")
    assert words(report)["no_value"] == "violated"


@pytest.mark.parametrize("text", ["only := none_.first", "nothing[one] := 0"])
def test_an_assignment_of_no_bits(checked: Callable[..., Report], text: str) -> None:
    report = checked(f"{SPEC}action step {{ {text} }}\n")
    assert words(report) == {"no_range_error": "violated"}


def test_a_wide_range_is_gone_through(checked: Callable[..., Report]) -> None:
    """It is not written out: a literal of a million elements would be no program."""
    report = checked("""spec wide
var x: 0..1000000 = 0
action a { pick z in 0..1000000 where z < 3
  x := z }
invariant small { x < 3 }
""")
    assert words(report) == {"small": "holds"}
    assert report.statistics.states == 3
