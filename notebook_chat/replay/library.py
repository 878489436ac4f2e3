"""Where answers from before are looked for: the notebook, its record, the ledger."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from ..conversation import Conversation, Turn
from ..ledger import Record, RequestKey
from .kept import Kept, kept_answer, record_of_answer
from .notebook_records import NotebookRecords
from .record_file import ENDING, RecordFile

_MOST_FILES = 60
_MOST_BYTES = 300_000_000
_LEDGER_SECONDS = 5.0


class Recorded(Protocol):
    """What is asked of the ledger."""

    def find(self, digest: str) -> Future[Record | None]:
        """The newest record of a request.

        Args:
            digest: The request's digest.
        """

    def nearest(self, key: RequestKey) -> Future[Record | None]:
        """The record whose request is most like one.

        Args:
            key: The request.
        """


class Library:
    """All answers from before that can be had without a network.

    Args:
        notebook: Gives the notebook's file; ``None`` where it is not known.
        record: Gives the file of records beside it; ``None`` where there is none.
        conversations: Gives the notebook's conversations.
        ledger: Gives the ledger; ``None`` where there is none.
        folder: The folder whose notebooks and records are looked at where the notebook is not known; ``None`` for none.
        check: As for ``RecordFile``.
    """

    def __init__(
        self,
        *,
        notebook: Callable[[], Path | None] = lambda: None,
        record: Callable[[], Path | None] = lambda: None,
        conversations: Callable[[], Iterable[Conversation]] = tuple,
        ledger: Callable[[], Recorded | None] = lambda: None,
        folder: Callable[[], Path | None] = lambda: None,
        check: Callable[[str], str] = lambda text: "",
    ) -> None:
        self._notebook = notebook
        self._record = record
        self._conversations = conversations
        self._ledger = ledger
        self._folder = folder
        self._check = check
        self._notebooks: dict[Path, NotebookRecords] = {}
        self._files: dict[Path, RecordFile] = {}

    def with_record(self, path: Path) -> Library:
        """The same with another file of records.

        Args:
            path: The file.
        """
        return Library(
            notebook=self._notebook,
            record=lambda: path,
            conversations=self._conversations,
            ledger=self._ledger,
            folder=self._folder,
            check=self._check,
        )

    # --- looking for an answer

    def find(self, request: str, cell: str | None = None) -> Record | None:
        """The answer to a request from wherever there is one; ``None`` where there is none.

        Args:
            request: The request's digest.
            cell: The cell that asks, whose own answer comes first; ``None`` where that is not known.
        """
        for found in self._found(request, cell):
            return found
        return None

    def _found(self, request: str, cell: str | None) -> Iterator[Record]:
        yield from _best(self._held(request), cell)
        yield from _best(self.in_notebooks(request), cell)
        for file in self.record_files():
            if (record := file.find(request)) is not None:
                yield record
        if (ledger := self._ledger()) is not None:
            with suppress(Exception):  # it tells by itself what is wrong with it
                if (known := ledger.find(request).result(_LEDGER_SECONDS)) is not None and known.exchange:
                    yield known

    def _held(self, request: str) -> list[Kept]:
        """The answers that the conversations have."""
        return [
            kept_answer(turn, place)
            for conversation in self._conversations()
            for turn in conversation.turns
            if turn.request or turn.alternatives
            for place, answer in enumerate(turn.answers)
            if answer.request == request and answer.status == "complete" and answer.exchange
        ]

    def in_notebooks(self, request: str) -> list[Kept]:
        """The answers that the outputs of the notebook hold; where it is not known which one it is, of all that lie in
        the folder.

        Args:
            request: The request's digest.
        """
        return [one for notebook in self.notebooks() for one in notebook.answers(request)]

    def notebooks(self) -> list[NotebookRecords]:
        """The notebooks that are looked at, as they are now."""
        path = self._notebook()
        paths = [path] if path is not None else self._near(".ipynb")
        for one in paths:
            self._notebooks.setdefault(one, NotebookRecords(one)).read()
        return [self._notebooks[one] for one in paths]

    def own_notebooks(self) -> list[NotebookRecords]:
        """The notebook, where it is known which one that is."""
        return self.notebooks() if self._notebook() is not None else []

    def record_files(self) -> list[RecordFile]:
        """The files of records that are looked at."""
        path = self._record()
        paths = [path] if path is not None else self._near(ENDING) if self._notebook() is None else []
        return [self.record_file(one) for one in paths]

    def record_file(self, path: Path) -> RecordFile:
        """A file of records, of which is remembered what it holds.

        Args:
            path: The file.
        """
        return self._files.setdefault(path, RecordFile(path, self._check))

    def _near(self, ending: str) -> list[Path]:
        """The files of the folder whose names end so, as far as they may be read."""
        folder = self._folder()
        if folder is None:
            return []
        sizes: list[tuple[str, int]] = []
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(ending) and not entry.name.startswith("."):
                    with suppress(OSError):
                        sizes.append((entry.name, entry.stat().st_size))
        room, near = _MOST_BYTES, []
        for name, size in sorted(sizes)[:_MOST_FILES]:
            if size <= room:
                room -= size
                near.append(folder / name)
        return near

    @property
    def problems(self) -> list[str]:
        """What is wrong with the files of records that were read, each in a sentence."""
        return [file.problem for file in self._files.values() if file.problem]

    # --- looking for something like it

    def conversations(self) -> Iterator[tuple[str | None, list[Turn]]]:
        """The turns that are known, of each conversation by itself, and the system prompt that it begins with."""
        for conversation in self._conversations():
            yield conversation.system, [*conversation.turns]
        for notebook in self.notebooks():
            yield from notebook.conversations()

    def keys(self) -> Iterator[RequestKey]:
        """The requests of all records that tell theirs."""
        for file in self.record_files():
            for _, key in file.keys():  # noqa: SIM118  it is no dictionary
                yield key

    def key_of(self, request: str) -> RequestKey | None:
        """What is told of a request where it was recorded; ``None`` where nothing is.

        Args:
            request: The request's digest.
        """
        for file in self.record_files():
            if (record := file.find(request)) is not None and record.key is not None:
                return record.key
        if (ledger := self._ledger()) is not None:
            with suppress(Exception):
                found = ledger.find(request).result(_LEDGER_SECONDS)
                return found.key if found is not None else None
        return None

    def nearest_in_ledger(self, key: RequestKey) -> RequestKey | None:
        """The request in the ledger that is most like one; ``None`` where there is none.

        Args:
            key: The request.
        """
        if (ledger := self._ledger()) is not None:
            with suppress(Exception):
                found = ledger.nearest(key).result(_LEDGER_SECONDS)
                return found.key if found is not None else None
        return None

    def model_for(self, typed: str, cell: str | None) -> str | None:
        """Who has answered what a cell asks, where it does not say whom it asks; ``None`` where nobody is known.

        Args:
            typed: What is asked, as it was typed.
            cell: The cell; ``None`` where that is not known.
        """
        turns = [turn for _, some in self.conversations() for turn in some if turn.model and turn.request]
        asked = [turn for turn in turns if turn.asked.strip() == typed.strip()]
        for turn in (*(one for one in asked if cell is not None and one.cell == cell), *asked):
            return turn.model
        keys = list(self.keys())
        near = [key for key in keys if typed.strip() and typed.strip() in key.prompt]
        for key in near or keys[-1:]:
            return f"{key.provider}:{key.model}" if key.model else key.provider
        return turns[-1].model if turns else None


def _best(found: list[Kept], cell: str | None) -> Iterator[Record]:
    """Answers as plain records, that of a cell before the others, then the newest."""
    own = [one for one in found if cell is not None and one.turn.cell == cell]
    for one in (*own, *sorted(found, key=lambda one: -one.at)):
        yield record_of_answer(one.turn.answers[one.place], one.at)
