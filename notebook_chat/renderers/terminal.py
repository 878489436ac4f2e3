"""Answers in a terminal: the text as it comes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TextIO

from ..errors import ChatError
from ..events import Event, ReasoningDelta, Status, TextDelta
from .base import Summary
from .footer import footer

# What a model writes must not move the cursor, retitle the window or fill the clipboard.
_VISIBLE = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"}
_VISIBLE |= {0x7F: 0x2421} | dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
_VISIBLE |= dict.fromkeys((0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)), 0xFFFD)


def printable(text: str) -> str:
    """The text with control characters made visible."""
    return text.replace("\r\n", "\n").translate(_VISIBLE)


class TerminalRenderer:
    """Writes the text as it comes; nothing is ever overwritten, and colour is used in a terminal only.

    Parameters:
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
        self._status = ""

    def prepare(self) -> None:
        """Has nothing to prepare."""

    def show(self, events: Sequence[Event]) -> None:
        """Writes the text of the events."""
        for event in events:
            match event:
                case TextDelta():
                    self._close_thinking()
                    self._write(printable(event.text))
                case ReasoningDelta():
                    if not self._thinking:
                        self._thinking = True
                        self._write(self._dim)
                    self._write(printable(event.text))
                case Status():
                    self._note(event.text)
        self._out.flush()

    def finish(self, turn: Summary | None, error: ChatError | None) -> None:
        """Ends the line, and says how the answer ended."""
        self._close_thinking()
        if not self._at_start:
            self._write("\n")
        told = (
            [footer(turn, error)] if turn is not None and (turn.status != "complete" or self._footer) else []
        )
        if turn is not None and (told := [*told, *self._notes()]):
            self._write(f"{self._dim}{printable(' · '.join(told))}{self._plain}\n")
        self._out.flush()

    def _note(self, text: str) -> None:
        if text == self._status:
            return  # a progress that only grew
        self._status = text
        if not self._at_start:
            self._write("\n")
        self._write(f"{self._dim}[{printable(text)}]{self._plain}\n")

    def _close_thinking(self) -> None:
        if self._thinking:
            self._thinking = False
            self._write(f"{self._plain}\n\n")

    def _write(self, text: str) -> None:
        if text:
            self._out.write(text)
            self._at_start = text.endswith("\n")
