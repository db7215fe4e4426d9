"""`convergent`: what is read settles, once nobody updates it any more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
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
