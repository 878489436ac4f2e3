"""What a ``%%chat`` cell does: it asks, shows the answer as it comes, and keeps what the user wants of it."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ..chat import Chat
from ..comparison import Column, Comparison
from ..conversation import Conversation, Turn
from ..environment import FILE, file_problem
from ..errors import DataError, InvalidMessagesError, InvalidOptionError, NotRecordedError
from ..expectation import Expectation
from ..given_answers import answer_in, answer_of
from ..prompt import LoadedPrompt
from ..providers.ending_models import ending_news
from ..providers.registry import Provider
from ..renderers import (
    ColumnsRenderer,
    DataRenderer,
    DataTerminalRenderer,
    DisplayRenderer,
    Renderer,
    SectionsRenderer,
    SilentRenderer,
    SilentTerminalRenderer,
    TerminalRenderer,
    TextRenderer,
    play,
)
from ..renderers.display import Publish
from ..run import Run
from ..session import DEFAULT, NotebookSession
from ..store import asked_in_cell, stored_as_read, stored_with
from ..text import sendable
from .arguments import parse_cell_line
from .cell import options_and_prompt
from .mcp_prompts import is_resource, with_resources
from .older_values import older_news
from .output import show_problem, show_text
from .output_area import takes_updates
from .prompt_commands import load_prompt, offer_instructions
from .sent_commands import show_outgoing
from .settings import Settings

CODE = "Answer with one block of code: in Python, unless another language is asked for."
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
    with settings.answers.in_cell(options.replay):
        put(
            asked,
            options,
            session=session,
            settings=settings,
            shell=shell,
            values=None if options.raw else shell.user_ns,
            context=settings.cells if options.context is None else options.context,
            files=with_resources(options.attach, session)
            if any(map(is_resource, options.attach))
            else options.attach,
            file_tokens=options.file_tokens,
            closing=CODE if options.format == "code" and not options.raw else "",
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
        The run, at its end; ``None`` for a dry run, and where several models were asked.

    Raises:
        ChatError: The answer failed.
    """
    if options.tools or settings.tools:
        from .asked_tools import asked_tools

        more["tools"] = asked_tools(options.tools, settings.tools, shell.user_ns)
    if options.schema is not None or options.format == "json":
        from .asked_data import asked_shape

        more["schema"] = asked_shape(options, shell.user_ns)
    conversation = session.conversation(options.conversation or DEFAULT)
    offer_instructions(conversation, session, settings)
    chat = chat_of(prompt, options, conversation, settings)
    asking = {"system": options.system, "fresh": options.new, "over_budget": options.over_budget, **more}
    several = options.models if len(options.models) > 1 else ()
    if options.dry_run:
        here = session.this_cell(conversation) or ""
        if several:
            compared = chat.comparison(prompt, several, cell=here, dry=not options.count, **asking)
            all_outgoing = compared.preview(count=options.count)
        else:
            all_outgoing = [chat.preview(prompt, cell=here, count=options.count, **asking)]
        if options.output:
            shell.user_ns[options.output] = _by_model(several, all_outgoing) if several else all_outgoing[0]
        for outgoing in all_outgoing:
            show_outgoing(shell, outgoing)
        return None
    cell_id = session.next_cell(conversation)
    # A panel's answer may be coming: cells wait for their turn, as they do for other cells.
    news = session.take_news(conversation)
    if not options.new:
        news += older_news(conversation.turns, cell_id, shell.user_ns, settings.told)
    run: Run | Comparison
    if several:
        run = chat.comparison(prompt, several, cell=cell_id, wait=True, **asking)
    else:
        run = chat.reply(prompt, cell=cell_id, wait=True, **asking)
    for target in run.targets:
        news += ending_news(target.name, target.facts, settings.told)
        _tell_of_file(target.provider, settings)
    asked_before = cell_id is not None and any(turn.cell == cell_id for turn in conversation.turns)
    renderer = _renderer(shell, settings, conversation, run, news, options.format)
    try:
        play(run, renderer, nested=settings.nested)
    finally:
        if isinstance(renderer, DisplayRenderer | ColumnsRenderer):
            turn_id = run.turn.id if run.turn is not None else ""
            settings.shown.note(conversation, turn_id, *renderer.display_ids)
        if isinstance(renderer, ColumnsRenderer) and run.turn is not None:
            settings.shown.follow(conversation, run.turn, renderer)
        session.keep_only_in(conversation, cell_id)
        show_problem(session.history.warning())
        for problem in settings.answers.problems():
            show_problem(problem)
        if options.output and run.turn is not None:
            _keep(options.output, several, run, shell)
    if isinstance(run, Comparison):
        _require_recorded(run)
        _tell_of_broken(run)
    elif run.expected is not None and run.expected.error is not None:
        raise run.expected.error
    if options.format == "code" and run.turn is not None:
        from .code_cells import insert_code

        show_text(insert_code(run.turn, settings.inserted, shell, again=asked_before))
    return run if isinstance(run, Run) else None


def _keep(name: str, models: Sequence[str], run: Run | Comparison, shell: Any) -> None:
    """Puts an answer into a variable, or those of several models by their names; of one that was to be data, the data,
    or nothing where there are none."""
    if isinstance(run, Comparison):
        shell.user_ns[name] = _by_model(models, map(_kept, run.columns))
    elif run.turn is not None and (run.expected is None or run.expected.error is None):
        shell.user_ns[name] = _data(run.expected) if run.expected is not None else answer_of(run.turn)


