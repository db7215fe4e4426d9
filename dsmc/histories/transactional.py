"""From a file, or a folder, to a history of transactions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dsmc.diagnostics import did_you_mean
from dsmc.frozen import Frozen
from dsmc.histories.formats import awdit, cobra, dbcop, edn, elle, jepsen, jsons, polysi_text
from dsmc.histories.formats.mistakes import UNKNOWN, UNREADABLE, refuse_all, text_of
from dsmc.histories.model import Transactions
from dsmc.source import Source

_LOOKED_AT = 4096  # bytes that tell a format


class Format(Frozen):
    """A format of histories of transactions: how it is known by its beginning, and how it is read."""

    name: str
    about: str
    seems: Callable[[Path, bytes], bool]
    read: Callable[[Path], Transactions]


def _text(read: Callable[[Source], Transactions]) -> Callable[[Path], Transactions]:
    return lambda path: read(text_of(path))


def _edn(source: Source) -> Transactions:
    return elle.transactions(source, jepsen.calls(jepsen.events(source, edn.read(source))))


def _json(source: Source) -> Transactions:
    return elle.transactions(source, jepsen.calls(jepsen.events(source, jsons.read(source))))


def _lines(head: bytes) -> list[str]:
    """The lines that are whole, without empty ones."""
    text = head.decode("utf-8", "replace")
    lines = text.splitlines()
    whole = lines if len(head) < _LOOKED_AT else lines[:-1]
    return [line.strip() for line in whole if line.strip()]


def _is_awdit(_: Path, head: bytes) -> bool:
    lines = [line for line in _lines(head) if not line.startswith(("---", "==="))]
    return bool(lines) and all(awdit.LINE.fullmatch(line) for line in lines)


def _is_polysi(_: Path, head: bytes) -> bool:
    lines = _lines(head)
    return bool(lines) and polysi_text.LINE.fullmatch(lines[0].replace(" ", "")) is not None


def _is_edn(_: Path, head: bytes) -> bool:
    return b":type" in head and b":value" in head


def _is_json(_: Path, head: bytes) -> bool:
    return head.lstrip()[:1] in (b"{", b"[") and b'"type"' in head


FORMATS = (
    Format("cobra", "a folder of Cobra's logs", lambda path, _: cobra.seems(path),
           cobra.transactions),
    Format("awdit", "the text of AWDIT's tests", _is_awdit, _text(awdit.transactions)),
    Format("polysi-text", "the text of PolySI, Plume and IsoVista", _is_polysi,
           _text(polysi_text.transactions)),
    Format("elle-edn", "transactions of Jepsen and Elle, in EDN", _is_edn, _text(_edn)),
    Format("elle-json", "transactions of Jepsen and Elle, in JSON", _is_json, _text(_json)),
    Format("dbcop", "binary histories of dbcop", lambda _, head: dbcop.seems(head),
           lambda path: dbcop.transactions(path.read_bytes())),
)  # fmt: skip


def read_transactions(path: Path, name: str | None = None) -> Transactions:
    """The transactions that a file records. Raises `Mistakes`."""
    history = (format_of(path) if name is None else format_named(name)).read(path)
    if not history.transactions:
        refuse_all(f"`{path}` records no transaction", "is it another format?", UNREADABLE)
    return history


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
    found = next((form for form in FORMATS if form.seems(path, head)), None)
    if found is None:
        known = ", ".join(form.name for form in FORMATS)
        refuse_all(f"`{path}` is in no format that is known", f"there are {known}", UNREADABLE)
    return found


def _head(path: Path) -> bytes:
    if path.is_dir():
        return b""
    try:
        with path.open("rb") as file:
            return file.read(_LOOKED_AT)
    except OSError as error:
        refuse_all(f"cannot read `{path}`: {error.strerror}", "", "D701")
