"""Whose event loop drives the caller."""

from __future__ import annotations

import asyncio
import sys

from .errors import ConfigurationError


def require_asyncio() -> asyncio.AbstractEventLoop:
    """The running loop of asyncio, which connections belong to.

    In a notebook one always runs, also where another library drives the caller (``trio.run`` in a cell): what would
    be opened then could neither be used nor closed.

    Raises:
        ConfigurationError: Another library drives the caller, or none.
    """
    library = _library()
    if library in (None, "asyncio"):
        try:
            return asyncio.get_running_loop()
        except RuntimeError:
            library = None
    if library is None:
        raise ConfigurationError(
            "no event loop of asyncio runs here",
            hint="Await it in one, or use ask and stream, which need none.",
        )
    raise ConfigurationError(
        f"{library} runs this, and answers come by asyncio",
        hint="Ask in a thread, as with await trio.to_thread.run_sync(chat.ask, …).",
    )


def _library() -> str | None:
    """The library that drives the caller, as far as it tells; those that are not asyncio load sniffio to tell it."""
    sniffio = sys.modules.get("sniffio")
    try:
        return str(sniffio.current_async_library()) if sniffio is not None else None
    except RuntimeError:  # none that is known
        return None


def current_task() -> asyncio.Task[object] | None:
    """The task of asyncio that runs in this thread; ``None`` where none does."""
    try:
        return asyncio.current_task()
    except RuntimeError:  # no loop
        return None
