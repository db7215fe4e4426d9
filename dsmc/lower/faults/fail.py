"""`fail charge`: the labelled statement throws. `lose reply of charge`: it throws after it ran.

Needs: labels still in the code. Leaves: a choice with a `Throw` behind each such label.
"""

from __future__ import annotations

from dsmc.diagnostics import Diagnostic, Mistakes, Note
from dsmc.frozen import replace
from dsmc.ir import stmt as s
from dsmc.ir.protocol import Fault, Program
from dsmc.lower.build import Budget, names_of
from dsmc.lower.procs import map_all
from dsmc.source import Span


def fail(program: Program) -> Program:
    """Let labelled statements throw."""
    for fault in program.faults:
        if fault.name in ("fail", "lose reply of"):
            program = _one(program, fault)
    return program


def _one(program: Program, fault: Fault) -> Program:
    taken = names_of(program.variables)
    budget = Budget(f"{fault.name} {fault.label}", fault.limit, taken)

    def rewrite(block: s.Block) -> s.Block:
        return tuple(map(statement, block))

    def statement(one: s.Statement) -> s.Statement:
        mapped = s.map_parts(one, lambda e: e, rewrite)
        if isinstance(mapped, s.Labelled) and mapped.label == fault.label:
            thrown = _throwing(mapped, fault, budget).at(mapped.span)
            return replace(mapped, body=(thrown,))
        return mapped

    program = map_all(program, rewrite)
    return replace(program, variables=(*program.variables, *budget.variables))


def _throwing(labelled: s.Labelled, fault: Fault, budget: Budget) -> s.Statement:
    """The labelled statement, or the same statement throwing."""
    body = labelled.body
    if fault.name == "lose reply of" and any(isinstance(st, _NO_CALL) for st in s.walk(body)):
        raise Mistakes((_no_reply(fault, labelled.span),))
    effect = body if fault.name == "lose reply of" else ()
    told = s.Mark(fault.name, (), fault.label)
    blow = s.Atomic((s.Require(budget.left), *effect, *budget.spend, told)).at(fault.span)
    return s.Choose((body, (blow, s.Throw())))


#: Statements that are no call: they wait, go round or end something, in many steps.
_NO_CALL = (s.Lock, s.Receive, s.Collect, s.Loop, s.Break, s.Stop)


def _no_reply(fault: Fault, labelled: Span) -> Diagnostic:
    message = f"what `{fault.label}` labels is no call, so it has no reply that could be lost"
    return Diagnostic(
        "D405", message, labelled, "this waits, goes round or ends something",
        "label the one statement that is the call", (Note(fault.span, "it is asked for here"),),
    )  # fmt: skip
