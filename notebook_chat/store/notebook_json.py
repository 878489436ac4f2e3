"""The cells in a notebook's JSON, and what is read of each."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from . import damaged_json


class SavedOutput(msgspec.Struct):
    """What is read of an output."""

    metadata: Any = None


class SavedCell(msgspec.Struct):
    """What is read of a cell; all else is skipped unread, which takes a tenth of the time."""

    id: Any = None
    cell_type: Any = "code"
    source: Any = ""
    outputs: list[SavedOutput] = []


class _Notebook(msgspec.Struct):
    cells: list[msgspec.Raw]


def raw_cells(content: bytes, key: str) -> list[bytes]:
    """The cells of a notebook, each as its JSON text; of one that is broken somewhere, those that can be told apart,
    and behind them what is looked for, each in a cell of its own.

    Args:
        content: The file's bytes.
        key: What is looked for in the metadata of outputs.

    Raises:
        ValueError: There is none; it says why.
    """
    what = "it is not JSON"
    try:
        return [bytes(raw) for raw in msgspec.json.decode(content, type=_Notebook).cells]
    except msgspec.ValidationError:
        what = "it is not a notebook"
    except ValueError:
        pass
    except RecursionError:
        what = "it is not a notebook's JSON"
    text = content.decode("utf-8-sig", "replace")
    cells = damaged_json.items(damaged_json.members(text).get("cells", ""))
    if not damaged_json.is_whole(text):
        found = damaged_json.values_of(text, key)
        cells += [json.dumps({"outputs": [{"metadata": {key: value}}]}) for value in found]
    if not cells:
        raise ValueError(what)
    return [cell.encode() for cell in cells]


def is_whole(content: bytes) -> bool:
    """Whether a notebook's bytes are JSON from the beginning to the end: else no front end opens it.

    Args:
        content: The file's bytes.
    """
    try:
        msgspec.json.decode(content, type=_Notebook)
        return True
    except (ValueError, RecursionError):
        return damaged_json.is_whole(content.decode("utf-8-sig", "replace"))


def decoded(raw: bytes, key: str) -> SavedCell:
    """What a cell's JSON text says; of one that no parser takes, what can be read of it.

    Args:
        raw: The text.
        key: What is looked for in the metadata of outputs. Where it stands in a cell of which nothing can be read, it
            is there without a value.
    """
    try:
        return msgspec.json.decode(raw, type=SavedCell)
    except (ValueError, RecursionError):
        pass
    wanted = {"id": None, "cell_type": None, "source": None, "outputs": [{"metadata": {key: None}}]}
    values = _values(raw.decode("utf-8", "replace"), wanted)
    outputs = values.get("outputs") if isinstance(values, dict) else None
    # An output of a form of its own must not take the cell's others along.
    read = [
        SavedOutput(output.get("metadata"))
        for output in (outputs if isinstance(outputs, list) else ())
        if isinstance(output, dict)
    ]
    if not read and f'"{key}"'.encode() in raw:
        read = [SavedOutput({key: None})]
    if not isinstance(values, dict):
        return SavedCell(outputs=read)
    return SavedCell(values.get("id"), values.get("cell_type", "code"), values.get("source", ""), read)


class _Metadata(msgspec.Struct):
    tags: list[Any] = []


class _Tagged(msgspec.Struct):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)


def tags_of(raw: bytes) -> list[Any]:
    """The tags of a cell; none where they cannot be read.

    Args:
        raw: The cell's JSON text.
    """
    try:
        return msgspec.json.decode(raw, type=_Tagged).metadata.tags
    except (ValueError, RecursionError):
        return []


def _values(text: str, wanted: Any) -> Any:
    """What a JSON text says; of one that no parser takes, what is wanted of it and can be read: the members that a
    dict names, the items of a list; ``None`` stands for a value as a whole."""
    try:
        return damaged_json.read(text)
    except (ValueError, RecursionError):
        pass
    if isinstance(wanted, list):
        return [_values(item, wanted[0]) for item in damaged_json.items(text)]
    if isinstance(wanted, dict):
        found = damaged_json.members(text)
        return {name: _values(found[name], inner) for name, inner in wanted.items() if name in found}
    return None
