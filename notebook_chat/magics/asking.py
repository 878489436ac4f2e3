"""What a ``%%chat`` cell does: it asks, shows the answer as it comes, and keeps what the user wants of it."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ..chat import Chat, answer_of
from ..conversation import Conversation, Turn
from ..environment import FILE, file_problem
from ..errors import InvalidMessagesError, InvalidOptionError
from ..prompt import LoadedPrompt
from ..renderers import (
    DisplayRenderer,
    Renderer,
    SilentRenderer,
    SilentTerminalRenderer,
    TerminalRenderer,
    TextRenderer,
    play,
)
from ..run import Run
from ..session import DEFAULT, NotebookSession
from ..store import asked_in_cell, stored_with
from ..text import sendable
from .arguments import parse_cell_line
from .cell import options_and_prompt
from .older_values import older_news
from .output import show_problem, show_text
from .output_area import takes_updates
from .prompt_commands import load_prompt, offer_instructions
from .sent_commands import show_outgoing
from .settings import Settings

_CODE = "Answer with one block of code: in Python, unless another language is asked for."
"""What ``-f code`` adds to the prompt: small models explain more than they write."""


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
    if options.attach and options.positional and os.path.isfile(options.positional):  # noqa: PTH113
        raise InvalidOptionError(f"{options.positional} is a file: write -a before each")
    asked: str | LoadedPrompt = prompt
    if options.prompt is not None:
        loaded = load_prompt(options.prompt, options, prompt, session)
        asked = replace(loaded, typed=asked_in_cell(line, prompt))
    elif not prompt.strip():
        raise InvalidMessagesError("the prompt is empty", hint="Write it beneath %%chat.")
    put(
        asked,
        options,
        session=session,
        settings=settings,
        shell=shell,
        values=None if options.raw else shell.user_ns,
        context=settings.cells if options.context is None else options.context,
        files=options.attach,
        file_tokens=options.file_tokens,
        closing=_CODE if options.format == "code" and not options.raw else "",
    )


def put(
    prompt: str | LoadedPrompt,
    options: Namespace,
    *,
    session: NotebookSession,
    settings: Settings,
    shell: Any,
    **more: Any,
) -> Run | None:
    """Asks in the notebook's conversation, shows the answer in the cell that runs as it comes, and keeps what the user
    wants of it.

    Args:
        prompt: What is asked.
        options: As ``parse_cell_line`` gives them.
        session, settings, shell: As for ``ask``.
        **more: What else goes out, as for ``Chat.reply``: ``values``, ``files``, ``extras``.

    Returns:
        The run, at its end; ``None`` for a dry run.

    Raises:
        ChatError: The answer failed.
    """
    conversation = session.conversation(options.conversation or DEFAULT)
    offer_instructions(conversation, session, settings)
    chat = _chat(prompt, options, conversation, settings)
    asking = {"system": options.system, "fresh": options.new, **more}
    if options.dry_run:
        here = session.this_cell(conversation) or ""
        outgoing = chat.preview(prompt, cell=here, count=options.count, **asking)
        if options.output:
            shell.user_ns[options.output] = outgoing
        show_outgoing(shell, outgoing)
        return None
    cell_id = session.next_cell(conversation)
    # A panel's answer may be coming: cells wait for their turn, as they do for other cells.
    news = session.take_news(conversation)
    if not options.new:
        news += older_news(conversation.turns, cell_id, shell.user_ns, settings.told)
    run = chat.reply(prompt, cell=cell_id, wait=True, **asking)
    asked_before = cell_id is not None and any(turn.cell == cell_id for turn in conversation.turns)
    _tell_of_file(run, settings)
    renderer = _renderer(shell, settings, conversation, run, news, options.format)
    try:
        play(run, renderer, nested=settings.nested)
    finally:
        if isinstance(renderer, DisplayRenderer):
            settings.shown.note(
                conversation, run.turn.id if run.turn is not None else "", renderer.display_ids
            )
        session.keep_only_in(conversation, cell_id)
        show_problem(session.history.warning())
        if options.output and run.turn is not None:
            shell.user_ns[options.output] = answer_of(run.turn)
    if options.format == "code" and run.turn is not None:
        from .code_cells import insert_code

        show_text(insert_code(run.turn, settings.inserted, shell, again=asked_before))
    return run


def _chat(
    prompt: str | LoadedPrompt, options: Namespace, conversation: Conversation, settings: Settings
) -> Chat:
    """Who is asked, and how: what the line says comes before what a prompt's file says, and that before what is set."""
    of_file = prompt.model if isinstance(prompt, LoadedPrompt) else None
    return Chat(
        options.model or of_file or settings.model or None,
        conversation=conversation,
        context=settings.context or None,
        temperature=options.temperature,
        max_tokens=options.max_tokens,
        timeout=options.timeout if options.timeout is not None else settings.timeout or None,
        extra_body=dict(options.param) or None,
        max_characters=settings.max_characters,
        secrets=settings.disclosure(),
    )


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
    shell: Any,
    settings: Settings,
    conversation: Conversation,
    run: Run,
    news: list[str],
    form: str | None,
) -> Renderer:
    def notes() -> list[str]:
        return [*run.notes, *news]

    if not hasattr(shell, "kernel"):
        terminal = SilentTerminalRenderer if form == "silent" else TerminalRenderer
        return terminal(show_footer=settings.footer, notes=notes)

    def metadata(turn: Any) -> dict[str, Any]:
        return stored_with(conversation, turn if isinstance(turn, Turn) else None)

    display = {"text": TextRenderer, "silent": SilentRenderer}.get(form or "", DisplayRenderer)
    written = settings.output if form in (None, "code") else form
    return display(
        form="markdown" if written == "markdown" else "html",
        show_footer=settings.footer or form == "silent",
        live=takes_updates(shell),
        metadata=metadata,
        notes=notes,
    )
