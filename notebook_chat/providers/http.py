"""What all providers over HTTP share: the request's frame, the reading of the answer, retries, error_mapping."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Unpack

import msgspec

from .. import errors, faults
from ..attempts import GOES_ON, PASSING_FAILURE, SIMPLER_REQUEST, STALE_CONNECTION, Again, Attempts
from ..decoders import Decoder, Frame, SSEDecoder
from ..events import AnotherRequest, Event, Finish, Remark
from ..messages import ContentPart, ImagePart, Message, Messages, TextPart, content_parts
from ..request import HttpRequest
from ..secrets import Secret, bare, hides_secrets, secrets_in, wrap_secrets
from . import addresses, model_pages, pacing, structured, token_count
from .call import Adapted, Ask, Call, Connection
from .exchange import Batch, Patience, answer_batches, is_piece
from .model_facts import UNKNOWN, ModelFacts
from .options import RequestOptions
from .reader import FrameReader, Paragraph, Parser, Reader
from .service import Service


class HTTPProvider(Service):
    """A provider whose dialect goes over HTTP. A subclass says how to build a request and read a frame.

    Attributes:
        decoder: The framing of its answers.
        frame_reader: What makes events of its frames.
        field_names: What it calls those common options that it has another name for.
        finish_reasons: The common words for its reasons to end an answer, where it has others.
        models_path, models_query: Where the service lists its models; empty where it does not.
        speaks: What its dialect is called, as ``foreign`` has it.
        reason_ends: Whether nothing of the answer follows the reason for its end.
        thinks_in_text: Whether reasoning may stand in the text, between ``<think>`` and ``</think>``.
        count_path: Where the service counts the tokens of a prompt; empty where it does not.
        count_fields: The fields of a request that the count takes.
        patience: How long to wait for what may follow an answer's end.
        part_kinds: The kinds of a message's parts that ``encode_part`` takes.
        schema_forms: How the service can be asked for data, of ``structured.FORMS``, the strictest first; it is used
            where ``schema`` is among the options.
        schema_with_tools: Whether a schema leaves a model free to call tools; else it is told in words then.
    """

    decoder: ClassVar[type[Decoder]] = SSEDecoder
    frame_reader: ClassVar[type[FrameReader]] = FrameReader
    field_names: ClassVar[Mapping[str, str]] = {}
    finish_reasons: ClassVar[Mapping[str, str]] = {}
    models_path: ClassVar[str] = ""
    models_query: ClassVar[Mapping[str, str]] = {}
    speaks: ClassVar[str] = ""
    reason_ends: ClassVar[bool] = False
    thinks_in_text: ClassVar[bool] = False
    takes_transport: ClassVar[bool] = True
    count_path: ClassVar[str] = ""
    count_fields: ClassVar[frozenset[str]] = frozenset()
    patience: ClassVar[Patience] = Patience()
    part_kinds: ClassVar[tuple[type[ContentPart], ...]] = (TextPart, ImagePart)
    schema_forms: ClassVar[tuple[str, ...]] = structured.FORMS
    schema_with_tools: ClassVar[bool] = True

    # --- what a dialect writes ----------------------------------------------------------------------------

    @classmethod
    def build_request(cls, call: Call) -> HttpRequest:
        """The request for one call; ``cls.post`` makes most of it."""
        raise TypeError(f"{cls.__name__} has no build_request() of its own")

    @classmethod
    def parse(cls, frame: Frame) -> Iterable[Event | Paragraph]:
        """The events of one frame. A ``ValueError`` means that the frame is malformed, a
        ``ContentRefusedError`` that the answer ends here because the service refuses; what a generator
        yields before it raises counts. ``Finish()`` without a reason is the answer's end mark."""
        raise TypeError(f"{cls.__name__} has no parse() of its own")

    @classmethod
    def parse_whole(cls, body: bytes) -> Iterable[Event | Paragraph]:
        """The events of an answer that came in one piece, as JSON: from a service that does not stream."""
        return cls.parse(Frame(body))

    @classmethod
    def encode_part(cls, part: ContentPart, role: str) -> dict[str, Any]:
        """What the dialect makes of one part of a message.

        Args:
            part: The part.
            role: Who speaks, such as ``user``.
        """
        raise TypeError(f"{cls.__name__} has no encode_part() of its own")

    @classmethod
    def parser(cls, call: Call | None) -> Parser:
        """What makes events of the frames of one answer: the dialect itself, unless it has one that keeps what it has
        seen.

        Args:
            call: What was asked; ``None`` where nothing but the bytes is to be read.
        """
        return cls

    @classmethod
    def output_format(cls, call: Call) -> dict[str, Any]:
        """The fields of a body that ask for data in the form of a call, ``call.form``; none for words alone."""
        return {}

    @classmethod
    def reader(cls, request: HttpRequest, call: Call | None = None) -> Reader:
        """The reader of the answer to one request."""
        return cls.frame_reader(cls, request, cls.parser(call))

    @classmethod
    def speaking(cls, call: Call) -> type[HTTPProvider]:
        """The dialect that a call is made in: this one, unless the service has several and another one can more.

        Args:
            call: The call.
        """
        return cls

    @classmethod
    def following(cls, call: Call, parser: Parser) -> tuple[HttpRequest, Parser] | None:
        """The request that an answer goes on with which a service has broken off for it to be asked on, and what reads
        what follows; ``None`` where the answer is whole.

        Args:
            call: What was asked.
            parser: What has read the answer so far.
        """
        return None

    @classmethod
    def simplified(cls, call: Call, error: errors.ChatError) -> HttpRequest | None:
        """A request that a service may accept which refused the first one with ``error``."""
        return None

    @classmethod
    def adapted(cls, call: Call, error: errors.ChatError) -> Adapted | None:
        """The call as the service may take it that has refused it with ``error``, such as without one of its fields;
        ``None`` where nothing is known that it would take."""
        return None

    @classmethod
    def count_request(cls, call: Call) -> HttpRequest | None:
        """The request that has the service count the tokens of a prompt, answering as ``token_count.parse`` reads it;
        ``None`` where it has no count."""
        return token_count.request(cls, call, cls.build_request(call)) if cls.count_path else None

    @classmethod
    def parse_models(cls, body: bytes) -> model_pages.Page:
        """The names on one page of the list of models, and the query that asks for the next. A
        ``ValueError`` means that it is malformed."""
        return model_pages.parse_page(body)

    @classmethod
    def facts_request(cls, to: Connection, model: str) -> HttpRequest | None:
        """The request for what a service says of one model, which ``parse_facts`` reads; ``None`` where its list says
        all. It is made where a user looks at models, and never for a question."""
        return None

    @classmethod
    def parse_facts(cls, body: bytes) -> ModelFacts:
        """What a service says of one model. A ``ValueError`` means that it is malformed."""
        return UNKNOWN

    # --- what follows from it -----------------------------------------------------------------------------

    @classmethod
    def encode_parts(cls, message: Message) -> list[dict[str, Any]]:
        """All parts of a message in the dialect's form, each made by ``encode_part``.

        Raises:
            InvalidMessagesError: The message has a part of a kind that the dialect has no place for.
        """
        return [cls.encode_part(part, message.role) for part in content_parts(message, cls.part_kinds)]

    @classmethod
    def finish(cls, reason: str) -> Finish:
        """The end of an answer, with the common word for the service's reason."""
        return Finish(cls.finish_reasons.get(reason, reason))

    @classmethod
    def post(
        cls, call: Call, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> HttpRequest:
        """A POST of a JSON body, with the dialect's headers (``cls.headers`` unless given) and then those of
        the caller."""
        to = call.connection
        own: dict[str, str | Secret] = {"Content-Type": "application/json"}
        own |= cls.all_headers(to) if headers is None else {**headers, **to.headers}
        encoded = _encoded(call.ask.body(body))
        if cls.largest_request is not None and len(encoded) > cls.largest_request:
            cls._refuse_size(len(encoded), to)
        return HttpRequest(
            "POST",
            addresses.joined(to.base_url, path),
            own,
            encoded,
            to.timeouts,
            to.proxy,
            to.ssl,
        )

    @classmethod
    def _refuse_size(cls, size: int, to: Connection) -> None:
        """Refuses a request that is larger than the service takes; elsewhere there may be other bounds.

        Raises:
            InvalidMessagesError: It goes to the service's own address.
        """
        most = cls.largest_request or 0
        if addresses.same_host(to.base_url, cls.url):
            raise errors.InvalidMessagesError(
                f"the request would have {size / 1024**2:.1f} MB, and {cls.name} takes {most / 1024**2:.0f} MB",
                hint="Leave files out, or start over with -n (in Python fresh=True): earlier turns bring theirs along.",
            )

    @classmethod
    def check(cls, model: str, messages: Messages, options: Mapping[str, Any]) -> Call:
        """The call, checked, with what the environment adds.

        Raises:
            ConfigurationError: The messages, an option's value or the key must be put right first.
        """
        call = Call(
            Ask.checked(model or cls.default_model, messages, options, cls.option_checks),
            cls.connection(options),
        )
        return structured.shaped(cls, call)

    @classmethod
    def prepared(cls, model: str, messages: Messages, options: Mapping[str, Any]) -> HttpRequest:
        """The first request of a call, byte for byte."""
        call = cls.check(model, messages, wrap_secrets(options))
        return cls.speaking(call).build_request(call)

    @classmethod
    async def count_tokens(cls, model: str, messages: Messages, options: Mapping[str, Any]) -> int | None:
        """The service's own count of a prompt's tokens, for which it is sent the prompt."""
        call = cls.check(model, messages, wrap_secrets(options))
        request = cls.speaking(call).count_request(call)
        if request is None:
            return None
        async with pacing.passing(cls.name, call.connection, token_count.SECONDS):
            return await token_count.count(request, call.connection.transport, cls.name)

    @classmethod
    @hides_secrets
    async def list_models(cls, **options: Unpack[RequestOptions]) -> list[str]:
        """The names of the models that the service has, in its order; ``cls.models`` where it has no list.

        Args:
            **options: How to reach it: ``base_url, api_key, timeout, proxy, headers, ssl, transport``, as in a call.

        Raises:
            ChatError: The service or the way to it failed, or the key is missing.
        """
        if not cls.models_path:
            return list(cls.models)
        to = None
        try:
            to = cls.connection({"timeout": model_pages.SECONDS, **options})
            return list(await model_pages.list_models(cls, to))
        except errors.ChatError as error:
            error.provider = error.provider or cls.name
            if to is not None:
                to.explain(error)
            raise bare(error) from None
        except Exception as error:
            failure = faults.chat_error(error, provider=cls.name, secrets=secrets_in(options))
        raise failure

    @classmethod
    @hides_secrets
    async def look_up(cls, models: Iterable[str], **options: Unpack[RequestOptions]) -> None:
        """Asks the service about single models, where its list does not say what they can; what it says is remembered.
        What cannot be had stays unknown.

        Args:
            models: The models' names.
            **options: As for ``list_models``.
        """
        with contextlib.suppress(Exception):
            to = cls.connection({"timeout": model_pages.SECONDS, **options})
            asked = ((model, request) for model in models if (request := cls.facts_request(to, model)))
            await asyncio.gather(*(model_pages.look_up(cls, to, *one) for one in asked))

    @classmethod
    async def stream(cls, model: str, messages: Messages, **options: Any) -> AsyncGenerator[Batch]:
        """The events of the answer, those that arrived together in one batch."""
        call = cls.check(model, messages, options)
        dialect = cls.speaking(call)
        request = dialect.build_request(call)
        reader = dialect.reader(request, call)
        timeouts = call.connection.timeouts
        attempts = Attempts(call.connection.retries)
        line = pacing.Line(cls.name, call.connection, call.model)
        began = time.monotonic()
        started = False
        while True:
            again: Again | None
            remarks: tuple[Remark, ...] = ()
            passage = line.passage(request, call)
            try:
                if not passage.enter():
                    left = timeouts.after(time.monotonic() - began).total
                    async with aclosing(passage.waiting(left)) as waiting:
                        async for notice in waiting:
                            yield (notice,)
                request = replace(request, timeouts=timeouts.after(time.monotonic() - began))
                answer = answer_batches(
                    request,
                    call.connection.transport,
                    reader,
                    provider=cls.name,
                    patience=dialect.patience,
                    heard=partial(pacing.heed, passage),
                )
                async with aclosing(line.counted(answer, passage)) as batches:
                    async for batch in batches:
                        started = started or any(map(is_piece, batch))
                        yield batch
                following = dialect.continued(call, reader)
                if following is None:
                    return
                request, reader = following
                again = attempts.again(GOES_ON, errors.ProviderError("the service has paused"))
                if again is None:
                    return
            except errors.ChatError as error:
                pacing.failed(passage, error, started=started)
                error.provider = error.provider or cls.name
                call.connection.explain(error)
                if started:
                    raise
                call, request, again, remarks = dialect._next_request(call, request, error, attempts)
                reader = dialect.reader(request, call)
                if again is not None and timeouts.total is not None:
                    left = timeouts.total - (time.monotonic() - began)
                    again = again if again.delay < left else None
                if again is None:
                    if (
                        isinstance(error, errors.ModelNotFoundError)
                        and error.hint == error.default_hint
                        and cls.models_path
                    ):
                        to = replace(call.connection, timeouts=request.timeouts)
                        await model_pages.suggest(cls, to, call.model, error)
                    raise
            except Exception as error:  # here its secrets are known, which its words may hold
                raise faults.chat_error(error, provider=cls.name, secrets=request.secrets) from None
            finally:
                passage.leave()
            yield (AnotherRequest(again.notice.text, again.notice.fraction), *remarks)
            await asyncio.sleep(again.delay)

    @classmethod
    def continued(cls, call: Call, reader: Reader) -> tuple[HttpRequest, Reader] | None:
        """As ``following``, with the reader of what follows."""
        if not isinstance(reader, FrameReader):
            return None
        following = cls.following(call, reader.parser)
        return following and (following[0], cls.frame_reader(cls, *following))

    @classmethod
    def _next_request(
        cls, call: Call, request: HttpRequest, error: errors.ChatError, attempts: Attempts
    ) -> tuple[Call, HttpRequest, Again | None, tuple[Remark, ...]]:
        """What to send after a failure, why, and what the reader is told of it under the answer; with ``None`` where
        nothing more is to be sent."""
        remarks: tuple[Remark, ...] = ()
        if isinstance(error, errors.StaleConnectionError):
            request = replace(request, reuse=False)
            reason = STALE_CONNECTION
        elif (looser := structured.looser(cls, call, error)) is not None:
            call, request, reason = looser, cls.build_request(looser), SIMPLER_REQUEST
        elif (adapted := cls.adapted(call, error)) is not None and adapted.call.changed != call.changed:
            call, request, reason = adapted.call, cls.build_request(adapted.call), SIMPLER_REQUEST
            remarks = (Remark(adapted.told, adapted.option),) if adapted.told else ()
        elif (simpler := cls.simplified(call, error)) is not None and simpler.body != request.body:
            request, reason = simpler, SIMPLER_REQUEST
        else:
            reason = PASSING_FAILURE
        return call, request, attempts.again(reason, error), remarks


def _encoded(body: Mapping[str, Any]) -> bytes:
    """A request's body as JSON. What the dialects and the options' checks make of it can be encoded; what stands in
    ``extra_body`` or beside a message's content may be anything.

    Raises:
        InvalidOptionError: It cannot be written as JSON.
    """
    try:
        return msgspec.json.encode(body)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise errors.InvalidOptionError(
            f"the request cannot be written as JSON: {faults.words(error)}",
            hint="Give texts, numbers, lists and dicts in extra_body and in messages.",
        ) from None
