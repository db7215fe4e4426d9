"""Specs whose scenarios make everything happen that a trace can tell."""

from __future__ import annotations

#: Losses, duplicates, a partition with a bridge, crashes with messages on their way, a ghost.
UNORDERED = """
spec post
message Ping(n: 0..2)
message Pong(n: 0..2)
role Client[2] {
  var asked: 0..3 = 0
  var got: 0..3 = 0
  ghost seen: set<0..2> = {}
  action ask(x in 0..1) when asked < 3 { send Ping(asked) to Server.1; asked += 1 }
  on Pong(n) { got := n; seen += n }
}
role Server {
  stable count: 0..9 = 0
  on Ping(n) from c { count += 1; reply Pong(n) }
}
faults {
  lose at most 1
  duplicate at most 1
  restart Client at most 1 between steps
  crash Server at most 1 between steps
  partition {Client.1} | {Server.1} at most 1 heals
}
scenario everything {
  Client.1.ask(1)
  lose Ping(0) from Client.1 to Server
  Client.1.ask(0)
  duplicate Ping(1) from Client.1 to Server
  Client.2.ask(0)
  partition {Client.1} | {Server.1}
  crash Client.2
  heal
  Server on Ping(1) from Client.1
  Client.1 on Pong(1)
  Client.1.ask(0)
  crash Server
  restart Client.2
  Client.2.ask(0)
}
scenario in_flight {
  Client.2.ask(0)
  Server on Ping(0) from Client.2
}
"""

#: What the run of `everything` is told as.
EVERYTHING = """\
everything is possible, in 14 steps

   0             start
   1   Client.1  ask (x = 1)   [line 9]
                 asked: 0 → 1
                 sends Ping(0) to Server
   2 !           Ping(0) from Client.1 to Server is lost   [line 17]
   3   Client.1  ask (x = 0)   [line 9]
                 asked: 1 → 2
                 sends Ping(1) to Server
   4 !           Ping(1) from Client.1 to Server is duplicated   [line 18]
   5   Client.2  ask (x = 0)   [line 9]
                 asked: 0 → 1
                 sends Ping(0) to Server
   6 !           partition {Client.1} | {Server}   [line 21]
                 Client.2 can reach all
   7 ! Client.2  crash   [line 19]
                 Client.2 is down
                 asked: 1 → 0
   8             the partition heals
   9   Server    on Ping(1) from Client.1   [line 14]
                 count: 0 → 1
                 sends Pong(1) to Client.1
  10   Client.1  on Pong(1) from Server   [line 10]
                 got: 0 → 1
                 seen: {} → {1} (ghost)
  11   Client.1  ask (x = 0)   [line 9]
                 asked: 2 → 3
                 sends Ping(2) to Server
  12 ! Server    crash   [line 20]
                 Server is down for ever
                 Ping(1) from Client.1 to Server is dropped
                 Ping(0) from Client.2 to Server is dropped
                 Ping(2) from Client.1 to Server is dropped
  13   Client.2  restart   [line 5]
                 Client.2 is up again
  14   Client.2  ask (x = 0)   [line 9]
                 asked: 0 → 1
                 sends Ping(0) to Server
                 Ping(0) to Server goes nowhere

  everything is possible.
"""

#: Queues: what comes later may overtake.
FIFO = """
spec queue
network fifo
message Item(n: 0..2)
role Sender {
  var said: 0..3 = 0
  action say when said < 3 { send Item(said) to Receiver.1; said += 1 }
}
role Receiver {
  var first: option<0..2> = none
  on Item(n) { if first == none { first := some(n) } }
}
faults { reorder at most 1 }
reachable overtaken { Receiver.1.first == some(1) }
"""

#: Sending and handling are one step; what is cut off receives nothing.
SYNCHRONOUS = """
spec calls
network synchronous
message Ask
message Tell
role Node_[3] {
  var heard: set<Node_> = {}
  action ask { heard := {}; broadcast Ask to others }
  on Ask from p { send Tell to p }
  on Tell from p { heard += p }
}
faults { partition {Node_.1, Node_.2} | {Node_.3} at most 1 }
scenario half { partition {Node_.1, Node_.2} | {Node_.3}; Node_.1.ask }
"""

#: Labelled statements of a process and of a handler throw.
FAILING = """
spec payment
message Order
var charged: 0..2 = 0
var refused: bool = false
role Client { start { send Order to Shop.1 } }
role Shop {
  process {
    idle: receive { Order { skip } }
    try { charge: charged += 1 } catch { refused := true }
  }
}
"""

#: Locks taken in opposite orders.
LOCKS = """
spec transfers
var m: map<0..1, mutex>
role Thread[2] {
  process {
    let first = self.index
    lock m[first] {
      lock m[1 - first] { skip }
    }
  }
}
"""
