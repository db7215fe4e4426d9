"""The C back end agrees with the reference: on every model, and on random systems."""

from __future__ import annotations

import agreement
import pytest
import random_protocols
import random_specs
from conftest import MODELS
from hypothesis import assume, given
from hypothesis import strategies as st
from oracle import TooLarge
from test_agreement import system_of

from dsmc.ir.system import System
from dsmc.project import Job
from dsmc.session import compile_job, load

#: Larger models take the reference too long to be compared in every run.
LARGE = 20_000


def jobs() -> list[object]:
    """The models that are not large, as far as they say how large they are."""
    found = []
    for path in MODELS:
        for job in load(path):
            counts = [e.number for e in job.expectations if getattr(e, "what", "") == "states"]
            if counts and counts[0] <= LARGE:
                found.append(pytest.param(job, id=f"{path.stem}-{job.name}"))
    return found


@pytest.mark.parametrize("job", jobs())
def test_models(job: Job) -> None:
    """Counts, verdicts and runs, to the end and only until all is decided."""
    system = compile_job(job)
    agreement.assert_c_agrees(system, to_the_end=True)
    agreement.assert_c_agrees(system, to_the_end=False)


@given(st.data())
def test_random_systems(data: st.DataObject) -> None:
    """Every type, every expression and statement."""
    _agrees(system_of(data.draw(random_specs.specs())))


@given(st.data())
def test_random_protocols(data: st.DataObject) -> None:
    """Messages and faults: bags, queues, crashes."""
    _agrees(system_of(data.draw(random_protocols.protocols()).text()))


def _agrees(system: System) -> None:
    try:
        agreement.assert_c_agrees(system, most=2_000)
    except TooLarge:
        assume(False)
