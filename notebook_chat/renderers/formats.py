"""Answers as somebody wants them who does not want to read them rendered: as plain text, or not at all."""

from __future__ import annotations

from collections.abc import Sequence

from ..answer import AnswerSnapshot
from ..errors import ChatError
from ..parts import Part, SourcePart, TextPart
from ..text import single_line
from .base import Summary
from .display import DisplayRenderer
from .excerpt import excerpt
from .footer import footer
from .terminal import TerminalRenderer


class TextRenderer(DisplayRenderer):
    """Shows an answer in a cell as the model wrote it, in a font of fixed width."""

    def _so_far(self, snapshot: AnswerSnapshot) -> str:
        self._feed(snapshot)
        return _plain(excerpt(snapshot.text)) + self._body.html()

    def _whole(self, text: str, turn: Summary | None) -> str:
        return _plain(text) + self._body.finish(self._rendered(turn.parts if turn is not None else ()))

    def _rendered(self, parts: Sequence[Part]) -> Sequence[Part]:
        return [part for part in parts if not isinstance(part, TextPart | SourcePart)]


def _plain(text: str) -> str:
    from .. import markup

    return markup.render_plain(text) if text else ""


class SilentRenderer(DisplayRenderer):
    """Shows nothing of an answer in a cell but the line beneath it. The output holds the turn all the same."""

    def show(self, snapshot: AnswerSnapshot) -> None:
        """Says what is waited for; the answer itself changes nothing."""
        if not self._published or snapshot.notice is not self._snapshot.notice:
            super().show(snapshot)

    def _so_far(self, snapshot: AnswerSnapshot) -> str:
        return ""

    def _whole(self, text: str, turn: Summary | None) -> str:
        return ""

    def _beside(self, turn: Summary) -> str:
        return ""

    def _plain(self, text: str, end: str, turn: Summary | None) -> str:
        return f"[{end}]"

    def _rich(self, body: str, below: str, thought: str, turn: Summary | None = None) -> dict[str, str]:
        return super()._rich("", below or self._waiting(), "")

    def _send_media(self) -> None:
        pass


class SilentTerminalRenderer(TerminalRenderer):
    """Writes nothing of an answer but the line beneath it."""

    def show(self, snapshot: AnswerSnapshot) -> None:
        """Says what is waited for."""
        if snapshot.notice is not None and snapshot.notice is not self._notice:
            self._tell(snapshot.notice)
            self._out.flush()

    def finish(self, turn: Summary | None, error: ChatError | None) -> None:
        """Says who has answered, and how the answer ended."""
        if turn is not None:
            told = single_line(" · ".join([footer(turn, error), *self._notes()]))
            self._write(f"{self._dim}{told}{self._plain}\n")
        self._out.flush()
