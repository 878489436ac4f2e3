"""The extension that ``%load_ext notebook_chat`` loads."""

from __future__ import annotations

from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from ..session import NotebookSession, close_session, has_resumed, notebook_of, open_session, session_of
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
    for name, owner in others(shell).items():
        show_problem(taken(name, owner) if owner else None)
    session = NotebookSession(
        ShellFrontEnd(shell),
        new_kernel=not has_resumed(shell),
        path=notebook_of(shell),
        on_resume=show_resumed,
    )
    ours = ChatMagics(shell, session)
    open_session(shell, session)
    shell.register_magics(ours)
    shell.events.register("pre_run_cell", ours.before_cell)
    shell.events.register("post_run_cell", ours.after_cell)
    ours.before_cell()  # the cell that loads it comes after deletions, too
    shell.input_transformers_cleanup.insert(0, verbatim)
    for key in ("%chat", "%%chat"):
        shell.set_hook("complete_command", complete, str_key=key)  # type: ignore[no-untyped-call]


def unload(shell: InteractiveShell) -> None:
    """Takes the magics out of a shell again; the conversations end with that."""
    session = session_of(shell)
    configurables: list[Any] = shell.configurables
    for ours in [one for one in configurables if isinstance(one, ChatMagics) and one.session is session]:
        ours.panels.close()
        configurables.remove(ours)
        shell.events.unregister("pre_run_cell", ours.before_cell)
        shell.events.unregister("post_run_cell", ours.after_cell)
        for kind in ("line", "cell"):
            if getattr(shell.magics_manager.magics[kind].get("chat"), "__self__", None) is ours:
                del shell.magics_manager.magics[kind]["chat"]
        shell.magics_manager.registry.pop(ChatMagics.__name__, None)
        shell.input_transformers_cleanup.remove(verbatim)
        for key in ("%chat", "%%chat"):
            shell.strdispatchers["complete_command"].strs.pop(key, None)
    close_session(shell)
