"""`convergent`: what is read settles, once nobody updates it any more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from agreement import assert_agree, assert_c_agrees
from test_agreement import system_of

from dsmc.engine.outcome import Verdict
from dsmc.session import Options, Report, check, load

REPLICAS = """spec replicas
const GOSSIPS: bool = true
const WRITES_FOR_EVER: bool = false
history reg: register<0..2> = 0
var store: map<0..1, 0..2> = [0: 0, 1: 0]
role Writer {
  process {
    atomic { begin reg.write(1); store[0] := 1; end reg.write }
    loop {
      await WRITES_FOR_EVER
      atomic { begin reg.write(2); store[0] := 3 - store[0]; end reg.write }
    }
  }
}
role Reader[2] {
  process { loop { atomic { begin reg.read; end reg.read -> store[self.index] } } }
}
role Gossip {
  process { loop { atomic { await GOSSIPS and store[0] != store[1]; store[1] := store[0] } } }
}
final { true }
guarantee convergent(reg)
"""
SETTINGS = [
    ("", Verdict.HOLDS),
    ("const GOSSIPS = false", Verdict.VIOLATED),
    ("const GOSSIPS = false\nconst WRITES_FOR_EVER = true", Verdict.HOLDS),
]


def verdict(spec: Callable[..., object], text: str, engine: str = "auto") -> Report:
    (job,) = load(spec(text))
    return check(job, Options(engine=engine))


@pytest.mark.parametrize("engine", ["python", "c"])
@pytest.mark.parametrize(("setting", "wanted"), SETTINGS)
def test_replicas(spec: Callable[..., object], engine: str, setting: str, wanted: Verdict) -> None:
    text = f"{REPLICAS}model m {{ {setting} }}\n"
    assert verdict(spec, text, engine).result("convergent").verdict is wanted


def test_what_is_told(spec: Callable[..., object]) -> None:
    report = verdict(spec, f"{REPLICAS}model m {{ const GOSSIPS = false }}\n")
    trace = report.result("convergent").trace
    assert trace is not None
    assert trace.reasons[0] == "`the updates of reg end` is true at the start"
    assert "an even number of times` is false after step" in trace.reasons[1]
    assert trace.reasons[1].endswith("and so it is again each time round")


KEYS = """spec keys
history kv: kv<0..1, 0..1>
var store: map<0..1, option<0..1>>
role Reader[2] {
  process keys[2] {
    loop {
      begin kv.get(%s)
      end kv.get -> store[%s]
    }
  }
}
role Writer {
  process {
    begin kv.put(0, 0)
    atomic { store[0] := some(0); end kv.put }
    begin kv.put(1, 1)
    atomic { store[1] := some(1); end kv.put }
  }
}
final { true }
guarantee convergent(kv)
"""


@pytest.mark.parametrize(("asked", "kept"), [("keys", True), ("0", False)])
def test_keys_apart(spec: Callable[..., object], asked: str, *, kept: bool) -> None:
    """Each key settles by itself; one that is answered with the value of another does not."""
    report = verdict(spec, KEYS % (asked, "keys"))
    assert (report.result("convergent").verdict is Verdict.HOLDS) == kept


def test_too_many_keys() -> None:
    text = "spec o\nhistory h: kv<0..9999, bool>\nguarantee convergent(h)\n"
    with pytest.raises(AssertionError, match="keys that are to converge must have at most 4096"):
        system_of(text)


@pytest.mark.parametrize("engine", ["python", "c"])
def test_others_that_are_read(spec: Callable[..., object], engine: str) -> None:
    """A counter and a set: the last write wins at each of two places that never meet."""
    text = """spec several
