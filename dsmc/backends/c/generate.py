"""A system as a C file."""

from __future__ import annotations

import enum
from importlib.resources import files

from dsmc.backends.acting import actor, labels, named
from dsmc.backends.c.answers import can_answer
from dsmc.backends.c.canonical import canonical
from dsmc.backends.c.deciders import Deciders, failed, flag, used, wanted
from dsmc.backends.c.expressions import Expressions
from dsmc.backends.c.functions import Functions
from dsmc.backends.c.guided import Guided
from dsmc.backends.c.layout import Layout
from dsmc.backends.c.pool import Pool
from dsmc.backends.c.statements import Statements
from dsmc.backends.c.tinycc import CompileError
from dsmc.backends.codec import code
from dsmc.backends.narrow import narrow, staged
from dsmc.backends.owed import obligations, owed_by
from dsmc.backends.unroll import instances
from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.system import (
    Action,
    Assertion,
    Fairness,
    Fires,
    Invariant,
    Kind,
    NoDeadlock,
    NoError,
    Quiescent,
    Reachable,
    System,
    Transition,
)
from dsmc.liveness.asked import conditions_of
from dsmc.reduce.permute import Named
from dsmc.reduce.stubborn import Stubborn

#: The number of what `runtime/model.h` says.
ABI = 6
#: Which bit of the word behind a state says that it is beyond the bound: as in `runtime/simulate.h`.
_BEYOND = 31
#: What the node that acts is bound to, in the text of a system that is walked: no name of a spec.
_WHO = ""
#: So many conditions have two bits each in a word, beside the one that is always set.
_CONDITIONS = 31
RUNTIME = files("dsmc.backends.c") / "runtime"


class _Tags(enum.Enum):
    """What the word behind a state says of the step to it."""

    NONE = enum.auto()
    WHO = enum.auto()
    OWED = enum.auto()


def generate(
    system: System, layout: Layout, symmetric: tuple[Named, ...] = (), *, walked: bool = False,
    order: Stubborn | None = None,
) -> str:  # fmt: skip
    """The C file of a system: it includes nothing. With `canonical` if there are symmetric types. Where
    there is an `order`, only the steps are taken that it chooses.

    If it is `walked`, every step is kept, also one that leads nowhere new or beyond the bound, and a
    word behind each state says which step it is by: `runtime/simulate.h` says how.
    """
    tags = _Tags.WHO if walked else _Tags.NONE
    if not can_answer(system.observers):
        raise CompileError("a history tells of values without a fixed width")
    pool = Pool([one.variable for one in system.observers])
    return _Module(system, layout, symmetric, tags, pool, order).text()


def knows_whole_runs(system: System) -> bool:
    """Does the text of a system say what properties of whole runs need?"""
    conditions = conditions_of(system)
    bounded = system.within != x.TRUE
    return 0 < len(conditions) <= _CONDITIONS and not bounded and obligations(system) is not None


