"""What a provider's streaming costs, against the floor: aiohttp, split on blank lines, ``json.loads``.

    python -m tests.benchmarks.streaming_cost

Prints the CPU for each chunk of both, measured in turns in one run (20,000 chunks of 5 characters, 64 events
a TCP write, the server in a process of its own), the time to first text, and the ratios.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from notebook_chat.providers import get_provider

from ..servers.flood import Load
from ..servers.flooding import Flood, flood

PAIRS = 7
FIRST_TEXTS = 60

# Provider, the fake server's dialect, the path, and how the floor finds the text in a decoded event.
DIALECTS: dict[str, tuple[str, str, Callable[[Any], str | None]]] = {
    "openai": ("openai_chat", "/chat/completions", lambda e: e["choices"][0]["delta"].get("content")),
    "openai-responses": ("openai_responses", "/responses", lambda e: e.get("delta")),
    "anthropic": ("anthropic", "/messages", lambda e: e.get("delta", {}).get("text")),
    "gemini": (
        "gemini",
        "/models/m:streamGenerateContent?alt=sse",
        lambda e: e["candidates"][0]["content"]["parts"][0].get("text"),
    ),
}


@dataclass(frozen=True)
class Cost:
    """Microseconds of CPU for each chunk, and the ratio, each the median over pairs of runs."""

    floor: float
    ours: float
    ratio: float


async def floor(url: str, text: Callable[[Any], str | None], session: aiohttp.ClientSession) -> int:
    """The least that a program must do to take the text out of an event stream with the usual tools."""
    chunks = 0
    rest = b""
    async with session.post(url, json={"model": "m", "stream": True}) as response:
        async for data in response.content.iter_any():
            *events, rest = (rest + data).split(b"\n\n")
            for event in events:
                payload = event[event.index(b"data: ") + 6 :]
                if payload != b"[DONE]":
                    with contextlib.suppress(KeyError, IndexError):  # the last events hold no text
                        chunks += bool(text(json.loads(payload)))
    return chunks


async def ours(provider: str, base_url: str) -> int:
    """The same through the provider's public face."""
    chunks = 0
    async for _ in get_provider(provider).create_async_generator("m", "hi", base_url=base_url, api_key="k"):
        chunks += 1
    return chunks


async def cpu(run: Callable[[], Awaitable[int]]) -> float:
    """Microseconds of this process's CPU for each chunk."""
    start = time.process_time()
    chunks = await run()
    return (time.process_time() - start) / chunks * 1e6


async def measure(provider: str, server: Flood, pairs: int = PAIRS) -> Cost:
    """The costs of one provider and of the floor, in turns."""
    dialect, path, text = DIALECTS[provider]
    base_url = server.base_url(dialect)
    results = []
    async with aiohttp.ClientSession() as session:
        for pair in range(pairs + 1):
            low = await cpu(lambda: floor(base_url + path, text, session))
            own = await cpu(lambda: ours(provider, base_url))
            if pair:  # the first pair warms up
                results.append((low, own, own / low))
    return Cost(*(statistics.median(column) for column in zip(*results, strict=True)))


async def first_text(server: Flood, rounds: int = FIRST_TEXTS) -> tuple[float, float]:
    """Milliseconds to the first text, of raw aiohttp and of the provider, on reused connections; medians."""
    base_url = server.base_url("openai_chat")
    raw, own = [], []
    async with aiohttp.ClientSession() as session:
        for round_ in range(rounds):
            start = time.perf_counter()
            async with session.post(f"{base_url}/chat/completions", json={"model": "m"}) as response:
                await response.content.readany()
                took = time.perf_counter() - start
                while await response.content.readany():
                    pass
            start = time.perf_counter()
            result = get_provider("openai").create_async_generator("m", "hi", base_url=base_url)
            await anext(result)
            if round_ > 4:
                own.append(time.perf_counter() - start)
                raw.append(took)
            await result.read()
    return statistics.median(raw) * 1e3, statistics.median(own) * 1e3


async def main() -> None:
    """Measures everything and prints it."""
    with flood() as server:
        for provider in DIALECTS:
            cost = await measure(provider, server)
            costs = f"floor {cost.floor:5.2f} us, ours {cost.ours:5.2f} us, ratio {cost.ratio:.2f}"
            print(f"{provider:17} {costs}")
    with flood(Load(chunks=2, events_per_write=1)) as server:
        raw, own = await first_text(server)
        print(f"first text: raw aiohttp {raw:.3f} ms, ours {own:.3f} ms, {own - raw:+.3f} ms")


if __name__ == "__main__":
    asyncio.run(main())
