"""Looks at the way to a model step by step, and names the step that fails: what ``%chat doctor`` shows.

Nothing it tells has a key in it, so it can go into a bug report as it is.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from .. import environment, errors, faults
from ..events import Finish, TextDelta
from ..request import HttpRequest
from ..secrets import redact, redact_address, secrets_in, wrap_secrets
from ..text import single_line
from ..transport.proxies import proxy_for
from .http import HTTPProvider
from .registry import Provider

Verdict = Literal["good", "bad", "unknown"]

QUESTION = "Answer with the one word OK."
SECONDS = 60.0
"""How long each request may take, in seconds."""

_TOOL = {"type": "object", "properties": {}}
_TOOLS: Mapping[str, Any] = {
    "OpenAI's chat completions": [{"type": "function", "function": {"name": "ping", "parameters": _TOOL}}],
    "OpenAI's responses": [{"type": "function", "name": "ping", "parameters": _TOOL, "strict": False}],
    "Anthropic's messages": [{"name": "ping", "input_schema": _TOOL}],
    "Gemini's API": [{"functionDeclarations": [{"name": "ping"}]}],
    "Ollama's API": [{"type": "function", "function": {"name": "ping", "parameters": _TOOL}}],
}
_SCHEMA = {
    "type": "object",
    "properties": {"ok": {"type": "boolean"}},
    "required": ["ok"],
    "additionalProperties": False,
}
_JSON: Mapping[str, Mapping[str, Any]] = {
    "OpenAI's chat completions": {
        "response_format": {"type": "json_schema", "json_schema": {"name": "ok", "schema": _SCHEMA}}
    },
    "OpenAI's responses": {"text": {"format": {"type": "json_schema", "name": "ok", "schema": _SCHEMA}}},
    "Anthropic's messages": {"output_config": {"format": {"type": "json_schema", "schema": _SCHEMA}}},
    "Gemini's API": {
        "generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": _SCHEMA}
    },
    "Ollama's API": {"format": _SCHEMA},
}

# The step that a failure belongs to, the first that fits; steps before it have been passed.
_STEPS: tuple[tuple[type[errors.ChatError], str], ...] = (
    (errors.NameResolutionError, "name"),
    (errors.ProxyError, "proxy"),
    (errors.TLSError, "TLS"),
    (errors.ConnectError, "connection"),
    (errors.AuthenticationError, "key"),
    (errors.PermissionDeniedError, "key"),
    (errors.QuotaError, "account"),
    (errors.ModelNotFoundError, "model"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found at one step.

    Attributes:
        step: The step, in a word.
        verdict: Whether it is in order; ``unknown`` where it could not be told.
        told: What was found, in one line; with what to do where it is not in order.
    """

    step: str
    verdict: Verdict
    told: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "told", single_line(redact(self.told)))


async def examine(
    provider: Provider, model: str = "", options: Mapping[str, Any] | None = None
) -> AsyncIterator[Finding]:
    """Goes the way to a model, and tells what it finds at each step as it goes.

    Args:
        provider: The provider.
        model: The model's own name; the provider's default unless it is given.
        options: The options of the way to the service, as in a call.

    Yields:
        The findings, in order. After one that keeps all the rest from working, there are none.
    """
    options = wrap_secrets(dict(options or {}))
    given = {"timeout": SECONDS, "retries": 0, **options}
    try:
        if isinstance(provider, type) and issubclass(provider, HTTPProvider):
            async for finding in _over_http(provider, model or provider.default_model, given):
                yield finding
        else:
            async for finding in _question(provider, model, options):
                yield finding
    except Exception as error:
        yield _bad("fault", faults.chat_error(error, secrets=secrets_in(options)))


async def _over_http(
    provider: type[HTTPProvider], model: str, options: Mapping[str, Any]
) -> AsyncIterator[Finding]:
    try:
        to = provider.connection(options)
        proxy = proxy_for(HttpRequest("GET", to.base_url, proxy=to.proxy))
    except errors.ChatError as error:
        yield _bad(_configured_step(error), error)
        return
    for finding in _settings(provider, to.base_url, proxy, bool(to.api_key), options):
        yield finding
        if finding.verdict == "bad":
            return
    listed = False
    async for finding in _list(provider, model, options):
        yield finding
        listed = listed or finding.step == "models"
        if finding.verdict == "bad":
            return
    answered = False
    async for finding in _question(provider, model, options):
        yield finding
        answered = finding.verdict == "good"
    if answered:
        async for finding in _abilities(provider, model, options):
            yield finding


