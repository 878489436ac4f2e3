"""The stages of an answer with tools at which the user may stop it, each made to last.

``STAGES`` names them. ``chat(stage)`` gives a chat whose next question comes to that stage, says ``AT`` and the stage
in the output of the cell that asks, and stays there; a question after that is answered at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, ClassVar

from notebook_chat import Chat, runner
from notebook_chat.errors import RateLimitError
from notebook_chat.events import Event, Finish, ReasoningDelta, TextDelta, ToolCall
from notebook_chat.messages import Message, TextPart
from notebook_chat.providers import AsyncGeneratorProvider
from notebook_chat.tools import PendingCall, Tell, Tool, ToolOutput, Verdict

from .scripted import Made

FOR_EVER = 300.0
"""Longer than anybody waits for what comes at once, in seconds."""

STAGES = (
    "opening the tools",
    "asking",
    "thinking",
    "text",
    "a call on its way",
    "waiting for a yes",
    "a question in the cell",
    "a tool that awaits",
    "a tool in a worker",
    "a tool in the notebook's thread",
    "asking again",
    "a retry that waits",
    "text behind a result",
)


def chat(stage: str) -> Chat:
    """A chat that stays at a stage.

    Args:
        stage: One of ``STAGES``.
    """
    provider = _provider(stage)
    tool = _Opened(stage, (Made("look", _tool(stage), seconds=None),))
    return Chat(provider=provider, tools=[tool], permit=_Permit(stage))


def _at(stage: str) -> None:
    print("AT", stage, flush=True)


async def _stay(stage: str) -> None:
    _at(stage)
    await asyncio.sleep(FOR_EVER)


def _provider(stage: str) -> Any:
    class Staged(AsyncGeneratorProvider):
        name = "staged"
        default_model = "s"
        options: ClassVar[frozenset[str]] = frozenset({"tools"})
        sent: ClassVar[list[Sequence[Message]]] = []

        @classmethod
        async def stream(cls, model: str, messages: Any, **options: Any) -> AsyncIterator[Event]:
            cls.sent.append(messages)
            if messages[-1].role == "user" and messages[-1].text == "again":
                yield TextDelta("Here I am.")
                yield Finish("stop")
                return
            first = messages[-1].role == "user"
            async for event in _first(stage) if first else _second(stage):
                yield event

    Staged.sent = []
    return Staged


async def _first(stage: str) -> AsyncIterator[Event]:
    if stage == "asking":
        await _stay(stage)
    yield ReasoningDelta("Hm.")
    if stage == "thinking":
        await _stay(stage)
    yield TextDelta("Let me look.")
    if stage == "text":
        await _stay(stage)
    yield ToolCall(0, "c1", "look", '{"n": 1')
    if stage == "a call on its way":
        await _stay(stage)
    yield ToolCall(0, arguments="}")
    yield Finish("tool_calls")


async def _second(stage: str) -> AsyncIterator[Event]:
    if stage == "asking again":
        await _stay(stage)
    if stage == "a retry that waits":
        _at(stage)
        await asyncio.sleep(FOR_EVER)
        raise RateLimitError("too many requests")
    yield TextDelta("It is")
    if stage == "text behind a result":
        await _stay(stage)
    yield TextDelta(" so.")
    yield Finish("stop")


def _tool(stage: str) -> Callable[[Mapping[str, Any]], Any]:
    def blocks() -> str:
        _at(stage)
        time.sleep(FOR_EVER)
        return "late"

    async def in_worker() -> str:
        return await asyncio.to_thread(blocks)

    async def in_caller() -> str:
        return await runner.in_caller(blocks)

    async def awaits() -> str:
        await _stay(stage)
        return "late"

    return {
        "a tool that awaits": lambda _: awaits(),
        "a tool in a worker": lambda _: in_worker(),
        "a tool in the notebook's thread": lambda _: in_caller(),
    }.get(stage, lambda _: "seen")


class _Permit:
    def __init__(self, stage: str) -> None:
        self._stage = stage

    async def decide(self, call: PendingCall, tell: Tell) -> Verdict:
        if self._stage == "waiting for a yes":
            await _stay(self._stage)
        if self._stage == "a question in the cell":
            _at(self._stage)
            await runner.in_caller(lambda: input("May it? "))
        return Verdict(True)


class _Opened:
    """Tools that have to be started."""

    known: Sequence[Tool] | None = None

    def __init__(self, stage: str, tools: Sequence[Tool]) -> None:
        self._stage = stage
        self._tools = tools
        self._once = False

    async def open(self, tell: Tell) -> Sequence[Tool]:
        if self._stage == "opening the tools" and not self._once:
            self._once = True
            await _stay(self._stage)
        return self._tools


def results(asked: Chat) -> list[tuple[str, str]]:
    """Id and text of the results of the first turn."""
    found = []
    for message in asked.conversation.turns[0].exchange if asked.conversation.turns else ():
        for part in message.parts:
            if hasattr(part, "is_error"):
                texts = "".join(one.text for one in part.parts if isinstance(one, TextPart))
                found.append((part.id, texts))
    return found


__all__ = ["STAGES", "ToolOutput", "chat", "results"]
