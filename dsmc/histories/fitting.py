"""Which object a history is of, and whether its operations are ones of it."""

from __future__ import annotations

from collections.abc import Iterable

from dsmc.diagnostics import did_you_mean
from dsmc.histories import words
from dsmc.histories.formats.mistakes import UNKNOWN, refuse_all
from dsmc.histories.model import Operations
from dsmc.histories.objects import SPECIFICATIONS, Specification


def specification(history: Operations, name: str | None, initial: str | None) -> Specification:
    """The object of a name, or the one that has all that is asked. Raises `Mistakes`."""
    if name is not None and name not in SPECIFICATIONS:
        help = did_you_mean(name, SPECIFICATIONS) or f"there are {', '.join(SPECIFICATIONS)}"
        refuse_all(f"there is no object `{name}`", help, UNKNOWN)
    asked = dict.fromkeys(one.f for one in history.operations)
    made = _made(name or _fitting(history, asked), initial)
    strange = [f for f in asked if f not in made.functions]
    if strange:
        help = f"it has {', '.join(made.functions)}; --object takes {', '.join(SPECIFICATIONS)}"
        refuse_all(f"a {made.name} has no `{strange[0]}`", help)
    for one in history.operations:
        function = made.functions[one.f]
        if not function.accepts(one.arg):
            refuse_all(f"#{one.id} `{one.f}` of {words.value(one.session)} asks with"
                       f" {words.value(one.arg)}", f"it takes {function.takes}")  # fmt: skip
    return made


def _made(name: str, initial: str | None) -> Specification:
    """An object that holds at the beginning what is said."""
    usual = SPECIFICATIONS[name]()
    if initial is None:
        return usual
    made = SPECIFICATIONS[name](_value(initial))
    if usual.initial is not None and type(made.initial) is not type(usual.initial):
        example = words.value(usual.initial)
        refuse_all(
            f"a {name} cannot begin with {words.value(made.initial)}", f"it can with {example}"
        )
    return made


def _fitting(history: Operations, asked: Iterable[str]) -> str:
    """The one object that has all that is asked; of registers the simplest."""
    wanted = set(asked)
    fitting = [name for name, make in SPECIFICATIONS.items() if wanted <= set(make().functions)]
    if not fitting:
        help = f"--object says it: {', '.join(SPECIFICATIONS)}; or --guarantee takes a workload"
        refuse_all(f"no object has all of {', '.join(wanted)}", help)
    if wanted <= {"add", "read"} and "add" in wanted:
        reads = [o.result for o in history.operations if o.f == "read"]
        return "set" if any(isinstance(r, tuple | frozenset) for r in reads) else "counter"
    return fitting[0]


def _value(text: str) -> object:
    """A value as it is written in EDN; several words are a text."""
    from dsmc.diagnostics import Mistakes
    from dsmc.histories.formats import edn
    from dsmc.source import Source

    try:
        values = edn.read(Source("--initial", text))
    except Mistakes:
        refuse_all(f"`--initial` is given `{text}`, which is no value", 'a text is written "so"')
    return values[0] if len(values) == 1 else text
