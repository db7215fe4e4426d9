"""The graph of all states, as networkx has it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import networkx as nx
import pytest
from click.testing import CliRunner
from conftest import MODELS, ROOT

from dsmc.cli import main
from dsmc.graph import draw, state_graph
from dsmc.session import load

CYCLE = """spec cycle
var n: 0..3 = 0
action next_ { n := (n + 1) mod 4 }
action jump(to in 0..3) when n == 0 and to > 1 { n := to }
reachable three { n == 3 }
"""


def test_nodes_and_edges(spec: Callable[[str], Path]) -> None:
    (job,) = load(spec(CYCLE))
    graph = state_graph(job)
    assert graph.graph["complete"]
    assert [values["n"] for _, values in graph.nodes(data="values")] == [0, 1, 2, 3]
    assert [number for number, first in graph.nodes(data="initial") if first] == [0]
    assert graph.nodes[2]["label"] == "n = 2"
    edges = {(a, b): data["label"] for a, b, data in graph.edges(data=True)}
    assert edges == {
        (0, 1): "next_", (1, 2): "next_", (2, 3): "next_", (3, 0): "next_",
        (0, 2): "jump(2)", (0, 3): "jump(3)",
    }  # fmt: skip


def test_what_networkx_makes_of_it(spec: Callable[[str], Path]) -> None:
    """Any algorithm for graphs can be asked."""
    (job,) = load(spec(CYCLE))
    graph = state_graph(job)
    assert nx.is_strongly_connected(graph)
    assert nx.shortest_path_length(graph, 0, 3) == 1
    assert nx.shortest_path_length(graph, 1, 0) == 3


def test_no_more_than_so_many(spec: Callable[[str], Path]) -> None:
    """Part of it, and said to be so."""
    (job,) = load(spec(CYCLE))
    graph = state_graph(job, max_states=2)
    assert not graph.graph["complete"]
    assert len(graph) == 2
    drawing = draw(job, None, max_states=2)
    assert "more than 2 states" in drawing.note
    assert draw(job, None).note == ""


def test_a_run_is_highlighted(spec: Callable[[str], Path]) -> None:
    """From the first state to where the property is decided."""
    (job,) = load(spec(CYCLE))
    dot = draw(job, "three").dot
    red = [line for line in dot.splitlines() if "color=red" in line and "->" in line]
    assert len(red) == 1
    assert "s0 -> s3" in red[0]


# ---------------------------------------------------------------- labels

BOTH_NETWORKS = """spec both
message Ask(n: 0..1)
message Tell fifo
role A[2] {
  var asked: bool = false
  var waiting: bag<0..1, 2> = [1]
  action ask when not asked { asked := true; send Ask(1) to B.1 }
  on Tell { skip }
}
role B { on Ask(n) from a { send Tell to a; send Tell to a } }
faults {
  crash B at most 1
  partition {A.1} | {A.2, B.1} at most 1 heals
}
"""


def labels_of(path: Path, most: int = 400) -> list[set[str]]:
    (job,) = load(path)
    graph = state_graph(job, max_states=most)
    return [set(label.split("\n")) for _, label in graph.nodes(data="label")]


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_no_two_states_look_alike(path: Path) -> None:
    graph = state_graph(load(path)[0], max_states=60)
    labels = [label for _, label in graph.nodes(data="label")]
    assert len(set(labels)) == len(labels) > 1


def test_what_is_the_tools_own(spec: Callable[[str], Path]) -> None:
    """In short, where it is not as usual; the spec's own variables are always told."""
    found = labels_of(spec(BOTH_NETWORKS), most=3_000)
    usual = {"A.1.asked = false", "A.2.asked = false", "A.1.waiting = [1]", "A.2.waiting = [1]"}
    assert found[0] == usual | {"crash B: 1 left", "partition: 1 left"}
    told = set.union(*found) - found[0]
    assert "B is down" in told
    assert "cut off: {A.1} | {A.2, B}" in told
    assert "in flight: A.1 → B: Ask(1)" in told
    assert "in flight: B → A.2: [Tell, Tell]" in told


def test_where_processes_are(spec: Callable[[str], Path]) -> None:
    text = (
        "spec s\nvar x: 0..2 = 0\n"
        "role P {\n  process one { first: x := 1; x := 2 }\n  process two[2] { x := 0 }\n}\n"
    )
    found = labels_of(spec(text))
    assert "P.one at first" in found[0]
    assert any({"P.one stopped"} <= label for label in found)


def test_a_file_of_no_known_kind(spec: Callable[[str], Path], tmp_path: Path) -> None:
    """It is said before anything is searched for."""
    done = CliRunner().invoke(main, ["graph", str(spec(CYCLE)), "--out", str(tmp_path / "g.xyz")])
    assert done.exit_code == 2
    assert "error[D719]" in done.output
    assert "its name ends with .dot, .svg, .png or .pdf" in done.output
    assert not list(tmp_path.glob("g.*"))


# ---------------------------------------------------------------- Ctrl-C

INTERRUPTED = """
import sys, dsmc.cli, dsmc.graph
def interrupt(*_): raise KeyboardInterrupt
dsmc.graph.draw = interrupt
sys.argv = ["dsmc", "graph", sys.argv[1]]
dsmc.cli.entry()
"""


def test_interrupted(spec: Callable[[str], Path]) -> None:
    """As every command ends: in a word, and nothing is decided."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(spec(CYCLE))],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "\ninterrupted\n")
