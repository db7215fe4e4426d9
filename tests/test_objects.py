"""Objects of a spec's own: they are what their rules say, wherever they are asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import agreement
import histories
import pytest
from conftest import ROOT
from hypothesis import given
from test_agreement import system_of
from test_observers import happenings, remembered

from dsmc.backends.objects import Typed
from dsmc.backends.observing import specification
from dsmc.engine.outcome import Verdict
from dsmc.histories import choices
from dsmc.histories.budget import Budget
from dsmc.histories.check import guarantee
from dsmc.histories.model import PENDING, Operation, Operations, Status
from dsmc.histories.objects import SPECIFICATIONS
from dsmc.histories.observers import BROKEN, Linearizable
from dsmc.histories.verdict import Holds, Undecided, Violated
from dsmc.ir import types as t
from dsmc.ir.history import History
from dsmc.session import Options, Report, check, load
from dsmc.source import Source
from dsmc.syntax.parser import parse
from dsmc.typecheck.instance import Instance
from dsmc.typecheck.program import check_spec

#: The language's objects, written in the language.
REGISTER = """object cell<V> {
  var value: option<V> = none
  fun write(v: V) = some(v)
  fun read -> v: option<V> when v == value = value
"""
WRITTEN = {
    "register": f"{REGISTER}}}\nhistory h: cell<0..2>",
    "cas_register": f"""{REGISTER}
  fun cas(expected: option<V>, new: V) -> done: bool
    when done == (value == expected) = if done then some(new) else value
}}
history h: cell<0..2>""",
    "counter": """object tally {
  var total: 0..99 = 0
  fun add(n: 0..2) = total + n
  fun read -> n: 0..99 when total == n = total
}
history h: tally""",
    "set": """object group {
  var members: set<0..2>
  fun add(v: 0..2) = members union {v}
  fun remove(v: 0..2) = members minus {v}
  fun contains(v: 0..2) -> yes: bool when yes == (v in members) = members
  fun read -> all_: set<0..2> when all_ == members = members
}
history h: group""",
    "queue": """fun front(s: seq<0..2>): option<0..2> = if s == [] then none else some(s.first)
object line {
  var items: seq<0..2>
  fun enqueue(v: 0..2) = items + [v]
  fun dequeue -> v: option<0..2>
    when v == front(items) = if items == [] then items else items.remove(0)
}
history h: line""",
    "mutex": """object door {
  var held: bool
  fun acquire when not held = true
  fun release when held = false
}
history h: door""",
}
POOL = """object hoard {
  var free: set<0..2> = {0}
  fun give(v: 0..2) when v not in free = free union {v}
  fun take -> v: 0..2 when v in free = free minus {v}
}
history h: hoard"""


def history_of(text: str) -> History:
    checked = check_spec((parse(Source("objects", f"spec objects\n{text}\n")),), Instance())
    assert checked.program is not None, checked.problems
    return checked.program.histories[0]


def typed(of: t.Type, value: Any) -> Typed:
    if isinstance(of, t.Option):
        return Typed(of, (0,) if value is None else (1, value))
    return Typed(of, value)


def told(of: History, operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """Operations whose values are those of a declared object."""
    return tuple(_told(of, one) for one in operations)


def _told(of: History, one: Operation) -> Operation:
    method = of.method(one.f)
    assert method is not None
    given = one.arg if len(method.asks) > 1 else (one.arg,)[: len(method.asks)]
    args = tuple(map(typed, method.asks, given))
    arg = args[0] if len(args) == 1 else args or None
    is_open = method.answers is None or one.status is not Status.OK
    result = one.result if is_open else typed(method.answers, one.result)
    return histories.changed(one, arg=arg, result=result)


@pytest.mark.parametrize("lost", ["unknown", "crash"])
@pytest.mark.parametrize("name", WRITTEN)
def test_the_objects_of_the_language(name: str, lost: str) -> None:
    """Written in the language, they are remembered and judged as they are."""
    history = history_of(WRITTEN[name])
    built_in, own = SPECIFICATIONS[name](), specification(history)

    @given(histories.of(name, 6, objects=("x", "y")))
    def agree(operations: tuple[Operation, ...]) -> None:
        one = remembered(Linearizable(built_in), happenings(operations, lost))
        other = remembered(Linearizable(own), happenings(told(history, operations), lost))
        assert (one is BROKEN) == (other is BROKEN)
        if one is not BROKEN:
            assert sizes(one) == sizes(other)
        for promised in map(guarantee, ("linearizable", "sequential")):
            by_built_in = promised.decide(Operations(operations), built_in, Budget())
            by_own = promised.decide(Operations(told(history, operations)), own, Budget())
            assert type(by_built_in) is type(by_own)

    agree()


def sizes(memory: Any) -> list[int]:
    return sorted(len(configs) for _, configs in memory.configs)


# ---------------------------------------------------------------- several answers


def orders(operations: Sequence[Operation], free: frozenset[int], *, by_time: bool) -> bool:
    """By the definition: can the rest follow, where so many are free?"""
    if all(o.status is not Status.OK for o in operations):
        return True
    return any(
        orders([o for o in operations if o is not one], after, by_time=by_time)
        for one in operations
        if not any(_comes_before(o, one, by_time=by_time) for o in operations)
        for after in _after(one, free)
    )


def _comes_before(one: Operation, other: Operation, *, by_time: bool) -> bool:
    if one is other or one.returned is None:
        return False
    same = one.session == other.session or by_time
    return same and one.status is Status.OK and one.returned < other.invoked


def _after(one: Operation, free: frozenset[int]) -> Iterator[frozenset[int]]:
    if one.f == "give":
        if one.arg not in free:
            yield free | {one.arg}
        return
    for value in free:
        if one.status is not Status.OK or value == one.result:
            yield free - {value}


@pytest.mark.parametrize("name", ["linearizable", "sequential"])
def test_several_answers(name: str) -> None:
    """The observer and the decider say what the definition says."""
    history = history_of(POOL)
    spec = specification(history)
    seen = set()

    @given(histories.of("pool", 6))
    def agree(operations: tuple[Operation, ...]) -> None:
        happened = [o for o in operations if o.status is not Status.FAIL]
        holds = orders(happened, frozenset({0}), by_time=name == "linearizable")
        mine = Operations(told(history, operations))
        verdict = choices.decide(guarantee(name), mine, spec, Budget())
        assert isinstance(verdict, Holds if holds else Violated)
        if name == "linearizable":
            memory = remembered(Linearizable(spec), happenings(mine.operations))
            assert (memory is BROKEN) != holds
        seen.add((holds, any(o.result is PENDING for o in happened)))

    agree()
    assert len(seen) == 4


def test_too_many_ways_are_no_verdict() -> None:
    text = "object dice { var last: 0..99\n  fun roll -> n: 0..99 = n }\nhistory h: dice"
    rolls = [(n, "roll", None, PENDING, n, None) for n in range(4)]
    spec = specification(history_of(text))
    verdict = choices.decide(guarantee("sequential"), histories.history(*rolls), spec, Budget())
    assert isinstance(verdict, Undecided)
    assert "20,000 ways" in verdict.why


# ---------------------------------------------------------------- in specs

CLIENTS = """
spec clients
const FIRST: bool = false
object stack<T> {
  var items: seq<T> = []
  fun push(v: T) = items + [v]
  fun pop -> v: option<T> when v == top(items) = if items == [] then items else rest(items)
}
fun top<T>(items: seq<T>): option<T> = if items == [] then none else some(items.last)
fun rest<T>(items: seq<T>): seq<T> = items[0..items.len - 2]
history h: stack<Client>
var cells: seq<Client, 2> = []

