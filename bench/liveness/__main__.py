"""`python -m bench.liveness`: measure, write the table, and fail if dsmc and SPIN contradict each other."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.liveness.columns import columns
from bench.liveness.questions import questions
from bench.liveness.table import Row, complaints, render
from bench.peers.asked import is_wanted, parser, runs, spins_kit
from bench.peers.dsmc_check import prepare
from bench.peers.machine import Others, heading
from bench.peers.measuring import filled
from bench.peers.page import put


def main() -> None:
    """Measure what was asked for; the table is there from the first row on."""
    wanted = parser("bench.liveness", "Measure what a property of whole runs costs.").parse_args()
    chosen = [q for q in questions() if is_wanted(q.name, q.size.tier, wanted)]
    if not chosen:
        sys.exit("there is no such question among these sizes")
    others, rows = Others(), list[Row]()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        prepare(Path(folder), wanted.limit)
        tools = list(columns(Path(folder), spins_kit(wanted)))
        for question, found in filled(chosen, tools, wanted):
            rows.append(Row(question, found))
            limit = f"limit of a run: {wanted.limit:g} seconds"
            lines = [*heading(None), limit, f"{runs(wanted)}; {others}"]
            put(wanted.output, render(lines, rows))
    print(f"written: {wanted.output}")
    sys.exit("\n".join(f"{r.question.name}: {why}" for r in rows for why in complaints(r)) or 0)


if __name__ == "__main__":
    main()
