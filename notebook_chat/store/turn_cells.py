"""The cells of a notebook's file that hold turns, with the outputs beside these."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from .notebook_file import KEY, text_of
from .notebook_json import decoded, raw_cells


class TurnCell(msgspec.Struct, frozen=True):
    """A cell of which an output holds a turn.

    Attributes:
        id: Its id; ``None`` where it has none.
        source: What stands in it.
        values: What its outputs hold for us, in order, as the file has it.
        raw: The cell's JSON text.
    """

    id: str | None
    source: str
    values: tuple[Any, ...]
    raw: bytes

    def bundles(self) -> list[dict[str, Any]]:
        """What its outputs show, by media types; none where the JSON is broken."""
        try:
            cell = msgspec.json.decode(self.raw, type=_Bundles)
        except (ValueError, RecursionError):
            return []
        return [one.data for one in cell.outputs if isinstance(one.data, dict)]


class _Output(msgspec.Struct):
    data: Any = None


class _Bundles(msgspec.Struct):
    outputs: list[_Output] = []


def turn_cells(content: bytes) -> Iterator[TurnCell]:
    """The cells that hold turns, in order. Those of which nothing can be read are left out.

    Args:
        content: The bytes of a notebook.

    Raises:
        ValueError: It is no notebook.
    """
    mark = f'"{KEY}"'.encode()
    for raw in raw_cells(content, KEY):
        if mark not in raw:
            continue
        cell = decoded(raw, KEY)
        values = tuple(
            output.metadata[KEY]
            for output in cell.outputs
            if isinstance(output.metadata, dict) and KEY in output.metadata
        )
        if values:
            id = cell.id if isinstance(cell.id, str) and cell.id else None
            yield TurnCell(id, text_of(cell.source), values, raw)
