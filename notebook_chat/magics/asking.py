"""What a ``%%chat`` cell does: it asks, shows the answer as it comes, and keeps what the user wants of it."""

from __future__ import annotations

from typing import Any

from ..chat import Chat, answer_of
from ..conversation import Conversation, Turn
from ..errors import InvalidMessagesError
from ..renderers import DisplayRenderer, Renderer, TerminalRenderer, play
from ..run import Run
from ..session import DEFAULT, NotebookSession
from ..store import stored_with
from .arguments import parse_cell_line
from .output import show_problem
from .settings import Settings


def ask(line: str, cell: str, *, session: NotebookSession, settings: Settings, shell: Any) -> None:
    """Asks what a cell says, in the notebook's conversation.

    Args:
        line: What stands on the line of ``%%chat``.
        cell: What stands beneath it: the prompt.
        session: Whose conversation goes on.
        settings: What is set for the notebook.
        shell: IPython's shell, whose variable gets the answer.

    Raises:
        ChatError: The line is not understood, the prompt is empty, or the answer failed.
    """
    options = parse_cell_line(line)
    if not cell.strip():
        raise InvalidMessagesError("the prompt is empty", hint="Write it beneath %%chat.")
    conversation = session.conversation(options.conversation or DEFAULT)
    cell_id = session.next_cell(conversation)
    chat = Chat(
        options.model or settings.model or None,
        conversation=conversation,
        context=settings.context or None,
        temperature=options.temperature,
        max_tokens=options.max_tokens,
        extra_body=dict(options.param) or None,
    )
    prompt = cell.strip("\n")
    # A panel's answer may be coming: cells wait for their turn, as they do for other cells.
    news = session.take_news(conversation)
    run = chat.reply(prompt, cell=cell_id, system=options.system, fresh=options.new, wait=True)
    try:
        play(run, _renderer(shell, settings, conversation, run, news), nested=settings.nested)
    finally:
        session.keep_only_in(conversation, cell_id)
        show_problem(session.history.warning())
        if options.output and run.turn is not None:
            shell.user_ns[options.output] = answer_of(run.turn)


def _renderer(
    shell: Any, settings: Settings, conversation: Conversation, run: Run, news: list[str]
) -> Renderer:
    def notes() -> list[str]:
        return [*run.notes, *news]

    if not hasattr(shell, "kernel"):
        return TerminalRenderer(show_footer=settings.footer, notes=notes)

    def metadata(turn: Any) -> dict[str, Any]:
        return stored_with(conversation, turn if isinstance(turn, Turn) else None)

    return DisplayRenderer(
        form="markdown" if settings.output == "markdown" else "html",
        show_footer=settings.footer,
        live=not _captured(shell),
        metadata=metadata,
        notes=notes,
    )


def _captured(shell: Any) -> bool:
    """Whether outputs are being captured (``%%capture``): every update would be kept as one more output."""
    return type(shell.display_pub).__name__ == "CapturingDisplayPublisher"
