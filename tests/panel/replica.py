"""A view without a browser: what the scripts in ``notebook_chat/panel/front`` make of the messages.

It holds what they would show, and what they would ask for. ``Blocks`` is that of ``live_answer.js``, ``Turn`` that of
``transcript.js``, ``Replica`` the rest of it and ``connection.js``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any


def through_json(content: Any) -> Any:
    """What arrives of a message: it must be JSON, and JSON must be UTF-8."""
    return json.loads(json.dumps(content, allow_nan=False, ensure_ascii=False).encode("utf-8"))


def utf16_slice(text: str, units: int) -> str:
    """``text.slice(0, units)``, as JavaScript has it."""
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le")


class Blocks:
    """The blocks of one answer, as HTML."""

    def __init__(self) -> None:
        self.finished: list[str] = []
        self.html = ""

    def clear(self) -> None:
        self.finished = []
        self.html = ""

    def keep(self, count: int) -> None:
        del self.finished[count:]
        self.html = ""

    def grow(self, finished: Iterable[str], open: str) -> None:
        self.finished.extend(finished)
        self.html = open

    def opened(self, keep: int, rest: str) -> str:
        return utf16_slice(self.html, keep) + rest


class Turn:
    """A turn on screen."""

    def __init__(self, id: str) -> None:
        self.id = id
        self.version: int | None = None
        self.wanted = -1
        self.stale = self.pinned = False
        self.prompt = self.along = ""
        self.images: list[tuple[str, bytes]] = []
        self.blocks = Blocks()
        self.media: list[tuple[str, bytes]] = []
        self.reasoning = self.note = self.text = self.foot = ""
        self.others: list[dict[str, Any]] = []

    def place(self, row: Sequence[Any]) -> None:
        _, self.wanted, self.stale, self.pinned = row

    @property
    def absent(self) -> bool:
        return self.wanted >= 0 and self.version != self.wanted

    def begin(self, item: dict[str, Any], buffers: Sequence[bytes]) -> None:
        self.prompt, self.along = item["prompt"], item["along"]
        self.images = [(image["type"], buffers[image["buffer"]]) for image in item["images"]]

    def grow(self, live: dict[str, Any], buffers: Sequence[bytes] = ()) -> None:
        if "prompt" in live:
            self.begin(live, buffers)
        if "blocks" in live:
            self.blocks.clear()
            self.blocks.grow(live["blocks"], live["open"])
            self.reasoning = live["reasoning"]
            self.media = []
        elif "add" in live or "open" in live:
            open = self.blocks.opened(live["keep"], live["open"]) if "open" in live else self.blocks.html
            self.blocks.grow(live.get("add", ()), open)
        self.show_media(len(self.media), live, buffers)
        self.reasoning += live.get("think", "")
        self.note = live.get("note", self.note)
        self.version = -1
        self.text = self.foot = ""
        self.others = []

    def show_media(self, kept: int, told: dict[str, Any], buffers: Sequence[bytes]) -> None:
        self.media = self.media[:kept] + [
            (one["type"], buffers[one["buffer"]]) for one in told.get("media", ())
        ]

    def finish(self, item: dict[str, Any], buffers: Sequence[bytes] = ()) -> None:
        kept = item.get("kept", 0)
        kept_media = item.get("kept_media", 0)
        if (
            self.version == item["version"]
            or kept > len(self.blocks.finished)
            or kept_media > len(self.media)
        ):
            return
        self.begin(item, buffers)
        self.blocks.keep(kept)
        self.blocks.grow(item["blocks"], "")
        self.show_media(kept_media, item, buffers)
        self.reasoning, self.note = item["reasoning"], ""
        self.text, self.foot = item["text"], item["foot"]
        self.version = item["version"]
        self.others = item.get("others", [])

    def shown(self) -> dict[str, Any]:
        """All there is to see of it."""
        return {
            "id": self.id,
            "stale": self.stale,
            "pinned": self.pinned,
            "prompt": self.prompt,
            "images": self.images,
            "along": self.along,
            "media": self.media,
            "blocks": self.blocks.finished,
            "open": self.blocks.html,
            "reasoning": self.reasoning,
            "note": self.note,
            "text": self.text,
            "foot": self.foot,
            "others": self.others,
        }


class Replica:
    """A view. Messages go in with ``take``; ``asking`` and ``needed`` say what it would ask for.

    Attributes:
        asking: Whether it waits for the state.
        acks: The acts that were acknowledged, in order.
        models: The models it was told of.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self.asking = True
        self.turns: dict[str, Turn] = {}
        self.order: list[str] = []
        self.head: dict[str, Any] = {}
        self.acks: list[str] = []
        self.models: list[str] | None = None
        self.completions: dict[str, list[str]] = {}
        self.sent: dict[str, str] = {}

    def take(self, content: Any, buffers: Sequence[bytes] = ()) -> None:
        message = through_json(content)
        number = message.get("number")
        match message["type"]:
            case "state":
                self.asking = False
                if self.number is None or number > self.number:
                    self.number = number
                    self._show(message, buffers)
            case "change" if self.number is not None and number > self.number:
                if number > self.number + 1:
                    self.asking = True
                else:
                    self.number = number
                    self._show(message, buffers)
            case "check" if self.number is not None and number > self.number:
                self.asking = True
            case "items" if self.number is not None:
                self._show(message, buffers)
            case "ack":
                self.acks.append(message["act"])
            case "models":
                self.models = message["models"]
            case "completions":
                self.completions[message["act"]] = message["names"]
            case "sent":
                self.sent[message["turn"]] = message["text"]

    def _show(self, message: dict[str, Any], buffers: Sequence[bytes]) -> None:
        if "rows" in message:
            rows = message["rows"]
            self.order = [row[0] for row in rows]
            self.turns = {id: self.turns.get(id) or Turn(id) for id in self.order}
            for row in rows:
                self.turns[row[0]].place(row)
        for item in message.get("items", ()):
            if item["id"] in self.turns:
                self.turns[item["id"]].finish(item, buffers)
        if "live" in message and message["live"]["id"] in self.turns:
            self.turns[message["live"]["id"]].grow(message["live"], buffers)
        self.head = message.get("head", self.head)

    @property
    def needed(self) -> list[str]:
        """The turns whose items it lacks."""
        return [id for id in self.order if self.turns[id].absent]

    @property
    def last(self) -> Turn:
        """The turn at the end."""
        return self.turns[self.order[-1]]

    def shown(self) -> list[dict[str, Any]]:
        """The turns as they can be seen, in order."""
        return [self.turns[id].shown() for id in self.order]
