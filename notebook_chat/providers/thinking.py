"""Reasoning that a model writes into its text, between ``<think>`` and ``</think>``.

DeepSeek's R1, Qwen and their kin do, wherever the server in front of them does not take it out. Where the prompt's
template has opened the thought, only the closing tag comes.
"""

from __future__ import annotations

import re

from ..events import Event, ReasoningDelta, TextDelta, TextIsReasoning

_OPENING = re.compile(r"\s*<think(?:ing)?>")
_CLOSING = re.compile(r"</think(?:ing)?>")
_OPENINGS = ("<think>", "<thinking>")
_CLOSINGS = ("</think>", "</thinking>")
_MOST_BLANKS = 1000
"""How many blanks are held back, since a tag may follow them: endless ones are read again with each piece."""


class ThinkingText:
    """Tells reasoning from text, however the pieces were cut. What may be the beginning of a tag is held back until
    it is known.

    Attributes:
        watching: Whether there is text, none of it held, and nothing to do before a piece that has a ``<`` or a
            backtick in it: other pieces need not be split.
        settled: Whether it is known that no reasoning comes any more: nothing needs to be split.
    """

    def __init__(self) -> None:
        self._read = self._beginning
        self._held = ""
        self._spoken = False  # whether the text speaks of the tag: what closes it is no end of a thought then
        self._in_code = False
        self.watching = False
        self.settled = False

    def flush(self) -> list[Event]:
        """What was held back, where something other than text follows it, or nothing."""
        held, self._held = self._held, ""
        if not held:
            return []
        if self._read == self._thought:
            return [ReasoningDelta(held)] if held.strip() else []
        self._note(held)
        return [TextDelta(held)]

    def split(self, events: list[Event]) -> list[Event]:
        """The same events, with reasoning in the place of text where it is some."""
        found: list[Event] = []
        for event in events:
            if type(event) is not TextDelta:
                found += self.flush()
                found.append(event)
            elif event.text:
                text, self._held = self._held + event.text, ""
                found += self._read(text)
        self.watching = self._read == self._open and not self._held
        self.settled = self._read == self._settled
        return found

    def _beginning(self, text: str) -> list[Event]:
        if opening := _OPENING.match(text):
            self._read = self._opened
            return self._opened(text[opening.end() :])
        start = text.lstrip()
        if len(text) <= _MOST_BLANKS and any(tag.startswith(start) for tag in _OPENINGS):
            self._held = text
            return []
        self._read = self._open
        return self._open(text)

    def _opened(self, text: str) -> list[Event]:
        text = text.lstrip()
        if not text:
            return []
        self._read = self._thought
        return self._thought(text)

    def _thought(self, text: str) -> list[Event]:
        if closing := _CLOSING.search(text):
            self._read = self._after
            thought = text[: closing.start()].rstrip()
            return [*[ReasoningDelta(thought)] * bool(thought), *self._after(text[closing.end() :])]
        # Blanks before the closing tag are no part of the thought.
        end = _tag_start(text)
        known = text[:end].rstrip()
        if end - len(known) > _MOST_BLANKS:
            known = text[:end]
        self._held = text[len(known) :]
        return [ReasoningDelta(known)] if known else []

    def _after(self, text: str) -> list[Event]:
        text = text.lstrip()
        if not text:
            return []
        self._read = self._settled
        return [TextDelta(text)]

    def _open(self, text: str) -> list[Event]:
        """Text that may turn out to be reasoning: where a thought is closed that was never opened."""
        if closing := _CLOSING.search(text):
            before = text[: closing.start()]
            self._note(before)
            if self._spoken or self._in_code:
                self._read = self._settled
                return [TextDelta(text)]
            self._read = self._after
            return [
                *[TextDelta(before)] * bool(before),
                TextIsReasoning(),
                *self._after(text[closing.end() :]),
            ]
        known = text[: _tag_start(text)]
        self._held = text[len(known) :]
        self._note(known)
        return [TextDelta(known)] if known else []

    def _note(self, text: str) -> None:
        self._spoken = self._spoken or "<think" in text
        self._in_code ^= text.count("`") % 2 == 1

    def _settled(self, text: str) -> list[Event]:
        return [TextDelta(text)]


def _tag_start(text: str) -> int:
    """Where a tag begins that the text's end cuts off; its length where there is none."""
    start = text.rfind("<")
    tags = (*_OPENINGS, *_CLOSINGS)
    return start if start >= 0 and any(tag.startswith(text[start:]) for tag in tags) else len(text)
