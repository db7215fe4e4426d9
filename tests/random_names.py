"""Random specs about names: values that are compared, collected, used as keys, and little else.

Some of what is drawn tells names apart, most does not. The forms are templates: `{kind}` stands for
an expression of that kind, `$` for a new name that is bound in what follows.
"""

from __future__ import annotations

import re

from hypothesis import strategies as st

TYPES = {
    "bool": "bool",
    "small": "0..2",
    "name": "S",
    "other": "U",
    "maybe": "option<S>",
    "names": "set<S>",
    "flags": "map<S, bool>",
    "counts": "map<S, 0..2>",
    "next": "map<S, option<S>>",
    "sees": "map<S, set<S>>",
    "owners": "map<S, U>",
    "pairs": "set<(S, S)>",
    "list": "seq<S, 2>",
    "many": "bag<S, 2>",
    "note": "message",
}
STARTS = {
    "bool": "= false",
    "small": "= 0",
    "name": "in S",
    "other": "in U",
    "maybe": "= none",
    "names": "= {}",
    "flags": "= [k: false for k in S]",
    "counts": "= [k: 0 for k in S]",
    "next": "= [k: none for k in S]",
    "sees": "= [k: {k} for k in S]",
    "owners": "in map<S, U>",
    "pairs": "= {(k, k) for k in S}",
    "list": "= []",
    "many": "",
    "note": "= Stop",
}
LEAVES = {
    "bool": ("true", "false"),
    "small": ("0", "1", "2"),
    "name": ("S.1",),
    "other": ("U.2",),
    "maybe": ("none",),
    "names": ("S", "(S minus S)"),
    "flags": ("[k_: false for k_ in S]",),
    "counts": ("[k_: 1 for k_ in S]",),
    "next": ("[k_: some(k_) for k_ in S]",),
    "sees": ("[k_: S minus {k_} for k_ in S]",),
    "owners": ("v0_",),
    "pairs": ("{(k_, k_) for k_ in S}",),
    "list": ("([] + [])",),
    "many": ("bag(k_ for k_ in S minus S)",),
    "note": ("Stop",),
}
FORMS = {
    "bool": (
        "({name} == {name})", "({name} in {names})", "({names} subset {names})", "{flags}[{name}]",
        "({maybe} == none)", "({maybe} == some({name}))", "(not {bool})", "({bool} and {bool})",
        "({bool} or {bool})", "({bool} implies {bool})", "(forall $ in <names>: {bool})",
        "(exists $ in S: {bool})", "(exists $ in <names>: {bool})", "({small} <= {small})",
        "(forall $ in S where {bool}: {bool})", "(({name}, {name}) in {pairs})", "({name} in {many})",
        "({name} in {list})", "({maybe}? == {name})", "(%maybe != none and %maybe? == {name})",
        "(exists $ in <list>: {bool})", "(exists $1 in <names>, $2 in S where {bool}: {bool})",
        "(match {note} { Vote(to_, _) => to_ == {name}, Stop => {bool} })", "({other} == {other})",
        "(forall u_ in U: exists $ in S: {owners}[$] == u_)", "(forall $ in <many>: {bool})",
    ),
    "small": (
        "count({names})", "{counts}[{name}]", "count($ for $ in S if {bool})", "{list}.len",
        "sum({small} for $ in <names>)", "min({small}, {small})", "max({small} for $ in S)",
        "min({small} for $ in <names>)",
    ),
    "name": (
        "%maybe?", "{list}.first", "(the $ in <names>: {bool})", "twin({name})",
        "(if {bool} then {name} else {name})", "(choose $ in <names>: {bool})",
    ),
    "other": ("{owners}[{name}]", "(if {bool} then {other} else {other})"),
    "maybe": ("{next}[{name}]", "some({name})", "(if {bool} then {maybe} else {maybe})"),
    "names": (
        "({names} union {names})", "({names} minus {names})", "{sees}[{name}]",
        "{$ for $ in S if {bool}}", "{{name}}", "{{name}, {name}}",
    ),
    "flags": ("[$: {bool} for $ in S]", "({flags} with [{name}: {bool}])"),
    "counts": ("[$: {small} for $ in S]", "({counts} with [{name}: {small}])"),
    "next": ("[$: {maybe} for $ in S]",),
    "sees": ("[$: {names} for $ in S]",),
    "owners": ("[$: {other} for $ in S]",),
    "pairs": ("{($1, $2) for $1 in S, $2 in <names>}", "({pairs} union {({name}, {name})})"),
    "list": ("[{name}]", "({list} + [{name}])", "seq($ for $ in <names>)"),
    "many": ("bag($ for $ in <names>)", "{many}.add({name})", "{many}.remove({name})"),
    "note": ("Vote({name}, {other})",),
}  # fmt: skip
STATEMENTS = (
    "require {bool}", "pick $ in <names>", "pick $ in S where {bool}", "let $ = <name>",
    "if {bool} [block] else [block]", "either [block] or [block]", "for $ in S [block]",
    "for $ in <names> [block]", "assert {bool}", "for $ in S { if $ in {names} [block] }",
)  # fmt: skip
PARTS = {
    "names": ("+= {name}", "-= {name}"),
    "flags": ("[{name}] := {bool}",),
    "counts": ("[{name}] := {small}", "[{name}] += 1"),
    "next": ("[{name}] := {maybe}",),
    "sees": ("[{name}] += {name}",),
    "owners": ("[{name}] := {other}",),
    "pairs": ("+= ({name}, {name})",),
    "list": ("+= {name}",),
    "many": ("+= {name}", "-= {name}"),
    "small": ("+= 1",),
}


