"""500 streams at once in one process, and the same with a fifth of the connections reset at random.

    python -m tests.benchmarks.many_streams

Each stream has 200 chunks that say which stream and which chunk they are, so that one that was lost, doubled
or mixed up is seen. The CPU for each chunk is compared with that of one stream with the same writes.
"""

from __future__ import annotations

import asyncio
import resource
import time
from collections import Counter
from dataclasses import dataclass

from notebook_chat.errors import ChatError
from notebook_chat.providers import OpenAI

from ..servers.flood import Load
from ..servers.flooding import Flood, flood

STREAMS = 500
CHUNKS = 200
VARIANTS = 36 * 36


@dataclass(frozen=True)
class Outcome:
    """What became of the streams of one round.

    Attributes:
        ends: How many ended how: ``whole``, ``wrong``, or the name of the error.
        cpu: Microseconds of CPU for each chunk that arrived.
        seconds: How long it took.
    """

    ends: Counter[str]
    cpu: float
    seconds: float


async def _one(server: Flood, variant: int) -> tuple[str, int]:
    result = OpenAI.create_async_generator(
        "m", f"variant-{variant}", base_url=server.base_url("openai_chat"), retries=0
    )
    expected = server.text(variant)
    chunks = 0
    try:
        async for _ in result:
            chunks += 1
        return ("whole" if result.text == expected else "wrong"), chunks
    except ChatError as error:
        right = expected.startswith(result.text) and error.partial == result.text
        return (type(error).__name__ if right else "wrong"), chunks


async def many(server: Flood, streams: int, repeat: int = 1) -> Outcome:
    """``streams`` at once, ``repeat`` times one after the other."""
    for variant in range(min(streams, VARIANTS)):
        server.text(variant)
    cpu, begin, ends, chunks = time.process_time(), time.monotonic(), Counter[str](), 0
    for _ in range(repeat):
        for end, count in await asyncio.gather(*(_one(server, n % VARIANTS) for n in range(streams))):
            ends[end] += 1
            chunks += count
    return Outcome(ends, (time.process_time() - cpu) / chunks * 1e6, time.monotonic() - begin)


def peak_memory() -> float:
    """The most memory this process has used so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def main() -> None:
    """Measures and prints."""
    with flood(Load(chunks=CHUNKS, events_per_write=1)) as server:
        await many(server, 50)
        alone = await many(server, 1, repeat=100)
        first = await many(server, STREAMS)
        memory = [peak_memory()]
        for _ in range(4):
            again = await many(server, STREAMS)
            memory.append(peak_memory())
        print(f"one stream: {alone.cpu:.1f} us a chunk; {STREAMS} at once: {again.cpu:.1f} us a chunk")
        print(f"ratio {again.cpu / alone.cpu:.2f}; ends: {dict(first.ends + again.ends)}")
        print(f"peak memory after each round, MB: {[round(size) for size in memory]}")
    with flood(Load(chunks=CHUNKS, events_per_write=1, reset_share=0.2)) as server:
        outcome = await many(server, STREAMS)
        print(f"a fifth reset: {dict(outcome.ends)} in {outcome.seconds:.1f} s")


if __name__ == "__main__":
    asyncio.run(main())
