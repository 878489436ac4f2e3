"""One request's way to its service: it waits for its turn, goes out, and comes back once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import AsyncGenerator

from ..errors import RequestTimeoutError
from ..events import Notice
from .home import home
from .priority import Priority
from .rules import Demand
from .service import Look, Service, Ticket

LOGGER = logging.getLogger("notebook_chat.governor")

_QUIET = 0.25  # seconds that nobody need be told of
_LEAST_NEWS = 2.0  # seconds between two things to tell
_LONGEST_SILENCE = 20.0
_AFTERWARDS = Notice("waiting for the answer")


class Passage:
    """One request's way to its service. Whoever makes one leaves it; where nobody is left to do so, it is left, too.

    Args:
        service: The service.
        number: Its place in the line.
        priority: Its priority.
        name: Who is asked, as ``provider:model``.
        demands: The limits that it is held to.
        tokens: How many tokens it is taken to use.
    """

    _left = True  # as long as there is nothing to leave

    def __init__(
        self,
        service: Service,
        number: int,
        priority: Priority,
        name: str,
        demands: tuple[Demand, ...] = (),
        tokens: int = 0,
    ) -> None:
        self._service = service
        self._ticket = Ticket(number, priority, name, demands, tokens, home())
        self._left = False

    def enter(self) -> bool:
        """Goes out at once, or into the line; whether it may go. To be called once, and first."""
        return self._service.enter(self._ticket)

    async def waiting(self, within: float | None = None) -> AsyncGenerator[Notice]:
        """Waits for its turn.

        Args:
            within: How long at most, in seconds.

        Yields:
            What the reader is told meanwhile, now and then.

        Raises:
            RequestTimeoutError: It would take longer.
        """
        news = self._ticket.event = asyncio.Event()
        began = told = time.monotonic()
        end = math.inf if within is None else began + within
        told_at = began + _QUIET
        notice: Notice | None = None
        while True:
            news.clear()
            now = time.monotonic()
            look = self._service.look(self._ticket, max(min(told_at, end) - now, 0.0))
            if look.go:
                break
            if now >= end or now + self._service.paused() > end:
                raise self._too_late(look, within or 0.0)
            if now >= told_at:
                told_at = now + max(_LEAST_NEWS, min(look.expected, _LONGEST_SILENCE * 5) / 5)
                words = self._words(look)
                if notice is None or words != notice.text:
                    notice, told = Notice(words, waited=now - told), now
                    LOGGER.debug("%s: %s", self._ticket.name, notice.text)
                    yield notice
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(look.again):
                    await news.wait()
        now = time.monotonic()
        LOGGER.debug("%s: goes out after %.3f s", self._ticket.name, now - began)
        if notice is not None:
            yield Notice(_AFTERWARDS.text, waited=now - told)

    def used(self, tokens: int) -> None:
        """Counts for the tokens that the request has used.

        Args:
            tokens: The tokens.
        """
        self._service.correct(self._ticket, tokens)

    def pause(self, seconds: float) -> None:
        """Has all requests to the service wait, since it has asked for that.

        Args:
            seconds: How long.
        """
        if seconds > 0:
            paused = self._service.pause(seconds)
            what = "a pause" if paused else "a longer pause than anybody waits for"
            LOGGER.debug("%s: the service asks for %s, %.1f s", self._ticket.name, what, seconds)

    def leave(self) -> None:
        """The request has ended, however it has, or is not to go out any more. Once is enough; more does no harm."""
        if not self._left:
            self._left = True
            self._service.leave(self._ticket)

    def __del__(self) -> None:
        if not self._left:  # the loop was closed around it
            self._service.lose(self._ticket)

    def _words(self, look: Look) -> str:
        why = "it has asked for a pause" if look.reason is None else str(look.reason.limit)
        seconds = look.expected
        if seconds == math.inf:
            how_long = f"{look.ahead:,} ahead" if look.ahead else "next"
        else:
            how_long = f"about {duration(seconds)}"
        return f"waiting for {self._ticket.name.partition(':')[0]}: {why}, {how_long}"

    def _too_late(self, look: Look, within: float) -> RequestTimeoutError:
        whom = self._ticket.name.partition(":")[0]
        why = "it has asked for a pause" if look.reason is None else str(look.reason.limit)
        hint = "Allow more time, or a faster pace."
        if look.reason is None:
            hint = (
                f"It goes on in about {duration(self._service.paused())}: allow more time, or ask again then."
            )
        return RequestTimeoutError(f"no turn at {whom} within {within:g} s: {why}", hint=hint)


def duration(seconds: float) -> str:
    """A time in words, as exactly as a guess is."""
    if seconds >= 90:
        return f"{seconds / 60:.0f} minutes"
    return f"{max(1, round(seconds))} s"
