"""Availability under partitions, and the table of what gives way."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT

from dsmc.cap import cap
from dsmc.cli import main
from dsmc.diagnostics import Mistakes
from dsmc.engine.outcome import Verdict
from dsmc.project import Overrides
from dsmc.session import Options, Report, check, load

Write = Callable[..., Path]

#: A client asks both sites; a CP system answers when both have, an AP system when one has.
ASKED = """spec asked
const NEEDS = 2
message Write
message Stored
history reg: register<0..1> = 0
role Site[2] {{ on Write from c {{ reply Stored }} }}
role Client {{
  process {{
    begin reg.write(1)
    broadcast Write to Site
    receive NEEDS of Stored {{ end reg.write }}
  }}
}}
{}
"""
CUT = "partition {Client, Site.1} | {Site.2}"
FORMS = ["available(reg)", "available(reg, majority)", "available(reg, sticky)"]


@pytest.mark.parametrize(
    ("needs", "faults", "kept"),
    [
        (2, "", (True, True, True)),
        (2, CUT, (False, True, True)),  # one of two is no majority
        (1, CUT, (True, True, True)),
        (1, "partition at most 1", (False, True, True)),
        (2, "lose at most 1", (False, False, False)),
        (2, "crash Site at most 1", (False, True, True)),
        (1, "crash Site at most 1", (True, True, True)),
        (2, "crash Client at most 1", (True, True, True)),
        (2, "partition at most 1 heals", (True, True, True)),
        (2, "restart Client at most 1", (True, True, True)),
    ],
)
def test_forms(
    checked: Callable[..., Report], needs: int, faults: str, kept: tuple[bool, ...]
) -> None:
    """What a client is owed: an answer while it is up; near a majority; near all it has sent to."""
    text = ASKED.format("\n".join(f"guarantee {form}" for form in FORMS))
    text = text.replace("NEEDS = 2", f"NEEDS = {needs}")
    report = checked(text, faults or None)
    names = ["available", "available_majority", "available_sticky"]
    names = [f"{n}_reg" if f"{n}_reg" in {r.name for r in report.results} else n for n in names]
    found = tuple(report.result(name).verdict is Verdict.HOLDS for name in names)
    assert found == kept


def test_majority_of_three(checked: Callable[..., Report]) -> None:
    """On the majority's side of a partition two answers are enough, and on the other they are not."""
    text = ASKED.format("guarantee available(reg, majority)").replace("Site[2]", "Site[3]")
    assert (
        checked(text, "partition at most 1").result("available_majority").verdict is Verdict.HOLDS
    )
    asks_all = text.replace("NEEDS = 2", "NEEDS = 3")
    report = checked(asks_all, "partition at most 1")
    assert report.result("available_majority").verdict is Verdict.VIOLATED


@pytest.mark.parametrize("word", ["refused", "unknown"])
@pytest.mark.parametrize(("form", "kept"), [("", False), (", majority", False), (", sticky", True)])
def test_no_is_no_answer(checked: Callable[..., Report], word: str, form: str, kept: bool) -> None:
    """Who is refused, or gives up, while an answer is owed was not answered."""
    text = f"""spec gives_up
message Write
message Stored
history reg: register<0..1> = 0
role Site[3] {{ on Write from c {{ reply Stored }} }}
role Client {{
  process {{
    begin reg.write(1)
    send Write to Site.1
    receive {{ Stored {{ end reg.write }} timeout {{ {word} reg.write }} }}
    begin reg.read
    end reg.read -> 1
  }}
}}
guarantee available(reg{form})
"""
    patient = text.replace(f"timeout {{ {word} reg.write }}", "")
    cut = "partition {Client} | {Site.1}"
    (told,) = [r for r in checked(patient, cut).results if r.name.startswith("available")]
    assert (told.verdict is Verdict.HOLDS) == kept
    (told,) = [r for r in checked(text).results if r.name.startswith("available")]
    assert told.verdict is Verdict.VIOLATED
    assert told.trace is not None
    assert "`reg owes Client an answer` is true after step 1" in told.trace.reasons


