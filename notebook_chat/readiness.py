"""What an answer waits for before its request goes out."""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import Future
from typing import Any

from .conversation import Conversation

_WRITTEN_SECONDS = 1.0
"""How long a request waits at most until the prompt is on the disk."""


async def until_idle(conversation: Conversation) -> None:
    """Waits until no answer is coming in a conversation.

    Args:
        conversation: The conversation.
    """
    loop = asyncio.get_running_loop()
    news = asyncio.Event()
    end = conversation.subscribe(lambda: loop.call_soon_threadsafe(news.set))
    try:
        while conversation.busy:
            await news.wait()
            news.clear()
    finally:
        end()


async def until_written(written: Future[Any] | None) -> None:
    """Waits until the user's part is written down. A slow disk does not hold the request up for long, and what fails
    there is told elsewhere.

    Args:
        written: What is done when it is; ``None`` where it is not written.
    """
    if written is None or written.done():
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_WRITTEN_SECONDS):  # wait_for may lose a cancellation in Python 3.11
            await asyncio.shield(asyncio.wrap_future(written))
