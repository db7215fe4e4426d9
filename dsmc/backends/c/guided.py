"""The steps that a partial order reduction chooses, in C: its tables, and who asks them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from dsmc.backends.c.deciders import Deciders
from dsmc.ir.system import NoDeadlock, Quiescent
from dsmc.reduce.stubborn import Stubborn

_HEADER = Path(__file__).parent / "runtime" / "stubborn.h"


class Guided:
    """Writes `expand`, which takes the steps that are enough."""

    def __init__(self, order: Stubborn, deciders: Deciders) -> None:
        self._order = order
        self._deciders = deciders
        self._words = _words(len(order.guards))
        self._condition_words = _words(len(order.conditions))

    @property
    def words(self) -> int:
        """How many words a set of steps has, if some may be put off for ever; else 0."""
        return self._words if self._order.staying else 0

    def lines(self, take: Sequence[str]) -> list[str]:
        """All of it; `take` is the body of the function that takes the steps of a set, `which`."""
        header = _HEADER.read_text(encoding="utf-8")
        head = ["static void take(ctx *c, const u64 *s, const u64 *which)", "{"]
        return [*self._look(), *self._tables(), header, *head, *take, "}", "", *self._expand()]

    # ------------------------------------------------------------ conditions

    def _look(self) -> list[str]:
        """Which conditions are true; 0 if one has no value."""
        lines, calls = [], ["\tint v;"]
        for number, condition in enumerate(self._order.conditions):
            lines += self._deciders.said(f"condition_{number}", condition)
            calls += [
                f"\tif ((v = condition_{number}(c, s)) == 2)", "\t\treturn 0;",
                f"\ttruths[{number >> 6}] |= (u64)v << {number & 63};",
            ]  # fmt: skip
        head = ["static int conditions(ctx *c, const u64 *s, u64 *truths)", "{"]
        return [*lines, *head, *calls, "\treturn 1;", "}", ""]

    # ------------------------------------------------------------ tables

    def _tables(self) -> list[str]:
        order = self._order
        every = range(len(order.guards))
        kinds = [action.origin.kind for action in order.system.actions]
        return [
            f"#define STEP_WORDS {self._words}",
            f"#define CONDITION_WORDS {self._condition_words}",
            f"#define STEPS {len(order.guards)}",
            f"#define GOAL_END {len(order.goals) + 1}",
            f"#define GOALS_LEAD {len(order.goals) - len(order.staying)}",
            f"#define FORCED_END {len(order.forced) + 1}",
            f"#define REST_END {len(order.rests) + 1}",
            "typedef struct { u64 steps[STEP_WORDS], move[STEP_WORDS]; u32 count;",
            "\tconst u32 *const *alternatives; } rest_goal;",
            "typedef struct { u32 step; u64 makers[STEP_WORDS]; } forced_step;",
            self._sets("DEPENDS", order.depends), self._sets("MAKERS", order.makers),
            *_lists("GUARDS", order.guards), *_lists("GOALS", [goal.conditions for goal in order.goals]),
            *self._forced(), *self._rests(),
            f"static const u64 WORK[] = {self._set(_bits(n for n in every if kinds[n].is_work))};",
            f"static const u64 OWN[] = {self._set(_bits(n for n in every if kinds[n].is_own))};",
        ]  # fmt: skip

    def _set(self, bits: int) -> str:
        parts = (f"{bits >> 64 * w & (1 << 64) - 1:#x}ull" for w in range(self._words))
        return f"{{{', '.join(parts)}}}"

    def _sets(self, name: str, sets: Sequence[int]) -> str:
        parts = ", ".join(map(self._set, sets)) or "{0}"
        return f"static const u64 {name}[][STEP_WORDS] = {{{parts}}};"

    def _forced(self) -> list[str]:
        parts = (f"{{{f.action}, {self._set(f.makers)}}}" for f in self._order.forced)
        return [f"static const forced_step FORCED[] = {{{', '.join(parts) or '{0, {0}}'}}};"]

    def _rests(self) -> list[str]:
        lines, parts = [], []
        for number, rest in enumerate(self._order.rests):
            lines += _lists(f"REST_{number}", rest.alternatives)
            count = len(rest.alternatives)
            sets = f"{self._set(rest.actions)}, {self._set(rest.move)}"
            parts.append(f"{{{sets}, {count}, REST_{number}}}")
        return [
            *lines,
            f"static const rest_goal RESTS[] = {{{', '.join(parts) or '{{0}, {0}, 0, 0}'}}};",
        ]

    # ------------------------------------------------------------ the steps of a state

    def _expand(self) -> list[str]:
        """Where a condition has no value, it is not known what is possible, and all is tried. To be at rest
        is to have no step at all that leads elsewhere.
        """
        return [
            "static void expand(ctx *c, const u64 *s)", "{",
            "\tu64 truths[CONDITION_WORDS] = {0}, possible[STEP_WORDS], chosen[STEP_WORDS];",
            "\tu64 taken[STEP_WORDS], others[STEP_WORDS];",
            "\tu32 leads = 1;",
            "\tfor (u32 w = 0; w < STEP_WORDS; w++) {", "\t\tpossible[w] = chosen[w] = ~0ull;",
            "\t\ttaken[w] = 0;", "\t}",
            "\tint known = conditions(c, s, truths);",
            "\tif (known)", "\t\tfind_possible(truths, possible);",
            *self._repeatedly([
                "if (known)", "\tleads = find_enough(truths, possible, taken, c->led, chosen);",
                "for (u32 w = 0; w < STEP_WORDS; w++) {",
                "\tothers[w] = chosen[w] & possible[w] & ~taken[w];", "\ttaken[w] |= others[w];", "}",
                "take(c, s, others);",
                "for (u32 w = 0; w < STEP_WORDS; w++)", "\tothers[w] = possible[w] & ~taken[w];",
            ]),
            f"\tif ({' || '.join(self._ends()) or '0'})", "\t\ttake(c, s, others);",
            "\tfor (u32 w = 0; c->taken && w < STEP_WORDS; w++) {",
            "\t\tc->taken[w] = possible[w];",
            "\t\tc->taken[STEP_WORDS + w] = leads ? possible[w] : taken[w];", "\t}",
            "}", "",
        ]  # fmt: skip

    def _repeatedly(self, lines: list[str]) -> list[str]:
        """What leads nowhere is no reason to leave out anything else."""
        if not self._order.staying:
            return ["\t" + line for line in lines]
        again = "\t} while (!leads && !c->moved && shares(others, others));"
        return ["\tdo {", *("\t\t" + line for line in lines), again]

    def _ends(self) -> list[str]:
        properties = self._order.system.properties
        rest = any(isinstance(p, Quiescent) for p in properties)
        stuck = any(isinstance(p, NoDeadlock) for p in properties)
        tests = ["(!(c->moved & 1) && shares(others, WORK))"] * rest
        return tests + ["(!(c->moved & 3) && shares(others, OWN))"] * stuck


def _words(count: int) -> int:
    return max(1, -(-count // 64))


def _bits(numbers: Iterable[int]) -> int:
    return sum(1 << number for number in numbers)


def _lists(name: str, lists: Sequence[Sequence[int]]) -> list[str]:
    """Lists of conditions, each with its end."""
    lines = [
        f"static const u32 {name}_{n}[] = {{{', '.join([*map(str, one), '~0u'])}}};"
        for n, one in enumerate(lists)
    ]
    names = ", ".join(f"{name}_{n}" for n in range(len(lists))) or "0"
    return [*lines, f"static const u32 *const {name}[] = {{{names}}};"]