class Drawing:
    """Fills in templates. `scope` has the names that can be used, by kind."""

    def __init__(self, draw: st.DrawFn, variables: dict[str, str], count: int) -> None:
        self.draw = draw
        self.variables = variables
        self.scope = {kind: [v for v, k in variables.items() if k == kind] for kind in TYPES}
        self.count = count

    def pick(self, options: tuple[str, ...] | list[str]) -> str:
        return self.draw(st.sampled_from(options))

    def expr(self, kind: str, depth: int) -> str:
        if depth > 0 and self.draw(st.integers(0, 2)):
            return self.scoped(self.pick(FORMS[kind]), depth - 1)
        known = self.scope[kind]
        return self.pick(known) if known and self.draw(st.integers(0, 9)) else self.leaf(kind)

    def leaf(self, kind: str) -> str:
        names = self.scope["name"]
        if kind == "name" and names and self.draw(st.integers(0, 3)):
            return self.pick(names)
        return self.pick(LEAVES[kind])

    def scoped(self, form: str, depth: int) -> str:
        """The template filled in; its new names are known in it alone."""
        outer = self.scope["name"]
        text = self.filled(form, depth)
        self.scope["name"] = outer
        return text

    def filled(self, form: str, depth: int) -> str:
        """`<kind>` does not know the new names, `{kind}` does; `%kind` is twice the same."""
        outer = self.scope["name"]
        twice = {mark: self.expr(mark[1:], 0) for mark in re.findall(r"%[a-z]+", form)}
        for mark in dict.fromkeys(re.findall(r"\$\d?", form)):
            self.count += 1
            form = form.replace(mark, f"n{self.count}")
            self.scope["name"] = [*self.scope["name"], f"n{self.count}"]

        def part(found: re.Match[str]) -> str:
            if found[0].startswith("%"):
                return twice[found[0]]
            if found[0] == "[block]":
                return self.block(depth)
            inner = self.scope["name"]
            self.scope["name"] = outer if found[0].startswith("<") else inner
            text = self.expr(found[0][1:-1], depth)
            self.scope["name"] = inner
            return text

        return re.sub(r"<[a-z]+>|\{[a-z]+\}|%[a-z]+|\[block\]", part, form)

    def block(self, depth: int) -> str:
        outer = self.scope["name"]
        lines = [self.statement(depth) for _ in range(self.draw(st.integers(1, 2)))]
        self.scope["name"] = outer
        return "{ " + "; ".join(lines) + " }"

    def statement(self, depth: int) -> str:
        if depth <= 0 or self.draw(st.booleans()):
            return self.assignment()
        form = self.pick(STATEMENTS)
        stays = form.startswith(("pick", "let"))
        return (self.filled if stays else self.scoped)(form, depth - 1)

    def assignment(self) -> str:
        name = self.pick(sorted(self.variables))
        kind = self.variables[name]
        if kind in PARTS and self.draw(st.booleans()):
            part = self.scoped(self.pick(PARTS[kind]), 1)
            return f"{name}{part}" if part.startswith("[") else f"{name} {part}"
        return f"{name} := {self.expr(kind, 1)}"


HEADER = """spec random
symbols S[3]
symbols U[2]
message Vote(s: S, u: U)
message Stop
"""


@st.composite
def specs(draw: st.DrawFn) -> str:
    """The text of a spec with three or four variables and a few actions."""
    kinds = draw(st.lists(st.sampled_from(sorted(TYPES)), min_size=2, max_size=3))
    variables = {"v": "name", **{f"v{i}": kind for i, kind in enumerate(kinds)}, "v0_": "owners"}
    lines = [f"var {name}: {TYPES[kind]} {STARTS[kind]}" for name, kind in variables.items()]
    twin = Drawing(draw, {}, 500)
    twin.scope["name"] = ["x"]
    lines.append(f"fun twin(x: S): S = if {twin.pick(TWINS)} then x else x")
    for number in range(draw(st.integers(1, 3))):
        d = Drawing(draw, variables, 100 * number)
        params = ""
        if draw(st.booleans()):
            params = f"(p{number} in {d.expr('names', 1)})"
            d.scope["name"].append(f"p{number}")
        guard = f" when {d.expr('bool', 2)}" if draw(st.booleans()) else ""
        lines.append(f"action a{number}{params}{guard} {d.block(2)}")
    d = Drawing(draw, variables, 900)
    lines.append(f"invariant inv {{ {d.expr('bool', 3)} }}")
    lines.append(f"reachable goal {{ {d.expr('bool', 2)} }}")
    lines.append(f"quiescent rest {{ {d.expr('bool', 2)} }}")
    lines.append("no deadlock")
    return HEADER + "\n".join(lines) + "\n"


#: What the function of the specs looks at.
TWINS = (
    "exists k_ in S: k_ != x", "count(k_ for k_ in S if k_ == x) == 2",
    "forall k_ in S: k_ == (the t_ in S: t_ == x)", "x in {x}",
)  # fmt: skip