def _require_recorded(run: Comparison) -> None:
    """Has the cell fail where one of several answers was to come from before and is not there: a run of all cells that
    may ask nobody is not whole without it.

    Raises:
        NotRecordedError: One is not there.
    """
    for column in run.columns:
        if isinstance(error := column.error, NotRecordedError):
            raise NotRecordedError(f"{column.model}: {error.message}", hint=error.hint) from None


def _tell_of_broken(run: Comparison) -> None:
    """Says which of several answers that were to be data are none.

    Raises:
        DataError: None of them is any data.
    """
    whole = [column for column in run.columns if column.turn is not None and column.expected is not None]
    broken = {
        column.model: column.expected.error for column in whole if column.expected and column.expected.error
    }
    for model, error in broken.items():
        show_problem(f"{model}: {error}")
    if whole and all(column.expected and column.expected.error for column in whole):
        raise DataError("none of the answers is the data that were asked for")


def _kept(column: Column) -> Any:
    """The data of one of several models; its answer where they were not asked for, or cannot be had."""
    data = column.expected is not None and column.turn is not None and column.expected.error is None
    return _data(column.expected) if data else answer_in(column)


def _data(expected: Expectation | None) -> Any:
    from .asked_data import kept_data

    assert expected is not None
    return kept_data(expected)


def chat_of(
    prompt: str | LoadedPrompt, options: Namespace, conversation: Conversation, settings: Settings
) -> Chat:
    """Who is asked, and how: what the line says comes before what a prompt's file says, and that before what is set.

    Args:
        prompt: What is asked.
        options: What the line says.
        conversation: Where it is asked.
        settings: What is set.
    """
    of_file = prompt.model if isinstance(prompt, LoadedPrompt) else None
    return Chat(
        options.model or of_file or settings.model or None,
        conversation=conversation,
        context=settings.context or None,
        temperature=options.temperature,
        max_tokens=options.max_tokens,
        effort=options.effort,
        web=options.web or None,
        timeout=options.timeout if options.timeout is not None else settings.timeout or None,
        extra_body=dict(options.param) or None,
        max_characters=settings.max_characters,
        secrets=settings.disclosure(),
        replay=settings.answers.mode,
        permit=settings.permit() if options.tools or settings.tools else None,
    )


def _by_model(models: Sequence[str], given: Iterable[Any]) -> dict[str, Any]:
    """What each model has given, by the names that the line has for them; one that is named twice is numbered."""
    found: dict[str, Any] = {}
    for model, one in zip(models, given, strict=True):
        names = (model, *(f"{model} ({number})" for number in range(2, len(models) + 1)))
        found[next(name for name in names if name not in found)] = one
    return found


def _tell_of_file(provider: Provider, settings: Settings) -> None:
    """Says, once, which of a provider's variables come from a file that lies beside the notebook; or why none do."""
    told: Callable[[], Sequence[str]] = getattr(provider, "variables_of_file", tuple)
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
    run: Run | Comparison,
    news: list[str],
    form: str | None,
) -> Renderer:
    def notes() -> list[str]:
        return [*run.notes, *([] if run.replayed else news)]  # which is of this run, and not of the answer

    def metadata(turn: Any) -> dict[str, Any]:
        kept = run.kept
        if kept is not None and kept.stored is not None:
            return stored_as_read(kept.stored)
        return stored_with(conversation, turn if isinstance(turn, Turn) else None)

    in_notebook = hasattr(shell, "kernel")
    if isinstance(run, Comparison):
        common = partial(getattr, run, "warnings")
        if not in_notebook:

            def section(one: Column, notes: Callable[[], Sequence[str]]) -> TerminalRenderer:
                return _terminal(settings, form, one.expected, notes)

            return SectionsRenderer(run.columns, section, notes=notes, common=common)
        live = takes_updates(shell)

        def column(one: Column, publish: Publish, notes: Callable[[], Sequence[str]]) -> DisplayRenderer:
            return _display(settings, form, live, one.expected, publish, notes)

        return ColumnsRenderer(run.columns, column, live=live, metadata=metadata, notes=notes, common=common)
    if not in_notebook:
        return _terminal(settings, form, run.expected, notes)
    return _display(settings, form, takes_updates(shell), run.expected, None, notes, metadata=metadata)


def _terminal(
    settings: Settings,
    form: str | None,
    expected: Expectation | None,
    notes: Callable[[], Sequence[str]],
) -> TerminalRenderer:
    terminal: Callable[..., TerminalRenderer]
    terminal = SilentTerminalRenderer if form == "silent" else TerminalRenderer
    if expected is not None and form not in ("text", "silent"):
        terminal = partial(DataTerminalRenderer, expected=expected)
    return terminal(show_footer=settings.footer, notes=notes)


def _display(
    settings: Settings,
    form: str | None,
    live: bool,
    expected: Expectation | None,
    publish: Publish | None,
    notes: Callable[[], Sequence[str]],
    **more: Any,
) -> DisplayRenderer:
    display: Callable[..., DisplayRenderer]
    display = {"text": TextRenderer, "silent": SilentRenderer}.get(form or "", DisplayRenderer)
    if expected is not None and form not in ("text", "silent"):
        display = partial(DataRenderer, expected=expected, as_json=form == "json")
    written = settings.output if form in (None, "code", "json") else form
    return display(
        form="markdown" if written == "markdown" else "html",
        show_footer=settings.footer or form == "silent",
        live=live,
        publish=publish,
        notes=notes,
        **more,
    )
