"""The notebook's settings, as its cells set them, without running any."""

from __future__ import annotations

import contextlib
import copy
from importlib import import_module
from typing import Any

from traitlets import HasTraits, TraitError

from ...prompt.secrets.disclosure import Disclosure
from ...tools.permissions import Permissions
from ..notebook_replay import NotebookReplay
from .acts import UNKNOWN, Setting

_ADVICE = "Take it out, or write %config ChatMagics.secrets = 'redact' (or 'send')."


class StaticSettings(HasTraits):
    """The settings at some place of a notebook.

    Args:
        **begun: Those that hold when the notebook begins, where they are not the usual ones.

    Attributes:
        unknown: The names of those whose values are known only when the notebook runs.
    """

    model: str
    cells: int
    tools: list[str]
    system: str
    secrets: str
    replay: str
    record: str
    answers: NotebookReplay

    def __init__(self, **begun: Any) -> None:
        super().__init__()
        self.told: set[str] = set()
        self.unknown: set[str] = set()
        # The magics know all commands, one of which is about this.
        traits = import_module("..chat_magics", __package__).ChatMagics.class_traits(config=True)
        self.add_traits(**{name: copy.copy(trait) for name, trait in traits.items()})
        for name, value in begun.items():
            self.follow(Setting(name=name, value=value))

    def follow(self, setting: Setting) -> None:
        """Follows a line that sets something. One of a name or with a value that there is not fails where it runs, and
        changes nothing.

        Args:
            setting: What it sets.
        """
        if not self.has_trait(setting.name):
            return
        if not setting.certain or setting.value is UNKNOWN:
            self.unknown.add(setting.name)
            return
        with contextlib.suppress(TraitError):
            setattr(self, setting.name, setting.value)
            self.unknown.discard(setting.name)

    def permit(self) -> Permissions:
        """Who decides about calls of tools: no call is made."""
        return Permissions()

    def disclosure(self, *, asks: bool = True) -> Disclosure:
        """What becomes of secrets in a prompt where nobody can be asked, as when all cells are run.

        Args:
            asks: Without effect.
        """
        return Disclosure(lambda: self.secrets, advice=_ADVICE)
