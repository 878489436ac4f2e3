"""Which process writes a turn, and whether it still runs."""

from __future__ import annotations

import os
import socket
import sys
import time
import uuid

SILENT_SECONDS = 20.0
"""A turn that nobody has touched for so long is not coming any more. Its process touches it every second."""

_token = uuid.uuid4().hex[:8]


def owner() -> str:
    """This process."""
    return f"{socket.gethostname()}:{os.getpid()}:{_token}"


def is_dead(named: str | None, touched: float) -> bool:
    """Whether a process has ended.

    Args:
        named: What its ``owner`` gave.
        touched: When it last wrote the turn, in seconds since 1970.
    """
    if named == owner():
        return False
    if not isinstance(named, str) or not isinstance(touched, float) or time.time() - touched > SILENT_SECONDS:
        return True
    host, _, rest = named.rpartition(":")[0].rpartition(":")
    if host != socket.gethostname() or not rest.isdigit():
        return False
    return int(rest) == os.getpid() or not _runs(int(rest))


def _runs(pid: int) -> bool:
    if sys.platform == "win32":
        return True  # there, asking by a signal would end it; the time tells
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return not _zombie(pid)


def _zombie(pid: int) -> bool:
    """Whether the process has ended and only its parent has not noticed."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:  # noqa: PTH123
            return stat.read().rpartition(")")[2].split()[:1] == ["Z"]
    except OSError:
        return False
