"""The notebook's own copy of its conversations: the turns in the metadata of its outputs."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from .. import files
from ..conversation import Conversation, Included, Origin, Turn, is_lasting, numbered
from ..errors import HistoryError, InvalidMessagesError
from ..messages import AudioPart, FilePart, MediaPart, Part, TextPart, named_media
from ..text import TEXT_NOTEBOOKS
from .lean_turns import lean
from .notebook_json import SavedCell, decoded, raw_cells, tags_of
from .text_notebook import text_sources

KEY = "notebook_chat"
"""The name in an output's metadata."""

_CHAT = re.compile(r"^[ \t]*%%chat(?![\w?])[^\n]*", re.MULTILINE)

T = TypeVar("T")

_MOST_BESIDE = 1_000_000
"""How many characters an output may hold of the answers that are not in the conversation."""

LARGEST = 200_000_000  # bytes; a larger notebook is not read: JSON of that size takes seconds


LARGEST_FILE = 1_000_000  # bytes; a larger file of a prompt is not put into the notebook


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
        damaged: The cells that they are in, counted from 1.
        saved: When it was last saved, in seconds since 1970, as far as a file's own time can be believed.
        digest: What tells its bytes from all others; ``""`` where they are not known.
    """

    path: Path
    cells: tuple[Cell, ...]
    stored: tuple[Stored, ...] = ()
    broken: int = 0
    damaged: tuple[int, ...] = ()
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
        named: dict[str, list[Stored]] = {}
        known: dict[str, list[Turn]] = {}
        for item in self.stored:
            named.setdefault(item.name, []).append(item)
            known.setdefault(item.conversation, []).append(item.turn)
        places = {cell.id: place for place, cell in enumerate(self.cells) if cell.id is not None}
        return [_conversation(name, own, known, places) for name, own in named.items()]


def _conversation(
    name: str, own: list[Stored], known: Mapping[str, list[Turn]], places: Mapping[str, int]
) -> Conversation:
    """A conversation from its own turns, and from those of where it branched off.

    Args:
        name: Its name.
        own: Its own turns.
        known: The turns of all conversations by their ids.
        places: Where the cells stand, by their ids.
    """
    turns = _distinct(item.turn for item in own)
    last = own[-1]
    if last.origin is not None:
        ids = {turn.id for turn in turns}
        turns += [
            msgspec.structs.replace(turn, cell=None)
            for turn in known.get(last.origin.id, ())
            if turn.position <= last.origin.position and turn.id not in ids
        ]
    conversation = Conversation(
        name, system=last.system, turns=turns, id=last.conversation, origin=last.origin
    )
    conversation.follow_cells(places)
    return conversation


def _distinct(turns: Iterable[Turn]) -> list[Turn]:
    """The turns, of which a copied cell has brought some twice. Those of one id that say something else are two."""
    return list({(turn.id, turn.prompt.text, turn.answer): turn for turn in turns}.values())


def stored_with(conversation: Conversation, turn: Turn | None) -> dict[str, Any]:
    """The metadata of an output: its turn, when there is one, and the conversation that it belongs to."""
    told: dict[str, Any] = {"conversation": conversation.name, "conversation_id": conversation.id}
    if conversation.system is not None:
        told["conversation_system"] = conversation.system
    if conversation.origin is not None:
        told["conversation_origin"] = msgspec.to_builtins(conversation.origin)
    return {KEY: {**told, **(_bounded(as_in_notebook(turn)).to_dict() if turn is not None else {})}}


def stored_as_read(values: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata of an output whose turn has not changed since it was read from a notebook.

    Args:
        values: What the file had there for us.
    """
    return {KEY: dict(values)}


def as_in_notebook(turn: Turn) -> Turn:
    """A turn as a notebook holds it: ``lean``, and with words in the place of large files that went along with the
    prompt, which the history on the disk has. Everybody who opens the notebook would carry them around. What tells
    values apart in this kernel alone stays here: with it the file would be another one after each run.

    Args:
        turn: The turn.
    """
    turn = lean(turn)
    if any(_is_of_kernel(one.digest) for one in turn.included):
        turn = msgspec.structs.replace(turn, included=tuple(map(_without_digest, turn.included)))
    content = turn.prompt.content
    if isinstance(content, str) or not any(map(_is_large, content)):
        return turn
    parts = tuple(TextPart(_left_out(part)) if _is_large(part) else part for part in content)
    return msgspec.structs.replace(turn, prompt=msgspec.structs.replace(turn.prompt, content=parts))


def _is_of_kernel(digest: str) -> bool:
    return ":" in digest  # behind the kernel's mark


def _without_digest(one: Included) -> Included:
    return msgspec.structs.replace(one, digest="") if _is_of_kernel(one.digest) else one


def _is_large(part: Part) -> bool:
    return isinstance(part, (FilePart, AudioPart)) and len(part.data) > LARGEST_FILE


def _left_out(part: Part) -> str:
    assert isinstance(part, MediaPart)
    return f"({named_media(part)}, {len(part.data) / 1e6:.1f} MB, which the notebook does not hold)"


