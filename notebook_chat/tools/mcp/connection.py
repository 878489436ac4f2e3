"""A server that is reached: one task on the private loop enters the SDK's client, waits, and leaves it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from importlib.metadata import version
from typing import Any

from ...errors import ChatError
from ...residents import Errand
from ..tool import Tell
from . import failures
from .launch import Launch
from .sdk import SDK, sdk
from .stdio import StdioTransport
from .web import WebTransport

CLOSE_SECONDS = 6.0
"""How long a server may take to end, in seconds, before its task is cancelled."""

_TELL_SECONDS = 2.0  # between two lines that say what is waited for


class Connection:
    """A server, from its start to its end; to be made and used on one event loop.

    Args:
        name: What the server is called.
        launch: How it is reached.
        seconds: How long it may take to answer for the first time.

    Attributes:
        loop: The loop.
        was_listed: Whether what it has to offer has been listed since its start.
        over: Whether it has ended, and left nothing behind.
        pid: The process id of what was started; ``None`` for an address.
    """

    def __init__(self, name: str, launch: Launch, seconds: float) -> None:
        self.loop = asyncio.get_running_loop()
        self._stale = True
        self.was_listed = False
        self.over = threading.Event()
        self._name = name
        self._launch = launch
        self._seconds = seconds
        self._transport = StdioTransport(launch) if launch.command else WebTransport(launch)
        self._stop = asyncio.Event()
        self._ready: asyncio.Future[None] = self.loop.create_future()
        self._task: asyncio.Task[Any] | None = None
        self._client: Any = None
        self._failure: BaseException | None = None

    @property
    def client(self) -> Any:
        """The SDK's client."""
        return self._client

    @property
    def stale(self) -> bool:
        """Whether what the server has to offer may be other than when it was listed."""
        return self._stale or self._transport.changed

    def listed(self, fully: bool) -> None:
        """Takes note of what the server has being listed: when that begins, since it may change meanwhile, and
        where it has failed.

        Args:
            fully: Whether that has gone, or may go, well.
        """
        self._stale = not fully
        self.was_listed = self.was_listed or fully
        self._transport.changed = False

    @property
    def alive(self) -> bool:
        """Whether something can be asked of it, as far as is known."""
        return not (self.over.is_set() or self._stop.is_set() or self._transport.ended.is_set())

    @property
    def failure(self) -> BaseException | None:
        """What it has ended with, where that is known."""
        return self._failure

    @property
    def pid(self) -> int | None:
        """The process id of what was started."""
        return self._transport.pid

    async def start(self, tell: Tell) -> None:
        """Has the server started, and waits until it answers.

        Args:
            tell: Tells the reader what is waited for.

        Raises:
            ChatError: It cannot be started, or does not answer.
        """
        self._errand = Errand(self._live())
        began = self.loop.time()
        tell(f"starting {self._name}: {self._launch.home}", None)
        try:
            while not (await asyncio.wait({self._ready}, timeout=_TELL_SECONDS))[0]:
                tell(f"starting {self._name}, {self.loop.time() - began:.0f} s", None)
        except BaseException:
            self.close()
            raise
        self._ready.result()

    def close(self) -> None:
        """Has the server end; from any thread. It does not wait for that, which takes a while."""
        with contextlib.suppress(RuntimeError):  # the loop is closed, and the server has ended with it
            self.loop.call_soon_threadsafe(self._close)

    def _close(self) -> None:
        self._stop.set()
        if self._task is not None and not self._task.done():
            if not self._ready.done():
                self._task.cancel()
            else:
                self.loop.call_later(CLOSE_SECONDS, self._task.cancel)
        self._ready.cancel()

    async def lost(self, error: BaseException) -> bool:
        """Whether an error says that the server is gone; it is given up then.

        Args:
            error: What a request ended with.
        """
        for _ in range(3):  # so that its task takes note of it
            await asyncio.sleep(0)
        if not failures.is_lost(error) and self.alive:
            return False
        self._close()
        return True

    async def why(self, error: BaseException) -> str:
        """What a request ended with, and what the server has said last, in a line.

        Args:
            error: What the request ended with.
        """
        said = failures.words(self._failure or error, self._launch.secrets)
        if self._transport.ended.is_set() and self._launch.command:
            for _ in range(50):  # its status and its last words take a moment
                if self._transport.status is not None:
                    break
                await asyncio.sleep(0.01)
            status = self._transport.status
            said = "it has ended" + (f" with exit status {status}" if status else "")
        last = self._transport.last_words
        return f"{said}: {last}" if last and last not in said else said

    async def _live(self) -> None:
        self._task = asyncio.current_task()
        try:
            await self._serve(await asyncio.to_thread(sdk))
        except TimeoutError:
            said = f"it has not answered within {self._seconds:g} s"
            self._fail(ChatError(f"the server {self._name} does not start: {said}{self._last()}"))
        except ChatError as error:
            self._fail(error)
        except Exception as error:
            self._failure = failures.leaf(error)
            self._fail(ChatError(f"the server {self._name} does not start: {await self.why(error)}"))
        finally:
            self.over.set()
            if not self._ready.done():
                self._ready.cancel()

    async def _serve(self, parts: SDK) -> None:
        async with contextlib.AsyncExitStack() as stack:
            async with asyncio.timeout(self._seconds):
                us = parts.types.Implementation(name="notebook_chat", version=version("notebook_chat"))
                client = parts.mcp.Client(
                    self._transport, cache=None, message_handler=self._heard, client_info=us
                )
                self._client = await stack.enter_async_context(client)
            # What a server says that its own results are binds nobody, and a check of it can take for ever.
            self._client.session.validate_tool_result = _not_checked
            if self._ready.done():
                return
            self._ready.set_result(None)
            following = self.loop.create_task(self._follow(parts))
            waiting = {self.loop.create_task(one.wait()) for one in (self._stop, self._transport.ended)}
            try:
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (following, *waiting):
                    task.cancel()
                await asyncio.wait({following, *waiting}, timeout=1)

    async def _follow(self, parts: SDK) -> None:
        """Listens for changes, where the protocol has a stream of its own for that."""
        tools = self._client.server_capabilities.tools
        if self._client.protocol_version not in parts.modern or tools is None or not tools.list_changed:
            return
        with contextlib.suppress(Exception):  # then it is not listened for
            async with self._client.listen(tools_list_changed=True) as changes:
                events: AsyncIterator[Any] = changes
                async for _ in events:
                    self._stale = True

    async def _heard(self, message: Any) -> None:
        """Takes note of what a server tells by itself."""
        if type(message).__name__.endswith("ListChangedNotification"):
            self._stale = True

    def _fail(self, error: ChatError) -> None:
        if not self._ready.done():
            self._ready.set_exception(error)

    def _last(self) -> str:
        last = self._transport.last_words
        return f": {last}" if last else ""


async def _not_checked(name: str, result: Any) -> None:
    """In the place of the check of a result by its tool's own schema."""
