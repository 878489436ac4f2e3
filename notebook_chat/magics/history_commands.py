"""The subcommands about all conversations: finding them, and taking them along."""

from __future__ import annotations

import contextlib
import re
import shlex
from argparse import Namespace
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import HistoryError
from .arguments import conversation_names
from .output import confirm, describe_restored, shorten, show_table, show_text, show_withheld, turns
from .subcommand import CONVERSATION, Context, Group, argument, path_of

if TYPE_CHECKING:
    from ..store import Entry

group = Group()

_ID = re.compile(r"[0-9a-f]{6,32}")


@group.subcommand("list", "lists all conversations, those of other notebooks too")
def list_(context: Context, _: Namespace) -> None:
    """Shows a table of conversations."""
    rows = [
        [entry.id[:8], entry.name, turns(entry.turns), _when(entry), _base(entry.notebook)]
        for entry in context.session.history.require().entries()
    ]
    if not rows:
        return show_text("There are no conversations yet.")
    return show_table(context.shell, ("Id", "Conversation", "Turns", "Last", "Notebook"), rows)


@group.subcommand(
    "search",
    "finds turns in all conversations, those of other notebooks too",
    argument("text", metavar="TEXT", help="words of the prompt or the answer; anything may stand here"),
    verbatim=True,
)
def search(context: Context, arguments: Namespace) -> None:
    """Shows a table of turns."""
    rows = [
        [found.name, str(found.number), shorten(found.prompt), shorten(found.answer), _base(found.notebook)]
        for found in context.session.history.require().search(arguments.text)
    ]
    if not rows:
        return show_text("Nothing found.")
    return show_table(context.shell, ("Conversation", "", "Prompt", "Answer", "Notebook"), rows)


@group.subcommand(
    "rename",
    "renames a conversation",
    argument("name", metavar="NAME", help="the conversation", complete=conversation_names),
    argument("new", metavar="NEW", help="what it is called from now on"),
)
def rename(context: Context, arguments: Namespace) -> None:
    """Gives a conversation another name."""
    context.session.rename(arguments.name, arguments.new)
    show_text(f"%%chat -c {arguments.new} goes on with it.")


@group.subcommand(
    "delete",
    "deletes a conversation for good, after asking",
    argument("name", metavar="NAME|ID", help="the conversation", complete=conversation_names),
    argument("--yes", action="store_true", help="do not ask"),
)
def delete(context: Context, arguments: Namespace) -> None:
    """Deletes a conversation."""
    name = arguments.name
    id, count = context.session.locate(name)
    if not (arguments.yes or confirm(f"Delete {name!r} with {turns(count)} for good?")):
        return show_text("Nothing was deleted.")
    store = context.session.history.store
    copies: list[Entry] = []
    with contextlib.suppress(HistoryError):
        copies = store.in_others(id) if store is not None else []
    erased = context.session.delete(id)
    shown = context.settings.shown.take_back(id)
    told = [f"{name!r} is deleted."]
    told += _left_in_notebook(context.session.notebook, id, shown)
    told += [
        f"Turns of it are also in {entry.name!r}: %chat delete {entry.id[:8]} deletes that, too."
        for entry in copies
    ]
    if store is not None and store.set_aside:
        told.append(f"They may also be in {', '.join(map(str, store.set_aside))}.")
    if not erased:
        told.append("Another program holds the history: it goes from there as soon as it is free.")
    return show_text(" ".join(told))


def _left_in_notebook(notebook: Path | None, id: str, taken_back: Collection[str]) -> list[str]:
    """What of a deleted conversation is still in the notebook, and how the user gets rid of it."""
    from ..store import read_notebook

    try:
        file = read_notebook(notebook) if notebook is not None else None
    except HistoryError:
        file = None
    own = {item.turn.id for item in file.stored if item.conversation == id} if file is not None else set()
    if not own and not taken_back:
        return []
    told = ["Its answers are out of the outputs: save the notebook."] if taken_back else []
    left = [
        number
        for number, cell in enumerate(file.cells if file is not None else (), start=1)
        if own.intersection(cell.turns).difference(taken_back)
    ]
    if left:
        cells = f"cell {left[0]}" if len(left) == 1 else f"cells {', '.join(map(str, left))}"
        told.append(f"The outputs of {cells} are of an earlier kernel: clear them, and save the notebook.")
    return [*told, "What you asked, and code that became a cell, stands in its cells until you delete them."]


@group.subcommand(
    "export",
    "writes a conversation into a file that ends in .md, .html, .ipynb (it runs) or .json",
    argument("file", metavar="FILE", help="the file; its ending says what to write"),
    CONVERSATION,
)
def export(context: Context, arguments: Namespace) -> None:
    """Writes a conversation into a file."""
    from .. import exports

    conversation = context.session.named(arguments.name)
    written = exports.write(conversation, path_of(arguments.file), context.session.notebook)
    where = arguments.file
    if written.spared:
        where = f"{written.path}: {arguments.file} {written.spared}, and stays as it is"
    show_text(f"{turns(len(conversation))} written to {where}.")


YES = argument(
    "--yes",
    action="store_true",
    help="a system prompt, other roles, tools and pins of the file come into force, too: look at them first",
)


@group.subcommand(
    "import",
    "reads a conversation that was exported as .json",
    YES,
    argument("file", metavar="FILE.json", help="the file"),
)
def import_(context: Context, arguments: Namespace) -> None:
    """Reads a conversation from a file."""
    from .. import exports

    taken, withheld = context.session.take_from_file(
        exports.read(path_of(arguments.file)), whole=arguments.yes
    )
    if taken is None:
        show_text(f"There is nothing to go on with in {arguments.file}.")
    else:
        show_text(f"{turns(len(taken))} read; %%chat -c {shlex.quote(taken.name)} goes on with them.")
    in_force = arguments.yes and taken is not None
    command = f"%chat import --yes {shlex.quote(arguments.file)}"
    show_withheld(context.shell, withheld, command, in_force=in_force)


@group.subcommand(
    "restore",
    "goes on with the conversations that a notebook's outputs hold, or with one of the history by its id",
    YES,
    argument(
        "file",
        nargs="?",
        metavar="FILE.ipynb|ID",
        help="the notebook, this one unless it is named; or an id, as %%chat list shows it",
    ),
)
def restore(context: Context, arguments: Namespace) -> None:
    """Goes on with the conversations in a notebook's file, or with one of the history."""
    if arguments.file and _ID.fullmatch(arguments.file) and not Path(arguments.file).exists():
        found = context.session.bring_back(arguments.file)
        return show_text(f"{turns(len(found))} are there; %%chat -c {found.name} goes on with them.")
    path = path_of(arguments.file) if arguments.file else None
    restored = context.session.restore(path, whole=arguments.yes)
    show_text(describe_restored(restored))
    command = shlex.join(["%chat", "restore", "--yes", *([arguments.file] if arguments.file else [])])
    in_force = arguments.yes and bool(restored.conversations)
    show_withheld(context.shell, restored.withheld, command, in_force=in_force)
    return None


def _when(entry: Entry) -> str:
    from datetime import datetime

    try:
        return datetime.fromtimestamp(entry.updated).strftime("%Y-%m-%d %H:%M")
    except (OverflowError, OSError, ValueError, TypeError):
        return ""


def _base(notebook: str | None) -> str:
    return Path(notebook).name if notebook else ""
