"""Does a property that holds say anything? Its antecedents are looked for in the search that decides it.

For each antecedent the system gets a probe: a property of the same kind, decided by the first state
(step, state at rest) in which the antecedent is true; or, for an antecedent that speaks of whole runs, by a
fair run of which it is true. No search goes on for the sake of a probe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from dsmc.coverage.antecedents import Antecedent, Claim, Trigger, claims, of_formula
from dsmc.frozen import Frozen, replace
from dsmc.ir import expr as x
from dsmc.ir import system as y
from dsmc.ir.history import UNDECIDED, Observer
from dsmc.ir.simplify import simplify
from dsmc.ir.temporal import Not

_Asking: TypeAlias = y.Invariant | y.Transition | y.Quiescent | y.Temporal

_AT_REST = Antecedent(x.TRUE, "nothing was ever at rest")
#: The form of a probe that speaks of whole runs: nobody has written it.
PROBE = ""
_SAYS_NOTHING = "it is true whatever the state"


class Vacuity(Frozen):
    """Why a property has nothing to say (not `whole`: some of its claims have not)."""

    reasons: tuple[str, ...]
    whole: bool

    @property
    def text(self) -> str:
        """In words, after the verdict."""
        how = "but vacuously" if self.whole else "in part vacuously"
        return f"{how}: {', '.join(self.reasons)}"


class Asked(Frozen):
    """An antecedent of a claim, and the number of its probe (None: no state makes it true)."""

    never: str
    probe: int | None


class Probed(Frozen):
    """A system with probes behind its properties; of each of the others that has any, its claims.

    Of a guarantee, the probe that is decided where the history does not tell whether it is kept.
    """

    system: y.System
    asked: dict[int, tuple[tuple[Asked, ...], ...]]
    untold: dict[int, int]

    @property
    def probes(self) -> frozenset[int]:
        """The numbers of the probes that a search for states decides."""
        asked = (one.probe for all_ in self.asked.values() for claim in all_ for one in claim)
        known = (probe for probe in (*asked, *self.untold.values()) if probe is not None)
        return frozenset(probe for probe in known if not self.is_of_runs(probe))

    def is_of_runs(self, probe: int) -> bool:
        """Does it speak of whole runs?"""
        return isinstance(self.system.properties[probe], y.Temporal)

    def vacuity(self, number: int, idle: Callable[[int], bool]) -> Vacuity | None:
        """Why a property that holds says nothing, if no run decides the probes that are `idle`."""
        claims = self.asked.get(number)
        if claims is None:
            return None
        first = [
            next((one for one in claim if one.probe is None or idle(one.probe)), None)
            for claim in claims
        ]
        reasons = tuple(dict.fromkeys(one.never for one in first if one is not None))
        if not claims:
            return Vacuity((_SAYS_NOTHING,), whole=True)
        return Vacuity(reasons, whole=None not in first) if reasons else None


def probed(system: y.System) -> Probed:
    """The system with a probe for each antecedent of its properties."""
    return _Prober(system).probed()


class _Prober:
    def __init__(self, system: y.System) -> None:
        self._system = system
        self._first = len(system.properties)
        self._probes: list[y.Property] = []
        self._numbers: dict[tuple[type, x.Expr], int] = {}

    def probed(self) -> Probed:
        asked = {}
        guarantees = dict(self._observed())
        for number, prop in enumerate(self._system.properties):
            match prop:
                case y.Invariant() | y.Quiescent() if number in guarantees:
                    pass
                case y.Invariant() | y.Transition() | y.Quiescent():
                    asked[number] = tuple(self._claims(prop))
                case y.Temporal(_, _, formula):
                    found = of_formula(prop.shown or formula)
                    asked[number] = tuple(self._triggers(prop, claim) for claim in found)
        untold = {
            number: self._untold(observer) for number, observer in self._observed()
            if observer.promise.guarantee != "linearizable"
            and isinstance(self._system.properties[number], y.Invariant)
        }  # fmt: skip
        properties = (*self._system.properties, *self._probes)
        return Probed(replace(self._system, properties=properties), asked, untold)

    def _observed(self) -> Iterator[tuple[int, Observer]]:
        """The properties that are guarantees of histories."""
        observers = {name: o for o in self._system.observers for name in o.properties}
        kept = {v.name for v in self._system.variables}  # others never change: nothing happens
        for number, prop in enumerate(self._system.properties):
            if prop.name in observers and observers[prop.name].variable in kept:
                yield number, observers[prop.name]

    def _untold(self, observer: Observer) -> int:
        of = self._system.variable(observer.variable).type
        number = x.Lit(UNDECIDED, of)
        reached = x.equal(x.Global(observer.variable, of), number)
        self._probes.append(y.Reachable(f"{observer.variable}?", reached))
        return self._first + len(self._probes) - 1

    def _claims(
        self, prop: y.Invariant | y.Transition | y.Quiescent
    ) -> Iterator[tuple[Asked, ...]]:
        first = (_AT_REST,) if isinstance(prop, y.Quiescent) else ()
        for claim in claims(prop.shown or prop.expr):
            yield tuple(self._asked(prop, a) for a in (*first, *claim.antecedents))

    def _triggers(self, prop: y.Temporal, claim: Claim) -> tuple[Asked, ...]:
        """What is asked of states that a property of whole runs waits for."""
        return tuple(self._asked(prop, antecedent) for antecedent in claim.antecedents)

    def _of_runs(self, prop: _Asking, trigger: Trigger) -> Asked:
        """It holds if no fair run does that."""
        name = f"{prop.name} {len(self._probes)}?"
        self._probes.append(y.Temporal(name, PROBE, Not(trigger.formula)))
        return Asked(trigger.never, self._first + len(self._probes) - 1)

    def _asked(self, prop: _Asking, antecedent: Antecedent | Trigger) -> Asked:
        if isinstance(antecedent, Trigger):
            return self._of_runs(prop, antecedent)
        if antecedent.holds == x.FALSE:
            return Asked(antecedent.never, None)
        key = (type(_probe(prop, "", antecedent.holds)), antecedent.holds)
        if key not in self._numbers:
            self._numbers[key] = self._first + len(self._probes)
            self._probes.append(_probe(prop, f"{prop.name} {len(self._probes)}?", antecedent.holds))
        return Asked(antecedent.never, self._numbers[key])


def _probe(prop: _Asking, name: str, holds: x.Expr) -> y.Property:
    """A property that is decided where the antecedent is true."""
    if isinstance(prop, y.Invariant | y.Temporal):
        return y.Reachable(name, holds)
    return type(prop)(name, simplify(x.negation(holds)))