def _bounded(turn: Turn) -> Turn:
    """A turn with as many of its alternatives as an output may hold: the history has all of them."""
    room, others, kept = _MOST_BESIDE, list(turn.alternatives), turn.kept
    for place, other in reversed(list(enumerate(others))):
        size = sum(map(_size, other.parts))
        if size <= room:
            room -= size
        else:
            del others[place]
            kept -= place < turn.kept
    if len(others) == len(turn.alternatives):
        return turn
    return msgspec.structs.replace(turn, alternatives=tuple(others), kept=kept)


def _size(part: Any) -> int:
    """How much a part takes in JSON, about."""
    if isinstance(part, (str, bytes)):
        return len(part)
    if isinstance(part, msgspec.Struct):
        return sum(map(_size, msgspec.structs.astuple(part)))
    return sum(map(_size, part)) if isinstance(part, tuple) else 0


def prompt_of(source: str) -> str:
    """What a ``%%chat`` cell asks; ``""`` for any other cell.

    Args:
        source: What stands in the cell.
    """
    found = _CHAT.search(source)
    return asked_in_cell(found[0], source[found.end() :]) if found else ""


def asked_in_cell(line: str, cell: str) -> str:
    """What a ``%%chat`` cell asks, as a reader is shown it: what stands beneath the line, and of the line, where that
    names a prompt to reuse, all from there on.

    Args:
        line: What stands on the line of ``%%chat``.
        cell: What stands beneath it.
    """
    quote = ""
    for place, character in enumerate(line):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character == "@" and not line[max(place - 1, 0) : place].strip():
            return f"{line[place:].strip()}\n{cell.strip()}".strip()
    return cell.strip()


def is_chat_cell(source: str) -> bool:
    """Whether a cell asks by ``%%chat``, be it beneath another magic.

    Args:
        source: What stands in the cell.
    """
    return _CHAT.search(source) is not None


def read_notebook(path: Path) -> NotebookFile:
    """What a notebook's file tells. Nothing in it is trusted: what is not as we write it is left out.

    Raises:
        HistoryError: It cannot be read, or is no notebook.
    """
    try:
        with files.open_regular(path) as file:
            status = os.fstat(file.fileno())
            content = files.read_rest(file, LARGEST)
        digest = hashlib.blake2b(content, digest_size=16).hexdigest()
        if path.suffix.lower() in TEXT_NOTEBOOKS:
            cells = tuple(Cell(None, True, source) for source in text_sources(content))
            return NotebookFile(path, cells, saved=status.st_mtime, digest=digest)
    except (OSError, ValueError) as error:
        what = error.strerror if isinstance(error, OSError) else "it is no file"
        raise HistoryError(f"{path.name} cannot be read: {what}") from None
    try:
        return _read_cells(path, raw_cells(content, KEY), status.st_mtime, digest)
    except ValueError as error:
        raise HistoryError(f"{path.name} cannot be read: {error}") from None


def cells_tagged(path: Path, tag: str) -> frozenset[int]:
    """The cells of a notebook's file that have a tag, counted from 1; none where it cannot be read.

    Args:
        path: The file.
        tag: The tag.
    """
    try:
        with files.open_regular(path) as file:
            raws = raw_cells(files.read_rest(file, LARGEST), KEY)
    except (OSError, ValueError):
        return frozenset()
    return frozenset(number for number, raw in enumerate(raws, start=1) if tag in tags_of(raw))


def _read_cells(path: Path, raws: list[bytes], saved: float, digest: str) -> NotebookFile:
    cells: list[Cell] = []
    stored: list[Stored] = []
    damaged: list[int] = []
    for number, raw in enumerate(raws, start=1):
        cell = decoded(raw, KEY)
        turns: list[str] = []
        for name, values in _outputs(cell):
            try:
                if (item := _stored(name, values)) is not None:
                    stored.append(item)
                    turns.append(item.turn.id)
            except (InvalidMessagesError, msgspec.MsgspecError, ValueError, RecursionError):
                damaged.append(number)
        cells.append(Cell(_id_of(cell), cell.cell_type == "code", text_of(cell.source), tuple(turns)))
    places = tuple(dict.fromkeys(damaged))
    return NotebookFile(path, tuple(cells), tuple(stored), len(damaged), places, saved, digest)


def _id_of(cell: SavedCell) -> str | None:
    return cell.id if isinstance(cell.id, str) and cell.id else None


def text_of(source: Any) -> str:
    """A text of a notebook's JSON, which is one text or a list of lines; empty for anything else."""
    if isinstance(source, list):
        return "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""


def _outputs(cell: SavedCell) -> Iterator[tuple[str | None, Any]]:
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
    id, name = (values.get(key) for key in ("conversation_id", "conversation"))
    return Stored(
        turn,
        id if isinstance(id, str) else "",
        name if isinstance(name, str) else "default",
        _fitting(values.get("conversation_system"), str),
        _fitting(values.get("conversation_origin"), Origin),
    )


def _fitting(value: Any, kind: type[T]) -> T | None:
    """A value, where it is of a type: a turn is not lost for what stands beside it."""
    try:
        return msgspec.convert(value, kind)
    except (msgspec.MsgspecError, RecursionError):
        return None
