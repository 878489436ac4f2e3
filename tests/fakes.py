"""A provider that says what a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from notebook_chat.answer import AnswerFold, AnswerSnapshot
from notebook_chat.events import Notice, ReasoningDelta, TextDelta
from notebook_chat.messages import Message, normalize
from notebook_chat.providers.base import AsyncGeneratorProvider

Script = Callable[[tuple[Message, ...]], Sequence[Any]]


def parrot(script: Script | Sequence[Any] = ("Hello", " you")) -> type[Parrot]:
    """A provider class of its own, with a script: what to yield, or a function of the messages that says
    it. An exception among the items is raised, a number is a pause in seconds."""

    class Fresh(Parrot):
        name = "parrot"
        requests: list[tuple[Message, ...]] = []
        options_seen: list[dict[str, Any]] = []
        closed = threading.Event()

    Fresh.script = staticmethod(script) if callable(script) else lambda messages: script
    return Fresh


class Parrot(AsyncGeneratorProvider):
    """The base of what ``parrot`` makes."""

    default_model = "grey"
    options = frozenset({"temperature", "max_tokens"})
    script: Script
    requests: list[tuple[Message, ...]]
    options_seen: list[dict[str, Any]]
    closed: threading.Event

    @classmethod
    async def stream(cls, model: str, messages: Any, **options: Any) -> AsyncGenerator[Any]:
        checked = normalize(messages)
        cls.requests.append(checked)
        cls.options_seen.append(options)
        try:
            for item in cls.script(checked):
                if isinstance(item, BaseException):
                    raise item
                if isinstance(item, (int, float)):
                    await asyncio.sleep(item)
                else:
                    yield item
        finally:
            cls.closed.set()


@dataclass
class Coming:
    """An answer on its way, as a conversation is told of it."""

    text: str = ""
    reasoning: str = ""
    status: Notice | None = None
    model: str = "parrot:grey"
    stopped: bool = False
    _fold: AnswerFold = field(default_factory=AnswerFold)

    @property
    def snapshot(self) -> AnswerSnapshot:
        before = self._fold.snapshot()
        if not (self.text.startswith(before.text) and self.reasoning.startswith(before.reasoning)):
            self._fold = AnswerFold()  # asked once more
            before = self._fold.snapshot()
        thought, text = self.reasoning[len(before.reasoning) :], self.text[len(before.text) :]
        self._fold.add([ReasoningDelta(thought), TextDelta(text)])
        if self.status is not None:
            self._fold.add([self.status])
        return self._fold.snapshot()

    def stop(self) -> None:
        self.stopped = True
