"""Many millions of states: tables grow as long as there is memory."""

from __future__ import annotations

import pytest
from test_agreement import system_of

from dsmc.backends.c import build
from dsmc.backends.c.explore import Manner, explore
from dsmc.backends.python.machine import PythonMachine
from dsmc.engine.outcome import Limits


@pytest.mark.parametrize("threads", [1, 2])
def test_states_of_one_word(threads: int) -> None:
    if not build.compiler()[0]:
        pytest.skip("without the system's compiler this takes long")
    actions = "\n".join(f"action {n}{n} when {n} < 239 {{ {n} += 1 }}" for n in "abc")
    system = system_of("spec grid\n" + "".join(f"var {n}: 0..239\n" for n in "abc") + actions)
    machine = PythonMachine(system)
    found = explore(
        machine, frozenset(), manner=Manner(threads), to_the_end=True, limits=Limits(seconds=300)
    )
    assert found.statistics.complete
    assert found.statistics.states == 240**3
