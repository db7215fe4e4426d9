"""What is found of one property, and what is not as it was expected."""

from __future__ import annotations

from dsmc.coverage.vacuity import Vacuity
from dsmc.engine.outcome import Verdict
from dsmc.frozen import Frozen
from dsmc.ir import system as y
from dsmc.ir.system import Property
from dsmc.traces.model import Trace


class Result(Frozen):
    """What was found of one property.

    For a witness `HOLDS` means that it is reached, and `trace` shows how; for everything else
    `VIOLATED` comes with the trace of a shortest counterexample. `steps` is that run's length.
    `vacuity` says of a property that holds why it has nothing to say. A search that looks at a part of the
    runs alone, but at all of these, has a word of its `own` for what it knows then.
    """

    prop: Property
    verdict: Verdict
    steps: int | None = None
    trace: Trace | None = None
    note: str = ""
    vacuity: Vacuity | None = None
    own: str = ""

    @property
    def name(self) -> str:
        """The property's name."""
        return self.prop.name

    @property
    def word(self) -> str:
        """The verdict in the word that fits the sort of property."""
        if self.own:
            return self.own
        if isinstance(self.prop, y.Reachable | y.Fires):
            return {"holds": "reachable", "violated": "unreachable"}.get(
                self.verdict.value, "unknown"
            )
        if isinstance(self.prop, y.Scenario) and not self.prop.impossible:
            return {"holds": "possible", "violated": "impossible"}.get(
                self.verdict.value, "unknown"
            )
        return self.verdict.value


class Surprise(Frozen):
    """Something that is not as it was expected: what, and what it is instead.

    `unknown`: a limit was reached before it could be told.
    """

    expected: str
    found: str
    property: str = ""
    unknown: bool = False
