"""Random systems of every kind, for what must be true of all of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import random_names
import random_protocols
import random_specs
from conftest import unless_too_large
from hypothesis import given, settings
from hypothesis import strategies as st
from test_agreement import system_of

from dsmc.ir.system import System

Texts = st.SearchStrategy[str]
#: A test for each kind of systems.
Test = Callable[..., None]


def protocols(properties: tuple[str, ...] = ("",)) -> Texts:
    """Messages and faults; roles A and B, whose nodes have numbers `a` and `b`."""
    return st.builds(
        lambda protocol, prop: f"{protocol.text()}{prop}\n",
        random_protocols.protocols(), st.sampled_from(properties),
    )  # fmt: skip


def all_kinds(properties: tuple[str, ...] = ("",)) -> dict[str, Texts]:
    """Every type, every expression and statement; messages, with one of the properties; names."""
    return {"systems": random_specs.specs(), **with_names(properties)}


def with_names(properties: tuple[str, ...] = ("",)) -> dict[str, Texts]:
    """Those in which names may be interchangeable."""
    return {"protocols": protocols(properties), "names": random_names.specs()}


def test_of(say: Callable[[System], object], kinds: dict[str, Texts], slow: int = 1) -> Test:  # noqa: PT028
    """The test that something is true of all systems of these kinds that are not too large. Of what is
    `slow` so many times fewer are looked at.
    """

    @pytest.mark.parametrize("kind", kinds)
    @settings(max_examples=max(1, settings.default.max_examples // slow))
    @given(data=st.data())
    def test(kind: str, data: st.DataObject) -> None:
        with unless_too_large():
            say(system_of(data.draw(kinds[kind])))

    return test
