"""One state for all that differ in names only: the least of those in which the names are in order.

The names of a type are put in order by what they see (`signature.py`). Names that see the same are
put in every order that makes a difference, and the least of the states so found is taken. What a
name sees does not depend on what it is called, so these states, and the least of them, are the same
for all states that differ in names only: the form is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby, product
from typing import Any

from dsmc.ir.system import System
from dsmc.reduce.permute import Named, Permutation, Values, permuted_state
from dsmc.reduce.signature import Signature, seen, signature, tells_all

#: The places of a type's names, first to last: which name comes there.
Order = tuple[int, ...]


class Canonical:
    """Gives states their canonical form.

    `key` tells plain states apart and puts them in order; the form of a state is the key of its
    canonical state. `complete` says that names that see the same are alike, so that none is tried.
    """

    def __init__(
        self, system: System, types: tuple[Named, ...], key: Callable[[Values], Any]
    ) -> None:
        renamed = frozenset(types)
        variables = tuple((v.name, v.type) for v in system.variables)
        self._system = system
        self._key = key
        self.signatures = tuple(signature(variables, of, renamed) for of in types)
        self.complete = all(tells_all(of, renamed) for _, of in variables)

    def __call__(self, state: Values) -> Any:
        """The form: the same for two states if and only if they differ in names only."""
        orders = [self._orders(state, s) for s in self.signatures]
        return min(self._key(self._renamed(state, chosen)) for chosen in product(*orders))

    def _renamed(self, state: Values, orders: tuple[Order, ...]) -> Values:
        permutation: Permutation = {
            s.type: _places(order) for s, order in zip(self.signatures, orders, strict=True)
        }
        return permuted_state(self._system, state, permutation)

    def _orders(self, state: Values, signature: Signature) -> list[Order]:
        """The orders of the names that are tried: ties in every way that makes a difference."""
        of = signature.type
        views = {
            name: tuple(seen(view, state[v], of, name) for v, view in signature.views)
            for name in range(of.size)
        }
        ordered = sorted(views, key=views.__getitem__)
        ties = [list(tied) for _, tied in groupby(ordered, key=views.__getitem__)]
        choices = [list(self._arranged(state, of, tied)) for tied in ties]
        return [tuple(name for tied in chosen for name in tied) for chosen in product(*choices)]

    def _arranged(self, state: Values, of: Named, tied: list[int]) -> Iterator[Order]:
        """The orders of names that see the same; those that are alike stay as they are."""
        if self.complete or len(tied) == 1:
            yield tuple(tied)
            return
        yield from _shuffled(self._alike(state, of, tied))

    def _alike(self, state: Values, of: Named, tied: list[int]) -> list[list[int]]:
        """The names in groups: to exchange two of a group does not change the state."""
        groups: list[list[int]] = []
        for name in tied:
            for group in groups:
                swap = {of: _swap(of.size, group[0], name)}
                if permuted_state(self._system, state, swap) == state:
                    group.append(name)
                    break
            else:
                groups.append([name])
        return groups


def _places(order: Order) -> tuple[int, ...]:
    """The new ordinal of each name: its place in the order."""
    places = [0] * len(order)
    for place, name in enumerate(order):
        places[name] = place
    return tuple(places)


def _swap(size: int, a: int, b: int) -> tuple[int, ...]:
    exchanged = {a: b, b: a}
    return tuple(exchanged.get(name, name) for name in range(size))


def _shuffled(groups: list[list[int]]) -> Iterator[Order]:
    """All ways to put the groups' members in a row, those of a group in their own order."""
    if not any(groups):
        yield ()
    for i, group in enumerate(groups):
        if group:
            rest = [*groups[:i], group[1:], *groups[i + 1 :]]
            for others in _shuffled(rest):
                yield (group[0], *others)
