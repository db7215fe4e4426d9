"""Every construct of the language, at least once."""

CORE = """
const N = 2
enum Color { red, green }
symbols Value[2]
record Cell { value: option<Value>, version: 0..2 = 0 }
record Pair<T> { a: T, b: T }
type Grid<K> = map<0..K, bool>
var i: 0..3 = 0
var b: bool = true
var c: Color = red
var v: Value = Value.1
var o: option<0..3> = none
var p: (bool, 0..3) = (true, 1)
var r: Cell = Cell(none)
var s: set<0..3> = {}
var m: map<0..2, 0..3> = [k: 0 for k in 0..2]
var q: seq<0..3, 4> = []
var g: bag<0..3, 4> = []
ghost h: 0..3 = 0
fun f(a: 0..3): 0..6 = 2 * a
proc set_i(a: 0..3) { i := a }
"""
ROLES = """
message M(n: 0..3)
message Beat lossy unordered
message Note(text: 0..1) fifo
const N = 2
var lock_: mutex
var rw: rwlock
role R[N] {
  var x: 0..3 = 0
  stable y: 0..3 = 0
  volatile z: 0..3 = 0
  buffered w: seq<0..3, 3> = []
  ghost seen: 0..3 = 0
  on M(n) from a when n != x { x := n }
  %s
}
role Client { process { skip } }
%s
"""

