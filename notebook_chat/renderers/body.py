"""The body of an answer as HTML: its text, and what the service did between, in the order in which they came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..markup import LONGEST
from ..parts import (
    AudioPart,
    ImagePart,
    MediaPart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from ..text import replace_surrogates
from .calls import Called, called_html, media_of_result, open_html, paired, room_left, weight
from .excerpt import LONGEST_REASONING, thoughts
from .media import MOST as MOST_MEDIA
from .media import Medium, medium
from .sources import citations_of
from .steps import STEPS, Step, apart, line_html

if TYPE_CHECKING:
    from ..answer import AnswerSnapshot
    from ..markup import Document

MOST_STEPS = 200
_MOST_THOUGHTS = 50
"""How many times the model may think between the texts; what it thinks beyond that stands above all."""


class Body:
    """An answer's body, while it comes and when it has ended.

    Parts go in as they come, and nothing is looked at twice. The marks of sources are known for certain only at the
    end, and are there only then. A call of a tool takes its place once it has its result, and stands at the end until
    then: results may come in any order.

    Args:
        embed: Whether images and recordings stand in the HTML, with all their bytes. Without, a line says what they
            are, and whoever shows the body shows ``media``.

    Attributes:
        media: The images and recordings that are shown, in order.
        thought_pieces: What the model thought before anything else came, as it came.
    """

    def __init__(self, *, embed: bool = False) -> None:
        self._embed = embed
        self._begin()

    def _begin(self) -> None:
        self._document: Document | None = None
        self._step: Step | None = None
        self.thought_pieces: list[str] = []
        self._begun = False
        self._looked = False  # whether blocks were asked for: those stay as they are
        self._taken: list[list[Any]] = []  # how much of which kind was taken in, in order
        self._text = 0  # how many characters of text were taken in, and of reasoning, and how many steps
        self._reasoning = 0
        self._whole = 0
        self._steps = self._thoughts = self._more = 0
        self.media: list[Medium] = []
        self._calls: dict[str, ToolCallPart] = {}  # those without a result, in order
        self._called: set[str] = set()  # the ids of those with one
        self._placed = 0  # how many they are
        self._spent = 0  # how much there was to show of them
        self._gave = False  # whether a result came last

    @property
    def calling(self) -> bool:
        """Whether there are calls whose results are still to come."""
        return bool(self._calls)

    @property
    def called(self) -> bool:
        """Whether tools have been called."""
        return bool(self._calls or self._placed)

    @property
    def awaits(self) -> bool:
        """Whether something is waited for behind what has come: the results of calls, or the answer to these."""
        return bool(self._calls) or self._gave

    @property
    def document(self) -> Document:
        """The text and what is placed in it. It can be read; it grows by ``add``."""
        if self._document is None:
            from ..markup import Document

            self._document = Document()
        return self._document

    @property
    def source(self) -> str:
        """The text so far, as the model wrote it and as far as it is rendered."""
        return self._document.source if self._document is not None else ""

    @property
    def thought(self) -> str:
        """What the model thought before anything else came, as far as it is shown."""
        return thoughts("".join(self.thought_pieces))

    def add(self, parts: Iterable[Part | Called], snapshot: AnswerSnapshot | None = None) -> None:
        """Takes what has come.

        Args:
            parts: Parts, or what they have more than before, in order.
            snapshot: The answer so far, where calls come in pieces.
        """
        for part in parts:
            if isinstance(part, ToolCallPart):
                self._begin_call(part)
                continue
            if isinstance(part, ToolResultPart):
                self._look_at_calls(snapshot)
                part = Called(self._calls.pop(part.id, None), part)
            _note(self._taken, part)
            if isinstance(part, TextPart):
                self._add_text(part)
            elif isinstance(part, ReasoningPart):
                self._add_thought(part)
            elif isinstance(part, Called):
                self._add_called(part)
            elif isinstance(part, STEPS):
                self._begun, self._gave = True, False
                self._whole += 1
                self._add_step(part)
        if self._calls:
            self._look_at_calls(snapshot)

    def _begin_call(self, call: ToolCallPart) -> None:
        self._settle()
        self._begun, self._gave = True, False
        self._calls[call.id or f"\0{len(self._calls)}"] = call

    def _look_at_calls(self, snapshot: AnswerSnapshot | None) -> None:
        """Has the calls as they are now: they grow, and may get other ids when they are whole."""
        if snapshot is not None and self._calls:
            calls = (call for call in snapshot.tool_calls if call.id not in self._called)
            self._calls = {call.id or f"\0{place}": call for place, call in enumerate(calls)}

    def _add_called(self, called: Called) -> None:
        self._settle()
        self._begun = self._gave = True
        self._called.add(called.id)
        self._placed += 1
        self._steps += 1
        if self._steps > MOST_STEPS:
            self._more += 1
            return
        beside = [self._shown_medium(one) for one in media_of_result(called.result)]
        self.document.place(called_html(called, room_left(self._spent)) + "".join(beside))
        self._spent += weight(called)

    def _add_text(self, part: TextPart) -> None:
        if not part.text:
            return
        if not (self._begun and self._step is None) and not part.text.isspace():
            self._begun = (
                True  # blanks alone begin nothing: an empty line may be before a text that is yet to come
            )
            self._settle()
        self._gave = False
        room = LONGEST - self._text
        self._text += len(part.text)
        if room > 0:
            self.document.feed(replace_surrogates(part.text[:room]))

    def _add_thought(self, part: ReasoningPart) -> None:
        self._gave = self._gave and not part.text
        shown, self._reasoning = self._reasoning, self._reasoning + len(part.text)
        thinks = self._step is not None and isinstance(self._step.parts[0], ReasoningPart)
        between = thinks or (shown < LONGEST_REASONING and self._thoughts < _MOST_THOUGHTS)
        if not (self._begun and between):
            self.thought_pieces.append(part.text)
        elif part.text:
            self._add_step(part)

    def _add_step(self, part: Part) -> None:
        if self._step is not None and self._step.take(part):
            return
        self._settle()
        self._step = Step(part)
        self._thoughts += isinstance(part, ReasoningPart)

    def _settle(self) -> None:
        """Puts the last step in its place: nothing more belongs to it."""
        step, self._step = self._step, None
        if step is None:
            return
        self._steps += 1
        if self._steps > MOST_STEPS:
            self._more += len(step.parts)
        elif html := self._html(step):
            self.document.place(html)

    def _html(self, step: Step) -> str:
        part = step.parts[0]
        return self._shown_medium(part) if isinstance(part, (ImagePart, AudioPart)) else step.html()

    def _shown_medium(self, part: MediaPart) -> str:
        """An image, a recording or a file where it came."""
        found = medium(part)
        if isinstance(found, str) or len(self.media) >= MOST_MEDIA:
            return Step(part).html()
        self.media.append(found)
        if self._embed:
            return found.html
        number = sum(one.is_image == found.is_image for one in self.media)
        kind = "image" if found.is_image else "recording"
        return apart(line_html(f"{kind} {number}, below: {found.told}"))

    def _open_step(self) -> str:
        step = self._step.html(growing=True) if self._step is not None else ""
        return step + open_html(tuple(self._calls.values())) if self._calls else step

    def settle_media(self) -> None:
        """Images and recordings come whole: one that came last takes its place."""
        if self._step is not None and isinstance(self._step.parts[0], (ImagePart, AudioPart)):
            self._settle()

    @property
    def blocks(self) -> Sequence[str]:
        """As ``Document.blocks``."""
        self._looked = True
        return self.document.blocks

    def open_block(self) -> str:
        """As ``Document.open_block``, with the step that is on its way."""
        self._looked = True
        return self.document.open_block() + self._open_step()

    def html(self) -> str:
        """The HTML of all that has come but for what is ``thought`` before, without its container."""
        self._looked = True
        return self.document.html() + self._open_step()

    def finish(self, parts: Sequence[Part]) -> str:
        """The HTML of the whole, without its container.

        Args:
            parts: All parts of the answer.
        """
        cited, whole = citations_of(parts), paired(parts)
        self._calls.clear()
        if (cited and self._looked) or not self._fits(whole):
            self._begin()
        self.add(self._rest(whole))
        self._settle()
        if self._more:
            self.document.place(line_html(f"… and {self._more:,} more"))
        return self.document.finish(cited) if cited else self.document.finish()

    def _fits(self, parts: Sequence[Part | Called]) -> bool:
        """Whether what was taken in is the beginning of an answer."""
        wanted: list[list[Any]] = []
        for part in parts:
            _note(wanted, part)
        taken = self._taken
        if len(taken) > len(wanted) or taken[:-1] != wanted[: max(len(taken) - 1, 0)]:
            return False
        if taken and (taken[-1][0] != wanted[len(taken) - 1][0] or taken[-1][1] > wanted[len(taken) - 1][1]):
            return False
        text = "".join(part.text for part in parts if isinstance(part, TextPart))
        return replace_surrogates(text).startswith(self.source)

    def _rest(self, parts: Sequence[Part | Called]) -> list[Part | Called]:
        """What of all parts was not taken in yet."""
        rest: list[Part | Called] = []
        text, reasoning, whole, called = self._text, self._reasoning, self._whole, self._placed
        for part in parts:
            if isinstance(part, TextPart):
                skipped = min(text, len(part.text))
                text -= skipped
                rest.append(TextPart(part.text[skipped:]) if skipped else part)
            elif isinstance(part, ReasoningPart):
                skipped = min(reasoning, len(part.text))
                reasoning -= skipped
                rest.append(ReasoningPart(part.text[skipped:]) if skipped else part)
            elif isinstance(part, Called):
                called -= 1
                rest += [part] * (called < 0)
            elif isinstance(part, STEPS):
                whole -= 1
                rest += [part] * (whole < 0)
        return rest


def _note(runs: list[list[Any]], part: Part | Called) -> None:
    """Notes how much of which kind comes after what."""
    kind, count = type(part), 1
    if isinstance(part, Called):
        runs.append([("call", part.id), 1])
        return
    if isinstance(part, (TextPart, ReasoningPart)):
        count = len(part.text)
    elif not isinstance(part, STEPS):
        return
    if runs and runs[-1][0] is kind:
        runs[-1][1] += count
    elif count:
        runs.append([kind, count])
