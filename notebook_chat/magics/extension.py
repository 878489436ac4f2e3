"""The extension that ``%load_ext notebook_chat`` loads."""

from __future__ import annotations

from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand
from traitlets import Bool, Enum, Integer, Unicode, observe

from ..errors import ChatError
from ..session import NotebookSession, close_session, has_resumed, notebook_of, open_session, session_of
from .arguments import cell_parser
from .cell import verbatim
from .front_end import ShellFrontEnd
from .output import one_line, show_problem, show_resumed, show_text
from .panels import Panels


@magics_class
class ChatMagics(Magics):
    """Settings of ``%%chat``: ``%config ChatMagics.model = 'openai:gpt-5'`` and the like."""

    model = Unicode("", help="The model to use, as provider:model; empty: the first that can be used.").tag(
        config=True
    )
    system = Unicode("", help="The system prompt of new conversations.").tag(config=True)
    footer = Bool(True, help="Whether a quiet line with model, tokens and time ends each answer.").tag(
        config=True
    )
    nested = Bool(
        False, help="Drive answers on the notebook's own loop: only for a provider that is bound to it."
    ).tag(config=True)
    context = Integer(
        0,
        help="How many tokens the model can read at once; 0: what is known of it. Older turns are not sent.",
    ).tag(config=True)
    history = Enum(
        ["on", "off"], "on", help="Whether conversations are kept on the disk, to go on after a restart."
    ).tag(config=True)
    output = Enum(
        ["html", "markdown"],
        "html",
        help="How answers are stored: 'markdown' for exports to Markdown or PDF.",
    ).tag(config=True)

    def __init__(self, shell: InteractiveShell, session: NotebookSession) -> None:
        self.session = session  # first: settings may be in the shell's configuration
        self.panels = Panels()
        super().__init__(shell)
        self.interpreter = shell

    @observe("model")
    def _model_changed(self, change: Any) -> None:
        self.panels.use(change["new"])

    @observe("system")
    def _system_changed(self, change: Any) -> None:
        self.session.system = change["new"]

    @observe("history")
    def _history_changed(self, change: Any) -> None:
        self.session.keep_history(change["new"] == "on")

    @no_var_expand
    @cell_magic("chat")  # type: ignore[arg-type]
    def chat_cell(self, line: str, cell: str) -> None:
        """Asks the model; the answer streams into the cell, and the conversation goes on from there."""
        try:
            from .asking import ask

            ask(line, cell, session=self.session, settings=self, shell=self.interpreter)
        except ChatError as error:
            raise one_line(error) from None
        except KeyboardInterrupt:
            show_text("Stopped before it began.")

    @no_var_expand
    @line_magic("chat")  # type: ignore[arg-type]
    def chat_line(self, line: str) -> None:
        """Everything about chats but the asking: ``%chat help`` lists it."""
        try:
            from .command_table import run
            from .subcommand import Context

            self.session.resume()
            run(line, Context(self.session, self, self.panels, self.interpreter))
        except ChatError as error:
            raise one_line(error) from None
        finally:
            show_problem(self.session.history.warning())

    def before_cell(self, info: Any = None) -> None:
        """Follows what the front end tells with each cell; IPython calls it."""
        self.session.before_cell(getattr(info, "raw_cell", None) or "")

    def after_cell(self, result: Any = None) -> None:
        """Follows what a cell has run; IPython calls it."""
        info = getattr(result, "info", None)
        if info is not None:
            self.session.after_cell(info.raw_cell or "", result.success)


ChatMagics.chat_cell.__doc__ += "\n\n" + cell_parser().format_help()


def complete(shell: InteractiveShell, event: Any) -> list[str]:
    """What may come next on the line of ``%chat`` or ``%%chat``; IPython calls it."""
    from . import command_table

    session = session_of(shell)
    return command_table.complete(event.text_until_cursor, session, event.symbol) if session else []


def load(shell: InteractiveShell) -> None:
    """Registers the magics in a shell, once; says so when that takes a name from another package."""
    if session_of(shell) is not None:
        return
    taken = shell.magics_manager.magics["cell"].get("chat")
    if taken is not None:
        other = (getattr(taken, "__module__", None) or "another package").partition(".")[0]
        show_problem(f"%%chat was {other}'s and is ours now; %reload_ext {other} gives it back.")
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
