"""The embedded model: a GGUF file that runs on this machine, without a key and, once it is there, without a
network."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any, ClassVar

import msgspec

from ...decoders import Frame, decode_json
from ...errors import (
    ChatError,
    ContextLengthError,
    EngineError,
    InvalidOptionError,
    ProviderError,
    RequestTimeoutError,
    TransportError,
)
from ...events import Event, Notice
from ...messages import Messages
from ...request import HttpRequest
from ...schemas import LLAMA
from ...secrets import Secret
from ..base import AsyncGeneratorProvider
from ..call import Ask
from ..chat_parser import ChatParser
from ..exchange import Batch
from ..http import HTTPProvider
from ..openai import OpenAI
from ..options import GENERATION, Check, check_proxy, check_timeouts, check_transport
from . import engine as engines
from . import weights
from .background_job import BackgroundJob, ProgressReporter
from .engine import Engine, Model
from .json_answers import JSONAnswer
from .offered_calls import Offered, offered

MAX_TOKENS = 512
"""The longest answer where the caller says nothing, in tokens: a small model may never come to an end."""

CONTEXT = 8192
"""The context where the caller says nothing, in tokens. What large models were trained with would take many
gigabytes of memory."""

LONG_PROMPT = 256
"""From how many tokens on, beyond what it remembers, the model tells how much of a prompt it has read."""

DEMONSTRATION = "SmolLM2-135M is a tiny demonstration model: its answers are poor"


class _ReadSoFar(msgspec.Struct, frozen=True):
    total: int = 0
    processed: int = 0
    cache: int = 0


class _Reading(msgspec.Struct, frozen=True):
    prompt_progress: _ReadSoFar | None = None


_READING = msgspec.json.Decoder(_Reading)


class _EngineParser(ChatParser):
    """Reads also how much of the prompt has been read."""

    def parse(self, frame: Frame) -> Iterable[Event]:
        """The events of one chunk."""
        if b'"prompt_progress"' in frame.data:
            so_far = decode_json(_READING, frame.data).prompt_progress
            if so_far is not None:
                new = so_far.total - so_far.cache
                done = so_far.processed - so_far.cache
                return (Notice("Reading the prompt", done / new),) if new >= LONG_PROMPT else ()
        return super().parse(frame)


class _EngineDialect(OpenAI):
    """What xllamacpp's server speaks: OpenAI's dialect, and how much of the prompt has been read."""

    name = "local"
    needs_auth = False
    takes_files = frozenset()
    part_kinds = HTTPProvider.part_kinds
    chat_parser = _EngineParser
    schema_subset = LLAMA


def _context(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 256 <= value <= 10_000_000:
        raise InvalidOptionError(f"{name} must be a whole number of tokens, 256 or more, not {value!r}")
    return value


class Local(AsyncGeneratorProvider):
    """The embedded model, run by xllamacpp on this machine's processor.

    The default, ``smollm2-135m``, is a **tiny demonstration model**: it needs no key, no account and no
    network but the package index, and its answers are poor. Better ones: any GGUF file
    (``local:/path/model.gguf``), or one of the Hugging Face hub (``local:hf:OWNER/REPO:FILE.gguf``, with
    the extra ``notebook_chat[hub]``).

    A model is loaded at its first use and stays loaded until another one is used. It runs in a process of
    its own, which ends with this one. Several answers at the same time share it.

    Tools are told in words, and a schema holds the model to a call or an answer, whether or not it has learned to call
    tools. The default model is too small to decide when to look: where a prompt names something that a tool is for, it
    must, and once it has found something, it answers.

    Options besides the common ones: ``n_ctx``, the size of the context in tokens; ``extra_body``, further
    fields that llama.cpp's server knows, such as ``top_k``. ``proxy`` is for downloads. ``timeout`` bounds
    the answer, not the download or the loading before it.
    """

    url = ""
    working = True
    needs_auth = False
    takes_images = False
    default_model = weights.DEFAULT
    models = (weights.DEFAULT,)
    takes_transport = True
    options: ClassVar[frozenset[str]] = frozenset({*GENERATION, "n_ctx", "schema", "tools", "tool_choice"})
    schema_subset = LLAMA
    option_checks: ClassVar[Mapping[str, Check]] = {**GENERATION, "n_ctx": _context}

    @classmethod
    def available(cls) -> bool:
        """Whether the engine is installed."""
        return importlib.util.find_spec(engines.PACKAGE) is not None

    @classmethod
    def accepts(cls, model: str) -> bool:
        """Whether the name is that of a GGUF file."""
        return model.lower().endswith(".gguf")

    @classmethod
    def context_limit(cls, model: str, options: Mapping[str, Any]) -> int:
        """The context that the engine is started with, in tokens."""
        return int(options.get("n_ctx") or CONTEXT)

    @classmethod
    async def list_models(cls, **options: Any) -> list[str]:
        """The names of the models that can be used here: the default, and those already downloaded."""
        return await asyncio.to_thread(weights.names)

    @classmethod
    def prepared(cls, model: str, messages: Messages, options: Mapping[str, Any]) -> HttpRequest:
        """The request that the engine is given, on this machine."""
        ask = Ask.checked(model or cls.default_model, messages, options, cls.option_checks)
        to = {"base_url": "http://127.0.0.1/v1", "api_key": "", "proxy": Secret("")}
        ask = _offered(ask).ask
        asked = _EngineDialect.check(ask.model, ask.messages, {**_engine_options(ask), **to})
        return _EngineDialect.build_request(asked)

    @classmethod
    async def stream(cls, model: str, messages: Messages, **options: Any) -> AsyncGenerator[Batch]:
        """The events of the answer: first what goes on until the model is ready, then the answer's own.

        Raises:
            ConfigurationError: A message, an option, the model's name or its file must be put right first, or
                xllamacpp is not installed.
            DownloadError: The weights could not be had.
            EngineError: The model cannot be loaded, or failed to answer.
            ContextLengthError: The conversation is too long.
        """
        name = model or cls.default_model
        try:
            ask = Ask.checked(name, messages, options, cls.option_checks)
            to: dict[str, Any] = {
                option: options[option] for option in ("timeout", "transport") if option in options
            }
            check_timeouts(to.get("timeout"))
            check_transport(to.get("transport"))
            proxy = check_proxy(options.get("proxy"))
            engines.require()
            finding = BackgroundJob(partial(_find, name, ask.options.get("n_ctx", CONTEXT), proxy))
            async with aclosing(finding.statuses()) as statuses:
                async for status in statuses:
                    yield (status,)
            with engines.engines.use(finding.result) as engine:
                async with aclosing(_loading(engine, name)) as statuses:
                    async for status in statuses:
                        yield (status,)
                async with aclosing(_answer(engine, ask, to)) as batches:
                    async for batch in batches:
                        yield batch
        except ChatError as error:
            error.provider = error.provider or cls.name
            raise


def _find(name: str, context: int, proxy: Secret | None, progress: ProgressReporter) -> Model:
    path, identity = weights.checked(name, progress, proxy)
    called = weights.DEFAULT if name.lower() == weights.DEFAULT else path.name
    return Model(path, called, context, identity)


async def _loading(engine: Engine, name: str) -> AsyncGenerator[Notice]:
    """Has the engine load its model, unless it has."""
    if engine.running:
        return
    if name.lower() == weights.DEFAULT:
        yield Notice(DEMONSTRATION)
    yield Notice(f"Loading {engine.model.name}")
    async with aclosing(BackgroundJob(engine.start).statuses()) as statuses:
        async for status in statuses:
            yield status


def _offered(ask: Ask) -> Offered:
    """What the engine is asked, which takes tools only of some models, and says nothing where it does not."""
    return offered(ask, tiny=ask.model.lower() == weights.DEFAULT)


def _engine_options(ask: Ask) -> dict[str, Any]:
    """The options as the engine gets them."""
    # Each piece of news about the prompt is also a chance to notice that nobody listens any more.
    extra_body = {"return_progress": True, **ask.options.get("extra_body", {})}
    return {"max_tokens": MAX_TOKENS, **ask.options, "extra_body": extra_body}


async def _answer(engine: Engine, ask: Ask, to: dict[str, Any]) -> AsyncGenerator[Batch]:
    """The engine's answer, its failures in the words of an embedded model."""
    what = _offered(ask)
    ask, answer = what.ask, JSONAnswer(data=what.data) if what.as_json else None
    stream = _EngineDialect.stream(
        ask.model,
        ask.messages,
        **_engine_options(ask),
        **to,
        base_url=f"{engine.address}/v1",
        api_key=engine.key,
        proxy=Secret(""),  # not the proxy that the environment may name
        # Its server closes the connection after a streamed answer without saying so before; a next request
        # would be lost that is sent a moment too early.
        headers={"Connection": "close"},
        retries=0,
    )
    try:
        async with aclosing(stream) as batches:
            async for batch in batches:
                if answer is None:
                    yield batch
                elif events := answer.events(batch):
                    yield events
        if answer is not None and (events := answer.rest()):
            yield events
    except (ContextLengthError, RequestTimeoutError):
        raise
    except TransportError:
        how = await asyncio.to_thread(engine.end_of_process)
        raise EngineError(
            f"the engine broke off: {how or 'the connection to it was lost'}",
            hint="Run it again: the engine is started anew.",
        ) from None
    except ProviderError as error:
        raise EngineError(f"the engine does not answer this: {error.message}") from None
