"""A notebook in which nothing runs: its conversations and settings, as they would be at some place of it."""

from __future__ import annotations

from collections.abc import Mapping, Set
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from ...conversation import Conversation
from ...session import NotebookSession
from ..notebook_replay import NotebookReplay
from .static_settings import StaticSettings

if TYPE_CHECKING:
    from ..settings import Settings


class NoShell:
    """A shell in which nothing runs, and whose variables are not known."""

    user_ns: Mapping[str, Any] = MappingProxyType({})


class StaticNotebook:
    """The conversations and the settings at some place of a notebook. Nothing of it is on the disk.

    Args:
        path: The notebook's file.
        settings: What is set when it begins.
        words: The words of its code, among which are the names of its functions.

    Attributes:
        folder: The notebook's folder.
        settings, words: As given.
        session: Its conversations.
        blind: What has made what was said before unknown; empty where nothing has.
    """

    def __init__(self, path: Path, settings: StaticSettings, words: Set[str] = frozenset()) -> None:
        self.words = words
        self.folder = path.parent
        self.settings = settings
        self.session = NotebookSession(_Nowhere(), history=False, path=path)
        settings.answers = NotebookReplay(self.session, lambda: settings.record, lambda: "")
        self.blind = ""

    @property
    def told_settings(self) -> Settings:
        """The settings, as whoever asks reads them; those of a shell that runs are not among them."""
        return cast("Settings", self.settings)

    def conversation(self, name: str) -> Conversation:
        """The conversation of a name; it is there from its first mention on.

        Args:
            name: The name.

        Raises:
            InvalidOptionError: None can be called so.
        """
        self.session.system = self.settings.system
        return self.session.conversation(name)


class _Nowhere:
    """A front end that tells nothing."""

    parent: Mapping[str, Any] = MappingProxyType({})
    notebook: object = None
