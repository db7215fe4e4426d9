"""Which sets of nodes a fair run can stay in, visiting all of them again and again.

A weak obligation is met in such a set if it is not possible somewhere in it, or fulfilled by a step
inside. A strong one is met if it is possible nowhere, or fulfilled; else a run must leave out the
nodes where it is possible, and what is left is looked at again (Emerson and Lei, 1987). However
many obligations there are, no state is there more than once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TypeAlias

from dsmc.liveness.components import components
from dsmc.liveness.graph import NOBODY, View

#: Is the node one that a run must come to again and again?
Mark: TypeAlias = Callable[[int], bool]


def fair_sets(nodes: Collection[int], view: View, marks: Sequence[Mark] = ()) -> Iterator[set[int]]:
    """The largest sets of some nodes in each of which a fair run can visit all nodes for ever, and
    one of each mark.
    """
    parts: list[Collection[int]] = [nodes]
    while parts:
        for component in components(parts.pop(), view.follows):
            found = set(component)
            if not _goes_on(found, view) or not all(any(map(m, component)) for m in marks):
                continue
            refused = _refused(found, view)
            if refused is None:
                continue
            if not refused:
                yield found
                continue
            rest = [node for node in component if refused.isdisjoint(view.possible(node))]
            parts += [rest] if rest else []


def _goes_on(nodes: set[int], view: View) -> bool:
    """Does a run that is in the set find a way on in it?"""
    return len(nodes) > 1 or any(target in nodes for n in nodes for target, _ in view.follows(n))


def _refused(nodes: set[int], view: View) -> set[int] | None:
    """The strong obligations that are possible somewhere in the set and never fulfilled inside; None
    if a weak one always is.
    """
    if len(nodes) == 1:  # most are: to stay fulfils nothing
        (node,) = nodes
        possible = view.possible(node)
        return possible if all(map(view.is_strong, possible)) else None
    count: Counter[int] = Counter()
    for node in nodes:
        count.update(view.possible(node))
    unmet = count.keys() - fulfilled(nodes, view)
    if any(count[label] == len(nodes) for label in unmet if not view.is_strong(label)):
        return None
    return {label for label in unmet if view.is_strong(label)}


def fulfilled(nodes: set[int], view: View) -> set[int]:
    """The obligations that steps inside a set fulfil."""
    found = {label for n in nodes for target, label in view.follows(n) if target in nodes}
    return found - {NOBODY}
