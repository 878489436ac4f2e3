"""The embedded model, with the real engine and the real weights."""

from __future__ import annotations

import asyncio
import itertools
import time
from pathlib import Path
from typing import Any

import pytest

from notebook_chat.errors import (
    ChatError,
    ConfigurationError,
    ContextLengthError,
    EngineError,
    InvalidMessagesError,
    InvalidOptionError,
    MissingDependencyError,
    RequestTimeoutError,
)
from notebook_chat.events import Event, Notice
from notebook_chat.providers import AsyncResult, Local
from notebook_chat.providers.local import engine, weights

pytest_plugins = ("tests.providers.local_fixtures",)

LONG = "Tell me a long story about a ship."


def ask(prompt: Any = "Hello!", model: str = "", **options: Any) -> AsyncResult:
    """A question to the embedded model; it answers the same each time."""
    return Local.create_async_generator(model, prompt, temperature=0, seed=1, **options)


def statuses_in(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Notice)]


# --- what needs no model --------------------------------------------------------------------------------


async def test_missing_engine_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match="xllamacpp") as raised:
        await ask().read()
    assert raised.value.hint == 'Run: pip install "notebook_chat[local]"'
    assert raised.value.provider == "local"


@pytest.mark.parametrize(
    ("messages", "options", "error"),
    [
        ([], {}, InvalidMessagesError),
        ("Hi", {"top_p": 2}, InvalidOptionError),
        ("Hi", {"max_tokens": 0}, InvalidOptionError),
        ("Hi", {"n_ctx": 10}, InvalidOptionError),
        ("Hi", {"n_ctx": True}, InvalidOptionError),
        ("Hi", {"timeout": -1}, InvalidOptionError),
        ("Hi", {"extra_body": "x"}, InvalidOptionError),
    ],
)
async def test_mistakes_are_found_before_anything_is_downloaded(
    monkeypatch: pytest.MonkeyPatch, messages: Any, options: dict[str, Any], error: type[ChatError]
) -> None:
    monkeypatch.setattr(weights, "find", lambda *arguments: pytest.fail("the weights were looked for"))
    with pytest.raises(error) as raised:
        await Local.create_async_generator("", messages, **options).read()
    assert raised.value.provider == "local"


async def test_name_that_means_nothing() -> None:
    with pytest.raises(ConfigurationError, match="there is no embedded model 'gpt-5'") as raised:
        await ask(model="gpt-5").read()
    assert raised.value.provider == "local"


def test_class_says_that_the_default_is_a_demonstration() -> None:
    assert "tiny demonstration model" in " ".join((Local.__doc__ or "").split())
    assert Local.default_model in Local.models
    assert not Local.needs_auth


# --- the answer -----------------------------------------------------------------------------------------


@pytest.mark.model
async def test_first_use_loads_and_streams(model_file: Path, fresh: engine.Engines) -> None:
    result = ask(max_tokens=24)
    events = [event async for event in result.events()]
    assert statuses_in(events) == [
        "SmolLM2-135M is a tiny demonstration model: its answers are poor",
        "Loading smollm2-135m",
    ]
    pieces = [event for event in events if not isinstance(event, Notice)]
    assert len(pieces) > 8
    assert result.text.strip()
    assert result.model == "smollm2-135m"
    assert result.finish_reason in ("stop", "length")
    assert result.usage is not None
    assert result.usage.input_tokens
    assert result.usage.output_tokens
    assert statuses_in([event async for event in ask(max_tokens=4).events()]) == []


@pytest.mark.model
async def test_follow_up_holds_the_turns_before_it(model_file: Path) -> None:
    first = ask("Hello there!", max_tokens=16)
    answer = await first.read()
    turns = [
        {"role": "user", "content": "Hello there!"},
        {"role": "assistant", "content": answer},
        {"role": "user", "content": "And now?"},
    ]
    second = ask(turns, max_tokens=4)
    await second.read()
    assert first.usage is not None
    assert second.usage is not None
    before = (first.usage.input_tokens or 0) + (first.usage.output_tokens or 0)
    assert (second.usage.input_tokens or 0) >= before
    assert (second.usage.cached_tokens or 0) >= (first.usage.input_tokens or 0) // 2  # it was not read again


@pytest.mark.model
async def test_system_prompt_is_read(model_file: Path) -> None:
    plain, told = ask(max_tokens=1), ask(max_tokens=1, system="You are a very helpful assistant. " * 10)
    await plain.read()
    await told.read()
    assert plain.usage is not None
    assert told.usage is not None
    assert (told.usage.input_tokens or 0) > (plain.usage.input_tokens or 0) + 30


