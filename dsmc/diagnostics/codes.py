"""Every diagnostic: what it means and how to mend it. `dsmc explain D201` prints a page from here.

The example of a page is tested: `wrong` gives the diagnostic, `right` gives none.
"""

from __future__ import annotations

from dsmc.frozen import Frozen


class Page(Frozen):
    """What `dsmc explain` says: a title, the reason, and an example (empty where a text has none)."""

    title: str
    text: str
    wrong: str = ""
    right: str = ""


_VAR = "var x: 0..3 = 0\n"

CODES: dict[str, Page] = {
    # ------------------------------------------------------------ the text
    "D101": Page(
        "a character without a meaning",
        "The language has words where others have signs: `and`, `or`, `not`, `div`, `mod`.",
        "var x: bool = true && false",
        "var x: bool = true and false",
    ),
    "D102": Page(
        "something stands where it cannot",
        "The text cannot be read on from there. What was expected, and the smallest change that"
        " helps, are said where they are few. The rest of the file was read all the same.",
        _VAR + "action a when x = 0 { x := 1 }",
        _VAR + "action a when x == 0 { x := 1 }",
    ),
    "D103": Page(
        "a bracket is never closed",
        "A bracket or brace has no partner before the next declaration or the end of the file. Where"
        " it is missing is seen by the indentation.",
        "fun f(a: 0..3): 0..6 = (a + a",
        "fun f(a: 0..3): 0..6 = (a + a)",
    ),
    "D104": Page(
        "nested too deeply",
        "Hundreds of brackets or blocks inside each other. Give some of it a name.",
    ),
    "D105": Page(
        "a word of the language as a name",
        "The word has a meaning of its own there. `docs/language.md` lists the words that cannot be"
        " names; those that mean something in a few places only can be names elsewhere.",
        "var set: 0..3 = 0\naction a { set := 1 }",
        "var chosen: 0..3 = 0\naction a { chosen := 1 }",
    ),
    # ------------------------------------------------------------ names
    "D201": Page(
        "an unknown name",
        "Nothing of that name is declared where it is used. Declarations may stand in any order, and"
        " in files that are imported.",
        _VAR + "invariant small { y < 3 }",
        _VAR + "invariant small { x < 4 }",
    ),
    "D202": Page(
        "declared twice",
        "One name stands for one thing: in a spec, among the members of a role, among the members of"
        " an enum, among the fields of a record or message.",
        "var x: bool = true\nvar x: bool = false",
        "var x: bool = true\nvar y: bool = false",
    ),
    "D203": Page(
        "a name that means something already",
        "A local name may not hide a variable, a constant or another local name: a reader could not"
        " tell which is meant.",
        _VAR + "action a(x in 0..3) { skip }",
        _VAR + "action a(y in 0..3) { x := y }",
    ),
    "D204": Page(
        "declared by itself",
        "To know the value or type, it must be known already.",
        "const A = B + 1\nconst B = A - 1",
        "const A = 2\nconst B = A - 1",
    ),
    "D205": Page(
        "a member of several enums",
        "Where the place around does not say which enum is meant, name it.",
        "enum A { up, down }\nenum B { up, down }\nfun f() = up",
        "enum A { up, down }\nenum B { up, down }\nfun f() = A.up",
    ),
    "D206": Page(
        "something that changes over time, where it may not",
        "A constant has one value and a law speaks of all values: neither may look at the state. A function"
        " may, unless it calls itself.",
        _VAR + "const TWICE = 2 * x",
        _VAR + "fun twice(): 0..6 = 2 * x\ninvariant i { twice() < 7 }",
    ),
    "D207": Page(
        "a function without its arguments",
        "A function or procedure is not a value; call it.",
        "fun one(): 0..1 = 1\nvar x: 0..1 = one",
        "fun one(): 0..1 = 1\nvar x: 0..1 = one()",
    ),
    "D208": Page(
        "a function that calls itself needs a result type",
        "What it gives must be known before it is looked at.",
        "fun down(n: 0..3) = if n == 0 then 0 else down(n - 1)",
        "fun down(n: 0..3): 0..3 = if n == 0 then 0 else down(n - 1)",
    ),
    "D209": Page(
        "a procedure has no value",
        "A `proc` changes the state; a `fun` has a value.",
        _VAR + "proc reset() { x := 0 }\naction a { x := reset() }",
        _VAR + "proc reset() { x := 0 }\naction a { reset() }",
    ),
    # ------------------------------------------------------------ types
    "D301": Page(
        "a value of another type",
        "What stands there is of one type and the place wants another.",
        _VAR + "action a { x := true }",
        _VAR + "action a { x := 1 }",
    ),
    "D302": Page(
        "a number that is never in range",
        "No value that this can have is in the range. (Where some are, the others are found while"
        " exploring: a range error, with a trace.)",
        _VAR + "action a { x := 7 }",
        _VAR + "action a { x := 3 }",
    ),
    "D303": Page(
        "not a type",
        "A type is wanted: `bool`, a range `0..3`, an enum, a role, `set<…>`, `map<…, …>`, …",
        "const N = 3\nvar x: N = 0",
        "const N = 3\nvar x: 0..N = 0",
    ),
    "D304": Page(
        "the arguments of a type",
        "A generic type takes as many arguments as its declaration says: `map<K, V>`, `seq<T, N>`.",
        "var m: map<bool>",
        "var m: map<bool, bool>",
    ),
    "D305": Page(
        "a range or a number that makes no sense there",
        "A range has at least one value, a role at least one node, a bound is not negative.",
        "var x: 3..1 = 2",
        "var x: 1..3 = 2",
    ),
    "D306": Page(
        "too many values",
        "A set is kept as bits and a map as one value for each key, so there is a limit to how many"
        " values their elements and keys may have; what is gone through must be finite.",
        "var s: set<0..100000> = {}",
        "var s: seq<0..100000, 4> = []",
    ),
    "D307": Page(
        "an operator that does not go with these types",
        "The operator means something for other types only.",
        "var s: set<0..3> = {}\naction a { s := s + {1} }",
        "var s: set<0..3> = {}\naction a { s := s union {1} }",
    ),
    "D308": Page(
        "a number that may become too large",
        "Whole numbers are computed with up to 2^62.",
        "const M = 2000000000\nvar x: 0..M = 0\ninvariant i { x * x * x > -1 }",
        "const M = 2000\nvar x: 0..M = 0\ninvariant i { x * x * x > -1 }",
    ),
    "D309": Page(
        "parts of different types",
        "The branches of a conditional, the arms of a match and the elements of a collection have one"
        " type.",
        "var b: bool = true\nfun f(c: bool): 0..1 = if c then 1 else c",
        "var b: bool = true\nfun f(c: bool): 0..1 = if c then 1 else 0",
    ),
    "D310": Page(
        "a fold that does not exist",
        "`sum`, `min`, `max`, `count`, `bag` and `seq` take `e for x in S if p`; `the` and `choose`"
        " name one thing.",
        "fun f(): 0..9 = average(x for x in 0..3)",
        "fun f(): 0..9 = sum(x for x in 0..3)",
    ),
    "D311": Page(
        "the wrong arguments",
        "As many arguments are given as there are parameters or fields, and of their types. Fields"
        " with a value in their declaration may be left out.",
        "fun f(a: 0..3): 0..3 = a\nvar x: 0..3 = f(1, 2)",
        "fun f(a: 0..3): 0..3 = a\nvar x: 0..3 = f(1)",
    ),
    "D312": Page(
        "nothing to go through",
        "After `in` stands a set, a sequence, a bag, a range or a type.",
        _VAR + "invariant i { forall y in x: y < 4 }",
        _VAR + "invariant i { forall y in 0..x: y < 4 }",
    ),
    "D313": Page(
        "a match that does not fit",
        "A `match` deals with every case of an option, an enum or a message; `else` stands for all"
        " that were not named.",
        "fun f(o: option<0..3>): 0..3 = match o { some(x) => x }",
        "fun f(o: option<0..3>): 0..3 = match o { some(x) => x, none => 0 }",
    ),
    "D314": Page(
        "a case that was dealt with before",
        "The first arm that fits is taken; this one never is.",
        "fun f(o: option<0..3>): 0..3 = match o { some(x) => x, none => 0, none => 1 }",
        "fun f(o: option<0..3>): 0..3 = match o { some(x) => x, none => 0 }",
    ),
    "D315": Page(
        "a map that is not total",
        "A map has a value for every key. For partial ones use `map<K, option<V>>`.",
        "var m: map<0..2, bool> = [0: true, 1: true]",
        "var m: map<0..2, bool> = [0: true, 1: true, 2: false]",
    ),
    "D316": Page(
        "no part of that number",
        "`t.0` is the first part of a tuple; `Value.1` the first of the symbols, `Replica.1` the"
        " first node of a role.",
        "var t: (bool, bool) = (true, false)\ninvariant i { t.2 }",
        "var t: (bool, bool) = (true, false)\ninvariant i { t.0 }",
    ),
    "D317": Page(
        "an object that is not written so",
        "An object has one `var`, what it holds, and operations. An operation is possible `when` its"
        " condition is true, and leaves what stands behind the `=`.",
        "object cell { fun read -> v: bool = true }",
        "object cell {\n  var value: bool = false\n  fun write(v: bool) = v\n"
        "  fun read -> v: bool when v == value = value\n}",
    ),
    "D318": Page(
        "a guarantee that speaks of reads and writes",
        "It asks which write each read saw, so it is promised of registers and maps. Of an object of the"
        " spec's own can be promised what speaks of operations alone.",
        "object cell {\n  var value: bool = false\n  fun write(v: bool) = v\n}\n"
        "history c: cell\nguarantee causal(c)",
        "object cell {\n  var value: bool = false\n  fun write(v: bool) = v\n}\n"
        "history c: cell\nguarantee sequential(c)",
    ),
    "D320": Page(
        "nothing can be assigned to this",
        "What changes is a variable, a field of a record in one, or an entry of a map in one.",
        "const N = 1\naction a { N := 2 }",
        _VAR + "action a { x := 2 }",
    ),
    "D321": Page(
        "a local name keeps its value",
        "`let`, `pick`, parameters and what a message brings are names of values, not variables.",
        _VAR + "action a { let y = x; y := 2 }",
        _VAR + "action a { let y = x; x := y }",
    ),
    "D322": Page(
        "a clock is moved by the environment",
        "A role reads its clock; nothing in the spec sets it.",
        "role R { clock now: 0..3\n action a { now := 1 } }",
    ),
    "D323": Page(
        "a statement without effect",
        "A value that is computed and not used. A call as a statement is one of a procedure, or of a"
        " function that changes what it is called on: `log.remove(0)`.",
        "fun f(): bool = true\naction a { f() }",
        _VAR + "proc p() { x := 1 }\naction a { p() }",
    ),
    # ------------------------------------------------------------ constants, models
    "D401": Page(
        "a constant without a value",
        "The declaration gives none, so a model or `-D` must.",
        "const N: 1..9\nvar x: 0..N = 0",
        "const N: 1..9 = 3\nvar x: 0..N = 0",
    ),
    "D402": Page(
        "a constant that has no value",
        "Its computation divides by zero, leaves a range, or has no end.",
        "const A = 1 div 0",
        "const A = 1 div 1",
    ),
    "D403": Page(
        "an assumption that the constants do not satisfy",
        "`assume` says for which constants the spec is meant.",
        "const N = 3\nconst F = 1\nassume N > 3 * F",
        "const N = 4\nconst F = 1\nassume N > 3 * F",
    ),
    "D404": Page(
        "not a node",
        "The groups of a partition name nodes: `{Replica.1, Replica.2} | {Replica.3}`; numbers alone"
        " where there is only one role.",
        "role A[2] {}\nrole B[1] {}\nfaults { partition {A.1} | {2} }",
        "role A[2] {}\nrole B[1] {}\nfaults { partition {A.1} | {A.2} }",
    ),
    "D405": Page(
        "a fault that is not written so",
        "A line of the `faults` block is a fault, what it strikes, how often at most, and words that"
        " go with it.",
        "role A[2] {}\nfaults { crash A at most 1 heals }",
        "role A[2] {}\nfaults { crash A at most 1 }",
    ),
    "D406": Page(
        "an expectation that is not understood",
        "`expect all hold`; `expect NAME holds`, `violated`, `unknown`, `reachable`, `unreachable`,"
        " `possible`, `impossible`, with `in 7 steps` if you like; `expect states 288`, and the same"
        " for `transitions`, `generated`, `depth`, `initial`.",
        _VAR + "model m { expect states many }",
        _VAR + "model m { expect states 1 }",
    ),
    "D407": Page(
        "an expectation of a property that is not there",
        "The spec has no property of that name.",
    ),
    "D408": Page(
        "a system without an initial state",
        "`init` and `start` demand what no choice of the first values gives: there is nothing to check, so"
        " everything would hold.",
    ),
    "D409": Page(
        "nested too deep",
        "The generated program has limits of nesting: some ninety blocks inside each other, two hundred"
        " parentheses. Functions and `match` make what is nested flat.",
    ),
    # ------------------------------------------------------------ protocols
    "D501": Page(
        "nodes share nothing",
        "The code of a node reads and writes its own variables. It learns of others by messages, or"
        " through top-level variables, which all share. Properties may look at every node.",
        "role A[2] {\n  var x: bool = true\n  action a(p in A) when p.x { skip }\n}",
        "role A[2] {\n  var x: bool = true\n  action a when x { skip }\n}",
    ),
    "D502": Page(
        "code that depends on a ghost",
        "A ghost variable is for properties: without it the system would behave the same. So no guard"
        " and no other variable may depend on it.",
        "ghost g: bool = true\nvar x: bool = true\naction a { x := g }",
        "ghost g: bool = true\nvar x: bool = true\naction a { g := x }",
    ),
    "D503": Page(
        "code that belongs to no node",
        "`self`, `others`, `send` and `sync` stand in the code of a role.",
        "message M\nrole A { on M { skip } }\naction a { send M to A.1 }",
        "message M\nrole A { on M { skip }\n action a { send M to self } }",
    ),
    "D504": Page(
        "a control point of what is not a node",
        "`p.at(label)` asks whether a process of node `p` is at a label.",
        "role A { process { here: skip } }\ninvariant i { (1).at(here) }",
        "role A { process { here: skip } }\ninvariant i { forall p in A: p.at(here) or not p.at(here) }",
    ),
    "D505": Page(
        "a statement of processes",
        "Handlers and actions run as one step; only a `process` can wait in the middle of its code.",
        _VAR + "action a { await x == 1 }",
        _VAR + "action a { require x == 1 }",
    ),
    "D506": Page(
        "nothing to leave",
        "`break` leaves a loop, `return` a procedure or a handler; a process ends with `stop`.",
        "role A { process { break } }",
        "role A { process { loop { break } } }",
    ),
    "D507": Page(
        "nothing to sync",
        "`sync` makes `buffered` variables lasting; this role has none.",
        "role A { stable x: bool = true\n action a { sync } }",
        "role A { buffered x: bool = true\n action a { sync } }",
    ),
    "D508": Page(
        "not a lock",
        "`lock` takes a `mutex` or, with `shared` for its read side, an `rwlock`.",
        "var m: bool = true\nrole A { process { lock m { skip } } }",
        "var m: mutex\nrole A { process { lock m { skip } } }",
    ),
    "D509": Page(
        "a procedure that calls itself",
        "Procedures are written into the code that calls them, so they cannot.",
        "proc p() { p() }\naction a { p() }",
        "proc p() { skip }\naction a { p() }",
    ),
    "D510": Page(
        "no message to reply to",
        "`reply` answers the message that a handler or an arm of `receive` took.",
        "message M\nrole A { on M { skip }\n action a { reply M } }",
        "message M\nrole A { on M { reply M } }",
    ),
    "D511": Page(
        "a sync in a crash",
        "`on crash` is a part of the step in which the node stops: what was not lasting before it is lost."
        " `sync` stands in code that the node runs.",
        "role A { buffered x: bool = true\n action a { x := false }\n on crash { sync x } }",
        "role A { buffered x: bool = true\n action a { x := false; sync x } }",
    ),
    # ------------------------------------------------------------ properties
    "D601": Page(
        "there is no state before",
        "`old(x)` is the value before a step, so it stands in `transition` properties.",
        _VAR + "invariant grows { x >= old(x) }",
        _VAR + "transition grows { x >= old(x) }",
    ),
    "D602": Page(
        "a temporal operator outside of `ltl`",
        "`always`, `eventually`, `next` and `until` speak of runs; an invariant speaks of one state.",
        _VAR + "invariant soon { eventually x == 1 }",
        _VAR + "invariant soon { x == 0 }",
    ),
    "D603": Page(
        "a temporal operator where it has no meaning",
        "What is around `always`, `eventually`, `next` and `until` must be temporal or boolean: an"
        " operator of numbers or sets looks at one state. `forall` and `exists` are written out, so"
        " they go through values that are known beforehand.",
        _VAR + "ltl soon { count(i for i in 0..1 if eventually x == i) == 1 }",
        _VAR + "ltl soon { exists i in 0..1: eventually x == i }",
    ),
    # ------------------------------------------------------------ files, the command line
    "D701": Page("a file that cannot be read", "It is not there, or may not be read."),
    "D702": Page("a file that is not text", "Specs are UTF-8 text."),
    "D703": Page(
        "a file that imports itself", "Directly, or through others: move what both need to a third."
    ),
    "D704": Page("no such property", "`--property` takes the name of a property of the spec."),
    "D705": Page("no such model", "`--model` takes the name of a model in the file."),
    "D706": Page("no good name for a new spec", "Letters, digits and `_`, and no file of that name yet."),
    "D707": Page("the system refuses", "A file could not be written; what was there before is whole."),
    "D708": Page(
        "a file without a spec",
        "It declares no variable, role, action or property: everything would hold. A model of another file"
        ' says which: `model m of "spec.dsm" { … }`.',
    ),
    "D709": Page(
        "the checkpoint of another search",
        "A search goes on only with the spec, constants, faults, properties and version of dsmc that it"
        " began with: what was found so far would not be true of another. Limits and threads may differ.",
    ),
    "D710": Page(
        "a damaged checkpoint",
        "A file is missing, was cut off or changed: its hash is not the one that was noted. Nothing of"
        " it is believed.",
    ),
    "D711": Page(
        "a checkpoint that would be lost",
        "A new search does not write over what another one has found. `--resume` goes on with it; a"
        " checkpoint that is not wanted any more can be deleted with its directory.",
    ),
    "D712": Page(
        "a history that cannot be read",
        "The file is not in the format that it seems to be in, or that `--format` says. The formats are"
        " described in `docs/histories.md`.",
    ),
    "D713": Page(
        "a history that does not fit the question",
        "An operation that the object does not have, or a guarantee that speaks of transactions where the"
        " history has operations, or the other way round.",
    ),
    "D714": Page(
        "no such guarantee, object or format",
        "`docs/histories.md` lists those that `dsmc history check` knows.",
    ),
    "D715": Page(
        "nothing to ask under a partition",
        "`dsmc cap` asks a history of operations; or, without one, the invariants and the properties of the"
        " form `p leads to q`.",
    ),
    "D716": Page(
        "a checkpoint that cannot keep histories",
        "What is remembered of a history has another number in each run of dsmc. Without `--checkpoint` the"
        " search is the same.",
    ),
    "D717": Page(
        "no history to classify",
        "`dsmc classify` asks which guarantees hold of what the histories of a spec record.",
    ),
    "D718": Page(
        "a constant that cannot be swept",
        "`dsmc solve --for` gives a constant one value after the other: whole numbers of the range that it"
        " is declared with (`const R: 1..3`) or of the one that is said (`--range R=1..3`).",
    ),
    "D719": Page(
        "no such kind of picture",
        "`dsmc graph --out FILE` writes what the end of the file's name says: `.dot`, `.svg`, `.png` or"
        " `.pdf`.",
    ),
    "D720": Page(
        "nothing that runs of rounds decide",
        "`dsmc check --strategy lineage` decides an `invariant`, a `quiescent` and an `eventually name { e }`"
        " of specs without histories, without `explore while`, and without the faults `fail` and"
        " `lose reply of`. Without the option every property is decided.",
    ),
    # ------------------------------------------------------------ warnings
    "D801": Page(
        "a message that nobody takes",
        "It is sent, and no handler and no `receive` of any role is for its kind: it stays in flight for"
        " ever (on a synchronous network it cannot be sent). This is a warning: the spec is checked as it is"
        " written, and the exit code is the same.",
        "message Ask\nrole A { action ask { broadcast Ask to A } }",
        "message Ask\nrole A { action ask { broadcast Ask to A }\n on Ask { skip } }",
    ),
    "D802": Page(
        "a handler of a message that nobody sends",
        "No `send`, `broadcast` or `reply` is of its kind, so it never runs. This is a warning: the spec is"
        " checked as it is written, and the exit code is the same.",
        "message Ask\nrole A { on Ask { skip } }",
        "message Ask\nrole A { action ask { broadcast Ask to A }\n on Ask { skip } }",
    ),
    # ------------------------------------------------------------ not executed yet
    "D902": Page(
        "a fault that cannot be executed yet",
        "The fault is understood, but this version cannot let it happen yet; to leave it out would"
        " make the verdicts wrong.",
        "role A[2] {}\nfaults { byzantine A at most 1 }",
    ),
    "D904": Page(
        "a clock that cannot be executed yet",
        "Physical clocks are understood, but this version cannot let them tick yet.",
        "role R { clock now: 0..3 }",
    ),
}  # fmt: skip


def page(code: str) -> str:
    """The page of a code as text, ended by a newline."""
    about = CODES[code]
    parts = [f"{code}: {about.title}", about.text]
    if about.wrong:
        parts.append("For example, this is refused:\n\n" + _indented(about.wrong))
    if about.right:
        parts.append("and this is not:\n\n" + _indented(about.right))
    return "\n\n".join(parts) + "\n"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
