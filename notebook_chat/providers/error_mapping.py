"""A service's failure, in whatever shape it comes, to the error tree.

The shapes: OpenAI's and Anthropic's ``{"error": {"message", "type", "code"}}``, Gemini's ``{"error":
{"code", "message", "status"}}`` (sometimes in a list), Ollama's ``{"error": "text"}``, FastAPI's
``{"detail": …}``, ``{"errors": […]}``, AWS's ``{"Message": …}``, a provider's own words within OpenRouter's, plain
text, and a web page.
"""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import urlsplit

import msgspec

from .. import errors
from ..decoders import decode_any
from ..request import HttpRequest
from ..secrets import excerpt, redact
from ..transport import Response
from . import addresses
from .foreign import speaker
from .retry_delay import asked_delay, duration, retry_after

LONGEST_WORDS = 2000
"""How much of a service's own words an error keeps, and is told apart by, in characters."""

_LARGEST = 1_000_000
"""The largest error that is read as JSON, in bytes: what comes of it takes many times as much memory."""

_LONGEST_CODE = 100
_LONGEST_WROTE = 500
_DEEPEST = 3  # errors within errors

_BY_STATUS: dict[int, type[errors.ProviderError]] = {
    401: errors.AuthenticationError,
    402: errors.QuotaError,
    403: errors.PermissionDeniedError,
    404: errors.ModelNotFoundError,
    413: errors.ContextLengthError,
    429: errors.RateLimitError,
    503: errors.OverloadedError,
    529: errors.OverloadedError,
}

# The services' own words for a kind of failure, in `code`, `type` or `status`; they say more than the HTTP
# status, which is 400 for half of them and missing inside a stream.
_BY_CODE: dict[str, type[errors.ProviderError]] = {
    "invalid_api_key": errors.AuthenticationError,
    "authentication_error": errors.AuthenticationError,
    "unauthenticated": errors.AuthenticationError,
    "permission_error": errors.PermissionDeniedError,
    "permission_denied": errors.PermissionDeniedError,
    "model_not_found": errors.ModelNotFoundError,
    "not_found_error": errors.ModelNotFoundError,
    "not_found": errors.ModelNotFoundError,
    "insufficient_quota": errors.QuotaError,
    "billing_error": errors.QuotaError,
    "rate_limit_exceeded": errors.RateLimitError,
    "rate_limit_error": errors.RateLimitError,
    "resource_exhausted": errors.RateLimitError,
    "context_length_exceeded": errors.ContextLengthError,
    "exceed_context_size_error": errors.ContextLengthError,
    "request_too_large": errors.ContextLengthError,
    "content_filter": errors.ContentRefusedError,
    "content_policy_violation": errors.ContentRefusedError,
    "invalid_prompt": errors.ContentRefusedError,
    "bio_policy": errors.ContentRefusedError,
    "misalignment_policy_violation": errors.ContentRefusedError,
    "image_content_policy_violation": errors.ContentRefusedError,
    "prohibited_content": errors.ContentRefusedError,
    "overloaded_error": errors.OverloadedError,
    "unavailable": errors.OverloadedError,
    "server_error": errors.ServerError,
    "api_error": errors.ServerError,
    "timeout_error": errors.ServerError,
    "deadline_exceeded": errors.ServerError,
    "internal": errors.ServerError,
    "invalid_request_error": errors.BadRequestError,
    "invalid_argument": errors.BadRequestError,
}
# Words that say less than these statuses do: 'invalid_request_error' comes with any of them.
_HTTP_FAILURE = re.compile(r"[45]\d\d", re.ASCII)
_PLAIN = frozenset({401, 402, 403, 404, 413, 429})
_VAGUE = (errors.ProviderError, errors.BadRequestError, errors.ServerError)

# Some services say the kind in their message alone.
_UNKNOWN_MODEL = re.compile(
    r"\b(invalid|unknown|unrecognized|no such|not a valid|unsupported) model\b"
    r"|\bmodel\b.{0,120}\b(not found|not exist|not a valid|unknown|no longer available|been (retired|deprecated))",
    re.IGNORECASE | re.DOTALL,
)
_SPENT = re.compile(
    r"credit balance|(exceeded|out of) your current quota|spend(ing)? limit|insufficient (balance|credits?|funds|quota)"
    r"|out of credits?",
    re.IGNORECASE,
)
_BY_WORDS: tuple[tuple[re.Pattern[str], type[errors.ProviderError]], ...] = (
    (
        re.compile(
            r"context (length|size|window)|maximum context|too many tokens|too long|token count .{0,200}exceeds",
            re.IGNORECASE,
        ),
        errors.ContextLengthError,
    ),
    (
        re.compile(r"api[ _-]?key (not valid|invalid)|(invalid|incorrect) api[ _-]?key", re.IGNORECASE),
        errors.AuthenticationError,
    ),
    (
        re.compile(r"content (filtering|management) policy", re.IGNORECASE),
        errors.ContentRefusedError,
    ),
    (re.compile(r"\boverloaded\b", re.IGNORECASE), errors.OverloadedError),
    (_SPENT, errors.QuotaError),
    (re.compile(r"\bbilling\b", re.IGNORECASE), errors.QuotaError),
    (_UNKNOWN_MODEL, errors.ModelNotFoundError),
)
_LINKS = re.compile(r"https?://\S+")