class _Module:
    def __init__(
        self, system: System, layout: Layout, symmetric: tuple[Named, ...], tags: _Tags, pool: Pool,
        order: Stubborn | None = None,
    ) -> None:  # fmt: skip
        self._system = system
        self._order = order
        self._layout = layout
        self._symmetric = symmetric
        self._tags = tags
        self._walked = tags is _Tags.WHO
        self._tagged = tags is not _Tags.NONE
        self._stride = layout.words + self._tagged
        self._prefix = "owed_" if tags is _Tags.OWED else ""
        self._whole = knows_whole_runs(system) and not (self._tagged or symmetric or order)
        self._pool = pool
        self._deciders = Deciders(system, layout, pool)
        self._functions = len(system.functions)
        self._sets = 0
        self._assertions = {
            p.number: n for n, p in enumerate(system.properties) if isinstance(p, Assertion)
        }

        self._flag_words = len(system.properties) // 64 + 1

    def text(self) -> str:
        """The whole file."""
        headers = [_header(name) for name in ("model.h", "values.h")]
        deciders = self._deciders
        body = [
            *Functions(self._system, self._layout, self._pool).lines(),
            *deciders.within(), *deciders.steps(), *self._done(), *self._initial(), *self._actions(),
            *deciders.looks(), *deciders.ends("rest", Quiescent), *deciders.ends("stuck", NoDeadlock),
            *self._in_flight(), *self._canonical(), *self._whole_runs(), *self._offered(),
        ]  # fmt: skip
        name = f"/* The system `{self._system.name}`. */"
        return "\n".join([*headers, name, *self._pool.lines, *body]) + "\n"

    def _expressions(self, state: str = "s") -> Expressions:
        return Expressions(self._pool, self._layout, state)

    # ------------------------------------------------------------ the end of a step

    def _done(self) -> list[str]:
        """What every step ends with: `p` is where it leads, and stands where `out` points to."""
        if self._looks_at_steps():
            call = f"{self._prefix}done(c, s, p{', tag' * self._tagged});"
            return [*self._done_apart(), *_macro("c->out = p;", call, "out = c->out;")]
        kept = [
            f"out = p + {self._layout.words};",
            "if (out >= c->end) { c->out = out; c->full(c); out = c->out; }",
        ]
        if not self._layout.boxed:  # where it was is nowhere new
            moved = ["c->moved |= 1u << c->phase;"] * self._tells_moves
            kept = [f"if ({self._differs()}) {{", *moved, *kept, "}"]
        else:
            kept = [*self._moved(), *kept]
        if self._has(Fires):
            kept = ["if (!c->probing) {", *kept, "}"]
        return _macro("count++;", *kept)

    @property
    def _tells_moves(self) -> bool:
        """Does it matter whether a step leads elsewhere?"""
        order = self._order
        return self._has(Quiescent, NoDeadlock) or bool(order and order.staying)

    def _has(self, *kinds: type) -> bool:
        return any(isinstance(p, kinds) for p in self._system.properties)

    def _looks_at_steps(self) -> bool:
        """Is there something to be said of steps, or of where they lead, before it is kept?"""
        return self._tagged or self._has(Transition) or self._system.within != x.TRUE

    def _moved(self) -> list[str]:
        if not (self._walked or self._tells_moves):
            return []
        differs = f"if (!(c->moved >> c->phase & 1) && ({self._differs()}))"
        return [differs, "\tc->moved |= 1u << c->phase;"]

    def _done_apart(self) -> list[str]:
        if self._tags is _Tags.OWED:
            return self._function_done([f"if (!({self._differs()})) return;", *self._told("tag")])
        lines = ["c->count++;", *(["if (c->probing) return;"] * self._has(Fires)), *self._moved()]
        for number, prop in enumerate(self._system.properties):
            if isinstance(prop, Transition):
                test = f"{wanted(number)} && property_{number}(c, s, p)"
                lines.append(f"if ({test}) {flag(number)}")
        lines += self._told("tag") if self._walked else self._left_out()
        return self._function_done(lines)

    def _function_done(self, lines: list[str]) -> list[str]:
        tag = ", u64 tag" * self._tagged
        name = f"{self._prefix}done"
        head = [f"static void {name}(ctx *c, const u64 *s, u64 *p{tag})", "{", "\t(void)s;"]
        return [*head, *("\t" + line for line in lines), *_advance(self._stride), "}", ""]

    def _left_out(self) -> list[str]:
        """What leads beyond the bound, or nowhere new, is no successor."""
        lines = []
        if self._system.within != x.TRUE:
            lines += ["if (!within(c, p)) {", "\tc->beyond(c, p);", "\treturn;", "}"]
        if not self._layout.boxed:
            lines.append(f"if (!({self._differs()})) return;")
        return lines

    def _told(self, tag: str) -> list[str]:
        """The word behind a state, with whether it is beyond the bound."""
        bounded = self._system.within != x.TRUE
        beyond = f" | (u64)!within(c, p) << {_BEYOND}" if bounded else ""
        return [f"p[{self._layout.words}] = {tag}{beyond};"]

    def _differs(self) -> str:
        tests = [f"p[{i}] != s[{i}]" for i in range(self._layout.packed_words)]
        for name, of in self._layout.boxed.items():
            at = self._layout.box_at[name]
            tests.append(f"!box_same(BOX(p[{at}]), BOX(s[{at}]), {self._pool.shape(of)})")
        return " || ".join(tests) or "0"

    # ------------------------------------------------------------ initial states

    def _initial(self) -> list[str]:
        e = self._expressions("p")
        self._start(e)
        self._run(e, narrow(self._system.init, self._system), "begun(c, p); out = c->out;")
        failure = ["\tc->broken = 0;", "\tc->failed = 1;", *self._forget_calls()]
        head = ["static void initial(ctx *c)", "{", "\tu64 *out = c->out;"]
        return [*self._begun(), *head, *e.w.lines, "\treturn;", *failed(e, failure), "}", ""]

    def _begun(self) -> list[str]:
        """What making an initial state ends with."""
        lines = ["if (!within(c, p)) {", "\tc->beyond(c, p);", "\treturn;", "}"]
        if self._walked:
            lines = self._told("0ull")
        elif self._system.within == x.TRUE:
            lines = []
        head = ["static void begun(ctx *c, u64 *p)", "{"]
        return [*head, *("\t" + line for line in lines), *_advance(self._stride), "}", ""]

    def _start(self, e: Expressions) -> None:
        """The state in which every variable has its type's default."""
        total = 0
        for v in self._system.variables:
            if v.name in self._layout.packed:
                total |= code(v.type, t.default(v.type)) << self._layout.packed[v.name].offset
        parts = [
            f"{total >> 64 * i & (1 << 64) - 1:#x}ull" for i in range(self._layout.packed_words)
        ]
        boxes = [f"WORD({self._pool.box(of, t.default(of))})" for of in self._layout.boxed.values()]
        words_ = [*parts, *boxes]
        e.w.line(f"const u64 s[{max(1, len(words_))}] = {{{', '.join(words_) or '0'}}};")

    def _forget_calls(self) -> list[str]:
        """After a failure no call is under way."""
        count = self._functions
        return [f"\tfor (u32 i = 0; i < {count}; i++) c->depth[i] = 0;"] if count else []

    # ------------------------------------------------------------ actions

    def _run(self, e: Expressions, body: s.Block, then: str) -> None:
        """The body on a copy of the state, once for each way through it."""
        ways = any(isinstance(st, s.Pick | s.Choose) for st in s.walk(body))
        if ways:
            e.w.line("restart(c);")
        end, abandon = e.w.name("end"), e.w.name("next")
        writer = Statements(e, self._assertions, end, abandon)
        with e.w.block("do" if ways else ""):
            self._way(e, writer, body, then)
            if abandon in writer.used:
                e.w.line(f"{abandon}:;")
        if ways:
            e.w.line("while (again(c));")

    def _way(self, e: Expressions, writer: Statements, body: s.Block, then: str) -> None:
        asserts = any(isinstance(st, s.Assert) for st in s.walk(body))
        e.w.line("u64 *p = out;")
        if any(isinstance(st, s.Pick | s.Choose) for st in s.walk(body)):
            e.w.line("c->at = 0;")
        for i in range(self._layout.words):
            e.w.line(f"p[{i}] = s[{i}];")
        if asserts:
            e.w.line(f"u64 ev[{self._flag_words}] = {{0}};")
        outer, e.state = e.state, "p"
        writer.block(body)
        e.state = outer
        if writer.end in writer.used:
            e.w.line(f"{writer.end}:;")
        if asserts:
            e.w.line(f"for (u32 i = 0; i < {self._flag_words}; i++) c->flags[i] |= ev[i];")
        e.w.line(then)

    def _actions(self) -> list[str]:
        lines: list[str] = []
        calls: list[str] = []
        phase = None
        for number, action in enumerate(self._system.actions):
            lines += self._action(number, action)
            if _phase(action) != phase:
                phase = _phase(action)
                calls.append(f"\tc->phase = {phase};")
            only = f"if (which[{number >> 6}] >> {number & 63} & 1) " if self._order else ""
            calls.append(f"\t{only}{self._prefix}action_{number}(c, s);")
        if self._order:
            guided = Guided(self._order, self._deciders)
            self._sets = guided.words
            return [*lines, *guided.lines(calls)]
        name = "owing" if self._tags is _Tags.OWED else "expand"
        return [*lines, f"static void {name}(ctx *c, const u64 *s)", "{", *calls, "}", ""]

    def _action(self, number: int, action: Action) -> list[str]:
        e = self._expressions()
        first, label = actor(number, action) if self._walked else (0, "")
        told = _with_who(action, label) if label else action
        told = _with_keys(action) if self._tags is _Tags.OWED else told
        for instance in instances(told):
            self._instance(e, instance, number, first)
        head = [
            f"/* {named(action)} */",
            f"static void {self._prefix}action_{number}(ctx *c, const u64 *s)",
            "{",
            "\tu64 *out = c->out, count = 0;",
        ]
        failure = ["\tc->broken = 0;", "\tc->failed = 1;", *self._forget_calls()]
        over = ["\tgoto over;", *failed(e, failure), "over:"] if e.fails else []
        end = ["\tc->out = out;", "\tc->count += count;", "}", ""]
        return [*head, *used(e, "s"), *e.w.lines, *over, *end]

    def _instance(self, e: Expressions, action: Action, number: int, first: int) -> None:
        """The loops over the parameters, the names, the guard, the body."""
        stages = staged(action, self._system)
        action = stages.action
        parts = (action.guard, *(v for _, v in action.names), *s.all_exprs(action.body))
        used = {name for part in parts for name in x.free_names(part)}

        def inner() -> None:
            for name, value in action.names:
                if name in used:
                    e.let(name, value)
            if self._walked:
                node = dict(action.names).get(_WHO)
                who = f"{first} + {e.value(node)}" if node is not None else str(first)
                e.w.line(f"u64 tag = {number} | (u64)(u32)({who}) << 32;")
            if self._tags is _Tags.OWED:
                e.w.line(f"u64 tag = {self._owed(e, action)};")
            test = e.test(action.guard)
            with (
                e.w.block(f"if ({test})" if action.guard != x.TRUE else ""),
                e.knowing(action.guard),
            ):
                self._run(e, action.body, "DONE;")

        def nested(place: int) -> None:
            if place == len(action.params):
                inner()
                return
            param = action.params[place]

            def chosen() -> None:
                if param.where != x.TRUE:
                    e.w.line(f"if (!{e.test(param.where)}) continue;")
                with e.knowing(param.where):
                    nested(place + 1)

            e.loop(param.domain, param.name, chosen, distinct=True)

        with e.w.block():
            head = f"if ({e.test(stages.first)})" if stages.first != x.TRUE else ""
            with e.w.block(head), e.knowing(stages.first):
                nested(0)

    # ------------------------------------------------------------ whole runs

    def _whole_runs(self) -> list[str]:
        """The steps with to whom they are owed, and what is true of a state."""
        if not self._whole:
            return []
        owing = _Module(self._system, self._layout, (), _Tags.OWED, self._pool)
        return ["#undef DONE", *owing._done(), *owing._actions(), *self._deciders.facts()]

    def _owed(self, e: Expressions, action: Action) -> str:
        """The number of what a step fulfils."""
        if action.fairness is Fairness.NONE:
            return "~0ull"
        owed = next(o for o in obligations(self._system) or () if o.name == owed_by(action))
        values = dict(action.names)
        text = "0ull"
        for key in owed.keys:
            text = f"({text} * {key.size} + {e.rank(values[_key(key.name)], key.type)})"
        return f"{owed.first} + {text}"

    # ------------------------------------------------------------ what is offered

    def _load(self) -> str:
        return "load" if self._channels() else "0"

    def _channels(self) -> list[str]:
        return [name for name in self._layout.boxed if name in self._system.channels]

    def _in_flight(self) -> list[str]:
        """How many messages are in flight, if their number has no bound."""
        parts = [
            f"in_flight(BOX(s[{self._layout.box_at[n]}]), {self._pool.shape(self._layout.boxed[n])})"
            for n in self._channels()
        ]
        if not parts:
            return []
        return ["static u64 load(const u64 *s)", "{", f"\treturn {' + '.join(parts)};", "}", ""]

    def _canonical(self) -> list[str]:
        if not self._symmetric:
            return []
        header = _header("canonical.h")
        return canonical(self._system, self._layout, self._pool, self._symmetric, header)

    def _offered(self) -> list[str]:
        layout, properties = self._layout, self._system.properties
        shapes = ", ".join(self._pool.shape(of) for of in layout.boxed.values()) or "0"
        ends = any(isinstance(p, Quiescent) for p in properties)
        ends_ = ends + 2 * any(isinstance(p, NoDeadlock) for p in properties)
        decides = any(isinstance(p, Invariant | Reachable | Fires) for p in properties)
        error = next(n for n, p in enumerate(properties) if isinstance(p, NoError))
        numbers = [
            ABI, layout.words, layout.packed_words, layout.bits, len(layout.boxed),
            len(properties), self._functions, error, ends_, int(decides), self._sets,
        ]  # fmt: skip
        return [
            f"static const shape *const shapes[] = {{{shapes}}};",
            f"const model dsmc_model = {{{', '.join(map(str, numbers))},",
            f"\tshapes, initial, expand, look, rest, stuck, {self._load()},",
            f"\t{'canonical' if self._symmetric else '0'}, {'owing, facts' if self._whole else '0, 0'}}};",
        ]


def _header(name: str) -> str:
    return (RUNTIME / name).read_text(encoding="utf-8")


def _phase(action: Action) -> int:
    """Work, requests, faults: in this order they stand."""
    return {Kind.REQUEST: 1, Kind.FAULT: 2}.get(action.origin.kind, 0)


def _with_who(action: Action, label: str) -> Action:
    """The action with the node that acts as another name: a constant, where it is one."""
    of = next(of for name, of in labels(action) if name == label)
    return replace(action, names=(*action.names, (_WHO, x.Local(label, of))))


def _key(name: str) -> str:
    """Another name for a key: no name of a spec."""
    return f" {name}"


def _with_keys(action: Action) -> Action:
    """The action with its keys as other names: constants, where they are such."""
    types = dict(labels(action))
    keys = tuple((_key(name), x.Local(name, types[name])) for name in action.key)
    return replace(action, names=(*action.names, *keys))


def _advance(count: int) -> list[str]:
    return [f"\tc->out = p + {count};", "\tif (c->out >= c->end) c->full(c);"]


def _macro(*lines: str) -> list[str]:
    """Statements that are written at the end of every step."""
    return ["#define DONE do { \\", *(f"\t{line} \\" for line in lines), "} while (0)", ""]
