"""What a system's text says of states and steps: a function for each property."""

from __future__ import annotations

from dsmc.backends.c.expressions import Expressions
from dsmc.backends.c.layout import Layout
from dsmc.backends.c.pool import Pool
from dsmc.ir import expr as x
from dsmc.ir.simplify import simplify
from dsmc.ir.system import Fires, Invariant, NoDeadlock, Quiescent, Reachable, System, Transition
from dsmc.liveness.asked import conditions_of
from dsmc.liveness.formula import ALWAYS_SET, may_be


class Deciders:
    """Writes the functions that look at states, at steps, and at states at rest."""

    def __init__(self, system: System, layout: Layout, pool: Pool) -> None:
        self._system = system
        self._layout = layout
        self._pool = pool
        self._flag_words = len(system.properties) // 64 + 1

    def _expressions(self, state: str = "s") -> Expressions:
        return Expressions(self._pool, self._layout, state)

    def condition(self, name: str, e: Expressions, test: str, on_failure: int) -> list[str]:
        """A function from a state (and the one before) to whether something is true of it."""
        e.w.line(f"return !!{test};")
        failure = ["\tc->broken = 0;", f"\treturn {on_failure};"]
        before = "const u64 *s, const u64 *p" if e.state == "p" else "const u64 *s"
        unused = ["\t(void)c, (void)s;"]
        unused += ["\t(void)p;"] if e.state == "p" else []
        head = f"static int {name}(ctx *c, {before})"
        return [head, "{", *unused, *e.w.lines, *failed(e, failure), "}", ""]

    def within(self) -> list[str]:
        """Is a state within the bound?"""
        if self._system.within == x.TRUE:
            return []
        e = self._expressions()
        return self.condition("within", e, e.test(self._system.within), 0)

    def steps(self) -> list[str]:
        """Does a step break a property?"""
        lines: list[str] = []
        for number, prop in enumerate(self._system.properties):
            if isinstance(prop, Transition):
                e = self._expressions("p")
                test = e.test(simplify(x.negation(prop.expr)))
                lines += [f"/* transition {prop.name} */"]
                lines += self.condition(f"property_{number}", e, test, 1)
        return lines

    def looks(self) -> list[str]:
        """Which properties does a state decide?"""
        lines: list[str] = []
        calls: list[str] = []
        for number, prop in enumerate(self._system.properties):
            match prop:
                case Invariant(_, expr):
                    e = self._expressions()
                    test = e.test(simplify(x.negation(expr)))
                    found = self.condition(f"property_{number}", e, test, 1)
                case Reachable(_, expr):
                    e = self._expressions()
                    found = self.condition(f"property_{number}", e, e.test(simplify(expr)), 0)
                case Fires(_, names):
                    found = self._fired(number, names)
                case _:
                    continue
            lines += [f"/* {prop.name} */", *found]
            calls.append(f"\tif ({wanted(number)} && property_{number}(c, s)) {flag(number)}")
        unused = "\t(void)c, (void)s;"
        return [*lines, "static void look(ctx *c, const u64 *s)", "{", unused, *calls, "}", ""]

    def _fired(self, number: int, names: tuple[str, ...]) -> list[str]:
        """Is one of the actions possible? Beyond the bound no step is taken."""
        bounded = ["\tif (!within(c, s)) return 0;"] * (self._system.within != x.TRUE)
        calls = [
            f"\taction_{n}(c, s);" for n, a in enumerate(self._system.actions) if a.name in names
        ]
        return [
            f"static int property_{number}(ctx *c, const u64 *s)", "{", *bounded,
            "\tu64 before = c->count;",
            "\tu32 failed = c->failed;", f"\tu64 *flags = c->flags, unused[{self._flag_words}];",
            "\tc->flags = unused;", "\tc->probing = 1;", *calls, "\tc->probing = 0;",
            "\tc->flags = flags;", "\tc->failed = failed;",
            "\tint fired = c->count != before;", "\tc->count = before;", "\treturn fired;", "}", "",
        ]  # fmt: skip

    def ends(self, name: str, kind: type[Quiescent | NoDeadlock]) -> list[str]:
        """Which properties does a state at rest, or stuck, break?"""
        lines: list[str] = []
        calls: list[str] = []
        for number, prop in enumerate(self._system.properties):
            if isinstance(prop, kind):
                good = prop.final if isinstance(prop, NoDeadlock) else prop.expr
                e = self._expressions()
                test = e.test(simplify(x.negation(good)))
                lines += [f"/* {prop.name} */"]
                lines += self.condition(f"property_{number}", e, test, 1)
                calls.append(f"\tif ({wanted(number)} && property_{number}(c, s)) {flag(number)}")
        unused = "\t(void)c, (void)s;"
        return [*lines, f"static void {name}(ctx *c, const u64 *s)", "{", unused, *calls, "}", ""]

    def said(self, name: str, condition: x.Expr) -> list[str]:
        """A function from a state to whether a condition is true; 2 if it has no value."""
        e = self._expressions()
        return self.condition(name, e, e.test(condition), 2)

    def facts(self) -> list[str]:
        """A bit for each condition that may be true, and one for each that may be false."""
        lines, facts = [], [f"\tu64 f = {ALWAYS_SET};", "\tint v;"]
        for number, condition in enumerate(conditions_of(self._system)):
            lines += self.said(f"fact_{number}", condition)
            true, false = may_be(number, True), may_be(number, False)
            facts.append(f"\tv = fact_{number}(c, s);")
            facts.append(f"\tf |= v == 2 ? {true | false}ull : v ? {true}ull : {false}ull;")
        head = ["static u64 facts(ctx *c, const u64 *s)", "{", "\t(void)c, (void)s;"]
        return [*lines, *head, *facts, "\treturn f;", "}", ""]


def wanted(number: int) -> str:
    """Is a property looked for?"""
    return f"(c->wanted[{number >> 6}] >> {number & 63} & 1)"


def flag(number: int) -> str:
    """A property is decided."""
    return f"c->flags[{number >> 6}] |= {1 << (number & 63):#x}ull;"


def used(e: Expressions, name: str) -> list[str]:
    """The compiler shall not mind that a parameter is not used."""
    return [f"\t(void){name};"]


def failed(e: Expressions, lines: list[str]) -> list[str]:
    """Where a value that there is not leads to."""
    return ["failed:", *lines] if e.fails else []
