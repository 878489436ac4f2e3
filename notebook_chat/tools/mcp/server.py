"""An MCP server as a source of tools."""

from __future__ import annotations

import asyncio
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self, TypeVar

from ... import loop_thread, runner
from ...errors import ChatError
from ...policy import in_force
from ...text import single_line
from ...tool_spec import MOST_TOOLS
from ..tool import Tell, Tool, ToolOutput
from . import failures, results
from .connection import CLOSE_SECONDS, Connection
from .home_loop import at_home
from .launch import Launch, launch_of, name_of
from .offer import Offer, offer_of
from .one_tool import OneTool
from .tool import Progress, tools_of

T = TypeVar("T")

START_SECONDS = 60.0
"""How long a server may take to answer for the first time: ``uvx`` and ``npx`` fetch it first."""

_MOST_STARTS = 4
_STARTS_SECONDS = 60.0  # in which it is begun anew so often at most
_LARGE = 100_000  # characters of a result that a worker takes apart


class MCPServer:
    """A server of the Model Context Protocol, whose tools a model may have run: ``Chat(tools=[MCPServer("uvx
    mcp-server-time")])``. It is started when a model is first asked with it, runs until ``close``, or until it is not
    referred to any more, and never outlives this process.

    Args:
        command: The program and its arguments, as a list or as one text without quotes.
        url: The address, of one that speaks streamable HTTP.
        name: What it is called; by default by its command or its host.
        env: Environment variables for the program. It is given those that every program needs, and these; no keys of
            this process.
        cwd: The folder in which the program is started; the working folder unless given.
        headers: What is sent along to the address, such as ``{"Authorization": "Bearer …"}``.
        seconds: How long a call may take.
        start_seconds: How long it may take to answer for the first time.
        launch: In the place of ``command``, ``url``, ``env``, ``cwd`` and ``headers``.

    Raises:
        InvalidOptionError: Neither a command nor an address is given, or both.
    """

    def __init__(
        self,
        command: str | Sequence[str] | None = None,
        *,
        url: str | None = None,
        name: str = "",
        env: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = 120.0,
        start_seconds: float = START_SECONDS,
        launch: Launch | None = None,
    ) -> None:
        words = tuple(command.split() if isinstance(command, str) else map(str, command or ()))
        if launch is None:
            launch = launch_of(words, url, env or {}, cwd, headers or {})
        self._launch = launch
        self.name = single_line(name).strip() or name_of(launch)
        self.home = launch.home
        self.seconds = seconds
        self._start_seconds = start_seconds
        self._held = _Held()
        self._starts: deque[float] = deque(maxlen=_MOST_STARTS)
        self._opening: tuple[asyncio.AbstractEventLoop, asyncio.Lock] | None = None
        self._offer = Offer()
        self._tools: tuple[Tool, ...] = ()
        self._everything: tuple[Tool, ...] = ()
        self._problems: tuple[str, ...] = ()
        self._told: tuple[str, ...] = ()
        # Nobody is told of the end of what nobody refers to any more.
        weakref.finalize(self, self._held.close).atexit = False

    def __repr__(self) -> str:
        return f"MCPServer({self.name!r}, {self.home!r})"

    # --- as a source of tools

    @property
    def known(self) -> Sequence[Tool] | None:
        """Its tools, as long as it runs and has not said that they are others now."""
        connection = self._held.connection
        return self._tools if connection is not None and connection.alive and not connection.stale else None

    @property
    def told_as(self) -> dict[str, str]:
        """What stands for its tools where a request is compared with another: whether it runs must make no
        difference."""
        return {"server": self.name.replace(":", ".")}

    @property
    def everything(self) -> Sequence[Tool]:
        """All its tools, as it has listed them last: it may have more than are passed on."""
        return self._everything

    async def open(self, tell: Tell) -> Sequence[Tool]:
        """Its tools; it is started if need be.

        Args:
            tell: Tells the reader how it goes.

        Raises:
            ChatError: It cannot be started, or does not list them.
        """
        await at_home(lambda: self._ready(tell))
        for problem in self._problems if self._problems != self._told else ():
            tell(f"{self.name}: {problem}", None)
        self._told = self._problems
        return self._tools

    def tool(self, name: str) -> OneTool:
        """One of its tools alone, as a source of its own.

        Args:
            name: What the server calls it, or what the model does.
        """
        return OneTool(self, name)

    async def call(self, tool: Tool, arguments: Mapping[str, Any], progress: Progress) -> ToolOutput:
        """Calls one of its tools. What fails is a result for the model.

        Args:
            tool: The tool.
            arguments: The arguments.
            progress: Is told how it goes.
        """

        async def call(client: Any) -> Any:
            return await client.call_tool(tool.original, dict(arguments), progress_callback=progress)

        async def work() -> ToolOutput:
            await self._ready(progress.tell, current=False)
            same = [
                one for one in self._everything if one.original == tool.original and one.digest == tool.digest
            ]
            if not same:
                return ToolOutput.text(
                    "not run: the server has another tool of that name now, or none; ask again", is_error=True
                )
            result = await self._asked(call, progress.tell)
            if _is_large(result):
                return await asyncio.to_thread(results.output_of, result)
            return results.output_of(result)

        try:
            return await at_home(work)
        except ChatError as error:
            return ToolOutput.text(str(error), is_error=True)

    # --- what else it has

    async def inspect(self, tell: Tell = lambda words, fraction: None) -> Offer:
        """What it has to offer; it is started if need be.

        Args:
            tell: Tells the reader how it goes.

        Raises:
            ChatError: It cannot be started, or does not say.
        """
        await at_home(lambda: self._ready(tell))
        return replace(self._offer, problems=self._problems)

    async def contents(self, uri: str, tell: Tell = lambda words, fraction: None) -> list[Any]:
        """The contents of a resource, as the SDK has them.

        Args:
            uri: Its address.
            tell: Tells the reader how it goes.

        Raises:
            ChatError: It cannot be read.
        """

        async def read(client: Any) -> Any:
            return await client.read_resource(uri)

        result = await at_home(lambda: self._asked(read, tell))
        return list(result.contents)

    async def prompt(self, name: str, arguments: Mapping[str, str]) -> str:
        """The text of a prompt, with its arguments filled in.

        Args:
            name: What it is called.
            arguments: The arguments.

        Raises:
            ChatError: There is no such prompt, or an argument is missing.
        """

        async def get(client: Any) -> Any:
            return await client.get_prompt(name, dict(arguments))

        result = await at_home(lambda: self._asked(get, lambda words, fraction: None))
        return results.prompt_text(result.messages)

    def resource(self, uri: str) -> tuple[str, bytes]:
        """A resource as a file, which ``files=`` takes: its name and its bytes.

        Args:
            uri: Its address.

        Raises:
            ChatError: It cannot be read.
        """
        contents = runner.run(self.contents(uri))
        return uri.rpartition("/")[2] or uri, results.resource_bytes(contents)

    # --- its life

    @property
    def running(self) -> bool:
        """Whether it runs, as far as is known."""
        connection = self._held.connection
        return connection is not None and connection.alive

    @property
    def pid(self) -> int | None:
        """The process id of what was started; ``None`` where nothing runs."""
        connection = self._held.connection
        return connection.pid if connection is not None and connection.alive else None

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Ends it; it begins anew when it is used again.

        Args:
            seconds: How long to wait for its end at most.
        """
        ended = self.begin_end()
        if ended is not None and threading.current_thread() is not loop_thread.current().thread:
            ended.over.wait(seconds)

    def begin_end(self) -> Connection | None:
        """Has it end, and does not wait for that.

        Returns:
            What ends; ``None`` where nothing ran.
        """
        self._starts.clear()
        return self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def _asked(self, ask: Callable[[Any], Coroutine[Any, Any, T]], tell: Tell) -> T:
        """Asks the server for something; again where it had gone before anything was done.

        Raises:
            ChatError: It fails; the line says what the server says.
        """
        for attempt in range(2):
            connection = await self._ready(tell, current=False)
            try:
                return await ask(connection.client)
            except Exception as error:
                gone = await connection.lost(error)
                why = await connection.why(error)
                if attempt or not (gone and failures.is_undone(error, connection.failure)):
                    raise ChatError(f"{self.name}: {why}") from None
        raise AssertionError

    async def _ready(self, tell: Tell, *, current: bool = True) -> Connection:
        """The server, running, with its tools known.

        Args:
            tell: Tells the reader how it goes.
            current: Whether they are listed again where they may be others now.
        """

        def is_listed(connection: Connection) -> bool:
            return connection.was_listed and not (current and connection.stale)

        connection = self._held.connection
        if (
            connection is not None
            and connection.alive
            and connection.loop is asyncio.get_running_loop()
            and is_listed(connection)
        ):
            return connection
        async with self._lock():
            connection = self._held.connection
            if (
                connection is None
                or not connection.alive
                or connection.loop is not asyncio.get_running_loop()
            ):
                connection = await self._begin(tell)
            if not is_listed(connection):
                await self._list(connection)
            return connection

    async def _begin(self, tell: Tell) -> Connection:
        in_force().check_server(self.home)
        now = time.monotonic()
        if len(self._starts) == _MOST_STARTS and now - self._starts[0] < _STARTS_SECONDS:
            raise ChatError(
                f"the server {self.name} has ended {_MOST_STARTS} times within a minute",
                hint=f"%chat mcp test {self.name} shows why; %chat mcp restart {self.name} begins anew.",
            )
        self._held.close()
        if self._starts:
            tell(f"{self.name} has gone, and begins anew", None)
        self._starts.append(now)
        connection = Connection(self.name, self._launch, self._start_seconds)
        self._held.connection = connection
        await connection.start(tell)
        return connection

    async def _list(self, connection: Connection) -> None:
        connection.listed(True)
        try:
            self._offer = await offer_of(connection)
        except BaseException as error:
            connection.listed(False)
            if not isinstance(error, Exception):
                raise
            timed_out = isinstance(error, TimeoutError)
            why = "it does not list what it has" if timed_out else await connection.why(error)
            connection.close()
            raise ChatError(f"{self.name}: {why}") from None
        tools, everything, problems = tools_of(self, self._offer, MOST_TOOLS)
        self._tools, self._everything = tuple(tools), tuple(everything)
        self._problems = (*self._offer.problems, *problems)

    def _lock(self) -> asyncio.Lock:
        """The lock of the loop that runs now."""
        if self._opening is None or self._opening[0] is not asyncio.get_running_loop():
            self._opening = asyncio.get_running_loop(), asyncio.Lock()
        return self._opening[1]


class _Held:
    """The connection of a server; what ends it does not refer to the server."""

    def __init__(self) -> None:
        self.connection: Connection | None = None

    def close(self) -> Connection | None:
        ended, self.connection = self.connection, None
        if ended is not None:
            ended.close()
        return ended


def _is_large(result: Any) -> bool:
    texts = (str(getattr(one, "data", None) or getattr(one, "text", "")) for one in result.content or ())
    return sum(map(len, texts)) > _LARGE
