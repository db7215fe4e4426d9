"""Where steps are cut by crashes: nobody can tell from fewer places than all."""

from __future__ import annotations

from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_agreement import system_of

from dsmc.backends.python.machine import PythonMachine
from dsmc.backends.tiers import How, search
from dsmc.engine.outcome import Limits, Verdict
from dsmc.ir.protocol import Program
from dsmc.ir.system import System
from dsmc.lives import lives
from dsmc.lower.faults import crash
from dsmc.lower.faults.noticed import noticed

#: A node that restarts does what a message says.
NODE = """spec node
message Go
message More
role Other {{
  start {{ send Go to N.1 }}
  on More {{ skip }}
}}
role N {{
  volatile a: 0..2 = 0
  volatile b: 0..2 = 0
  stable c: 0..2 = 0
  on Go {{ {handler} }}
  {action}
}}
faults {{ {fault} N at most 1 }}
{properties}
"""
_VALUES = st.integers(0, 2)
_CONDITIONS = st.builds("N.1.{} == {}".format, st.sampled_from("abc"), _VALUES)
_CHANGES = st.one_of(
    st.builds("{} := {}".format, st.sampled_from("abc"), _VALUES),
    st.builds("if {} > 0 {{ {} := {} }}".format, *map(st.sampled_from, ("abc", "abc")), _VALUES),
)
_SENDS = st.just("send More to Other.1")


def _bodies(statements: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(statements, min_size=1, max_size=4).map("; ".join)


_ACTIONS = st.builds(
    "{} action act when {} == {} and c != {} {{ {} }}".format,
    st.sampled_from(["", "fair", "strong fair"]), st.sampled_from("abc"), _VALUES, _VALUES, _bodies(_CHANGES),
)  # fmt: skip
_PROPERTIES = st.one_of(
    st.builds("eventually {{name}} {{{{ {} }}}}".format, _CONDITIONS),
    st.builds("always eventually {{name}} {{{{ {} }}}}".format, _CONDITIONS),
    st.builds("eventually always {{name}} {{{{ not ({}) }}}}".format, _CONDITIONS),
    st.builds("{{name}}: {} leads to {}".format, _CONDITIONS, _CONDITIONS),
    st.builds("ltl {{name}} {{{{ ({}) until ({}) }}}}".format, _CONDITIONS, _CONDITIONS),
    st.builds("ltl {{name}} {{{{ next next next ({}) }}}}".format, _CONDITIONS),
    st.builds("transition {{name}} {{{{ old({}) implies {} }}}}".format, _CONDITIONS, _CONDITIONS),
    st.builds("invariant {{name}} {{{{ {} or {} }}}}".format, _CONDITIONS, _CONDITIONS),
)


@st.composite
def nodes(draw: st.DrawFn) -> str:
    properties = draw(st.lists(_PROPERTIES, min_size=1, max_size=3))
    return NODE.format(
        handler=draw(_bodies(_CHANGES | _SENDS)), action=draw(_ACTIONS),
        fault=draw(st.sampled_from(["restart", "crash", "outage"])),
        properties="\n".join(p.format(name=f"p{n}") for n, p in enumerate(properties)),
    )  # fmt: skip


def everything(program: Program) -> set[str]:
    return {variable.name for variable in program.variables}


def verdicts(system: System) -> dict[str, Verdict | bool]:
    machine = PythonMachine(system)
    wanted = frozenset(range(len(system.properties)))
    found = search(machine, wanted, How("python"), limits=Limits(states=5_000), to_the_end=True)
    assert found.statistics.complete
    decided: dict[str, Verdict | bool] = {
        prop.name: number in found.decided for number, prop in enumerate(system.properties)
    }
    return decided | {
        system.properties[number].name: lived.verdict
        for number, lived in lives(machine).found.items()
    }


@given(nodes())
def test_fewer_places_than_all(text: str) -> None:
    few = verdicts(system_of(text))
    with mock.patch.object(crash, "noticed", everything):
        assert few == verdicts(system_of(text))


@pytest.mark.parametrize(
    ("action", "prop", "more"),
    [
        ("", "invariant p { N.1.a == 0 or N.1.b < 2 }", set()),
        ("", "eventually p { N.1.a == 2 }", {"N.a"}),
        ("", "transition p { old(N.1.b) <= seen() }\nfun seen(): 0..2 = N.1.a", {"N.a", "N.b"}),
        ("", "ltl p { next (N.1.c == 0) }", {"N.a", "N.b", "N.c"}),
        ("strong fair action act when b == 1 { c := 1 }", "", {"N.b"}),
        ("fair action act when b == 1 { c := 1 }", "", set()),
    ],
)
def test_what_is_noticed(action: str, prop: str, more: set[str]) -> None:
    found: list[set[str]] = []

    def spied(program: Program) -> set[str]:
        found.append(noticed(program))
        return found[-1]

    text = NODE.format(handler="a := 1; b := 1", action=action, fault="restart", properties=prop)
    with mock.patch.object(crash, "noticed", spied):
        system_of(text)
    assert found[0] & {"N.a", "N.b", "N.c"} == more
