"""Histories: what objects can be asked, the events of clients, and what is promised of them."""

from __future__ import annotations

from collections.abc import Callable

from dsmc.diagnostics import did_you_mean
from dsmc.frozen import Frozen, Node
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.history import History, Method, Promise
from dsmc.ir.types import Type
from dsmc.source import Span
from dsmc.syntax import ast
from dsmc.typecheck import constants, expressions, types
from dsmc.typecheck.conversion import POISON
from dsmc.typecheck.scope import CONSTANT, Env, Scope

#: Integers of any size that can be computed with.
_INTEGER = t.Int(-(1 << 62), 1 << 62)


class _Object(Frozen):
    """How many types the object is given, what it can be asked, and what it holds."""

    types: int
    methods: Callable[..., tuple[Method, ...]]
    holds: Callable[..., Type] | None = None


def _register(value: Type) -> tuple[Method, ...]:
    return Method("write", (value,), None), Method("read", (), t.Option(value))


def _cas_register(value: Type) -> tuple[Method, ...]:
    return (*_register(value), Method("cas", (t.Option(value), value), t.BOOL))


def _kv(key: Type, value: Type) -> tuple[Method, ...]:
    return Method("put", (key, value), None), Method("get", (key,), t.Option(value))


def _set(element: Type) -> tuple[Method, ...]:
    return (
        Method("add", (element,), None), Method("remove", (element,), None),
        Method("contains", (element,), t.BOOL), Method("read", (), t.Set(element)),
    )  # fmt: skip


#: What histories can be of, by the word of the language.
OBJECTS: dict[str, _Object] = {
    "register": _Object(1, _register, t.Option),
    "cas_register": _Object(1, _cas_register, t.Option),
    "kv": _Object(2, _kv),
    "counter": _Object(
        0,
        lambda: (Method("add", (_INTEGER,), None), Method("read", (), _INTEGER)),
        lambda: _INTEGER,
    ),
    "queue": _Object(
        1, lambda of: (Method("enqueue", (of,), None), Method("dequeue", (), t.Option(of)))
    ),
    "set": _Object(1, _set, t.Set),
    "lock": _Object(0, lambda: (Method("acquire", (), None), Method("release", (), None))),
}
#: What is understood and cannot be executed yet.
_LATER = ("transactions", "broadcast", "commit", "saga")

#: What can be promised of operations, and the words that may be added.
GUARANTEES: dict[str, tuple[str, ...]] = {
    "linearizable": (), "sequential": (), "causal": (), "causal_memory": (),
    "causal_convergent": (), "pram": (), "read_your_writes": (), "monotonic_reads": (),
    "monotonic_writes": (), "writes_follow_reads": (), "available": ("majority", "sticky"),
}  # fmt: skip


# ---------------------------------------------------------------- declarations


def history(scope: Scope, node: ast.History) -> History | None:
    """A declared history; None if it has a mistake, or cannot be executed yet."""
    word, written = _word(node.type)
    if word in _LATER:
        scope.refuse("D903", node.span, f"histories of `{word}` cannot be executed yet")
        return None
    of = OBJECTS.get(word)
    if of is None:
        scope.unknown(word, node.type.span, "object of a history", (*OBJECTS, *_LATER))
        return None
    if len(written) != of.types:
        _wrong_count(scope, node.type.span, word, of.types)
        return None
    given = [types.resolve(scope, part) for part in written]
    start = _start(scope, node, of, given)
    return History(node.name.text, word, of.methods(*given), start, _held(of, given)).at(
        node.name.span
    )


def _wrong_count(scope: Scope, span: Span, word: str, wanted: int) -> None:
    example = ("", "<V>", "<K, V>")[wanted]
    scope.problems.add(
        "D303", span, f"a history of `{word}` is given {_number(wanted)}",
        help=f"write `{word}{example}`",
    )  # fmt: skip


def _number(count: int) -> str:
    return ("no types", "one type", "two types")[count]


def _word(written: ast.Type) -> tuple[str, tuple[ast.Type | ast.Expr, ...]]:
    match written:
        case ast.TypeName(name):
            return name.text, ()
        case ast.GenericType(name, arguments):
            return name, arguments
        case _:
            return written.span.text, ()


def _held(of: _Object, given: list[Type]) -> Type | None:
    return None if of.holds is None else of.holds(*given)


def _start(scope: Scope, node: ast.History, of: _Object, given: list[Type]) -> t.Value:
    """What the object holds at first, as a plain value of the type that it holds."""
    held = _held(of, given)
    if node.start is None:
        return None
    if held is None:
        scope.problems.add(
            "D303", node.start.span, f"a history of `{_word(node.type)[0]}` begins empty",
            help="leave the first value out",
        )  # fmt: skip
        return None
    with scope.unit():
        e = _answer(scope, node.start.value, CONSTANT, held, "what the object holds first")
        return None if e == POISON else constants.value_of(scope, e).value


# ---------------------------------------------------------------- events


def event(
    scope: Scope, written: ast.Event, env: Env, thread: x.Expr | None
) -> tuple[s.Statement, ...]:
    """An event of a client: the node that runs the code (and its thread)."""
    found = _asked(scope, written)
    if found is None:
        return ()
    of, method = found
    env = Env(env.names, env.mode, env.role, ghost=True)
    args = _args(scope, written, method, env)
    if args is None:
        return ()
    client = env.me or x.number(0)
    told = x.Make(t.Tuple((client.type, t.Int(0, 0))), (client, thread or x.number(0)))
    if thread is not None:
        told = x.Make(t.Tuple((client.type, thread.type)), (client, thread))
    return (s.Event(of.name, written.kind, method.name, told, args),)


