"""The line in which a panel tells its reader how something went."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from traceback import format_exception

from ..faults import words
from ..secrets import redact
from ..text import printable, replace_surrogates, single_line
from .protocol import Notice

_LONGEST = 20_000  # characters of a traceback in the log: its end tells most

log = logging.getLogger(__name__)


class NoticeBoard:
    """Holds the one notice that a panel shows.

    Args:
        changed: Is called when there is another one.

    Attributes:
        notice: What is shown now; ``None`` for nothing.
    """

    def __init__(self, changed: Callable[[], object]) -> None:
        self.notice: Notice | None = None
        self._changed = changed
        self._count = 0

    def tell(self, text: str, *, error: bool = False, undo: bool = False, act: str | None = None) -> None:
        """Shows a line to the reader, until the next time something is done.

        Args:
            text: The line.
            error: Whether something went wrong.
            undo: Whether the reader can take back what it tells of.
            act: What came to nothing, by the name that the view gave it; the view gets its prompt back.
        """
        self._count += 1
        self.notice = Notice(self._count, replace_surrogates(single_line(redact(text))), error, undo, act)
        self._changed()

    def clear(self) -> None:
        """Takes the notice away, with the next change that is shown."""
        self.notice = None


def log_fault(what: str, error: BaseException) -> None:
    """Logs an error with its traceback, without its secrets.

    Args:
        what: What could not be done.
        error: Why.
    """
    with contextlib.suppress(Exception):  # the error's own methods may fail
        log.error("%s\n%s", what, printable(redact("".join(format_exception(error))[-_LONGEST:])))


def describe_fault(error: BaseException) -> str:
    """Logs an error that nobody foresaw, without its secrets.

    Returns:
        What the reader is told of it, in one line.
    """
    log_fault("a panel could not do what it was asked for", error)
    return f"{type(error).__name__}: {words(error)}"
