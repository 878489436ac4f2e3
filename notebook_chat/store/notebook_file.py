"""The notebook's own copy of its conversations: the turns in the metadata of its outputs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from ..conversation import Conversation, Origin, Turn
from ..errors import HistoryError, InvalidMessagesError

KEY = "notebook_chat"
"""The name in an output's metadata."""

_LARGEST = 200_000_000  # bytes; a larger notebook is not read: JSON of that size takes seconds


class Stored(msgspec.Struct, frozen=True):
    """A turn in a notebook, and the conversation it belongs to."""

    turn: Turn
    conversation: str
    name: str
    system: str | None = None
    origin: Origin | None = None


class NotebookFile(msgspec.Struct, frozen=True):
    """What a notebook's file tells.

    Args:
        path: The file.
        cells: The ids of its cells.
        stored: The turns in its outputs, in the order of the cells.
        broken: How many outputs have something for us that cannot be read.
        saved: When it was last saved, in seconds since 1970.
    """

    path: Path
    cells: frozenset[str]
    stored: tuple[Stored, ...]
    broken: int
    saved: float

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
        return Conversation(
            name, system=last.system, turns=list(turns.values()), id=last.conversation, origin=last.origin
        )


def stored_with(conversation: Conversation, turn: Turn | None) -> dict[str, Any]:
    """The metadata of an output: its turn, when there is one, and the conversation that it belongs to."""
    told: dict[str, Any] = {"conversation": conversation.name, "conversation_id": conversation.id}
    if conversation.system is not None:
        told["conversation_system"] = conversation.system
    if conversation.origin is not None:
        told["conversation_origin"] = msgspec.to_builtins(conversation.origin)
    return {KEY: {**told, **(turn.to_dict() if turn is not None else {})}}


def read_notebook(path: Path) -> NotebookFile:
    """What a notebook's file tells. Nothing in it is trusted: what is not as we write it is left out.

    Raises:
        HistoryError: It cannot be read, or is no notebook.
    """
    try:
        status = path.stat()
        if status.st_size > _LARGEST:
            raise HistoryError(f"{path.name} is too large to look for a conversation in")
        notebook = msgspec.json.decode(path.read_bytes())
    except (OSError, ValueError) as error:
        what = error.strerror if isinstance(error, OSError) else "it is not JSON"
        raise HistoryError(f"{path.name} cannot be read: {what}") from None
    except (msgspec.MsgspecError, RecursionError):
        raise HistoryError(f"{path.name} cannot be read: it is not a notebook's JSON") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise HistoryError(f"{path.name} cannot be read: it is not a notebook")
    stored: list[Stored] = []
    broken = 0
    for cell, values in _outputs(cells):
        try:
            if (item := _stored(cell, values)) is not None:
                stored.append(item)
        except (InvalidMessagesError, msgspec.MsgspecError, ValueError, RecursionError):
            broken += 1
    ids = frozenset(
        cell["id"] for cell in cells if isinstance(cell, dict) and isinstance(cell.get("id"), str)
    )
    return NotebookFile(path, ids, tuple(stored), broken, status.st_mtime)


def _outputs(cells: list[Any]) -> Iterator[tuple[str | None, Any]]:
    """What outputs have for us, each with the identity that its cell gives a turn."""
    for cell in cells:
        outputs = cell.get("outputs") if isinstance(cell, dict) else None
        id = cell.get("id") if isinstance(cell, dict) else None
        count = 0
        for output in outputs if isinstance(outputs, list) else ():
            metadata = output.get("metadata") if isinstance(output, dict) else None
            if isinstance(metadata, dict) and KEY in metadata:
                count += 1
                yield (id if count == 1 else f"{id}#{count}") if isinstance(id, str) else None, metadata[KEY]


def _stored(cell: str | None, values: Any) -> Stored | None:
    if isinstance(values, dict) and "prompt" not in values:
        return None  # nothing came, and so there is no turn
    turn = Turn.from_dict(values)
    if turn.cell is None and cell is not None:
        turn = msgspec.structs.replace(turn, cell=cell)
    origin = values.get("conversation_origin")
    return Stored(
        turn,
        msgspec.convert(values.get("conversation_id", ""), str),
        msgspec.convert(values.get("conversation", "default"), str),
        msgspec.convert(values.get("conversation_system"), str | None),
        None if origin is None else msgspec.convert(origin, Origin),
    )
