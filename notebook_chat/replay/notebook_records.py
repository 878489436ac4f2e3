"""The answers that a notebook's file holds, by the requests that they answer."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from .. import files
from ..conversation import Turn, is_lasting, numbered
from ..errors import InvalidMessagesError
from ..images import media_type
from ..messages import Message
from ..parts import AudioPart, ImagePart, Part, TextPart, ToolResultPart, UnknownPart
from ..store.turn_cells import turn_cells
from .kept import Kept, kept_answer
from .record_line import admitted, is_digest

LARGEST = 200_000_000
"""The largest notebook that is looked at, in bytes."""


class NotebookRecords:
    """The answers in a notebook's outputs. The file is read once for each of its states; what it has held before is
    still known then, since front ends take outputs away while cells wait to be run.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._turns: tuple[tuple[Turn, dict[str, Any]], ...] = ()
        self._answers: dict[str, dict[str, Kept]] = {}
        self._state: files.Identity | None = None

    def read(self) -> None:
        """Takes in the file as it is now, if it has changed."""
        try:
            with files.open_regular(self.path) as file:
                state = files.Identity.of(os.fstat(file.fileno()))
                if state == self._state:
                    return
                self._state = state
                content = files.read_rest(file, LARGEST)
            found = list(_turns(content))
        except (OSError, ValueError):
            return
        self._turns = tuple(found)
        for turn, stored in found:
            for place, answer in enumerate(turn.answers):
                if answer.status == "complete" and answer.exchange and is_digest(answer.request):
                    known = self._answers.setdefault(answer.request, {})
                    known.pop(f"{turn.id} {place}", None)
                    known[f"{turn.id} {place}"] = kept_answer(turn, place, stored)

    def conversations(self) -> Iterator[tuple[str | None, list[Turn]]]:
        """The turns of each of its conversations, and the system prompt that it begins with."""
        named: dict[Any, list[Turn]] = {}
        systems: dict[Any, str | None] = {}
        for turn, stored in self._turns:
            name, system = (stored.get(key) for key in ("conversation", "conversation_system"))
            name = name if isinstance(name, str) else None
            named.setdefault(name, []).append(turn)
            systems[name] = system if isinstance(system, str) else None
        yield from ((systems[name], turns) for name, turns in named.items())

    def answers(self, request: str) -> list[Kept]:
        """The answers to a request, the newest first.

        Args:
            request: The request's digest.
        """
        found = list(reversed(self._answers.get(request, {}).values()))
        return sorted(found, key=lambda one: -one.at)


def _turns(content: bytes) -> Iterator[tuple[Turn, dict[str, Any]]]:
    """The turns of a notebook with what the file has of each, in the order of its cells."""
    for cell in turn_cells(content):
        outputs: list[Any] | None = None
        for number, values in enumerate(cell.values, start=1):
            if not isinstance(values, dict) or "prompt" not in values:
                continue
            try:
                turn = Turn.from_dict(values)
                if cell.id is not None and (turn.cell is None or not is_lasting(turn.cell)):
                    turn = replace(turn, cell=numbered(cell.id, number))
                if _lacks_media(turn):
                    outputs = cell.bundles() if outputs is None else outputs
                    turn = _with_media(turn, outputs)
                yield _admitted(turn), values
            except (InvalidMessagesError, msgspec.MsgspecError, ValueError, RecursionError):
                continue


def _admitted(turn: Turn) -> Turn:
    """A turn with answers that can be played."""
    others = tuple(replace(other, exchange=admitted(other.exchange)) for other in turn.alternatives)
    return replace(turn, exchange=admitted(turn.exchange), alternatives=others)


# Images and recordings of a large answer stand in outputs of their own behind its text, and in the turn there are words
# for them: their type and how many bytes they are.


def _lacks_media(turn: Turn) -> bool:
    return any(
        _missing(one) is not None
        for answer in turn.answers
        for part in answer.parts
        for one in (part.parts if isinstance(part, ToolResultPart) else (part,))
    )


def _missing(part: Part) -> tuple[str, int] | None:
    """The type and the size of what a part has words for; ``None`` where it is something else."""
    if isinstance(part, UnknownPart):
        return (part.kind, part.size) if part.kind.startswith(("image/", "audio/")) else None
    if not isinstance(part, TextPart) or len(part.text) > 150 or not part.text.endswith(" bytes)\n"):
        return None
    kind, comma, rest = part.text[1:].partition(", ")
    size = rest.removesuffix(" bytes)\n").replace(",", "")
    if comma and kind.startswith(("image/", "audio/")) and size.isascii() and size.isdecimal():
        return kind, int(size)
    return None


def _with_media(turn: Turn, bundles: list[dict[str, Any]]) -> Turn:
    """A turn with the images and recordings that stand in other outputs of its cell."""
    there = [data for bundle in bundles for data in _media(bundle)]

    def found(part: Any) -> Any:
        if isinstance(part, ToolResultPart):
            return replace(part, parts=tuple(map(found, part.parts)))
        if (wanted := _missing(part)) is None:
            return part
        kind, size = wanted
        data = next((one for one in there if len(one) == size), None)
        if data is None:
            return part
        if kind.startswith("audio/"):
            return AudioPart(data, kind)
        return ImagePart(data, kind) if media_type(data) is not None else part

    def restored(exchange: tuple[Message, ...]) -> tuple[Message, ...]:
        return tuple(
            message
            if isinstance(message.content, str)
            else replace(message, content=tuple(map(found, message.content)))
            for message in exchange
        )

    others = tuple(replace(other, exchange=restored(other.exchange)) for other in turn.alternatives)
    return replace(turn, exchange=restored(turn.exchange), alternatives=others)


def _media(bundle: dict[str, Any]) -> Iterator[bytes]:
    """The images and recordings that an output shows."""
    for kind, value in bundle.items():
        text = (
            "".join(value)
            if isinstance(value, list) and all(isinstance(one, str) for one in value)
            else value
        )
        if not isinstance(text, str) or not isinstance(kind, str):
            continue
        if kind == "text/html" and text.startswith('<p><audio controls preload="metadata" src="data:audio/'):
            text = text.partition(";base64,")[2].partition('"')[0]
        elif not kind.startswith("image/"):
            continue
        try:
            yield base64.b64decode(text)
        except (ValueError, binascii.Error):
            continue
