"""Keeps the views of a panel up to date."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from .. import loop_thread
from ..conversation import Conversation
from ..residents import Resident
from .notices import log_fault
from .protocol import Check, Need, Ready, ViewMessage
from .view_state import Sent, ViewState

_SHORTEST = 0.05
_BYTES_PER_SECOND = 200_000
_BUFFER_WEIGHT = 10
_CHARACTERS_PER_SECOND = 400_000
"""How fast a view can lay out an open block again and again."""

_CHECK_SECONDS = 1.0
"""After how long without a change the views are told which was the last: they notice if they lack it."""


class Publisher:
    """Sends the views of one panel what is new, as long as there are any, on the private loop.

    Args:
        conversation: What is shown; ``show`` has another one shown.
        send: Sends a message to the views.
        head: What stands around the turns now.
    """

    def __init__(
        self,
        conversation: Conversation,
        send: Callable[[Any, list[bytes]], None],
        head: Callable[[], Mapping[str, Any]],
    ) -> None:
        self._send_out = send
        self._head = head
        self._state = ViewState(conversation)
        self._views: set[str] = set()
        self._asked: deque[Ready | Need] = deque()
        self._news = asyncio.Event()
        self._at_once = asyncio.Event()
        self.show(conversation)
        self._serving = Resident(self._serve)

    def show(self, conversation: Conversation) -> None:
        """Shows a conversation from now on."""
        self.conversation = conversation
        self._unwatch = conversation.subscribe(self.wake)
        self.wake()

    def leave(self) -> None:
        """Watches the conversation no longer."""
        self._unwatch()

    def close(self) -> None:
        """Ends it."""
        self.leave()
        self._serving.close()

    def wake(self) -> None:
        """There may be something new; from any thread."""
        if not self._news.is_set():
            loop_thread.post(lambda: self._news.set())
        if self.conversation.answering is None and not self._at_once.is_set():
            loop_thread.post(lambda: self._at_once.set())

    def serve(self, request: Ready | Need) -> None:
        """Sends what a view asks for."""
        if isinstance(request, Ready):
            self._views.add(request.view)
        self._asked.append(request)
        self._news.set()
        self._at_once.set()

    def forget(self, view: str) -> None:
        """A view is closed."""
        self._views.discard(view)

    def send(self, message: ViewMessage) -> None:
        """Sends a message. One that cannot be sent is as good as lost, which the views notice."""
        self._send(msgspec.to_builtins(message), [])

    def _send(self, content: Any, buffers: list[bytes]) -> None:
        try:
            self._send_out(content, buffers)
        except Exception as error:
            log_fault("a message to a panel could not be sent", error)

    async def _serve(self) -> None:
        self._news, self._at_once = asyncio.Event(), asyncio.Event()  # of this loop
        self._news.set()  # whatever there was before
        while True:
            try:
                # Whoever has missed the last change has nothing that would tell him so.
                async with asyncio.timeout(_CHECK_SECONDS if self._views else None):
                    await self._news.wait()
            except TimeoutError:
                if self._views:
                    self.send(Check(self._state.number))
                await self._news.wait()
            self._news.clear()
            self._at_once.clear()
            try:
                size = await self._update()
            except Exception as error:  # no fault here may end the panel; the next change is tried again
                log_fault("a panel could not be brought up to date", error)
                size = 0
            await self._pause(size)

    async def _update(self) -> int:
        """Sends what is new and what was asked for; how many bytes that were, about."""
        if not self._views:
            return 0
        self._state.conversation = self.conversation
        size = self._sent(await asyncio.to_thread(self._state.change, self._head()))
        asked, self._asked = self._asked, deque()  # not before: a fault above must not lose them
        if any(isinstance(request, Ready) for request in asked):
            size += self._sent(await asyncio.to_thread(self._state.state))
        for request in asked:
            if isinstance(request, Need):
                size += self._sent(await asyncio.to_thread(self._state.items, request.ids))
        return size

    def _sent(self, message: Sent | None) -> int:
        if message is None:
            return 0
        self._send(message.content, message.buffers)
        # Images are laid out once, and go out once: the text that follows need not wait for long.
        return len(msgspec.json.encode(message.content)) + sum(map(len, message.buffers)) // _BUFFER_WEIGHT

    async def _pause(self, size: int) -> None:
        """Waits until the next change may be sent: for less than it takes the eye to notice, for longer
        where much was sent, and not at all when the answer has ended or somebody asked for something."""
        seconds = max(_SHORTEST, size / _BYTES_PER_SECOND, self._state.weight / _CHARACTERS_PER_SECOND)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):  # wait_for may lose a cancellation in Python 3.11
                await self._at_once.wait()
