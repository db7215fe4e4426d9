"""What may go wrong: one row for each fault of the language, saying what its line may contain.

A fault that is `executed` has a pass in `lower/faults/`; the others are understood and refused.
"""

from __future__ import annotations

import enum

from dsmc.frozen import Frozen


class Takes(enum.Enum):
    """What stands after the name of a fault."""

    NOTHING = "nothing"
    ROLE = "a role"
    MESSAGE = "perhaps a message"
    LABEL = "a label"
    CONSTANT = "a constant"
    CODE = "a handler or action"


class FaultForm(Frozen):
    """A row: what the fault takes, the words that may be added, what it means."""

    takes: Takes
    words: tuple[str, ...]
    doc: str
    executed: bool = False
    groups: bool = False


FAULTS: dict[str, FaultForm] = {
    "crash": FaultForm(
        Takes.ROLE, ("between steps",), "A node stops for ever and loses what is volatile.", True
    ),
    "restart": FaultForm(
        Takes.ROLE,
        ("between steps",),
        "A node stops, loses what is volatile, and comes back later.",
        True,
    ),
    "outage": FaultForm(
        Takes.ROLE,
        ("between steps",),
        "All nodes of a role stop at once, and come back later.",
        True,
    ),
    "lose": FaultForm(
        Takes.MESSAGE, (), "A message in flight is lost; of several that are alike, one.", True
    ),
    "lose reply of": FaultForm(
        Takes.LABEL, (), "The labelled statement takes effect, but its caller sees a failure.", True
    ),
    "duplicate": FaultForm(
        Takes.MESSAGE,
        (),
        "A message in flight arrives twice; without a limit, any number of times.",
        True,
    ),
    "reorder": FaultForm(
        Takes.MESSAGE, (), "A message overtakes those sent before it (fifo).", True
    ),
    "partition": FaultForm(
        Takes.NOTHING,
        ("asymmetric", "heals"),
        "Nodes are separated: nothing passes between the groups.",
        True,
        groups=True,
    ),
    "fail": FaultForm(Takes.LABEL, (), "The labelled statement throws instead of running.", True),
    "omit send": FaultForm(Takes.ROLE, (), "A node's messages are lost as it sends them."),
    "omit receive": FaultForm(Takes.ROLE, (), "Messages to a node are lost as it receives them."),
    "flap": FaultForm(Takes.NOTHING, (), "A partition that comes and goes."),
    "slow": FaultForm(Takes.ROLE, (), "A node's steps lose their fairness."),
    "drift": FaultForm(Takes.NOTHING, (), "Local clocks differ by at most this many ticks."),
    "corrupt": FaultForm(Takes.MESSAGE, (), "A message's content changes."),
    "byzantine": FaultForm(
        Takes.ROLE, ("forging",), "A node sends anything, to anyone, at any time."
    ),
    "misconfigure": FaultForm(Takes.CONSTANT, (), "A node runs with another value of a constant."),
    "cascade": FaultForm(Takes.ROLE, (), "A node with too many messages waiting crashes."),
    "mutate": FaultForm(Takes.CODE, (), "The guard of a handler or action is ignored everywhere."),
}


def separated(
    groups: tuple[frozenset[int], ...], *, one_way: bool = False
) -> frozenset[tuple[int, int, int]]:
    """The ordered pairs of nodes in different groups, as plain values of pairs; `one_way`: only those
    from a group to a later one.
    """
    return frozenset(
        (0, a, b)
        for i, one in enumerate(groups)
        for j, other in enumerate(groups)
        if (i < j if one_way else i != j)
        for a in one
        for b in other
        if a != b
    )


#: The faults that stop nodes: they forget what is volatile.
STOPPING = ("crash", "restart", "outage")
