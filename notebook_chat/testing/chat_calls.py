"""Telling a chat's calls of a provider from those of the code under test."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from contextvars import ContextVar
from typing import Any

from ..answer import AnswerSnapshot
from ..ledger import Account, Origin, Planned, Record, RequestKey, Used
from ..request import HttpRequest

asked_by_chat: ContextVar[bool] = ContextVar("asked_by_chat", default=False)
"""Whether the next call of a provider in this context is a chat's, whose answer is recorded as a whole."""


class ChatCalls:
    """Accounts of which nothing is kept: they are told before a chat calls a provider."""

    def open(self, key: RequestKey, origin: Origin) -> Account:
        """The account of an exchange that begins.

        Args:
            key: Its request.
            origin: Where it is asked for.
        """
        return _Account()


class _Account:
    async def before(self, planned: Planned) -> None:
        """One more request is about to go out, by a provider that is called next."""
        asked_by_chat.set(True)

    def follow(self, snapshot: Callable[[], AnswerSnapshot]) -> None:
        """The answers are coming."""

    def left(self, request: HttpRequest | None) -> Callable[[int], object]:
        """A request goes out."""
        return lambda status: None

    def used(self, used: Used) -> None:
        """A request has ended."""

    def close(self, record: Record) -> Future[Any] | None:
        """The exchange has ended."""
        return None
