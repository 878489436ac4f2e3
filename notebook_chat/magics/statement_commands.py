"""The subcommand for what a paper says of the use of AI."""

from __future__ import annotations

import platform
from argparse import Namespace
from contextlib import suppress
from typing import TYPE_CHECKING

from ..errors import ChatError, HistoryError
from .output import show_document, show_lines, show_problem, show_text
from .sent_log import own, read
from .subcommand import Context, Group, argument, path_of

if TYPE_CHECKING:
    from ..statement import Statement

group = Group()


@group.subcommand(
    "statement",
    "writes what a paper's section on the use of AI needs, from what this notebook really did; into a file where one"
    " is named",
    argument("file", nargs="?", metavar="FILE", help="the file, such as use_of_ai.md"),
    argument("--prompts", action="store_true", help="with all prompts as an appendix"),
    argument("--json", action="store_true", help="for machines, as JSON; also where the file ends in .json"),
)
def statement(context: Context, arguments: Namespace) -> None:
    """Shows or writes a statement."""
    from .. import export_files
    from ..statement import as_json, as_markdown

    path = path_of(arguments.file) if arguments.file else None
    told = _collected(context, prompts=arguments.prompts)
    machines = arguments.json or (path is not None and path.suffix.lower() == ".json")
    text = as_json(told) if machines else as_markdown(told)
    if path is not None:
        written = export_files.write(path, text.encode("utf-8", "replace"), context.session.notebook)
        spared = f": {path} {written.spared}, and stays as it is" if written.spared else ""
        return show_text(
            f"The statement is written to {written.path}{spared}. Look it over before you use it."
        )
    if machines:
        return show_lines(text.rstrip())
    from ..markup import render

    return show_document(context.shell, text.rstrip(), render(text))


def _collected(context: Context, *, prompts: bool) -> Statement:
    """What is known; of the ledger nothing, where it cannot be read."""
    from .. import __version__
    from ..statement.collection import accounted, collect

    session = context.session
    selection = own(context, everywhere=False, since=0.0, to="")
    known = None
    try:
        known = read(context, lambda connection: accounted(connection, selection))
    except ChatError as error:
        show_problem(str(error))
    return collect(
        tuple(session.conversations.values()),
        known,
        notebook=session.notebook,
        software={"notebook_chat": str(__version__), "Python": platform.python_version()},
        cells=_cells(context),
        prompts=prompts,
    )


def _cells(context: Context) -> dict[str, str] | None:
    """What the notebook's cells ask, as its file was saved last; ``None`` where that is not known."""
    from ..store import read_notebook

    if context.session.notebook is None:
        return None
    with suppress(HistoryError):
        cells = read_notebook(context.session.notebook).cells
        known = {cell.id: cell.prompt for cell in cells if cell.id is not None}
        return known or None
    return None
