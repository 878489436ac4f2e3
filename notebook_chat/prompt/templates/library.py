"""Where prompts to reuse are looked for: beside the notebook, then in the user's own folder."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ...errors import ChatError, InvalidOptionError
from ...text import single_line
from .formats import ENDINGS, read_template
from .template import Template

FOLDER = ".chat"
"""The folder beside the notebook."""

_NAME = re.compile(r"\w[\w.-]{0,99}")
_MOST = 500  # entries of a folder that are looked at


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with prompts.

    Attributes:
        folder: The folder.
        shown: How it is shown.
        beside: Whether it lies beside the notebook.
    """

    folder: Path
    shown: str
    beside: bool

    def names(self) -> list[str]:
        """What its prompts are called, each once."""
        try:
            with os.scandir(self.folder) as entries:
                files = [entry.name for entry in islice(entries, _MOST)]
        except OSError:
            return []
        ended = (
            (name, next((one for one in reversed(_LONGEST_FIRST) if name.endswith(one)), ""))
            for name in files
        )
        return sorted(
            {name.removesuffix(end) for name, end in ended if end and _NAME.fullmatch(name.removesuffix(end))}
        )

    def find(self, name: str) -> Template | None:
        """The prompt of a name; ``None`` where there is none.

        Raises:
            InvalidOptionError: Its file cannot be read, or something in it.
        """
        for ending in ENDINGS:
            path = self.folder / f"{name}{ending}"
            if os.path.lexists(path):
                self._check_inside(path)
                return read_template(path, name, f"{self.shown}/{path.name}", beside=self.beside)
        return None

    def _check_inside(self, path: Path) -> None:
        """Sees to it that no link which came with a notebook leads to a file of the user's own.

        Raises:
            InvalidOptionError: It leads out of the notebook's folder.
        """
        try:
            inside = not self.beside or path.resolve().is_relative_to(self.folder.parent.resolve())
        except (OSError, RuntimeError):  # a link that leads to itself
            return
        if not inside:
            raise InvalidOptionError(
                f"{self.shown}/{path.name} is a link that leads out of the notebook's folder",
                hint="Copy the file there, or into your own folder, which %chat prompts names.",
            )


_LONGEST_FIRST = sorted(ENDINGS, key=len)


def places(beside: Path | None = None) -> list[Place]:
    """The folders in which prompts are looked for, in order.

    Args:
        beside: The notebook's folder; the working directory unless given.
    """
    own = _own_folder()
    return [
        Place((beside or Path()) / FOLDER, FOLDER, True),
        Place(own, _shown(own), False),
    ]


def find_template(name: str, beside: Path | None = None) -> Template:
    """The prompt of a name.

    Args:
        name: The name, without the ``@``.
        beside: The notebook's folder; the working directory unless given.

    Raises:
        InvalidOptionError: There is none; it names those that are like it. Or its file cannot be read.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidOptionError(
            f"no prompt can be called {single_line(str(name))[:80]!r}",
            hint="A name has letters, digits, - and _.",
        )
    looked_in = places(beside)
    for place in looked_in:
        if (found := place.find(name)) is not None:
            return found
    names = sorted({one for place in looked_in for one in place.names()})
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    guess = f"Did you mean {' or '.join(f'@{one}' for one in near)}? " if near else ""
    where = " and ".join(place.shown for place in looked_in)
    raise InvalidOptionError(
        f"there is no prompt @{name}",
        hint=f"{guess}They are files such as {name}.md in {where}; %chat prompts lists them.",
    )


def template_names(beside: Path | None = None) -> list[str]:
    """What the prompts are called that can be used."""
    return sorted({name for place in places(beside) for name in place.names()})


def listing(beside: Path | None = None) -> Iterator[tuple[str, Place, Template | ChatError, bool]]:
    """All prompts: their names, their places, what they are or why they cannot be read, and whether another of the same
    name is taken in their place.

    Args:
        beside: The notebook's folder; the working directory unless given.
    """
    seen: set[str] = set()
    for place in places(beside):
        for name in place.names():
            found: Template | ChatError | None
            try:
                found = place.find(name)
            except ChatError as error:
                found = error
            if found is not None:
                yield name, place, found, name in seen
                seen.add(name)


def _own_folder() -> Path:
    named = os.environ.get("NOTEBOOK_CHAT_HOME")
    if named:
        return Path(named).expanduser() / "prompts"
    import platformdirs

    return platformdirs.user_config_path("notebook_chat", appauthor=False) / "prompts"


def _shown(folder: Path) -> str:
    home = os.path.expanduser("~")  # noqa: PTH111
    text = str(folder)
    return f"~{text[len(home) :]}" if text.startswith(home + os.sep) else text
