"""The notebook's own copy of its conversations: the turns in the metadata of its outputs."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from .. import files
from ..conversation import Conversation, Origin, Turn, is_lasting, numbered
from ..errors import HistoryError, InvalidMessagesError
from ..text import TEXT_NOTEBOOKS
from .text_notebook import text_sources

KEY = "notebook_chat"
"""The name in an output's metadata."""

_CHAT = re.compile(r"^[ \t]*%%chat(?![\w?])[^\n]*", re.MULTILINE)

_LARGEST = 200_000_000  # bytes; a larger notebook is not read: JSON of that size takes seconds


class Stored(msgspec.Struct, frozen=True):
    """A turn in a notebook, and the conversation it belongs to."""

    turn: Turn
    conversation: str
    name: str
    system: str | None = None
    origin: Origin | None = None


class Cell(msgspec.Struct, frozen=True):
    """A cell of a notebook's file.

    Attributes:
        id: Its id; ``None`` in older notebooks, and in those that are texts.
        code: Whether it holds code, and not Markdown or raw text.
        source: What stands in it.
        turns: The ids of the turns in its outputs.
    """

    id: str | None
    code: bool
    source: str
    turns: tuple[str, ...] = ()

    @property
    def prompt(self) -> str:
        """What it asks, if it is a ``%%chat`` cell; else ``""``."""
        return prompt_of(self.source) if self.code else ""