@pytest.mark.model
async def test_proxy_of_the_environment_is_not_asked(
    model_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert await ask(max_tokens=2, proxy="http://127.0.0.1:9").read()


@pytest.mark.model
async def test_bounds_of_the_answer(model_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = ask(LONG, max_tokens=5)
    await short.read()
    assert short.finish_reason == "length"
    assert short.usage is not None
    assert short.usage.output_tokens == 5
    whole = await ask(LONG, max_tokens=30).read()
    word = whole.split()[4]
    stopped = ask(LONG, max_tokens=30, stop=[word])
    assert await stopped.read() == whole[: whole.index(word)]
    assert stopped.finish_reason == "stop"
    monkeypatch.setattr("notebook_chat.providers.local.provider.MAX_TOKENS", 3)
    bounded = ask(LONG)
    await bounded.read()
    assert bounded.finish_reason == "length"


@pytest.mark.model
async def test_seed_and_fields_of_the_engine(model_file: Path) -> None:
    async def text(**options: Any) -> str:
        return await Local.create_async("", LONG, max_tokens=16, **options)

    assert await text(temperature=2, seed=7) == await text(temperature=2, seed=7)
    assert await text(temperature=2, seed=7, extra_body={"top_k": 1}) == await text(temperature=0)


@pytest.mark.model
async def test_too_long_a_conversation(model_file: Path) -> None:
    with pytest.raises(ContextLengthError) as raised:
        await ask("word " * 9000).read()
    assert raised.value.provider == "local"
    assert "new conversation" in raised.value.hint


@pytest.mark.model
async def test_context_can_be_chosen(model_file: Path, fresh: engine.Engines) -> None:
    with pytest.raises(ContextLengthError):
        await ask("word " * 400, n_ctx=256).read()


@pytest.mark.model
async def test_what_the_model_cannot_take(model_file: Path) -> None:
    pixel = (
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
        "WjR9awAAAABJRU5ErkJggg=="
    )
    content = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": pixel}}]
    with pytest.raises(EngineError, match="image"):
        await ask([{"role": "user", "content": content}]).read()


@pytest.mark.model
async def test_time_is_bounded(model_file: Path) -> None:
    with pytest.raises(RequestTimeoutError):
        await ask(LONG, max_tokens=400, timeout=0.2).read()
    assert await ask(max_tokens=2).read()


# --- stopping, and several at once ----------------------------------------------------------------------


async def seconds_until_idle(running: engine.Engine) -> float:
    """How long the engine goes on computing: until it uses no processor time for 0.2 s."""
    psutil = pytest.importorskip("psutil")
    assert running._child is not None
    process = psutil.Process(running._child._process.pid)
    start = last = time.perf_counter()
    before = sum(process.cpu_times()[:2])
    while (now := time.perf_counter()) - last < 0.2 and now - start < 10:
        await asyncio.sleep(0.005)
        used = sum(process.cpu_times()[:2])
        if used != before:
            before, last = used, time.perf_counter()
    return last - start


@pytest.mark.model
@pytest.mark.parametrize("way", ["aclose", "cancel"])
async def test_generation_stops_when_nobody_wants_it(
    model_file: Path, fresh: engine.Engines, way: str
) -> None:
    result = ask(LONG, max_tokens=500)
    await anext(result)
    start = time.perf_counter()
    for _ in range(5):
        await anext(result)
    five = time.perf_counter() - start
    start = time.perf_counter()
    if way == "aclose":
        await result.aclose()
    else:
        task = asyncio.create_task(result.read())
        await asyncio.sleep(0.05)
        start = time.perf_counter()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    ours = time.perf_counter() - start
    [running] = fresh._users
    theirs = await seconds_until_idle(running)
    print(f"{way}: the caller waits {ours * 1000:.1f} ms, the engine computes {theirs * 1000:.0f} ms more")
    assert ours + theirs < 50 * five  # half of the answer
    assert result.text
    assert result.finish_reason is None
    assert await ask(max_tokens=2).read()


@pytest.mark.model
async def test_reading_a_long_prompt_can_be_stopped(model_file: Path, fresh: engine.Engines) -> None:
    result = ask("The sea was calm that day. " * 300)
    fractions = []
    began = time.perf_counter()
    async for event in result.events():
        if isinstance(event, Notice) and event.text == "Reading the prompt":
            fractions.append(event.fraction or 0.0)
            if fractions[-1] > 0.1:
                break
    assert fractions == sorted(set(fractions))
    whole = (time.perf_counter() - began) / fractions[-1]
    start = time.perf_counter()
    await result.aclose()
    ours = time.perf_counter() - start
    [running] = fresh._users
    theirs = await seconds_until_idle(running)
    print(f"the caller waits {ours * 1000:.1f} ms, the engine computes {theirs * 1000:.0f} ms more")
    assert ours + theirs < 0.8 * whole  # two batches more, at most
    assert result.text == ""


@pytest.mark.model
async def test_answers_at_the_same_time(model_file: Path) -> None:
    prompts = [f"Count from {start} on." for start in range(engine.SLOTS + 2)]
    order: list[int] = []

    async def one(number: int) -> str:
        pieces = []
        async for piece in ask(prompts[number], max_tokens=12):
            order.append(number)
            pieces.append(piece)
        return "".join(pieces)

    together = await asyncio.gather(*map(one, range(len(prompts))))
    changes = sum(a != b for a, b in itertools.pairwise(order))
    assert changes > len(prompts)  # they take turns
    assert all(text.strip() for text in together)


@pytest.mark.model
async def test_questions_in_quick_succession(model_file: Path) -> None:
    for _ in range(20):
        assert await ask(max_tokens=1).read()


@pytest.mark.model
def test_synchronous_callers_are_served_too(model_file: Path) -> None:
    pieces = list(Local.create_completion("", "Hello!", max_tokens=8))
    assert len(pieces) > 1
