"""What all providers over HTTP share: the request's frame, the reading of the answer, retries, failures."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from typing import Any, ClassVar, Protocol

import msgspec

from .. import errors
from ..decoders import Decoder, Frame, FrameTooLongError, SSEDecoder
from ..events import Event, Finish, Status
from ..keys import Secret, redact
from ..messages import Messages
from ..request import Request
from ..transport import send
from . import call as checks
from . import failures
from .base import AsyncGeneratorProvider
from .call import Call
from .retries import Retries

TAIL_SECONDS = 1.0
"""How long to wait, in seconds, for what may follow an answer's end mark: the usage, the response's end."""


Batch = list[Event] | tuple[Event, ...]


class Reader(Protocol):
    """Bytes of one answer to its events, without I/O."""

    def feed(self, data: bytes) -> list[Event]:
        """The events that ``data`` completes."""

    def flush(self) -> list[Event]:
        """The events that the end of the response completes."""


class FrameReader:
    """The reader of a dialect that is made of frames."""

    def __init__(self, provider: type[HTTPProvider], request: Request) -> None:
        self._provider = provider
        self._request = request
        self._decoder: Decoder = provider.decoder()
        self._parse = provider.parse
        self._head: bytes | None = b""  # the answer's beginning, while it has given no frame

    def feed(self, data: bytes) -> list[Event]:
        """The events that ``data`` completes."""
        try:
            frames = self._decoder.feed(data)
        except FrameTooLongError as error:
            raise errors.ResponseFormatError(str(error), provider=self._provider.name) from None
        if self._head is not None:
            self._head = None if frames else (self._head + data)[: failures.LONGEST_WORDS]
        return self._events(frames)

    def flush(self) -> list[Event]:
        """The events of the frame that the end of the response completes.

        Raises:
            ProviderError: The response was something else: a web page, an error as plain JSON.
        """
        frames = self._decoder.flush()
        if self._head and not frames:
            raise failures.not_an_answer(self._head, self._request, self._provider.name)
        return self._events(frames)

    def _events(self, frames: Iterable[Frame]) -> list[Event]:
        events: list[Event] = []
        parse = self._parse
        try:
            for frame in frames:
                events += parse(frame)
        except ValueError as error:
            if isinstance(error, errors.ChatError):
                raise
            raise self._malformed(frame) from None
        return events

    def _malformed(self, frame: Frame) -> errors.ProviderError:
        if failures.looks_like_page(frame.data):
            return failures.not_an_answer(frame.data, self._request, self._provider.name)
        excerpt = redact(frame.data[:80].decode("utf-8", "replace"), *self._request.secrets)
        return errors.ResponseFormatError(
            f"a malformed piece of the answer: {excerpt!r}", provider=self._provider.name
        )


class HTTPProvider(AsyncGeneratorProvider):
    """A provider whose dialect goes over HTTP. A subclass says how to build a request and read a frame.

    Class attributes:
        decoder: The framing of its answers.
        key_variables: Environment variables that may hold the key, the first one set counts.
        url_variable: The environment variable that may move the service elsewhere.
    """

    decoder: ClassVar[type[Decoder]] = SSEDecoder
    key_variables: ClassVar[tuple[str, ...]] = ()
    url_variable: ClassVar[str] = ""

    # --- what a dialect writes ----------------------------------------------------------------------------

    @classmethod
    def build_request(cls, call: Call) -> Request:
        """The request for one call; ``cls.post`` makes most of it."""
        raise TypeError(f"{cls.__name__} has no build_request() of its own")

    @classmethod
    def parse(cls, frame: Frame) -> Iterable[Event]:
        """The events of one frame. A ``ValueError`` means that the frame is malformed."""
        raise TypeError(f"{cls.__name__} has no parse() of its own")

    @classmethod
    def headers(cls, key: Secret | None) -> dict[str, str | Secret]:
        """The headers of every request of this dialect."""
        return {"Authorization": Secret(f"Bearer {key.reveal()}")} if key else {}

    @classmethod
    def reader(cls, request: Request) -> Reader:
        """The reader of the answer to one request."""
        return FrameReader(cls, request)

    @classmethod
    def simplified(cls, call: Call, error: errors.ChatError) -> Request | None:
        """A request that a service may accept which refused the first one with ``error``."""
        return None

    # --- what follows from it -----------------------------------------------------------------------------

    @classmethod
    def post(
        cls, call: Call, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> Request:
        """A POST of a JSON body, with the dialect's headers (``cls.headers`` unless given) and then those of
        the caller."""
        own = cls.headers(call.api_key) if headers is None else headers
        return Request(
            "POST",
            call.base_url + path,
            {"Content-Type": "application/json", **own, **call.headers},
            msgspec.json.encode(call.body(body)),
            call.timeouts,
            call.proxy,
            call.ssl,
        )

    @classmethod
    def check(cls, model: str, messages: Messages, options: Mapping[str, Any]) -> Call:
        """The call, checked, with what the environment adds.

        Raises:
            ConfigurationError: The messages, an option's value or the key must be put right first.
        """
        given = options.get("base_url") or (cls.url_variable and os.environ.get(cls.url_variable))
        key = options.get("api_key") or cls.key()
        if cls.needs_auth and not key and not given:
            raise errors.MissingKeyError(
                "there is no API key",
                provider=cls.name,
                hint=f"Set {cls.key_variables[0]} in the environment, or give api_key=.",
            )
        return Call(
            model=model or cls.default_model,
            messages=checks.check_messages(messages, options.get("system")),
            options=checks.check_generation(options),
            base_url=checks.check_base_url(given or cls.url),
            api_key=Secret(key) if key else None,
            headers=checks.check_headers(options.get("headers")),
            extra_body=checks.check_extra_body(options.get("extra_body")),
            timeouts=checks.check_timeouts(options.get("timeout")),
            proxy=options.get("proxy"),
            ssl=checks.check_ssl(options.get("ssl")),
        )

    @classmethod
    def key(cls) -> Secret | None:
        """The key that the environment holds for this provider."""
        values = (os.environ.get(name, "").strip() for name in cls.key_variables)
        return next((Secret(value) for value in values if value), None)

    @classmethod
    async def stream(cls, model: str, messages: Messages, **options: Any) -> AsyncGenerator[Batch]:
        """The events of the answer, those that arrived together in one batch."""
        call = cls.check(model, messages, options)
        request = cls.build_request(call)
        retries = Retries.checked(options.get("retries"))
        for attempt in itertools.count(1):
            started = False
            try:
                async with aclosing(cls._answer(request)) as batches:
                    async for batch in batches:
                        started = True
                        yield batch
                return
            except errors.ChatError as error:
                error.provider = error.provider or cls.name
                if started:
                    raise
                simpler = cls.simplified(call, error)
                delay = 0.0 if simpler else retries.delay(attempt, error)
                if delay is None:
                    raise
                request = simpler or request
                status = Status(f"{error.message.rstrip('.')}; trying again in {delay:.0f} s")
            if delay:
                yield (status,)
                await asyncio.sleep(delay)

    @classmethod
    async def _answer(cls, request: Request) -> AsyncGenerator[Batch]:
        """The batches of one response."""
        async with send(request) as response:
            if response.status != 200:
                raise await failures.from_response(response, request, cls.name)
            reader = cls.reader(request)
            blocks = aiter(response)
            finished = False
            async for data in blocks:
                events = reader.feed(data)
                if events:
                    yield events
                    if Finish in map(type, events):
                        finished = True
                        break
            tail: list[Event] = []
            if finished:
                try:
                    async with asyncio.timeout(TAIL_SECONDS):
                        async for data in blocks:
                            tail += reader.feed(data)
                except (TimeoutError, errors.TransportError):
                    pass  # the answer is whole; only the connection is lost
            tail += reader.flush()
            if tail:
                yield tail
            if not finished and Finish not in map(type, tail):
                raise errors.StreamInterruptedError(f"{request.host} ended the answer before it was whole")
