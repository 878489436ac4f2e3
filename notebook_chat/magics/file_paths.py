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

    def completing(self, written: str) -> list[str]:
        """The paths that begin with what is written, folders with a slash at their end. One with blanks is in quotes.

        Args:
            written: The beginning of the path, which may begin with a quote.
        """
        quote = written[:1] if written[:1] in ('"', "'") else ""
        written = written[len(quote) :]
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
        base = written[: len(written) - len(begun)]
        return [_written(base + name, is_folder, quote) for name, is_folder in sorted(found)[:_MOST]]

    def _fits(self, name: str, begun: str) -> bool:
        if self._names and name not in self._names:
            return False
        return (
            name.startswith(begun)
            and (not name.startswith(".") or begun.startswith("."))
            and name.isprintable()
        )


def _written(path: str, is_folder: bool, quote: str) -> str:
    """A path as it is written on a line."""
    if not quote and not any(one in path for one in " '\"#"):
        return path + "/" * is_folder
    quote = quote or ("'" if '"' in path else '"')
    return f"{quote}{path}/" if is_folder else f"{quote}{path}{quote}"
