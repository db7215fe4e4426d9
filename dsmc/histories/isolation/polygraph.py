"""Orders of versions that are not known: what every possible order has in common.

Of two writers of a key either comes first, and then those who read from it come before the other
(a polygraph: Papadimitriou, The serializability of concurrent database updates, JACM 1979). Most of
the orders are forced, as the other would close a cycle. They are found for all writers of a key at
once, with a bit for each, until nothing more is forced (pruning, as in PolySI, VLDB 2023).
"""

from __future__ import annotations

from collections.abc import Iterator

from dsmc.frozen import Frozen
from dsmc.histories.budget import Budget
from dsmc.histories.isolation import graph as edges
from dsmc.histories.isolation.dependencies import Form
from dsmc.histories.isolation.facts import Facts
from dsmc.histories.isolation.graph import Graph, Step, topological
from dsmc.histories.model import Value


class Choice(Frozen):
    """One of two sets of edges is there: that `first` wrote the key before `second`, or after."""

    key: Value
    first: int
    second: int
    forward: tuple[Step, ...]
    backward: tuple[Step, ...]


class Polygraph:
    """A graph of what is certain, with the writers whose order is open."""

    def __init__(self, facts: Facts, form: Form, graph: Graph) -> None:
        self._facts = facts
        self.form = form
        self.graph = graph
        self.open = {key: nodes for key, nodes in facts.loose.items() if len(nodes) > 1}
        self._columns = _numbered(self.open, topological(graph), form)
        self._mask = {
            key: sum(1 << self._columns[node] for node in nodes) for key, nodes in self.open.items()
        }
        self._node_at = {column: node for node, column in self._columns.items()}
        #: For a key and a writer, the writers that are known to come later.
        self.later: dict[tuple[Value, int], int] = {}
        self._readers = _readers_of(facts, self.open)

    def prune(self, budget: Budget) -> bool:
        """Add the edges that are forced, until there are no more. False: there is a cycle."""
        while True:
            order = topological(self.graph)
            if len(order) < len(self.graph.out):
                return False
            self._follow(order)
            if not self._force(budget):
                return True

    def _follow(self, order: list[int]) -> None:
        """Which commits of numbered writers are before, and which after, each node."""
        own = [0] * len(self.graph.out)
        for node, column in self._columns.items():
            own[self.form.commit(node)] = 1 << column
        self._after = [0] * len(own)
        self._before = [0] * len(own)
        for node in order:
            past = self._before[node] | own[node]
            for target, _, _ in self.graph.out[node]:
                self._before[target] |= past
        for node in reversed(order):
            for target, _, _ in self.graph.out[node]:
                self._after[node] |= self._after[target] | own[target]

    def _force(self, budget: Budget) -> bool:
        changed = False
        for key in self.open:
            budget.spend()
            # The last writers first: what follows them is then known, and not added again.
            for node in sorted(self.open[key], key=self._columns.__getitem__, reverse=True):
                budget.spend()
                changed |= self._force_writers(key, node)
            for node in self.open[key]:
                for reader in self._readers[key].get(node, ()):
                    changed |= self._force_read(key, node, reader)
        return changed

    def _force_writers(self, key: Value, node: int) -> bool:
        """Whoever cannot come before a writer comes after it."""
        others = self._mask[key] & ~self._bit(node)
        new = self._after[self.form.install(node)] & others & ~self._later(key, node)
        changed = False
        self.later[key, node] = self._later(key, node) | new
        while new:
            column = (new & -new).bit_length() - 1
            changed |= self._add_order(key, node, self._node_at[column])
            new &= ~(1 << column | self._later(key, self._node_at[column]))
        for reader in self._readers[key].get(node, ()):
            late = self._later(key, node) & ~self._after[self.form.start(reader)]
            changed |= self._add_overwrites(key, reader, late)
        return changed

    def _force_read(self, key: Value, node: int, reader: int) -> bool:
        """Whoever comes before a reader, and is not what it read, comes before what it read."""
        known = self._before[self.form.install(node)] | self._bit(node)
        new = self._before[self.form.start(reader)] & self._mask[key] & ~known
        changed = False
        while new:
            column = new.bit_length() - 1
            other = self._node_at[column]
            self.later[key, other] = self._later(key, other) | self._bit(node)
            changed |= self._add_order(key, other, node, reader)
            new &= ~(1 << column | self._before[self.form.install(other)])
        return changed

    def _bit(self, node: int) -> int:
        return 1 << self._columns[node]

    def _later(self, key: Value, node: int) -> int:
        return self.later.get((key, node), 0)

    def _add_order(self, key: Value, node: int, other: int, reader: int | None = None) -> bool:
        """One writer comes before the other; nothing is added where ways say so already."""
        source, target = self.form.commit(node), self.form.install(other)
        if self._before[target] & self._bit(node):
            return False
        self.graph.add(source, target, edges.WW, key)
        if reader is not None:
            self.graph.because.setdefault((source, target, key), reader)
        return True

    def _add_overwrites(self, key: Value, reader: int, late: int) -> bool:
        own = self._columns.get(reader)
        late &= ~(0 if own is None else 1 << own)
        found = bool(late)
        while late:
            column = (late & -late).bit_length() - 1
            writer = self.form.commit(self._node_at[column])
            self.graph.add(self.form.start(reader), writer, edges.RW, key)
            late &= ~(1 << column | self._after[writer])
        return found

    def choices(self, budget: Budget) -> Iterator[Choice]:
        """The pairs of writers whose order is still open, where it matters."""
        for key, nodes in self.open.items():
            for node in nodes:
                budget.spend()
                above = self._mask[key] >> self._columns[node] + 1 << self._columns[node] + 1
                for column in bits(above & ~self._later(key, node)):
                    other = self._node_at[column]
                    if not self._later(key, other) & self._bit(node):
                        yield from self._choice(key, node, other)

    def _choice(self, key: Value, node: int, other: int) -> Iterator[Choice]:
        readers = self._readers[key]
        # Whole transactions that nobody read from may come in any order: one is found afterwards.
        exclusive = self.form.install(node) != self.form.commit(node)
        if exclusive or readers.get(node) or readers.get(other):
            ways = self._ordered(key, node, other), self._ordered(key, other, node)
            yield Choice(key, node, other, *ways)

    def _ordered(self, key: Value, node: int, other: int) -> tuple[Step, ...]:
        """The edges that are there if one comes before the other."""
        form = self.form
        commit = form.commit(other)
        steps: list[Step] = [(form.commit(node), form.install(other), edges.WW, key)]
        steps += [
            (form.start(reader), commit, edges.RW, key)
            for reader in self._readers[key].get(node, ())
            if reader != other and not self._after[form.start(reader)] >> self._columns[other] & 1
        ]
        return tuple(steps)


def bits(mask: int) -> Iterator[int]:
    """The places of the ones."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _numbered(open_: dict[Value, list[int]], order: list[int], form: Form) -> dict[int, int]:
    """Columns for the writers, in an order of their commits."""
    at = {node: number for number, node in enumerate(order)}
    writers = {node for nodes in open_.values() for node in nodes}
    ranked = sorted(writers, key=lambda node: (at.get(form.commit(node), 0), node))
    return {node: column for column, node in enumerate(ranked)}


def _readers_of(facts: Facts, keys: dict[Value, list[int]]) -> dict[Value, dict[int, list[int]]]:
    """Of each open key, who read from whom."""
    readers: dict[Value, dict[int, list[int]]] = {key: {} for key in keys}
    for node, reads in enumerate(facts.reads):
        for seen in reads:
            if seen.key in readers:
                known = readers[seen.key].setdefault(seen.writer, [])
                if not known or known[-1] != node:
                    known.append(node)
    return readers