# ---------------------------------------------------------------- the table

COPIES = """spec copies
message Copy
message Copied
history reg: register<0..1> = 0
role Site[2] {
  var value: 0..1 = 0
  action write when self.index == 0 and value == 0 {
    begin reg.write(1)
    value := 1
    broadcast Copy to others
    AFTER
  }
  on Copy from s { value := 1; reply Copied }
  on Copied { ANSWER }
  action read when self.index == 1 { begin reg.read; end reg.read -> value }
}
"""
#: AP: the write is answered before the copy is made. CP: after.
AP = COPIES.replace("AFTER", "end reg.write").replace("ANSWER", "skip")
CP = COPIES.replace("AFTER", "skip").replace("ANSWER", "end reg.write")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (AP, "already"),
        (CP, "CP"),
        (
            AP.replace("action read when self.index == 1", "action read when self.index == 0"),
            "nothing",
        ),
    ],
)
def test_table(text: str, said: str, spec: Write) -> None:
    (job,) = load(spec(text))
    table = cap(job, Options())
    assert said in table.verdict
    assert [row.name for row in table.rows] == ["linearizable", "available"]
    assert [row.availability for row in table.rows] == [False, True]


PAGE = (ROOT / "docs/cap.md").read_text(encoding="utf-8")
DESIGNS = re.findall(r"^\| `(cap_\w+)` \| `(\w+)` \| (\w+) \| (\w+) \| (\w+)", PAGE, re.MULTILINE)


def test_the_page_has_a_row_for_each_version() -> None:
    texts = {name: (ROOT / f"specs/{name}.dsm").read_text() for name, *_ in DESIGNS}
    versions = {
        name: re.findall(r"^  (\w+),  #", text, re.MULTILINE) for name, text in texts.items()
    }
    assert [(name, v) for name, of in versions.items() for v in of] == [d[:2] for d in DESIGNS]


@pytest.mark.parametrize("design", DESIGNS, ids="_".join)
def test_page(design: tuple[str, ...]) -> None:
    """The table of the page is what the tool says."""
    name, version, consistent, available, said = design
    one = "WRITERS=1" if name == "cap_register" else "ADDERS=1"
    (job,) = load(ROOT / f"specs/{name}.dsm", Overrides((f"VERSION={version}", one)))
    table = cap(job, Options())
    linearizable, answered = table.rows
    assert (linearizable.during.word, answered.during.word) == (consistent, available)
    assert linearizable.without.word == answered.without.word == "holds"
    assert said in table.verdict


def test_own_partition_and_promises(spec: Write) -> None:
    """What the spec promises is asked, with the partition that it knows."""
    asked = "guarantee sequential(reg)\nguarantee available(reg, sticky)\n"
    text = CP.replace("action read when self.index == 1 {", "action read when self.index == 1 and left > 0 {"
                      " left -= 1;").replace("  var value", "  var left: 0..1 = 1\n  var value")  # fmt: skip
    (job,) = load(spec(text + asked + "faults { partition at most 1 heals }"))
    table = cap(job, Options())
    assert [row.name for row in table.rows] == ["sequential", "available_sticky"]
    assert table.rows[1].during.verdict is Verdict.HOLDS


def test_without_histories(spec: Write) -> None:
    text = """spec s
message Ask
role A { var done: bool = false
  on Ask { done := true } }
role B { start { send Ask to A.1 } }
invariant safe { true or A.1.done }
answered: true leads to A.1.done
"""
    (job,) = load(spec(text))
    table = cap(job, Options())
    assert "CP" in table.verdict
    (job,) = load(spec("spec s\nvar x: bool\naction a { x := not x }"))
    with pytest.raises(Mistakes) as refused:
        cap(job, Options())
    assert [d.code for d in refused.value.diagnostics] == ["D715"]


