"""The forms of a trace: text, SVG, DOT, JSON and ITF say the same, and others can read them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import trace_specs
from conftest import ROOT

from dsmc.engine.outcome import Limits
from dsmc.session import Options, check, load
from dsmc.traces.model import Trace
from dsmc.traces.render import RENDERERS

SVG = "{http://www.w3.org/2000/svg}"
#: The class of a message in the picture, by its fate.
CLASSES = {"received": "received", "lost": "lost", "dropped": "dropped", "in flight": "flying"}
RUNS = (
    (trace_specs.UNORDERED, "everything"),
    (trace_specs.UNORDERED, "in_flight"),
    (trace_specs.FIFO, "overtaken"),
    (trace_specs.SYNCHRONOUS, "half"),
    (trace_specs.LOCKS, "no_deadlock"),
    ("spec alone\nvar n: -1..3 = 0\naction up when n < 3 { n += 1 }\ninvariant p { n < 2 }", "p"),
)


def trace_of(folder: Path, text: str, name: str) -> Trace:
    path = folder / "spec.dsm"
    path.write_text(text, encoding="utf-8")
    (job,) = load(path)
    trace = check(job, Options((name,), Limits(5_000))).result(name).trace
    assert trace is not None
    return trace


@pytest.fixture(params=RUNS, ids=[name for _, name in RUNS])
def trace(request: pytest.FixtureRequest, tmp_path: Path) -> Trace:
    text, name = request.param
    return trace_of(tmp_path, text, name)


@pytest.fixture
def everything(tmp_path: Path) -> Trace:
    return trace_of(tmp_path, trace_specs.UNORDERED, "everything")


# ---------------------------------------------------------------- SVG


def drawn(trace: Trace) -> ET.Element:
    return ET.fromstring(RENDERERS["svg"](trace))


def of_class(picture: ET.Element, name: str) -> list[ET.Element]:
    return [e for e in picture.iter() if name in e.get("class", "").split()]


def texts(element: ET.Element) -> list[str]:
    return [shown(e) for e in element.iter(f"{SVG}text")]


def shown(text: ET.Element) -> str:
    """What is seen of a text: not its tooltip."""
    return (text.text or "") + "".join(child.tail or "" for child in text)


def test_a_lane_for_each_node(trace: Trace) -> None:
    found = [texts(lane) for lane in of_class(drawn(trace), "lane")]
    assert found == [[lane.name or trace.spec] for lane in trace.lanes]


def test_a_bar_for_each_step(trace: Trace) -> None:
    steps = of_class(drawn(trace), "step")
    assert [s.get("id") for s in steps] == [f"step-{s.number}" for s in trace.steps]
    for told, step in zip(trace.steps[1:], steps[1:], strict=True):
        assert told.title.split()[0] in "".join(texts(step))


def test_an_arrow_for_each_message(trace: Trace) -> None:
    arrows = of_class(drawn(trace), "message")
    assert len(arrows) == len(trace.messages)
    for message, arrow in zip(trace.messages, arrows, strict=True):
        assert CLASSES[message.fate] in arrow.get("class", "").split()
        assert ("duplicate" in arrow.get("class", "")) == (message.copy_of is not None)
        assert len(arrow.findall(f"{SVG}path[@class='double']")) == (message.copy_of is not None)


def test_where_arrows_begin_and_end(everything: Trace) -> None:
    """From the sender's lane; to the receiver's if the message is received."""
    picture = drawn(everything)
    lanes = [_ends(e)[0] for e in of_class(picture, "life")]
    for message, arrow in zip(everything.messages, of_class(picture, "message"), strict=True):
        (x1, y1), (x2, y2) = _way(of_class(arrow, "arrow")[-1])
        assert x1 == lanes[message.sender]
        assert (abs(x2 - lanes[message.receiver]) <= 5) == (message.fate == "received")
        assert (y1 == y2) == (message.sent == message.ended)


def test_arrows_of_one_step_are_level(tmp_path: Path) -> None:
    trace = trace_of(tmp_path, trace_specs.SYNCHRONOUS, "half")
    ways = [_way(e) for e in of_class(drawn(trace), "arrow")]
    assert len(ways) == 3
    assert all(y1 == y2 for (_, y1), (_, y2) in ways)


def _way(path: ET.Element) -> tuple[tuple[float, float], tuple[float, float]]:
    numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", path.get("d", ""))]
    return (numbers[0], numbers[1]), (numbers[-2], numbers[-1])


def _ends(path: ET.Element) -> tuple[float, float]:
    return _way(path)[0]


def test_messages_that_do_not_arrive_are_named(everything: Trace) -> None:
    for message, arrow in zip(
        everything.messages, of_class(drawn(everything), "message"), strict=True
    ):
        named = [text for text in texts(arrow) if message.text in text]
        assert bool(named) == (message.fate != "received")


def test_crashes_and_partitions(everything: Trace) -> None:
    picture = drawn(everything)
    assert len(of_class(picture, "down")) == 2
    assert len(of_class(picture, "partition")) == 1
    assert len(of_class(picture, "verdict")) == 1
    assert "partition {Client.1} | {Server}" in texts(picture)


def test_text_stays_in_its_lane(trace: Trace) -> None:
    """Also text that is too long: it is folded or cut off, and then there is a tooltip."""
    picture = drawn(trace)
    lanes = sorted(_ends(e)[0] for e in of_class(picture, "life"))
    for step in of_class(picture, "step"):
        for text in step.iter(f"{SVG}text"):
            x = float(text.get("x", "0"))
            after = [lane for lane in lanes if lane > x]
            assert not after or x + 6.6 * len(shown(text)) < after[0]


LONG = """
spec long
record Entry { first: 0..9, second: 0..9, third: 0..9, fourth: 0..9 }
role A {
  var log: seq<Entry, 9> = []
  action add when log.len < 5 { log += [Entry(1, 2, 3, 4), Entry(4, 3, 2, 1), Entry(1, 1, 1, 1)] }
}
role B { }
invariant p { A.1.log.len < 4 }
"""


def test_long_text_is_folded(tmp_path: Path) -> None:
    picture = drawn(trace_of(tmp_path, LONG, "p"))
    steps = of_class(picture, "step")
    assert all(len(text) <= 46 for step in steps for text in texts(step))
    (whole,) = {e.text for e in steps[1].iter(f"{SVG}title")}
    assert whole is not None
    assert whole.startswith("log: [] → [Entry(first: 1, second: 2")
    assert "log: […] + [Entry(first: 1" in "".join(texts(steps[2]))


def test_ghosts_look_like_ghosts(everything: Trace) -> None:
    found = [shown(e) for e in of_class(drawn(everything), "ghost")]
    assert found == ["seen: {} → {1}"]


# ---------------------------------------------------------------- DOT


def edges(dot: str) -> Iterator[tuple[str, str, str]]:
    for line in dot.splitlines():
        found = re.fullmatch(r"\s*(\w+) -> (\w+) \[(.*)\];", line)
        if found:
            yield found[1], found[2], found[3]


def test_dot_tells_the_same(everything: Trace) -> None:
    dot = RENDERERS["dot"](everything)
    arrows = [look for _, _, look in edges(dot) if "color=gray," not in look]
    assert len(arrows) == len(everything.messages)
    assert Counter("red" in look for look in arrows) == {True: 1, False: 6}
    assert sum("black:white:black" in look or "gray40:white:gray40" in look for look in arrows) == 1
    for step in everything.steps[1:]:
        assert f"step{step.number} [label=" in dot


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_dot_is_accepted(trace: Trace) -> None:
    done = subprocess.run(
        ["dot", "-Tsvg"],
        input=RENDERERS["dot"](trace), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert not done.stderr
    assert (trace.lanes[0].name or trace.spec) in done.stdout


# ---------------------------------------------------------------- JSON

TRACE_KEYS = "format spec model property verdict headline reasons lanes steps messages states"
STEP_KEYS = (
    "number lane title sort fault action place sent received lost dropped changes labels crashed"
    " restarted cut error"
)
MESSAGE_KEYS = "number kind text sender receiver sent ended fate copy_of"


def test_the_form_of_the_json(trace: Trace) -> None:
    """Programs depend on it: other keys need another `format`."""
    data = json.loads(RENDERERS["json"](trace))
    assert data["format"] == "dsmc-trace-1"
    assert list(data) == TRACE_KEYS.split()
    for step in data["steps"]:
        assert list(step) == STEP_KEYS.split()
        assert all(list(c) == ["name", "was", "now", "owner", "ghost"] for c in step["changes"])
        assert step["cut"] is None or list(step["cut"]) == ["pairs", "groups", "text"]
    assert all(list(message) == MESSAGE_KEYS.split() for message in data["messages"])
    assert all(list(lane) == ["name", "role"] for lane in data["lanes"])


def test_the_json_says_what_the_trace_says(everything: Trace) -> None:
    data = json.loads(RENDERERS["json"](everything))
    assert [m["fate"] for m in data["messages"]] == [m.fate for m in everything.messages]
    assert data["steps"][6]["cut"] == {
        "pairs": [[0, 2], [2, 0]], "groups": [[0], [2]], "text": "{Client.1} | {Server}",
    }  # fmt: skip
    assert data["steps"][12]["dropped"] == [2, 3, 5]
    assert len(data["states"]) == 15
    assert data["states"][5]["Client.asked"] == "[Client.1: 2, Client.2: 1]"


# ---------------------------------------------------------------- ITF (Apalache, ADR 015)


def assert_itf(value: object) -> None:
    """An expression of the format."""
    match value:
        case bool() | str():
            return
        case {"#bigint": text, **rest}:
            assert not rest
            assert re.fullmatch(r"-?[0-9]+", text)
        case {"#tup": parts, **rest} | {"#set": parts, **rest}:
            assert not rest
            for part in parts:
                assert_itf(part)
        case {"#map": pairs, **rest}:
            assert not rest
            for key, of in pairs:
                assert_itf(key)
                assert_itf(of)
        case list():
            for part in value:
                assert_itf(part)
        case dict():
            for name, part in value.items():
                assert not name.startswith("#")
                assert_itf(part)
        case _:
            pytest.fail(f"not of the format: {value!r}")


def test_the_form_of_itf(trace: Trace) -> None:
    data = json.loads(RENDERERS["itf.json"](trace))
    assert data["#meta"]["format"] == "ITF"
    assert data["#meta"]["format-description"].startswith("https://apalache")
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) for name in data["vars"])
    assert len(set(data["vars"])) == len(data["vars"])
    assert len(data["states"]) == len(trace.states)
    for number, state in enumerate(data["states"]):
        assert state.pop("#meta") == {"index": number}
        assert sorted(state) == sorted(data["vars"])
        for value in state.values():
            assert_itf(value)


def test_the_values_of_itf(tmp_path: Path) -> None:
    text = """
