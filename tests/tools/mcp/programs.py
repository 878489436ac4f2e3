"""The servers that the tests start, and what is left of them."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from notebook_chat import runner
from notebook_chat.tools import Tool, ToolOutput
from notebook_chat.tools.mcp import MCPServer

SERVER = Path(__file__).parents[2] / "servers" / "mcp_server.py"
WEB = SERVER.with_name("mcp_web.py")
PATIENCE = 30.0
"""How long something is waited for that comes at once, in seconds."""


def command(*flags: str) -> list[str]:
    """What starts the server of our own."""
    return [sys.executable, str(SERVER), *flags]


def server(*flags: str, name: str = "own", **options: Any) -> MCPServer:
    """The server of our own, which does what the flags say."""
    return MCPServer(command(*flags), name=name, **{"start_seconds": PATIENCE, **options})


def nobody(words: str, fraction: float | None) -> None:
    """Is told, and does nothing."""


def tools_of(source: Any, tell: Callable[[str, float | None], object] = nobody) -> dict[str, Tool]:
    """The tools of a source, by what their server calls them."""
    return {tool.original: tool for tool in runner.run(source.open(tell))}


def call(
    source: Any, name: str, tell: Callable[[str, float | None], object] = nobody, **arguments: Any
) -> ToolOutput:
    """What a tool gives."""
    return runner.run(tools_of(source, tell)[name].run(arguments, tell))


def begin(slow: Tool) -> tuple[asyncio.Task[ToolOutput], asyncio.Event]:
    """A call of the server's ``slow`` for as long as nobody waits, and what is set when the server is at work."""
    begun, loop = asyncio.Event(), asyncio.get_running_loop()

    def tell(words: str, fraction: float | None) -> None:
        if fraction is not None:
            loop.call_soon_threadsafe(begun.set)

    async def called() -> ToolOutput:
        return await slow.run({"seconds": 10 * PATIENCE}, tell)

    return asyncio.ensure_future(called()), begun


def text_of(output: ToolOutput) -> str:
    """The texts of an output."""
    return "".join(getattr(part, "text", "") for part in output.parts)


def noted(path: Path, count: int = 1) -> list[int]:
    """The process ids that a server has noted in a file."""
    wait_for(lambda: path.exists() and len(path.read_text().split()) >= count)
    return [int(line) for line in path.read_text().split()]


def wait_for(condition: Callable[[], object]) -> None:
    """Waits until something is so.

    Raises:
        AssertionError: It does not become so.
    """
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "it has not come"
        time.sleep(0.02)


def runs(pid: int) -> bool:
    """Whether a process runs; one that has ended and is not waited for does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def gone(pids: list[int]) -> bool:
    """Whether none of some processes runs any more, soon."""
    wait_for(lambda: not any(map(runs, pids)))
    return True
