"""What is told of a conversation to whoever writes it down or watches it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Protocol

import msgspec

from ..events import Status
from .turns import Draft, Turn

if TYPE_CHECKING:
    from .sequence import Conversation


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
    def text(self) -> str:
        """The text that has come so far. It only grows, but when the question was asked once more."""

    @property
    def reasoning(self) -> str:
        """The reasoning that has come so far; as ``text``."""

    @property
    def status(self) -> Status | None:
        """What is going on while there is no text, where that is known."""

    def stop(self) -> None:
        """Ends the answer: what has come is kept."""


class Answering(msgspec.Struct, frozen=True):
    """An open turn, and how its answer comes along."""

    draft: Draft
    progress: Progress


class Journal(Protocol):
    """Who is told of all that happens to a conversation, in order. None of its methods may raise or block."""

    def begun(self, conversation: Conversation, draft: Draft) -> Future[None] | None:
        """A turn is open; a future that is done when that is written down."""

    def follow(self, draft: Draft, text: Callable[[], str]) -> None:
        """The answer to an open turn is coming; ``text`` gives what has come so far, in any thread."""

    def ended(self, conversation: Conversation, draft: Draft) -> None:
        """An open turn has ended. If it has become a turn, ``changed`` has told of it just before."""

    def changed(self, conversation: Conversation, written: Sequence[Turn], removed: Sequence[str]) -> None:
        """Turns were added or changed; others, named by their ids, were removed."""