async def from_response(response: Response, request: HttpRequest, provider: str) -> errors.ChatError:
    """The error for a response whose status is not 200; it reads the service's words from its body."""
    status = response.status
    if 300 <= status < 400:
        target = _target(str(response.headers.get("Location") or ""), request)
        return errors.ResponseFormatError(
            f"{request.host} redirects to {target} instead of answering", provider=provider, status=status
        )
    if status == 407:
        return errors.ProxyError("the proxy asks for a user and a password", provider=provider, status=status)
    try:
        body = await response.read()
    except Exception:  # the status says enough; the words of a response that breaks off are lost
        body = b""
    wait = retry_after(response.headers)
    if looks_like_page(body):
        error = _page(body, request, provider, status, wait)
    else:
        error = from_payload(body, provider=provider, status=status, wait=wait, request=request)
    if status in _NO_SUCH_PAGE and "model" not in error.message.partition("web page")[0].lower():
        error.hint = _wrong_address(request)
    return error


def from_payload(
    payload: bytes | Any,
    *,
    provider: str,
    status: int | None = None,
    wait: float | None = None,
    request: HttpRequest | None = None,
) -> errors.ProviderError:
    """The error for the body of a failed response, or for an error object inside a stream."""
    if isinstance(payload, bytes):
        payload = _parsed(payload)
    message, codes = _words(payload)
    # From here on there is no more of it than a pattern may be let loose on.
    message = excerpt(message, LONGEST_WORDS, *(request.secrets if request else ()))
    kind = _kind(status, codes, message)
    told = _error_object(payload)
    if isinstance(told, dict) and told.get("failed_generation"):  # Groq's: the call that it has refused
        wrote = excerpt(_written(told["failed_generation"]), _LONGEST_WROTE)
        message = f"{message.rstrip('. ')}. The model wrote: {wrote}"
    delay = asked_delay(told)
    if delay is not None and kind is errors.QuotaError:
        kind = errors.RateLimitError  # Gemini speaks of the quota for its limits per minute too
    if wait is None:
        wait = delay
    return kind(
        message or "the service gave no reason",
        provider=provider,
        status=status,
        retry_after=wait,
        hint=_to_wait(wait),
    )


def _target(location: str, request: HttpRequest) -> str:
    """Where a redirect leads, without what it may repeat of the request."""
    try:
        target = urlsplit(location[:_LONGEST_PLACE]).netloc
    except ValueError:
        target = ""
    return excerpt(target.rpartition("@")[2], _LONGEST_TITLE, *request.secrets) or "another page"


def _to_wait(seconds: float | None) -> str | None:
    return None if seconds is None else f"It asks to wait {duration(seconds)}."


def _wrong_address(request: HttpRequest) -> str:
    """What to try where nothing answers at an address."""
    parts = urlsplit(request.url)
    asked = f"{parts.scheme}://{request.host}{parts.path}"
    advice = "check the base URL"
    if not addresses.has_version(request.url):
        advice = "most base URLs end in /v1, and this one does not"
    return f"Asked at {redact(asked, *request.secrets)}: {advice}."


def not_an_answer(head: bytes, request: HttpRequest, provider: str) -> errors.ProviderError:
    """The error for a response with status 200 that begins with ``head`` and is no answer of the dialect."""
    if looks_like_page(head):
        return _page(head, request, provider, 200)
    if head.lstrip()[:1] in (b"{", b"[") and b'"error"' in head:
        return from_payload(head, provider=provider, request=request)
    return unrecognized(head, request, provider, "")


def unrecognized(head: bytes, request: HttpRequest, provider: str, speaks: str) -> errors.ProviderError:
    """The error for a stream, or a response, in which nothing is of the provider's dialect.

    Args:
        head: Its first frame, or its beginning.
        request: What it answers.
        provider: The provider's name.
        speaks: What the provider's dialect is called.
    """
    began = excerpt(head, 200, *request.secrets)
    other = speaker(head)
    hint = None
    if other is not None and other != speaks:
        hint = f"This server speaks {other}: choose a provider of that dialect, or another address."
    return errors.ResponseFormatError(f"{request.host} answered {began!r}", provider=provider, hint=hint)


def looks_like_page(head: bytes) -> bool:
    """Whether a body begins as a web page does."""
    return head.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html", b"<head"))


