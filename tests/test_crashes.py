"""Where a crash may strike in the middle of a step, and what is left after it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import words

from dsmc.session import Report

Checked = Callable[..., Report]

# ---------------------------------------------------------------- sync

ACKNOWLEDGED = """spec acknowledged
message Write
message Ok
role Server[2] {
  buffered data: bool = false
  on Write from c { CODE }
}
role Client {
  stable acked: set<Server> = {}
  start { broadcast Write to Server }
  on Ok from s { acked += s }
}
invariant durable { forall s in Client.1.acked: s.data }
"""


@pytest.mark.parametrize("fault", ["crash", "restart", "outage"])
@pytest.mark.parametrize(
    ("code", "durable"),
    [
        ("data := true; reply Ok; sync data", "violated"),
        ("data := true; reply Ok; sync", "violated"),
        ("data := true; sync data; reply Ok", "holds"),
    ],
)
def test_acknowledged_before_the_sync(
    checked: Checked, fault: str, code: str, durable: str
) -> None:
    """What is answered first and made lasting afterwards may be lost in between."""
    report = checked(ACKNOWLEDGED.replace("CODE", code), f"{fault} Server at most 1")
    assert words(report) == {"durable": durable}


def test_between_two_syncs(checked: Checked) -> None:
    """Making something lasting is an effect, before which others were and after which others are."""
    report = checked(
        """spec two_syncs
        role A {
          buffered a: bool = false
          buffered b: bool = false
          stable c: bool = false
          action go when not c { a := true; b := true; sync a; sync b; c := true }
        }
        reachable only_a { not A.1.up and A.1.a and not A.1.b }
        reachable not_c { not A.1.up and A.1.b and not A.1.c }
        invariant a_first { A.1.b implies A.1.a }
        """,
        "crash A at most 1",
    )
    assert words(report) == {"only_a": "reachable", "not_c": "reachable", "a_first": "holds"}
