"""What a decider answers, with what a person needs to believe it."""

from __future__ import annotations

from dsmc.frozen import Frozen


class Holds(Frozen):
    """The guarantee is kept; `witness` names the operations in an order that shows it, if any."""

    witness: tuple[int, ...] = ()


class Reason(Frozen):
    """One step of an explanation: `before` comes before `after`, or is at odds with it, because.

    `kind` is the field's word for the relation (`wr`, `ww`, `rw`, `session order`, `real time`,
    …), `before` and `after` are identities of operations, transactions or messages, and `because`
    is a clause that completes "before comes before after, because …".
    """

    kind: str
    before: object
    after: object
    because: str


class Violated(Frozen):
    """The guarantee is broken.

    `anomaly` is the published name of what was found (`G1c`, `lost update`, `CyclicCO`, …),
    `sentences` explain it in words, `reasons` are the steps behind it (a cycle closes at its first
    `before`), and `involved` the identities of the operations or transactions it is about.
    """

    anomaly: str
    sentences: tuple[str, ...]
    reasons: tuple[Reason, ...] = ()
    involved: tuple[object, ...] = ()


class Undecided(Frozen):
    """No verdict: `why` says which limit was reached, or what the history does not tell."""

    why: str


Verdict = Holds | Violated | Undecided