def test_command(spec: Write, tmp_path: Path) -> None:
    path = spec(CP)
    told = CliRunner().invoke(main, ["cap", str(path), "--out", str(tmp_path / "out")])
    assert told.exit_code == 0
    assert "during a partition" in told.output
    assert "CP: availability gives way to a partition" in told.output
    assert "available is violated" in told.output
    assert list((tmp_path / "out").rglob("available.svg"))
    data = json.loads(CliRunner().invoke(main, ["cap", str(path), "--json"]).output)
    assert [row["kind"] for row in data[0]["rows"]] == ["consistency", "availability"]
    assert data[0]["rows"][1]["during"]["trace"]["operations"]
    wrong = CliRunner().invoke(main, ["cap", str(spec("spec s\nvar x: bool", "w.dsm"))])
    assert wrong.exit_code == 2
    assert "D715" in wrong.output
    limited = CliRunner().invoke(main, ["cap", str(path), "--max-states", "2"])
    assert limited.exit_code == 3


# ---------------------------------------------------------------- histories in specs


def test_three_clients_of_three_operations(checked: Callable[..., Report]) -> None:
    """The ways in which operations may have taken effect do not multiply the states much."""
    text = """spec register_of_three
enum Phase { idle, writing, reading, wrote, got }
history reg: register<0..1> = 0
var cell: 0..1 = 0
role Client[3] {
  var left: 0..3 = 3
  var phase: Phase = idle
  var value: 0..1 = 0
  action write when left > 0 and phase == idle { begin reg.write(1); phase := writing; left -= 1 }
  action read when left > 0 and phase == idle { begin reg.read; phase := reading; left -= 1 }
  action act when phase == writing { cell := 1; phase := wrote }
  action look when phase == reading { value := cell; phase := got }
  action wrote when phase == wrote { end reg.write; phase := idle }
  action got when phase == got { end reg.read -> value; phase := idle; value := 0 }
}
"""
    alone = checked(text).statistics
    monitored = checked(text + "guarantee linearizable(reg)")
    assert monitored.result("linearizable").verdict is Verdict.HOLDS
    assert alone.states < monitored.statistics.states <= 50_000


@pytest.mark.parametrize("engine", ["python", "c"])
def test_misuse_is_told(spec: Write, engine: str) -> None:
    text = """spec s
history reg: register<bool>
action twice { begin reg.read; begin reg.read }
guarantee linearizable(reg)
"""
    (job,) = load(spec(text))
    report = check(job, Options(engine=engine))
    assert report.result("linearizable").verdict is Verdict.UNKNOWN
    trace = report.result("no_range_error").trace
    assert trace is not None
    assert "before its `read` has ended" in trace.reasons[0]


@pytest.mark.parametrize("engine", ["python", "c"])
def test_undecided(spec: Write, engine: str) -> None:
    """A violated guarantee may hide what another one needs to know."""
    text = """spec s
history reg: register<0..2> = 0
var step: 0..3 = 0
role A { action go when step == 0 {
  step := 1
  begin reg.write(1); end reg.write; begin reg.write(2); end reg.write } }
role B { action look(v in 0..2) when step > 0 and step < 3 {
  step += 1
  begin reg.read; end reg.read -> v } }
guarantee monotonic_reads(reg)
guarantee monotonic_writes(reg)
guarantee causal(reg)
"""
    (job,) = load(spec(text))
    report = check(job, Options(engine=engine))
    assert report.result("monotonic_reads").verdict is Verdict.VIOLATED
    assert report.result("causal").verdict is Verdict.VIOLATED
    told = report.result("monotonic_writes")
    assert told.verdict in (Verdict.UNKNOWN, Verdict.VIOLATED)


