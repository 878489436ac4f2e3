"""A notebook's answers from before, and the file that its answers are written down in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InvalidOptionError
from ..replay.modes import RECORD_VARIABLE, Mode, mode_in_force

if TYPE_CHECKING:
    from ..replay.library import Library
    from ..replay.writing import Writer
    from ..session import NotebookSession


class NotebookReplay:
    """The answers from before of one notebook, and the file that its answers are written down in.

    Args:
        session: The notebook's session.
        setting: Gives what is set for the file: empty, ``on``, ``off`` or a path.
        set_mode: Gives what is set for how answers from before are used; empty for nothing.
    """

    def __init__(
        self, session: NotebookSession, setting: Callable[[], str], set_mode: Callable[[], str]
    ) -> None:
        self._session = session
        self._setting = setting
        self._set_mode = set_mode
        self._mode: Mode | None = None
        self._told: set[str] = set()
        self._warned = ""
        self._given: dict[Path, tuple[Library, Writer]] = {}

    # Who never uses answers from before need not load what they take.

    @cached_property
    def library(self) -> Library:
        """Where they are looked for."""
        from ..plain_books import secrets_in_words
        from ..replay.library import Library

        session = self._session
        return Library(
            notebook=lambda: session.notebook,
            record=self.record_path,
            conversations=lambda: tuple(session.conversations.values()),
            ledger=lambda: session.ledger,
            folder=Path.cwd,
            check=secrets_in_words,
        )

    @staticmethod
    def rest() -> None:
        """Ends what writes records, once all is written that was given."""
        from ..replay import writing

        writing.rest()

    @cached_property
    def writer(self) -> Writer:
        """What writes answers down."""
        from ..replay.writing import Writer

        return Writer(self.library, self.written_path)

    @property
    def writes(self) -> bool:
        """Whether an answer that comes now is written down."""
        return "writer" in self.__dict__ or self.written_path() is not None

    @property
    def mode(self) -> Mode:
        """How answers from before are used in the cell that runs; else as is set.

        Raises:
            InvalidOptionError: What is set is no mode.
        """
        return self._mode or mode_in_force(self._set_mode())

    @contextmanager
    def in_cell(self, given: str | None) -> Iterator[Mode]:
        """A cell asks: for the length of the block counts how it says that answers from before are used.

        Args:
            given: What its line says; ``None`` for nothing.

        Raises:
            InvalidOptionError: What is set is no mode.
        """
        self._mode = mode_in_force(given, self._set_mode())
        try:
            yield self._mode
        finally:
            self._mode = None

    @property
    def setting(self) -> str:
        """What is set for the file, or the environment says: empty, ``on``, ``off`` or a path."""
        return self._setting().strip() or os.environ.get(RECORD_VARIABLE, "").strip()

    def record_path(self) -> Path | None:
        """The file of records that belongs to the notebook, whether or not it is there; ``None`` where it is not
        known which one that is."""
        setting, notebook = self.setting, self._session.notebook
        if setting.lower() == "off":
            return None
        if setting and setting.lower() != "on":
            try:
                path = Path(setting).expanduser()
            except RuntimeError:
                raise InvalidOptionError(f"there is no home folder {setting.partition('/')[0]}") from None
            return path if path.is_absolute() else (notebook.parent if notebook else Path.cwd()) / path
        return record_beside(notebook) if notebook is not None else None

    def written_path(self) -> Path | None:
        """The file that answers are written into; ``None`` where they are not."""
        path, setting = self.record_path(), self.setting.lower()
        if path is None and setting == "on" and not self._warned:
            self._warned = (
                "Answers are not recorded: it is not known which notebook this is. Name the file:"
                " %config ChatMagics.record = 'NAME.chat.jsonl'."
            )
        there = path is not None and os.path.exists(path)  # noqa: PTH110  false, where a name is too long
        return path if setting or there else None

    def given(self, record: Any) -> tuple[Library, Writer]:
        """The same with a file of records that a program names.

        Args:
            record: The file's path.

        Raises:
            InvalidOptionError: It is none.
        """
        from ..replay.given_file import checked_path
        from ..replay.writing import Writer

        path = checked_path(record)
        if path not in self._given:
            library = self.library.with_record(path)
            self._given[path] = (library, Writer(library, lambda: path))
        return self._given[path]

    def problems(self) -> list[str]:
        """What to tell the user of the files, each once."""
        found = [*filter(None, (self._warned,))]
        if "library" in self.__dict__:
            found += self.library.problems
        if "writer" in self.__dict__:
            found += self.writer.problems()
        for library, writer in self._given.values():
            found += [*writer.problems(), *library.problems]
        new = [one for one in found if one not in self._told]
        self._told.update(new)
        return new


def record_beside(notebook: Path) -> Path:
    """The file of records beside a notebook.

    Args:
        notebook: The notebook's file.
    """
    return notebook.with_name(f"{notebook.stem}.chat.jsonl")