def _asked(scope: Scope, written: ast.Event) -> tuple[History, Method] | None:
    first, *rest = written.path.items
    assert isinstance(first, ast.Ident)
    declared = scope.declared.get(first.text)
    if declared is None or not isinstance(declared.node, ast.History):
        known = [n for n, d in scope.declared.items() if isinstance(d.node, ast.History)]
        scope.unknown(first.text, first.span, "history", known)
        return None
    of = scope.histories.get(first.text)
    if of is None:  # it has a mistake, or cannot be executed yet
        return None
    name = rest[0].text if len(rest) == 1 and isinstance(rest[0], ast.Ident) else ""
    method = of.method(name)
    if method is None:
        known = [m.name for m in of.methods]
        scope.problems.add(
            "D201", written.path.span, f"`{first.text}` cannot be asked `{name}`",
            help=did_you_mean(name, known) or f"it can be asked {_listed(known)}",
        )  # fmt: skip
        return None
    return of, method


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _args(scope: Scope, written: ast.Event, method: Method, env: Env) -> tuple[x.Expr, ...] | None:
    """What was asked, or what came back; None if that is not what the method says."""
    begins, ends = written.kind == "begin", written.kind == "end"
    asks = method.asks if begins else ()
    answers = method.answers if ends else None
    given = [a for a in written.arguments if not isinstance(a, ast.NamedArgument)]
    if len(given) != len(asks) or len(given) != len(written.arguments):
        _mistake(scope, written, method, f"`{written.kind}` is given {_values(asks)} here")
        return None
    if (written.result is None) != (answers is None):
        said = "says what it answered" if answers is not None else "says no answer"
        _mistake(scope, written, method, f"`{written.kind} … {method.name}` {said}")
        return None
    found = [
        expressions.check(scope, a, env, of, f"what `{method.name}` is asked")
        for a, of in zip(given, asks, strict=True)
    ]
    if written.result is not None and answers is not None:
        found.append(_answer(scope, written.result, env, answers, f"the answer of `{method.name}`"))
    return tuple(found)


def _values(asks: tuple[Type, ...]) -> str:
    return ", ".join(f"a `{t.show(of)}`" for of in asks) or "nothing"


def _mistake(scope: Scope, written: ast.Event, method: Method, message: str) -> None:
    asks = ", ".join(map(t.show, method.asks))
    begin = f"begin h.{method.name}" + (f"({asks})" if asks else "")
    end = f"end h.{method.name}" + (f" -> {t.show(method.answers)}" if method.answers else "")
    scope.problems.add("D303", written.span, message, help=f"it is written `{begin}` and `{end}`")


def _answer(scope: Scope, written: ast.Expr, env: Env, of: Type, what: str) -> x.Expr:
    """Where an option is wanted, its content may be given as it is."""
    if not isinstance(of, t.Option):
        return expressions.check(scope, written, env, of, what)
    plain = expressions.infer(scope, written, env, of)
    if isinstance(plain.type, t.Option | t.Empty | t.Unknown):
        return expressions.check(scope, written, env, of, what)
    inner = expressions.check(scope, written, env, of.of, what)
    return x.Make(of, (inner,), 1).at(written.span)


# ---------------------------------------------------------------- guarantees


def promises(scope: Scope, items: list[tuple[Node, str]]) -> tuple[Promise, ...]:
    """The guarantees of a spec, each with the text above it."""
    asked = [(node, doc) for node, doc in items if isinstance(node, ast.Guarantee | ast.NoAnomaly)]
    words = [node.name for node, _ in asked]
    found = []
    for node, doc in asked:
        made = _promise(scope, node, doc, several=words.count(node.name) > 1)
        found += [] if made is None else [made]
    return tuple(found)


def _promise(
    scope: Scope, node: ast.Guarantee | ast.NoAnomaly, doc: str, *, several: bool
) -> Promise | None:
    names = [a.ident.text for a in node.arguments if isinstance(a, ast.Name)]
    if not names or len(names) != len(node.arguments):
        scope.problems.add(
            "D303", node.span, f"`{node.name}` is promised of a history",
            help=f"write `guarantee {node.name}(h)`",
        )  # fmt: skip
        return None
    history, *words = names
    declared = scope.declared.get(history)
    if declared is None or not isinstance(declared.node, ast.History):
        known = [n for n, d in scope.declared.items() if isinstance(d.node, ast.History)]
        scope.unknown(history, node.arguments[0].span, "history", known)
        return None
    if history not in scope.histories or isinstance(node, ast.NoAnomaly):
        scope.refuse(
            "D903", node.span, "this guarantee of a history cannot be executed yet", node.name
        )
        return None
    if node.name not in GUARANTEES:
        scope.unknown(node.name, node.span, "guarantee of operations", GUARANTEES)
        return None
    unknown = [w for w in words if w not in GUARANTEES[node.name]]
    if unknown or len(words) > 1:
        scope.unknown((unknown or words)[-1], node.span, "form of it", GUARANTEES[node.name])
        return None
    name = "_".join([node.name, *words, *([history] if several else [])])
    return Promise(name, node.name, history, tuple(words), doc).at(node.span)
