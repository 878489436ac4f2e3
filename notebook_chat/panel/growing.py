"""An answer on its way, and what the views must be told of it to have it as it is now."""

from __future__ import annotations

from typing import Any

from ..conversation import Progress
from ..events import well_formed
from ..markup import Document

WAITING = "waiting for the answer"


class Growing:
    """The answer of one open turn. What has been given out by ``advance`` and ``whole`` the views have.

    Parameters:
        id: The turn's id.
    """

    def __init__(self, id: str) -> None:
        self.id = id
        self._begin()

    def _begin(self) -> None:
        self._document = Document()
        self._text = ""
        self._reasoning = ""
        self._blocks: tuple[str, ...] = ()
        self._open = ""
        self._note = ""

    @property
    def open_length(self) -> int:
        """How many characters the open block has, which a view renders as a whole."""
        return len(self._open)

    def advance(self, progress: Progress) -> dict[str, Any]:
        """What is new: ``add``, finished blocks; ``keep`` and ``open``, how much of the open block's HTML stays
        (in UTF-16 units, as JavaScript counts) and what follows it; ``think``, more reasoning; ``note``, what
        the answer waits for. All anew, under ``blocks``, where the question was asked once more."""
        text, reasoning = progress.text, progress.reasoning
        if not (text.startswith(self._text) and reasoning.startswith(self._reasoning)):
            self._begin()
            self._take(text, reasoning, progress)
            return self.whole()
        blocks, open_html, note = self._blocks, self._open, self._note
        thought = reasoning[len(self._reasoning) :]
        self._take(text, reasoning, progress)
        news: dict[str, Any] = {}
        if len(self._blocks) > len(blocks):
            news["add"] = self._blocks[len(blocks) :]
        if self._open != open_html:
            kept = _common(open_html, self._open)
            news["keep"] = utf16_length(self._open[:kept])
            news["open"] = self._open[kept:]
        if thought:
            news["think"] = well_formed(thought)
        if self._note != note:
            news["note"] = self._note
        return news

    def whole(self) -> dict[str, Any]:
        """All of it, for a view that knows nothing."""
        return {
            "blocks": self._blocks,
            "keep": 0,
            "open": self._open,
            "reasoning": well_formed(self._reasoning),
            "note": self._note,
        }

    def finish(self, answer: str) -> tuple[tuple[str, ...], int]:
        """The blocks of the whole answer, and how many of them the views have as they are."""
        if not answer.startswith(self._text):
            self._begin()
        self._feed(answer)
        self._document.finish()
        blocks = tuple(self._document.blocks)
        return blocks, _common(blocks, self._blocks)

    def _take(self, text: str, reasoning: str, progress: Progress) -> None:
        self._feed(text)
        self._blocks = tuple(self._document.blocks)
        self._open = self._document.open_block()
        self._reasoning = reasoning
        self._note = "" if text or reasoning else _note(progress)

    def _feed(self, text: str) -> None:
        self._document.feed(well_formed(text[len(self._text) :]))
        self._text = text


def _note(progress: Progress) -> str:
    status = progress.status
    if status is None:
        return WAITING
    return status.text if status.fraction is None else f"{status.text} ({status.fraction:.0%})"


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