def test_each_thread_is_a_client(checked: Callable[..., Report]) -> None:
    """What a thread of a node is answered is the answer to what that thread asked."""
    text = """spec threads
history reg: register<0..1> = 0
var turn: 0..2 = 0
role Client {
  process a[2] {
    if a == 0 {
      begin reg.read
      turn := 1
      await turn == 2
      end reg.read -> 1
    } else {
      await turn == 1
      begin reg.write(0)
      turn := 2
      await turn == 0
      end reg.write
    }
  }
}
guarantee linearizable(reg)
final { true }
"""
    trace = checked(text).result("linearizable").trace
    assert trace is not None
    told = ["#0 `read → 1` of Client", "#1 `write 0 …` of Client"]
    assert list(trace.reasons[:2]) == told


def test_checkpoints_are_refused(spec: Write, tmp_path: Path) -> None:
    path = spec(AP + "guarantee linearizable(reg)")
    args = ["check", str(path), "--engine", "c", "--checkpoint", str(tmp_path / "kept")]
    told = CliRunner().invoke(main, args)
    assert told.exit_code == 2
    assert "D716" in told.output


WRONG = {
    "history reg: regster<bool>": "D201",
    "history reg: register": "D303",
    "history reg: queue<bool> = 1": "D303",
    "history reg: register<bool>\naction a { begin reg.wrte(true) }": "D201",
    "history reg: register<bool>\naction a { begin reg.write }": "D303",
    "history reg: register<bool>\naction a { end reg.read }": "D303",
    "history reg: register<bool>\naction a { end reg.write -> true }": "D303",
    "history reg: register<bool>\naction a { begin reg.write(2) }": "D301",
    "history reg: register<0..2>\naction a { begin reg.write(3) }": "D302",
    "history reg: register<bool>\nguarantee linearisable(reg)": "D201",
    "history reg: register<bool>\nguarantee linearizable(rg)": "D201",
    "history reg: register<bool>\nguarantee linearizable": "D102",
    "history reg: register<bool>\nguarantee available(reg, mostly)": "D201",
    "action a { begin reg.write(true) }": "D201",
}


@pytest.mark.parametrize(("text", "code"), WRONG.items())
def test_mistakes(text: str, code: str, spec: Write) -> None:
    told = CliRunner().invoke(main, ["check", str(spec(f"spec s\nvar x: bool\n{text}\n"))])
    assert told.exit_code == 2
    assert f"error[{code}]" in told.output


def test_expectations_of_guarantees(spec: Write) -> None:
    """A mistake elsewhere hides no guarantee."""
    text = "history reg: register<bool>\nguarantee linearizable(reg)\nvar x: bol\n"
    model = 'model m of "spec.dsm" { expect linearizable violated; expect linear violated }'
    spec("spec s\n" + text)
    told = CliRunner().invoke(main, ["check", str(spec(model, "m.dsm"))])
    assert told.output.count("D407") == 1


@pytest.mark.parametrize("engine", ["python", "c"])
def test_each_process_is_a_client(spec: Write, engine: str) -> None:
    text = """spec two
history reg: register<0..1> = 0
var cell: 0..1 = 0
role Client {
  process a { begin reg.write(1); cell := 1; end reg.write }
  process b[2] { begin reg.read; let v = cell; end reg.read -> v }
}
guarantee linearizable(reg)
guarantee available(reg)
"""
    (job,) = load(spec(text))
    report = check(job, Options(engine=engine))
    assert {r.name for r in report.results} == {"no_deadlock", "linearizable", "available"}
    assert all(r.verdict is Verdict.HOLDS for r in report.results)


def test_a_partition_that_heals(spec: Write) -> None:
    """To wait until it is over is no answer."""
    (job,) = load(spec(CP + "faults { partition at most 1 heals }"))
    assert "CP" in cap(job, Options()).verdict


# ---------------------------------------------------------------- what was found by others

