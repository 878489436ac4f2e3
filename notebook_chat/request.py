"""A request to a service, as a value: what a dialect builds and the transport sends."""

from __future__ import annotations

import ssl as tls
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlsplit

from .secrets import Secret, is_secret_name, redact_address


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a request may take. Every bound is in seconds; ``None`` means no bound.

    Attributes:
        connect: To resolve the name, connect and shake hands.
        idle: Between two blocks of the answer, and before the first.
        total: For the whole answer, all requests and waits for it included.
        quiet: Between two pieces of the answer, and before the first: a service that sends signs of life and nothing
            else is not waited for longer than that.
    """

    connect: float | None = 15.0
    idle: float | None = 300.0
    total: float | None = None
    quiet: float | None = 3600.0

    def after(self, seconds: float) -> Timeouts:
        """The bounds for what is left to do, after some time.

        Args:
            seconds: How long it has taken so far.
        """
        if self.total is None:
            return self
        return replace(self, total=max(round(self.total - seconds, 3), 0.001))


@dataclass(frozen=True, slots=True, repr=False)
class HttpRequest:
    """One HTTP request, ready to be sent: what a dialect builds and a transport sends.

    Attributes:
        method: The HTTP method, such as ``POST``.
        url: The whole address, with its query.
        headers: The headers by name. Whatever may hold a key is a ``Secret``.
        body: The body's bytes; ``None`` for a request without one.
        timeouts: How long it may take.
        proxy: The address of an HTTP proxy; ``None`` for that of the environment, empty for none at all.
        ssl: The context that checks the server's certificate; ``False`` to trust any.
        reuse: Whether it may go out on a connection that served an earlier request.
    """

    method: str
    url: str
    headers: Mapping[str, str | Secret] = field(default_factory=dict)
    body: bytes | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    proxy: Secret | None = None
    ssl: tls.SSLContext | bool = True
    reuse: bool = True

    @property
    def host(self) -> str:
        """Where the request goes, as a reader may see it: without credentials."""
        try:
            return urlsplit(self.url).netloc.rpartition("@")[2] or self.url
        except ValueError:  # of an address that a provider from elsewhere made
            return "the service"

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Everything in the request that must not be shown: headers, the proxy's password, keys in the address."""
        keys = (value for value in self.headers.values() if isinstance(value, Secret) and not value.public)
        query = parse_qsl(self.url.partition("?")[2])
        named = (Secret(value) for name, value in query if is_secret_name(name))
        return (*keys, *named, *(() if self.proxy is None else (self.proxy,)))

    def __repr__(self) -> str:
        return f"<HttpRequest {self.method} {redact_address(self.url, *self.secrets)}>"


Request = HttpRequest
"""The name of ``HttpRequest`` in version 0.1."""
