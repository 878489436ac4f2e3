"""Real asks of a real server: the pace holds, whoever waits is told, and every end of a request gives its turn back."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

import pytest

from notebook_chat import Chat, errors, loop_thread, runner
from notebook_chat.conversation import Conversation
from notebook_chat.events import Notice, TextDelta
from notebook_chat.governor import Priority, Service, asking_as, service_for, services
from notebook_chat.providers import Anthropic, OpenAI
from notebook_chat.renderers import Silent, play
from notebook_chat.secrets import Secret

from ..servers import Answer, Failure, Gate, Pause, Response, Stall, Usage, VendorServer, Wire
from ..servers.background import PATIENCE
from ..servers.fixtures import ServerFactory
from ..servers.replies import anthropic_limits, openai_limits, retry_after, retry_after_ms
from ..transports import Canned, InMemory, completion
from .test_service import most_in

KEY = "sk-test-0123456789"


@pytest.fixture
def begin(vendor_server: ServerFactory) -> Callable[..., VendorServer]:
    def start(*replies: Any, dialect: str = "openai_chat") -> VendorServer:
        return vendor_server(dialect, *replies)

    return start


@pytest.fixture(autouse=True)
def own_services() -> Iterator[None]:
    """Each test has services of its own, and leaves none of them waiting."""
    kept = dict(services._services)
    services._services.clear()
    yield
    gc.collect()
    left = {str(name.provider): one.counts for name, one in services._services.items()}
    services._services.clear()
    services._services.update(kept)
    assert set(left.values()) <= {(0, 0)}, left


def chat(server: VendorServer, pace: Any = None, **options: Any) -> Chat:
    return Chat("openai:test", base_url=server.base_url, api_key=KEY, pace=pace, **options)


def service(server: VendorServer) -> Service:
    return service_for("openai", server.base_url, [Secret(KEY)])


def arrivals(server: VendorServer) -> list[float]:
    return [request.at for request in server.requests]


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end
        time.sleep(0.005)


async def asked(one: Chat, prompt: str = "x") -> str:
    return str(await one.ask_async(prompt))


async def test_fifty_at_once_keep_to_the_rate_and_to_how_many_at_once(begin: Any) -> None:
    server = begin(Answer("a", Pause(0.1), "b"))
    pace = "25 requests / second, 6 at once"
    answers = await asyncio.gather(*(asked(chat(server, pace)) for _ in range(50)))
    assert answers == ["ab"] * 50
    went = arrivals(server)
    assert len(went) == 50
    assert most_in(went, 0.09) <= 6  # each answer takes longer than that
    assert most_in(went, 0.5) <= 25
    assert max(went) - min(went) >= 0.8  # which is eight rounds, and more than a second of the rate


async def test_of_tokens_no_more_go_out_than_fit(begin: Any) -> None:
    server = begin(Answer("a"))
    one = chat(server, "2500 tokens / second", max_tokens=1000)
    await asyncio.gather(*(asked(chat(server, "2500 tokens / second", max_tokens=1000)) for _ in range(2)))
    assert len(arrivals(server)) == 2
    assert await asked(one) == "a"


async def test_what_an_answer_has_used_counts_in_the_end(begin: Any) -> None:
    server = begin(Answer("a", usage=Usage(10, 5)))
    pace = "1600 tokens / hour"
    for _ in range(5):  # each is taken for more than a thousand before it is asked
        assert await asked(chat(server, pace)) == "a"
    (window,) = service(server)._gauges.values()
    assert window._sum == 5 * 15  # type: ignore[attr-defined]


async def test_a_refused_request_has_used_nothing(begin: Any) -> None:
    server = begin(Failure("bad_request"))
    for _ in range(3):
        with pytest.raises(errors.BadRequestError):
            await asked(chat(server, "1600 tokens / hour"))


async def test_without_limits_nothing_waits(begin: Any) -> None:
    server = begin(Answer("a", Pause(0.05), "b"))
    notices: list[Any] = []
    result = OpenAI.create_async_generator("test", "x", base_url=server.base_url, api_key=KEY)
    async for event in result.events():
        notices += [event] if isinstance(event, Notice) else []
    assert notices == []
    assert service(server)._gauges == {}


@pytest.mark.parametrize("headers", [retry_after_ms(1500), retry_after(1.5), {"Retry-After": "1.5"}], ids=str)
async def test_a_refusal_holds_all_requests_back_and_nobody_waits_twice(begin: Any, headers: Any) -> None:
    server = begin(Failure("rate_limit", headers=headers), Answer("a"))
    first = asyncio.create_task(asked(chat(server)))
    await asyncio.to_thread(server.arrival(1).wait)
    await asyncio.sleep(0.2)
    assert service(server).paused() > 0.5
    others = [asyncio.create_task(asked(chat(server))) for _ in range(5)]
    assert [await task for task in (first, *others)] == ["a"] * 6
    refused, *went = arrivals(server)
    assert min(went) - refused >= 1.4
    assert went[0] - refused < 2.7  # and not three


async def test_another_key_and_another_address_are_other_services(begin: Any) -> None:
    server, elsewhere = begin(Failure("rate_limit", headers=retry_after(20))), begin(Answer("a"))
    server.reply_with(Failure("rate_limit", headers=retry_after(20)), Answer("a"))
    with pytest.raises(errors.RateLimitError):
        await asked(chat(server, retries=0))
    assert service(server).paused() > 10
    assert await asked(Chat("openai:test", base_url=server.base_url, api_key="sk-another")) == "a"
    assert await asked(chat(elsewhere)) == "a"
    assert KEY not in repr([*services._services]) + repr(vars(service(server)))


OPENAI = openai_limits(requests=(0, "1.2s"), tokens=(100, "6m0s"))
FORMS = {
    "openai": OPENAI,
    "seconds": {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1.2"},
    "draft": {"RateLimit-Remaining": "0", "RateLimit-Reset": "2"},
    "a day's": {"x-ratelimit-remaining-requests-day": "0", "x-ratelimit-reset-requests-day": "1.2"},
}


@pytest.mark.parametrize("form", FORMS)
async def test_an_answer_that_says_that_nothing_remains_is_heeded(begin: Any, form: str) -> None:
    server = begin(Answer("a", headers=FORMS[form]), Answer("b"))
    assert await asked(chat(server)) == "a"
    assert 0 < service(server).paused() <= 2
    assert await asked(chat(server)) == "b"
    first, second = arrivals(server)
    assert second - first >= 1


@pytest.mark.parametrize(
    ("headers", "low", "high"),
    [
        (openai_limits(tokens=(0, "6m0s")), 300, 360),
        (openai_limits(tokens=(1, "6m0s")), 0, 0),
        (openai_limits(tokens=(0, "24h0m0s")), 0, 0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "nan"}, 0, 0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "-5"}, 0, 0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9" * 300}, 0, 0),
        ({"x-ratelimit-remaining": "0"}, 0, 0),
        ({"x-ratelimit-remaining": "", "x-ratelimit-reset": "50"}, 0, 0),
    ],
    ids=str,
)
async def test_how_long_it_is_heeded(begin: Any, headers: dict[str, str], low: float, high: float) -> None:
    server = begin(Answer("a", headers=headers))
    assert await asked(chat(server)) == "a"
    assert low <= service(server).paused() <= high


@pytest.mark.parametrize("times", [1, 1000])
async def test_moments_are_told_in_seconds_or_milliseconds(times: int) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int((time.time() + 60) * times))}
    answer = completion("a")
    transport = InMemory(
        Canned(answer.blocks, headers={name.lower(): value for name, value in headers.items()})
    )
    await asked(Chat("openai:test", base_url="http://127.0.0.1:9/v1", api_key=KEY, transport=transport))
    (one,) = services._services.values()
    assert 50 < one.paused() <= 61


async def test_anthropics_headers_are_heeded(begin: Any) -> None:
    from datetime import UTC, datetime, timedelta

    full = datetime.now(UTC) + timedelta(seconds=100)
    server = begin(
        Answer("a", headers=anthropic_limits(requests=(0, full), tokens=(10, full))), dialect="anthropic"
    )
    result = Anthropic.create_async_generator("test", "x", base_url=server.base_url, api_key=KEY)
    assert await result.read() == "a"
    assert 60 < service_for("anthropic", server.base_url, [Secret(KEY)]).paused() <= 100


async def test_who_waits_is_told_for_what_and_for_how_long(begin: Any, caplog: Any) -> None:
    gate = Gate()
    server = begin(Answer("a", gate, "b"))
    caplog.set_level(logging.DEBUG, "notebook_chat.governor")
    first = asyncio.create_task(asked(chat(server, "1 at once")))
    await asyncio.to_thread(server.arrival(1).wait)
    notices: list[Notice] = []

    async def second() -> str:
        text = ""
        async for event in OpenAI.create_async_generator(
            "test", "x", base_url=server.base_url, api_key=KEY, pace="openai = 1 at once"
        ).events():
            notices.extend([event] if isinstance(event, Notice) else [])
            text += event.text if isinstance(event, TextDelta) else ""
        return text

    other = asyncio.create_task(second())
    while not notices:
        await asyncio.sleep(0.01)
    gate.open()
    assert (await first, await other) == ("ab", "ab")
    assert notices[0].text == "waiting for openai: 1 at once, next"
    assert notices[-1].text == "waiting for the answer"
    assert sum(one.waited for one in notices) > 0.2
    log = caplog.text
    assert "1 at once" in log
    assert "goes out after" in log
    assert KEY not in log


async def test_the_wait_is_not_the_services_time_but_counts_for_the_users(begin: Any) -> None:
    server = begin(Answer("a"))
    pace = "1 requests / 2 seconds"
    await asked(chat(server, pace))
    answer = await chat(server, pace).ask_async("x")
    first, second = arrivals(server)
    assert second - first >= 1.9
    assert answer.seconds < (second - first) * 0.8
    for _ in range(2):
        with pytest.raises(
            errors.RequestTimeoutError, match=r"no turn at openai within .*: 1 request in 2 seconds"
        ):
            await chat(server, pace, timeout=0.3).ask_async("x")
    assert len(arrivals(server)) == 2


async def test_what_cannot_be_waited_for_in_time_is_not_waited_for(begin: Any) -> None:
    server = begin(Failure("rate_limit", headers=retry_after(25)))
    with pytest.raises(errors.RateLimitError):
        await asked(chat(server, retries=0))
    began = time.monotonic()
    with pytest.raises(errors.RequestTimeoutError, match="asked for a pause"):
        await asked(chat(server, timeout=20))
    assert time.monotonic() - began < 15


async def test_cells_go_before_programs_and_those_before_batches(begin: Any) -> None:
    gate = Gate()
    server = begin(Answer("a", gate), Answer("b"))
    first = asyncio.create_task(asked(chat(server, "1 at once"), "first"))
    await asyncio.to_thread(server.arrival(1).wait)

    async def asked_as(priority: Priority, prompt: str) -> None:
        with asking_as(priority):
            await asked(chat(server, "1 at once"), prompt)

    tasks = []
    for number, priority in enumerate((Priority.BATCH, Priority.BATCH, Priority.CALL, Priority.CELL)):
        tasks.append(asyncio.create_task(asked_as(priority, f"{priority.name} {number}")))
        while service(server).counts[1] <= number:
            await asyncio.sleep(0.005)
    cell = Chat(
        "openai:test", base_url=server.base_url, api_key=KEY, pace="1 at once", conversation=Conversation()
    )
    thread = threading.Thread(target=lambda: play(cell.reply("in a cell"), Silent()))
    thread.start()
    while service(server).counts[1] < 5:
        await asyncio.sleep(0.005)
    gate.open()
    await asyncio.gather(first, *tasks)
    await asyncio.to_thread(thread.join, PATIENCE)
    order = [request.turns[-1].text for request in server.requests]
    assert order == ["first", "CELL 3", "in a cell", "CALL 2", "BATCH 0", "BATCH 1"]


# --- however it ends ----------------------------------------------------------------------------------------


async def free(server: VendorServer, pace: str) -> None:
    """Nothing of what was asked before holds anybody up."""
    server.reply_with(Answer("whole"))
    async with asyncio.timeout(PATIENCE):
        assert await asked(chat(server, pace)) == "whole"
    assert service(server).counts == (0, 0)


@pytest.mark.parametrize("how", ["cancel", "close", "raise", "drop"])
@pytest.mark.parametrize("stage", ["in the line", "on its way", "comes"])
async def test_every_end_gives_the_turn_back(begin: Any, stage: str, how: str) -> None:
    server = begin(Answer("a", Stall(), wire=Wire()))
    if stage == "on its way":
        server.reply_with(Answer(Stall()))
    pace = "1 at once"
    holder: Any = None
    if stage == "in the line":
        holder = asyncio.create_task(asked(chat(server, pace)))
        await asyncio.to_thread(server.arrival(1).wait)
    result = OpenAI.create_async_generator("test", "x", base_url=server.base_url, api_key=KEY, pace=pace)

    async def take() -> None:
        async with aclosing(result.events()) as events:
            async for event in events:
                if how == "raise" and stage == "comes":
                    raise ValueError("of whoever takes it")
                if how in ("close", "drop") and isinstance(event, TextDelta):
                    return

    task = asyncio.create_task(take())
    place = 1 if stage == "in the line" else 0
    while service(server).counts[place] == 0:
        await asyncio.sleep(0.005)
    if stage != "in the line":
        await asyncio.to_thread(server.arrival(1).wait)
    if stage != "comes" or how == "cancel":
        task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    if how == "drop":
        del result, task
        gc.collect()
        await asyncio.sleep(0.01)
    else:
        await result.aclose()
    if holder is not None:
        assert service(server).counts == (1, 0)
        holder.cancel()
        await asyncio.gather(holder, return_exceptions=True)
    await free(server, pace)


@pytest.mark.parametrize(
    "reply",
    [
        Failure("bad_request"),
        Failure("overloaded"),
        Response(200, b"no answer at all"),
        Response(500),
        Answer("a", finish=None),
    ],
    ids=lambda one: type(one).__name__,
)
async def test_every_failure_gives_the_turn_back(begin: Any, reply: Any) -> None:
    server = begin(reply)
    with suppress(errors.ChatError):
        await asked(chat(server, "1 at once", retries=1))
    await free(server, "1 at once")


async def test_a_transport_that_breaks_gives_the_turn_back(begin: Any) -> None:
    server = begin(Answer("a"))
    for error in (errors.ConnectError("refused"), RuntimeError("of the transport")):
        with pytest.raises(errors.ChatError):
            await asked(chat(server, "1 at once", transport=InMemory(error), retries=0))
    await free(server, "1 at once")


async def test_a_hundred_cancellations_at_any_moment_leak_nothing(begin: Any) -> None:
    server = begin(Answer("a", Pause(0.02), "b"))
    pace = "3 at once"
    for round_ in range(5):
        tasks = [asyncio.create_task(asked(chat(server, pace))) for _ in range(20)]
        for number, task in enumerate(tasks):
            await asyncio.sleep(0.004 * (number % 3) + 0.001 * round_)
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert service(server).counts == (0, 0)
    await free(server, pace)


class Hanging:
    """A transport whose answer begins and never ends."""

    @asynccontextmanager
    async def send(self, request: Any) -> AsyncGenerator[Any]:
        yield self

    status = 200
    headers: dict[str, str] = {}

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        yield completion("a").blocks[0]
        await asyncio.Event().wait()


def test_a_loop_that_is_gone_holds_nobody_up(begin: Any) -> None:
    server = begin(Answer("whole"))
    loop = asyncio.new_event_loop()
    way: Any = {"base_url": server.base_url, "api_key": KEY, "pace": "1 at once", "transport": Hanging()}
    held = [OpenAI.create_async_generator("test", "x", **way).events()]

    async def first() -> Any:
        return await anext(held[0])

    loop.run_until_complete(first())
    assert service(server).counts == (1, 0)
    loop.close()
    assert chat(server, "1 at once").ask("x") == "whole"
    held.clear()
    gc.collect()
    assert service(server).counts == (0, 0)


def test_who_is_forgotten_in_the_middle_holds_nobody_up(begin: Any) -> None:
    """Nobody closes it but its loop, which does so for whatever is collected."""
    server = begin(Answer("whole"))
    loop = asyncio.new_event_loop()
    way: Any = {"base_url": server.base_url, "api_key": KEY, "pace": "1 at once", "transport": Hanging()}
    held = [OpenAI.create_async_generator("test", "x", **way).events()]

    async def first() -> Any:
        return await anext(held[0])

    loop.run_until_complete(first())
    held.clear()
    gc.collect()
    loop.run_until_complete(asyncio.sleep(0.05))  # in which the loop closes it
    assert chat(server, "1 at once").ask("x") == "whole"
    assert service(server).counts == (0, 0)
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def test_a_stop_is_obeyed_at_once_by_whoever_waits(begin: Any) -> None:
    server = begin(Answer("a", Stall()))
    held = chat(server, "1 at once").stream("x")
    assert next(held) == "a"
    waiting = chat(server, "1 at once")
    thread = threading.Thread(target=lambda: [*waiting.stream("y")])
    thread.start()
    until(lambda: service(server).counts == (1, 1))
    run = waiting.conversation.answering
    assert run is not None
    assert run.progress is not None
    run.progress.stop()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert service(server).counts == (1, 0)
    assert len(server.requests) == 1
    held.close()  # type: ignore[attr-defined]
    until(lambda: service(server).counts == (0, 0))


def test_a_loop_that_is_replaced_holds_nobody_up(begin: Any) -> None:
    """One request is on its way and one waits on a loop that blocks; whoever asks on the next loop goes on."""
    server = begin(Answer("a", Stall()))
    release = threading.Event()
    threads = [
        threading.Thread(target=lambda: _quietly(lambda: chat(server, "1 at once").ask("x")), daemon=True)
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    until(lambda: service(server).counts == (1, 1))
    home = loop_thread.current()
    home.loop.call_soon_threadsafe(release.wait)
    loop_thread.replace(home)
    server.reply_with(Answer("whole"))
    assert chat(server, "1 at once").ask("x") == "whole"
    assert loop_thread.current() is not home
    release.set()
    home.stop()
    for thread in threads:
        thread.join(PATIENCE)
    until(lambda: service(server).counts == (0, 0))


def _quietly(call: Callable[[], object]) -> None:
    with suppress(errors.ChatError):
        call()


async def test_a_loop_that_blocks_holds_nobody_up_and_counts_again_afterwards(begin: Any) -> None:
    """As the notebook's own, where a cell waits in it for its turn."""
    gate = Gate()
    server = begin(Answer("a", gate, "b"), Answer("whole"))
    held = asyncio.create_task(asked(chat(server, "1 at once")))
    await asyncio.to_thread(server.arrival(1).wait)
    assert chat(server, "1 at once").ask("x") == "whole"  # which blocks this loop
    assert service(server).counts == (0, 0)
    await asyncio.sleep(0.05)
    assert service(server).counts == (1, 0)
    with pytest.raises(errors.RequestTimeoutError, match="1 at once"):
        await asked(chat(server, "1 at once", timeout=0.3))
    gate.open()
    assert await held == "ab"
    assert await asked(chat(server, "1 at once")) == "whole"


