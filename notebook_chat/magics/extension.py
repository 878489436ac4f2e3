"""The extension that ``%load_ext notebook_chat`` loads."""

from __future__ import annotations

from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand
from traitlets import Bool, Enum, Float, Integer, Unicode, observe

from ..errors import ChatError
from ..session import NotebookSession, close_session, has_resumed, open_session, session_of
from ..text import sendable
from .arguments import cell_parser
from .cell import verbatim
from .front_end import ShellFrontEnd
from .interruption import interruption
from .names import lost, others, taken
from .output import one_line, show_problem, show_resumed, show_text
from .panels import Panels


@magics_class
class ChatMagics(Magics):
    """Settings of ``%%chat``: ``%config ChatMagics.model = 'openai:gpt-6-luna'`` and the like."""

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
    timeout = Float(
        0.0,
        help="How long a whole answer may take, in seconds; 0: as long as no silence lasts five minutes.",
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
        self.told: set[str] = set()  # the variables of a file that the user has been told of
        self._lost: dict[str, str] = {}
        super().__init__(shell)
        self.interpreter = shell

    @observe("model")
    def _model_changed(self, change: Any) -> None:
        self.panels.use(change["new"])

    @observe("system")
    def _system_changed(self, change: Any) -> None:
        self.session.system = sendable(change["new"])

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
        except KeyboardInterrupt as interrupt:
            from ..renderers import Interrupted

            if not isinstance(interrupt, Interrupted):
                show_text("Stopped.")
            raise interruption(self.interpreter) from None

    @no_var_expand
    @line_magic("chat")  # type: ignore[arg-type]
    def chat_line(self, line: str) -> None:
        """Everything about chats but the asking: ``%chat help`` lists it."""
        try:
            from .command_table import run
            from .subcommand import Context

            self.session.resume()
            run(sendable(line), Context(self.session, self, self.panels, self.interpreter))
        except ChatError as error:
            raise one_line(error) from None
        finally:
            show_problem(self.session.history.warning())

    def before_cell(self, *_: object) -> None:
        """Follows what the front end tells with each cell; IPython calls it."""
        self.session.forget_deleted_cells()

    def after_cell(self, *_: object) -> None:
        """Says, once, when the cell has given our names to somebody else; IPython calls it."""
        before, self._lost = self._lost, others(self.interpreter, self)
        for name, owner in self._lost.items():
            if before.get(name) != owner:
                show_problem(lost(name, owner))


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
    for name, owner in others(shell).items():
        show_problem(taken(name, owner) if owner else None)
    session = NotebookSession(ShellFrontEnd(shell), new_kernel=not has_resumed(shell), on_resume=show_resumed)
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
