"""Addresses of services as people give them: typed, pasted from a page, or copied out of another tool's settings."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from ..errors import InvalidOptionError
from ..secrets import Secret, redact_address

_VERSION = re.compile(r"/v\d+\w*(?=/|$)", re.IGNORECASE)
_HINT = "Give one such as http://localhost:8000/v1."


def checked(url: Any, endpoints: Iterable[str] = ()) -> str:
    """The address of a service, without a slash or an endpoint at its end; a query stays.

    Args:
        url: What the caller gives: blanks and quotes around it, capitals in the host, and one of the endpoints at
            its end are taken off.
        endpoints: The ends that a pasted address may have, such as ``/chat/completions``, the longest first.

    Raises:
        InvalidOptionError: It is no address that can be asked.
    """
    if not isinstance(url, str):
        raise InvalidOptionError(f"base_url must be an address, not {type(url).__name__}", hint=_HINT)
    return _checked(url, tuple(endpoints))


@lru_cache(maxsize=32)
def _checked(url: str, endpoints: tuple[str, ...]) -> str:
    text = url.strip().strip("\"'`<>").strip()
    if re.match(r"(?i)https?:/+(?=[^/])", text) is None:
        near = f"Give one such as http://{text}." if re.match(r"[\w.-]+(:\d+)?(/|$)", text) else _HINT
        raise InvalidOptionError(f"base_url must be an address, not {_shown(text)!r}", hint=near)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        why = _why(error)
        raise InvalidOptionError(
            f"{_shown(text)!r} is not an address{f': {why}' if why else ''}", hint=_HINT
        ) from None
    if (
        not host
        or re.search(
            r"[\s\x00-\x20\x7f-\x9f\ud800-\udfff\\^|{}<>\"`]", parts.netloc + parts.path + parts.query
        )
        or ("[" in parts.netloc and ":" not in host)
        or port == 0
    ):
        raise InvalidOptionError(f"{_shown(text)!r} is not an address that can be asked", hint=_HINT)
    user, separator, _ = parts.netloc.rpartition("@")
    place = f"[{host}]" if ":" in host else host
    path = _without(parts.path.rstrip("/"), endpoints)
    netloc = user + separator + place + (f":{port}" if port is not None else "")
    return urlunsplit((parts.scheme.lower(), netloc, path, parts.query, ""))


def without_user(url: str) -> tuple[str, Secret | None]:
    """An address without its user and password, and the value of the header that has them.

    Args:
        url: The address, as ``checked`` gives it.
    """
    parts = urlsplit(url)
    user, at, place = parts.netloc.rpartition("@")
    if not at:
        return url, None
    name, _, password = user.partition(":")
    pair = f"{unquote(name)}:{unquote(password)}".encode()
    return urlunsplit(parts._replace(netloc=place)), Secret(f"Basic {base64.b64encode(pair).decode()}")


def same_host(url: str, place: str) -> bool:
    """Whether two addresses have the scheme, the host and the port in common. What is only much like a host is another.

    Args:
        url: An address.
        place: Another one.
    """
    return _host(url) == _host(place)


def beneath(url: str, place: str) -> bool:
    """Whether an address is that of a service, or beneath it: other paths of a host may be other people's.

    Args:
        url: The address.
        place: The service's.
    """
    path, own = urlsplit(url).path, urlsplit(place).path.rstrip("/")
    climbs = re.search(r"(^|/)(\.|%2e){1,2}(/|$)", path, re.IGNORECASE) is not None
    return same_host(url, place) and not climbs and (path == own or path.startswith(f"{own}/"))


def is_downgrade(url: str, place: str) -> bool:
    """Whether an address asks in clear at a host that is asked over TLS.

    Args:
        url: The address.
        place: The address of the service.
    """
    scheme, host, _ = _host(url)
    secure, own, _ = _host(place)
    return (scheme, secure) == ("http", "https") and host.rstrip(".") == own.rstrip(".")


def _host(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(scheme)


def joined(base: str, path: str) -> str:
    """The address of something beneath a service's: its own query stays at the end, before that of the path.

    Args:
        base: The service's address, as ``checked`` gives it.
        path: What is beneath it, with a slash at its beginning and perhaps a query.
    """
    place, _, query = base.partition("?")
    beneath, _, own = path.partition("?")
    queries = "&".join(filter(None, (query, own)))
    return f"{place}{beneath}{'?' if queries else ''}{queries}"


def has_version(url: str) -> bool:
    """Whether an address names a version of an interface, as ``/v1`` does."""
    return _VERSION.search(urlsplit(url).path) is not None


def with_version(url: str, version: str) -> str:
    """The address with a version at the end of its path, unless it names one.

    Args:
        url: The address, as ``checked`` gives it.
        version: The version, such as ``/v1``.
    """
    return url if has_version(url) else joined(url, version)


def _why(error: ValueError) -> str:
    """Why an address cannot be read, without the part of it that the parser quotes: that may be of a password."""
    return re.split(r"[:'\"]| of ", str(error), maxsplit=1)[0].strip()


def _without(path: str, endpoints: Iterable[str]) -> str:
    for end in endpoints:
        if path.lower().endswith(end):
            return path[: -len(end)].rstrip("/")
    return path


def _shown(text: str) -> str:
    """An address without what may be a password in it."""
    return redact_address(text[:2000])[:200]
