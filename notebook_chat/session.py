"""The extension that is loaded in the running notebook, as the layers below the magics see it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Protocol

from .conversation import Conversation
from .errors import ConfigurationError


class Session(Protocol):
    """What the extension shares. It owns the notebook's conversations."""

    @property
    def conversations(self) -> Mapping[str, Conversation]:
        """The notebook's conversations by their names."""

    def conversation(self, name: str) -> Conversation:
        """The conversation of that name; it is there from its first mention on."""

    def watch(self, changed: Callable[[], object]) -> Callable[[], None]:
        """Has ``changed`` called when there are other conversations, or other names; it gives what ends that."""

    def shared(self, name: str) -> tuple[Conversation, Callable[[], str | None]]:
        """That conversation, and what tells the cells apart that ask in it."""


def session() -> Session | None:
    """The extension, when ``%load_ext notebook_chat`` was run in this notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    loaded: Session | None = shell.magics_manager.registry.get("ChatMagics") if shell is not None else None
    return loaded


def loaded_session() -> Session:
    """As ``session``.

    Raises:
        ConfigurationError: It was not run.
    """
    loaded = session()
    if loaded is None:
        raise ConfigurationError(
            "a conversation by its name is one of a notebook, and there is none here",
            hint="Run %load_ext notebook_chat first, or give a Conversation.",
        )
    return loaded
