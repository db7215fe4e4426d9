"""A system as a Python module."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from dsmc.backends.acting import named
from dsmc.backends.codec import Register, decode, encode, low, mask, width
from dsmc.backends.narrow import narrow, staged
from dsmc.backends.python.access import Pool
from dsmc.backends.python.expressions import Expressions
from dsmc.backends.python.statements import Statements, Then
from dsmc.backends.unroll import instances, is_straight
from dsmc.engine.machine import State
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.simplify import certain, simplify
from dsmc.ir.system import (
    Action,
    Assertion,
    Fairness,
    Fires,
    Function,
    Invariant,
    NoDeadlock,
    NoError,
    Property,
    Quiescent,
    Reachable,
    System,
    Transition,
)
from dsmc.ir.types import Type, Value
from dsmc.liveness.formula import ALWAYS_SET, may_be

#: Most values of a state are those of many others.
_decoded = functools.lru_cache(1 << 14)(decode)


class Layout:
    """Where the variables are: fixed ones side by side in one number, the others as tuples.

    A state is that number if there are no others, else a tuple of the number and the tuples.
    """

    def __init__(self, system: System) -> None:
        self.packed: list[tuple[str, Type, int]] = []
        self.boxed: list[tuple[str, Type]] = []
        offset = 0
        for variable in system.variables:
            if t.fixed(variable.type):
                self.packed.append((variable.name, variable.type, offset))
                offset += width(variable.type)
            else:
                self.boxed.append((variable.name, variable.type))
        self.width = offset

    def places(self, prefix: str = "") -> dict[str, int | str]:
        """Where each variable is: an offset, or the name of a Python variable."""
        found: dict[str, int | str] = {name: offset for name, _, offset in self.packed}
        found |= {name: f"{prefix}b{i}_" for i, (name, _) in enumerate(self.boxed)}
        return found

    def names(self, prefix: str = "") -> str:
        """The Python variables of a state, to unpack it into."""
        boxes = [f"{prefix}b{i}_" for i in range(len(self.boxed))]
        return ", ".join([f"{prefix}p", *boxes])

    def decode(self, state: State) -> dict[str, Value]:
        """The plain values of a state."""
        word, *boxes = state if isinstance(state, tuple) else (state,)
        found: dict[str, Value] = {}
        for name, of, offset in self.packed:
            found[name] = _decoded(of, (word >> offset & mask(of)) + low(of))
        for (name, of), box in zip(self.boxed, boxes, strict=True):
            found[name] = _decoded(of, box)
        return found

    def encode(self, values: dict[str, Value]) -> State:
        """The state of plain values."""
        word = 0
        for name, of, offset in self.packed:
            register = encode(of, values[name])
            assert isinstance(register, int)
            word |= register - low(of) << offset
        boxes: tuple[Register, ...] = tuple(encode(of, values[name]) for name, of in self.boxed)
        return (word, *boxes) if boxes else word


def generate(system: System, layout: Layout, pool: Pool, *, traced: bool) -> str:
    """The source of the module."""
    return "\n".join(_Module(system, layout, pool, traced).parts()) + "\n"


def generate_labelled(
    system: System, layout: Layout, pool: Pool, conditions: Sequence[x.Expr]
) -> str:
    """The source of the module whose steps say what is owed by them, and that looks at conditions."""
    return "\n".join(_Module(system, layout, pool, traced=False).labelled_parts(conditions)) + "\n"


def generate_apart(system: System, layout: Layout, pool: Pool, conditions: Sequence[x.Expr]) -> str:
    """The source of the module that has a function for the steps of each action, and looks at conditions."""
    return "\n".join(_Module(system, layout, pool, traced=False).parts_apart(conditions)) + "\n"


class _Module:
    def __init__(self, system: System, layout: Layout, pool: Pool, traced: bool) -> None:
        self._system = system
        self._layout = layout
        self._pool = pool
        self._traced = traced
        errors = [n for n, p in enumerate(system.properties) if isinstance(p, NoError)]
        self._error = errors[0]
        self._extra: list[str] = []

    def parts(self) -> list[str]:
        functions = [line for f in self._system.functions for line in self._function(f)]
        if self._traced:
            return [*functions, *self._initial(), *self._traced_actions()]
        return [
            *functions, *self._initial(), *self._expand(), *self._state_deciders(),
            *self._step_deciders(), *self._end_deciders(Quiescent), *self._end_deciders(NoDeadlock),
            *self._is_within(),
        ]  # fmt: skip

    def _expressions(self) -> Expressions:
        return Expressions(self._pool, self._layout.places())

    def _statements(self, body: s.Block) -> Statements:
        assertions = {
            p.number: n for n, p in enumerate(self._system.properties) if isinstance(p, Assertion)
        }
        logs = any(isinstance(st, s.Assert) for st in s.walk(body))
        return Statements(self._expressions(), assertions, traced=self._traced, logs=logs)

    def _unpack(self, state: str, prefix: str = "") -> str:
        names = self._layout.names(prefix)
        return f"{names} = {state}"

    def _function(self, function: Function) -> list[str]:
        e = self._expressions()
        params = ", ".join(e.local(name) for name, _ in function.parameters)
        head = f"def {e.function(function.name)}({params}):"
        calls = any(isinstance(part, x.Call) for part in x.walk(function.body))
        return [*(["@nested"] if calls else []), head, f"    return {e.value(function.body)}"]

    # ------------------------------------------------------------ initial states

    def _initial(self) -> list[str]:
        w = self._statements(self._system.init)
        defaults = {v.name: t.default(v.type) for v in self._system.variables}
        start = self._layout.encode(defaults)
        if isinstance(start, tuple):
            w.line(f"{self._layout.names()} = {start!r}")
        else:
            w.line(f"p = {start}")
        if w.logs:
            w.line("ev = ()")
            w.line("evs = []")
        if self._traced:
            w.line("so_far = [(), ()]")

        def end() -> None:
            self._failed(w, "violated")
            state = self._result(w)
            w.line(f"found.append(({state}, ev))" if self._traced else f"found.append({state})")

        w.run(narrow(self._system.init, self._system), end)
        body = w.lines
        if not self._traced:
            body = ["    try:", *("    " + line for line in body), *self._caught("violated")]
        return ["def initial(found, violated):", *body]

    def _caught(self, errors: str) -> list[str]:
        return ["    except RangeError:", f"        {errors}.append({self._error})"]

    def _failed(self, w: Statements, errors: str) -> None:
        """At the end of a step: the assertions that were false in it."""
        if w.logs and not self._traced:
            w.line(f"{errors}.extend(ev)")

    def _result(self, w: Statements) -> str:
        """The state as an expression."""
        word, *boxes = w.result()
        return f"({', '.join([word, *boxes])})" if boxes else word

    # ------------------------------------------------------------ successors

    def _expand(self) -> list[str]:
        """One function for the plain actions; those with choices have functions of their own."""
        apart: list[str] = []
        lines: list[str] = []
        kinds = [action.origin.kind for action in self._system.actions]
        counts = {"work": sum(k.is_work for k in kinds), "own": sum(k.is_own for k in kinds)}
        for number, action in enumerate(self._system.actions):
            lines += [f"    {name} = len(out)" for name, end in counts.items() if end == number]
            told = f"# {named(action)}"
            if is_straight(action):
                lines += [f"    {told}", *self._inline(action)]
            else:
                apart += [told, *self._apart(f"action_{number}", action)]
                lines.append(f"    action_{number}(s, out, err)")
        lines += [f"    {name} = len(out)" for name, end in counts.items() if end == len(kinds)]
        head = ["def expand(s, out, err):", "    a = out.append", f"    {self._unpack('s')}"]
        return [*apart, *head, *lines, "    return work, own"]

    def _apart(self, name: str, action: Action) -> list[str]:
        head = [f"def {name}(s, out, err):", "    a = out.append"]
        return [*head, f"    {self._unpack('s')}", *self._inline(action)]

    def _inline(self, action: Action) -> list[str]:
        w = self._statements(action.body)
        if w.logs:
            w.line("evs = []")

        def end() -> None:
            self._failed(w, "err")
            w.line(f"a({self._result(w)})")

        for instance in instances(action):
            self._instance(w, instance, end)
        if _certain(action) or not w.lines:  # no lines: for no parameters is it possible
            return w.lines
        return ["    try:", *("    " + line for line in w.lines), *self._caught("err")]

    def _instance(self, w: Statements, action: Action, end: Then) -> None:
        """The loops over the parameters, the names, the guard, the body."""
        stages = staged(action, self._system)
        action = stages.action
        params = list(action.params)
        parts = (action.guard, *(v for _, v in action.names), *s.all_exprs(action.body))
        used = {name for e in parts for name in x.free_names(e)} | set(action.key)

        def inner() -> None:
            if w.logs:
                w.line("ev = ()")
            if self._traced:
                w.line(f"so_far[:] = [{_tuple(w, [p.name for p in action.params])}, ev]")
            for name, value in action.names:
                if self._traced or name in used:
                    w.line(f"{w.e.local(name)} = {w.e.value(value)}")
            if self._traced and action.names:
                w.line(f"so_far[0] = {_tuple(w, _labels(action))}")
            w.run(
                (s.Require(action.guard), *action.body) if action.guard != x.TRUE else action.body,
                end,
            )

        def loop() -> None:
            if not params:
                inner()
                return
            param = params.pop(0)
            items = w.e.items(param.domain, distinct=True)

            def chosen() -> None:
                if param.where == x.TRUE:
                    loop()
                else:
                    test = w.e.test(param.where)
                    with w.e.knowing(param.where):
                        w.inside(f"if {test}:", loop)

            w.inside(f"for {w.e.local(param.name)} in {items}:", chosen)

        def start() -> None:
            if stages.first == x.TRUE:
                loop()
            else:
                w.inside(f"if {w.e.test(stages.first)}:", loop)

        w.apart(start)

    def _traced_actions(self) -> list[str]:
        found: list[str] = []
        for number, action in enumerate(self._system.actions):
            w = self._statements(action.body)
            shown = _tuple(w, _labels(action))
            w.line(self._unpack("s"))
            w.line("evs = []")

            def end(w: Statements = w, number: int = number, shown: str = shown) -> None:
                w.line(f"found.append(({number}, {shown}, ev, {self._result(w)}))")

            self._instance(w, action, end)
            found += [f"def action_{number}(s, found, so_far):", *w.lines]
        names = ", ".join(f"action_{n}" for n in range(len(self._system.actions)))
        return [*found, f"actions = [{names}]"]

    # ------------------------------------------------------------ steps and what is owed by them

    def labelled_parts(self, conditions: Sequence[x.Expr]) -> list[str]:
        """Functions, the steps of each action, the facts of a state."""
        functions = [line for f in self._system.functions for line in self._function(f)]
        steps = [line for n, a in enumerate(self._system.actions) for line in self._owing(n, a)]
        names = ", ".join(f"steps_{n}" for n in range(len(self._system.actions)))
        return [*functions, *steps, f"steps = [{names}]", *self._facts(conditions)]

    def parts_apart(self, conditions: Sequence[x.Expr]) -> list[str]:
        """Functions, the successors by each action, the facts of a state."""
        functions = [line for f in self._system.functions for line in self._function(f)]
        actions = enumerate(self._system.actions)
        steps = [line for n, action in actions for line in self._apart(f"action_{n}", action)]
        names = ", ".join(f"action_{n}" for n in range(len(self._system.actions)))
        return [*functions, *steps, f"actions = [{names}]", *self._facts(conditions)]

    def _owing(self, number: int, action: Action) -> list[str]:
        """A function that appends the steps of an action: what is owed by each, where it leads."""
        w = self._statements(action.body)
        owed = action.owed or action.name
        fair = action.fairness is not Fairness.NONE
        label = _tuple(w, list(action.key)).replace("(", f"({owed!r}, ", 1) if fair else "None"
        w.line("a = out.append")
        w.line(self._unpack("s"))
        if w.logs:
            w.line("evs = []")
        self._instance(w, action, lambda: w.line(f"a(({label}, {self._result(w)}))"))
        body = w.lines
        if not _certain(action):
            body = ["    try:", *("    " + line for line in body), *self._caught("err")]
        return [f"def steps_{number}(s, out, err):", *body]

    def _facts(self, conditions: Sequence[x.Expr]) -> list[str]:
        """A bit for each condition that may be true, and one for each that may be false."""
        lines = ["def facts(s):", f"    {self._unpack('s')}", f"    f = {ALWAYS_SET}"]
        for number, condition in enumerate(conditions):
            true, false = may_be(number, True), may_be(number, False)
            test = self._expressions().test(condition)
            line = f"f |= {true} if {test} else {false}"
            caught = ["    except RangeError:", f"        f |= {true | false}"]
            if certain(condition):
                lines.append(f"    {line}")
            else:
                lines += ["    try:", f"        {line}", *caught]
        return [*lines, "    return f"]

    # ------------------------------------------------------------ properties

    def _numbered(self, *kinds: type) -> list[tuple[int, Property]]:
        return [(n, p) for n, p in enumerate(self._system.properties) if isinstance(p, kinds)]

    def _state_deciders(self) -> list[str]:
        found: dict[int, list[str]] = {}
        for number, prop in self._numbered(Invariant, Reachable, Fires):
            match prop:
                case Invariant(_, expr):
                    found[number] = self._tested(x.negation(expr), undefined="return i")
                case Reachable(_, expr):
                    found[number] = self._tested(expr, undefined="pass")
                case Fires(_, names):
                    found[number] = self._fired(number, names)
        head = "(states):\n    for i, s in enumerate(states):"
        return self._table("state_deciders", head, found, "    return -1")

    def _tested(self, e: x.Expr, undefined: str) -> list[str]:
        """Looks at one state; `undefined` is done where the expression has no value."""
        test = self._expressions().test(simplify(e))
        unpack = f"        {self._unpack('s')}"
        if certain(e):
            return [unpack, f"        if {test}: return i"]
        return [
            unpack, "        try:", f"            if {test}: return i", "        except RangeError:",
            f"            {undefined}",
        ]  # fmt: skip

    def _fired(self, number: int, names: tuple[str, ...]) -> list[str]:
        """Is one of the actions possible? Beyond the bound no step is taken."""
        bounded = self._system.within != x.TRUE
        lines = ["        if not is_within(s): continue"] if bounded else []
        lines.append("        out = []")
        for place, action in enumerate(self._system.actions):
            if action.name in names:
                self._extra += self._apart(f"fires_{number}_{place}", action)
                lines.append(f"        fires_{number}_{place}(s, out, [])")
        return [*lines, "        if out: return i"]

    def _step_deciders(self) -> list[str]:
        found: dict[int, list[str]] = {}
        for number, prop in self._numbered(Transition):
            assert isinstance(prop, Transition)
            e = self._expressions()
            e.old_places = self._layout.places("old_")
            test = e.test(simplify(x.negation(prop.expr)))
            found[number] = [
                f"        {self._unpack('s')}", "        try:", f"            if {test}: return i",
                "        except RangeError:", "            return i",
            ]  # fmt: skip
        unpack = f"    {self._unpack('old', 'old_')}"
        head = f"(old, successors):\n{unpack}\n    for i, s in enumerate(successors):"
        return self._table("step_deciders", head, found, "    return -1")

    def _end_deciders(self, kind: type[Quiescent | NoDeadlock]) -> list[str]:
        found: dict[int, list[str]] = {}
        for number, prop in self._numbered(kind):
            assert isinstance(prop, Quiescent | NoDeadlock)
            good = prop.final if isinstance(prop, NoDeadlock) else prop.expr
            test = self._expressions().test(simplify(x.negation(good)))
            found[number] = [
                f"    {self._unpack('s')}", "    try:", f"        return bool({test})",
                "    except RangeError:", "        return True",
            ]  # fmt: skip
        name = "rest_deciders" if kind is Quiescent else "stuck_deciders"
        return self._table(name, "(s):", found, "")

    def _table(self, name: str, head: str, found: dict[int, list[str]], end: str) -> list[str]:
        """A function for each number, and a table of them."""
        lines = list(self._extra)
        self._extra = []
        for number, body in found.items():
            lines += [f"def {name}_{number}{head}", *body, *([end] if end else [])]
        entries = ", ".join(f"{n}: {name}_{n}" for n in found)
        return [*lines, f"{name} = {{{entries}}}"]

    def _is_within(self) -> list[str]:
        if self._system.within == x.TRUE:
            return ["is_within = None"]
        test = self._expressions().test(self._system.within)
        return ["def is_within(s):", f"    {self._unpack('s')}", f"    return bool({test})"]


# ---------------------------------------------------------------- actions


def _certain(action: Action) -> bool:
    """Does every expression of the action have a value?"""
    parts = [p for param in action.params for p in (param.domain, param.where)]
    parts += [value for _, value in action.names]
    parts += [action.guard, *s.all_exprs(action.body)]
    return all(map(certain, parts)) and not any(
        isinstance(st, s.While) for st in s.walk(action.body)
    )


def _labels(action: Action) -> list[str]:
    return [*(p.name for p in action.params), *(name for name, _ in action.names)]


def _tuple(w: Statements, names: list[str]) -> str:
    return "(" + "".join(f"{w.e.local(n)}, " for n in names) + ")"
