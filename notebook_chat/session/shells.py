"""The session of a shell, as whatever is above the session finds it."""

from __future__ import annotations

import asyncio
import sys
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import ConfigurationError
from .notebook_session import NotebookSession

# Keyed weakly, so that a shell that ends takes its session along.
_sessions: weakref.WeakKeyDictionary[Any, NotebookSession] = weakref.WeakKeyDictionary()
_resumed: weakref.WeakSet[Any] = weakref.WeakSet()
_notebooks: weakref.WeakKeyDictionary[Any, Path] = weakref.WeakKeyDictionary()


def open_session(shell: Any, session: NotebookSession) -> None:
    """Gives a shell its session.

    Args:
        shell: IPython's shell, or what stands for it: something that can be referred to weakly.
        session: Its session. It should not refer to the shell, or both stay for as long as the process.
    """
    _sessions[shell] = session


def has_resumed(shell: Any) -> bool:
    """Whether a shell has had a session before that went on with a notebook's conversations: the variables of
    then are still there."""
    return shell in _resumed


def notebook_of(shell: Any) -> Path | None:
    """The notebook's file, as a session before knew it; ``None`` where there was none that did. A cell that
    loads the extension again may be one of a console, by which no front end tells."""
    return _notebooks.get(shell)


def close_session(shell: Any) -> None:
    """Ends the session of a shell; all that is to be written is written then.

    Args:
        shell: The shell; one that has no session is left as it is.
    """
    ended = _sessions.pop(shell, None)
    if ended is not None:
        ended.close()
        if ended.resumed:
            _resumed.add(shell)
        if ended.notebook is not None:
            _notebooks[shell] = ended.notebook


def session_of(shell: Any) -> NotebookSession | None:
    """The session of a shell, or ``None`` when the extension is not loaded in it."""
    return _sessions.get(shell)


def session() -> NotebookSession | None:
    """The session of the running notebook, or ``None`` when ``%load_ext notebook_chat`` was not run in it."""
    shell = _shell()
    return session_of(shell) if shell is not None else None


def namespace() -> dict[str, Any] | None:
    """The notebook's variables, by their names; ``None`` where there is no shell of IPython's."""
    variables = getattr(_shell(), "user_ns", None)
    return variables if isinstance(variables, dict) else None


def hidden_names() -> Mapping[str, Any]:
    """The names that IPython has in the notebook itself, each with its value."""
    names = getattr(_shell(), "user_ns_hidden", None)
    return names if isinstance(names, dict) else {}


def kernel_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop on which a kernel runs its cells, in the notebook's own thread; ``None`` where there is none."""
    kernel = getattr(_shell(), "kernel", None)
    loop = getattr(getattr(kernel, "io_loop", None), "asyncio_loop", None)
    return loop if isinstance(loop, asyncio.AbstractEventLoop) else None


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def loaded_session() -> NotebookSession:
    """The session of the running notebook.

    Raises:
        ConfigurationError: ``%load_ext notebook_chat`` was not run.
    """
    loaded = session()
    if loaded is None:
        raise ConfigurationError(
            "a conversation's name needs a notebook whose conversations have names",
            hint="Run %load_ext notebook_chat first, or give a Conversation.",
        )
    return loaded