class NotebookFile(msgspec.Struct, frozen=True):
    """What a notebook's file tells.

    Args:
        path: The file.
        cells: Its cells, in order.
        stored: The turns in its outputs, in the order of the cells.
        broken: How many outputs have something for us that cannot be read.
        saved: When it was last saved, in seconds since 1970, as far as a file's own time can be believed.
        digest: What tells its bytes from all others; ``""`` where they are not known.
    """

    path: Path
    cells: tuple[Cell, ...]
    stored: tuple[Stored, ...] = ()
    broken: int = 0
    saved: float = 0.0
    digest: str = ""

    @property
    def cell_ids(self) -> frozenset[str]:
        """The ids of its cells, as far as they have some."""
        return frozenset(cell.id for cell in self.cells if cell.id is not None)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of its conversations."""
        return tuple(dict.fromkeys(item.conversation for item in self.stored))

    def conversations(self) -> list[Conversation]:
        """The conversations as its outputs tell them. Of several under one name, which is what a copied
        notebook has after some of its cells ran again, the turns come together."""
        names = dict.fromkeys(item.name for item in self.stored)
        return [self._conversation(name) for name in names]

    def _conversation(self, name: str) -> Conversation:
        own = [item for item in self.stored if item.name == name]
        turns = {item.turn.id: item.turn for item in own}
        last = own[-1]
        if last.origin is not None:
            for item in self.stored:
                before = item.conversation == last.origin.id and item.turn.position <= last.origin.position
                if before and item.turn.id not in turns:
                    turns[item.turn.id] = msgspec.structs.replace(item.turn, cell=None)
        conversation = Conversation(
            name, system=last.system, turns=list(turns.values()), id=last.conversation, origin=last.origin
        )
        places = {cell.id: place for place, cell in enumerate(self.cells) if cell.id is not None}
        conversation.follow_cells(places)
        return conversation


def stored_with(conversation: Conversation, turn: Turn | None) -> dict[str, Any]:
    """The metadata of an output: its turn, when there is one, and the conversation that it belongs to."""
    told: dict[str, Any] = {"conversation": conversation.name, "conversation_id": conversation.id}
    if conversation.system is not None:
        told["conversation_system"] = conversation.system
    if conversation.origin is not None:
        told["conversation_origin"] = msgspec.to_builtins(conversation.origin)
    return {KEY: {**told, **(turn.to_dict() if turn is not None else {})}}


def prompt_of(source: str) -> str:
    """What a ``%%chat`` cell asks; ``""`` for any other cell.

    Args:
        source: What stands in the cell.
    """
    found = _CHAT.search(source)
    return source[found.end() :].strip() if found else ""


def is_chat_cell(source: str) -> bool:
    """Whether a cell asks by ``%%chat``, be it beneath another magic.

    Args:
        source: What stands in the cell.
    """
    return _CHAT.search(source) is not None


class _Output(msgspec.Struct):
    metadata: Any = None


class _Cell(msgspec.Struct):
    """What is read of a cell; all else is skipped unread, which takes a tenth of the time."""

    id: Any = None
    cell_type: Any = "code"
    source: Any = ""
    outputs: list[_Output] = []


class _Notebook(msgspec.Struct):
    cells: list[msgspec.Raw]


def read_notebook(path: Path) -> NotebookFile:
    """What a notebook's file tells. Nothing in it is trusted: what is not as we write it is left out.

    Raises:
        HistoryError: It cannot be read, or is no notebook.
    """
    try:
        with files.open_regular(path) as file:
            status = os.fstat(file.fileno())
            content = files.read_rest(file, _LARGEST)
        digest = hashlib.blake2b(content, digest_size=16).hexdigest()
        if path.suffix.lower() in TEXT_NOTEBOOKS:
            cells = tuple(Cell(None, True, source) for source in text_sources(content))
            return NotebookFile(path, cells, saved=status.st_mtime, digest=digest)
        notebook = msgspec.json.decode(content, type=_Notebook)
    except msgspec.ValidationError:
        raise HistoryError(f"{path.name} cannot be read: it is not a notebook") from None
    except (OSError, ValueError) as error:
        what = error.strerror if isinstance(error, OSError) else "it is not JSON"
        raise HistoryError(f"{path.name} cannot be read: {what}") from None
    except (msgspec.MsgspecError, RecursionError):
        raise HistoryError(f"{path.name} cannot be read: it is not a notebook's JSON") from None
    return _read_cells(path, notebook, status.st_mtime, digest)


def _read_cells(path: Path, notebook: _Notebook, saved: float, digest: str) -> NotebookFile:
    cells: list[Cell] = []
    stored: list[Stored] = []
    broken = 0
    for raw in notebook.cells:
        cell = _decoded(raw)
        turns: list[str] = []
        for name, values in _outputs(cell):
            try:
                if (item := _stored(name, values)) is not None:
                    stored.append(item)
                    turns.append(item.turn.id)
            except (InvalidMessagesError, msgspec.MsgspecError, ValueError, RecursionError):
                broken += 1
        cells.append(Cell(_id_of(cell), cell.cell_type == "code", _text(cell.source), tuple(turns)))
    return NotebookFile(path, tuple(cells), tuple(stored), broken, saved, digest)


def _decoded(raw: msgspec.Raw) -> _Cell:
    try:
        return msgspec.json.decode(raw, type=_Cell)
    except (msgspec.ValidationError, RecursionError):
        pass
    try:  # an output of a form of its own must not take the cell's others along
        values = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, RecursionError):
        return _Cell()
    if not isinstance(values, dict):
        return _Cell()
    outputs = values.get("outputs")
    read = [
        _Output(output.get("metadata"))
        for output in (outputs if isinstance(outputs, list) else ())
        if isinstance(output, dict)
    ]
    return _Cell(values.get("id"), values.get("cell_type", "code"), values.get("source", ""), read)


def _id_of(cell: _Cell) -> str | None:
    return cell.id if isinstance(cell.id, str) and cell.id else None


def _text(source: Any) -> str:
    """A cell's source, which is one text or a list of lines."""
    if isinstance(source, list):
        return "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""


def _outputs(cell: _Cell) -> Iterator[tuple[str | None, Any]]:
    """What outputs have for us, each with the identity that its cell gives a turn."""
    id = _id_of(cell)
    count = 0
    for output in cell.outputs:
        if isinstance(output.metadata, dict) and KEY in output.metadata:
            count += 1
            yield None if id is None else numbered(id, count), output.metadata[KEY]


def _stored(cell: str | None, values: Any) -> Stored | None:
    if isinstance(values, dict) and "prompt" not in values:
        return None  # nothing came, and so there is no turn
    turn = Turn.from_dict(values)
    if cell is not None and (turn.cell is None or not is_lasting(turn.cell)):
        turn = msgspec.structs.replace(turn, cell=cell)
    origin = values.get("conversation_origin")
    return Stored(
        turn,
        msgspec.convert(values.get("conversation_id", ""), str),
        msgspec.convert(values.get("conversation", "default"), str),
        msgspec.convert(values.get("conversation_system"), str | None),
        None if origin is None else msgspec.convert(origin, Origin),
    )
