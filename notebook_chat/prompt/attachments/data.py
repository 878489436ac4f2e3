"""What a file of JSON holds, in a line; and a notebook as a text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .excerpts import counted, shortened

_MOST_KEYS = 50
_LONGEST_KEY = 80  # characters
_LONGEST_OUTPUT = 2000  # characters of an output in a notebook
_ESCAPE = re.compile(r"\x1b\[[0-9;]{0,40}[A-Za-z]")


def parsed(text: str) -> Any:
    """The value that a text of JSON holds; ``None`` where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def outline(value: Any) -> str:
    """What a value of JSON is made of, in a line; empty where its text says enough."""
    if isinstance(value, list) and value:
        first = outline(value[0]) if isinstance(value[0], dict) else ""
        return f"A list of {counted(len(value), 'item')}" + (f"; the first: {first}" if first else "")
    if isinstance(value, dict):
        keys = ", ".join(shortened(" ".join(key.split()), _LONGEST_KEY) for key in list(value)[:_MOST_KEYS])
        more = f" and {len(value) - _MOST_KEYS:,} more" if len(value) > _MOST_KEYS else ""
        return f"an object with the keys {keys}{more}"
    return ""


def cells_of(value: Any) -> list[Mapping[str, Any]] | None:
    """The cells of a notebook; ``None`` where a value is none."""
    if not isinstance(value, dict):
        return None
    cells = value.get("cells")
    if cells is None and isinstance(sheets := value.get("worksheets"), list):  # of the format before 4
        cells = [cell for sheet in sheets if isinstance(sheet, dict) for cell in sheet.get("cells") or ()]
    if not isinstance(cells, list):
        return None
    return [cell for cell in cells if isinstance(cell, dict)]


def notebook_text(cells: Sequence[Mapping[str, Any]]) -> tuple[str, int]:
    """The sources of a notebook's cells and the texts of their outputs, and how many images were left out.

    Args:
        cells: The cells.
    """
    pieces, images = [], 0
    for number, cell in enumerate(cells, start=1):
        kind = cell.get("cell_type")
        pieces.append(
            f"--- cell {number}, {kind if isinstance(kind, str) else 'raw'}\n{_source(cell).strip()}"
        )
        outputs = cell.get("outputs")
        for output in outputs if isinstance(outputs, list) else ():
            if isinstance(output, dict):
                text = _output(output).strip()
                drawn = _has_image(output)
                images += drawn
                told = shortened(text, _LONGEST_OUTPUT) + "\n(an image, left out)" * drawn
                if told.strip():
                    pieces.append(f"--- output of cell {number}\n{told.strip()}")
    return "\n\n".join(pieces) + "\n", images


def _source(cell: Mapping[str, Any]) -> str:
    return _joined(cell.get("source", cell.get("input")))


def _joined(value: Any) -> str:
    """A text, which notebooks may hold as a list of its lines."""
    if isinstance(value, str):
        return value
    return "".join(one for one in value if isinstance(one, str)) if isinstance(value, list) else ""


def _output(output: Mapping[str, Any]) -> str:
    if output.get("output_type") in ("error", "pyerr"):
        trace = output.get("traceback")
        lines = [one for one in trace if isinstance(one, str)] if isinstance(trace, list) else []
        return _ESCAPE.sub("", "\n".join(lines)) or f"{output.get('ename')}: {output.get('evalue')}"
    if (text := _joined(output.get("text"))) != "":
        return _ESCAPE.sub("", text)
    return next((text for text in _texts(output.get("data")) if text.strip()), "")


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for kind in ("text/llm+plain", "text/markdown", "text/plain", "text/latex"):
            yield _joined(data.get(kind))


def _has_image(output: Mapping[str, Any]) -> bool:
    data = output.get("data")
    kinds = [*data] if isinstance(data, dict) else [*output]
    return any(
        isinstance(kind, str) and (kind.startswith("image/") or kind in ("png", "jpeg")) for kind in kinds
    )
