"""A trace: a run told step by step. Data only; every renderer draws the same thing from it."""

from __future__ import annotations

from typing import Any

from dsmc.frozen import Frozen


class Lane(Frozen):
    """A node; or, for steps of no node, the whole system (`name` is empty)."""

    name: str
    role: str


class Change(Frozen):
    """A variable (or an entry of it) with another value than before.

    `owner` is the lane it belongs to, None if all share it. `ghost` ones are for properties only.
    A name of a process's code is given a value: nothing `was` there.
    """

    name: str
    was: str
    now: str
    owner: int | None
    ghost: bool = False


class Message(Frozen):
    """A message and what became of it.

    `sent` is the number of the step that sent it (0: the start) and `ended` of the one that
    received, lost or dropped it; None if it is still in flight at the end. `fate` is `received`,
    `lost` (by the network), `dropped` (nobody is there who could receive it) or `in flight`;
    `copy_of` the number of the message that it is a duplicate of.
    """

    number: int
    kind: str
    text: str
    sender: int
    receiver: int
    sent: int
    ended: int | None
    fate: str
    copy_of: int | None = None


class Bar(Frozen):
    """An operation of a client, from the step that began it to the one that ended it (None: nothing
    came back).
    """

    lane: int | None
    text: str
    begun: int
    ended: int | None


class Cut(Frozen):
    """Between whom nothing passes: `pairs` from sender to receiver, none if all is whole again.

    `groups` are the nodes of each side if nothing passes between any two of these, in either
    direction; else there are none. `text` says the same: `{A, B} | {C}`.
    """

    pairs: tuple[tuple[int, int], ...]
    groups: tuple[tuple[int, ...], ...]
    text: str


class Step(Frozen):
    """One step. Number 0 is the start: what happened in the making of the initial state.

    `lane` is the acting node's, None if no node acts. `fault` names the fault that the step
    commits; `sort` says what sort of step it is (`handler`, `timeout`, `crash`, `partition`, …).
    `sent`, `received`, `lost`, `dropped` are numbers of messages, `crashed` and `restarted` of
    lanes. `cut` is what is cut off from now on, None if that did not change. `said` is what clients
    asked and got, for histories.
    """

    number: int
    lane: int | None
    title: str
    sort: str
    fault: str
    action: str
    place: str
    sent: tuple[int, ...]
    received: tuple[int, ...]
    lost: tuple[int, ...]
    dropped: tuple[int, ...]
    changes: tuple[Change, ...]
    labels: tuple[tuple[str, str], ...] = ()
    crashed: tuple[int, ...] = ()
    restarted: tuple[int, ...] = ()
    cut: Cut | None = None
    error: str = ""
    said: tuple[str, ...] = ()


class Need(Frozen):
    """What becomes of a violation without the faults that `steps` commit: of that kind none, or at
    `most` so many. `verdict` is that of the property then; `text` says all this.
    """

    fault: str
    steps: tuple[int, ...]
    most: int
    verdict: str
    text: str


class Trace(Frozen):
    """A run that shows something.

    `name` is the property's, `verdict` what the run shows of it (`violated`, `reached`;
    of a scenario `possible`, or `impossible` if the run is as far as one gets); `reasons` say why,
    one sentence each. `states` are the plain values of all variables, before
    the first step and after each (one fewer if the last step has no result). A run that goes on for ever
    has a `loop`: it goes on as it did after so many steps, and if these are all, it stays as it is.
    `operations` are those of the histories that it is about, `needs` what is known of the faults that it
    needs.
    """

    spec: str
    model: str
    name: str
    verdict: str
    headline: str
    doc: str
    lanes: tuple[Lane, ...]
    steps: tuple[Step, ...]
    messages: tuple[Message, ...]
    reasons: tuple[str, ...]
    states: tuple[dict[str, Any], ...]
    variables: tuple[tuple[str, Any], ...]
    loop: int | None = None
    operations: tuple[Bar, ...] = ()
    needs: tuple[Need, ...] = ()

    @property
    def stays(self) -> bool:
        """Does nothing happen any more at its end, for ever?"""
        return self.loop == self.length

    @property
    def is_good(self) -> bool:
        """Does it show that something can be done, and not that something is wrong?"""
        return self.verdict in ("reached", "possible")

    @property
    def length(self) -> int:
        """How many steps it takes."""
        return len(self.steps) - 1

    def message(self, number: int) -> Message:
        """The message of that number."""
        return self.messages[number]
