"""A notebook of ten chat cells, and what one run of it shows: all but its own ids and times, byte for byte."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

RECORD = "talk.chat.jsonl"

PREPARED = '''\
import base64
from IPython.display import Image, display


def shipping_days(country: str) -> str:
    """How many days a parcel takes to a country."""
    return {"Norway": "4 days", "Italy": "2 days"}.get(country, "not delivered")


def draw() -> bytes:
    """Draws a square."""
    return PIXEL


guests = {"Anna": 31, "Ben": 28}
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)'''

CELLS = (
    f"%load_ext notebook_chat\n%config ChatMagics.model = 'local'\n%config ChatMagics.record = '{RECORD}'",
    PREPARED,
    "%%chat -t 0 --max-tokens 40 -o first\nSay hello in one short sentence.",
    "%%chat -t 0 --max-tokens 40\nSay it in other words.",
    "%%chat -n -t 0 --max-tokens 60 -T shipping_days -o parcel\nHow many days does a parcel take to Italy?",
    "%%chat -n -t 0 --max-tokens 60 -T draw -o drawing\nDraw a square.",
    "%%chat -n -t 0 --max-tokens 100 --schema 'guests int, nights int' -o booking\n"
    "A room for 2 guests, please, for 3 nights.",
    "%%chat -n -t 0 --max-tokens 40\nWho is the oldest of {guests}?",
    "display(Image(data=PIXEL, format='png'))\nprint(sum(guests.values()))",
    "%%chat -n -t 0 --max-tokens 40 --context 1\nWhat does the cell print?",
    "%%chat -n -t 0 --max-tokens 30 -m local -m local -o both\nName a color.",
    "%%chat -c other -s 'Answer in one short sentence.' -t 0 --max-tokens 40\nWhy is the sky blue?",
    "%%chat -c other -t 0 --max-tokens 40 -a notes.txt\nWhat is in the file?",
    "print(first, booking, len(both), [part.parts for part in drawing.tool_results])",
)
"""The cells, ten of which ask: plainly, going on, with a tool, with one that gives an image, for data, with a value,
with a cell and its figure, two models side by side, in another conversation, with a file."""

NOTES = "The shop opens at nine.\n"

NO_SOCKETS = """\
import socket


def refused(*arguments, **more):
    raise OSError("no network: " + repr(arguments[1:2]))


socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = refused
socket.getaddrinfo = refused
"""
"""What a Python reads first that is to reach nothing: as ``sitecustomize.py`` on its path."""

_OF_THE_RUN = ("at", "revision", "cell", "execution_count", "transient")
"""What tells when something was asked, and where. The revision counts on where a kernel goes on from the notebook."""

_ID = re.compile(r"\b[0-9a-f]{32}\b")


def write(path: Path, cells: tuple[str, ...] = CELLS) -> None:
    """Writes a notebook of these cells, not run yet, and the file beside it that one of them sends along."""
    nodes = [new_code_cell(source, id=f"cell-{place}") for place, source in enumerate(cells)]  # type: ignore[no-untyped-call]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=nodes, metadata={"kernelspec": kernel}), path)  # type: ignore[no-untyped-call]
    (path.parent / "notes.txt").write_text(NOTES)


def no_network(folder: Path) -> dict[str, str]:
    """The variables of a Python that reaches no network and has no weights: what it answers was there before.

    Args:
        folder: Where what it reads first is written.
    """
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(NO_SOCKETS)
    (folder / "nothing").mkdir(exist_ok=True)
    return {"PYTHONPATH": str(folder), "NOTEBOOK_CHAT_CACHE": str(folder / "nothing")}


def shown(path: Path) -> list[str]:
    """What the cells of an executed notebook show, one text for each, without the ids and times of its run."""
    notebook: Any = nbformat.read(path, 4)  # type: ignore[no-untyped-call]
    return outputs_of(notebook.cells)


def outputs_of(cells: Any) -> list[str]:
    """As ``shown``, of cells."""
    ids: dict[str, str] = {}

    def named(match: re.Match[str]) -> str:
        return ids.setdefault(match[0], f"id {len(ids) + 1}")

    texts = []
    for cell in cells:
        told = json.dumps(_without_times(_joined(cell["outputs"])), sort_keys=True, indent=1)
        texts.append(_ID.sub(named, told))
    return texts


def _joined(outputs: Any) -> list[Any]:
    """Outputs, of which neighboring texts of one stream are one: in how many messages they come is a matter of time."""
    found: list[Any] = []
    for output in outputs:
        last = found[-1] if found else None
        if last is not None and output["output_type"] == "stream" and last.get("name") == output["name"]:
            found[-1] = {**last, "text": f"{last['text']}{output['text']}"}
        else:
            found.append(output)
    return found


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_times(inner) for name, inner in value.items() if name not in _OF_THE_RUN}
    return [_without_times(inner) for inner in value] if isinstance(value, list) else value
