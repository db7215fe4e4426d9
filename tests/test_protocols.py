"""Random protocols have as many states as by a meaning that knows nothing of how they are lowered."""

from __future__ import annotations

import agreement
import oracle
import protocols
import random_protocols
from conftest import unless_too_large
from hypothesis import event, given
from hypothesis import strategies as st
from test_agreement import system_of


@given(st.data())
def test_random_protocols(data: st.DataObject) -> None:
    protocol = data.draw(random_protocols.protocols())
    with unless_too_large():
        expected = protocols.states(protocol, limit=1_500)
    text = protocol.text()
    system = system_of(text)
    found = agreement.by_reference(system)
    assert found.states == expected, text
    if expected <= 300:
        event("compared with the oracle too")
        assert oracle.explore(system) == found, text
