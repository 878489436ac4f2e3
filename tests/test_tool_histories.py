"""Histories with tools: what a vendor signed goes back in its place alone, and every call is answered, however the
conversation is edited, stopped, saved, or taken on by another vendor."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

import pytest
from hypothesis import given, settings

from notebook_chat import Chat
from notebook_chat.conversation import Conversation
from notebook_chat.tools import ToolOutput

from .strict_callers import CALLERS, Caller, CallingAnthropic, CallingGemini, CallingResponses
from .test_replays import ACTIONS, EDITS, Edit, act
from .tools.scripted import Made

EVERY = pytest.mark.parametrize("vendor", CALLERS)
SIGNING = pytest.mark.parametrize("vendor", [CallingAnthropic, CallingResponses, CallingGemini])
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}}


def looker(**options: Any) -> Made:
    return Made("look", lambda values: f"seen {values.get('n')}", parameters=SCHEMA, **options)


def chat_with(vendor: Caller, **options: Any) -> Chat:
    return Chat(
        vendor.model, transport=vendor, api_key="sk-0123456789", retries=0, **{"tools": [looker()], **options}
    )


def fine(service: Caller) -> bool:
    return (service.broken, service.wrong) == ([], [])


@EVERY
@pytest.mark.parametrize("steps", [1, 3])
def test_a_conversation_that_only_grows(vendor: type[Caller], steps: int) -> None:
    service = vendor(steps)
    chat = chat_with(service, system="be brief")
    for number in range(3):
        assert "answer" in chat.ask(f"question {number}")
    assert fine(service)
    assert len(service.asked) == 3 * (steps + 1)
    if vendor in (CallingAnthropic, CallingResponses, CallingGemini):
        assert service.valid == list(range(3 * (steps + 1)))


@EVERY
def test_they_last_in_a_history(vendor: type[Caller]) -> None:
    service = vendor()
    chat = chat_with(service)
    chat.ask("one")
    read = Conversation.from_dict(chat.conversation.to_dict())
    chat_with(service, conversation=read).ask("two")
    assert fine(service)
    if service.valid[-1]:
        assert service.valid[-1] == 3


@EVERY
@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_edits(vendor: type[Caller], edit: Edit) -> None:
    service = vendor()
    chat = chat_with(service)
    for number in range(3):
        chat.ask(f"question {number}", cell=f"c{number}")
    edit(chat)
    chat.ask("and now?", cell="c9")
    assert fine(service)


@EVERY
def test_without_tools_a_history_with_calls_goes_on(vendor: type[Caller]) -> None:
    service = vendor()
    chat = chat_with(service)
    chat.ask("one")
    chat.ask("two", tools=[])
    assert fine(service)


@EVERY
@settings(max_examples=40, deadline=None)
@given(ACTIONS)
def test_edits_of_any_kind_in_any_order(vendor: type[Caller], actions: list[tuple[str, int]]) -> None:
    service = vendor()
    chat = chat_with(service, system="be brief")
    for number, (action, choice) in enumerate(actions):
        chat = act(chat, action, choice, number)
    chat.ask("the last one")
    assert fine(service)


@pytest.mark.parametrize("second", CALLERS)
@EVERY
def test_another_vendor_takes_it_on(vendor: type[Caller], second: type[Caller]) -> None:
    first, other = vendor(), second()
    chat = chat_with(first)
    chat.ask("one")
    chat.ask("two")
    taken = chat_with(other, conversation=chat.conversation)
    taken.ask("three")
    back = chat_with(first, conversation=chat.conversation)
    back.ask("four")
    assert fine(first)
    assert fine(other)


@EVERY
def test_a_turn_that_was_stopped_while_a_tool_ran(vendor: type[Caller]) -> None:
    service = vendor()

    async def slow(values: Any) -> ToolOutput:
        await asyncio.sleep(30)
        return ToolOutput.text("late")

    chat = chat_with(service, tools=[Made("look", slow)])

    async def stopped() -> None:
        run = chat.reply("go")

        async def drained() -> None:
            async for _ in run.batches():
                pass

        task = asyncio.create_task(drained())
        while not chat.conversation.busy or not run.snapshot.unanswered:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        run.stop()
        await task

    asyncio.run(stopped())
    again = chat_with(service, conversation=chat.conversation)
    again.ask("and now?")
    assert fine(service)


@EVERY
def test_branches(vendor: type[Caller]) -> None:
    service = vendor()
    chat = chat_with(service)
    chat.ask("one")
    branch = copy.deepcopy(chat)
    branch.ask("two")
    chat.ask("two, too")
    assert fine(service)


@EVERY
def test_results_with_errors_images_and_much_text(vendor: type[Caller]) -> None:
    from notebook_chat.messages import ImagePart, TextPart

    service = vendor()
    image = ImagePart(bytes.fromhex("89504e470d0a1a0a") + b"\0" * 20, "image/png")
    outputs = iter(
        [
            ToolOutput((TextPart("a figure"), image)),
            ToolOutput.text("broken", is_error=True),
            ToolOutput((image,)),
            ToolOutput.text("x" * 200_000),
            ToolOutput(()),
            ToolOutput.text(""),
        ]
    )
    chat = chat_with(service, tools=[Made("look", lambda _: next(outputs))])
    for number in range(3):
        chat.ask(f"question {number}")
    assert fine(service)
