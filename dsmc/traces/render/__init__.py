"""The formats in which a trace can be shown: one file each, one line here."""

from __future__ import annotations

from collections.abc import Callable

from dsmc.traces.model import Trace
from dsmc.traces.render import dot, itf, json, svg, text

#: From the end of a file's name to what writes it.
RENDERERS: dict[str, Callable[[Trace], str]] = {
    "txt": text.render,
    "svg": svg.render,
    "dot": dot.render,
    "json": json.render,
    "itf.json": itf.render,
}
