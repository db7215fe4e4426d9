"""Random specs in the core: every type, every expression and statement, and little else.

What is drawn is the text of a spec, so that the parser and the type checker take part, and so that a
failing example can be read. Integers leave their ranges now and then; that too must agree.
"""

from __future__ import annotations

from hypothesis import strategies as st

TYPES = {
    "bool": "bool",
    "small": "0..2",
    "signed": "-1..2",
    "color": "Color",
    "maybe": "option<0..2>",
    "some_set": "set<0..2>",
    "colors": "set<Color>",
    "table": "map<0..1, 0..2>",
    "flags": "map<Color, bool>",
    "list": "seq<0..2, 2>",
    "pair": "(bool, 0..2)",
    "rec": "Rec",
    "note": "message",
    "many": "bag<0..2, 2>",
}
HEADER = """spec random
enum Color { red, green, blue }
record Rec { a: 0..2, b: bool }
message Ping
message Pong(n: 0..2, c: Color)
"""


class Drawing:
    """Draws expressions of a wanted type; `names` are those in scope, by type."""

    def __init__(self, draw: st.DrawFn, variables: dict[str, str]) -> None:
        self.draw = draw
        self.names: dict[str, list[str]] = {kind: [] for kind in TYPES}
        for name, kind in variables.items():
            self.names[kind].append(name)
        self.count = 0

    def pick(self, *options: str) -> str:
        return self.draw(st.sampled_from(options))

    def fresh(self) -> str:
        self.count += 1
        return f"x{self.count}"

    def expr(self, kind: str, depth: int) -> str:
        known = self.names[kind]
        if depth <= 0 or self.draw(st.integers(0, 3)) == 0:
            if known and self.draw(st.booleans()):
                return self.draw(st.sampled_from(known))
            return self.literal(kind)
        if self.draw(st.integers(0, 7)) == 0:
            test, yes, no = (
                self.expr("bool", depth - 1),
                self.expr(kind, 0),
                self.expr(kind, depth - 1),
            )
            return f"(if {test} then {yes} else {no})"
        make = getattr(self, f"_{kind}", None)
        return make(depth - 1) if make else self.literal(kind)

    def literal(self, kind: str) -> str:
        number = str(self.draw(st.integers(0, 2)))
        match kind:
            case "bool":
                return self.pick("true", "false")
            case "small":
                return number
            case "signed":
                return self.pick("(-1)", "0", "1", "2")
            case "color":
                return self.pick("red", "green", "blue")
            case "maybe":
                return self.pick("(if false then some(0) else none)", f"some({number})")
            case "some_set":
                return self.pick("({0} minus {0})", f"{{{number}}}", "{0, 2}", "{0, 1, 2}")
            case "colors":
                return self.pick("({red} minus {red})", "{red}", "{green, blue}", "Color")
            case "table":
                return f"[0: {number}, 1: {self.pick('0', '1', '2')}]"
            case "flags":
                return f"[c: c == {self.literal('color')} for c in Color]"
            case "list":
                return self.pick("[0][1..0]", f"[{number}]", f"[{number}, 1]")
            case "pair":
                return f"({self.literal('bool')}, {number})"
            case "rec":
                return f"Rec({number}, {self.literal('bool')})"
            case "note":
                return self.pick("Ping", f"Pong({number}, {self.literal('color')})")
            case _:
                return self.pick(
                    "bag(b_ for b_ in 1..0)", "bag(b_ for b_ in 1..1)", "bag(2 for b_ in 0..1)"
                )

    # ------------------------------------------------------------ by type

    def _bool(self, depth: int) -> str:
        e = self.expr
        kind = self.pick(*TYPES)
        forms = [
            lambda: (
                f"({e('bool', depth)} {self.pick('and', 'or', 'implies', 'iff')} {e('bool', depth)})"
            ),
            lambda: f"(not {e('bool', depth)})",
            lambda: f"({e(kind, depth)} {self.pick('==', '!=')} {e(kind, depth)})",
            lambda: f"({e('small', depth)} {self.pick('<', '<=', '>', '>=')} {e('signed', depth)})",
            lambda: f"({e('small', depth)} {self.pick('in', 'not in')} {e('some_set', depth)})",
            lambda: f"({e('some_set', depth)} subset {e('some_set', depth)})",
            lambda: f"({e('color', depth)} in {{red, {e('color', 0)}}})",
            lambda: f"({e('small', depth)} in {e('list', depth)})",
            lambda: f"({e('small', depth)} in {e('many', depth)})",
            lambda: f"{self.paren('flags', depth)}[{e('color', depth)}]",
            lambda: f"{self.paren('pair', depth)}.0",
            lambda: f"{self.paren('rec', depth)}.b",
            lambda: (
                f"(match {e('note', depth)} {{ Pong(n_, c_) => n_ == {e('small', 0)}, Ping => false }})"
            ),
            lambda: self.quantified(depth),
        ]
        return self.draw(st.sampled_from(forms))()

    def quantified(self, depth: int) -> str:
        kind, domain = self.domain(depth)
        name = self.fresh()
        self.names[kind].append(name)
        body = self.expr("bool", depth)
        where = f" where {self.expr('bool', 0)}" if self.draw(st.booleans()) else ""
        self.names[kind].remove(name)
        return f"({self.pick('forall', 'exists')} {name} in {domain}{where}: {body})"

    def domain(self, depth: int) -> tuple[str, str]:
        kind = self.pick("small", "color")
        if kind == "small":
            return kind, self.pick("0..2", self.expr("some_set", depth), self.paren("list", depth))
        return kind, self.pick("Color", self.paren("colors", depth))

    def paren(self, kind: str, depth: int) -> str:
        return f"({self.expr(kind, depth)})"

    def _small(self, depth: int) -> str:
        e = self.expr
        forms = [
            lambda: (
                f"({e('small', depth)} {self.pick('+', '-', '*', 'mod', 'div')} {e('small', depth)})"
            ),
            lambda: f"{self.pick('min', 'max')}({e('small', depth)}, {e('small', depth)})",
            lambda: f"count({self.paren('some_set', depth)})",
            lambda: f"{self.paren('table', depth)}[{self.pick('0', '1')}]",
            lambda: f"{self.paren('list', depth)}.len",
            lambda: f"{self.paren('list', depth)}.first",
            lambda: f"{self.paren('list', depth)}[{e('small', 0)}]",
            lambda: f"{self.paren('pair', depth)}.1",
            lambda: f"{self.paren('rec', depth)}.a",
            lambda: f"{self.paren('maybe', depth)}?",
            lambda: f"(match {e('maybe', depth)} {{ some(s_) => s_, none => {e('small', 0)} }})",
            lambda: f"min({self.paren('many', depth)}.len, 2)",  # a bag may have no bound
            lambda: self.fold(depth),
        ]
        return self.draw(st.sampled_from(forms))()

    def fold(self, depth: int) -> str:
        name, domain = self.fresh(), self.expr("some_set", depth)
        self.names["small"].append(name)
        body, test = self.expr("small", depth), self.expr("bool", 0)
        self.names["small"].remove(name)
        word = self.pick("sum", "min", "max", "count")
        if word in ("min", "max") and self.draw(st.booleans()):
            return f"({self.pick('the', 'choose')} {name} in {domain}: {test})"
        return f"{word}({body} for {name} in {domain} if {test})"

    def _signed(self, depth: int) -> str:
        return f"({self.expr('small', depth)} - {self.expr('small', 0)})"

    def _color(self, depth: int) -> str:
        name = self.fresh()
        return (
            f"(choose {name} in {self.paren('colors', depth)}: {name} != {self.literal('color')})"
        )

    def _maybe(self, depth: int) -> str:
        return f"some({self.expr('small', depth)})"

    def _some_set(self, depth: int) -> str:
        e, name = self.expr, self.fresh()
        forms = [
            lambda: (
                f"({e('some_set', depth)} {self.pick('union', 'intersect', 'minus')} {e('some_set', depth)})"
            ),
            lambda: f"{{{e('small', depth)}, {e('small', 0)}}}",
            lambda: f"{{{name} for {name} in {e('some_set', depth)} if {name} != {e('small', 0)}}}",
        ]
        return self.draw(st.sampled_from(forms))()

    def _colors(self, depth: int) -> str:
        return f"({self.paren('colors', depth)} {self.pick('union', 'minus')} {{{self.expr('color', 0)}}})"

    def _table(self, depth: int) -> str:
        name = self.fresh()
        return self.pick(
            f"({self.paren('table', depth)} with [{self.pick('0', '1')}: {self.expr('small', depth)}])",
            f"[{name}: {self.expr('small', 0)} for {name} in 0..1]",
        )

    def _flags(self, depth: int) -> str:
        return (
            f"({self.paren('flags', depth)} with [{self.expr('color', 0)}: {self.expr('bool', 0)}])"
        )

    def _list(self, depth: int) -> str:
        whole = self.paren("list", depth)
        return self.pick(
            f"({whole} + [{self.expr('small', 0)}])",
            f"{whole}.remove({self.pick('0', '1')})",
            f"{whole}[0..{self.pick('0', '1')}]",
            f"{whole}.insert(0, {self.expr('small', 0)})",
        )

    def _pair(self, depth: int) -> str:
        return f"({self.expr('bool', depth)}, {self.expr('small', depth)})"

    def _rec(self, depth: int) -> str:
        return self.pick(
            f"Rec({self.expr('small', depth)}, {self.expr('bool', 0)})",
            f"({self.paren('rec', depth)} with {{ a: {self.expr('small', 0)} }})",
        )

    def _note(self, depth: int) -> str:
        return f"Pong({self.expr('small', depth)}, {self.expr('color', 0)})"

    def _many(self, depth: int) -> str:
        whole = self.paren("many", depth)
        return f"{whole}.{self.pick('add', 'remove')}({self.expr('small', 0)})"

    # ------------------------------------------------------------ statements

    def block(self, variables: dict[str, str], depth: int) -> str:
        """A block of a few statements, in braces."""
        outer = {kind: list(names) for kind, names in self.names.items()}
        count = self.draw(st.integers(1, 3))
        lines = [self.statement(variables, depth) for _ in range(count)]
        self.names = outer
        return "{ " + "; ".join(lines) + " }"

    def statement(self, variables: dict[str, str], depth: int) -> str:
        form = self.draw(st.integers(0, 11 if depth > 0 else 4))
        name = self.draw(st.sampled_from(sorted(variables)))
        kind = variables[name]
        match form:
            case 0 | 1 | 2:
                return f"{name} := {self.expr(kind, 2)}"
            case 3:
                return self.part(name, kind)
            case 4:
                return f"require {self.expr('bool', 1)}"
            case 5:
                test = self.expr("bool", 2)
                return f"if {test} {self.block(variables, depth - 1)} else {self.block(variables, depth - 1)}"
            case 6:
                return f"either {self.block(variables, depth - 1)} or {self.block(variables, depth - 1)}"
            case 7:
                return self.picked("pick", variables, depth)
            case 8:
                return self.picked("for", variables, depth)
            case 9:
                return self.let(depth)
            case 10:
                return f"assert {self.expr('bool', 1)}"
            case _:
                return "return" if self.draw(st.booleans()) else "skip"

    def part(self, name: str, kind: str) -> str:
        match kind:
            case "table":
                return f"{name}[{self.pick('0', '1')}] := {self.expr('small', 1)}"
            case "flags":
                return f"{name}[{self.expr('color', 1)}] := {self.expr('bool', 1)}"
            case "rec":
                return f"{name}.a := {self.expr('small', 1)}"
            case "some_set" | "many":
                return f"{name} {self.pick('+=', '-=')} {self.expr('small', 1)}"
            case "small" | "signed":
                return f"{name} {self.pick('+=', '-=')} 1"
            case "list":
                return f"{name} += {self.expr('small', 1)}"
            case _:
                return f"{name} := {self.expr(kind, 1)}"

    def picked(self, word: str, variables: dict[str, str], depth: int) -> str:
        kind, domain = self.domain(1)
        name = self.fresh()
        if word == "pick":
            self.names[kind].append(name)
            return f"pick {name} in {domain} where {self.expr('bool', 1)}"
        self.names[kind].append(name)
        body = self.block(variables, 0)  # choices in loops multiply: at the most one
        if self.draw(st.integers(0, 2)) == 0:
            body = f"{{ either {body} or {self.block(variables, 0)} }}"
        self.names[kind].remove(name)
        return f"for {name} in {domain} {body}"

    def let(self, depth: int) -> str:
        kind, name = self.pick(*TYPES), self.fresh()
        value = self.expr(kind, depth)
        self.names[kind].append(name)
        return f"let {name} = {value}"


