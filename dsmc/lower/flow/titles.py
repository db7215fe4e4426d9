"""What a trace calls a step of a process: the statement as it was written."""

from __future__ import annotations

from dsmc.ir import stmt as s

_LONGEST = 60


def title(statement: s.Statement | s.Arm) -> str:
    """The head of a statement, or all of an `atomic` one; shortened."""
    lines = [line.split("#", 1)[0].strip() for line in statement.span.text.split("\n")]
    text = _joined(lines) if isinstance(statement, s.Atomic) else lines[0].rstrip("{").strip()
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _joined(lines: list[str]) -> str:
    text = ""
    for line in filter(None, lines):
        opens = not text or text.endswith("{")
        text += line if not text else f" {line}" if opens or line.startswith("}") else f"; {line}"
    return text
