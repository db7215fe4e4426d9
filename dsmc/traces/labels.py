"""Labels of states: what distinguishes the states of a model, in a few short lines each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from dsmc.ir import names
from dsmc.ir import types as t
from dsmc.ir.show import node_name, show
from dsmc.ir.system import Storage, System, Variable
from dsmc.ir.types import Type, Value
from dsmc.traces.changes import Values, shown
from dsmc.traces.cuts import cut
from dsmc.traces.model import Lane

#: What is the tool's own, and told only where states differ in it.
_OWN = (Storage.INTERNAL, Storage.CONTROL)


class Labels:
    """The labels of some states; no two of them are alike.

    The variables of the spec are told in each. Of the tool's own it is told what is not the same in
    all states and, of that, not what is as usual: a node that is up, a channel that is empty.
    """

    def __init__(self, system: System, lanes: tuple[Lane, ...], states: Iterable[Values]) -> None:
        self._system = system
        self._lanes = lanes
        all_ = list(states)
        self._told = [
            v for v in system.variables
            if v.storage not in _OWN or any(s[v.name] != all_[0][v.name] for s in all_)
        ]  # fmt: skip
        always = [v for v in system.variables if v.name in system.channels and v not in self._told]
        self._told += always

    def of(self, values: Values) -> str:
        """The label of a state."""
        lines = [line for v in self._told for line in self._lines(v, values[v.name])]
        return "\n".join(lines)

    def _lines(self, variable: Variable, value: Value) -> list[str]:
        if variable.name in self._system.channels:
            return [f"in flight: {one}" for one in _in_flight(variable.type, value)]
        if variable.owner is not None and isinstance(variable.type, t.Map):
            return self._of_nodes(variable, variable.owner, variable.type.value, value)
        if variable.storage in _OWN:
            return self._of_the_tool(variable, value)
        return [f"{variable.name} = {shown(variable.type, value)}"]

    def _of_nodes(self, variable: Variable, role: t.Role, of: Type, value: Value) -> list[str]:
        short = variable.name.partition(".")[2]
        own = variable.storage in _OWN
        return [
            _of_control(node_name(role, n), short, of, v) if own
            else f"{node_name(role, n)}.{short} = {shown(of, v)}"
            for n, v in enumerate(value)
            if not own or not _is_usual(short, of, v)
        ]  # fmt: skip

    def _of_the_tool(self, variable: Variable, value: Value) -> list[str]:
        if variable.name == names.CUT:
            told = cut(self._lanes, frozenset((a, b) for _, a, b in value)).text
            return [f"cut off: {told}"] if value else []
        fault = variable.name.removeprefix(names.BUDGET)
        if fault != variable.name:
            return [f"{names.shown(fault)}: {value} left"]
        return [f"{names.shown(variable.name)} = {show(variable.type, value)}"]


def _is_usual(short: str, of: Type, value: Value) -> bool:
    """Is there nothing to tell of a node?"""
    return (
        bool(value) if short == names.UP else not isinstance(of, t.Enum) and value == t.default(of)
    )


def _of_control(node: str, short: str, of: Type, value: Value) -> str:
    """Where a node is, whether it is down; else what is collected or gone through."""
    if short == names.UP:
        return f"{node} is down"
    process = short.removesuffix(names.PC)
    if isinstance(of, t.Enum) and process != short:
        where = show(of, value)
        who = f"{node}.{process}".rstrip(".")
        return f"{who} stopped" if where == "stopped" else f"{who} at {where}"
    return f"{node}.{names.shown(short)} = {show(of, value)}"


# ---------------------------------------------------------------- messages


def _in_flight(of: Type, value: Value) -> Iterator[str]:
    """The messages of a channel, each with its ends."""
    match of:
        case t.Bag(t.Record() as record):
            counted: Counter[Value] = Counter(value)
            for message, count in counted.items():
                yield f"{count} × " * (count > 1) + _message(record, message)
        case t.Map(nodes, t.Map(_, queue)):
            for sender, row in zip(t.values(nodes), value, strict=True):
                for to, messages in zip(t.values(nodes), row, strict=True):
                    if messages:
                        yield f"{show(nodes, sender)} → {show(nodes, to)}: {show(queue, messages)}"
        case _:
            raise AssertionError(of)


def _message(of: t.Record, value: Value) -> str:
    """`A → B: Ask(1)`"""
    (_, sender), (_, to), *fields = of.fields
    _, begins, ends, *content = value
    kind = t.MessageKind(of.name.removesuffix("InFlight"), tuple(fields))
    return f"{show(sender, begins)} → {show(to, ends)}: {show(t.Message((kind,)), (0, *content))}"
