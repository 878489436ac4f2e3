"""What all providers over HTTP share: the request's frame, the reading of the answer, retries, failures."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import aclosing
from types import MappingProxyType
from typing import Any, ClassVar

import msgspec

from .. import errors
from ..decoders import Decoder, Frame, SSEDecoder
from ..events import Event, Finish, Status
from ..keychain import stored_key
from ..keys import Secret, guarded
from ..messages import Message, Messages
from ..request import Request
from ..transport import send
from . import call as checks
from . import failures, listing
from .base import AsyncGeneratorProvider
from .call import Call
from .reader import FrameReader, Reader
from .retries import Retries

TAIL_SECONDS = 1.0
"""How long to wait, in seconds, for what may follow an answer's end mark: the usage, the response's end."""

Batch = list[Event] | tuple[Event, ...]


class HTTPProvider(AsyncGeneratorProvider):
    """A provider whose dialect goes over HTTP. A subclass says how to build a request and read a frame.

    Class attributes:
        decoder: The framing of its answers.
        frame_reader: What makes events of its frames.
        field_names: What it calls those common options that it has another name for.
        key_variables: Environment variables that may hold the key, the first one set counts.
        account: The name under which the keyring has the key, where it is another provider's.
        url_variable: The environment variable that may move the service elsewhere.
        models_path, models_query: Where the service lists its models; empty where it does not.
        tail_seconds: How long to wait, in seconds, for what may follow an answer's end mark.
    """

    decoder: ClassVar[type[Decoder]] = SSEDecoder
    frame_reader: ClassVar[type[FrameReader]] = FrameReader
    field_names: ClassVar[Mapping[str, str]] = {}
    key_variables: ClassVar[tuple[str, ...]] = ()
    account: ClassVar[str] = ""
    url_variable: ClassVar[str] = ""
    models_path: ClassVar[str] = ""
    models_query: ClassVar[Mapping[str, str]] = {}
    tail_seconds: ClassVar[float] = TAIL_SECONDS

    # --- what a dialect writes ----------------------------------------------------------------------------

    @classmethod
    def build_request(cls, call: Call) -> Request:
        """The request for one call; ``cls.post`` makes most of it."""
        raise TypeError(f"{cls.__name__} has no build_request() of its own")

    @classmethod
    def parse(cls, frame: Frame) -> Iterable[Event]:
        """The events of one frame. A ``ValueError`` means that the frame is malformed, a
        ``ContentRefusedError`` that the answer ends here because the service refuses; what a generator
        yields before it raises counts."""
        raise TypeError(f"{cls.__name__} has no parse() of its own")

    @classmethod
    def headers(cls, key: Secret | None) -> dict[str, str | Secret]:
        """The headers of every request of this dialect."""
        return {"Authorization": Secret(f"Bearer {key.reveal()}")} if key else {}

    @classmethod
    def reader(cls, request: Request) -> Reader:
        """The reader of the answer to one request."""
        return cls.frame_reader(cls, request)

    @classmethod
    def simplified(cls, call: Call, error: errors.ChatError) -> Request | None:
        """A request that a service may accept which refused the first one with ``error``."""
        return None

    @classmethod
    def parse_models(cls, body: bytes) -> listing.Page:
        """The names on one page of the list of models, and the query that asks for the next. A
        ``ValueError`` means that it is malformed."""
        return listing.parse_page(body)

    @classmethod
    def moved_to(cls) -> str | None:
        """Where the environment moves the service to."""
        return os.environ.get(cls.url_variable, "").strip() or None

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
        return cls.connection(
            options,
            model or cls.default_model,
            checks.check_messages(messages, options.get("system")),
            checks.check_generation(options),
        )

    @classmethod
    def connection(
        cls,
        options: Mapping[str, Any],
        model: str = "",
        messages: tuple[Message, ...] = (),
        generation: Mapping[str, Any] = MappingProxyType({}),
    ) -> Call:
        """What every call needs, whether or not there is anything to ask: where to, with which key, how long.

        Raises:
            ConfigurationError: An option's value or the key must be put right first.
        """
        given = options.get("base_url") or cls.moved_to()
        key = options.get("api_key") or cls.key()
        if cls.needs_auth and not key and not given:
            raise errors.MissingKeyError(
                "there is no API key",
                provider=cls.name,
                hint=f"Set {cls.key_variables[0]} in the environment, or give api_key=.",
            )
        return Call(
            model=model,
            messages=messages,
            options=generation,
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
        """The key for this provider: that of the environment, or else that of the system's keyring."""
        values = (os.environ.get(name, "").strip() for name in cls.key_variables)
        in_environment = next((Secret(value) for value in values if value), None)
        if in_environment is None and cls.key_variables:
            return stored_key(cls.account or cls.name)
        return in_environment

    @classmethod
    async def list_models(cls, **options: Any) -> list[str]:
        """The names of the models that the service has, in its order; ``cls.models`` where it has no list.

        Parameters:
            **options: How to reach it: ``base_url, api_key, timeout, proxy, headers, ssl``, as in a call.

        Raises:
            ChatError: The service or the way to it failed, or the key is missing.
        """
        safe = guarded({"timeout": listing.SECONDS, **options})
        options.clear()  # a traceback shows this frame, and a key must not be in it
        if not cls.models_path:
            return list(cls.models)
        try:
            return await listing.list_models(cls, cls.connection(safe))
        except errors.ChatError as error:
            error.provider = error.provider or cls.name
            error.__cause__ = error.__context__ = None
            raise error.with_traceback(None) from None

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
                    if reader.failure is not None:
                        raise reader.failure
                    if Finish in map(type, events):
                        finished = True
                        break
            tail = await cls._tail(blocks, reader) if finished else reader.flush()
            if tail:
                yield tail
            if reader.failure is not None:
                raise reader.failure
            if not finished and Finish not in map(type, tail):
                raise errors.StreamInterruptedError(f"{request.host} ended the answer before it was whole")

    @classmethod
    async def _tail(cls, blocks: AsyncIterator[bytes], reader: Reader) -> list[Event]:
        """What follows an answer's end mark, the usage mostly. The answer is whole: a connection that is lost
        or stays open is no failure any more."""
        tail: list[Event] = []
        try:
            async with asyncio.timeout(cls.tail_seconds) as bound:
                async for data in blocks:
                    if events := reader.feed(data):
                        tail += events
                        bound.reschedule(asyncio.get_running_loop().time() + cls.tail_seconds)
                tail += reader.flush()
        except (TimeoutError, errors.TransportError):
            pass
        except errors.ProviderError:
            if not tail or reader.failure is None:
                raise
        return tail
