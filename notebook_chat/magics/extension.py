"""The extension that ``%load_ext notebook_chat`` loads."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from ..loop_thread import rest  # here, since modules may be others by the time they are left
from ..session import NotebookSession, close_session, has_resumed, notebook_of, open_session, session_of
from . import value_completion
from .cell import verbatim
from .chat_magics import ChatMagics
from .front_end import ShellFrontEnd
from .names import others, taken
from .output import show_problem, show_resumed


def complete(shell: InteractiveShell, event: Any) -> list[str]:
    """What may come next on the line of ``%chat`` or ``%%chat``; IPython calls it."""
    from . import command_table

    session = session_of(shell)
    try:
        return command_table.complete(event.text_until_cursor, session, event.symbol) if session else []
    except Exception:  # while the user types, nothing may be told
        return []


def load(shell: InteractiveShell) -> None:
    """Registers the magics in a shell, once; says so when that takes a name from another package."""
    if session_of(shell) is not None:
        return
    unload(shell)  # what this package left behind before its modules were deleted and imported anew
    for name, owner in others(shell).items():
        show_problem(taken(name, owner) if owner else None)
    session = NotebookSession(
        ShellFrontEnd(shell),
        new_kernel=not has_resumed(shell),
        path=notebook_of(shell),
        on_resume=lambda resumed: show_resumed(resumed, replays=session.replays()),
    )
    open_session(shell, session)
    ours = ChatMagics(shell, session)
    ours.leaving.callback(_leave, shell, ours)
    shell.register_magics(ours)
    ours.leaving.callback(ours.recorder.stop)
    for event, callback in (("pre_run_cell", ours.before_cell), ("post_run_cell", ours.after_cell)):
        shell.events.register(event, callback)
        ours.leaving.callback(_unregister, shell, event, callback)
    ours.before_cell()  # the cell that loads it comes after deletions, too
    shell.input_transformers_cleanup.insert(0, verbatim)
    for key in ("%chat", "%%chat"):
        shell.set_hook("complete_command", complete, str_key=key)  # type: ignore[no-untyped-call]
    ours.leaving.callback(value_completion.install(shell))


def unload(shell: InteractiveShell) -> None:
    """Takes the magics out of a shell again; the conversations end with that."""
    configurables: list[Any] = shell.configurables
    for ours in [one for one in configurables if _is_ours(one)]:
        configurables.remove(ours)
        ours.leaving.close()


def _is_ours(configurable: Any) -> bool:
    """Whether these are our magics, also those of modules that were reloaded since."""
    kind = type(configurable)
    return (kind.__module__, kind.__name__) == (ChatMagics.__module__, ChatMagics.__name__)


def _unregister(shell: Any, event: str, callback: Any) -> None:
    with suppress(ValueError):  # somebody has done it already
        shell.events.unregister(event, callback)


def _leave(shell: Any, ours: ChatMagics) -> None:
    """Undoes what ``load`` did beside the events, and ends what the magics have begun."""
    ours.unobserve_all()
    for kind in ("line", "cell"):
        if getattr(shell.magics_manager.magics[kind].get("chat"), "__self__", None) is ours:
            del shell.magics_manager.magics[kind]["chat"]
    shell.magics_manager.registry.pop(ChatMagics.__name__, None)
    with suppress(ValueError):
        shell.input_transformers_cleanup.remove(verbatim)
    for key in ("%chat", "%%chat"):
        shell.strdispatchers["complete_command"].strs.pop(key, None)
    close_session(shell)
    ours.panels.close()
    rest()