history c: counter
history s: set<0..1>
role P[2] {
  process {
    if self.index == 0 {
      begin c.add(1)
      end c.add
      begin s.add(1)
      end s.add
    }
    loop {
      atomic { begin c.read; end c.read -> self.index }
      atomic { begin s.read; end s.read -> {1} }
      atomic { begin s.contains(0); end s.contains -> self.index == 0 }
    }
  }
}
guarantee convergent(c)
guarantee convergent(s)
"""
    report = verdict(spec, text, engine)
    assert report.result("convergent_c").verdict is Verdict.VIOLATED
    assert report.result("convergent_s").verdict is Verdict.HOLDS


@pytest.mark.parametrize("of", ["queue<bool>", "lock"])
def test_what_is_not_read(of: str) -> None:
    text = f"spec o\nhistory h: {of}\nguarantee convergent(h)\n"
    with pytest.raises(AssertionError, match="unknown guarantee"):
        system_of(text)


# ---------------------------------------------------------------- replicas that apply updates

CRDT = """spec crdt
enum Kind { union_, last, sum_ }
const KIND: Kind = union_
history c: replicas<0..1, 0..3>
message Update(n: 0..1)
role Replica[2] {
  var value: 0..3 = 0
  var sent: bool = false
  action update when not sent {
    sent := true
    apply(self.index)
    broadcast Update(self.index) to others
  }
  on Update(n) { apply(n) }
  proc apply(n: 0..1) {
    value := match KIND {
      union_ => if value in {n + 1, 3} then value else value + n + 1,
      last => n + 1,
      sum_ => min(v for v in {value + 1, 3})
    }
    c.apply(n)
    c.show(value)
  }
}
guarantee strong_convergence(c)
guarantee convergent(c)
"""
BOTH = {"strong_convergence", "convergent"}
FAULTS = [
    ("union_", "", set()),
    ("union_", "duplicate at most 1", set()),
    ("union_", "lose at most 1", {"convergent"}),
    ("last", "", BOTH),
    ("sum_", "", set()),
    ("sum_", "duplicate at most 1", BOTH),
]  # fmt: skip


@pytest.mark.parametrize("engine", ["python", "c"])
@pytest.mark.parametrize(("kind", "faults", "violated"), FAULTS)
def test_updates_in_any_order(
    spec: Callable[..., object], engine: str, kind: str, faults: str, violated: set[str]
) -> None:
    text = f"{CRDT}model m {{ const KIND = {kind}; faults {{ {faults} }} }}\n"
    report = verdict(spec, text, engine)
    assert {r.name for r in report.results if r.verdict is Verdict.VIOLATED} == violated


def test_what_is_told_of_replicas(spec: Callable[..., object]) -> None:
    report = verdict(spec, f"{CRDT}model m {{ const KIND = last }}\n")
    trace = report.result("strong_convergence").trace
    assert trace is not None
    assert trace.reasons[-1] in (
        "where {0 1} was applied, 1 was shown before, and 2 now",
        "where {0 1} was applied, 2 was shown before, and 1 now",
    )
    trace = report.result("convergent").trace
    assert trace is not None
    assert trace.reasons[-1] == "Replica.1 shows 2, and Replica.2 shows 1"


@pytest.mark.parametrize("says", [True, False])
def test_who_forgets_says_so(spec: Callable[..., object], *, says: bool) -> None:
    """A volatile value is gone after a crash, and with it what was applied."""
    crash = "  on restart { c.forget; c.show(value) }" if says else "  on restart { c.show(value) }"
    text = CRDT.replace("  on Update", f"{crash}\n  on Update").replace("var sent", "stable sent")
    report = verdict(spec, f"{text}faults {{ restart Replica at most 1 between steps }}\n")
    broken = report.result("strong_convergence").verdict is Verdict.VIOLATED
    assert broken is not says


@pytest.mark.parametrize("kind", ["union_", "last", "sum_"])
def test_back_ends_and_oracle_agree(kind: str) -> None:
    text = CRDT.replace("KIND: Kind = union_", f"KIND: Kind = {kind}")
    system = system_of(f"{text}faults {{ crash Replica at most 1 }}\n")
    assert_agree(system)
    assert_c_agrees(system)


TWICE = """spec twice
history h: register<0..1> = 0
role C {
  var n: 0..1 = 0
  timeout t { BODY; n := 1 - n }
}
guarantee convergent(h)
"""
READS = "begin h.read; end h.read -> 0; begin h.read; end h.read -> 1"
WRITES = "begin h.write(n); end h.write; begin h.write(1 - n); end h.write; begin h.read; end h.read -> n"


@pytest.mark.parametrize("engine", ["python", "c"])
@pytest.mark.parametrize(("body", "wanted"), [(READS, Verdict.VIOLATED), (WRITES, Verdict.HOLDS)])
def test_several_in_one_step(
    spec: Callable[..., object], body: str, engine: str, wanted: Verdict
) -> None:
    """It counts that something changes in a step, not how often."""
    report = verdict(spec, TWICE.replace("BODY", body), engine)
    assert report.result("convergent").verdict is wanted
