"""What nobody foresaw: the one place that makes a ``ChatError`` of any other exception.

Where a provider's stream becomes an answer, where a ``Chat`` and its run ask a provider for anything, and where a
magic ends, whatever is raised goes through here. It becomes one line: what kind of exception, where, and what to do.
The traceback is in the log, at level DEBUG.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import traceback
from collections.abc import Iterable, Iterator
from typing import Any

from .errors import ChatError, RequestTimeoutError, StreamInterruptedError, UnexpectedError
from .secrets import Secret, excerpt, redact
from .text import printable, replace_surrogates

LOGGER = logging.getLogger("notebook_chat")

LONGEST = 300
"""How much of an exception's own words is told, in characters."""

_LONGEST_KEPT = 20_000  # characters of an exception that hangs on ours
_MOST = 16  # exceptions of a chain, or of a group, that are looked at
_OURS = f"{__package__}."
_REPORT = (
    "This is a bug in notebook_chat: please report it with this line"
    " (https://github.com/notebook-chat/notebook_chat/issues)."
)
_THEIRS = "It comes from the provider's own code; its traceback is in the log, at level DEBUG."


def chat_error(
    error: BaseException, *, provider: str = "", partial: str = "", secrets: Iterable[Secret] = ()
) -> ChatError:
    """The error of the project's own tree for any exception.

    Args:
        error: The exception. It loses its traceback, whose frames may hold a key.
        provider: The name of the provider at which it was raised; ``""`` where it was none.
        partial: The text that had arrived.
        secrets: What must not be shown of the exception's words.

    Returns:
        The error itself where it is a ``ChatError``; else one that names the exception's kind and place in one line.
        Its ``__cause__`` is the exception, unless its words hold a secret, or what does
        something to a terminal.
    """
    if isinstance(error, ChatError):
        return error
    hidden = tuple(secrets)
    where, ours = _place(error)
    _log(error, hidden)
    failure = _told(error, where, ours, hidden)
    failure.provider = provider or None
    failure.partial = partial
    failure.__cause__ = _bare(error, hidden)
    return failure


@contextlib.contextmanager
def as_chat_errors(provider: str = "", secrets: Iterable[Secret] = ()) -> Iterator[None]:
    """Lets nothing out of a block but ``ChatError`` and what ends a program or a task.

    Args:
        provider: The name of the provider that is asked for something in the block.
        secrets: As in ``chat_error``.
    """
    try:
        yield
        return
    except ChatError:
        raise
    except Exception as error:
        failure = chat_error(error, provider=provider, secrets=secrets)
    raise failure


def words(error: BaseException, secrets: Iterable[Secret] = ()) -> str:
    """An exception's own words in one line, without secrets and never too long; its kind where it has none.

    Args:
        error: Any exception, also one whose ``__str__`` fails.
        secrets: What must not be shown.
    """
    try:
        text = str(error)
    except Exception:
        text = ""
    told = " ".join(excerpt(replace_surrogates(text), 8 * LONGEST, *secrets).split())
    return (told if len(told) <= LONGEST else f"{told[:LONGEST]}…") or type(error).__name__


def _told(error: BaseException, where: str, ours: bool, secrets: tuple[Secret, ...]) -> ChatError:
    if (exhausted := lacking(error)) is not None:
        what, hint = exhausted
        return UnexpectedError(what, hint=hint)
    said = words(error, secrets)
    kind = type(error).__name__
    message = f"{kind}{where}" if said == kind else f"{kind}: {said}{where}"
    if isinstance(error, TimeoutError):
        return RequestTimeoutError(message)
    if isinstance(error, ConnectionError):
        return StreamInterruptedError(message)
    return UnexpectedError(message, hint=_REPORT if ours else _THEIRS)


def lacking(error: BaseException | None) -> tuple[str, str] | None:
    """What this machine has no more of, where that is why something failed.

    Args:
        error: The exception.

    Returns:
        What has run out, and what to do about it; ``None`` where it is something else.
    """
    for one in _chain(error):
        if isinstance(one, OSError) and one.errno in (errno.EMFILE, errno.ENFILE):
            return _NO_FILES
        if isinstance(one, MemoryError) or (isinstance(one, OSError) and one.errno == errno.ENOMEM):
            return "there is no memory left", "Free some, or restart the kernel."
        if isinstance(one, RuntimeError) and "start new thread" in words(one):
            return "no further thread can be started", "End what runs beside this, or restart the kernel."
    return None


_NO_FILES = (
    "no further file or connection can be opened: too many are open",
    "Close some, restart the kernel, or raise the limit (ulimit -n).",
)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(_MOST):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def _place(error: BaseException) -> tuple[str, bool]:
    """Where it was raised, in words that follow its own, and whether that is in this package. The standard library's
    frames say less than whoever called it."""
    import sys

    frames = [(frame.f_globals.get("__name__"), frame, line) for frame, line in _frames(error)]
    named = [one for one in frames if isinstance(one[0], str)]
    telling = [one for one in named if one[0].partition(".")[0] not in sys.stdlib_module_names - {"__main__"}]
    if not (telling or named):
        return "", False
    module, frame, line = (telling or named)[-1]
    if module == "__main__":
        return f" (in {frame.f_code.co_name}, line {line})", False
    return f" (at {module}:{line})", module.startswith(_OURS)


def _frames(error: BaseException) -> Iterator[Any]:
    return traceback.walk_tb(error.__traceback__)


def _log(error: BaseException, secrets: tuple[Secret, ...]) -> None:
    if LOGGER.isEnabledFor(logging.DEBUG):
        with contextlib.suppress(Exception):  # the exception's own methods may fail
            LOGGER.debug("%s", redact("".join(traceback.format_exception(error)), *secrets))


def _bare(error: BaseException, secrets: tuple[Secret, ...]) -> BaseException | None:
    """The exception without the frames that it has come through and without what it hangs on; ``None`` where its own
    words hold a secret."""
    try:
        within = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
        for one in (*within, error):
            one.__cause__ = one.__context__ = one.__traceback__ = None
        told = "".join(traceback.format_exception_only(error))
        if len(told) > _LONGEST_KEPT or printable(told) != told:  # it is printed as it is, beside ours
            return None
    except Exception:  # the exception's own methods may fail
        return None
    return error if redact(told, *secrets) == told else None