#: In the core: whole declarations.
DECLARATIONS = [
    "const A = 1",
    "const A: 0..3 = 1",
    "const F = 1\nassume N > F",
    "var neg: -3..3 = -1",
    "var x: 0..3 in 0..2",
    "var x: Color in {red}",
    "var all_: Value in Value",
    "var d: map<Color, set<Value>>",
    "var l: lamport<3>",
    "role A[2] {}\nvar l: vclock<A, 3>",
    "var l: hlc<3, 2>",
    "var pair: Pair<bool> = Pair(true, false)",
    "var grid: Grid<2>",
    "message K\nvar any: option<message> = none",
    "type T = 0..N",
    "var n: seq<bool>",
    "init { require i == 0; i := 1 }",
    "action a { skip }",
    "action a(x in 0..3, y in Color where y == red) when i < x { i := x }",
    "fair action a { skip }",
    "strong fair action a { skip }",
    "fun rec(n: 0..3): 0..9 = if n == 0 then 0 else 1 + rec(n - 1)",
    "fun first_of<T>(l: seq<T>): T = l.first",
    "fun two(a: 0..3): 0..9 = let k = a + 1: k + k",
    "fun d(a: 0..3, k: 0..3 = 1): 0..6 = a + k",
    "invariant a { i < 4 }",
    "invariant a { let k = i + 1; k < 5 }",
    "invariant a {\n  let k = i\n  k < 4\n}",
    "transition a { old(i) <= i or i == 0 }",
    "quiescent a { b }",
    "reachable a { i == 0 }",
    "action go { i := 1 }\nreachable a by action go",
    "law a(x in 0..3, y in 0..3) { x + y == y + x }",
    "no deadlock\nfinal { b }",
    "explore while i < 2",
    "scenario a { }",
    "scenario a impossible { expect i == 3 }",
    "action go(k in 0..3) { i := k }\nscenario a { go(1); ...; expect i == 1; go(_) }",
    "model x { const N = 3; expect all hold; expect states 5; expect depth 2; explore while b }",
    "model x { faults {}; network fifo; expect transitions 7; expect initial 1; expect generated 8 }",
    "## About it.\n## More.\nvar documented: bool",
]
#: In the core: truth values.
CONDITIONS = [
    "i + 1 - 2 * 3 div 2 mod 2 > -i",
    "i == 1 and b or not b implies b iff b",
    "i != 1",
    "i >= 1 and i <= 2",
    "(if b then 1 else 2) == i",
    "i in s",
    "i not in s",
    "s union {1} subset s",
    "s intersect {1} minus {2} == {}",
    "forall x in 0..3, y in s: x == y",
    "exists x, y in s: x == y",
    "exists x in s where x > 1: b",
    "{x + 1 for x in 0..2 if x > 0} == {2, 3}",
    "count(x for x in s if x > 1) == 0",
    "sum(x for x in s) == 0",
    "min(x for x in s union {0}) == 0",
    "max(1, i) == max(i, 1)",
    "(the x in {1}: true) == 1",
    "(choose x in {1, 2}: x > 0) == 1",
    "m[0] == 0",
    "q.len == 0",
    "q.len > 0 and q.first == q.last",
    "q + [1] == [1]",
    "[1, 2, 3][1..2] == [2, 3]",
    "q.insert(0, 1).remove(0) == q",
    "[x for x in q] == q",
    "seq(x for x in q) == q",
    "bag(x for x in q) == g",
    "g.len == 0",
    "1 in g.add(1)",
    "g.add(1).remove(1) == g",
    "count(s) == 0",
    "s.len == 0",
    "o == none",
    "o == some(1)",
    "o != none and o? == 1",
    "match o { some(x) => x > 1, none => b }",
    "match o {\n some(x) => x > 1\n none => b\n}",
    "match c { red => b, else => not b }",
    "match c {\n red => if b then b\n else not b\n else => not b\n}",
    "p.0",
    "p.1 == 1",
    "r.value == none",
    "r.version == 0",
    "(r with {version: 1}).version == 1",
    "m with [0: 1] != m",
    "[0: 1, 1: 1, 2: 1] != m",
    "Color.red == c",
    "v == Value.1 or v == Value.2",
    "Cell(some(v), 1) != r",
    "Cell(value: none) == r",
    "f(i) == i.f()",
    "{1} in subsets({1, 2})",
    "exists x in set<0..1>: x == {}",
    "forall x in Color: x == red or x == green",
    "(1, true) == (1, b)",
    "(let k = i + 1: k > 0) and b",
    "let k = i:\n  let n = k: n < 4",
    "{let k = x: k + 1 for x in 0..2} == {1}",
    "i == 0 and\n    b",
    "i ==\n    0",
    "b\n    or not b",
]
#: In the core: statements of an action.
STATEMENTS = [
    "i := 1",
    "i += 1",
    "i -= 1",
    "s += 1",
    "s -= {1}",
    "s += {1, 2}",
    "q += 1",
    "q += [1, 2]",
    "g += 1",
    "g -= 1",
    "m[0] := 1",
    "m[0] += 1",
    "r.version := 1",
    "q.remove(0)",
    "let k = i; i := k",
    "let (x, y) = p; b := x",
    "if b { skip }",
    "if b { skip } else { skip }",
    "if b { skip } else if i == 1 { skip } else { skip }",
    "for x in s { i := x }",
    "pick to in subsets(0..2); for x in to { i := x }",
    "let until = 1; if b { i := until }\n let partition = b; if partition { skip }",
    "let expect = o; match expect { some(x) => { i := x } none => { skip } }",
    "while i > 0 { i -= 1 }",
    "either { i := 1 } or { i := 2 }",
    "pick x in 0..3 where x > 1; i := x",
    "require i > 0",
    "assert i < 4",
    "set_i(1)",
    "return",
    "skip",
    "match o { some(x) => { i := x } none => { skip } }",
    "match c {\n red => { skip }\n else => { skip }\n}",
    "h := i",
]
#: In a role, and at the top of its file.
MEMBERS = [
    ("start { x := 1 }", ""),
    ("action a(k in 0..3) when x < k { x := k }", ""),
    ("timeout t when x == 0 { x := 1 }", ""),
    ("fair action a { x := 1 }", ""),
    ("on crash { seen := 1 }", "faults { crash R at most 1 }"),
    ("on restart when x == 0 { x := 1 }", "faults { restart R at most 1 }"),
    ("on Beat { skip }", ""),
    ("on M(2) from R { skip }", ""),
    ("on M(_) from a in others { send M(1) to a }", ""),
    ("on Note(t) { reply M(t) }", ""),
    ("on quorum of M(n) from R as ms { x := max(k for k in ms) }", ""),
    ("on 2 of M(n) as ms when ms.len > 1 { skip }", ""),
    ("on N div 2 + 1 of M(n) { skip }", ""),
    (
        "action a { broadcast M(1) to R; broadcast Beat to others; send Note(0) to self }\non Beat { skip }\n"
        "on Note(_) { skip }",
        "",
    ),
    ("action a { w += 1; sync w; sync }", ""),
    ("action a { again(1) }\nproc again(k: 0..3) { x := k }", ""),
    ("fun low(): bool = x == 0\naction a when low() { x := 1 }", ""),
    ("process { x := 1; await x == 1; stop }", ""),
    ("process two[2] { x := two }", ""),
    (
        "process { loop { here: x := 1; if x == 1 { break } } }",
        "invariant i { forall p in R: p.at(here) or p.up }",
    ),
    ("process { while x < 3 { x += 1 } }", ""),
    ("process { atomic { x := 1; x := 2 } }", ""),
    ("process { either { await x == 1 } or { skip } }", ""),
    ("process { pick k in 0..3; x := k }", ""),
    ("action to when x == 0 { skip }", "leads: true leads to true"),
    ("process { receive { M(n) from a when n > 1 { x := n } timeout { skip } } }", ""),
    ("process { receive quorum of M(n) from R as ms { x := ms.len } }", ""),
    ("process { lock lock_ { x := 1 } }", "invariant i { lock_.holder == none or true }"),
    (
        "process { lock rw shared { x := 1 }; lock rw { x := 2 } }",
        "invariant i { rw.writer == none or rw.readers == {} }",
    ),
    ("process { try { charge: x := 1 } catch { x := 2 } }", "faults { fail charge at most 1 }"),
    (
        "process { try { charge: x := 1 } catch { x := 2 } }",
        "faults { lose reply of charge at most 1 }",
    ),
    ("", "network unordered"),
    ("", "network fifo\nfaults { reorder }"),
    ("", "network synchronous"),
    ("", "faults { outage R at most 1 }"),
    ("", "faults { crash R at most 1 between steps }"),
    ("", "faults { lose at most 2; lose M at most 1 }"),
    ("", "faults { duplicate; duplicate M at most 1 }"),
    ("", "faults { partition at most 1 }"),
    ("", "faults { partition asymmetric at most 1 heals }"),
    ("", "faults { partition {R.1} | {R.2, Client} }"),
    ("", "invariant i { forall p, q in R: p.x == q.x or R[0] == p }"),
    ("", "invariant i { exists n in Node: n == Client.1 }"),
    ("", "invariant i { R.1.index == 0 and majority(R) == 2 }"),
    (
        "action go { send M(2) to R.2 }",
        "scenario s { R.1.go; R.2 on M(2) from R.1; Client.1 step }",
    ),
    ("", "scenario s { crash R.1 }\nfaults { crash R at most 1 }"),
    ("", "eventually e { forall p in R: p.x == 0 }"),
    ("", "always eventually e { R.1.x == 0 }"),
    ("", "eventually always e { R.1.x == 0 }"),
    ("", "e: R.1.x == 0 leads to R.1.x == 1"),
    (
        "",
        "ltl e { always (R.1.x == 0 implies eventually R.1.x == 1) and (R.1.up until next R.1.up) }",
    ),
    ("", "ltl e { forall p in R where p.up: always eventually p.x == 0 }"),
    ("", "ltl e { if R.1.up then eventually R.1.x == 0 else next R.1.x == 1 }"),
    ("", "scenario s impossible { lose M(1) from R.1 to R.2; partition {R.1} | {R.2}; heal }"),
    (
        "action put { begin reg.write(1); end reg.write; end reg.read -> 1; refused reg.write }",
        "history reg: register<0..3>\nguarantee linearizable(reg)",
    ),
    (
        "action put { begin k.put(1, true); unknown k.put; begin k.get(1); end k.get -> none }",
        "history k: kv<0..3, bool>\nguarantee linearizable(k)\nguarantee available(k)\n"
        "guarantee convergent(k)",
    ),
    ("", "history l: lock\nhistory c: counter = 2\nhistory w: queue<0..3>\nhistory e: set<bool>"),
    (
        "process two[2] { begin c.cas(none, 2); end c.cas -> true }",
        "history c: cas_register<0..3> = 1\nguarantee available(c, majority)",
    ),
    (
        "on M(v) from s { begin r.read; send M(v) to s; end r.read -> v }",
        "history r: register<0..3>\nguarantee available(r, sticky)\nguarantee pram(r)",
    ),
    (
        "action go { tx.begin; tx.read(1, none); tx.write(1, true); tx.commit(); tx.begin; tx.abort }",
        "history tx: transactions<0..3, bool>\nguarantee serializable(tx)\nno write_skew(tx)",
    ),
    (
        "action go { tx.begin; for k in 0..3 { tx.read_where(k, true, {false}) }; tx.commit }",
        "history tx: transactions<0..3, bool> = false\nno phantom(tx)\nguarantee pl_3(tx)",
    ),
    (
        "on M(v) from s { b.send(v); b.deliver(v) }",
        "history b: broadcast<0..3>\nguarantee causal_order(b)\nguarantee reliable(b)",
    ),
    (
        "action go { k.vote(true); k.decide(false) }",
        "history k: commit<R>\nguarantee atomic_commit(k)\nguarantee atomic_commit(k, ac1, ac5)",
    ),
    (
        "action go { s.step(1); s.compensate(1); s.finish }",
        "history s: saga\nguarantee all_or_compensated(s)",
    ),
    (
        "on M(v) from s { c.apply(v); c.show(x); c.forget }",
        "history c: replicas<0..3, 0..3>\nguarantee strong_convergence(c)\nguarantee convergent(c)",
    ),
    (
        "action go { begin o.put(1); end o.put; begin o.take; end o.take -> 1 }",
        """history o: hoard<0..3>\nguarantee linearizable(o)\nguarantee sequential(o)
object hoard<V> {
  var items: set<V> = {}
  fun put(v: V) when v not in items = items union {v}
  fun take -> v: V
    when v in items = items minus {v}
}""",
    ),
    (
        "",
        """history o: tally = 2\nguarantee available(o)\nobject tally {
  var total: 0..9
  fun add(n: 0..3) = total + n
  fun read() -> n: 0..9 when n == total = total
}""",
    ),
]
#: Understood, and refused as long as it cannot be executed.
REFUSED = [
    ("D902", "", "faults { omit send R at most 1 }"),
    ("D902", "", "faults { omit receive R at most 1 }"),
    ("D902", "", "faults { flap at most 2 }"),
    ("D902", "", "faults { slow R at most 1 }"),
    ("D902", "", "faults { drift at most 2 }"),
    ("D902", "", "faults { corrupt at most 1 }"),
    ("D902", "", "faults { byzantine R at most 1 }"),
    ("D902", "", "faults { byzantine R at most 1 forging }"),
    ("D902", "", "faults { misconfigure N in 1..3 at most 1 }"),
    ("D902", "", "faults { cascade R over 3 at most 1 }"),
    ("D902", "action accept { skip }", "faults { mutate accept at most 1 }"),
    ("D904", "clock now: 0..8 drift at most 1", ""),
]
