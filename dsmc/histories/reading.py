"""From a file to a history: which format it is in, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dsmc.diagnostics import did_you_mean
from dsmc.frozen import Frozen
from dsmc.histories.formats import edn, jepsen, jepsen_log, json_lines, jsons
from dsmc.histories.formats.jepsen import Call
from dsmc.histories.formats.mistakes import UNKNOWN, UNREADABLE, refuse_all, text_of
from dsmc.histories.formats.operations import operations
from dsmc.histories.model import Operations
from dsmc.source import Source

_LOOKED_AT = 4096  # bytes that tell a format


class Format(Frozen):
    """A format of histories: by which bytes at its beginning it is known, and how it is read.

    `read` gets whether values are pairs of a key and a value.
    """

    name: str
    about: str
    seems: Callable[[bytes], bool]
    read: Callable[[Source, bool], Operations]


def _is_edn(head: bytes) -> bool:
    return b":type" in head and b":f" in head


def _is_log(head: bytes) -> bool:
    return jepsen_log.LINE.search(head.decode("utf-8", "replace")) is not None


def _is_jepsen_json(head: bytes) -> bool:
    return head.lstrip()[:1] in (b"{", b"[") and b'"type"' in head


def _is_json_lines(head: bytes) -> bool:
    return head.lstrip()[:1] == b"{" and b'"f"' in head


def edn_calls(source: Source) -> tuple[Call, ...]:
    """The calls of a history in EDN."""
    return jepsen.calls(jepsen.events(source, edn.read(source)))


def json_calls(source: Source) -> tuple[Call, ...]:
    """The calls of a history of Jepsen's in JSON."""
    return jepsen.calls(jepsen.events(source, jsons.read(source)))


def log_calls(source: Source) -> tuple[Call, ...]:
    """The calls of a log of Jepsen's."""
    return jepsen.calls(jepsen_log.events(source))


FORMATS = (
    Format("jepsen-log", "a text log of Jepsen", _is_log,
           lambda source, keyed: operations(source, log_calls(source), keyed=keyed)),
    Format("edn", "events of Jepsen, Knossos or Elle, in EDN", _is_edn,
           lambda source, keyed: operations(source, edn_calls(source), keyed=keyed)),
    Format("jepsen-json", "events of Jepsen, in JSON", _is_jepsen_json,
           lambda source, keyed: operations(source, json_calls(source), keyed=keyed)),
    Format("json-lines", "one operation per line, in JSON", _is_json_lines,
           lambda source, keyed: json_lines.operations(source)),
)  # fmt: skip


def read_operations(path: Path, name: str | None = None, *, keyed: bool = False) -> Operations:
    """The operations that a file records. Raises `Mistakes`."""
    form = format_of(path) if name is None else format_named(name)
    found = form.read(text_of(path), keyed)
    if not found.operations:
        refuse_all(f"`{path}` records no operation", "is it another format? --format says which",
                   UNREADABLE)  # fmt: skip
    return found


def format_named(name: str) -> Format:
    """The format of a name."""
    known = [form.name for form in FORMATS]
    if name not in known:
        help = did_you_mean(name, known) or f"there are {', '.join(known)}"
        refuse_all(f"there is no format `{name}`", help, UNKNOWN)
    return FORMATS[known.index(name)]


def format_of(path: Path) -> Format:
    """The format that a file seems to be in."""
    head = _head(path)
    found = next((form for form in FORMATS if form.seems(head)), None)
    if found is None:
        known = ", ".join(form.name for form in FORMATS)
        refuse_all(f"`{path}` is in no format that is known", f"--format takes {known}", UNREADABLE)
    return found


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LOOKED_AT)
    except OSError as error:
        refuse_all(f"cannot read `{path}`: {error.strerror}", "", "D701")