@st.composite
def specs(draw: st.DrawFn) -> str:
    """The text of a spec with two or three variables and a few actions."""
    kinds = draw(st.lists(st.sampled_from(sorted(TYPES)), min_size=2, max_size=3))
    variables = {f"v{i}": kind for i, kind in enumerate(kinds)}
    lines = [HEADER]
    for name, kind in variables.items():
        d = Drawing(draw, {})
        lines.append(f"var {name}: {TYPES[kind]} = {d.literal(kind)}")
    for number in range(draw(st.integers(1, 3))):
        d = Drawing(draw, variables)
        d.count = 100 * number
        params = ""
        if draw(st.booleans()):
            kind, name = (
                draw(st.sampled_from([("small", "0..2"), ("color", "Color")])),
                f"p{number}",
            )
            params = f"({name} in {kind[1]})"
            d.names[kind[0]].append(name)
        guard = f" when {d.expr('bool', 2)}" if draw(st.booleans()) else ""
        lines.append(f"action a{number}{params}{guard} {d.block(variables, 2)}")
    d = Drawing(draw, variables)
    d.count = 900
    lines.append(f"invariant inv {{ {d.expr('bool', 3)} }}")
    lines.append(f"reachable goal {{ {d.expr('bool', 2)} }}")
    lines.append("reachable fired by action a0")
    lines.append("no deadlock")
    lines.append(f"final {{ {d.expr('bool', 1)} }}")
    return "\n".join(lines) + "\n"
