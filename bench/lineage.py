"""How many runs does a lineage-driven search take, and how many do others?

`python -m bench.lineage`. The programs are in `bench/lineage/`; beside our numbers stand those of Molly
(Alvaro, Rosen, Hellerstein: Lineage-driven Fault Injection, SIGMOD 2015, figures 12 and 13) for its programs
of these names, which are others: written in Dedalus, with faults of its own. A random search takes runs in
which each fault that is possible happens with a chance that is drawn for the run, until one breaks the
property: the mean of 25 seeds, of up to 500 runs each. The last column counts the sets of faults.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from dsmc.backends.python.machine import PythonMachine
from dsmc.engine.machine import State
from dsmc.lineage.gates import Fault, Run
from dsmc.lineage.judging import Judge
from dsmc.lineage.schedule import Schedule
from dsmc.lineage.search import Limits, Search, limits
from dsmc.session import compile_job, load
from dsmc.smt.solving import Clock, GaveUp

FOLDER = Path(__file__).parent / "lineage"
SEEDS, MOST, SETS = 25, 500, 2_000


class Program(NamedTuple):
    """A model, its property and rounds; what Molly and a random search took in the publication."""

    file: str
    model: str
    property: str
    rounds: int
    fault_rounds: int
    molly: int | None = None
    published: float | None = None


PROGRAMS = (
    Program("simple_deliv", "lost", "reliable", 4, 2, 2, 4.08),
    Program("retry_deliv", "losses_and_a_crash", "reliable", 8, 2, 3, 75.24),
    Program("classic_deliv", "losses", "reliable", 5, 3, 5, 116.16),
    Program("two_phase", "a_crash", "decided", 5, 5, 2, 5.48),
    Program("two_phase_ctp", "a_crash", "decided", 8, 8, 3, 8.56),
    Program("three_phase", "losses_and_a_crash", "agreement", 9, 7, 55, 40.60),
    Program("kafka", "losses_and_a_crash", "durable", 6, 4, 38, 1183.12),
    Program("classic_deliv", "a_crash", "reliable", 6, 6),
    Program("three_phase", "a_crash", "agreement", 8, 8),
    Program("redun_deliv", "losses_and_a_crash", "reliable", 14, 10, 11),
    Program("ack_deliv", "losses_and_a_crash", "reliable", 12, 7, 673),
)


class Measured(NamedTuple):
    """A row of the table."""

    program: str
    faults: str
    verdict: str
    runs: str
    molly: str
    random: str
    published: str
    sets: str
    seconds: str


def measured(program: Program, seconds: float) -> Measured:
    """Take all the searches of a program."""
    jobs = load(FOLDER / f"{program.file}.dsm")
    system = compile_job(next(job for job in jobs if job.name == program.model))
    schedule = Schedule(PythonMachine(system), program.rounds, program.fault_rounds)
    number = next(n for n, p in enumerate(system.properties) if p.name == program.property)
    first = schedule.machine.initial()[0][0]
    search = Search(schedule, Clock(seconds))
    began = time.perf_counter()
    try:
        found = search.look(number, first)
        verdict, broken = "violated" if found.run else "none left", found.run is not None
    except GaveUp as error:
        verdict, broken = f"stopped: {error.why}", False
    gone = time.perf_counter() - began
    judge = Judge(schedule, number)
    return Measured(
        f"{program.file} {program.rounds}/{program.fault_rounds}", program.model, verdict,
        str(search.runs), _text(program.molly), _random(schedule, judge, first) if broken else "",
        _text(program.published), _sets(schedule, first), f"{gone:.2f}",
    )  # fmt: skip


def _text(number: float | None) -> str:
    return "" if number is None else f"{number:g}"


# ---------------------------------------------------------------- random faults


def _random(schedule: Schedule, judge: Judge, first: State) -> str:
    found = [_until_broken(schedule, judge, first, random.Random(seed)) for seed in range(SEEDS)]
    never = sum(runs is None for runs in found)
    told = f"{mean(runs or MOST for runs in found):.1f}"
    return f"{told} ({never} not in {MOST})" if never else told


def _until_broken(
    schedule: Schedule, judge: Judge, first: State, draw: random.Random
) -> int | None:
    """How many runs it takes."""
    for count in range(1, MOST + 1):
        if judge.broken(_drawn(schedule, first, draw)) is not None:
            return count
    return None


def _drawn(schedule: Schedule, first: State, draw: random.Random) -> Run:
    rate, known = draw.random(), limits(schedule)
    taken: set[Fault] = set()

    def choose(number: int, state: State) -> list[Fault]:
        found = []
        for fault in schedule.possible(number, state):
            if draw.random() < rate and is_within(known, frozenset({*taken, fault})):
                taken.add(fault)
                found.append(fault)
        return found

    return schedule.chosen(first, choose)


def is_within(known: Limits, faults: frozenset[Fault]) -> bool:
    """Are there no more faults than there may be?"""
    counted = Counter(budget for fault in faults for budget in known.budgets[fault.action])
    return all(many <= known.most[budget] for budget, many in counted.items())


# ---------------------------------------------------------------- all faults


def all_runs(schedule: Schedule, first: State) -> Iterator[Run]:
    """The runs with each set of faults that can happen, round by round."""
    known = limits(schedule)

    def onwards(number: int, run: Run) -> Iterator[Run]:
        if number > schedule.fault_rounds:
            yield run
            return
        begins = run.before(run.rounds[number - 1].start)
        possible = schedule.possible(number, run.states[begins])
        for many in range(len(possible) + 1):
            for some in combinations(possible, many):
                faults = run.faults | set(some)
                if is_within(known, faults):
                    after = run if not some else schedule.run(first, faults)
                    yield from onwards(number + 1, after)

    yield from onwards(1, schedule.run(first))


def _sets(schedule: Schedule, first: State) -> str:
    count = 0
    for _ in all_runs(schedule, first):
        count += 1
        if count > SETS:
            return f"> {SETS:,}"
    return f"{count:,}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--limit", type=float, default=600, metavar="SECONDS", help="for each search"
    )
    parser.add_argument("--only", default="", metavar="NAME", help="programs whose names begin so")
    asked = parser.parse_args()
    head = "| program | model | verdict | runs | Molly | random | random, published | sets | s |"
    print(head, "|---|---|---|---|---|---|---|---|---|", sep="\n", flush=True)
    for program in PROGRAMS:
        if program.file.startswith(asked.only):
            print(f"| {' | '.join(measured(program, asked.limit))} |", flush=True)


if __name__ == "__main__":
    main()
