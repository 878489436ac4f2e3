"""What is put to the account of an answer that is not whole."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from notebook_chat import Chat
from notebook_chat.errors import ChatError, ServerError
from notebook_chat.events import AnotherRequest, Finish, Notice, TextDelta, Usage
from notebook_chat.providers.async_result import AsyncResult

from ..fakes import parrot
from .test_adding_up import Accounts, accounts

__all__ = ["accounts"]  # a fixture

TEXT = "A few words of an answer."


async def ask(script: list[Any], **options: Any) -> tuple[Chat, Any]:
    chat = Chat(provider=parrot(script))
    run = chat.reply("Hi", **options)
    with contextlib.suppress(ChatError):
        async for _ in run.batches():
            pass
    return chat, run.turn


async def test_one_that_failed_behind_its_figures_counts(accounts: Accounts) -> None:
    chat, turn = await ask([Usage(50, 1), ServerError("gone")])
    assert turn is None
    assert (chat.usage.input_tokens, chat.usage.output_tokens, chat.usage.estimated) == (50, 1, 0)
    [used] = accounts.all[0].all
    assert (used.usage, used.estimated) == (Usage(50, 1), None)


async def test_one_that_failed_behind_its_text_is_estimated_as_far_as_it_is_not_told(
    accounts: Accounts,
) -> None:
    chat, turn = await ask([Usage(50, 1), TextDelta(TEXT), ServerError("gone")])
    assert turn.usage == Usage(50, 1)
    assert turn.cost is None
    [used] = accounts.all[0].all
    assert used.estimated is not None
    assert used.estimated.input_tokens is None
    assert 2 <= (used.estimated.output_tokens or 0) <= len(TEXT)
    assert chat.usage.output_tokens == 1 + (used.estimated.output_tokens or 0)


async def test_one_that_was_refused_used_nothing(accounts: Accounts) -> None:
    chat, turn = await ask([Notice("waiting"), ServerError("no")])
    assert turn is None
    assert (chat.usage.input_tokens, chat.usage.requests, chat.usage.unpriced) == (0, 1, 0)
    assert chat.usage.cost == 0.0


async def test_one_of_a_service_that_says_nothing_is_estimated(accounts: Accounts) -> None:
    chat, turn = await ask([TextDelta(TEXT), Finish("stop")])
    assert turn.usage is None
    assert chat.usage.estimated == chat.usage.input_tokens + chat.usage.output_tokens
    assert chat.usage.input_tokens > 0
    assert chat.usage.output_tokens > 0
    assert (chat.usage.cost, chat.usage.unpriced) == (None, 1)
    assert str(chat.usage).startswith("1 request, about ")


async def test_an_empty_answer_had_a_prompt(accounts: Accounts) -> None:
    chat, _ = await ask([Finish("stop")])
    assert chat.usage.input_tokens > 0
    assert chat.usage.output_tokens == 0


async def test_a_whole_answer_without_a_reason_for_its_end_is_as_told(accounts: Accounts) -> None:
    chat, turn = await ask([TextDelta(TEXT * 10), Usage(5, 1)])
    assert turn.usage == Usage(5, 1)
    assert chat.usage.estimated == 0


async def test_one_that_grew_too_large_is_estimated(accounts: Accounts) -> None:
    chat, _ = await ask([Usage(9, 1), *[TextDelta(TEXT)] * 100], max_characters=1000)
    assert 100 < chat.usage.output_tokens < 1000
    assert chat.usage.input_tokens == 9


async def test_one_that_takes_no_notice_counts_once(accounts: Accounts) -> None:
    chat = Chat(provider=parrot([Usage(50, 7), TextDelta("Hi"), 30.0]))
    run = chat.reply("Hi")

    async def wait() -> None:
        async for _ in run.batches():
            pass

    task = asyncio.create_task(wait())
    while chat.provider.requests == [] or not run.snapshot.text:
        await asyncio.sleep(0)
    await asyncio.to_thread(run.leave)
    [account] = accounts.all
    assert account.record is not None
    assert account.record.status == "stopped"
    assert account.record.usage == Usage(50, 7)
    assert [used.usage for used in account.all] == [Usage(50, 7)]
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert len(account.all) == 1
    assert chat.usage.requests == 1


async def test_another_request_adds_and_the_same_one_replaces() -> None:
    async def events() -> Any:
        yield Usage(10, 1)
        yield Usage(output_tokens=5)
        yield AnotherRequest("once more")
        yield Usage(20)
        yield Usage(21, 3, cached_tokens=2)

    result = AsyncResult(events())
    await result.read()
    assert result.usage == Usage(31, 8, cached_tokens=2)
    assert result.snapshot.requests == 2
    assert result.snapshot.notice == AnotherRequest("once more")


@pytest.mark.parametrize("odd", [-1, 1.5, "3", True, 1 << 60, float("nan"), None])
async def test_figures_that_cannot_be_are_none(odd: Any, accounts: Accounts) -> None:
    chat, turn = await ask([TextDelta("Hi"), Usage(odd, 2, odd, odd, odd, -3.0, odd), Finish("stop")])
    assert turn.usage == Usage(None, 2)
    assert chat.usage.input_tokens > 0  # which is estimated
