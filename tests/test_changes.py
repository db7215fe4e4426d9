"""Which of many initial states are compared with the one that a run begins in."""

from __future__ import annotations

from functools import reduce
from operator import or_

from hypothesis import given
from hypothesis import strategies as st

from dsmc.traces.changes import apart

REGISTERS = st.integers(0, 63)


@given(REGISTERS, st.lists(REGISTERS))
def test_every_difference_is_kept(first: int, states: list[int]) -> None:
    """A bit in which any state differs is one in which one of the few does; each of these has a new one."""
    few = list(apart(first, states))
    assert reduce(or_, [first ^ one for one in few], 0) == reduce(
        or_, [first ^ s for s in states], 0
    )
    assert len(few) <= 6


@given(REGISTERS, st.lists(REGISTERS))
def test_one_register_is_as_several(first: int, states: list[int]) -> None:
    alone, paired = list(apart(first, states)), list(apart((first, 0), [(s, 0) for s in states]))
    assert [(state, 0) for state in alone] == paired
