"""The bytes of an answer of Gemini to its events."""

from __future__ import annotations

from .. import errors
from ..decoders import Frame
from ..events import Event
from .gemini_parser import GeminiParser
from .reader import WholeCallReader


class GeminiReader(WholeCallReader):
    """The reader of an answer of Gemini. A chunk that goes on with a text is taken at once and any other one with care,
    each of them once: what makes events of them remembers what it has seen."""

    def _events(self, frames: list[Frame]) -> list[Event]:
        parser = self.parser
        if self.ended or self._apart or self._block or not isinstance(parser, GeminiParser):
            return self._with_care(frames)
        events = parser.deltas(frames)
        return events if len(events) == len(frames) else self._and(events, frames[len(events) :])

    def _and(self, events: list[Event], frames: list[Frame]) -> list[Event]:
        """Some events, and those of further frames; where these fail, the failure comes after the events."""
        try:
            return [*events, *self._with_care(frames)]
        except errors.ChatError:
            if not events:
                raise
            return events