spec values
enum E { one, two }
record R { a: 0..1, b: bool }
var n: -2..2 = -2
var e: E = one
var r: R = R(1, true)
var s: set<0..3> = {2, 1}
var q: seq<(0..1, bool)> = [(1, false)]
var o: option<0..1> = none
var m: map<E, option<0..1>> = [k: some(1) for k in E]
invariant p { n == 0 }
"""
    (state,) = json.loads(RENDERERS["itf.json"](trace_of(tmp_path, text, "p")))["states"]
    big = {n: {"#bigint": str(n)} for n in (-2, 0, 1, 2)}
    some = {"tag": "some", "value": {"value": big[1]}}
    del state["#meta"]
    assert state["n"] == big[-2]
    assert state["e"] == "one"
    assert state["r"] == {"a": big[1], "b": True}
    assert state["s"] == {"#set": [big[1], big[2]]}
    assert state["q"] == [{"#tup": [big[1], False]}]
    assert state["o"]["tag"] == "none"
    assert state["m"]["#map"][0][0] == "one"
    assert state["m"]["#map"][1][1]["tag"] == some["tag"]


# ---------------------------------------------------------------- all forms


def test_the_same_every_time(tmp_path: Path) -> None:
    """Byte for byte, whatever the order of sets in memory."""
    (tmp_path / "spec.dsm").write_text(trace_specs.SYNCHRONOUS, encoding="utf-8")
    made = [_files(tmp_path, seed) for seed in ("0", "1")]
    assert made[0] == made[1]
    assert {name.partition(".")[2] for name in made[0]} == set(RENDERERS)


def _files(folder: Path, seed: str) -> dict[str, bytes]:
    out = folder / f"out{seed}"
    command = [sys.executable, "-m", "dsmc", "check", "spec.dsm", "--out", str(out), "-p", "half"]
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert f"pictures: {out}/calls/half.{{txt,svg,dot,json,itf.json}}" in done.stdout
    return {path.name: path.read_bytes() for path in sorted((out / "calls").iterdir())}
