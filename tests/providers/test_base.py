"""What every provider's answer can do, shown with a provider of a few lines."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from notebook_chat.errors import ChatError, ServerError, UnexpectedError
from notebook_chat.events import Event, Finish, ModelName, Notice, ReasoningDelta, TextDelta, ToolCall, Usage
from notebook_chat.providers.async_result import AsyncResult
from notebook_chat.providers.base import AsyncGeneratorProvider

KEY = "sk-planted-secret"
ITEMS: list[Any] = [
    Notice("thinking about it"),
    "Hel",
    [ReasoningDelta("hm"), TextDelta("lo"), TextDelta(" ")],
    "",
    TextDelta("you"),
    [ToolCall(0, "id", "look", '{"a"'), ToolCall(1, "id2", "see", "{}"), ToolCall(0, arguments=": 1}")],
    [Usage(10), ModelName("parrot-2"), Finish("length"), Usage(output_tokens=3)],
]


class Parrot(AsyncGeneratorProvider):
    """Says what it is told to."""

    url = "http://parrot"
    default_model = "parrot-1"
    closed = 0

    @classmethod
    async def stream(cls, model: str, messages: Any, **options: Any) -> AsyncGenerator[Any]:
        try:
            for item in options.get("items", ITEMS):
                await asyncio.sleep(0)
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            cls.closed += 1


def ask(**options: Any) -> AsyncResult:
    return Parrot.create_async_generator("", "hi", **options)


async def test_iterated_directly_it_gives_the_text() -> None:
    assert [chunk async for chunk in ask()] == ["Hel", "lo", " ", "you"]


async def test_awaited_first_it_gives_itself() -> None:
    result = ask()
    assert await result is result
    assert [chunk async for chunk in result] == ["Hel", "lo", " ", "you"]


async def test_at_its_end_it_knows_everything() -> None:
    result = ask()
    assert result.finish_reason is None
    assert await result.read() == "Hello you" == result.text
    assert (result.reasoning, result.finish_reason, result.model) == ("hm", "length", "parrot-2")
    assert result.usage == Usage(10, 3)
    assert result.usage.total_tokens == 13
    assert [(call.name, call.arguments) for call in result.tool_calls] == [
        ("look", '{"a": 1}'),
        ("see", "{}"),
    ]


async def test_events_are_all_of_it_in_order() -> None:
    events: list[Event] = [event async for event in ask().events()]
    flat = [event for item in ITEMS for event in (item if isinstance(item, list) else [item]) if event != ""]
    assert events == [TextDelta(event) if isinstance(event, str) else event for event in flat]


async def test_changing_from_text_to_events_in_the_middle_loses_nothing() -> None:
    result = ask()
    first = [await anext(result), await anext(result)]
    rest = [event.text async for event in result.events() if isinstance(event, TextDelta)]
    assert "".join(first + rest) == "Hello you" == result.text


async def test_closed_early_it_closes_its_source_and_keeps_what_came() -> None:
    before = Parrot.closed
    async with ask() as result:
        async for _ in result:
            break
    assert Parrot.closed == before + 1
    assert (result.text, result.finish_reason) == ("Hel", None)
    assert [chunk async for chunk in result] == []


async def test_two_answers_at_once_do_not_mix() -> None:
    one, two = ask(items=list("abc")), ask(items=list("123"))
    pairs = [(await anext(one), await anext(two)) for _ in range(3)]
    assert pairs == [("a", "1"), ("b", "2"), ("c", "3")]
    assert (one.text, two.text) == ("abc", "123")


async def test_a_failure_has_the_text_before_it_and_no_frame_that_knows_the_key() -> None:
    result = ask(items=["par", "tial", ServerError("broke")], api_key=KEY, headers={"X": KEY})
    with pytest.raises(ServerError, match="broke") as caught:
        await result.read()
    assert caught.value.partial == "partial"
    assert caught.value.__context__ is None
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert KEY not in shown


async def test_a_failure_that_is_a_bug_has_its_traceback_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "notebook_chat"), pytest.raises(UnexpectedError) as caught:
        await ask(items=["x", ZeroDivisionError(f"of {KEY}")], api_key=KEY).read()
    assert caught.value.partial == "x"
    assert "in stream" in caplog.text
    assert KEY not in caplog.text + "".join(traceback.format_exception(caught.value))


async def test_an_item_that_is_neither_text_nor_event_is_refused() -> None:
    with pytest.raises(ChatError, match="yielded int"):
        await ask(items=[3]).read()


async def test_the_whole_answer() -> None:
    assert await Parrot.create_async("", "hi", api_key=KEY) == "Hello you"


async def test_a_synchronous_caller_inside_a_running_loop() -> None:
    assert list(Parrot.create_completion("", "hi")) == ["Hel", "lo", " ", "you"]


def test_a_synchronous_caller_that_leaves_early_closes_the_source() -> None:
    before = Parrot.closed
    for _ in Parrot.create_completion("", "hi"):
        break
    assert Parrot.closed == before + 1


async def test_create_async_fails_without_showing_the_key() -> None:
    with pytest.raises(ServerError) as caught:
        await Parrot.create_async("", "hi", items=[ServerError("no")], api_key=KEY)
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert KEY not in shown


def test_a_provider_describes_itself() -> None:
    assert Parrot.name == "parrot"
    assert Parrot.get_dict() == {"name": "Parrot", "url": "http://parrot", "label": "parrot"}
    assert repr(ask()) == "<AsyncResult of parrot:parrot-1, 0 characters, open>"


def test_a_provider_without_a_stream_says_so() -> None:
    class Empty(AsyncGeneratorProvider):
        pass

    with pytest.raises(TypeError, match="Empty has no stream"):
        Empty.create_async_generator("", "hi")