LEASE = """spec lease
history l: lock
message Acq
message Grant
message Rel
message RelOk
role S {
  var holder: option<C> = none
  on Acq from c in C when holder == none { holder := some(c); reply Grant }
  on Rel from c in C when holder == some(c) { holder := none; reply RelOk }
  timeout lease_runs_out when holder != none { holder := none }
}
role C[2] { process {
  begin l.acquire
  send Acq to S.1
  receive { Grant { end l.acquire } }
  begin l.release
  send Rel to S.1
  receive { RelOk { end l.release } }
} }
final { true }
guarantee linearizable(l)
"""

REFUSED = """spec refused_later
history r: register<0..1> = 0
var t: 0..4 = 0
role C[2] {
  action w when self.index == 0 and t == 0 { begin r.write(1); t := 1 }
  action rd when self.index == 1 and t == 1 { begin r.read; end r.read -> 1; t := 2 }
  action no when self.index == 0 and t == 2 { refused r.write; t := 3 }
}
"""

GIVEN_UP = """spec given_up
history r: register<0..2> = 0
var t: 0..4 = 0
role C {
  action one when t == 0 { begin r.write(1); end r.write; t := 1 }
  action two when t == 1 { begin r.write(2); unknown r.write; t := 2 }
  action three when t == 2 { begin r.read; end r.read -> 0; t := 3 }
}
"""


@pytest.mark.parametrize("engine", ["python", "c"])
@pytest.mark.parametrize(
    ("text", "guarantee"),
    [
        (LEASE, "linearizable"),
        *(
            (REFUSED + f"guarantee {g}(r)", g)
            for g in ("sequential", "causal", "pram", "monotonic_reads")
        ),
        *((GIVEN_UP + f"guarantee {g}(r)", g) for g in ("sequential", "pram", "read_your_writes")),
    ],
)
def test_violations(spec: Write, engine: str, text: str, guarantee: str) -> None:
    (job,) = load(spec(text))
    assert check(job, Options(engine=engine)).result(guarantee).verdict is Verdict.VIOLATED


def test_a_history_without_events(spec: Write) -> None:
    text = "spec s\nhistory r: register<bool>\nvar v: bool\naction a { v := not v }\n"
    (job,) = load(spec(text + "guarantee linearizable(r)\nguarantee sequential(r)\n"))
    assert {r.verdict for r in check(job, Options()).results} == {Verdict.HOLDS}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("history r: register<bool>\nguarantee linearizable(r)\nguarantee linearizable(r)", "D202"),
        (
            "history r: register<bool>\nguarantee sequential(r)\ninvariant sequential { true }",
            "D202",
        ),
        ("history r: queue<option<bool>>", "D303"),
    ],
)
def test_refused(spec: Write, text: str, code: str) -> None:
    told = CliRunner().invoke(main, ["check", str(spec(f"spec s\nvar x: bool\n{text}\n"))])
    assert f"error[{code}]" in told.output


AGAIN = """spec again
history h: register<0..1> = 0
message Get(n: 0..2)
message Val(n: 0..2)
role S {{ on Get(n) when n != {deaf} {{ reply Val(n) }} }}
role C {{
  start {{ begin h.read; send Get(0) to S.1 }}
  on Val(n) from s {{ end h.read -> 0; begin h.read; send Get({after}) to S.1 }}
}}
guarantee available(h)
"""


@pytest.mark.parametrize(
    ("after", "deaf", "verdict"),
    [
        ("0", 1, Verdict.HOLDS),  # each is answered, and at once there is another one
        ("if n < 1 then n + 1 else n", 1, Verdict.VIOLATED),  # the second is not
        ("if n < 2 then n + 1 else n", 2, Verdict.VIOLATED),  # the third
    ],
)
def test_each_operation_is_owed_its_own_answer(
    checked: Callable[..., Report], after: str, deaf: int, verdict: Verdict
) -> None:
    """A client that asks again in the step of the answer is never without an open operation."""
    report = checked(AGAIN.format(after=after, deaf=deaf))
    assert report.result("available").verdict is verdict
