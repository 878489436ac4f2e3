"""What a server replies to a request: an answer, a failure, or something that is no reply at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Literal

from .answers import Answer, FailureKind, in_pieces
from .recorder import Request, Turn
from .wire import Wire


@dataclass(frozen=True)
class Failure:
    """A failure in the vendor's own shape, before the stream.

    Attributes:
        kind: The failure.
        message: The vendor's words, its usual ones when None. ``{key}`` becomes the key that the request
            carried, as some vendors quote it.
        status: Another HTTP status than the vendor's usual one.
        headers: More response headers, such as those of ``retry_after()``.
    """

    kind: FailureKind
    message: str | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Response:
    """Any HTTP response."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Drop:
    """The connection ends without a response.

    Attributes:
        how: By a reset (RST) or by closing (FIN).
        sent: Bytes sent before that, such as the beginning of a status line.
    """

    how: Literal["reset", "close"] = "reset"
    sent: bytes = b""


@dataclass(frozen=True)
class Silence:
    """The request is taken and nothing is ever sent back."""


Run = Answer | Failure | Response | Drop | Silence

Script = Run | Callable[[Request], Run]
"""A reply, or a function that chooses one by the request."""


# --- what stands in the way of the vendor ---------------------------------------------------------------

PAGE = """<!DOCTYPE html>
<html>
<head><title>{title}</title></head>
<body>
<center><h1>{title}</h1></center>
<hr><center>nginx</center>
</body>
</html>
"""


def page(status: int = 200, title: str = "Welcome to the network") -> Response:
    """A web page instead of an answer: from a portal (200) or from a gateway (502 Bad Gateway)."""
    return Response(status, PAGE.format(title=title).encode(), {"Content-Type": "text/html; charset=utf-8"})


def login(location: str = "https://login.example.org/?next=%2F", status: int = 302) -> Response:
    """A redirect to a login page."""
    return Response(status, b"", {"Location": location, "Content-Type": "text/html; charset=utf-8"})


# --- how long to wait -----------------------------------------------------------------------------------


def retry_after(wait: float | datetime) -> dict[str, str]:
    """``Retry-After``: so many seconds, or until then as an HTTP date (RFC 9110, 10.2.3)."""
    if isinstance(wait, datetime):
        return {"Retry-After": format_datetime(wait.astimezone(UTC), usegmt=True)}
    return {"Retry-After": f"{wait:g}"}


def retry_after_ms(wait: float) -> dict[str, str]:
    """``retry-after-ms``: so many milliseconds (OpenAI, Azure)."""
    return {"retry-after-ms": f"{wait:g}"}


def openai_limits(
    *, requests: tuple[int, str] = (499, "120ms"), tokens: tuple[int, str] = (0, "6m0s")
) -> dict[str, str]:
    """OpenAI's ``x-ratelimit-*``: for each limit what remains, and the time until it is full again."""
    headers: dict[str, str] = {}
    for name, limit, (remaining, reset) in (("requests", 500, requests), ("tokens", 30000, tokens)):
        headers |= {
            f"x-ratelimit-limit-{name}": str(limit),
            f"x-ratelimit-remaining-{name}": str(remaining),
            f"x-ratelimit-reset-{name}": reset,
        }
    return headers


def anthropic_limits(*, requests: tuple[int, datetime], tokens: tuple[int, datetime]) -> dict[str, str]:
    """``anthropic-ratelimit-*``: for each limit what remains, and when it is full again (RFC 3339)."""
    headers: dict[str, str] = {}
    for name, limit, (remaining, reset) in (("requests", 50, requests), ("tokens", 40000, tokens)):
        headers |= {
            f"anthropic-ratelimit-{name}-limit": str(limit),
            f"anthropic-ratelimit-{name}-remaining": str(remaining),
            f"anthropic-ratelimit-{name}-reset": reset.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    return headers


# --- a model that has read what it was sent -------------------------------------------------------------


def transcript(turns: Sequence[Turn]) -> str:
    """The conversation, a line a turn: ``user: Hello``."""
    return "\n".join(f"{turn.role}: {turn.text}" for turn in turns)


def echo(
    say: Callable[[Sequence[Turn]], str] = transcript, *, size: int = 8, wire: Wire | None = None
) -> Callable[[Request], Answer]:
    """A model whose answer is made from the conversation it was sent, so that a test can see what it knows.

    Args:
        say: From the turns, in order, to the answer's text.
        size: How many characters each piece has.
        wire: How the answers look on the wire.
    """

    def answer(request: Request) -> Answer:
        return Answer(*in_pieces(say(request.turns), size), wire=wire or Wire())

    return answer
