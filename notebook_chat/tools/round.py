"""The calls of one answer, on their way to results."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from .. import exits
from ..events import Event, Notice
from ..messages import TextPart, ToolCallPart, ToolResultPart
from ..secrets import redact
from ..text import sendable, single_line
from . import arguments as call_arguments
from .bounds import bounded
from .permit import PendingCall
from .tool import ArgumentsError, Tool, ToolOutput

if TYPE_CHECKING:
    from ..conversation import Conversation
    from .toolbox import Toolbox, ToolUse

MOST_CALLS = 64
"""How many calls of one answer are run; the others get a result that says so."""

RUNAWAY = 512
"""An answer with more calls than that has gone wrong: none of them is run."""

STOPPED = "stopped by the user"
"""The result of a call that was on its way when the user stopped the answer."""

_STOP_SECONDS = 0.05  # how long what was cancelled is waited for: the user waits meanwhile
_LONGEST_WORDS = 2000  # of a failure, in characters
_LONGEST_NOTICE = 200


class Round:
    """Decides about the calls of one answer, runs them side by side, and tells what came of each.

    Args:
        calls: The calls, each with an id of its own.
        toolbox: The tools.
        use: How they are used.
        conversation: Where they were asked.
        model: Who asks for them.
    """

    def __init__(
        self,
        calls: Sequence[ToolCallPart],
        toolbox: Toolbox,
        use: ToolUse,
        conversation: Conversation,
        model: str,
    ) -> None:
        self._calls = tuple(calls)
        self._toolbox = toolbox
        self._use = use
        self._conversation = conversation
        self._model = model
        self._deciding = asyncio.Lock()
        self._running = asyncio.Semaphore(use.parallel)
        self._news: asyncio.Queue[Event] = asyncio.Queue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: int | None = None

    async def batches(self) -> AsyncGenerator[Sequence[Event]]:
        """The results, each as soon as there is one, and notices of what goes on meanwhile."""
        loop = self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        too_many = self._calls[MOST_CALLS:]
        if too_many:
            words = f"not run: there were more than {MOST_CALLS} calls in one answer"
            yield [_result(call, ToolOutput.text(words, is_error=True)) for call in too_many]
        open_ = {loop.create_task(self._done(call)) for call in self._calls[:MOST_CALLS]}
        count = len(open_)
        try:
            while count:
                news = [await self._news.get()]
                while not self._news.empty():
                    news.append(self._news.get_nowait())
                count -= sum(isinstance(one, ToolResultPart) for one in news)
                yield news
        finally:
            for task in open_:
                task.cancel()
            if open_:
                await asyncio.wait(open_, timeout=_STOP_SECONDS)

    async def _done(self, call: ToolCallPart) -> None:
        """Has one call decided and run. It puts one result into the news, whatever happens, unless it is cancelled."""
        began = 0.0

        def begin() -> None:
            nonlocal began
            began = time.monotonic()

        try:
            output = await self._output(call, begin)
        except ArgumentsError as error:
            output = ToolOutput.text(str(error)[:_LONGEST_WORDS], is_error=True)
        except Exception as error:
            output = _failure(error)
        except BaseException as error:
            if not exits.is_foreign(error):
                raise
            output = _failure(error)
        # 0 is for what was not run; how long somebody thought about it does not count.
        seconds = max(time.monotonic() - began, 0.001) if began else 0.0
        self._news.put_nowait(_result(call, output, seconds))

    async def _output(self, call: ToolCallPart, begin: Callable[[], object]) -> ToolOutput:
        """What a call gives. ``begin`` is called when it begins to run."""
        tool = self._toolbox.find(call.name)
        if tool is None:
            names = ", ".join(one.name for one in self._toolbox)
            raise ArgumentsError(f"there is no tool {single_line(call.name)[:80]!r}: there are {names}")
        arguments = call_arguments.read(call.arguments)
        async with self._deciding:  # in the order of the calls, however long each takes to be checked
            await _checked(arguments, tool)
            pending = PendingCall(tool, call, arguments, self._conversation, self._model)
            verdict = await self._use.permit.decide(pending, self._tell)
        if not verdict.allowed:
            return ToolOutput.text(f"not run: {verdict.words or 'it is not allowed'}", is_error=True)
        changed = verdict.arguments is not None and verdict.arguments != arguments
        if verdict.arguments is not None:
            arguments = dict(verdict.arguments)
            await _checked(arguments, tool)
        async with self._running:
            begin()
            output = await self._run(tool, arguments)
        if changed:
            output = ToolOutput((_changed(arguments), *output.parts), output.is_error)
        return output

    async def _run(self, tool: Tool, arguments: Mapping[str, Any]) -> ToolOutput:
        self._tell(f"running {tool.name}", None)
        began = time.monotonic()
        try:
            async with asyncio.timeout(tool.seconds):
                output = await tool.run(arguments, self._tell)
        except TimeoutError:
            if tool.seconds is None or time.monotonic() - began < tool.seconds:
                raise  # one of its own
            return ToolOutput.text(f"it took longer than {tool.seconds:g} s, and was given up", is_error=True)
        return await asyncio.to_thread(_given, output)

    def _tell(self, words: str, fraction: float | None) -> None:
        notice = Notice(single_line(redact(words[:_LONGEST_NOTICE])), fraction)
        assert self._loop is not None
        if threading.get_ident() == self._thread:
            self._news.put_nowait(notice)
            return
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._news.put_nowait, notice)


async def _checked(arguments: Mapping[str, Any], tool: Tool) -> None:
    await asyncio.to_thread(call_arguments.check, arguments, tool.spec.parameters)


def _given(output: ToolOutput) -> ToolOutput:
    """What a model is given of a result: within bounds, and without the keys that are in use here."""
    parts = bounded(output).parts
    safe = tuple(TextPart(redact(part.text)) if isinstance(part, TextPart) else part for part in parts)
    return ToolOutput(safe, bool(output.is_error))


def _changed(arguments: Mapping[str, Any]) -> TextPart:
    return TextPart(f"(run with other arguments, by the user: {msgspec.json.encode(arguments).decode()})\n")


def _failure(error: BaseException) -> ToolOutput:
    words = type(error).__name__
    with contextlib.suppress(Exception):  # an exception's own words may fail, too
        words += f": {said}" if (said := str(error)[:_LONGEST_WORDS]) else ""
    return ToolOutput.text(redact(words)[:_LONGEST_WORDS], is_error=True)


def _result(call: ToolCallPart, output: ToolOutput, seconds: float = 0.0) -> ToolResultPart:
    return ToolResultPart(call.id, call.name, sendable(output.parts), output.is_error, round(seconds, 3))


def stopped(calls: Sequence[ToolCallPart], words: str = STOPPED) -> list[ToolResultPart]:
    """Results for calls that nobody will run any more, so that the conversation can go on.

    Args:
        calls: The calls.
        words: What the model is told.
    """
    return [_result(call, ToolOutput.text(words, is_error=True)) for call in calls]
