"""Answers from before in a file that a program names."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import InvalidOptionError
from .library import Library
from .writing import Writer


def checked_path(record: Any) -> Path:
    """The file that a program names.

    Args:
        record: Its path.

    Raises:
        InvalidOptionError: It is none.
    """
    if not isinstance(record, (str, os.PathLike)) or not os.fspath(record):
        raise InvalidOptionError(f"record must be the path of a file, not {record!r:.60}")
    try:
        return Path(os.fsdecode(record)).expanduser().absolute()
    except RuntimeError:
        raise InvalidOptionError(f"there is no home folder {os.fsdecode(record).partition('/')[0]}") from None


@lru_cache(maxsize=16)
def given_file(path: Path, check: Callable[[str], str]) -> tuple[Library, Writer]:
    """Where answers are looked for and written down where nothing but a file is known.

    Args:
        path: The file.
        check: As for ``RecordFile``.
    """
    library = Library(record=lambda: path, check=check)
    return library, Writer(library, lambda: path)
