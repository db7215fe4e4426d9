"""Pages of the documentation that are printed from the tables they describe."""

from __future__ import annotations

from dsmc.ir.faults import FAULTS
from dsmc.ir.ops import OPS, Form

_SHOWN = {
    Form.INFIX: "a {} b",
    Form.PREFIX: "{} a",
    Form.FUNCTION: "{}(…)",
    Form.MEMBER: "x.{}",
    Form.METHOD: "x.{}(…)",
    Form.INDEXED: "x[…]",
}


def operators_page() -> str:
    """`docs/operators.md`"""
    lines = [
        "# Operators",
        "",
        "Printed from the table of operators (`make docs`); the examples are tests, in every back"
        " end.",
        "",
        "| written | meaning | examples |",
        "|---|---|---|",
    ]
    for row in OPS.values():
        if row.spellings:
            written = ", ".join(f"`{_SHOWN[form].format(word)}`" for form, word in row.spellings)
            examples = "<br>".join(f"`{text}`" for text in row.examples)
            lines.append(f"| {written} | {row.doc} | {examples} |".replace("||", "\\|\\|"))
    return "\n".join(lines) + "\n"


def faults_page() -> str:
    """`docs/faults.md`"""
    lines = [
        "# Faults",
        "",
        "Printed from the table of faults (`make docs`). Each is a pass in `dsmc/lower/faults/`; what"
        " is not executed yet is refused, never left out.",
        "",
        "| fault | strikes | words | meaning | executed |",
        "|---|---|---|---|---|",
    ]
    for name, form in FAULTS.items():
        words = ", ".join(f"`{word}`" for word in form.words)
        lines.append(
            f"| `{name}` | {form.takes.value} | {words} | {form.doc} |"
            f" {'yes' if form.executed else 'not yet'} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the pages."""
    from pathlib import Path

    Path("docs/operators.md").write_text(operators_page(), encoding="utf-8")
    Path("docs/faults.md").write_text(faults_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
