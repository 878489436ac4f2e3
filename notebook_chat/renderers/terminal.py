"""Answers in a terminal: the text as it comes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TextIO

from ..answer import AnswerSnapshot
from ..errors import ChatError
from ..events import TOO_LARGE, Notice
from ..messages import ReasoningPart, TextPart
from ..text import encodable, printable, single_line
from .base import Summary
from .footer import footer
from .parts import asides


def writable(text: str, out: TextIO) -> str:
    """The text as a stream can take it, whatever its encoding. One that replaces by itself is left to do so.

    Args:
        text: What is to be written.
        out: Where.
    """
    if (getattr(out, "errors", None) or "strict") != "strict":
        return text
    return encodable(text, getattr(out, "encoding", None) or "utf-8")


class TerminalRenderer:
    """Writes the text as it comes; nothing is ever overwritten, and color is used in a terminal only.

    Args:
        out: Where to write; standard output unless given.
        show_footer: Whether a line with model, tokens and time ends the answer.
        notes: What the reader should know of how the answer came about, asked for at the end.
    """

    wait: float | None = None

    def __init__(
        self,
        out: TextIO | None = None,
        *,
        show_footer: bool = True,
        notes: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._out = out or sys.stdout
        self._footer = show_footer
        self._notes = notes
        self._dim, self._plain = ("\x1b[2m", "\x1b[0m") if self._out.isatty() else ("", "")
        self._thinking = False
        self._at_start = True
        self._notice: Notice | None = None
        self._shown: AnswerSnapshot | None = None

    def prepare(self) -> None:
        """Has nothing to prepare."""

    def show(self, snapshot: AnswerSnapshot) -> None:
        """Writes what has come since the last time."""
        if snapshot.notice is not None and snapshot.notice is not self._notice:
            self._tell(snapshot.notice)
        parts = snapshot.since(self._shown)
        if (
            self._shown is not None
            and not snapshot.continues(self._shown)  # only then: the whole text is looked at
            and self._shown.text
            and snapshot.reasoning.startswith(self._shown.text.rstrip())
        ):
            # What is written cannot be taken back: it is only said what it was.
            parts = tuple(part for part in parts if isinstance(part, TextPart))
            self._write(f"\n\n{self._dim}[that was reasoning; the answer follows]{self._plain}\n\n")
        for part in parts:
            if isinstance(part, TextPart):
                self._close_thinking()
                self._write(printable(part.text))
            elif isinstance(part, ReasoningPart):
                if not self._thinking:
                    self._thinking = True
                    self._write(self._dim)
                self._write(printable(part.text))
        self._shown = snapshot
        self._out.flush()

    def finish(self, turn: Summary | None, error: ChatError | None) -> None:
        """Ends the line, and says how the answer ended."""
        self._close_thinking()
        shown = self._shown.text if self._shown is not None else ""
        if turn is not None and turn.answer.startswith(shown):
            self._write(printable(turn.answer[len(shown) :]))  # what came just before an interrupt
        if not self._at_start:
            self._write("\n")
        self._write(self._beneath())
        for line in asides(turn.parts) if turn is not None else ():
            self._write(f"{self._dim}[{single_line(line)}]{self._plain}\n")
        told = (
            [footer(turn, error)]
            if turn is not None
            and (self._footer or turn.status != "complete" or turn.finish_reason == TOO_LARGE)
            else []
        )
        if turn is not None and (told := [*told, *self._notes()]):
            self._write(f"{self._dim}{single_line(' · '.join(told))}{self._plain}\n")
        self._out.flush()

    def _beneath(self) -> str:
        """What follows the text once it is whole."""
        return ""

    def _tell(self, notice: Notice) -> None:
        before, self._notice = self._notice, notice
        if before is not None and before.text == notice.text:
            return  # a progress that only grew
        if not self._at_start:
            self._write("\n")
        self._write(f"{self._dim}[{single_line(notice.text)}]{self._plain}\n")

    def _close_thinking(self) -> None:
        if self._thinking:
            self._thinking = False
            self._write(f"{self._plain}\n\n")

    def _write(self, text: str) -> None:
        if text:
            self._out.write(writable(text, self._out))
            self._at_start = text.endswith("\n")
