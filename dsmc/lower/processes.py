"""Sequential code becomes steps between control points.

Needs: no procedures, faults of statements as choices. Leaves: for each process a program counter
and a variable for each local name that outlives its step; a step for each edge of the control flow
graph. A local name that goes out of scope is reset, so equal futures are equal states.
"""

from __future__ import annotations

from dsmc.frozen import Frozen, replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.faults import STOPPING
from dsmc.ir.names import AT, PC, SELF, written
from dsmc.ir.ops import Op
from dsmc.ir.protocol import Process, Program, Step
from dsmc.ir.system import (
    Fairness,
    Kind,
    NoDeadlock,
    Origin,
    Param,
    Property,
    Storage,
    Temporal,
    Variable,
)
from dsmc.ir.temporal import map_conditions
from dsmc.lower.build import (
    all_nodes,
    apply,
    assign,
    conj,
    default,
    me,
    of_role,
    read,
    unique,
    up_of,
)
from dsmc.lower.flow import flow
from dsmc.lower.flow.graph import DONE, THROWN, Edge, Graph, Point
from dsmc.lower.procs import map_all


def processes(program: Program) -> Program:
    """Make steps of the processes."""
    taken = {step.name for step in program.steps}
    labels: dict[str, x.Expr] = {}
    stopped: list[x.Expr] = []
    for code in program.codes:
        first = 0
        for process in code.processes:
            lowered = _Lowered(program, code.role, process, first, taken)
            program = lowered.added_to(program)
            labels = lowered.with_labels(labels)
            stopped.append(lowered.all_stopped())
            first += process.count
    codes = tuple(replace(code, processes=()) for code in program.codes)
    program = _at_labels(replace(program, codes=codes), labels)
    return replace(program, properties=tuple(_final(p, stopped) for p in program.properties))


def _final(prop: Property, stopped: list[x.Expr]) -> Property:
    """Where all processes have stopped nothing is stuck."""
    if not isinstance(prop, NoDeadlock) or not stopped:
        return prop
    return replace(prop, final=apply(Op.OR, prop.final, conj(*stopped)))


def _at_labels(program: Program, labels: dict[str, x.Expr]) -> Program:
    """Say what `p.at(label)` is: the program counter is at one of the label's points."""

    def expression(e: x.Expr) -> x.Expr:
        match e:
            case x.Apply(Op.GET, (x.Global(name), node)) if f".{AT}." in name:
                role, _, label = name.partition(f".{AT}.")
                points = labels.get(f"{role}.{label}", x.FALSE)
                return x.substitute(points, {SELF: expression(node)})
            case _:
                return x.map_children(expression, e)

    program = map_all(program, lambda block: s.map_exprs(block, expression))
    steps = tuple(
        replace(st, guard=expression(st.guard), body=s.map_exprs(st.body, expression))
        for st in program.steps
    )
    properties = tuple(map_property(p, expression) for p in program.properties)
    return replace(program, steps=steps, properties=properties, within=expression(program.within))


def map_property(prop: Property, f: x.Rewrite) -> Property:
    """The property with `f` applied to what it says."""
    match prop:
        case NoDeadlock(_, final):
            return replace(prop, final=f(final))
        case Temporal(_, _, formula):
            return replace(prop, formula=map_conditions(f, formula))
        case _ if hasattr(prop, "expr"):
            return replace(prop, expr=f(prop.expr))
        case _ if hasattr(prop, "steps"):
            steps = tuple(
                replace(st, expr=f(st.expr)) if hasattr(st, "expr") else st for st in prop.steps
            )
            return replace(prop, steps=steps)
        case _:
            return prop


class _Store(Frozen):
    """Where a process keeps something: a variable of the node, for each thread if it has many."""

    variable: Variable
    keys: tuple[x.Expr, ...]
    type: t.Type

    @property
    def value(self) -> x.Expr:
        return read(self.variable, *self.keys)

    def set(self, value: x.Expr) -> s.Statement:
        return assign(self.variable, value, *self.keys)


