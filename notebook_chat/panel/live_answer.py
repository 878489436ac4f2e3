"""An answer on its way, and what the views must be told of it to have it as it is now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..answer import AnswerSnapshot
from ..conversation import Progress
from ..parts import Part, TextPart
from ..renderers.body import Body
from ..renderers.excerpt import LONGEST_REASONING
from ..renderers.media import Medium
from ..text import replace_surrogates

WAITING = "waiting for the answer"


class Ending(NamedTuple):
    """An answer that has ended, for views that have seen it grow.

    Attributes:
        blocks: Its blocks.
        kept: How many of them the views have.
        thought: What the model thought before.
        media: Its images and recordings.
        kept_media: How many of them the views have.
    """

    blocks: tuple[str, ...]
    kept: int
    thought: str
    media: list[Medium]
    kept_media: int


class LiveAnswer:
    """The answer of one open turn. What has been given out by ``advance`` and ``whole`` the views have.

    Args:
        id: The turn's id.
        opening: What stands before its text, such as the beginning of a fence.
    """

    def __init__(self, id: str, *, opening: str = "") -> None:
        self.id = id
        self._opening = opening
        self._begin()

    def _begin(self) -> None:
        self._body = Body()
        self._opened = not self._opening
        self._snapshot: AnswerSnapshot | None = None
        self._blocks: tuple[str, ...] = ()
        self._open = ""
        self._note = ""
        self._media = 0  # how many images and recordings the views have
        self._thought = self._thoughts = 0  # how many characters of reasoning have come, in how many pieces

    @property
    def open_length(self) -> int:
        """How many characters the open block has, which a view renders as a whole."""
        return len(self._open)

    def advance(self, progress: Progress) -> dict[str, Any]:
        """What is new: ``add``, finished blocks; ``keep`` and ``open``, how much of the open block's HTML stays
        (in UTF-16 units, as JavaScript counts) and what follows it; ``think``, more reasoning; ``note``, what
        the answer waits for; ``media``, more images and recordings, as ``Medium``. All anew, under ``blocks``, where
        the question was asked once more."""
        snapshot = progress.snapshot
        seen = self._snapshot
        if seen is not None and seen.size and not snapshot.continues(seen):
            self._begin()
            self._take(snapshot)
            return self.whole()
        blocks, open_html, note, media = self._blocks, self._open, self._note, self._media
        thought = self._take(snapshot)
        news: dict[str, Any] = {}
        if len(self._blocks) > len(blocks):
            news["add"] = self._blocks[len(blocks) :]
        if self._open != open_html:
            kept = _common(open_html, self._open)
            news["keep"] = utf16_length(self._open[:kept])
            news["open"] = self._open[kept:]
        if thought:
            news["think"] = replace_surrogates(thought)
        if self._note != note:
            news["note"] = self._note
        if self._media > media:
            news["media"] = self._body.media[media:]
        return news

    def whole(self) -> dict[str, Any]:
        """All of it, for a view that knows nothing."""
        whole: dict[str, Any] = {
            "blocks": self._blocks,
            "keep": 0,
            "open": self._open,
            "reasoning": replace_surrogates(self._body.thought),
            "note": self._note,
        }
        return {**whole, "media": self._body.media} if self._body.media else whole

    def finish(self, parts: Sequence[Part]) -> Ending:
        """The whole answer, and how much of it the views have as it is.

        Args:
            parts: All parts of the answer.
        """
        had, told = self._blocks, self._body.media[: self._media]
        self._body.finish(parts)
        blocks, media = tuple(self._body.blocks), self._body.media
        same = [one.data == other.data for one, other in zip(media, told, strict=False)]
        kept = same.index(False) if False in same else len(same)
        return Ending(blocks, _common(blocks, had), self._body.thought, media, kept)

    def _take(self, snapshot: AnswerSnapshot) -> str:
        """Takes what is new; gives the reasoning that is."""
        parts = snapshot.since(self._snapshot)
        if not self._opened and any(isinstance(part, TextPart) and part.text for part in parts):
            self._body.add((TextPart(self._opening),))
            self._opened = True
        self._body.add(parts, snapshot)
        self._body.settle_media()
        self._snapshot = snapshot
        self._blocks = tuple(self._body.blocks)
        self._open = self._body.open_block()
        waits = self._body.awaits and not (self._body.calling and snapshot.notice is None)
        self._note = _note(snapshot) if waits or not snapshot.size else ""
        self._media = len(self._body.media)
        thought = "".join(self._body.thought_pieces[self._thoughts :])
        self._thoughts = len(self._body.thought_pieces)
        room = max(LONGEST_REASONING - self._thought, 0)
        self._thought += len(thought)
        return thought[:room]


def _note(snapshot: AnswerSnapshot) -> str:
    notice = snapshot.notice
    if notice is None:
        return WAITING
    return notice.text if notice.fraction is None else f"{notice.text} ({notice.fraction:.0%})"


def _common(one: Any, other: Any) -> int:
    """The length of what two sequences begin with together. Slices are compared, which is a hundred times
    faster than item by item."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def utf16_length(text: str) -> int:
    """The length of a text as JavaScript counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
