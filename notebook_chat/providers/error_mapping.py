"""A service's failure, in whatever shape it comes, to the error tree.

The shapes: OpenAI's and Anthropic's ``{"error": {"message", "type", "code"}}``, Gemini's ``{"error":
{"code", "message", "status"}}`` (sometimes in a list), Ollama's ``{"error": "text"}``, FastAPI's
``{"detail": …}``, plain text, and a web page.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from .. import errors
from ..request import HttpRequest
from ..secrets import redact
from ..transport import Response

LONGEST_WORDS = 2000
"""How much of a service's own words an error keeps, in characters."""

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
_GENERAL = (
    errors.ProviderError,
    errors.BadRequestError,
    errors.ServerError,
    errors.ModelNotFoundError,
    errors.RateLimitError,
)

# Some services say the kind in their message alone.
_BY_WORDS: tuple[tuple[re.Pattern[str], type[errors.ProviderError]], ...] = (
    (
        re.compile(
            r"context (length|size|window)|maximum context|too many tokens|too long|token count .*exceeds",
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
    (
        re.compile(r"credit balance|exceeded your current quota|billing|spend limit", re.IGNORECASE),
        errors.QuotaError,
    ),
)


async def from_response(response: Response, request: HttpRequest, provider: str) -> errors.ChatError:
    """The error for a response whose status is not 200; it reads the service's words from its body."""
    status = response.status
    if 300 <= status < 400:
        target = urlsplit(response.headers.get("Location", "")).netloc or "another page"
        return errors.ResponseFormatError(
            f"{request.host} redirects to {target} instead of answering", provider=provider, status=status
        )
    if status == 407:
        return errors.ProxyError("the proxy asks for a user and a password", provider=provider, status=status)
    body = await response.read()
    if looks_like_page(body):
        return _page(request, provider, status)
    return from_payload(
        body, provider=provider, status=status, retry_after=retry_after(response.headers), request=request
    )


def from_payload(
    payload: bytes | Any,
    *,
    provider: str,
    status: int | None = None,
    retry_after: float | None = None,
    request: HttpRequest | None = None,
) -> errors.ProviderError:
    """The error for the body of a failed response, or for an error object inside a stream."""
    if isinstance(payload, bytes):
        try:
            payload = msgspec.json.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError):
            payload = payload.decode("utf-8", "replace").strip()
    message, codes = _words(payload)
    kind = _kind(status, codes, message)
    delay = _retry_delay(payload)
    if delay is not None and kind is errors.QuotaError:
        kind = errors.RateLimitError  # Gemini speaks of the quota for its limits per minute too
    if retry_after is None:
        retry_after = delay
    return kind(
        redact(message, *(request.secrets if request else ()))[:LONGEST_WORDS]
        or "the service gave no reason",
        provider=provider,
        status=status,
        retry_after=retry_after,
        hint=None if retry_after is None else f"It asks to wait {_duration(retry_after)}.",
    )


def not_an_answer(head: bytes, request: HttpRequest, provider: str) -> errors.ProviderError:
    """The error for a response with status 200 that begins with ``head`` and is no answer of the dialect."""
    if looks_like_page(head):
        return _page(request, provider, 200)
    if head.lstrip()[:1] in (b"{", b"[") and b'"error"' in head:
        return from_payload(head, provider=provider, request=request)
    excerpt = redact(head[:200].decode("utf-8", "replace"), *request.secrets)
    return errors.ResponseFormatError(f"{request.host} answered {excerpt!r}", provider=provider)


def looks_like_page(head: bytes) -> bool:
    """Whether a body begins as a web page does."""
    return head.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html", b"<head"))


def _page(request: HttpRequest, provider: str, status: int) -> errors.ResponseFormatError:
    return errors.ResponseFormatError(
        f"{request.host} answered with a web page instead of a model's answer",
        provider=provider,
        status=status,
    )


def _words(payload: Any) -> tuple[str, tuple[str, ...]]:
    """The message of an error object, and the words by which it names its kind."""
    error = _error_object(payload)
    if not isinstance(error, dict):
        return str(error or ""), ()
    message = error.get("message") or error.get("detail") or error.get("error") or ""
    codes = (error.get("code"), error.get("type"), error.get("status"))
    if not isinstance(message, str):
        message = msgspec.json.encode(message).decode()
    return message, tuple(str(code).lower() for code in codes if code is not None)


def _error_object(payload: Any) -> Any:
    """What a failed response's body has of its error: an object, or a text."""
    if isinstance(payload, list) and payload:
        payload = payload[0]
    if isinstance(payload, dict) and isinstance(payload.get("error"), (dict, str)):
        return payload["error"]
    return payload


def _kind(status: int | None, codes: tuple[str, ...], message: str) -> type[errors.ProviderError]:
    numbers = [int(code) for code in codes if code.isdigit()]
    by_status = _of_status(status or (numbers[0] if numbers else None))
    kind = next((_BY_CODE[code] for code in codes if code in _BY_CODE), by_status)
    if issubclass(by_status, kind):
        kind = by_status  # the word is no more than general, such as OpenAI's `server_error` with a 503
    if kind in _GENERAL:
        kind = next((named for words, named in _BY_WORDS if words.search(message)), kind)
    return kind


def _of_status(status: int | None) -> type[errors.ProviderError]:
    if status is None:
        return errors.ProviderError
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return errors.ServerError if status >= 500 else errors.BadRequestError


# --- how long to wait -----------------------------------------------------------------------------------

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def retry_after(headers: Mapping[str, str]) -> float | None:
    """How long a service asks to wait, in seconds, from any of the forms in use: ``retry-after-ms``,
    ``Retry-After`` as seconds or an HTTP date, OpenAI's ``x-ratelimit-reset-*`` (``1m2.5s``) and Anthropic's
    ``anthropic-ratelimit-*-reset`` (RFC 3339), of which those count whose limit is used up."""
    with contextlib.suppress(KeyError, ValueError):
        return max(0.0, float(headers["retry-after-ms"]) / 1000)
    if (value := headers.get("Retry-After")) is not None and (seconds := _seconds(value)) is not None:
        return seconds
    waits = []
    for name, value in headers.items():
        lower = name.lower()
        if lower.startswith("x-ratelimit-reset-"):
            remaining = lower.replace("-reset-", "-remaining-")
        elif lower.startswith("anthropic-ratelimit-") and lower.endswith("-reset"):
            remaining = lower.removesuffix("-reset") + "-remaining"
        else:
            continue
        seconds = _seconds(value)
        if headers.get(remaining) == "0" and seconds is not None:
            waits.append(seconds)
    return max(waits, default=None)


def _seconds(value: str) -> float | None:
    """A wait in any notation: ``2``, ``1m2.5s``, an HTTP date, an RFC 3339 date."""
    value = value.strip()
    with contextlib.suppress(ValueError):
        return max(0.0, float(value))
    parts = _DURATION.findall(value)
    if parts and "".join(number + unit for number, unit in parts) == value:
        return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        with contextlib.suppress(ValueError, TypeError):
            moment = parse(value)
            return max(0.0, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - time.time())
    return None


def _retry_delay(payload: Any) -> float | None:
    """How long an error's ``details`` ask to wait, in seconds. Google says it there, not in a header:
    ``{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}``."""
    error = _error_object(payload)
    details = error.get("details") if isinstance(error, dict) else None
    for detail in details if isinstance(details, list) else ():
        delay = detail.get("retryDelay") if isinstance(detail, dict) else None
        if isinstance(delay, str) and (seconds := _seconds(delay)) is not None:
            return seconds
    return None


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 1 else "a moment"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
