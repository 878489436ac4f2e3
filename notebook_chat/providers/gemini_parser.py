"""Reads one answer of Gemini: chunk by chunk, with what must be known of the chunks before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from .. import errors
from ..decoders import Frame, decode_json
from ..events import Event, Finish, ModelName, ReasoningDelta, Remark, TextDelta, ToolCall
from ..parts import ReplayPart, UnknownPart
from . import error_mapping
from .call import Call
from .gemini_kinds import described, kind_of, served
from .gemini_media import Media
from .gemini_replay import Record, void
from .gemini_sources import Sources
from .gemini_text import AnswerText
from .gemini_tools import own_arguments, own_name
from .gemini_wire import (
    CHUNK,
    FAILURES,
    REFUSALS,
    UNSAID,
    USAGE,
    WHOLE_CHUNK,
    Candidate,
    Chunk,
    Part,
)
from .wire_values import call_arguments

_decode = CHUNK.decode
_TOGETHER = 4096  # pieces of text that become one

Replay = Callable[[str], ReplayPart]
"""Makes the replay of an answer of its raw form."""


class GeminiParser:
    """Makes events of the chunks of one answer.

    Args:
        provider: The provider's name.
        model: The model's name, as it was asked for.
        finish: Makes the event of an end, by the service's reason.
        replay: Makes the replay of the answer; ``None`` where nobody will want it.
        call: What was asked, which has the tools that the model may call.
        told: What the reader is told at the end of how it was asked.
    """

    def __init__(
        self,
        provider: str,
        model: str,
        finish: Callable[[str], Finish],
        replay: Replay | None,
        call: Call | None = None,
        told: str = "",
    ) -> None:
        self._provider = provider
        self._model = model
        self._finish = finish
        self._replay = replay
        self._asked = call
        self._remarks = [Remark(told, "web")] if told else []
        self._text = AnswerText()
        self._sources = Sources(self._text)
        self._media = Media()
        self._record = Record()
        self._pieces: list[str] = []  # of the text or the thought that comes
        self._joined: list[str] = []
        self._thinks: bool | None = None  # which of both it is; None where another part came last
        self._last: tuple[Frame, Chunk | list[Chunk]] | None = None
        self._said = self._texted = False  # whether there is anything of the answer, whether there is text
        self._apart = self._called = False  # whether other parts, or a call, have come since the last text
        self._replayed = self._voided = False
        self._counted = False  # whether figures have been told

    # --- chunks -------------------------------------------------------------------------------------------

    def deltas(self, frames: Sequence[Frame]) -> list[Event]:
        """The events of the first of some chunks, as many as are one piece of a text or a thought and go on with it:
        nearly always all of them. Of the next chunk nothing is taken yet."""
        events: list[Event] = []
        thinks, pieces, kind = self._thinks, self._pieces, ReasoningDelta if self._thinks else TextDelta
        for frame in frames:
            try:
                chunk = _decode(frame.data)
            except (ValueError, RecursionError):  # which is read with more care
                break
            if type(chunk) is not Chunk or (text := _plain_text(chunk, thinks)) is None:
                self._last = frame, chunk
                break
            pieces.append(text)
            events.append(kind(text))
        if len(pieces) > _TOGETHER:
            self._joined.append("".join(pieces))
            pieces.clear()
        return events

    def parse(self, frame: Frame) -> Iterable[Event]:
        """The events of any chunk."""
        last, self._last = self._last, None
        chunk = last[1] if last is not None and last[0] is frame else decode_json(CHUNK, frame.data)
        return self._chunks(chunk, frame.data)

    def parse_whole(self, body: bytes) -> Iterator[Event]:
        """The events of an answer in one piece: a chunk that has all of it, or a list of chunks."""
        yield from self._chunks(decode_json(CHUNK, body), body)
        yield from self._end()

    def _chunks(self, chunk: Chunk | list[Chunk], data: bytes) -> Iterator[Event]:
        chunks = chunk if isinstance(chunk, list) else [chunk]
        wholes: list[list[list[dict[str, Any]]]] | None = None
        for number, one in enumerate(chunks):
            if one.error:
                raise error_mapping.from_payload({"error": one.error}, provider=self._provider)
            if wholes is None and any(map(_has_more, one.candidates or ())):
                wholes = _wholes(data)
            yield from self._events(one, wholes[number] if wholes and number < len(wholes) else [])

    def _events(self, chunk: Chunk, wholes: list[list[dict[str, Any]]]) -> Iterator[Event]:
        candidates = chunk.candidates or []
        firsts = [one for one in candidates if not one.index]
        for place, candidate in enumerate(candidates):
            # Of several candidates, a conversation goes on with the first.
            if candidate.index:
                continue
            parts = (candidate.content and candidate.content.parts) or []
            known = wholes[place] if place < len(wholes) and len(wholes[place]) == len(parts) else []
            for number, part in enumerate(parts):
                yield from self._part(part, known[number] if known else None, number)
            yield from self._beside(candidate)
        reasons = [one for one in firsts if one.finish_reason and one.finish_reason != UNSAID]
        failed = [] if self._said else [one for one in reasons if one.finish_reason in FAILURES]
        if reasons and not failed:
            yield from self._end()
            yield from self._remarks
            self._remarks = []
        # Every chunk counts from the beginning: the last one will do, and the first where the answer breaks off.
        if not firsts or reasons or not self._counted:
            yield from self._figures(chunk)
        for one in failed:
            self._check(one)
        feedback = chunk.prompt_feedback
        if feedback and feedback.block_reason and not firsts:
            words = feedback.block_reason_message or f"the prompt was blocked: {feedback.block_reason}"
            raise errors.ContentRefusedError(words, provider=self._provider)
        for one in reasons:
            if chunk.model_version:
                yield ModelName(chunk.model_version)
            if failure := FAILURES.get(one.finish_reason or ""):
                yield Remark(f"the answer ends here: {failure[1]}")
            yield self._reason(one)

    def _figures(self, chunk: Chunk) -> Iterator[Event]:
        if usage := decode_json(USAGE, bytes(chunk.usage_metadata)):
            self._counted = True
            yield usage.event()

    def _reason(self, candidate: Candidate) -> Finish:
        reason = candidate.finish_reason or ""
        if reason in REFUSALS:
            words = candidate.finish_message or f"the answer was blocked: {reason}"
            raise errors.ContentRefusedError(words, provider=self._provider)
        return self._finish(reason)

    def _check(self, candidate: Candidate) -> None:
        """Says what is wrong where an answer ends before there is anything of it."""
        if (failure := FAILURES.get(candidate.finish_reason or "")) is not None:
            kind, words = failure
            more = candidate.finish_message
            raise kind(f"{words}: {more}" if more else words, provider=self._provider)

    def _beside(self, candidate: Candidate) -> Iterator[Event]:
        if told := candidate.url_context_metadata:
            yield from self._sources.opened(told)
        if told := candidate.grounding_metadata:
            yield from self._sources.grounding(told)
        if told := candidate.citation_metadata:
            yield from self._sources.citations(told)

    def _end(self) -> Iterator[Event]:
        """What is known once the answer is whole."""
        self._close()
        yield from self._media.flush()
        yield from self._sources.ended()
        if self._replay is not None and not self._replayed and (raw := self._record.raw) is not None:
            self._replayed = True
            yield self._replay(raw)

    # --- parts --------------------------------------------------------------------------------------------

    def _part(self, part: Part, whole: dict[str, Any] | None, number: int) -> Iterator[Event]:
        kind = kind_of(whole) if whole is not None and not part.text else ""
        if self._replayed and not self._voided and (part.text or kind):
            self._voided = True  # the answer goes on behind its end
            yield void(self._provider, self._model)
        if whole is None or not kind:
            yield from self._words(part, number)
            return
        self._close()
        if kind != "inlineData":
            yield from self._media.flush()
        if (call := part.function_call) is not None:
            self._called = self._said = True
            self._record.part(whole)
            name = own_name(self._asked, call.name or "")
            arguments = own_arguments(self._asked, name, call_arguments(call.args))
            yield ToolCall(0, call.id or "", name, arguments)
            return
        if part.thought and kind == "inlineData":
            yield ReasoningDelta(f"\n\n({described(whole)})\n\n")
            return
        self._apart = self._said = True
        if kind == "inlineData":
            yield from self._file(whole)
        else:
            self._record.part(whole)
            yield from served(kind, whole, self._sources)

    def _words(self, part: Part, number: int) -> Iterator[Event]:
        """A text or a thought."""
        text, thinks = part.text or "", part.thought is True
        if not text and not part.thought_signature:
            return
        if thinks is not self._thinks or number or part.thought_signature:
            self._close()
            if not thinks:
                self._text.begin()
        if text and not thinks:
            yield from self._media.flush()
            yield from self._gap()
            self._said = self._texted = True
        if text:
            yield ReasoningDelta(text) if thinks else TextDelta(text)
        if part.thought_signature:
            self._record.text(text, thought=thinks, signature=part.thought_signature)
            if not thinks:
                self._text.add(text)
        else:
            self._thinks = thinks
            self._pieces.append(text)

    def _gap(self) -> Iterator[Event]:
        """An empty line, where another part stands between the text before and the next. Behind a call the reader
        makes it."""
        if self._texted and (self._apart or self._called):
            self._text.stand_apart()
            if not self._called:
                yield TextDelta("\n\n")
        self._apart = self._called = False

    def _close(self) -> None:
        """Takes down the text or the thought that has come in pieces."""
        if self._thinks is not None:
            text = "".join((*self._joined, *self._pieces))
            self._record.text(text, thought=self._thinks)
            if not self._thinks:
                self._text.add(text)
        self._pieces, self._joined, self._thinks = [], [], None

    def _file(self, whole: dict[str, Any]) -> Iterator[Event]:
        parts = [*self._media.take(whole["inlineData"])]
        yield from parts
        if self._media.waiting:
            self._record.give_up()  # the pieces will have become one
        elif isinstance(parts[-1], UnknownPart):
            if "thoughtSignature" in whole:
                self._record.give_up()
        else:
            self._record.file(whole)


def _plain_text(chunk: Chunk, thinks: bool | None) -> str | None:
    """The text of a chunk that has nothing else and is a thought or not, as is asked for."""
    candidates = chunk.candidates
    if not candidates or len(candidates) != 1 or chunk.prompt_feedback or chunk.error:
        return None
    one = candidates[0]
    content = one.content
    if one.finish_reason is not None or one.index or content is None or not content.parts:
        return None
    if one.grounding_metadata or one.citation_metadata or one.url_context_metadata or len(content.parts) != 1:
        return None
    part = content.parts[0]
    if part.thought_signature or part.function_call or (part.thought is True) is not thinks:
        return None
    return part.text or None


def _has_more(candidate: Candidate) -> bool:
    """Whether there may be parts that are no text."""
    parts = (candidate.content and candidate.content.parts) or ()
    return any(not part.text for part in parts)


def _wholes(data: bytes) -> list[list[list[dict[str, Any]]]]:
    """The parts of each candidate of each chunk, with all that they have."""
    chunks = decode_json(WHOLE_CHUNK, data)
    return [
        [(one.content and one.content.parts) or [] for one in chunk.candidates or ()]
        for chunk in (chunks if isinstance(chunks, list) else [chunks])
    ]
