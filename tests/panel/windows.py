"""A window on a conversation: a service, and a replica that takes what it sends and asks for what it lacks."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from notebook_chat import Chat
from notebook_chat.conversation import Conversation, Observable
from notebook_chat.panel.protocol import ViewMessage
from notebook_chat.panel.service import Service

from ..fakes import parrot
from .replica import Replica, through_json

PNG = b"\x89PNG\r\n\x1a\nfirst"
GIF = b"GIF89asecond"

PATIENCE = 30.0
"""How long something may take on a machine that has much to do, in seconds."""

Message = tuple[dict[str, Any], list[bytes]]


class Window:
    """A service and its view. Nothing is sent before ``open``.

    Attributes:
        messages: All that was sent so far, in order.
        times: When each of them was sent, by ``time.monotonic``.
        deaf: Whether what is sent is lost on its way.
    """

    def __init__(self, chat: Chat, *, system: str | None = None) -> None:
        self._sent: queue.SimpleQueue[tuple[float, Message]] = queue.SimpleQueue()
        self._acts = 0
        self._needed: set[tuple[str, int]] = set()
        self.messages: list[Message] = []
        self.times: list[float] = []
        self.deaf = False
        self.view = Replica()
        self.service = Service(chat, self._send, system=system)

    @property
    def conversation(self) -> Conversation:
        return self.service.chat.conversation

    def _send(self, content: Any, buffers: list[bytes]) -> None:
        self._sent.put((time.monotonic(), (content, buffers)))

    def open(self) -> Window:
        """The view comes; waits until it has what there is."""
        self.tell("ready", view="v")
        return self.until(lambda: not self.view.asking)

    def gone(self) -> float:
        """The view goes; gives when that was known."""
        self.tell("gone", view="v")
        self.until(lambda: not self.service._publisher._views)
        return time.monotonic()

    def tell(self, type: str, *buffers: bytes, **fields: Any) -> None:
        """The view says something."""
        self.service.take({"type": type, **fields}, [memoryview(buffer) for buffer in buffers])

    def act(self, type: str, *buffers: bytes, **fields: Any) -> str:
        """The reader does something; gives its name."""
        self._acts += 1
        act = f"v-{self._acts}"
        self.tell(type, *buffers, act=act, **fields)
        return act

    def look(self) -> None:
        """The view takes what was sent."""
        while True:
            try:
                at, message = self._sent.get_nowait()
            except queue.Empty:
                break
            self.times.append(at)
            self.messages.append(message)
            msgspec.convert(through_json(message[0]), ViewMessage)  # it is one that is declared
            if self.deaf:
                continue
            asking = self.view.asking
            self.view.take(*message)
            if self.view.asking and not asking:
                self.tell("ready", view="v")
        needed = {(id, self.view.turns[id].wanted) for id in self.view.needed} - self._needed
        if needed:
            self._needed |= needed
            self.tell("need", ids=sorted(id for id, _ in needed))

    def until(self, condition: Callable[[], object]) -> Window:
        """Waits until the view shows something."""
        deadline = time.monotonic() + PATIENCE
        while True:
            self.look()
            if condition():
                return self
            if time.monotonic() > deadline:
                raise AssertionError(f"still not so: {self.view.head} {self.view.shown()}")
            time.sleep(0.002)

    def shows(self, *answers: str) -> Window:
        """Waits until nothing is on its way and the turns' answers are these."""
        return self.until(lambda: not self.busy and self.answers == list(answers))

    def answered(self, answer: str) -> Window:
        """Waits until nothing is on its way and one of the answers is this one."""
        return self.until(lambda: not self.busy and answer in self.answers)

    def told_of(self, act: str) -> Window:
        """Waits for the notice that an act came to nothing."""
        return self.until(lambda: (self.notice or {}).get("act") == act)

    def told(self, text: str) -> dict[str, Any]:
        """Waits for a notice with this text in it; gives the notice."""
        self.until(lambda: text in (self.notice or {}).get("text", ""))
        assert self.notice is not None
        return self.notice

    @property
    def notice(self) -> dict[str, Any] | None:
        return self.view.head.get("notice")

    @property
    def busy(self) -> bool:
        return bool(self.view.head.get("answering"))

    @property
    def answers(self) -> list[str]:
        return [turn["text"] for turn in self.view.shown()]

    @property
    def prompts(self) -> list[str]:
        return [turn["prompt"] for turn in self.view.shown()]

    @property
    def notices(self) -> list[dict[str, Any]]:
        """All notices that were sent, in order."""
        heads = (content["head"] for content, _ in self.messages if "head" in content)
        sent = [head["notice"] for head in heads]
        return [
            notice for notice, before in zip(sent, [None, *sent], strict=False) if notice != before and notice
        ]

    def kinds(self) -> list[str]:
        """The types of all that was sent, in order."""
        return [content["type"] for content, _ in self.messages]

    def close(self) -> None:
        self.conversation.stop()
        self.service.close()


class Notebook(Observable):
    """A notebook with conversations, whose cells have names."""

    disclosure = None
    permit = None
    find_tools = None

    def __init__(self) -> None:
        super().__init__()
        self.conversations: dict[str, Conversation] = {}

    def conversation(self, name: str) -> Conversation:
        if name not in self.conversations:
            self.conversations[name] = Conversation(name)
            self.notify()
        return self.conversations[name]

    def shared(self, name: str) -> tuple[Conversation, Callable[[], str | None]]:
        return self.conversation(name), lambda: "the running cell"

    def this_cell(self, conversation: Conversation) -> str:
        return "the running cell"

    def on_end(self, ended: Callable[[], object]) -> Callable[[], None]:
        return lambda: None


def gated(*items: Any) -> Callable[[Any], Any]:
    """A script for a parrot, which waits at each event among the items until that is set."""

    def script(messages: Any) -> Iterator[Any]:
        for item in items:
            if isinstance(item, threading.Event):
                while not item.is_set():
                    yield 0.002
            else:
                yield item

    return script


OpenWindow = Callable[..., Window]
"""The fixture ``window``."""


def repeating() -> Any:
    """A provider that repeats the prompt."""
    return parrot(lambda messages: [f"re {messages[-1].text}"])


def heard(provider: Any) -> list[list[str]]:
    """Each request as ``role: text`` lines."""
    return [[f"{message.role}: {message.text}" for message in request] for request in provider.requests]