class _Lowered:
    """One process of one role as variables and steps."""

    def __init__(
        self, program: Program, role: t.Role, process: Process, first: int, taken: set[str]
    ) -> None:
        self._role = role
        self._process = process
        self._taken = taken
        self._may_stop = any(f.role == role and f.name in STOPPING for f in program.faults)
        self._names = {v.name for v in program.variables}
        self._shared = {v.name for v in program.variables if v.storage is Storage.SHARED}
        self._threads = t.Int(0, process.count - 1)
        self._prefix = f"{role.name}.{process.name}." if process.name else f"{role.name}."
        thread = x.Local(process.thread, self._threads)
        self.thread: x.Expr = thread if process.count > 1 else x.Lit(0, self._threads)
        who = x.Apply(
            Op.ADD, (self.thread, x.number(first)), t.Int(first, first + process.count - 1)
        )
        node = x.Convert(me(role), t.NodeId(program.roles))
        holder = x.Make(
            t.Tuple((t.NodeId(program.roles), t.Int(0, _threads(program) - 1))), (node, who)
        )
        body = (
            process.body
            if process.count > 1
            else s.substitute_in(process.body, {process.thread: self.thread})
        )
        self._graph: Graph = flow(body, holder, process.thread)
        names = tuple(self._graph.names())
        self._locations = t.Enum(f"{self._prefix}point", names)
        self.pc = self._store(PC, self._locations, x.Lit(self._graph.entry, self._locations))
        self._stores = {
            name: self._store(written(name), of, storage=self._storage(name))
            for name, of in self._graph.stored.items()
        }

    def _storage(self, name: str) -> Storage:
        return Storage.CONTROL if name in self._graph.hidden else Storage.LOCAL

    def _store(
        self, name: str, of: t.Type, start: x.Lit | None = None,
        storage: Storage = Storage.CONTROL,
    ) -> _Store:  # fmt: skip
        full = unique(f"{self._prefix}{name}", self._names)
        start = start or default(of)
        keys: tuple[x.Expr, ...] = (me(self._role),)
        held: t.Type = of
        if self._process.count > 1:
            held = t.Map(self._threads, of)
            start = x.Lit((start.value,) * self._process.count, held)
            keys = (*keys, self.thread)
        return _Store(of_role(full, self._role, held, storage, start), keys, of)

    # ------------------------------------------------------------ what it adds

    def added_to(self, program: Program) -> Program:
        stores = [self.pc, *self._stores.values()]
        added = tuple(store.variable for store in stores)
        up = up_of(self._role)
        if self._may_stop and all(v.name != up.name for v in program.variables):
            added = (*added, up)
        steps = tuple(
            self._step(number, edge)
            for number in range(len(self._graph.points))
            for edge in self._graph.edges(number)
        )
        return replace(
            program, variables=(*program.variables, *added), steps=(*program.steps, *steps)
        )

    def with_labels(self, labels: dict[str, x.Expr]) -> dict[str, x.Expr]:
        found = dict(labels)
        for number, point in enumerate(self._graph.points):
            for label in point.labels:
                key = f"{self._role.name}.{label}"
                here = conj(*self._running(), self._some_thread(number))
                found[key] = apply(Op.OR, found[key], here) if key in found else here
        return found

    def all_stopped(self) -> x.Expr:
        """Have all threads of the process stopped, on every node?"""
        binders = [x.Binder(SELF, self._role, x.whole(self._role), x.TRUE)]
        if self._process.count > 1:
            binders.append(
                x.Binder(self._process.thread, self._threads, x.whole(self._threads), x.TRUE)
            )
        done = x.equal(self.pc.value, x.Lit(DONE, self._locations))
        for running in self._running():
            done = apply(Op.OR, done, x.negation(running))
        return x.Fold(x.Quantifier.FORALL, tuple(binders), done, t.BOOL)

    def _running(self) -> tuple[x.Expr, ...]:
        """Is the node up, if it may be down? The processes of one that is down are nowhere."""
        return (read(up_of(self._role), me(self._role)),) if self._may_stop else ()

    def _some_thread(self, number: int) -> x.Expr:
        here = x.equal(self.pc.value, x.Lit(number, self._locations))
        if self._process.count == 1:
            return here
        binder = x.Binder(self._process.thread, self._threads, x.whole(self._threads), x.TRUE)
        return x.Fold(x.Quantifier.EXISTS, (binder,), here, t.BOOL)

    # ------------------------------------------------------------ steps

    def _step(self, number: int, edge: Edge) -> Step:
        point, target = self._graph.points[number], self._graph.points[edge.target]
        reads: dict[str, x.Expr] = {n: self._stores[n].value for n in point.live}
        sets = {
            name: x.substitute(value, reads) for name, value in edge.sets if name in target.live
        }
        named = [n for n in sets if n not in self._graph.hidden]
        body = (
            *s.substitute_in(self._body(edge, point), reads),
            *(self._stores[name].set(value) for name, value in sets.items()),
            *(s.Mark("set", (self._stores[n].value,), written(n)) for n in named),
            *self._to(edge.target, point),
        )
        here = x.equal(self.pc.value, x.Lit(number, self._locations))
        guard = conj(here, x.substitute(edge.guard, reads))
        receive = edge.receive and _reading(edge.receive, reads)
        name = unique(f"{self._prefix}{self._graph.names()[number]}", self._taken)
        fairness = Fairness.NONE if edge.fault else Fairness.WEAK
        origin = self._origin(edge)
        params = self._params()
        return Step(
            name, params, receive, guard, body, fairness, origin,
            key=tuple(param.name for param in params), owed=f"{self._prefix}step",
        ).at(edge.span)  # fmt: skip

    def _to(self, number: int, point: Point) -> s.Block:
        """The control point is the next one; names that nobody needs any more are reset."""
        dead = sorted(point.live - self._graph.points[number].live)
        resets = tuple(self._stores[n].set(default(self._stores[n].type)) for n in dead)
        return (*resets, self.pc.set(x.Lit(number, self._locations)))

    def _body(self, edge: Edge, point: Point) -> s.Block:
        """The code of a step, and where it goes on if it throws."""
        body = self._telling(edge.body)
        if edge.caught is None:
            return body
        thrown = (s.Scoped(THROWN, (*body, s.Leave("done"))), *edge.unwind)
        return (s.Scoped("done", (*thrown, *self._to(edge.caught, point), s.Leave())),)

    def _telling(self, body: s.Block) -> s.Block:
        """The code with a mark for each write to what all share: one that leaves the value as it is
        may be the one that undoes what another thread did meanwhile.
        """
        return tuple(part for st in body for part in (st, *self._write(st)))

    def _write(self, statement: s.Statement) -> s.Block:
        match statement:
            case s.Assign(place) if place.base.name in self._shared:
                keys = [step.key for step in place.path if isinstance(step, s.Key)]
                if len(keys) == len(place.path):
                    return (s.Mark("write", (place.value, *keys), place.base.name),)
        return ()

    def _origin(self, edge: Edge) -> Origin:
        kind = Kind.HANDLER if edge.receive else Kind.TIMEOUT if edge.timeout else Kind.STEP
        kind = Kind.FAULT if edge.fault else kind
        return Origin(kind, edge.title, SELF, self._role.name, edge.fault).at(edge.span)

    def _params(self) -> tuple[Param, ...]:
        params: tuple[Param, ...] = (all_nodes(self._role),)
        if self._process.count > 1:
            params = (*params, Param(self._process.thread, self._threads, x.whole(self._threads)))
        return params


def _threads(program: Program) -> int:
    """The most threads that a node has."""
    return max((sum(p.count for p in code.processes) for code in program.codes), default=1) or 1


def _reading(pattern: s.Pattern, reads: dict[str, x.Expr]) -> s.Pattern:
    equal = tuple(e and x.substitute(e, reads) for e in pattern.equal)
    return replace(pattern, equal=equal, senders=x.substitute(pattern.senders, reads))
