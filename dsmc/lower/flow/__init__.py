"""The control flow of processes."""

from __future__ import annotations

from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.lower.flow.build import Builder
from dsmc.lower.flow.graph import Graph


def flow(body: s.Block, holder: x.Expr, thread: str) -> Graph:
    """The graph of a process's code; `holder` is the thread as the holder of a mutex, `thread` the
    name of its number.
    """
    return Builder(holder, thread).whole(body)
