"""What is told of a conversation to whoever writes it down or watches it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Protocol

import msgspec

from ..answer import AnswerSnapshot
from .turns import Draft, Turn


class Origin(msgspec.Struct, frozen=True):
    """Where a branch comes from: the conversation's id, and the last position that was taken from it."""

    id: str
    position: int


class Progress(Protocol):
    """An answer on its way, as everybody sees it who did not ask for it. It may be looked at in any thread."""

    @property
    def model(self) -> str:
        """Who answers, as ``provider:model``."""

    @property
    def snapshot(self) -> AnswerSnapshot:
        """What has come so far. Where the question was asked once more, it begins anew."""

    def stop(self) -> None:
        """Ends the answer: what has come is kept."""

    def leave(self) -> None:
        """Ends the answer at once, whatever its provider still does: what has come is kept."""


class Answering(msgspec.Struct, frozen=True):
    """An open turn, and how its answer comes along."""

    draft: Draft
    progress: Progress


class Journaled(Protocol):
    """What a journal reads of a conversation: all but how it goes on."""

    name: str
    system: str | None
    id: str
    origin: Origin | None

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns, in order."""


class Journal(Protocol):
    """Who is told of all that happens to a conversation, in order. None of its methods may raise or block."""

    def begun(self, conversation: Journaled, draft: Draft) -> Future[None] | None:
        """A turn is open; a future that is done when that is written down."""

    def follow(self, draft: Draft, text: Callable[[], str]) -> None:
        """The answer to an open turn is coming; ``text`` gives what has come so far, in any thread."""

    def ended(self, conversation: Journaled, draft: Draft) -> None:
        """An open turn has ended. If it has become a turn, ``changed`` has told of it just before."""

    def changed(self, conversation: Journaled, written: Sequence[Turn], removed: Sequence[str]) -> None:
        """Turns were added or changed; others, named by their ids, were removed."""