def test_several_loops_and_threads_share_one_pace(begin: Any) -> None:
    server = begin(Answer("a", Pause(0.05), "b"))
    got: list[str] = []

    def sync() -> None:
        got.append(str(chat(server, "2 at once").ask("x")))

    def of_its_own() -> None:
        got.append(asyncio.run(asked(chat(server, "2 at once"))))

    threads = [threading.Thread(target=target) for target in (sync, of_its_own) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert got == ["ab"] * 8
    assert most_in(arrivals(server), 0.045) <= 2
    assert service(server).counts == (0, 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_asks_while_its_parent_does(begin: Any) -> None:
    server = begin(Answer("a", Stall()))
    held = chat(server, "1 at once, 3 requests / hour").stream("x")
    assert next(held) == "a"
    server.reply_with(Answer("whole"))
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if chat(server, "1 at once, 3 requests / hour").ask("x") == "whole" else 2
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert service(server).counts == (1, 0)
    held.close()  # type: ignore[attr-defined]
    until(lambda: service(server).counts == (0, 0))
    assert chat(server, "1 at once, 3 requests / hour").ask("x") == "whole"


# --- what is said where --------------------------------------------------------------------------------------


async def test_lists_and_counts_are_requests_too(begin: Any) -> None:
    server = begin(Answer("a"))
    way: Any = {"base_url": server.base_url, "api_key": KEY}
    await asked(chat(server, "3 requests / hour"))
    await OpenAI.list_models(**way)
    await OpenAI.list_models(**way)
    with pytest.raises(errors.RequestTimeoutError):
        await asked(chat(server, "3 requests / hour", timeout=0.2))
    with pytest.raises(errors.RequestTimeoutError, match="no turn at openai"):
        await OpenAI.list_models(**way, pace="3 requests / hour", timeout=0.2)


def test_the_environment_says_it_too(begin: Any, monkeypatch: Any) -> None:
    server = begin(Answer("a"))
    monkeypatch.setenv("NOTEBOOK_CHAT_PACE", "openai = 1 requests / hour")
    assert chat(server).ask("x") == "a"
    with pytest.raises(errors.RequestTimeoutError):
        chat(server, timeout=0.2).ask("x")
    assert chat(server, "").ask("x") == "a"  # whoever asks has the last word
    monkeypatch.setenv("NOTEBOOK_CHAT_PACE", "fast")
    with pytest.raises(errors.InvalidOptionError, match=r"NOTEBOOK_CHAT_PACE: pace: 'fast'"):
        chat(server).ask("x")


def test_a_wrong_pace_is_refused_where_it_is_given(begin: Any) -> None:
    with pytest.raises(errors.InvalidOptionError, match="'fast' does not begin with a number"):
        Chat("openai:test", api_key=KEY, pace="fast")
    with pytest.raises(errors.InvalidOptionError, match="has no option 'pace'"):
        Chat(provider=_answer, pace="4 at once")


async def _answer(messages: Any) -> AsyncGenerator[str]:
    yield "a"


def test_the_way_back_from_a_thread(begin: Any) -> None:
    server = begin(Answer("a"))
    result = OpenAI.create_async_generator(
        "test", "x", base_url=server.base_url, api_key=KEY, pace="1 at once"
    )
    assert runner.run(result.read()) == "a"
