"""Faults that are chosen before a run: the same states, and the same steps."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager, suppress

import pytest
import random_protocols
from conftest import TooLarge, unless_too_large
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from test_agreement import small_jobs, system_of
from test_reductions import ORDER, assert_same_answers

from dsmc.backends.python.machine import PythonMachine
from dsmc.frozen import replace
from dsmc.ir.system import System
from dsmc.project import Job
from dsmc.reduce.counted import Counted
from dsmc.reduce.firsts import First
from dsmc.reduce.order import NoOrderError, ordered
from dsmc.reduce.permute import Values
from dsmc.reduce.plan import at_once
from dsmc.reduce.schedules import Schedules, scheduled
from dsmc.session import compile_job

MOST = 4_000

Steps = set[tuple[Hashable, Hashable]]


def known(values: Values) -> Hashable:
    return tuple(sorted(values.items()))


def steps_of(system: System, schedules: Schedules | None = None) -> tuple[set[Hashable], Steps]:
    """All states, and all pairs of one with another that a step leads to, as they are with budgets."""
    machine = PythonMachine(system)

    def plain(state: object) -> Hashable:
        values = machine.decode(state)
        return known(values if schedules is None else schedules.plain(values))

    waiting = machine.initial()[0]
    found = set(waiting)
    steps: Steps = set()
    while waiting:
        state = waiting.pop()
        successors: list[object] = []
        machine.expand(state, successors, [])
        steps.update((plain(state), plain(target)) for target in successors if target != state)
        new = set(successors) - found
        found |= new
        waiting += new
        if len(found) > MOST:
            raise TooLarge
    return set(map(plain, found)), steps


def under_schedules(system: System) -> tuple[System, Schedules] | None:
    """The system with its faults chosen beforehand, every step of it; None if they cannot be."""
    schedules = scheduled(system)
    if schedules is None:
        return None
    order = schedules.among(ordered(schedules.system, frozenset()))
    return order and (replace(schedules.system, init=order.system.init), schedules)


def assert_same_steps(system: System) -> bool:
    """Were there any faults to choose?"""
    steps = steps_of(system)
    chosen = under_schedules(system)
    if chosen is None:
        return False
    assert steps_of(*chosen) == steps
    return True


@contextmanager
def unless_refused() -> Iterator[None]:
    """What cannot be ordered has no schedules."""
    try:
        yield
    except NoOrderError as why:
        pytest.skip(str(why))


#: Messages that are lost, copied, and overtaken by a crash; a counter for each of two kinds of message.
PING = """spec ping
message Ping(n: 1..2)
message Pong
role Client[2] {
  var answers: 0..4 = 0
  start { send Ping(1) to Server.1; send Ping(2) to Server.1 }
  on Pong when answers < 4 { answers += 1 }
}
role Server[1] {
  stable seen: set<1..2> = {}
  on Ping(n) from c { seen += n; send Pong to c }
}
"""
FAULTS = (
    "lose at most 1",
    "lose at most 2",
    "lose Ping at most 1",
    "duplicate Pong at most 1",
    "lose at most 1; duplicate Ping at most 1",
    "crash Client at most 1",
    "crash Server at most 1",
    "restart Client at most 2",
    "crash Client at most 1; lose Pong at most 1",
    "partition at most 1",
)


@pytest.mark.parametrize("faults", FAULTS)
def test_same_steps(faults: str) -> None:
    with unless_too_large():
        assert assert_same_steps(system_of(f"{PING}faults {{ {faults} }}\n"))


@pytest.mark.parametrize("faults", FAULTS)
def test_same_answers(faults: str) -> None:
    """Also of what is at rest: a message that has to be lost is not left."""
    asked = """
quiescent all_seen { Server.1.seen == {1, 2} }
quiescent some_answered { exists c in Client: c.answers > 0 }
quiescent all_answered { forall c in Client: c.answers >= 2 }
invariant few { forall c in Client: c.answers < 3 }
reachable many { exists c in Client: c.answers == 4 }
reachable both { forall c in Client: c.answers >= 1 }
"""
    with unless_too_large():
        used = assert_same_answers(
            system_of(f"{PING}{asked}faults {{ {faults} }}\n"), at_once(ORDER)
        )
        assert "chosen beforehand" in used


@pytest.mark.parametrize(
    ("faults", "kind"), [("lose at most 1", First), ("crash at most 1", Counted)]
)
def test_what_stands_in_the_place_of_a_budget(faults: str, kind: type) -> None:
    schedules = scheduled(
        system_of(PING + f"faults {{ {faults.replace('crash', 'crash Client')} }}\n")
    )
    assert schedules is not None
    assert [type(one) for one in schedules.dealt] == [kind]


def test_a_budget_that_is_looked_at() -> None:
    """What `fail` does is decided within a step, and need not happen: its budget stays."""
    text = "spec fails\nrole R { var n: 0..1 = 0\n process { try { put: n := 1 } catch { n := 0 } } }\n"
    system = system_of(text + "faults { fail put at most 1 }\n")
    assert any(v.name.startswith("budget~") for v in system.variables)
    assert scheduled(system) is None


def test_a_message_that_comes_back_is_a_rest() -> None:
    """Whoever takes it sends the same again: nothing changes, but that it was not lost first."""
    text = """spec echo
message Ping
role R {
  var lost: bool = false
  start { send Ping to R.1 }
  on Ping { send Ping to R.1 }
}
faults { lose at most 1 }
quiescent found { exists r in R: r.lost }
"""
    system = system_of(text)
    schedules = scheduled(system)
    assert schedules is not None
    wanted = frozenset(n for n, p in enumerate(system.properties) if p.name == "found")
    assert schedules.among(ordered(schedules.system, frozenset())) is not None
    assert schedules.among(ordered(schedules.system, wanted)) is None
    assert_same_answers(system, at_once(ORDER))


def test_too_many_schedules() -> None:
    schedules = scheduled(system_of(PING.replace("[2]", "[6]") + "faults { lose at most 6 }\n"))
    assert schedules is not None
    assert schedules.among(ordered(schedules.system, frozenset())) is None


@pytest.mark.parametrize("job", small_jobs(800))
def test_models(job: Job) -> None:
    with unless_refused(), unless_too_large():
        if not assert_same_steps(compile_job(job)):
            pytest.skip("there are no faults to choose")


@settings(max_examples=max(1, settings.default.max_examples // 3))
@given(st.data())
def test_random_protocols(data: st.DataObject) -> None:
    text = data.draw(random_protocols.protocols()).text()
    assume("at most" in text)
    with suppress(NoOrderError), unless_too_large():
        if assert_same_steps(system_of(text.replace("network fifo", "network unordered"))):
            event("faults were chosen")