def _page(
    head: bytes, request: HttpRequest, provider: str, status: int, wait: float | None = None
) -> errors.ProviderError:
    """The error for a web page. One with an error's status is that error: a proxy's page for a service that does not
    answer passes as any 502 does."""
    words = f"{request.host} answered with a web page instead of a model's answer"
    if title := _TITLE.search(head):
        told = html.unescape(" ".join(title[1].decode("utf-8", "replace").split()))
        words += f": {excerpt(told, _LONGEST_TITLE, *request.secrets)}" if told else ""
    kind = errors.ResponseFormatError if status < 400 else _of_status(status)
    return kind(words, provider=provider, status=status, retry_after=wait, hint=_to_wait(wait))


_TITLE = re.compile(rb"<title[^>]{0,200}>(.{0,1000}?)</title", re.IGNORECASE | re.DOTALL)
_LONGEST_TITLE = 100
_LONGEST_PLACE = 2000
_NO_SUCH_PAGE = (404, 405, 410)
"""The statuses with which a web server says that nothing answers at an address: it is the wrong one."""


def _words(payload: Any, depth: int = _DEEPEST) -> tuple[str, tuple[str, ...]]:
    """The message of an error object, and the words by which it names its kind."""
    error = _error_object(payload)
    if not isinstance(error, dict):
        return _written(error) if error else "", ()
    codes = tuple(
        _written(error[name])[:_LONGEST_CODE].lower()
        for name in ("code", "type", "status")
        if error.get(name) is not None
    )
    message = _message(error) or (_written(error) if error else "")
    metadata = error.get("metadata")
    if depth and isinstance(metadata, dict) and metadata.get("raw"):
        # A gateway's own words say that a provider failed, and the provider's say why.
        raw, inner = _words(_parsed(metadata["raw"]), depth - 1)
        by = metadata.get("provider_name")
        message = f"{f'{by}: ' if isinstance(by, str) else ''}{raw or message}"
        codes += inner
    return message, codes


def _written(value: Any) -> str:
    """A value of any type in an error object, as a text."""
    if isinstance(value, str):
        return value
    try:
        return msgspec.json.encode(value).decode() if isinstance(value, (dict, list)) else str(value)
    except (ValueError, TypeError, OverflowError, RecursionError):  # such as a number of thousands of digits
        return ""


def _message(error: Any, depth: int = 4) -> str:
    """The sentence in an error object, wherever a service has put it."""
    if isinstance(error, str):
        return error
    if depth and isinstance(error, dict):
        for name in (
            "message",
            "Message",
            "detail",
            "msg",
            "error",
            "errors",
            "title",
            "reason",
            "error_description",
        ):
            if error.get(name) and (message := _message(error[name], depth - 1)):
                where = error.get("loc") if name == "msg" else None
                place = (
                    ".".join(map(_written, where[1:] or where)) if isinstance(where, list) and where else ""
                )
                return f"{place}: {message}" if place else message
    if depth and isinstance(error, list):
        return "; ".join(filter(None, (_message(one, depth - 1) for one in error[:5])))
    return ""


def _parsed(raw: Any) -> Any:
    """What a text holds that may be JSON."""
    if isinstance(raw, (str, bytes)) and len(raw) > _LARGEST:
        raw = raw[:_LARGEST]  # which is no JSON any more
    try:
        return decode_any(raw) if isinstance(raw, (str, bytes)) else raw
    except ValueError:
        return raw.decode("utf-8", "replace").strip() if isinstance(raw, bytes) else raw


def _error_object(payload: Any) -> Any:
    """What a failed response's body has of its error: an object, or a text."""
    if isinstance(payload, list) and payload:
        payload = payload[0]
    if isinstance(payload, dict) and payload.get("error"):
        error = payload["error"]
        # Beside a mere text the object may say more: a code, a status, a longer message.
        return error if isinstance(error, dict) or len(payload) == 1 else payload
    return payload


def _kind(status: int | None, codes: tuple[str, ...], message: str) -> type[errors.ProviderError]:
    numbers = [int(code) for code in codes if _HTTP_FAILURE.fullmatch(code)]
    status = status if status and status >= 400 else next(iter(numbers), status)
    by_status = _of_status(status)
    named = [_BY_CODE[code] for code in codes if code in _BY_CODE]
    kind = next(
        (one for one in named if one not in _VAGUE), None if status in _PLAIN else next(iter(named), None)
    )
    if kind is None or issubclass(by_status, kind):
        kind = by_status  # the word is no more than general, such as OpenAI's `server_error` with a 503
    if status in _PLAIN and kind is not errors.RateLimitError:
        return kind
    message = _LINKS.sub("", message)
    if kind is errors.RateLimitError:
        return errors.QuotaError if _SPENT.search(message) else kind
    if kind in _VAGUE:
        kind = next((named for words, named in _BY_WORDS if words.search(message)), kind)
    return kind


def _of_status(status: int | None) -> type[errors.ProviderError]:
    if status is None:
        return errors.ProviderError
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return errors.ServerError if status >= 500 else errors.BadRequestError
