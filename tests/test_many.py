"""Many streams at once in one process, also when connections are reset at random."""

from __future__ import annotations

from .benchmarks.many_streams import many
from .servers.flood import Load
from .servers.flooding import flood


async def test_all_of_them_are_whole_and_none_is_mixed_up() -> None:
    with flood(Load(chunks=100, events_per_write=1)) as server:
        outcome = await many(server, 200)
    assert dict(outcome.ends) == {"whole": 200}


async def test_each_one_is_whole_or_fails_with_an_error_of_its_own() -> None:
    with flood(Load(chunks=100, events_per_write=1, reset_share=0.2)) as server:
        outcome = await many(server, 200)
        reset = server.stats().reset
    assert 0 < reset < 200
    assert dict(outcome.ends) == {"whole": 200 - reset, "StreamInterruptedError": reset}
