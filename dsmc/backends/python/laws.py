"""Laws: pure statements for all values, tried one by one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from dsmc.backends.codec import decode
from dsmc.backends.python.access import Pool
from dsmc.backends.python.expressions import Expressions
from dsmc.ir import expr as x
from dsmc.ir.ops import RangeError
from dsmc.ir.simplify import simplify
from dsmc.ir.system import Law, System
from dsmc.ir.types import Value

#: How many values are tried between two looks at the clock.
BATCH = 1000


def counterexamples(system: System, law: Law) -> Iterator[dict[str, Value] | None]:
    """Values for which the law is false; `None` each time a batch of values was tried."""
    tried = _compiled(system, law)
    kinds = [(p.name, p.type) for p in law.params]
    while batch := list(itertools.islice(tried, BATCH)):
        for good, registers in batch:
            if not good:
                pairs = zip(kinds, registers, strict=True)
                yield {name: decode(of, r) for (name, of), r in pairs}
        yield None


def _compiled(system: System, law: Law) -> Iterator[tuple[bool, tuple[int, ...]]]:
    """Each choice of values, and whether the law is true of it."""
    pool = Pool()
    e = Expressions(pool, {})
    lines = []
    for function in system.functions:
        params = ", ".join(e.local(name) for name, _ in function.parameters)
        lines += [
            f"def {e.function(function.name)}({params}):",
            f"    return {e.value(function.body)}",
        ]
    lines += ["def is_true(" + ", ".join(e.local(p.name) for p in law.params) + "):"]
    lines += ["    try:", f"        return bool({e.test(simplify(law.expr))})"]
    lines += ["    except RangeError:", "        return False"]
    lines += ["def tried():"]
    indent = "    "
    for param in law.params:
        lines.append(
            f"{indent}for {e.local(param.name)} in {e.items(param.domain, distinct=True)}:"
        )
        indent += "    "
        if param.where != x.TRUE:
            lines.append(f"{indent}if not {e.test(param.where)}: continue")
    names = "".join(f"{e.local(p.name)}, " for p in law.params)
    lines.append(f"{indent}yield is_true({names}), ({names})")
    namespace: dict[str, object] = {**pool.objects, "RangeError": RangeError}
    exec(compile("\n".join(lines), f"<{law.name}>", "exec"), namespace)  # noqa: S102
    found: Iterator[tuple[bool, tuple[int, ...]]] = namespace["tried"]()  # type: ignore[operator]
    return found
