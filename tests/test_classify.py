"""Which guarantees are the strongest that hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from dsmc.classify import Row, classify
from dsmc.cli import main
from dsmc.diagnostics import Mistakes
from dsmc.engine.outcome import Verdict
from dsmc.session import Options, check, load

Write = Callable[..., Path]

#: One server; where it may be restarted it forgets what it was told.
SERVER = """spec server
message Put
message Done
message Get
message Got(v: 0..1)
history reg: register<0..1> = 0
role Server {
  volatile value: 0..1 = 0
  on Put from c { value := 1; reply Done }
  on Get from c { reply Got(value) }
}
role Client {
  process {
    begin reg.write(1)
    send Put to Server.1
    receive { Done { end reg.write } }
    begin reg.read
    send Get to Server.1
    receive { Got(v) { end reg.read -> v } }
  }
}
faults { restart Server at most 1; partition at most 1 }
"""


def rows_of(text: str, spec: Write) -> tuple[Row, ...]:
    (job,) = load(spec(text))
    return classify(job, Options())[0]


def test_fault_classes(spec: Write) -> None:
    """Without faults the register is linearizable; a restart loses what was written; a cut blocks."""
    rows = {(row.faults, row.family.name): row for row in rows_of(SERVER, spec)}
    classes = ["no faults", "restart", "partition", "all faults"]
    assert [name for name, family in rows if family == "availability"] == classes
    assert rows["no faults", "consistency"].strongest == ("linearizable",)
    assert rows["no faults", "availability"].strongest == ("available",)
    assert rows["partition", "consistency"].strongest == ("linearizable",)
    assert rows["partition", "availability"].strongest == ("available majority", "available sticky")
    restarted = rows["restart", "consistency"]
    assert "read_your_writes" not in restarted.strongest
    assert "monotonic_reads" in restarted.strongest
    broken = {cell.guarantee for cell in restarted.boundary}
    assert "read_your_writes" in broken
    assert all(cell.result is not None and cell.result.trace for cell in restarted.boundary)


def test_what_follows_is_what_is_found(spec: Write) -> None:
    """Each verdict is that of the guarantee asked alone."""
    text = SERVER.replace("; partition at most 1", "")
    for row in rows_of(text, spec):
        faults = "" if row.faults == "no faults" else "\nfaults { restart Server at most 1 }"
        for cell in row.cells:
            word, *forms = cell.guarantee.split()
            asked = f"guarantee {word}({', '.join(['reg', *forms])})"
            (job,) = load(spec(text.split("faults {")[0] + asked + faults))
            verdict = check(job, Options()).result("_".join([word, *forms])).verdict
            if cell.by:
                assert verdict is not Verdict.VIOLATED
            else:
                assert verdict is cell.verdict


def test_isolation(spec: Write) -> None:
    from test_promises import SKEW

    rows = rows_of(SKEW, spec)
    assert [row.strongest for row in rows] == [("strong_snapshot_isolation",)]
    assert any(cell.guarantee == "repeatable_read" for cell in rows[0].boundary)


def test_command(spec: Write) -> None:
    path = spec(SERVER)
    told = CliRunner().invoke(main, ["classify", str(path), "--traces"])
    assert told.exit_code == 0, told.output
    assert "linearizable" in told.output
    assert "read_your_writes is violated" in told.output
    data = json.loads(CliRunner().invoke(main, ["classify", str(path), "--json"]).output)
    assert data[0]["rows"][0]["strongest"] == ["linearizable"]
    limited = CliRunner().invoke(main, ["classify", str(path), "--max-states", "3"])
    assert limited.exit_code == 3
    with pytest.raises(Mistakes) as refused:
        rows_of("spec s\nvar x: bool", spec)
    assert [d.code for d in refused.value.diagnostics] == ["D717"]
