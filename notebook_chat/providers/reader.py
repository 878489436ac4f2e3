"""The bytes of one answer to its events, without I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec

from .. import errors
from ..decoders import Decoder, Frame, FrameTooLongError
from ..events import Event, Finish, TextDelta, ToolCall
from ..request import HttpRequest
from ..secrets import redact
from . import error_mapping


class Dialect(Protocol):
    """What a reader asks of a dialect that is made of frames; a class derived from ``HTTPProvider`` is one."""

    @property
    def name(self) -> str:
        """What the provider is called."""
        ...

    @property
    def decoder(self) -> Callable[[], Decoder]:
        """What makes a decoder of its framing."""
        ...

    def parse(self, frame: Frame) -> Iterable[Event]:
        """The events of one frame.

        Raises:
            ValueError: The frame is malformed.
            ContentRefusedError: The answer ends here, because the service refuses.
        """
        ...


class Reader(Protocol):
    """Bytes of one answer to its events, without I/O."""

    @property
    def failure(self) -> errors.ChatError | None:
        """Why nothing follows the events given last; ``None`` while all is well."""

    def feed(self, data: bytes) -> list[Event]:
        """The events that ``data`` completes."""

    def flush(self) -> list[Event]:
        """The events that the end of the response completes."""


class FrameReader:
    """The reader of a dialect that is made of frames.

    What came before a failure is given first, however the bytes were cut: a failure is raised at once only
    where no event precedes it in the same block. Otherwise it is in ``failure``, and raised by the next call.

    A refusal counts as a failure where nothing was answered; after a part of an answer it is that answer's
    end, ``Finish("content_filter")``.
    """

    def __init__(self, dialect: Dialect, request: HttpRequest) -> None:
        self.failure: errors.ChatError | None = None
        self._name = dialect.name
        self._request = request
        self._decoder: Decoder = dialect.decoder()
        self._parse = dialect.parse
        self._head: bytes | None = b""  # the answer's beginning, while it has given no frame
        self._answered = False

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
            raise errors.ResponseFormatError(str(error), provider=self._name) from None
        if self._head is not None:
            self._head = None if frames else (self._head + data)[: error_mapping.LONGEST_WORDS]
        return self._events(frames)

    def flush(self) -> list[Event]:
        """The events of the frame that the end of the response completes.

        Raises:
            ProviderError: As in ``feed``; or the response was something else: a web page, an error as
                plain JSON.
        """
        if self.failure is not None:
            raise self.failure
        frames = self._decoder.flush()
        if self._head and not frames:
            raise error_mapping.not_an_answer(self._head, self._request, self._name)
        return self._events(frames)

    def _events(self, frames: Iterable[Frame]) -> list[Event]:
        events: list[Event] = []
        refusal: errors.ContentRefusedError | None = None
        parse = self._parse
        for frame in frames:
            try:
                events += parse(frame)
            except errors.ContentRefusedError as error:
                refusal = error
                events.append(Finish("content_filter"))
            except errors.ChatError as error:
                return self._failed(error, events)
            except ValueError:
                return self._failed(self._malformed(frame), events)
        if not self._answered:
            self._answered = any(type(event) is TextDelta or type(event) is ToolCall for event in events)
            if not self._answered and Finish("content_filter") in events:
                refusal = refusal or errors.ContentRefusedError(
                    "the service withheld its answer", provider=self._name
                )
                return self._failed(refusal, [event for event in events if type(event) is not Finish])
        return events

    def _failed(self, error: errors.ChatError, events: list[Event]) -> list[Event]:
        """Keeps the error for the next call, or raises it where no events come first."""
        error.message = redact(error.message, *self._request.secrets)
        error.args = (error.message,)
        self.failure = error
        if events:
            return events
        raise error from None

    def _malformed(self, frame: Frame) -> errors.ProviderError:
        if error_mapping.looks_like_page(frame.data):
            return error_mapping.not_an_answer(frame.data, self._request, self._name)
        excerpt = redact(frame.data[:80].decode("utf-8", "replace"), *self._request.secrets)
        return errors.ResponseFormatError(
            f"a malformed piece of the answer: {excerpt!r}", provider=self._name
        )


class WholeCallReader(FrameReader):
    """The reader of a dialect that sends every tool call whole and without a number, and that ends an answer
    with tool calls as it ends any other."""

    def __init__(self, dialect: Dialect, request: HttpRequest) -> None:
        super().__init__(dialect, request)
        self._calls = 0

    def _events(self, frames: Iterable[Frame]) -> list[Event]:
        events = super()._events(frames)
        for place, event in enumerate(events):
            if type(event) is ToolCall:
                events[place] = msgspec.structs.replace(event, index=self._calls)
                self._calls += 1
            elif self._calls and type(event) is Finish and event.reason == "stop":
                events[place] = Finish("tool_calls")
        return events
