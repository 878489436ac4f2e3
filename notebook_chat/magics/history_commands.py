"""The subcommands about all conversations: finding them, and taking them along."""

from __future__ import annotations

import re
import shlex
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InvalidOptionError
from .arguments import conversation_names
from .output import confirm, describe, shorten, show_table, show_text, show_withheld, turns
from .subcommand import CONVERSATION, Context, Group, argument

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
    context.session.delete(id)
    return show_text(f"{name!r} is deleted.")


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
    written = exports.write(conversation, _path(arguments.file), context.session.notebook)
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

    taken, withheld = context.session.take_from_file(exports.read(_path(arguments.file)), whole=arguments.yes)
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
    path = _path(arguments.file) if arguments.file else None
    restored = context.session.restore(path, whole=arguments.yes)
    broken = f" {restored.broken} could not be read." if restored.broken else ""
    told = describe(restored.conversations)
    show_text(
        f"The conversation goes on after {told}.{broken}"
        if told
        else f"There is nothing to go on with.{broken}"
    )
    command = shlex.join(["%chat", "restore", "--yes", *([arguments.file] if arguments.file else [])])
    show_withheld(context.shell, restored.withheld, command, in_force=arguments.yes and bool(told))
    return None


def _path(text: str) -> Path:
    """A file's path as it was typed.

    Raises:
        InvalidOptionError: It begins with the home of a user who is not known here.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise InvalidOptionError(f"there is no home folder {text.partition('/')[0]}") from None


def _when(entry: Entry) -> str:
    from datetime import datetime

    try:
        return datetime.fromtimestamp(entry.updated).strftime("%Y-%m-%d %H:%M")
    except (OverflowError, OSError, ValueError, TypeError):
        return ""


def _base(notebook: str | None) -> str:
    return Path(notebook).name if notebook else ""