def _settings(
    provider: type[HTTPProvider], url: str, proxy: str | None, has_key: bool, options: Mapping[str, Any]
) -> Iterator[Finding]:
    """What is set, before anything is sent."""
    moved = None if options.get("base_url") else provider.moved_to()
    source = f" (from {_source(moved)})" if moved else ""
    parts = urlsplit(url)
    place = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    yield Finding("address", "good", place + source)
    yield Finding("proxy", "good", f"through {redact_address(proxy).replace('…@', '')}" if proxy else "none")
    of_file = moved is not None and moved.from_file
    found = (environment.find_in_file if of_file else environment.find)(*provider.key_variables)
    if has_key:
        where = "given" if options.get("api_key") else _source(found) if found else "the system's keyring"
        yield Finding("key", "good", f"there, from {where}" if where != "given" else "given")
    elif provider.needs_auth:  # at another address than the service's own, which may need none
        names = " or ".join(provider.key_variables)
        yield Finding("key", "unknown", f"none: neither {names} nor the system's keyring has one")
    else:
        yield Finding("key", "good", "none, and none is needed")


async def _list(
    provider: type[HTTPProvider], model: str, options: Mapping[str, Any]
) -> AsyncIterator[Finding]:
    """The first request: it shows whether the service can be reached, and which models it has."""
    if not provider.models_path:
        return
    secure = urlsplit(provider.connection(options).base_url).scheme == "https"
    try:
        names = await provider.list_models(**{name: options[name] for name in options if name != "retries"})
    except errors.TransportError as error:
        yield _bad(_step(error, "connection"), error)
        return
    except (errors.AuthenticationError, errors.PermissionDeniedError) as error:
        yield _reached(secure)
        yield _bad("key", error)
        return
    except errors.ChatError as error:
        yield _reached(secure)
        yield Finding("models", "unknown", f"not listed: {_line(error)}")
        return
    yield _reached(secure)
    known = f"{len(names)} listed"
    if model and model not in names and f"{model}:latest" not in names and names:
        yield Finding("models", "unknown", f"{known}, and {model} is not among them")
    else:
        yield Finding("models", "good", known + (f", {model} among them" if model in names else ""))


async def _question(provider: Provider, model: str, options: Mapping[str, Any]) -> AsyncIterator[Finding]:
    """A question of one word."""
    started = time.perf_counter()
    first: float | None = None
    pieces: list[str] = []
    finish: Finish | None = None
    result = provider.create_async_generator(model, QUESTION, **options)
    try:
        async for event in result.events():
            if isinstance(event, TextDelta) and event.text:
                first = first or time.perf_counter() - started
                pieces.append(event.text)
            finish = event if isinstance(event, Finish) else finish
    except errors.ChatError as error:
        yield _bad(_step(error, "answer"), error)
        return
    seconds = time.perf_counter() - started
    if first is None:
        reason = f" ({finish.reason})" if finish is not None and finish.reason else ""
        yield Finding("answer", "bad", f"{model} gave no text{reason}. Try another model.")
        return
    said = " ".join("".join(pieces).split())[:40]
    yield Finding(
        "answer", "good", f"{model} said {said!r} in {seconds:.1f} s, the first piece after {first:.1f} s"
    )


async def _abilities(
    provider: type[HTTPProvider], model: str, options: Mapping[str, Any]
) -> AsyncIterator[Finding]:
    speaks = provider.speaking(provider.check(model, QUESTION, options)).speaks
    tools, form = _TOOLS.get(speaks), _JSON.get(speaks)
    for step, fields in (("tools", {"tools": tools}), ("JSON", form)):
        if tools is None or fields is None:
            continue
        own = step == "tools" and "tools" in provider.options
        more: Any = {"tools": [{"name": "ping"}]} if own else {"extra_body": fields}
        asked = provider.create_async_generator(
            model, f'{QUESTION} If it must be JSON: {{"ok": true}}', **more, **options
        )
        try:
            async with asked, aclosing(asked.events()) as events:
                async for _ in events:
                    break
        except errors.BadRequestError as error:
            yield Finding(step, "unknown", f"not supported: {_line(error)}")
        except errors.ChatError as error:
            yield Finding(step, "unknown", f"not told: {_line(error)}")
        else:
            yield Finding(step, "good", "taken")


def _reached(secure: bool) -> Finding:
    return Finding(
        "connection", "good", "the server answers" + (", its certificate is trusted" if secure else "")
    )


def _configured_step(error: errors.ChatError) -> str:
    words = str(error)
    if isinstance(error, errors.MissingKeyError) or "no key has" in words:
        return "key"
    return "proxy" if "proxy" in words else "address"


def _step(error: errors.ChatError, otherwise: str) -> str:
    return next((step for kind, step in _STEPS if isinstance(error, kind)), otherwise)


def _bad(step: str, error: errors.ChatError) -> Finding:
    return Finding(step, "bad", _line(error))


def _line(error: errors.ChatError) -> str:
    provider, error.provider = error.provider, None
    try:
        return " ".join(str(error).split())
    finally:
        error.provider = provider


def _source(found: environment.Found) -> str:
    return f"{found.name} in {environment.FILE}" if found.from_file else found.name
