"""The outputs that a saved notebook holds of certain cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from .. import files
from ..cell_record import CellOutput
from ..mime_bundles import MOST_CHARACTERS, middle_cut, output_of, plain
from .notebook_file import LARGEST, text_of
from .notebook_json import raw_cells

_MOST = 40  # outputs of a cell


class _Ran(msgspec.Struct):
    cell_type: Any = "code"
    source: Any = ""
    execution_count: Any = None


class _Output(msgspec.Struct):
    output_type: Any = None
    name: Any = "stdout"
    text: Any = ""
    data: Any = None
    traceback: Any = None


class _Outputs(msgspec.Struct):
    outputs: list[_Output] = []


def saved_outputs(path: Path, sources: Mapping[int, str]) -> dict[int, tuple[CellOutput, ...]]:
    """What a notebook's file holds of the outputs of certain cells. Nothing in it is trusted: what is not as front ends
    write it is left out.

    Args:
        path: The file.
        sources: What the cells ran, by their numbers in ``In``. Only those count that the file has with both.

    Returns:
        The outputs, by the same numbers; nothing where the file cannot be read.
    """
    found: dict[int, tuple[CellOutput, ...]] = {}
    try:
        with files.open_regular(path) as file:
            raws = raw_cells(files.read_rest(file, LARGEST), "")
    except (OSError, ValueError):
        return found
    for raw in raws:
        try:
            ran = msgspec.json.decode(raw, type=_Ran)
            number, source = ran.execution_count, text_of(ran.source).strip()
            if ran.cell_type != "code" or not isinstance(number, int):
                continue
            if source and sources.get(number, "").strip() == source:
                found[number] = tuple(_outputs(msgspec.json.decode(raw, type=_Outputs).outputs))
        except (ValueError, RecursionError):
            continue
    return found


def _outputs(outputs: list[_Output]) -> Iterable[CellOutput]:
    for output in (*outputs[: _MOST // 2], *outputs[_MOST // 2 :][-_MOST // 2 :]):
        data = output.data if isinstance(output.data, dict) else {}
        made: CellOutput | None = None
        if output.output_type == "stream":
            text = plain(text_of(output.text)).strip("\n")
            made = CellOutput("stderr" if output.name == "stderr" else "stdout", _bounded(text))
        elif output.output_type == "display_data":
            made = output_of("display", data)
        elif output.output_type == "execute_result":
            made = output_of("result", data)
        elif output.output_type == "error" and isinstance(output.traceback, list):
            lines = [line for line in output.traceback if isinstance(line, str)]
            made = CellOutput("error", _bounded(plain("\n".join(lines))))
        if made is not None and (made.text.strip() or made.images):
            yield made


def _bounded(text: str) -> str:
    return middle_cut(text, MOST_CHARACTERS)
