"""A provider that answers from a script, and remembers what it was sent; and tools for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, ClassVar

from notebook_chat.events import Event
from notebook_chat.messages import Message, Messages
from notebook_chat.providers import AsyncGeneratorProvider
from notebook_chat.tool_spec import ToolSpec
from notebook_chat.tools import Tell, Tool, ToolOutput

Answer = Sequence[Event | float]
"""The events of one answer; a number waits for so many seconds."""


def scripted(*answers: Answer) -> Any:
    """A provider class of its own that gives these answers, one for each request, the last one again and again.

    Args:
        *answers: The answers.
    """

    class Scripted(AsyncGeneratorProvider):
        name = "scripted"
        default_model = "s"
        options: ClassVar[frozenset[str]] = frozenset({"tools", "tool_choice", "schema", "max_tokens"})
        takes_result_media = True
        sent: ClassVar[list[tuple[Message, ...]]] = []
        told: ClassVar[list[dict[str, Any]]] = []

        @classmethod
        async def stream(cls, model: str, messages: Messages, **options: Any) -> AsyncIterator[Any]:
            number = len(cls.sent)
            assert isinstance(messages, tuple)
            cls.sent.append(messages)
            cls.told.append(options)
            for event in answers[min(number, len(answers) - 1)]:
                if isinstance(event, (int, float)):
                    await asyncio.sleep(event)
                else:
                    yield event

    Scripted.sent = []
    Scripted.told = []
    return Scripted


class Made(Tool):
    """A tool made of a function of its arguments."""

    kind = "function"

    def __init__(
        self,
        name: str,
        does: Callable[[Mapping[str, Any]], Any],
        *,
        given: bool = True,
        parameters: dict[str, Any] | None = None,
        seconds: float | None = 5.0,
    ) -> None:
        self.spec = ToolSpec(name, f"does {name}", parameters or {"type": "object", "properties": {}})
        self.does = does
        self.given = given
        self.seconds = seconds
        self.ran: list[Mapping[str, Any]] = []

    async def run(self, arguments: Mapping[str, Any], tell: Tell) -> ToolOutput:
        """Calls the function, and awaits what it gives, if it is to be awaited."""
        self.ran.append(arguments)
        value = self.does(arguments)
        if asyncio.iscoroutine(value):
            value = await value
        return value if isinstance(value, ToolOutput) else ToolOutput.text(str(value))
