"""Files from the web: fetched when a user has written their address, and never because of anything else."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import ssl as tls
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message as Headers
from urllib.parse import urljoin, urlsplit

from ...errors import ConfigurationError, InvalidMessagesError, NotRecordedError, ProxyError
from ...request import HttpRequest, Timeouts
from ...secrets import Secret, redact
from ...text import single_line
from ...transport import Response, Transport, send
from .content import Content

LARGEST = 20_000_000
"""How large a file may be that is fetched, in bytes."""

_TIMEOUTS = Timeouts(connect=15.0, idle=30.0, total=120.0)
_MOST_REDIRECTS = 5
_MOVED = (301, 302, 303, 307, 308)
_LONGEST_SHOWN = 150  # characters of an address
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Way:
    """The way to the web.

    Attributes:
        transport: What sends the requests; ``None`` for the one that speaks HTTP.
        proxy: The address of a proxy; ``None`` for that of the environment.
        ssl: The context that checks certificates; ``False`` to trust any.
        closed: Whether nothing goes to the network.
    """

    transport: Transport | None = None
    proxy: Secret | None = None
    ssl: tls.SSLContext | bool = True
    closed: bool = False


def is_address(text: str) -> bool:
    """Whether a text is the address of something on the web."""
    return _ADDRESS.match(text) is not None


def shown_address(url: str) -> str:
    """An address as it is shown: without a user, a password and what follows the path, which may hold a key."""
    try:
        parts = urlsplit(url)
        place = parts.netloc.rpartition("@")[2] + parts.path
    except ValueError:
        return "the address"
    text = single_line(redact(f"{parts.scheme}://{place}{'?…' * bool(parts.query)}"))
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


async def fetch_all(urls: Sequence[str], way: Way) -> list[Content]:
    """What stands at several addresses, asked for at the same time.

    Raises:
        ChatError: As ``fetch``.
        NotRecordedError: Nothing goes to the network.
    """
    if urls and way.closed:
        raise NotRecordedError(
            f"{shown_address(urls[0])} is not fetched: replay is 'only', and nothing goes to the network",
            hint="Save it, and attach the file.",
        )
    tasks = [asyncio.ensure_future(fetch(url, way)) for url in urls]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()


async def fetch(url: str, way: Way) -> Content:
    """What stands at an address.

    Args:
        url: The address, as the user wrote it.
        way: How to get there.

    Raises:
        InvalidMessagesError: It is none, there is nothing, it is too large, or it leads where it must not.
        TransportError: The network failed.
    """
    hidden = Secret(url)  # as long as it lives, what is secret in it is in no text
    to, shown = _checked(url.strip()), shown_address(url)
    for _ in range(_MOST_REDIRECTS + 1):
        request = HttpRequest("GET", to, {"Accept": "*/*"}, timeouts=_TIMEOUTS, proxy=way.proxy, ssl=way.ssl)
        async with send(request, way.transport or _http()) as response:
            if response.status not in _MOVED:
                return await _content(shown, response)
            to = await _next(to, response.headers.get("Location", ""), shown)
    del hidden
    raise _failure(shown, f"it leads on to other addresses more than {_MOST_REDIRECTS} times")


def _http() -> Transport:
    from ...transport.client import AiohttpTransport

    return AiohttpTransport()


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isprintable() or " " in parts.netloc:
        raise InvalidMessagesError(
            f"{shown_address(url)} is not an address that can be fetched",
            hint="One looks like https://host/data.csv.",
        )
    return url.partition("#")[0].replace(" ", "%20")


async def _next(url: str, location: str, shown: str) -> str:
    """Where a response leads on to. A user's password goes to the host that he wrote it for, and to no other."""
    if not location:
        raise _failure(shown, "it leads on to nowhere")
    try:
        to = _checked(urljoin(url, location))
    except (ValueError, ConfigurationError):
        raise _failure(shown, "it leads on to what is no address of the web") from None
    before, after = urlsplit(url), urlsplit(to)
    if before.scheme.lower() == "https" and after.scheme.lower() != "https":
        raise _failure(shown, "it leads on to an address without encryption")
    if after.hostname != before.hostname and await _is_closer(after.hostname or "", before.hostname or ""):
        raise _failure(shown, f"it leads on into your own network, to {single_line(after.hostname or '')}")
    return to


async def _is_closer(host: str, before: str) -> bool:
    """Whether a host is in a network that the one before is not in, as far as its name tells here: whoever answers at
    a public address is not to reach into the user's own network or machine."""
    found = await _addresses(host)
    if any(one.is_loopback or one.is_link_local or one.is_unspecified for one in found):
        return before != "localhost" and not any(one.is_loopback for one in _literal(before))
    if all(one.is_global for one in found):
        return False
    known = await _addresses(before)
    return not known or any(one.is_global for one in known)


_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _literal(host: str) -> list[_Address]:
    """The address that a host's name is; nothing where it is a name."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return []
    return [getattr(address, "ipv4_mapped", None) or address]


async def _addresses(host: str) -> list[_Address]:
    if found := _literal(host):
        return found
    try:
        told = await asyncio.get_running_loop().getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return []  # it cannot be reached either, but by a proxy
    return [one for place in told for one in _literal(str(place[4][0]).partition("%")[0])]


async def _content(shown: str, response: Response) -> Content:
    if response.status == 407:
        raise ProxyError(f"the proxy does not let the request for {shown} through", status=407)
    if not 200 <= response.status < 300:
        raise _failure(shown, f"the server answers with status {response.status}")
    too_large = _failure(
        shown,
        f"it is larger than {LARGEST:,} bytes",
        "Download it, and attach the file: of that a part is read.",
    )
    length = response.headers.get("Content-Length", "")
    if length.isdecimal() and int(length[:20]) > LARGEST:
        raise too_large
    blocks, size = [], 0
    async for block in response:
        blocks.append(block)
        size += len(block)
        if size > LARGEST:
            raise too_large
    kind, charset = _kind(response.headers.get("Content-Type", ""))
    return Content(shown, b"".join(blocks), None, size, kind, charset, fetched=True)


def _kind(content_type: str) -> tuple[str, str]:
    """The media type and the encoding that a header tells."""
    headers = Headers()
    headers["Content-Type"] = single_line(content_type[:200])
    try:
        return (headers.get_content_type() if content_type else ""), str(headers.get_content_charset() or "")
    except (ValueError, LookupError, UnicodeError):
        return "", ""


def _failure(
    shown: str, why: str, hint: str = "Check the address, or download it and attach the file."
) -> ConfigurationError:
    return InvalidMessagesError(f"{shown} is not fetched: {why}", hint=hint)
