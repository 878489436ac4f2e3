"""Conversations as files that others can read, and back."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import msgspec

from . import export_files, files, markup
from .conversation import Alternative, Conversation, Turn
from .errors import HistoryError, InvalidMessagesError, InvalidOptionError
from .export_files import Written
from .renderers.documents import answer_html, answer_markdown, answer_outputs
from .store import stored_with

MARK = "exported by notebook_chat"
"""What stands in each file, for whoever wonders where it comes from."""

_VERSION = 1
"""What stands in a JSON file, so that a release that knows less does not read half of it."""

_LARGEST = 200_000_000  # bytes
_LONGEST_SCHEMA = 8000  # characters on the line of a cell


def write(conversation: Conversation, path: Path, notebook: Path | None = None) -> Written:
    """Writes a conversation into a file, in the format that its ending names; into one beside it, where what is there
    is not as it was exported.

    Args:
        conversation: What is written.
        path: The file.
        notebook: The notebook that this is done in, which is never written over.

    Raises:
        InvalidOptionError: The ending is none that can be written.
        HistoryError: It cannot be written.
    """
    form = FORMS.get(path.suffix.lower())
    if form is None:
        raise InvalidOptionError(f"{path.name!r} does not end in one of {', '.join(FORMS)}")
    return export_files.write(path, form(conversation).encode("utf-8", "replace"), notebook)


def read(path: Path) -> Conversation:
    """A conversation of its own from a file that ``write`` made as JSON. Its turns belong to no cell.

    Raises:
        HistoryError: The file cannot be read, or a later release has written it.
        InvalidMessagesError: It is no such file.
    """
    try:
        values = msgspec.json.decode(files.read(path, _LARGEST))
    except OSError as error:
        raise HistoryError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise HistoryError(f"{path.name} is not JSON") from None
    if not isinstance(values, dict):
        raise InvalidMessagesError(f"{path.name} is not a conversation")
    version = values.get("version", _VERSION)
    if isinstance(version, int | float) and version > _VERSION:
        raise HistoryError(
            f"a later release of notebook_chat has written {path.name}", hint="Update notebook_chat."
        )
    read = Conversation.from_dict(values)
    return read.branch(read.name)


def turn_markdown(turn: Turn, *, embed: bool = True) -> str:
    """A turn as text: the prompt, and the answer as the model wrote it.

    Args:
        turn: The turn.
        embed: Whether the images of the answer stand in it.
    """
    quoted = "\n".join(f"> {line}".rstrip() for line in turn.asked.splitlines())
    answer = answer_markdown(turn.shown, embed=embed)
    return f"{quoted}\n\n{answer}{_end(turn)}{''.join(map(_other_markdown, turn.alternatives))}"


def _end(answer: Turn | Alternative) -> str:
    told = _ended(answer)
    return f"\n\n*({told})*" if told else ""


def _ended(answer: Turn | Alternative) -> str:
    """What there is to know of how an answer came about, in a few words; empty where it is nothing."""
    told = [] if answer.status == "complete" else [answer.status]
    return ", ".join([*told, *(["replayed"] if answer.replayed else [])])


def _end_html(answer: Turn | Alternative) -> str:
    told = _ended(answer)
    return f"<p><em>({told})</em></p>" if told else ""


def _other_markdown(other: Alternative) -> str:
    """Another model's answer, beneath the one that stayed in the conversation."""
    name = markup.safe_markdown(" ".join(other.model.split())).strip()
    answer = answer_markdown(other.shown, embed=False)
    return f"\n\n*Another answer, of {name or 'another model'}:*\n\n{answer}{_end(other)}"


def turn_html(turn: Turn) -> str:
    """A turn as safe HTML: the prompt as it was typed, the answer rendered."""
    prompt = f'<blockquote style="white-space:pre-wrap">{escape(turn.asked)}</blockquote>'
    shown = markup.container(prompt + answer_html(turn.shown), style=True) + _end_html(turn)
    return shown + "".join(map(_other_html, turn.alternatives))


def _other_html(other: Alternative) -> str:
    """Another model's answer, folded."""
    body = markup.container(answer_html(other.shown), style=True) + _end_html(other)
    name = escape(" ".join(other.model.split()) or "another model")
    return f"<details><summary>Another answer, of {name}</summary>{body}</details>"


def _markdown(conversation: Conversation) -> str:
    head = f"# {' '.join(conversation.name.split())}\n\n<!-- {MARK} -->\n\n"
    system = f"*System: {conversation.system}*\n\n" if conversation.system else ""
    return head + system + "\n\n---\n\n".join(map(turn_markdown, conversation.turns)) + "\n"


