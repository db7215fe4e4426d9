"""From a file, or a folder, to a history: which format it is in, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import assert_never

from dsmc.diagnostics import did_you_mean
from dsmc.frozen import Frozen
from dsmc.histories.formats import (
    awdit,
    cobra,
    dbcop,
    edn,
    elle,
    jepsen,
    jepsen_log,
    json_lines,
    jsons,
    polysi_text,
)
from dsmc.histories.formats.jepsen import Call, Event
from dsmc.histories.formats.mistakes import UNFIT, UNKNOWN, UNREADABLE, refuse_all, text_of
from dsmc.histories.formats.operations import operations
from dsmc.histories.model import Operations, Transactions
from dsmc.source import Source

_LOOKED_AT = 4096  # bytes that tell a format


class Calls(Frozen):
    """What processes asked and got: operations on objects, or transactions, as one looks at it."""

    source: Source
    calls: tuple[Call, ...]


Record = Calls | Operations | Transactions


class Format(Frozen):
    """A format: how it is known by its beginning, and how it is read. `others` are other names."""

    name: str
    about: str
    seems: Callable[[Path, bytes], bool]
    read: Callable[[Path], Record]
    others: tuple[str, ...] = ()


# ---------------------------------------------------------------- how each is known and read


def _lines(head: bytes) -> list[str]:
    """The lines that are whole, without empty ones."""
    lines = head.decode("utf-8", "replace").splitlines()
    whole = lines if len(head) < _LOOKED_AT else lines[:-1]
    return [line.strip() for line in whole if line.strip()]


def _is_awdit(_: Path, head: bytes) -> bool:
    lines = [line for line in _lines(head) if not line.startswith(("---", "==="))]
    return bool(lines) and all(awdit.LINE.fullmatch(line) for line in lines)


def _is_polysi(_: Path, head: bytes) -> bool:
    lines = _lines(head)
    return bool(lines) and polysi_text.LINE.fullmatch(lines[0].replace(" ", "")) is not None


def _is_edn(_: Path, head: bytes) -> bool:
    return b":type" in head and (b":f" in head or b":value" in head)


def _is_log(_: Path, head: bytes) -> bool:
    return jepsen_log.LINE.search(head.decode("utf-8", "replace")) is not None


def _is_jepsen_json(_: Path, head: bytes) -> bool:
    return head.lstrip()[:1] in (b"{", b"[") and b'"type"' in head


def _is_json_lines(_: Path, head: bytes) -> bool:
    return head.lstrip()[:1] == b"{" and b'"f"' in head


def _text(read: Callable[[Source], Record]) -> Callable[[Path], Record]:
    return lambda path: read(text_of(path))


def _calls(events: Callable[[Source], Iterable[Event]]) -> Callable[[Path], Record]:
    return _text(lambda source: Calls(source, jepsen.calls(events(source))))


FORMATS = (
    Format("cobra", "a folder with a log of Cobra for each session",
           lambda path, _: cobra.seems(path), cobra.transactions),
    Format("jepsen-log", "a text log of Jepsen", _is_log, _calls(jepsen_log.events)),
    Format("edn", "events of Jepsen, Knossos or Elle, in EDN", _is_edn,
           _calls(lambda source: jepsen.events(source, edn.read(source))), ("elle-edn",)),
    Format("jepsen-json", "the same events, in JSON", _is_jepsen_json,
           _calls(lambda source: jepsen.events(source, jsons.read(source))), ("elle-json",)),
    Format("json-lines", "one operation per line, in JSON", _is_json_lines,
           _text(json_lines.operations)),
    Format("awdit", "the text of AWDIT's tests", _is_awdit, _text(awdit.transactions)),
    Format("polysi-text", "the text of PolySI, Plume and IsoVista", _is_polysi,
           _text(polysi_text.transactions)),
    Format("dbcop", "binary histories of dbcop", lambda _, head: dbcop.seems(head),
           dbcop.transactions),
)  # fmt: skip


def format_named(name: str) -> Format:
    """The format of a name. Raises `Mistakes`."""
    known = {word: form for form in FORMATS for word in (form.name, *form.others)}
    if name not in known:
        help = did_you_mean(name, known) or f"there are {', '.join(known)}"
        refuse_all(f"there is no format `{name}`", help, UNKNOWN)
    return known[name]


def format_of(path: Path) -> Format:
    """The format that a file seems to be in. Raises `Mistakes`."""
    head = _head(path)
    found = next((form for form in FORMATS if form.seems(path, head)), None)
    if found is None:
        known = ", ".join(form.name for form in FORMATS)
        refuse_all(f"`{path}` is in no format that is known", f"--format takes {known}", UNREADABLE)
    return found


def _head(path: Path) -> bytes:
    if path.is_dir():
        return b""
    try:
        with path.open("rb") as file:
            return file.read(_LOOKED_AT)
    except OSError as error:
        refuse_all(f"cannot read `{path}`: {error.strerror}", "", "D701")


# ---------------------------------------------------------------- what is recorded


def read_record(path: Path, name: str | None = None) -> Record:
    """What a file records. Raises `Mistakes`."""
    return (format_of(path) if name is None else format_named(name)).read(path)


def has_transactions(record: Record) -> bool:
    """Are transactions recorded? Reads and writes of Knossos' multi-register are operations."""
    match record:
        case Transactions():
            return True
        case Calls(_, calls):
            return elle.are_transactions(calls)
        case Operations():
            return False
        case _:
            assert_never(record)


def as_operations(path: Path, record: Record, *, keyed: bool = False) -> Operations:
    """What is recorded as operations; `keyed`: values are pairs of a key and a value."""
    if isinstance(record, Transactions):
        help = "`dsmc history guarantees` says what can be asked of transactions"
        refuse_all(f"`{path}` records transactions, not operations", help, UNFIT)
    found = (
        operations(record.source, record.calls, keyed=keyed)
        if isinstance(record, Calls)
        else record
    )
    if not found.operations:
        refuse_all(f"`{path}` records no operation", "is it another format? --format says which",
                   UNREADABLE)  # fmt: skip
    return found


def as_transactions(path: Path, record: Record) -> Transactions:
    """What is recorded as transactions."""
    if isinstance(record, Operations):
        help = "`dsmc history guarantees` says what can be asked of operations"
        refuse_all(f"`{path}` records operations, not transactions", help, UNFIT)
    found = elle.transactions(record.source, record.calls) if isinstance(record, Calls) else record
    if not found.transactions:
        refuse_all(f"`{path}` records no transaction", "is it another format? --format says which",
                   UNREADABLE)  # fmt: skip
    return found


def read_operations(path: Path, name: str | None = None, *, keyed: bool = False) -> Operations:
    """The operations that a file records. Raises `Mistakes`."""
    return as_operations(path, read_record(path, name), keyed=keyed)


def read_transactions(path: Path, name: str | None = None) -> Transactions:
    """The transactions that a file records. Raises `Mistakes`."""
    return as_transactions(path, read_record(path, name))
