"""The private loop, on which the servers live."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from ... import loop_thread

T = TypeVar("T")


async def at_home(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Has something done on the private loop, on which the servers live; whoever asks may be on another.

    Args:
        work: What is done.
    """
    home = loop_thread.current().loop
    if asyncio.get_running_loop() is home:
        return await work()
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(), home))
