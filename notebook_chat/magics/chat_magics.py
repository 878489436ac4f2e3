"""The magics ``%chat`` and ``%%chat``, and their settings."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand
from traitlets import Any as Anything
from traitlets import Bool, Dict, Enum, Float, Integer, List, TraitError, Unicode, Union, observe, validate

from ..cell_selection import CELLS_TOKENS
from ..errors import InvalidOptionError
from ..faults import chat_error
from ..session import NotebookSession
from ..text import sendable
from .arguments import cell_parser
from .cell_toolbench import CellToolbench
from .failures import Failures
from .inserted_cells import InsertedCells
from .interruption import interruption
from .names import lost, others
from .output import ask_about_secrets, one_line, show_problem, show_text, told
from .panels import Panels
from .recorder import Recorder
from .shown_answers import ShownAnswers

if TYPE_CHECKING:
    from ..conversation import Conversation
    from ..ledger import Books
    from ..prompt.failures.code_requests import FixRequest
    from ..prompt.secrets.disclosure import Disclosure
    from ..spending.tally import Tally
    from ..tools import ToolSource
    from ..tools.permissions import Permissions, Private
    from .notebook_replay import NotebookReplay

_ADVICE = "Take it out, or write %config ChatMagics.secrets = 'redact' (or 'send')."


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
    cells = Integer(
        0,
        min=0,
        help="How many of the cells above go along with each prompt; --context says so for a single one.",
    ).tag(config=True)
    cells_tokens = Integer(
        CELLS_TOKENS, min=300, help="How many tokens the cells may take that go along with a prompt."
    ).tag(config=True)
    cells_figures = Bool(
        True, help="Whether the figures of cells go along with them; not with a model that takes no images."
    ).tag(config=True)
    timeout = Float(
        0.0,
        help="How long a whole answer may take, in seconds; 0: as long as no silence lasts five minutes.",
    ).tag(config=True)
    max_characters = Integer(
        4_000_000,
        min=1,
        help="The largest answer that is taken, in characters. It ends there, and what has come is kept.",
    ).tag(config=True)
    pace = Union(
        [Dict(), Unicode()],
        default_value="",
        help="How fast services may be asked: {'openai': '60 requests / minute, 90k tokens / minute, 4 at once'}, by"
        " provider or provider:model; or '4 at once' for each of them.",
    ).tag(config=True)
    history = Enum(
        ["on", "off"], "on", help="Whether conversations are kept on the disk, to go on after a restart."
    ).tag(config=True)
    ledger_days = Integer(
        365,
        min=1,
        help="For how many days the ledger keeps what was asked and answered; what that used and cost, ten times as"
        " long.",
    ).tag(config=True)
    ledger_megabytes = Integer(
        500,
        min=10,
        help="How large the ledger's file may be. The oldest answers go first, and then the oldest accounts.",
    ).tag(config=True)
    secrets = Enum(
        ["ask", "redact", "send"],
        "ask",
        help="What is done where a prompt holds what looks like a key or a password: 'ask' asks, and refuses where"
        " nobody can be asked; 'redact' sends a marker in its place; 'send' does not look.",
    ).tag(config=True)
    # Of a value that a setting does not take, %config only tells on the way, and the cells that follow run on. Where
    # they would ask then who must not be asked, it is taken, and each of them refuses it.
    replay = Anything(
        "",
        help="How answers from before are used: 'off' asks; 'keep' keeps what a cell shows while its request is the"
        " same; 'auto' takes any record of the same request, else asks; 'only' never asks; 'refresh' asks, and replaces"
        " the records. Empty: as NOTEBOOK_CHAT_REPLAY says, else 'off'.",
    ).tag(config=True)
    replay_pace = Enum(
        ["at once", "natural"],
        "at once",
        help="How fast answers from before come: 'natural' as they came when they were asked for.",
    ).tag(config=True)
    record = Unicode(
        "",
        help="Where answers are written down, a line for each: 'on' for NAME.chat.jsonl beside the notebook, or a path;"
        " 'off' for nowhere. Empty: as NOTEBOOK_CHAT_RECORD says, else where that file is there already.",
    ).tag(config=True)
    tools = List(
        Unicode(), help="What the model may have run in every cell, as -T names it, such as ['notebook']."
    ).tag(config=True)
    private = List(
        Unicode(),
        help="Variables ('df', 'secret_*') and values that no tool may tell of unasked, whatever is allowed.",
    ).tag(config=True)
    prices = Dict(
        help="What models cost, in US dollars for a million tokens, where a service does not say:"
        " {'openai:gpt-6-*': {'input': 0.2, 'output': 0.75}}, also with cached, written, written_1h, audio_input and"
        " audio_output."
    ).tag(config=True)
    budget = Anything(
        "",
        help="How much may be used before nothing more is sent: '2 USD / day', '200k tokens / hour for notebook',"
        " '5 USD / month for openai:*', several with commas between them. %chat budget shows all that hold.",
    ).tag(config=True)
    output = Enum(
        ["html", "markdown"],
        "html",
        help="How answers are stored: 'markdown' for exports to Markdown or PDF.",
    ).tag(config=True)

    def __init__(self, shell: InteractiveShell, session: NotebookSession) -> None:
        self.session = session  # first: settings may be in the shell's configuration
        self.panels = Panels()
        self.shown = ShownAnswers()
        self.inserted = InsertedCells(session, shell)
        self.allowed: set[int] = set()  # digests of the secrets that the user has said yes to
        self.told: set[str] = set()  # the variables of a file that the user has been told of
        self.failures = Failures(shell)
        self.recorder = Recorder(shell, session.records)
        self.leaving = ExitStack()  # what undoes the registration of these magics
        self._lost: dict[str, str] = {}
        self._answers: NotebookReplay | None = None
        self._watching = False
        self._permissions: Permissions | None = None  # what was allowed goes with it
        self._tally: Tally | None = None
        super().__init__(shell)
        self.interpreter = shell
        session.disclosure = self.disclosure
        session.fix = self.fix
        session.find_tools = self.find_tools
        session.permit = self.permit
        session.private = self.private_values
        session.books = self.books
        session.replays = self.replays
        self.cell_tools = CellToolbench(session, shell, self.inserted)

    def disclosure(self, *, asks: bool = True) -> Disclosure:
        """What becomes of secrets in a prompt, as ``secrets`` says when it goes out.

        Args:
            asks: Whether the user can be asked.
        """
        from ..prompt.secrets.disclosure import Disclosure

        ask = ask_about_secrets if asks else None
        return Disclosure(lambda: self.secrets, ask=ask, advice=_ADVICE, allowed=self.allowed)

    def fix(self) -> FixRequest | None:
        """What goes out about the last error; ``None`` where no cell has failed.

        Raises:
            InvalidOptionError: The last error is none of code.
        """
        from .fixing import request_about

        failure = self.failures.find()
        return request_about(failure, self.failures, self.interpreter) if failure is not None else None

    def find_tools(self, name: str) -> ToolSource:
        """The source of the tools that a name means, such as ``notebook``.

        Raises:
            InvalidOptionError: There is none of that name.
        """
        from .asked_tools import find_tools

        try:
            return find_tools(name, self.session, self.cell_tools, later=self.replays())
        except InvalidOptionError as error:
            if name not in self.tools:
                raise
            hint = f"%config ChatMagics.tools names it. {error.hint or ''}".rstrip()
            raise InvalidOptionError(error.message, hint=hint) from None

    def permit(self) -> Permissions:
        """Who decides about calls of tools in this notebook; the user is asked in the cell that runs."""
        from ..tools.permissions import LineConfirmer, Permissions
        from ..tools.permissions.confirmers import here

        if self._permissions is None:
            self._permissions = Permissions(
                LineConfirmer(here),
                notebook=self._notebook,
                private=self.private_values,
                way="write %chat tools allow {} in a cell before",
            )
        return self._permissions

    def books(self, conversation: Conversation, **given: Any) -> Books:
        """What is done about the exchanges of a conversation besides asking.

        Args:
            conversation: The conversation.
            **given: What whoever asks says of it, as for ``bookkeeping.books_of``.
        """
        from .bookkeeping import books_of

        self._watch()
        return books_of(self.session, self, conversation, **given)

    def replays(self) -> bool:
        """Whether answers from before are taken where there are some."""
        from ..replay.modes import TAKES

        try:
            return self.answers.mode in TAKES
        except InvalidOptionError:  # which whoever asks is told
            return False

    @property
    def answers(self) -> NotebookReplay:
        """The notebook's answers from before."""
        from .notebook_replay import NotebookReplay

        if self._answers is None:
            self.leaving.callback(NotebookReplay.rest)
            self._answers = NotebookReplay(self.session, lambda: self.record, lambda: self.replay)
        return self._answers

    @property
    def tally(self) -> Tally:
        """What has been used since the extension was loaded."""
        if self._tally is None:
            from ..spending.tally import Tally

            self._tally = Tally()
        return self._tally

    def _watch(self) -> None:
        """Has the requests written down that leave beside those of answers, from the first on."""
        if not self._watching:
            from .bookkeeping import watch

            self._watching = True
            self.leaving.callback(watch(self.session))

    def _notebook(self) -> str | None:
        path = self.session.notebook
        return str(path) if path is not None else None

    def private_values(self) -> Private:
        """What no tool may tell of unasked."""
        from ..tools.permissions import Private

        return Private(self.private, lambda: self.interpreter.user_ns)

    @observe("model")
    def _model_changed(self, change: Any) -> None:
        self.panels.use(change["new"])

    @observe("system")
    def _system_changed(self, change: Any) -> None:
        self.session.system = sendable(change["new"])

    @validate("prices")
    def _prices_usable(self, proposal: Any) -> Any:
        from ..spending.own_prices import checked

        try:
            checked(proposal["value"])
        except InvalidOptionError as error:
            raise one_line(error) from None
        return proposal["value"]

    @validate("budget")
    def _budget_usable(self, proposal: Any) -> Any:
        from ..spending.budgets import SETTING, budgets_of

        try:
            budgets_of(proposal["value"], SETTING)
        except InvalidOptionError as error:
            raise one_line(error) from None
        return proposal["value"]

    @observe("cells")
    def _cells_changed(self, change: Any) -> None:
        self.session.cells_along = change["new"]

    @observe("cells_tokens")
    def _cells_tokens_changed(self, change: Any) -> None:
        self.session.cells_tokens = change["new"]

    @observe("cells_figures")
    def _cells_figures_changed(self, change: Any) -> None:
        self.session.cells_figures = change["new"]

    @validate("pace")
    def _pace_checked(self, proposal: Any) -> Any:
        from ..pace import pace_of

        try:
            pace_of(proposal["value"])
        except InvalidOptionError as error:
            raise TraitError(str(error)) from None
        return proposal["value"]

    @observe("pace")
    def _pace_changed(self, change: Any) -> None:
        from ..pace import pace_of

        self.session.pace = pace_of(change["new"])

    @observe("history")
    def _history_changed(self, change: Any) -> None:
        self.session.keep_history(change["new"] == "on")

    @no_var_expand
    @cell_magic("chat")  # type: ignore[arg-type]
    def chat_cell(self, line: str, cell: str) -> None:
        """Asks the model; the answer streams into the cell, and the conversation goes on from there."""
        try:
            from .asking import ask

            self.cell_tools.refuse_chat()
            ask(line, cell, session=self.session, settings=self, shell=self.interpreter)
        except Exception as error:
            raise one_line(chat_error(error)) from None
        except KeyboardInterrupt as interrupt:
            raise self._stopped(interrupt) from None

    @no_var_expand
    @line_magic("chat")  # type: ignore[arg-type]
    def chat_line(self, line: str) -> None:
        """Everything about chats but the asking: ``%chat help`` lists it."""
        try:
            from .command_table import run
            from .subcommand import Context

            self.cell_tools.refuse_chat()
            self.session.resume()
            self._watch()
            run(sendable(line), Context(self.session, self, self.panels, self.interpreter))
        except Exception as error:
            raise one_line(chat_error(error)) from None
        except KeyboardInterrupt as interrupt:
            raise self._stopped(interrupt) from None
        finally:
            show_problem(self.session.history.warning())

    def _stopped(self, interrupt: KeyboardInterrupt) -> KeyboardInterrupt:
        """What the cell ends with that the user has interrupted."""
        from ..renderers import Interrupted

        if not isinstance(interrupt, Interrupted):
            show_text("Stopped.")
        return interruption(self.interpreter)

    def before_cell(self, info: Any = None) -> None:
        """Follows what the front end tells with each cell; IPython calls it."""
        if not self.cell_tools.note_begin(info):
            return
        self.failures.before_cell(info)
        with told():
            self.session.before_cell(getattr(info, "raw_cell", None) or "")
        if info is not None:
            self.recorder.begin(info)

    def after_cell(self, result: Any = None) -> None:
        """Follows what a cell has run, and says so where it gave our names to somebody else; IPython calls it."""
        if not self.cell_tools.note_end():
            return
        info = getattr(result, "info", None)
        self.recorder.end(result)
        with told():
            if info is not None:
                self.failures.after_cell(result, self.session.cells.current)
                self.session.after_cell(info.raw_cell or "", result.success)
        before, self._lost = self._lost, others(self.interpreter, self)
        for name, owner in self._lost.items():
            if before.get(name) != owner:
                show_problem(lost(name, owner))


ChatMagics.chat_cell.__doc__ += "\n\n" + cell_parser().format_help()
