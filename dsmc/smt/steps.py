"""Steps as formulas: the ways through a block from one symbolic state, each with where it leads.

A way is taken for certain once its `path` is true and nothing has an error: what is chosen on it is a
branch (ways with different `choices`), or the value of a fresh name. Ways with the same choices exclude
one another, and are joined into one wherever they meet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from dsmc.frozen import Frozen, replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import system as y
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.ir.types import Type
from dsmc.smt import scalar as sc
from dsmc.smt import values as v
from dsmc.smt.expressions import Encoder, World
from dsmc.smt.folds import Member, members
from dsmc.smt.operators import index_of
from dsmc.smt.scalar import Truth
from dsmc.smt.values import Fresh, Symbolic, Unsupported

State = Mapping[str, Symbolic]
T = TypeVar("T")

#: A loop that is not known to end after so many rounds is not written out.
_MOST_ROUNDS = 64
#: Ways that exclude one another by what is chosen double with each choice: of so many, no formula is made.
_MOST_WAYS = 4096


class Picked(Frozen):
    """An element of a domain that was chosen."""

    name: str
    type: Type
    value: Symbolic


class Way(Frozen):
    """A way through a block so far. `leaving` is the block that is left, as in `ir.stmt.Leave`; `error`
    where something on it has no value; `failed` the numbers of assertions with where they fail; `picked`
    what was chosen on it, and under which names.
    """

    state: State
    names: State
    path: Truth = True
    choices: tuple[int, ...] = ()
    picks: int = 0
    leaving: str | None = None
    error: Truth = False
    failed: tuple[tuple[int, Truth], ...] = ()
    picked: tuple[Picked, ...] = ()

    @property
    def taken(self) -> Truth:
        """When is it taken to its end?"""
        return sc.both((self.path, sc.negated(self.error)))


class Steps:
    """The steps of a system. The fresh names of what is chosen have facts in `fresh`; `tick` is as in
    `Encoder`.
    """

    def __init__(
        self, system: y.System, fresh: Fresh, tick: Callable[[], object] = lambda: None
    ) -> None:
        self.system = system
        self._tick = tick
        self._types = {variable.name: variable.type for variable in system.variables}
        self._at = Encoder(system.functions, tick)
        self._fresh = fresh
        self._prefix = ""

    def any_state(self, prefix: str) -> State:
        """A state of which only the types are known. Raises `Unsupported`."""
        return {name: self._fresh.value(of, f"{prefix}{name}") for name, of in self._types.items()}

    def truth(self, e: x.Expr, state: State, old: State | None = None) -> tuple[Truth, Truth]:
        """Is a condition true, and has it no value? Raises `Unsupported`; nothing is left of it then."""
        at = Encoder(self.system.functions, self._tick)
        found = at.value(e, World(state, old or {}))
        return found, at.taken()

    def initial(self, prefix: str) -> list[Way]:
        """Where the making of initial states leads."""
        self._prefix = prefix
        first = {name: v.constant(of, t.default(of)) for name, of in self._types.items()}
        return self._block(self.system.init, [Way(first, {})])

    def by(self, action: y.Action, state: State, names: State, prefix: str) -> list[Way]:
        """Where an action leads; of the parameters that have no value in `names`, any is taken."""
        self._prefix = prefix
        way = Way(state, names)
        for param in action.params:
            way = self._any(way, param.name, param.type, param.domain, param.where)
        for name, value in action.names:
            way = self._named(way, name, value)
        way = self._require(way, action.guard)
        return self._block(action.body, _matter([way]))

    # ------------------------------------------------------------ statements

    def _block(self, block: s.Block, ways: list[Way]) -> list[Way]:
        for statement in block:
            going = [way for way in ways if way.leaving is None]
            left = [way for way in ways if way.leaving is not None]
            found = [after for way in going for after in self._statement(statement, way)]
            ways = self._joined(_matter((*left, *found)))
        return ways

    def _scoped(self, block: s.Block, way: Way) -> list[Way]:
        """A block whose names end with it."""
        return [replace(after, names=way.names) for after in self._block(block, [way])]

    def _statement(self, statement: s.Statement, way: Way) -> list[Way]:
        match statement:
            case s.Assign(place, value):
                return [self._assigned(way, place, value)]
            case s.Let(name, value):
                return [self._named(way, name, value)]
            case s.Pick(name, type, domain, where):
                return [self._any(way, name, type, domain, where)]
            case s.Choose(branches):
                return self._chosen(way, branches)
            case s.If(condition, then, orelse):
                return self._forked(way, self._value(way, condition), then, orelse)
            case s.For():
                return self._for(way, statement)
            case s.While(condition, body):
                return self._while(way, condition, body)
            case s.Require(condition):
                return [self._require(way, condition)]
            case s.Assert(condition, number):
                value, way = self._value(way, condition)
                fails = sc.both((way.path, sc.negated(value)))
                return [replace(way, failed=(*way.failed, (number, fails)))]
            case s.Scoped(name, body):
                return [
                    replace(after, leaving=None if after.leaving == name else after.leaving)
                    for after in self._scoped(body, way)
                ]
            case s.Leave(name):
                return [replace(way, leaving=name)]
            case s.Mark():
                return [way]
            case _:
                raise AssertionError(statement)

    def _value(self, way: Way, e: x.Expr) -> tuple[Symbolic, Way]:
        with self._at.assuming(way.path):
            value = self._at.value(e, World(way.state, {}, way.names))
        return value, replace(way, error=sc.either((way.error, self._at.taken())))

    def _named(self, way: Way, name: str, e: x.Expr) -> Way:
        value, way = self._value(way, e)
        return replace(way, names={**way.names, name: value})

    def _require(self, way: Way, condition: x.Expr) -> Way:
        value, way = self._value(way, condition)
        return replace(way, path=sc.both((way.path, value)))

    def _any(self, way: Way, name: str, of: Type, domain: x.Expr, where: x.Expr) -> Way:
        """Any element of a domain: the one that has the name already, or one of a fresh name."""
        if name not in way.names:
            fresh = self._fresh.value(of, f"{self._prefix}{name}.{way.picks}")
            picked = (*way.picked, Picked(name, of, fresh))
            names = {**way.names, name: fresh}
            way = replace(way, names=names, picks=way.picks + 1, picked=picked)
        return self._require(self._require(way, is_in(x.Local(name, of), domain)), where)

    def _chosen(self, way: Way, branches: Sequence[s.Block]) -> list[Way]:
        return [
            after
            for number, branch in enumerate(branches)
            for after in self._scoped(branch, replace(way, choices=(*way.choices, number)))
        ]

    # ------------------------------------------------------------ forks and loops

    def _forked(
        self, way: Way, looked: tuple[Truth, Way], then: s.Block, orelse: s.Block
    ) -> list[Way]:
        condition, way = looked
        yes = replace(way, path=sc.both((way.path, condition)))
        no = replace(way, path=sc.both((way.path, sc.negated(condition))))
        found = []
        for branch, block in ((yes, then), (no, orelse)):
            if branch.path is not False:
                found += self._scoped(block, branch)
        return self._joined(found)

    def _for(self, way: Way, loop: s.For) -> list[Way]:
        with self._at.assuming(way.path):
            found = members(self._at, loop.domain, World(way.state, {}, way.names))
        ways = [replace(way, error=sc.either((way.error, self._at.taken())))]
        for member in found:
            if not (sc.known(member.count) and member.count == 1):
                raise Unsupported("a loop over the elements of a bag")
            ways = self._joined([after for one in ways for after in self._round(one, loop, member)])
        return ways

    def _round(self, way: Way, loop: s.For, member: Member) -> list[Way]:
        if way.leaving is not None:
            return [way]
        inner = replace(way, names={**way.names, loop.name: member.value})
        found = self._forked(inner, (member.there, inner), loop.body, ())
        return [replace(after, names=way.names) for after in found]

    def _while(self, way: Way, condition: x.Expr, body: s.Block) -> list[Way]:
        done: list[Way] = []
        going = [way]
        for _ in range(_MOST_ROUNDS):
            found = []
            for one in going:
                value, looked = self._value(one, condition)
                done.append(replace(looked, path=sc.both((looked.path, sc.negated(value)))))
                found += self._scoped(body, replace(looked, path=sc.both((looked.path, value))))
            found = _matter(found)
            done += [one for one in found if one.leaving is not None]
            going = self._joined([one for one in found if one.leaving is None])
            if not going:
                return self._joined(_matter(done))
        raise Unsupported("a loop that is not known to end")

    # ------------------------------------------------------------ where ways meet

    def _joined(self, ways: list[Way]) -> list[Way]:
        """Ways that only differ in conditions as one."""
        found: dict[tuple[object, ...], Way] = {}
        for way in ways:
            key = (way.choices, way.leaving, way.picks)
            found[key] = self._either(found[key], way) if key in found else way
            if len(found) > _MOST_WAYS:
                raise Unsupported(f"a step with more than {_MOST_WAYS} ways to choose")
        return list(found.values())

    def _either(self, a: Way, b: Way) -> Way:
        state = {
            name: v.chosen(self._types[name], a.path, ours, b.state[name])
            for name, ours in a.state.items()
        }
        names = {name: ours for name, ours in a.names.items() if b.names.get(name) is ours}
        path, error = sc.either((a.path, b.path)), sc.either((a.error, b.error))
        failed, picked = _both(a.failed, b.failed), _both(a.picked, b.picked)
        return Way(state, names, path, a.choices, a.picks, a.leaving, error, failed, picked)

    # ------------------------------------------------------------ assignment

    def _assigned(self, way: Way, place: s.Place, e: x.Expr) -> Way:
        value, way = self._value(way, e)
        name = place.base.name
        with self._at.assuming(way.path):
            new = self._updated(way, self._types[name], way.state[name], place.path, value)
        error = sc.either((way.error, self._at.taken()))
        return replace(way, state={**way.state, name: new}, error=error)

    def _updated(
        self, way: Way, of: Type, old: Symbolic, path: tuple[s.Step, ...], value: Symbolic
    ) -> Symbolic:
        if not path:
            return value
        step, rest = path[0], path[1:]
        match step, of:
            case s.Key(key), t.Map(keys, inner):
                at = self._at.value(key, World(way.state, {}, way.names))
                cells = list(old)
                for n, is_it in index_of(keys, at):
                    new = self._updated(way, inner, old[n], rest, value)
                    cells[n] = v.chosen(inner, is_it, new, old[n])
                return tuple(cells)
            case s.Part(index, case), t.Option() | t.Tuple() | t.Record() | t.Message():
                self._at.refuse(sc.negated(sc.same(old[0], case)))
                fields = [list(parts) for parts in old[1]]
                inner = t.field_types(of, case)[index]
                fields[case][index] = self._updated(way, inner, fields[case][index], rest, value)
                return (old[0], tuple(map(tuple, fields)))
            case _:
                raise AssertionError((step, of))


def _both(ours: tuple[T, ...], others: tuple[T, ...]) -> tuple[T, ...]:
    """All of both; what is in both, once."""
    return (*ours, *(one for one in others if not any(one is other for other in ours)))


def _matter(ways: Sequence[Way]) -> list[Way]:
    """Without those that are never taken; but where one ends in an error, that is kept."""
    dead = [w for w in ways if w.path is False and w.error is not False]
    return [w for w in ways if w.path is not False] + [replace(w, leaving="") for w in dead]


def is_in(element: x.Expr, domain: x.Expr) -> x.Expr:
    """Is it an element of a domain?"""
    match domain.type:
        case t.Set():
            op = Op.IN
        case t.Seq():
            op = Op.CONTAINS
        case t.Bag():
            op = Op.BAG_HAS
        case _:
            raise AssertionError(domain.type)
    return x.Apply(op, (element, domain), t.BOOL)
