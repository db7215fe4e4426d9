"""The spec that `dsmc new` starts with: small, complete, with a fault in it."""

from __future__ import annotations

from importlib import resources


def starter(name: str) -> str:
    """The text of a new spec of this name."""
    text = resources.files("dsmc.prelude").joinpath("starter.dsm").read_text(encoding="utf-8")
    return text.replace("NAME", name)
