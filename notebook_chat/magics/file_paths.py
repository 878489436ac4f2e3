"""The paths of files, for the front end to offer."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import islice

from ..session import NotebookSession

_MOST = 300


class FilePaths:
    """Completes an argument that is the path of a file, by what is written of it.

    Args:
        names: The only names that are offered; any unless given.
    """

    def __init__(self, *names: str) -> None:
        self._names = names

    def __call__(self, session: NotebookSession) -> Iterable[str]:
        """What it can be where nothing is written yet."""
        return self.completing("")

    def completing(self, word: str) -> list[str]:
        """What a word can become: the paths that begin with what is written of it, folders with a slash at their end,
        and in quotes what must be.

        Args:
            word: The word, as far as it is written; a quote in it may still be open.
        """
        written, open_quote = _unquoted(word)
        folder, begun = os.path.split(written)
        at = os.path.expanduser(folder) if folder else "."  # noqa: PTH111
        try:
            with os.scandir(at) as entries:
                found = [
                    (entry.name, entry.is_dir())
                    for entry in islice(entries, 10 * _MOST)
                    if self._fits(entry.name, begun)
                ]
        except (OSError, ValueError):
            return []
        rests = ((name[len(begun) :], "/" if is_folder else "") for name, is_folder in sorted(found)[:_MOST])
        return [f"{word}{_quoted(rest, open_quote, end)}" for rest, end in rests]

    def _fits(self, name: str, begun: str) -> bool:
        if self._names and name not in self._names:
            return False
        return (
            name.startswith(begun)
            and (not name.startswith(".") or begun.startswith("."))
            and name.isprintable()
        )


def last_word(text: str) -> tuple[str, str]:
    """The words of a line but the last one, and that as it is written: quotes hold it together.

    Args:
        text: The line, as far as it is written.
    """
    start, quote = 0, ""
    for place, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character.isspace():
            start = place + 1
        elif character in "\"'":
            quote = character
    return text[:start], text[start:]


def _unquoted(word: str) -> tuple[str, str]:
    """A word without its quotes, and the quote that is still open."""
    kept, quote = [], ""
    for character in word:
        if character in (quote or "\"'"):
            quote = "" if quote else character
        else:
            kept.append(character)
    return "".join(kept), quote


def _quoted(rest: str, open_quote: str, end: str) -> str:
    """The rest of a path as it is written behind what is there."""
    if open_quote:
        return f"{rest}{end}" if end else f"{rest}{open_quote}"
    if not any(one in rest for one in " '\"#"):
        return rest + end
    quote = "'" if '"' in rest else '"'
    return f"{quote}{rest}{quote}{end}"
