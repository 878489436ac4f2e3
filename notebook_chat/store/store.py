"""The store: the journal of all conversations, and what is read from it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from ..conversation import Conversation, Draft, Journaled, Turn
from ..database import SweepPace, Work, Writer, in_words, is_of_values, owner
from ..environment import home
from ..errors import HistoryError
from . import queries, sightings
from .loading import Loaded, load
from .queries import Entry, Found
from .schema import HISTORY
from .sightings import Sighting

_READ_SECONDS = 15.0
_FREE_SECONDS = 0.25

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
        self._writer = Writer(self.path, HISTORY, self._sweep)
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
                self._write_turn(connection, words, conversation, turn, owned)
            queries.remove_turns(connection, words, conversation.id, removed)

        return self._writer.write(work, quick=owned is not None)

    def _write_turn(
        self,
        connection: sqlite3.Connection,
        words: bool,
        conversation: Journaled,
        turn: Turn,
        owned: str | None,
    ) -> None:
        """Writes a turn. One that cannot be written must not take others along, nor stay away unnoticed."""
        try:
            if not queries.write_turn(connection, words, conversation.id, turn, owned):
                self._writer.tell(
                    f"Of {_place(conversation, turn)}, the history keeps the texts: the rest cannot be written."
                )
        except BaseException as error:
            if not is_of_values(error):
                raise
            self._writer.tell(
                f"The history cannot keep {_place(conversation, turn)} ({in_words(error)}); all else is written."
            )

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
        loaded = self.load_all(id)
        return loaded.conversation, len(loaded.broken)

    def load_all(self, id: str) -> Loaded:
        """A conversation, and which of its turns are damaged.

        Raises:
            HistoryError: As ``load``.
        """
        loaded = self._read(lambda connection, words: load(connection, words, id))
        if loaded is None:
            raise HistoryError("that conversation is not in the history any more")
        return loaded

    def entries(self) -> list[Entry]:
        """All conversations, the last one first.

        Raises:
            HistoryError: The database cannot be read.
        """
        return self._read(lambda connection, _: queries.entries(connection))

    def of_notebook(self, path: str) -> list[Entry]:
        """The conversations that were last had in a notebook, the last one first."""
        condition = "CAST(notebook AS TEXT) = ?"
        return self._read(lambda connection, _: queries.entries(connection, condition, [path]))

    def named(self, ids: Sequence[str]) -> list[Entry]:
        """Those of the conversations that it knows."""
        condition = "id IN (SELECT value FROM json_each(?))"
        return self._read(
            lambda connection, _: queries.entries(connection, condition, [json.dumps(list(ids))])
        )

    def in_others(self, id: str) -> list[Entry]:
        """The other conversations that have turns of a conversation, too: its branches, and copies of it."""
        return self._read(lambda connection, _: queries.in_others(connection, id))

    def search(self, text: str, limit: int = 50) -> list[Found]:
        """The turns of all conversations that have the words of a text, the last ones first.

        Raises:
            HistoryError: The database cannot be read.
        """
        return self._read(lambda connection, words: queries.search(connection, words, text, limit))

    def delete(self, id: str, *, erase: bool = True) -> Future[None]:
        """Forgets a conversation.

        Args:
            id: Its id.
            erase: Whether no byte of it is to be left in the file, and not only no way to it.

        Returns:
            A future that is done when that was tried. Then ``erasing`` tells whether it could be done.
        """
        self._notebooks.pop(id, None)

        def work(connection: sqlite3.Connection, words: bool) -> None:
            queries.remove_turns(connection, words, id)
            connection.execute("DELETE FROM conversations WHERE id = ?", (id,))
            sightings.remove(connection, id)

        return self._writer.write(work, erases=erase)

    @property
    def erasing(self) -> bool:
        """Whether something that was deleted may still be in the file, which another program holds."""
        return self._writer.erasing

    @property
    def set_aside(self) -> list[Path]:
        """The damaged files in whose place new ones were made."""
        return sorted(self.path.parent.glob(f"{self.path.stem}-damaged-*{self.path.suffix}"))

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

    def saw(self, ids: Sequence[str], sighting: Sighting) -> None:
        """Notes how the notebook of some conversations was seen."""
        self._writer.write(lambda connection, _: sightings.write(connection, ids, sighting))

    def sighting(self, id: str) -> Sighting | None:
        """How the notebook of a conversation was last seen on this machine; ``None`` where that is not known.

        Raises:
            HistoryError: The database cannot be read.
        """
        return self._read(lambda connection, _: sightings.read(connection, id))

    def flush(self) -> None:
        """Waits until all is written, for a bounded time."""
        self._writer.flush()

    def close(self) -> None:
        """Waits as ``flush`` does, and leaves neither a thread nor an open file behind. It can be used on."""
        self._writer.close()

    def warning(self) -> str | None:
        """What to tell the user, once: that the history cannot be written, or what of it could not be."""
        told = [self._writer.news.pop(0) for _ in range(len(self._writer.news))]
        failure = self._writer.failure
        if failure is not None:
            warned, self._warned = self._warned, True
            if not warned:
                told.append(
                    f"The history cannot be written ({failure}: {self.path}). The chat goes on without;"
                    " %config ChatMagics.history = 'off' does so on purpose."
                )
        return " ".join(told) or None

    def is_free(self) -> bool:
        """Whether the database can be read just now; only a short write, ours or another kernel's, is waited for."""
        if not self.path.exists():
            return True
        try:
            uri = f"{self.path.absolute().as_uri()}?mode=rw"
            with closing(sqlite3.connect(uri, uri=True, timeout=_FREE_SECONDS)) as connection:
                connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        except (sqlite3.Error, UnicodeDecodeError):
            return False
        return True

    def _read(self, work: Callable[[sqlite3.Connection, bool], T]) -> T:
        future: Future[Any] = self._writer.read(partial(work))
        try:
            error = future.exception(_READ_SECONDS)
        except TimeoutError as late:
            error = late
        if error is not None:
            raise HistoryError(f"the history cannot be read: {in_words(error)} ({self.path})")
        result: T = future.result()
        return result


def _place(conversation: Journaled, turn: Turn) -> str:
    """Which turn of which conversation it is, in words."""
    return (
        f"turn {1 + sum(one.position < turn.position for one in conversation.turns)} of {conversation.name!r}"
    )
