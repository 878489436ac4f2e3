"""The store: the journal of all conversations, and what is read from it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from ..conversation import Conversation, Draft, Journaled, Turn
from ..environment import home
from ..errors import HistoryError
from . import queries
from .liveness import owner
from .queries import Entry, Found
from .sweep_pace import SweepPace
from .writer import Work, Writer

_READ_SECONDS = 15.0

T = TypeVar("T")


def default_path() -> Path:
    """The database's file: in ``NOTEBOOK_CHAT_HOME``, else in the user's data folder."""
    return home() / "conversations.sqlite3"


class Store:
    """Conversations on the disk, in one SQLite file. It is the journal of those that it is told to ``keep``.

    Nothing here may break a chat: what cannot be written is tried again later, and ``warning`` tells.

    Args:
        path: The database's file; nothing is opened or made before something is written or read.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_path()
        self._notebooks: dict[str, str | None] = {}
        self._followed: dict[str, tuple[str, Callable[[], str]]] = {}
        self._pace = SweepPace()
        self._writer = Writer(self.path, self._sweep)
        self._warned = False

    # --- the journal

    def keep(self, conversation: Conversation, notebook: str | None = None) -> None:
        """Writes down from now on what happens to a conversation. One without a turn is not written.

        Args:
            conversation: The conversation.
            notebook: The path of the notebook it is had in.
        """
        self._notebooks[conversation.id] = notebook
        conversation.journal = self

    def begun(self, conversation: Journaled, draft: Draft) -> Future[None]:
        """Writes the prompt down."""
        return self._write(conversation, [draft.turn((), "failed")], (), owner())

    def follow(self, draft: Draft, text: Callable[[], str]) -> None:
        """Writes the answer down as it comes, every half second."""
        conversation, _ = self._followed.get(draft.id, ("", None))
        if conversation:
            self._followed[draft.id] = (conversation, text)

    def ended(self, conversation: Journaled, draft: Draft) -> None:
        """Takes what was written of a draft away that has not become a turn."""
        self._followed.pop(draft.id, None)
        self._pace.forget(draft.id)
        self._writer.write(
            lambda connection, words: queries.remove_turns(
                connection, words, conversation.id, [draft.id], unfinished=True
            )
        )

    def changed(self, conversation: Journaled, written: Sequence[Turn], removed: Sequence[str]) -> None:
        """Writes down which turns there are."""
        self._write(conversation, written, removed)

    def _write(
        self,
        conversation: Journaled,
        written: Sequence[Turn],
        removed: Sequence[str],
        owned: str | None = None,
    ) -> Future[None]:
        notebook = self._notebooks.get(conversation.id)
        if owned is not None:
            self._followed[written[0].id] = (conversation.id, str)

        def work(connection: sqlite3.Connection, words: bool) -> None:
            queries.write_conversation(connection, conversation, notebook)
            for turn in written:
                queries.write_turn(connection, words, conversation.id, turn, owned)
            queries.remove_turns(connection, words, conversation.id, removed)

        return self._writer.write(work, quick=owned is not None)

    def _sweep(self) -> Work | None:
        followed = list(self._followed.items())
        if not followed:
            return None

        def work(connection: sqlite3.Connection, _: bool) -> None:
            for id, (conversation, text) in followed:
                answer = text()
                if self._writer.flushing or self._pace.due(id, len(answer)):
                    queries.write_answer(connection, conversation, id, answer)

        return work

    # --- what it knows

    def save(self, conversation: Conversation) -> None:
        """Writes a conversation with all its turns."""
        self._write(conversation, conversation.turns, ())

    def load(self, id: str) -> tuple[Conversation, int]:
        """A conversation, and how many of its turns cannot be read.

        Raises:
            HistoryError: It is not there, or the database cannot be read.
        """
        conversation, broken = self._read(lambda connection, words: queries.load(connection, words, id))
        if conversation is None:
            raise HistoryError("that conversation is not in the history any more")
        return conversation, broken

    def entries(self) -> list[Entry]:
        """All conversations, the last one first.

        Raises:
            HistoryError: The database cannot be read.
        """
        return self._read(lambda connection, _: queries.entries(connection))

    def of_notebook(self, path: str) -> list[Entry]:
        """The conversations that were last had in a notebook, the last one first."""
        return self._read(lambda connection, _: queries.entries(connection, "notebook = ?", [path]))

    def named(self, ids: Sequence[str]) -> list[Entry]:
        """Those of the conversations that it knows."""
        marks = ", ".join("?" * len(ids))
        return self._read(lambda connection, _: queries.entries(connection, f"id IN ({marks})", ids))

    def search(self, text: str, limit: int = 50) -> list[Found]:
        """The turns of all conversations that have the words of a text, the last ones first.

        Raises:
            HistoryError: The database cannot be read.
        """
        return self._read(lambda connection, words: queries.search(connection, words, text, limit))

    def delete(self, id: str) -> None:
        """Forgets a conversation for good."""

        def work(connection: sqlite3.Connection, words: bool) -> None:
            queries.remove_turns(connection, words, id)
            connection.execute("DELETE FROM conversations WHERE id = ?", (id,))

        self._writer.write(work)

    def rename(self, id: str, name: str) -> None:
        """Gives a conversation another name."""
        self._writer.write(
            lambda connection, _: connection.execute(
                "UPDATE conversations SET name = ? WHERE id = ?", (name, id)
            )
        )

    def moved(self, id: str, notebook: str) -> None:
        """Notes that a conversation's notebook is elsewhere now."""
        self._writer.write(
            lambda connection, _: connection.execute(
                "UPDATE conversations SET notebook = ? WHERE id = ?", (notebook, id)
            )
        )

    def flush(self) -> None:
        """Waits until all is written, for a bounded time."""
        self._writer.flush()

    def warning(self) -> str | None:
        """What to tell the user, once: that the history cannot be written."""
        failure = self._writer.failure
        if failure is None:
            return None
        warned, self._warned = self._warned, True
        if warned:
            return None
        return (
            f"The history cannot be written ({failure}: {self.path}). The chat goes on without;"
            " %config ChatMagics.history = 'off' does so on purpose."
        )

    def _read(self, work: Callable[[sqlite3.Connection, bool], T]) -> T:
        future: Future[Any] = self._writer.read(partial(work))
        try:
            result: T = future.result(_READ_SECONDS)
            return result
        except (sqlite3.Error, OSError, TimeoutError, ValueError, TypeError) as error:
            raise HistoryError(f"the history cannot be read: {error} ({self.path})") from None
