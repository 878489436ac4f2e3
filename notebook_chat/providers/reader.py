"""The bytes of one answer to its events, without I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import msgspec

from .. import errors, faults
from ..decoders import MAX_FRAME, Decoder, Frame, FrameTooLongError, check_values
from ..events import Event, Finish, ModelName, ReasoningDelta, TextBlock, TextDelta, ToolCall, Usage
from ..parts import MediaPart
from ..request import HttpRequest
from ..secrets import excerpt
from . import error_mapping
from .foreign import speaker
from .thinking import ThinkingText

_DONE = b"[DONE]"  # OpenAI's end mark, which gateways also put behind other dialects


class Paragraph(msgspec.Struct, frozen=True, gc=False):
    """What a dialect gives where a new block of text begins: marks of sources count from its beginning.

    Attributes:
        apart: Whether it stands apart from the text before: a reader makes an empty line of it.
    """

    apart: bool = True


class Parser(Protocol):
    """What makes events of the frames of one answer. A dialect is one itself, where no frame needs to know of those
    before it; else it makes one for each answer, which may keep what it has seen."""

    def parse(self, frame: Frame) -> Iterable[Event | Paragraph]:
        """The events of one frame. ``Finish()`` without a reason is the answer's end mark.

        Raises:
            ValueError: The frame is malformed.
            ContentRefusedError: The answer ends here, because the service refuses; what a generator yields before it
                raises counts.
        """
        ...

    def parse_whole(self, body: bytes) -> Iterable[Event | Paragraph]:
        """The events of an answer that came in one piece. It raises as ``parse`` does."""
        ...


class Dialect(Protocol):
    """What a reader asks of a dialect that is made of frames; a class derived from ``HTTPProvider`` is one."""

    @property
    def name(self) -> str:
        """What the provider is called."""
        ...

    @property
    def speaks(self) -> str:
        """What the dialect is called, as ``foreign`` has it."""
        ...

    @property
    def decoder(self) -> Callable[[], Decoder]:
        """What makes a decoder of its framing."""
        ...

    @property
    def reason_ends(self) -> bool:
        """Whether nothing of the answer follows the reason for its end."""
        ...

    @property
    def thinks_in_text(self) -> bool:
        """Whether a model's reasoning may stand in its text, between ``<think>`` and ``</think>``."""
        ...


class Reader(Protocol):
    """Bytes of one answer to its events, without I/O."""

    @property
    def failure(self) -> errors.ChatError | None:
        """Why nothing follows the events given last; ``None`` while all is well."""

    @property
    def ended(self) -> bool:
        """Whether the answer's end mark has come: what follows it is no part of the answer."""

    def feed(self, data: bytes) -> list[Event]:
        """The events that ``data`` completes."""

    def flush(self) -> list[Event]:
        """The events that the end of the response completes."""


