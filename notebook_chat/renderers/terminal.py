"""Answers in a terminal: the text as it comes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from textwrap import indent
from typing import TextIO

from ..answer import AnswerSnapshot
from ..errors import ChatError
from ..events import TOO_LARGE, Notice
from ..parts import (
    AudioPart,
    CodePart,
    CodeResultPart,
    ImagePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from ..text import encodable, printable, replace_surrogates, single_line
from .base import Summary
from .calls import Called, begun_line, called_line, ended_line, media_of_result, paired
from .footer import footer
from .media import Medium, ending_of, medium
from .sources import source_lines
from .steps import LONGEST_CODE, STEPS, step_line


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
        self._steps = 0  # how many are written
        self._forget_calls()

    def prepare(self) -> None:
        """Has nothing to prepare."""

    def show(self, snapshot: AnswerSnapshot) -> None:
        """Writes what has come since the last time."""
        if snapshot.notice is not None and snapshot.notice is not self._notice:
            self._begin_calls(snapshot)
            self._tell(snapshot.notice)
        for part in self._new(snapshot):
            if isinstance(part, TextPart):
                self._close_thinking()
                self._write_text(part.text)
            elif isinstance(part, ReasoningPart):
                if not self._thinking:
                    self._thinking = True
                    self._write(self._dim)
                self._write(printable(part.text))
            elif isinstance(part, STEPS):
                self._close_thinking()
                self._steps += 1
                self._write_step(part)
            elif isinstance(part, ToolCallPart):
                self._close_thinking()
                self._calling = True
            elif isinstance(part, ToolResultPart):
                self._begin_calls(snapshot)
                called = Called(self._begun.get(part.id), part)
                self._end_call(called, ended_line(called))
        if snapshot.finish_reason is not None:
            self._begin_calls(snapshot)
        self._shown = snapshot
        self._out.flush()

    def _new(self, snapshot: AnswerSnapshot) -> Sequence[Part]:
        """What has come since the last time."""
        shown = self._shown
        if shown is None or snapshot.continues(shown):
            return snapshot.since(shown)
        # Only where it goes on as another one is the whole of it looked at.
        if snapshot.parts[: len(shown.parts)] == shown.parts:
            return snapshot.parts[len(shown.parts) :]
        if shown.text and snapshot.reasoning.startswith(shown.text.rstrip()):
            # What is written cannot be taken back: it is only said what it was.
            self._write(f"\n\n{self._dim}[that was reasoning; the answer follows]{self._plain}\n\n")
            return tuple(part for part in snapshot.parts if isinstance(part, TextPart))
        self._steps = 0  # asked once more
        self._forget_calls()
        return snapshot.parts

    # Each call has a line when it begins, once its arguments are whole, and one when it ends.

    def _forget_calls(self) -> None:
        self._calling = False  # whether some have come of which nothing is written
        self._begun: dict[str, ToolCallPart] = {}  # those with a line, by their ids
        self._ended: set[str] = set()

    def _begin_calls(self, snapshot: AnswerSnapshot) -> None:
        if not self._calling:
            return
        self._calling = False
        for call in snapshot.tool_calls:
            if call.id not in self._begun:
                self._begun[call.id] = call
                self._write_line(begun_line(call))

    def _end_call(self, called: Called, line: str) -> None:
        """Writes what came of a call."""
        self._ended.add(called.id)
        self._write_line(line)
        for one in media_of_result(called.result):
            self._write_step(one)

    def catch_up(self, snapshot: AnswerSnapshot) -> None:
        """Writes what has come since the last time."""
        self.show(snapshot)

    def finish(self, turn: Summary | None, error: ChatError | None) -> None:
        """Ends the line, and says how the answer ended."""
        self._close_thinking()
        shown = self._shown.text if self._shown is not None else ""
        if turn is not None and turn.answer.startswith(shown):
            self._write(printable(turn.answer[len(shown) :]))  # what came just before an interrupt
        if not self._at_start:
            self._write("\n")
        self._write(self._beneath())
        if turn is not None:
            steps = [part for part in turn.parts if isinstance(part, STEPS)]
            for part in steps[self._steps :]:
                self._write_step(part)
            for called in paired(turn.parts):
                if isinstance(called, Called) and called.id not in self._ended:
                    told = called.id in self._begun and called.result is not None
                    self._end_call(called, ended_line(called) if told else called_line(called))
            for line in source_lines(turn.parts):
                self._write(f"{self._dim}{single_line(line)}{self._plain}\n")
        ended = (
            [footer(turn, error)]
            if turn is not None
            and (self._footer or turn.status != "complete" or turn.finish_reason == TOO_LARGE)
            else []
        )
        if turn is not None and (ended := [*ended, *self._notes()]):
            self._write(f"{self._dim}{single_line(' · '.join(ended))}{self._plain}\n")
        self._out.flush()

    def _beneath(self) -> str:
        """What follows the text once it is whole."""
        return ""

    def _write_step(self, part: Part) -> None:
        """Writes what the service did between the texts: code whole, as far as it is shown, all else in a line."""
        if not self._at_start:
            self._write("\n")
        if isinstance(part, (CodePart, CodeResultPart)):
            code = part.code if isinstance(part, CodePart) else part.text
            shown = printable(replace_surrogates(code[:LONGEST_CODE])).strip("\n")
            title = (
                step_line(part) if isinstance(part, CodePart) else "It failed" if part.is_error else "It gave"
            )
            self._write(f"{self._dim}[{single_line(title)}]\n{indent(shown, '    ')}{self._plain}\n")
            return
        how = ""
        if isinstance(part, (ImagePart, AudioPart)) and isinstance(found := medium(part), Medium):
            how = f"; %chat save FILE.{ending_of(found)} writes it into a file"
        self._write_line(step_line(part) + how)

    def _write_text(self, text: str) -> None:
        gap = self._ended and self._at_start and text.startswith("\n\n")  # that the line of a call has made
        self._write(printable(text[1:] if gap else text))

    def _write_line(self, line: str) -> None:
        if not self._at_start:
            self._write("\n")
        self._write(f"{self._dim}[{single_line(replace_surrogates(line))}]{self._plain}\n")

    def _tell(self, notice: Notice) -> None:
        before, self._notice = self._notice, notice
        if before is not None and before.text == notice.text:
            return  # a progress that only grew
        if notice.text in (f"running {call.name}" for call in self._begun.values()):
            return  # its line is there
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
