"""Jepsen's text logs: lines that end in `jepsen.util - PROCESS :TYPE :F VALUE`."""

from __future__ import annotations

import re

from dsmc.histories.formats import edn
from dsmc.histories.formats.jepsen import Event
from dsmc.histories.formats.mistakes import refuse
from dsmc.source import Source

LINE = re.compile(
    r"\bjepsen\.[\w.-]+ - (?P<process>\S+)\s+:(?P<type>invoke|ok|fail|info)\s+:(?P<f>\S+)"
    r"[ \t]*(?P<value>.*)"
)


def events(source: Source) -> tuple[Event, ...]:
    """The events of clients; other lines are what else was logged. Raises `Mistakes`."""
    found = []
    for line in LINE.finditer(source.text):
        if line["process"].isdigit():
            values = edn.read(Source(source.name, line["value"]))
            value = values[0] if values else None
            found.append(
                Event(int(line["process"]), line["type"], line["f"], value, {}, line.start())
            )
    if not found:
        refuse(source, 0, "no line of this log is an event of a client",
               "such a line ends in `jepsen.util - PROCESS :TYPE :F VALUE`")  # fmt: skip
    return tuple(found)