class FrameReader:
    """The reader of a dialect that is made of frames.

    What came before a failure is given first, however the bytes were cut: a failure is raised at once only
    where no event precedes it in the same block. Otherwise it is in ``failure``, and raised by the next call.

    A refusal counts as a failure where nothing was answered; after a part of an answer it is that answer's
    end, ``Finish("content_filter")``. After the end mark only figures count, and nothing fails any more.

    Args:
        dialect: What the answer is in.
        request: What it answers.
        parser: What makes events of its frames.
    """

    def __init__(self, dialect: Dialect, request: HttpRequest, parser: Parser) -> None:
        self.failure: errors.ChatError | None = None
        self.ended = False
        self._dialect = dialect
        self._name = dialect.name
        self._request = request
        self._decoder: Decoder = dialect.decoder()
        self.parser = parser
        self._parse = parser.parse
        self._parse_whole = parser.parse_whole
        self._reason_ends = dialect.reason_ends
        self._thinking = ThinkingText() if dialect.thinks_in_text else None
        self._body: bytearray | None = bytearray()  # the response so far, while it has given no frame
        self._first: bytes | None = None  # the first frame, while nothing was recognized
        self._answered = False  # by text, a tool call or a file
        self._texted = False
        self._apart = False  # whether the next text stands apart from the text before
        self._block = False  # whether the next text begins a block

    def feed(self, data: bytes) -> list[Event]:
        """The events that ``data`` completes.

        Raises:
            ProviderError: The service reports a failure, refuses, or what it sends is not in its dialect.
        """
        if self.failure is not None:
            raise self.failure
        try:
            frames = self._decoder.feed(data)
        except FrameTooLongError as error:
            raise self._too_long(error) from None
        if self._body is not None:
            self._begin(frames, data)
        return self._events(frames)

    def flush(self) -> list[Event]:
        """The events of the frame that the end of the response completes, or of a response that is an answer in one
        piece.

        Raises:
            ProviderError: As in ``feed``; or the response was something else: a web page, an error as
                plain JSON, another dialect.
        """
        if self.failure is not None:
            raise self.failure
        try:
            frames = self._decoder.flush()
        except FrameTooLongError as error:
            raise self._too_long(error) from None
        if frames and self._body is not None:
            self._begin(frames, b"")
        if self._body and not self._body.isspace():
            return self._whole(bytes(self._body))
        events = self._events(frames)
        if self._thinking is not None:
            events += self._thinking.flush()
        if self._first is not None and not events:
            return self._failed(self._unrecognized(self._first), events)
        return events

    def _too_long(self, error: FrameTooLongError) -> errors.ResponseFormatError:
        return errors.ResponseFormatError(str(error), provider=self._name)

    def _begin(self, frames: list[Frame], data: bytes) -> None:
        if frames:
            self._body = None
            self._first = frames[0].data
            return
        assert self._body is not None
        self._body += data
        if len(self._body) > MAX_FRAME:
            raise errors.ResponseFormatError(
                f"{MAX_FRAME:,} bytes came without an answer", provider=self._name
            )

    def _whole(self, body: bytes) -> list[Event]:
        self._body = None
        found: list[Event | Paragraph] = []
        try:
            check_values(body)
            found += self._parse_whole(body)  # where it fails, what it has given before is there
            events = self._answer(self._finished(found), None)
        except errors.ChatError as error:
            return self._failed(error, [event for event in found if type(event) is Usage])
        except (ValueError, RecursionError):
            events = []
        except Exception as error:
            return self._failed(self._fault(error), [])
        if not any(type(event) is Finish or isinstance(event, (TextDelta, MediaPart)) for event in events):
            raise error_mapping.not_an_answer(body[: error_mapping.LONGEST_WORDS], self._request, self._name)
        if Finish not in map(type, events):
            events.append(Finish("stop"))
        return events

    def _events(self, frames: list[Frame]) -> list[Event]:
        """The events of some frames. Nearly always these are pieces of text: then nothing else is looked at. No frame
        is parsed twice: a parser may keep what it has seen."""
        thinking = self._thinking
        if self.ended or self._apart or self._block or (thinking is not None and not thinking.watching):
            return self._with_care(frames)
        events: list[Any] = []
        parse = self._parse
        rest = iter(frames)
        try:
            for frame in rest:
                events += parse(frame)
        except Exception as error:
            return self._with_care([frame, *rest], events, error)
        if thinking is None:
            for event in events:
                if type(event) is not TextDelta and type(event) is not ReasoningDelta:
                    return self._with_care([], events)
        else:
            for event in events:
                if type(event) is not TextDelta or "<" in event.text or "`" in event.text:
                    return self._with_care([], events)
        if events:
            self._first = None
            if not self._texted and TextDelta in map(type, events):
                self._answered = self._texted = True
        return events

    def _with_care(
        self,
        frames: list[Frame],
        parsed: Sequence[Event | Paragraph] = (),
        failure: Exception | None = None,
    ) -> list[Event]:
        """The events of frames of any kind.

        Args:
            frames: The frames.
            parsed: The events of those before them.
            failure: How parsing the first of them has failed, which is not tried again.
        """
        events = self._until_end(parsed)
        refusal: errors.ContentRefusedError | None = None
        for frame in frames:
            known, failure = failure, None
            if self.ended:
                events += self._figures(frame) if known is None else ()
                continue
            try:
                if known is not None:
                    raise known
                events += self._parse(frame)
            except errors.ContentRefusedError as error:
                refusal = error
                self.ended = True
                events.append(Finish("content_filter"))
            except errors.ChatError as error:
                return self._failed(error, self._finished(events))
            except (ValueError, RecursionError):
                if (data := frame.data.strip()) and data != _DONE:
                    return self._failed(self._malformed(frame), self._finished(events))
                events += [Finish()] * (data == _DONE)
            except Exception as error:
                return self._failed(self._fault(error), self._finished(events))
            if events and self._is_end(events[-1]):
                self.ended = True
        return self._answer(self._finished(events), refusal)

    def _is_end(self, event: Event | Paragraph) -> bool:
        return type(event) is Finish and (self._reason_ends or event.reason is None)

    def _until_end(self, parsed: Sequence[Event | Paragraph]) -> list[Event | Paragraph]:
        """Events up to the answer's end mark, and the figures behind it."""
        events: list[Event | Paragraph] = []
        for event in parsed:
            if not self.ended or type(event) is Usage or type(event) is ModelName:
                events.append(event)
            self.ended = self.ended or self._is_end(event)
        return events

    def _answer(self, events: list[Event], refusal: errors.ContentRefusedError | None) -> list[Event]:
        """The same events, unless they tell that there is no answer."""
        if self._first is not None and events:
            if events == [Finish()] and speaker(self._first) != self._dialect.speaks:
                return self._failed(self._unrecognized(self._first), [])
            self._first = None
        if not self._answered:
            self._answered = any(isinstance(event, (TextDelta, ToolCall, MediaPart)) for event in events)
            if not self._answered and Finish("content_filter") in events:
                refusal = refusal or errors.ContentRefusedError(
                    "the service withheld its answer", provider=self._name
                )
                return self._failed(refusal, [event for event in events if type(event) is not Finish])
        return events

    def _finished(self, events: list[Event | Paragraph]) -> list[Event]:
        """The events with reasoning taken out of the text, and empty lines between texts that stand apart."""
        found = self._set_apart(events)
        thinking = self._thinking
        if thinking is not None:
            found = thinking.split(found)
            self._thinking = None if thinking.settled else thinking
        return found

    def _set_apart(self, events: list[Event | Paragraph]) -> list[Event]:
        found: list[Event] = []
        for event in events:
            if isinstance(event, Paragraph):
                self._apart = self._texted and (event.apart or self._apart)
                self._block = self._texted
                continue
            if type(event) is ToolCall:
                self._apart = self._texted
            elif type(event) is TextDelta and event.text:
                if self._apart:
                    found.append(TextDelta("\n\n"))
                if self._block:
                    found.append(TextBlock())
                self._apart = self._block = False
                self._texted = True
            found.append(event)
        return found

    def _figures(self, frame: Frame) -> list[Event]:
        """What counts of a frame after the end mark. The answer is whole: whatever else it holds is no failure."""
        try:
            return [event for event in self._parse(frame) if type(event) is Usage or type(event) is ModelName]
        except Exception:
            return []

    def _failed(self, error: errors.ChatError, events: list[Event]) -> list[Event]:
        """Keeps the error for the next call, or raises it where no events come first."""
        if self._thinking is not None:
            events += self._thinking.flush()
        error.message = excerpt(error.message, error_mapping.LONGEST_WORDS, *self._request.secrets)
        self.failure = error
        if events:
            return events
        raise error from None

    def _fault(self, error: Exception) -> errors.ChatError:
        return faults.chat_error(error, provider=self._name, secrets=self._request.secrets)

    def _malformed(self, frame: Frame) -> errors.ProviderError:
        if error_mapping.looks_like_page(frame.data):
            return error_mapping.not_an_answer(frame.data, self._request, self._name)
        if self._first is not None and speaker(frame.data) not in (None, self._dialect.speaks):
            return self._unrecognized(frame.data)
        piece = excerpt(frame.data, 80, *self._request.secrets)
        return errors.ResponseFormatError(f"a malformed piece of the answer: {piece!r}", provider=self._name)

    def _unrecognized(self, first: bytes) -> errors.ProviderError:
        return error_mapping.unrecognized(first, self._request, self._name, self._dialect.speaks)


class WholeCallReader(FrameReader):
    """The reader of a dialect that sends every tool call whole and without a number, and that ends an answer
    with tool calls as it ends any other."""

    def __init__(self, dialect: Dialect, request: HttpRequest, parser: Parser) -> None:
        super().__init__(dialect, request, parser)
        self._calls = 0

    def _finished(self, events: list[Event | Paragraph]) -> list[Event]:
        found = super()._finished(events)
        for place, event in enumerate(found):
            if type(event) is ToolCall:
                found[place] = msgspec.structs.replace(event, index=self._calls)
                self._calls += 1
            elif self._calls and type(event) is Finish and event.reason == "stop":
                found[place] = Finish("tool_calls")
        return found
