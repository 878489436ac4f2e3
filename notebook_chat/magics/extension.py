"""The extension that ``%load_ext notebook_chat`` loads. It owns the notebook's conversations."""

from __future__ import annotations

import contextlib
import sys
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand
from traitlets import Bool, Enum, Integer, Unicode, observe

from ..chat import Answer, Chat
from ..conversation import Conversation, Turn, Watched
from ..errors import ChatError, ConfigurationError, ConversationBusyError, InvalidMessagesError
from ..renderers import DisplayRenderer, Renderer, TerminalRenderer, play
from ..reply import Reply
from ..store import Store, stored_with
from .arguments import cell_parser, parse_cell_line
from .cell import CellIdentity, verbatim
from .commands import Commands, complete
from .notebook import Notebook, Resumed
from .output import show_text
from .panels import Panels
from .records import turns

if TYPE_CHECKING:
    from ..panel import ChatPanel

DEFAULT = "default"
"""The conversation of a cell that names none."""

_seen: weakref.WeakSet[InteractiveShell] = weakref.WeakSet()
"""The shells that had the extension before: their variables are still there when it is loaded again."""


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

    def __init__(self, shell: InteractiveShell) -> None:
        self._panels = Panels()  # first: settings may be in the shell's configuration
        super().__init__(shell)
        self.interpreter = shell
        self.conversations: dict[str, Conversation] = {}
        self.cells = CellIdentity(shell)
        self.notebook = Notebook(shell, self.cells)
        self._store: Store | None = None
        self._resumed = False
        self._deleted: set[str] = set()
        self._listed = Watched()
        self._commands = Commands(self)

    @property
    def store(self) -> Store | None:
        """Where conversations are kept; ``None`` when they are not."""
        if self._store is None and self.history == "on":
            self._store = Store()
        return self._store

    def conversation(self, name: str = DEFAULT) -> Conversation:
        """The notebook's conversation of that name; it is there from its first mention on."""
        self.resume()
        if name not in self.conversations:
            self.add(Conversation(name, system=self.system or None))
        return self.conversations[name]

    def add(self, conversation: Conversation) -> None:
        """Takes a conversation in, under its name."""
        path = self.notebook.path
        if self.store is not None:
            self.store.keep(conversation, str(path) if path else None)
        self.conversations[conversation.name] = conversation
        self.listed()

    def listed(self) -> None:
        """Tells whoever watches that there are other conversations than before, or other names."""
        self._listed.heard()

    def watch(self, changed: Callable[[], object]) -> Callable[[], None]:
        """Has ``changed`` called when there are; it gives what ends that."""
        return self._listed.watch(changed)

    def shared(self, name: str) -> tuple[Conversation, Callable[[], str | None]]:
        """A conversation for ``Chat``, and what tells the cells apart that ask in it."""
        return self.conversation(name), self.cells.next

    def panel(self, name: str = DEFAULT) -> ChatPanel:
        """The panel of the conversation of that name."""
        return self._panels.of(self.conversation(name), model=self.model, context=self.context)

    @observe("model")
    def _model_changed(self, change: Any) -> None:
        self._panels.use(change["new"])

    def resume(self) -> None:
        """Goes on with the conversations that the notebook left off with, and says so; once."""
        if self._resumed:
            return
        self._resumed = True
        if self.store is not None:
            resumed = self.notebook.resume(self.store)
            for conversation in resumed.conversations:
                self.conversations.setdefault(conversation.name, conversation)
            self._tell(resumed)
        _seen.add(self.interpreter)
        self.forget_cells()

    def _tell(self, resumed: Resumed) -> None:
        told = [f"{turns(len(c))} of {c.name!r}" for c in resumed.conversations if len(c)]
        if told:
            gone = (
                "" if self.interpreter in _seen else " The kernel is new: the variables of before are gone."
            )
            broken = f" {turns(resumed.broken)} could not be read." if resumed.broken else ""
            show_text(f"The conversation goes on after {', '.join(told)}.{gone}{broken}")
        if resumed.foreign:
            held = turns(resumed.foreign)
            show_text(f"This notebook holds {held} from elsewhere: %chat restore goes on with them.")
        if resumed.problem:
            print(f"notebook_chat: {resumed.problem}", file=sys.stderr)  # noqa: T201

    def forget_cells(self, *_: object) -> None:
        """Takes the turns of cells that the user has deleted out of the conversations. IPython calls it
        before each cell, since the front end tells of a deletion once, with whichever cell runs next."""
        self._deleted.update(self.cells.deleted)
        if self._resumed and self._deleted:
            with contextlib.suppress(ConversationBusyError):  # then with the next cell
                for conversation in self.conversations.values():
                    conversation.remove(self._deleted)
                self._deleted.clear()

    @observe("history")
    def _history_changed(self, change: Any) -> None:
        if change["new"] == "off" and self._store is not None:
            self._store.flush()
            self._store = None
            for conversation in self.conversations.values():
                conversation.journal = None
        elif change["new"] == "on":
            for conversation in self.conversations.values():
                self.add(conversation)
                if self.store is not None and len(conversation):
                    self.store.save(conversation)

    def warn(self) -> None:
        """Says, once, that the history cannot be written."""
        if self._store is not None and (warning := self._store.warning()) is not None:
            print(f"notebook_chat: {warning}", file=sys.stderr)  # noqa: T201

    def close(self) -> None:
        """Ends the panels, and has written all that is to be."""
        self._panels.close()
        if self._store is not None:
            self._store.flush()

    @no_var_expand
    @cell_magic("chat")  # type: ignore[arg-type]
    def chat_cell(self, line: str, cell: str) -> None:
        """Asks the model; the answer streams into the cell, and the conversation goes on from there."""
        try:
            self._ask(line, cell)
        except ChatError as error:
            raise one_line(error) from None
        except KeyboardInterrupt:
            show_text("Stopped before it began.")

    @no_var_expand
    @line_magic("chat")  # type: ignore[arg-type]
    def chat_line(self, line: str) -> None:
        """Everything about chats but the asking: ``%chat help`` lists it."""
        try:
            self.resume()
            self._commands.run(line)
        except ChatError as error:
            raise one_line(error) from None
        finally:
            self.warn()

    def _ask(self, line: str, cell: str) -> None:
        options = parse_cell_line(line)
        if not cell.strip():
            raise InvalidMessagesError("the prompt is empty", hint="Write it beneath %%chat.")
        conversation = self.conversation(options.conversation or DEFAULT)
        cell_id = self.cells.next()
        chat = Chat(
            options.model or self.model or None,
            conversation=conversation,
            context=self.context or None,
            temperature=options.temperature,
            max_tokens=options.max_tokens,
            extra_body=dict(options.param) or None,
        )
        prompt = cell.strip("\n")
        # A panel's answer may be coming: cells wait for their turn, as they do for other cells.
        reply = chat.reply(prompt, cell=cell_id, system=options.system, fresh=options.new, patient=True)
        try:
            play(reply, self._renderer(conversation, reply), nested=self.nested)
        finally:
            self._only_in(conversation, cell_id)
            self.warn()
            if options.output and reply.turn is not None:
                self.interpreter.user_ns[options.output] = Answer(reply.turn)

    def _only_in(self, conversation: Conversation, cell: str | None) -> None:
        """Takes a cell's turn out of the conversations that it asked in before its ``-c`` was changed."""
        for other in self.conversations.values():
            kept = [turn for turn in other.turns if cell is None or turn.cell != cell]
            if other is not conversation and len(kept) < len(other):
                with contextlib.suppress(ConversationBusyError):
                    other.replace(kept)

    def _renderer(self, conversation: Conversation, reply: Reply) -> Renderer:
        def notes() -> list[str]:
            return reply.notes

        if not hasattr(self.interpreter, "kernel"):
            return TerminalRenderer(show_footer=self.footer, notes=notes)

        def metadata(turn: Any) -> dict[str, Any]:
            return stored_with(conversation, turn if isinstance(turn, Turn) else None)

        return DisplayRenderer(
            form="markdown" if self.output == "markdown" else "html",
            show_footer=self.footer,
            live=not _captured(self.interpreter),
            metadata=metadata,
            notes=notes,
        )


