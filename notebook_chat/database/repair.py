"""A new database in the place of a damaged one, with all that can still be read of it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from .connection import Schema, build, repairing
from .pages import PAGE, records

_STALE_SECONDS = 120.0


def repair(path: Path, schema: Schema) -> str:
    """Puts a new database in the place of a damaged one, which is kept under another name.

    Args:
        path: The file, to which this process has no connection.
        schema: What it is made of.

    Returns:
        What to tell the user.

    Raises:
        sqlite3.Error, OSError: It cannot be done now, or another kernel is at it. The file is as it was.
    """
    new = repairing(path)
    with contextlib.suppress(OSError):
        if time.time() - new.stat().st_mtime > _STALE_SECONDS:  # of a kernel that was killed meanwhile
            Path(f"{new}-journal").unlink(missing_ok=True)
            new.unlink()
    try:
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        raise sqlite3.OperationalError("another kernel repairs the database") from None
    try:
        with path.open("rb") as file:
            found = schema.salvage(records(file))
            if not found.count:
                found = schema.salvage(records(file, PAGE))
        with closing(sqlite3.connect(new, isolation_level=None)) as connection:
            build(connection, schema, found)
        aside = _free_name(path)
        for suffix in ("-journal", "-wal", "-shm", ""):
            with contextlib.suppress(FileNotFoundError):
                os.rename(f"{path}{suffix}", f"{aside}{suffix}")  # noqa: PTH104
        with contextlib.suppress(FileNotFoundError):  # another kernel has put it there
            os.replace(new, path)  # noqa: PTH105
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    count, name = found.count, schema.name
    things = f"{count} {schema.thing}{'s' * (count != 1)}"
    saved = f"{things} could be read and {'is' if count == 1 else 'are'} in a new one"
    return f"The {name} was damaged: {saved if count else 'nothing in it could be read'}; the old file is {aside}."


def _free_name(path: Path) -> Path:
    day = time.strftime("%Y-%m-%d")
    names = (
        path.with_name(f"{path.stem}-damaged-{day}{'-' * (n > 1)}{n if n > 1 else ''}{path.suffix}")
        for n in range(1, 1000)
    )
    return next(name for name in names if not name.exists())
