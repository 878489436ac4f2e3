"""What a ``%%chat`` cell does: it asks, shows the answer as it comes, and keeps what the user wants of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..chat import Chat, answer_of
from ..conversation import Conversation, Turn
from ..environment import FILE, file_problem
from ..errors import InvalidMessagesError
from ..providers.options import TurnOptions
from ..renderers import DisplayRenderer, Renderer, TerminalRenderer, play
from ..run import Run
from ..session import DEFAULT, NotebookSession
from ..store import stored_with
from ..text import sendable
from .arguments import parse_cell_line
from .cell import options_and_prompt
from .output import show_problem, show_text
from .output_area import takes_updates
from .sent_commands import show_outgoing
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
    line, prompt = options_and_prompt(sendable(line), sendable(cell))
    options = parse_cell_line(line)
    if not prompt.strip():
        raise InvalidMessagesError("the prompt is empty", hint="Write it beneath %%chat.")
    conversation = session.conversation(options.conversation or DEFAULT)
    chat = Chat(
        options.model or settings.model or None,
        conversation=conversation,
        context=settings.context or None,
        temperature=options.temperature,
        max_tokens=options.max_tokens,
        timeout=options.timeout if options.timeout is not None else settings.timeout or None,
        extra_body=dict(options.param) or None,
        max_characters=settings.max_characters,
        secrets=settings.disclosure(),
    )
    asking: TurnOptions = {
        "system": options.system,
        "fresh": options.new,
        "values": None if options.raw else shell.user_ns,
    }
    if options.dry_run:
        asking["cell"] = session.this_cell(conversation) or ""
        outgoing = chat.preview(prompt, count=options.count, **asking)
        if options.output:
            shell.user_ns[options.output] = outgoing
        return show_outgoing(shell, outgoing)
    cell_id = session.next_cell(conversation)
    # A panel's answer may be coming: cells wait for their turn, as they do for other cells.
    news = session.take_news(conversation)
    asking["cell"] = cell_id
    asking["wait"] = True
    run = chat.reply(prompt, **asking)
    _tell_of_file(run, settings)
    renderer = _renderer(shell, settings, conversation, run, news)
    try:
        play(run, renderer, nested=settings.nested)
    finally:
        if isinstance(renderer, DisplayRenderer):
            settings.shown.note(
                conversation, run.turn.id if run.turn is not None else "", renderer.display_id
            )
        session.keep_only_in(conversation, cell_id)
        show_problem(session.history.warning())
        if options.output and run.turn is not None:
            shell.user_ns[options.output] = answer_of(run.turn)
    return None


def _tell_of_file(run: Run, settings: Settings) -> None:
    """Says, once, which of the provider's variables come from a file that lies beside the notebook; or why none do."""
    told: Callable[[], Sequence[str]] = getattr(run.provider, "variables_of_file", tuple)
    names = told()
    if new := [name for name in names if name not in settings.told]:
        settings.told.update(new)
        show_text(f"Read from {FILE}: {', '.join(new)}.")
    if FILE not in settings.told and (problem := file_problem()):
        settings.told.add(FILE)
        show_text(f"{FILE} is not read: {problem}.")


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
        live=takes_updates(shell),
        metadata=metadata,
        notes=notes,
    )