ChatMagics.chat_cell.__doc__ += "\n\n" + cell_parser().format_help()


def one_line(error: ChatError) -> ChatError:
    """The error, so that IPython shows it as one line and without a traceback: it is the user's or the
    network's doing, and the place in our code says nothing about it."""
    text = f"{type(error).__name__}: {error}"
    error._render_traceback_ = lambda: [text]  # type: ignore[attr-defined]
    return error.with_traceback(None)


def _captured(shell: InteractiveShell) -> bool:
    """Whether outputs are being captured (``%%capture``): every update would be kept as one more output."""
    return type(shell.display_pub).__name__ == "CapturingDisplayPublisher"


def load(shell: InteractiveShell) -> None:
    """Registers the magics in a shell, once; says so when that takes a name from another package."""
    if _loaded(shell) is not None:
        return
    taken = shell.magics_manager.magics["cell"].get("chat")
    if taken is not None:
        other = (getattr(taken, "__module__", None) or "another package").partition(".")[0]
        print(  # noqa: T201
            f"notebook_chat: %%chat was {other}'s and is ours now; %reload_ext {other} gives it back.",
            file=sys.stderr,
        )
    ours = ChatMagics(shell)
    shell.register_magics(ours)
    shell.events.register("pre_run_cell", ours.forget_cells)
    ours.forget_cells()
    shell.input_transformers_cleanup.insert(0, verbatim)
    for key in ("%chat", "%%chat"):
        shell.set_hook("complete_command", complete, str_key=key)  # type: ignore[no-untyped-call]


def unload(shell: InteractiveShell) -> None:
    """Takes the magics out of a shell again; the conversations end with that."""
    ours = _loaded(shell)
    if ours is None:
        return
    ours.close()
    shell.events.unregister("pre_run_cell", ours.forget_cells)
    for kind in ("line", "cell"):
        if getattr(shell.magics_manager.magics[kind].get("chat"), "__self__", None) is ours:
            del shell.magics_manager.magics[kind]["chat"]
    del shell.magics_manager.registry[ChatMagics.__name__]
    shell.input_transformers_cleanup.remove(verbatim)
    for key in ("%chat", "%%chat"):
        shell.strdispatchers["complete_command"].strs.pop(key, None)


def _loaded(shell: InteractiveShell) -> ChatMagics | None:
    ours = shell.magics_manager.registry.get(ChatMagics.__name__)
    return ours if isinstance(ours, ChatMagics) else None


__all__ = ["ChatMagics", "ConfigurationError", "load", "one_line", "unload"]
