"""The server for measurements: its bytes are right, whatever it does to the connections."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import aiohttp
import openai
import pytest

from . import DIALECTS
from .flood import Load
from .flooding import Flood, flood
from .raw_client import BODIES, PATHS

LOAD = Load(chunks=200)


@pytest.fixture(scope="module")
def running() -> Iterator[Flood]:
    with flood(LOAD) as server:
        yield server


async def read(session: aiohttp.ClientSession, server: Flood, dialect: str, variant: int = 0) -> bytes:
    body = {**BODIES[dialect], "user": f"variant-{variant}"}
    async with session.post(server.origin + PATHS[dialect], json=body) as response:
        return await response.read()


def test_pieces_say_where_they_belong() -> None:
    load = Load(chunks=20_000)
    pieces = load.pieces(35)
    assert pieces[:3] == ("0z000", "0z001", "0z002")
    assert len(set(pieces)) == 20_000
    assert set(map(len, pieces)) == {5}
    assert set(load.pieces(36)).isdisjoint(pieces)
    assert Load(chunks=1, size=12).pieces(1) == ("010000100001",)


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
async def test_every_dialect(running: Flood, dialect: str) -> None:
    async with aiohttp.ClientSession() as session:
        body = (await read(session, running, dialect, 7)).decode()
        if dialect == "gpt_site":
            assert body == running.text(7)
        else:
            positions = [body.find(f'"{piece}"') for piece in LOAD.pieces(7)]
            assert -1 not in positions
            assert positions == sorted(positions)
        assert running.base_url(dialect) == running.origin + DIALECTS[dialect].base_path


def test_the_sdk_reads_it(running: Flood) -> None:
    http = openai.DefaultHttpxClient(verify=False)
    with openai.OpenAI(base_url=running.base_url("openai_chat"), api_key="k", http_client=http) as sdk:
        stream = sdk.chat.completions.create(
            model="m",
            messages=[{"role": "user", "content": "variant-3"}],
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = list(stream)
    assert "".join(
        choice.delta.content or "" for chunk in chunks for choice in chunk.choices
    ) == running.text(3)
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 200


async def test_many_streams_at_once(running: Flood) -> None:
    before = running.stats()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        streams = (read(session, running, "gpt_site", number) for number in range(100))
        bodies = await asyncio.gather(*streams)
        again = await read(session, running, "gpt_site", 5)
    assert [body.decode() for body in bodies] == [running.text(number) for number in range(100)]
    assert again == bodies[5]
    after = running.stats()
    assert after.completed - before.completed == 101
    assert (
        after.connections - before.connections < 103
    )  # the last stream and the figures have one each at most


async def test_a_share_is_reset() -> None:
    async def outcome(session: aiohttp.ClientSession, server: Flood) -> bool:
        try:
            return (await read(session, server, "openai_chat")).endswith(b"data: [DONE]\n\n")
        except aiohttp.ClientError:
            return False

    with flood(Load(chunks=200, reset_share=0.3, seed=4)) as server:
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        async with aiohttp.ClientSession(connector=connector) as session:
            whole = await asyncio.gather(*(outcome(session, server) for _ in range(60)))
        stats = server.stats()
    assert (stats.streams, stats.completed, stats.reset) == (60, sum(whole), 60 - sum(whole))
    assert 5 < stats.reset < 40


async def test_a_pace() -> None:
    with flood(Load(chunks=5, events_per_write=1, interval=0.02)) as server:
        async with aiohttp.ClientSession() as session:
            loop = asyncio.get_running_loop()
            began = loop.time()
            assert await read(session, server, "gpt_site") == server.text().encode()
            assert loop.time() - began >= 4 * 0.02


async def test_who_leaves_early_is_counted() -> None:
    with flood(Load(chunks=1000, events_per_write=1, interval=0.01)) as server:
        async with aiohttp.ClientSession() as session:
            response = await session.post(server.origin + PATHS["gpt_site"], json=BODIES["gpt_site"])
            await response.content.readany()
            response.close()
        for _ in range(500):
            if server.stats().left:
                break
            await asyncio.sleep(0.01)
        assert server.stats().left == 1


async def test_what_it_does_not_know(running: Flood) -> None:
    async with aiohttp.ClientSession() as session, session.get(running.origin + "/v1/models") as response:
        assert response.status == 404


def test_an_address_that_is_taken(running: Flood) -> None:
    with pytest.raises(RuntimeError, match="ended at once"), flood(LOAD, port=running.port):
        pass
