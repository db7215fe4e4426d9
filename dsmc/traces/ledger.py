"""What becomes of each message: told from the events of the steps."""

from __future__ import annotations

from dsmc.backends.python.machine import Event
from dsmc.frozen import Frozen, replace
from dsmc.ir import types as t
from dsmc.ir.show import show
from dsmc.traces.model import Message


class Traffic(Frozen):
    """The numbers of the messages that one step sends, and that end in it."""

    sent: tuple[int, ...] = ()
    received: tuple[int, ...] = ()
    lost: tuple[int, ...] = ()
    dropped: tuple[int, ...] = ()


#: How a message ends, by the kind of the event.
_ENDS = {"receive": "received", "lose": "lost", "drop": "dropped"}


class Ledger:
    """All messages of a run so far."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._in_flight: list[int] = []
        #: Those that are not told apart from one in flight: what becomes of it becomes of them.
        self._joined: dict[int, list[int]] = {}

    def enter(self, step: int, events: tuple[Event, ...]) -> Traffic:
        """Follow the messages through the events of a step."""
        found: dict[str, list[int]] = {"sent": [], "received": [], "lost": [], "dropped": []}
        joins = False
        for event in events:
            match event.kind:
                case "join":
                    joins = True
                case "send":
                    found["sent"].append((self._joining if joins else self._sent)(step, event))
                    joins = False
                case "duplicate":
                    found["sent"].append(self._sent(step, event, self.find(event)))
                case "receive" | "lose" | "drop":
                    fate = _ENDS[event.kind]
                    found[fate] += self._met(step, event, fate)
                case "forget":
                    found["dropped"] += self._forgotten(step, event.values[0])
        return Traffic(*(tuple(found[name]) for name in Traffic._fields))

    def find(self, event: Event) -> int | None:
        """The oldest message in flight with these ends and this content."""
        sender, receiver, content = event.values
        text = show(event.types[2], content)
        for number in self._in_flight:
            message = self.messages[number]
            if (message.sender, message.receiver, message.text) == (sender, receiver, text):
                return number
        return None

    def _joining(self, step: int, event: Event) -> int:
        """A message like one in flight that it is not told apart from."""
        older = self.find(event)
        number = self._sent(step, event)
        if older is not None:
            self._in_flight.remove(number)
            self._joined.setdefault(older, []).append(number)
        return number

    def _sent(self, step: int, event: Event, copy_of: int | None = None) -> int:
        sender, receiver, content = event.values
        kinds = event.types[2]
        assert isinstance(kinds, t.Message)
        message = Message(
            len(self.messages), kinds.kinds[content[0]].name, show(kinds, content), sender,
            receiver, step, None, "in flight", copy_of,
        )  # fmt: skip
        self.messages.append(message)
        self._in_flight.append(message.number)
        return message.number

    def _met(self, step: int, event: Event, fate: str) -> list[int]:
        found = self.find(event)
        return self._ended(step, self._sent(step, event) if found is None else found, fate)

    def _ended(self, step: int, number: int, fate: str) -> list[int]:
        self._in_flight.remove(number)
        ended = [number, *self._joined.pop(number, ())]
        for one in ended:
            self.messages[one] = replace(self.messages[one], ended=step, fate=fate)
        return ended

    def _forgotten(self, step: int, node: int) -> list[int]:
        """What was on its way to a node that is gone."""
        waiting = [n for n in self._in_flight if self.messages[n].receiver == node]
        return [one for number in waiting for one in self._ended(step, number, "dropped")]
