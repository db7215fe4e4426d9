"""The graph of all states, as networkx has it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import networkx as nx

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