role Client[2] {
  process {
    begin h.push(self)
    atomic { cells += self; end h.push }
    begin h.pop
    atomic {
      if cells == [] { end h.pop -> none } else {
        end h.pop -> if FIRST then cells.first else cells.last
        cells.remove(if FIRST then 0 else cells.len - 1)
      }
    }
  }
}
guarantee linearizable(h)
guarantee sequential(h)
model last { expect all hold; expect states 50 }
model first { const FIRST = true; expect linearizable violated in 6 steps; expect sequential holds }
"""


def reports(tmp_path: Any, text: str, **options: Any) -> list[Report]:
    path = tmp_path / "objects.dsm"
    path.write_text(text, encoding="utf-8")
    return [check(job, Options(**options)) for job in load(path)]


@pytest.mark.parametrize("engine", ["python", "c"])
def test_a_stack(tmp_path: Any, engine: str) -> None:
    last, first = reports(tmp_path, CLIENTS, engine=engine)
    assert (last.surprises, first.surprises) == ((), ())


def test_what_is_told_of_it(tmp_path: Any) -> None:
    trace = reports(tmp_path, CLIENTS)[1].result("linearizable").trace
    assert trace is not None
    assert "after it, `items` is [Client.1, Client.2]." in trace.reasons[-2]
    assert trace.reasons[-1].endswith("cannot be next: it would be answered some(Client.2).")


DRAWS = """spec draws
const AT_MOST: 0..2 = 1
object hoard<V> {
  var free: set<V> = V
  fun take -> v: V when v in free = free minus {v}
  fun give(v: V) when v not in free = free union {v}
}
symbols Ticket[2]
history h: hoard<Ticket>
var taken: set<Ticket> = {}
role Client[2] {
  process {
    begin h.take
    atomic { pick v in Ticket where AT_MOST == 2 or v not in taken; taken += v; end h.take -> v }
  }
}
guarantee linearizable(h)
guarantee sequential(h)
"""
LOSSY = f"{DRAWS}faults {{ crash Client at most 1 }}\n"
AGREEING = [CLIENTS.partition("model last")[0], DRAWS, LOSSY]


@pytest.mark.parametrize("text", AGREEING)
def test_back_ends_and_oracle_agree(text: str) -> None:
    system = system_of(text)
    agreement.assert_agree(system)
    agreement.assert_c_agrees(system)


@pytest.mark.parametrize("text", [DRAWS, LOSSY])
def test_two_have_the_same(tmp_path: Any, text: str) -> None:
    models = "model one { expect all hold }\nmodel two { const AT_MOST = 2 }\n"
    one, two = reports(tmp_path, text + models)
    assert one.surprises == ()
    for name in ("linearizable", "sequential"):
        assert two.result(name).verdict is Verdict.VIOLATED


@pytest.mark.parametrize("model", ["stale", "fresh", "new_then_old", "write_all"])
def test_a_register_as_of_the_language(tmp_path: Any, model: str) -> None:
    """The same states, the same verdicts, in as many steps."""
    text = (ROOT / "specs/linearizable_register.dsm").read_text(encoding="utf-8")
    own = text.replace("register<Value>", "cell<Value>") + f"\n{REGISTER}}}\n"
    (tmp_path / "linearizable_register.dsm").write_text(own, encoding="utf-8")
    models = (ROOT / "models/linearizable_register.dsm").read_text(encoding="utf-8")
    (tmp_path / "own.dsm").write_text(models.replace("../specs/", ""), encoding="utf-8")
    (job,) = [one for one in load(tmp_path / "own.dsm") if one.name == model]
    report = check(job, Options())
    path = ROOT / "models/linearizable_register.dsm"
    (job,) = [one for one in load(path) if one.name == model]
    assert facts(report) == facts(check(job, Options()))
    assert report.surprises == ()


def facts(report: Report) -> tuple[object, ...]:
    traces = [(r.name, r.verdict, len(r.trace.steps) if r.trace else 0) for r in report.results]
    return traces, report.statistics.states, report.statistics.transitions


def test_no_value_is_a_range_error(tmp_path: Any) -> None:
    text = CLIENTS.replace("var items: seq<T>", "var items: seq<T, 1>")
    (report, _) = reports(tmp_path, text)
    trace = report.result("no_range_error").trace
    assert trace is not None
    assert any("`push` of a `stack` has no value" in reason for reason in trace.reasons), trace


# ---------------------------------------------------------------- mistakes

CELL = "var value: bool\n  fun write(v: bool) = v"
WRONG = [
    ("object o { }", "D317", "one `var`"),
    ("object o { fun f = true }", "D317", "one `var`"),
    ("object o { var a: bool; var b: bool; fun f = true }", "D317", "one `var`"),
    ("object o { stable a: bool; fun f = a }", "D317", "one first value"),
    ("object o { var a: bool in {true}; fun f = a }", "D317", "one first value"),
    ("object o { var a: bool }", "D317", "can be asked nothing"),
    ("object o { var a: bool; fun f(b: bool = true) = b }", "D317", "always said"),
    ("object o { var a: bool; fun f = a; fun f = not a }", "D202", "`f` is declared twice"),
    ("object o { var a: bool; fun f(a: bool) = a }", "D203", "`a` already means"),
    ("object o { var a: bool; fun f(b: bool) -> b: bool = a }", "D203", "`b` already means"),
    ("object o { var a: bool; fun f = 1 }", "D301", "what `f` leaves"),
    ("object o { var a: bool = 1; fun f = a }", "D301", "holds first"),
    ("object o { var a: bool; fun f when 1 = a }", "D301", "the guard"),
    ("object o { var a: 0..9999; fun f -> n: 0..9999 when n > a = a }", "D306", "there are too many"),
    ("var s: bool\nobject o { var a: bool; fun f = s }", "D206", "an object may not depend on it"),
    ("var s: bool\nfun g(): bool = s\nobject o { var a: bool; fun f = g() }", "D206", "an object may"),
    ("object register { var a: bool; fun f = a }", "D202", "an object of the language"),
    ("object o { var a: bool; fun f(b: bool): bool = a }", "D102", "`:` cannot stand here"),
    ("object o { var a bool; fun f = true }", "D102", "cannot stand here"),
    (f"object o<V> {{ {CELL} }}\nhistory h: o", "D304", "takes 1 argument, not 0"),
    (f"object o {{ {CELL} }}\nhistory h: o = 3", "D301", "holds first"),
    (f"object o {{ {CELL} }}\nhistory h: oo", "D201", "unknown object of a history"),
    (f"object o {{ {CELL} }}\nhistory h: o\nguarantee causal(h)", "D318", "which write each read saw"),
    (f"object o {{ {CELL} }}\nhistory h: o\nguarantee serializable(h)", "D201", "of `o`"),
    (f"object o {{ {CELL} }}\nhistory h: o\ninit {{ begin h.read }}", "D201", "cannot be asked `read`"),
    (f"object o {{ {CELL} }}\nhistory h: o\ninit {{ h.write(true) }}", "D303", "begins, and ends later"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "message"), WRONG)
def test_mistakes(text: str, code: str, message: str) -> None:
    checked = check_spec((parse(Source("objects", f"spec objects\n{text}\n")),), Instance())
    assert [p.code for p in checked.problems] == [code], checked.problems
    assert message in checked.problems[0].message


def test_what_can_be_promised_is_named() -> None:
    text = f"object o {{ {CELL} }}\nhistory h: o\nguarantee pram(h)\n"
    (problem,) = check_spec((parse(Source("objects", text)),), Instance()).problems
    assert problem.help == "of `o` can be promised `linearizable`, `sequential`, `available`"
