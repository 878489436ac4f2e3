"""Chunks of Gemini's API, as they are on the wire."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

from notebook_chat.answer import AnswerFold, AnswerSnapshot
from notebook_chat.events import Event
from notebook_chat.providers.gemini import Gemini
from notebook_chat.request import HttpRequest

from .wires import read, sse


def chunk(*parts: Any, finish: str | None = None, beside: Any = None, **more: Any) -> dict[str, Any]:
    """A chunk with these parts; ``beside`` stands in its candidate."""
    candidate: dict[str, Any] = {
        "content": {"parts": list(parts), "role": "model"},
        "index": 0,
        **(beside or {}),
    }
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "modelVersion": "gemini-x", **more}


def inline(data: bytes, kind: str, **more: Any) -> dict[str, Any]:
    """A file."""
    return {"inlineData": {"mimeType": kind, "data": base64.b64encode(data).decode()}, **more}


def folded(events: Sequence[Event]) -> AnswerSnapshot:
    """The answer that events are."""
    fold = AnswerFold()
    fold.add(events)
    return fold.snapshot()


def streamed(*chunks: Any, places: Sequence[int] = ()) -> AnswerSnapshot:
    """The answer that chunks are, their bytes cut at these places."""
    return folded(read(Gemini, sse(*chunks), places))


def in_one_piece(*chunks: Any, listed: bool = True) -> AnswerSnapshot:
    """The answer that chunks are in a list, as a service sends it that does not stream, or a chunk by itself."""
    reader = Gemini.reader(HttpRequest("POST", "http://service/v1"))
    body = json.dumps(list(chunks) if listed else chunks[0], indent=1).encode()
    return folded([*reader.feed(body), *reader.flush()])
