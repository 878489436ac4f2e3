"""An answer on its way, and what the views must be told of it to have it as it is now."""

from __future__ import annotations

from typing import Any

from ..answer import AnswerSnapshot
from ..conversation import Progress
from ..markup import LONGEST, Document
from ..messages import ReasoningPart, TextPart
from ..renderers.excerpt import LONGEST_REASONING, excerpt, thoughts
from ..text import replace_surrogates

WAITING = "waiting for the answer"


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
        self._document = Document()
        self._snapshot: AnswerSnapshot | None = None
        self._blocks: tuple[str, ...] = ()
        self._open = ""
        self._note = ""
        self._thought = 0  # how many characters of reasoning have come

    @property
    def open_length(self) -> int:
        """How many characters the open block has, which a view renders as a whole."""
        return len(self._open)

    def advance(self, progress: Progress) -> dict[str, Any]:
        """What is new: ``add``, finished blocks; ``keep`` and ``open``, how much of the open block's HTML stays
        (in UTF-16 units, as JavaScript counts) and what follows it; ``think``, more reasoning; ``note``, what
        the answer waits for. All anew, under ``blocks``, where the question was asked once more."""
        snapshot = progress.snapshot
        seen = self._snapshot
        if seen is not None and seen.size and not snapshot.continues(seen):
            self._begin()
            self._take(snapshot)
            return self.whole()
        blocks, open_html, note = self._blocks, self._open, self._note
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
        return news

    def whole(self) -> dict[str, Any]:
        """All of it, for a view that knows nothing."""
        return {
            "blocks": self._blocks,
            "keep": 0,
            "open": self._open,
            "reasoning": replace_surrogates(thoughts(self._snapshot.reasoning) if self._snapshot else ""),
            "note": self._note,
        }

    def finish(self, answer: str) -> tuple[tuple[str, ...], int]:
        """The blocks of the whole answer, and how many of them the views have as they are."""
        answer = excerpt(replace_surrogates(answer))
        if not answer.startswith(self._document.source):
            self._begin()
        self._document.feed(answer[len(self._document.source) :])
        self._document.finish()
        blocks = tuple(self._document.blocks)
        return blocks, _common(blocks, self._blocks)

    def _take(self, snapshot: AnswerSnapshot) -> str:
        """Takes what is new; gives the reasoning that is."""
        parts = snapshot.since(self._snapshot)
        text = "".join(part.text for part in parts if isinstance(part, TextPart))
        if self._opening and text and not self._document.source:
            text = self._opening + text
        self._document.feed(replace_surrogates(text)[: LONGEST - len(self._document.source)])
        self._snapshot = snapshot
        self._blocks = tuple(self._document.blocks)
        self._open = self._document.open_block()
        self._note = "" if snapshot.size else _note(snapshot)
        thought = "".join(part.text for part in parts if isinstance(part, ReasoningPart))
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
