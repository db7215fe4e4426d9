"""The functions of a spec in C."""

from __future__ import annotations

from dsmc.backends.c.deciders import failed, used
from dsmc.backends.c.expressions import Expressions, c_type
from dsmc.backends.c.layout import Form, Layout, form, words
from dsmc.backends.c.pool import Pool
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.evaluate import MAX_DEPTH
from dsmc.ir.system import Function, System


class Functions:
    """Writes them: prototypes, as they may call each other, then what they do."""

    def __init__(self, system: System, layout: Layout, pool: Pool) -> None:
        self._all = system.functions
        self._numbers = {f.name: n for n, f in enumerate(system.functions)}
        self._layout = layout
        self._pool = pool

    def _expressions(self) -> Expressions:
        return Expressions(self._pool, self._layout, "s")

    def lines(self) -> list[str]:
        """All of it."""
        prototypes = [f"{self._signature(f, self._expressions())};" for f in self._all]
        return [*prototypes, *(line for f in self._all for line in self._function(f))]

    def _signature(self, function: Function, e: Expressions) -> str:
        params = [f"{_pointer(of)}{e.bind(name)}" for name, of in function.parameters]
        wide = form(function.result) is Form.WIDE
        room = ["u64 *result"] if wide else []
        result = "void " if wide else c_type(function.result)
        return (
            f"static {result}{e.function(function.name)}({', '.join(['ctx *c', *params, *room])})"
        )

    def _function(self, function: Function) -> list[str]:
        e = self._expressions()
        head = self._signature(function, e)
        deep = any(isinstance(part, x.Call) for part in x.walk(function.body))
        depth = f"c->depth[{self._numbers[function.name]}]"
        if deep:
            e.fail_if(f"{depth} >= {MAX_DEPTH}")
            e.w.line(f"{depth}++;")
        text = e.value(function.body)
        wide = form(function.result) is Form.WIDE
        if wide:
            e.w.line(f"copy(result, {text}, {words(function.result)});")
        else:
            e.w.line(f"{c_type(function.result)}result = {text};")
        if deep:
            e.w.line(f"{depth}--;")
        e.w.line("return;" if wide else "return result;")
        failure = ["\tc->broken = 1;", "\treturn;" if wide else "\treturn 0;"]
        return [head, "{", *used(e, "c"), *e.w.lines, *failed(e, failure), "}", ""]


def _pointer(of: t.Type) -> str:
    """A parameter's C type."""
    return "const u64 *" if form(of) is Form.WIDE else c_type(of)