def _json(conversation: Conversation) -> str:
    values = {"by": MARK, "version": _VERSION, **conversation.to_dict()}
    return msgspec.json.format(msgspec.json.encode(values), indent=1).decode() + "\n"


def _html(conversation: Conversation) -> str:
    title = escape(conversation.name)
    turns = "\n<hr>\n".join(map(turn_html, conversation.turns))
    return page(conversation.name, f"<h1>{title}</h1>\n{turns}")


def page(title: str, body: str) -> str:
    """A page that stands alone, and fetches and runs nothing.

    Args:
        title: Its title.
        body: What is on it, as safe HTML.
    """
    return (
        f'<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n<meta name="generator" content="{MARK}">\n'
        '<meta http-equiv="Content-Security-Policy"'
        " content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:\">\n"
        f"<title>{escape(title)}</title>\n</head>\n"
        '<body style="max-width:50em;margin:2em auto;padding:0 1em;font-family:sans-serif">\n'
        f"{body}\n</body>\n</html>\n"
    )


def _notebook(conversation: Conversation) -> str:
    """A notebook that shows the conversation, and has it anew when it runs."""
    cells = [code_cell("notebook-chat-load", "%load_ext notebook_chat", [])]
    for number, turn in enumerate(conversation.turns, start=1):
        outputs = answer_outputs(turn.shown, stored_with(conversation, turn)) if turn.exchange else []
        if outputs:
            beneath = "".join(map(_other_html, turn.alternatives))
            outputs[0]["data"]["text/html"] += (_end_html(turn) if turn.replayed else "") + beneath
        cells.append(code_cell(f"notebook-chat-{number}", _code(conversation, turn), outputs))
    return notebook(cells)


def notebook(cells: list[dict[str, Any]]) -> str:
    """The text of a notebook's file.

    Args:
        cells: Its cells, as the file has them.
    """
    values = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
            "notebook_chat": MARK,
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return msgspec.json.format(msgspec.json.encode(values), indent=1).decode() + "\n"


def code_cell(id: str, source: str, outputs: list[dict[str, Any]]) -> dict[str, Any]:
    """A cell of a notebook, as its file has it.

    Args:
        id: Its id.
        source: Its code.
        outputs: What is beneath it.
    """
    return {
        "cell_type": "code",
        "id": id,
        "execution_count": None,
        "metadata": {},
        "source": source,
        "outputs": outputs,
    }


def _code(conversation: Conversation, turn: Turn) -> str:
    """The cell that asks it again."""
    from .prompt.braces.places import find_places

    words = [turn.model] if turn.model else []
    for other in turn.alternatives if words else ():
        words += ["-m", other.model] if other.model else []
    words += ["-c", conversation.name] if conversation.name != "default" else []
    alone = turn.fresh or turn.id == conversation.turns[0].id
    system = conversation.system if turn.system is None and alone else turn.system
    words += ["-s", system] if system is not None else []
    words += ["-n"] if turn.fresh else []
    for option, flag in (("temperature", "-t"), ("max_tokens", "--max-tokens")):
        words += [flag, str(turn.options[option])] if option in turn.options else []
    if isinstance(schema := turn.options.get("schema"), dict):
        told = json.dumps(schema, ensure_ascii=False)
        words += (["--schema", told] if schema else ["-f", "json"]) * (len(told) < _LONGEST_SCHEMA)
    # Whoever gets the notebook has neither the file of a prompt to reuse nor the cell that was explained.
    elsewhere = turn.typed is not None and turn.typed.startswith(("@", "%chat "))
    prompt = turn.prompt.text if elsewhere or turn.typed is None else turn.typed
    # What went out as it is, with its braces, goes out so again.
    words += ["--raw"] if (elsewhere or turn.typed is None) and any(find_places(prompt)) else []
    # A cell has one line for the options: what does not fit there goes as a call.
    line = shlex.join(words)
    if "\n" in line or "\r" in line or not prompt.strip() or prompt != prompt.strip("\n"):
        return f"get_ipython().run_cell_magic('chat', {line!r}, {prompt!r})"
    return f"{f'%%chat {line}'.rstrip()}\n{prompt}"


FORMS: dict[str, Callable[[Conversation], str]] = {
    ".md": _markdown,
    ".json": _json,
    ".ipynb": _notebook,
    ".html": _html,
}
