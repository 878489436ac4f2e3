"""The extension that ``%load_ext notebook_chat`` loads. It owns the notebook's conversations."""

from __future__ import annotations

import sys
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand
from traitlets import Bool, Enum, Unicode

from ..chat import Answer, Chat
from ..conversation import Conversation, Turn
from ..errors import ChatError, ConfigurationError, InvalidMessagesError
from ..renderers import DisplayRenderer, Renderer, TerminalRenderer, play
from .arguments import cell_parser, parse_cell_line
from .cell import CellIdentity, verbatim
from .commands import Commands, complete
from .output import show_text

DEFAULT = "default"
"""The conversation of a cell that names none."""


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
    output = Enum(
        ["html", "markdown"],
        "html",
        help="How answers are stored: 'markdown' for exports to Markdown or PDF.",
    ).tag(config=True)

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.interpreter = shell
        self.conversations: dict[str, Conversation] = {}
        self._cells = CellIdentity(shell)
        self._commands = Commands(self)

    def conversation(self, name: str = DEFAULT) -> Conversation:
        """The notebook's conversation of that name; it is there from its first mention on."""
        if name not in self.conversations:
            self.conversations[name] = Conversation(name, system=self.system or None)
        return self.conversations[name]

    def forget(self, names: list[str]) -> None:
        """Forgets conversations as a whole."""
        for name in names:
            del self.conversations[name]

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
            self._commands.run(line)
        except ChatError as error:
            raise one_line(error) from None

    def _ask(self, line: str, cell: str) -> None:
        options = parse_cell_line(line)
        if not cell.strip():
            raise InvalidMessagesError("the prompt is empty", hint="Write it beneath %%chat.")
        conversation = self.conversation(options.conversation or DEFAULT)
        chat = Chat(
            options.model or self.model or None,
            conversation=conversation,
            temperature=options.temperature,
            max_tokens=options.max_tokens,
            extra_body=dict(options.param) or None,
        )
        reply = chat.reply(
            cell.strip("\n"), cell=self._cells.next(), system=options.system, fresh=options.new
        )
        try:
            play(reply, self._renderer(conversation), nested=self.nested)
        finally:
            if options.output and reply.turn is not None:
                self.interpreter.user_ns[options.output] = Answer(reply.turn)

    def _renderer(self, conversation: Conversation) -> Renderer:
        if not hasattr(self.interpreter, "kernel"):
            return TerminalRenderer(show_footer=self.footer)

        def metadata(turn: Any) -> dict[str, Any]:
            stored = {"conversation": conversation.name, **(turn.to_dict() if isinstance(turn, Turn) else {})}
            return {"notebook_chat": stored}

        return DisplayRenderer(
            form="markdown" if self.output == "markdown" else "html",
            show_footer=self.footer,
            live=not _captured(self.interpreter),
            metadata=metadata,
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
    shell.register_magics(ChatMagics(shell))
    shell.input_transformers_cleanup.insert(0, verbatim)
    for key in ("%chat", "%%chat"):
        shell.set_hook("complete_command", complete, str_key=key)  # type: ignore[no-untyped-call]


def unload(shell: InteractiveShell) -> None:
    """Takes the magics out of a shell again; the conversations end with that."""
    ours = _loaded(shell)
    if ours is None:
        return
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
