"""The history: whether and where the conversations of a notebook are kept on the disk; and the ledger beside it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import HistoryError

if TYPE_CHECKING:
    from ..conversation import Conversation
    from ..ledger.ledger import Ledger
    from ..store import Store


class History:
    """Keeps conversations on the disk while it is on. The database is opened when it is first needed.

    Args:
        on: Whether it is on.
    """

    def __init__(self, on: bool = True) -> None:
        self._on = on
        self._store: Store | None = None
        self._ledger: Ledger | None = None

    @property
    def on(self) -> bool:
        """Whether conversations are kept."""
        return self._on

    @property
    def store(self) -> Store | None:
        """Where they are kept; ``None`` when the history is off."""
        if self._store is None and self._on:
            from ..store import Store

            self._store = Store()
        return self._store

    @property
    def ledger(self) -> Ledger:
        """The ledger, which keeps accounts also where the history is off."""
        if self._ledger is None:
            from ..ledger.ledger import Ledger

            self._ledger = Ledger()
        return self._ledger

    def forget_contents(self, id: str, turns: Iterable[str] = ()) -> bool:
        """Has the ledger forget what was asked and answered in a conversation; what that used and cost stays.

        Args:
            id: The conversation's id.
            turns: The ids of its turns: some may have been asked for when it had another id.

        Returns:
            Whether nothing of it is left in the ledger's file.
        """
        from ..ledger.forgetting import Selection

        gone, own = True, tuple(turns)
        for meant in (Selection(conversations=(id,)), *([Selection(turns=own)] if own else ())):
            try:
                there = self.ledger.is_there and self.ledger.count(meant)
            except HistoryError:
                return False
            gone = not there or self.ledger.forget(meant, contents=True)
        return gone

    def moved(self, id: str, to: str) -> None:
        """Notes that what was asked in a conversation belongs to another one now.

        Args:
            id: The id that it had.
            to: The id that it has.
        """
        self.ledger.moved(id, to)

    def require(self) -> Store:
        """Where they are kept.

        Raises:
            HistoryError: The history is off.
        """
        if self.store is None:
            raise HistoryError("the history is off", hint="%config ChatMagics.history = 'on' keeps one.")
        return self.store

    def keep(self, conversation: Conversation, notebook: Path | None, *, save: bool = False) -> None:
        """Writes down from now on what happens to a conversation; nothing when the history is off.

        Args:
            conversation: The conversation.
            notebook: The file of the notebook it is had in.
            save: Whether to write the turns that it has already.
        """
        if self.store is not None:
            self.store.keep(conversation, str(notebook) if notebook else None)
            if save:
                self.store.save(conversation)

    def switch(self, on: bool, conversations: Iterable[Conversation], notebook: Path | None) -> None:
        """Switches the history on or off.

        Args:
            on: Whether it is to be on.
            conversations: Those that are written down from now on, or not any more.
            notebook: The file of the notebook they are had in.
        """
        self._on = on
        if not on:
            if self._store is not None:
                self._store.close()
            self._store = None
        for conversation in conversations:
            if on:
                self.keep(conversation, notebook, save=len(conversation) > 0)
            else:
                conversation.journal = None

    def warning(self) -> str | None:
        """What to tell the user, once: that the history or the ledger cannot be written; ``None`` when they can."""
        told = [one.warning() for one in (self._store, self._ledger) if one is not None]
        return " ".join(filter(None, told)) or None

    def flush(self) -> None:
        """Waits, for a bounded time, until all that is to be written is."""
        for one in (self._store, self._ledger):
            if one is not None:
                one.flush()

    def close(self) -> None:
        """Waits as ``flush`` does, and leaves neither a thread nor an open file behind."""
        for one in (self._store, self._ledger):
            if one is not None:
                one.close()
