"""Connections through a SOCKS proxy, by the optional package aiohttp-socks."""

from __future__ import annotations

import importlib.util
import ssl as tls
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

from ..errors import ConfigurationError, MissingDependencyError
from ..secrets import redact_address
from .connector import Connector

SCHEMES = ("socks5", "socks5h", "socks4", "socks4a", "socks")
"""What the address of a SOCKS proxy begins with; ``socks`` is version 5. Names are resolved by the proxy."""

_PORT = 1080


class SocksError(Exception):
    """A connection through a SOCKS proxy could not be made; ``cause`` says why. It is no ``OSError``, which aiohttp
    would make something of its own of."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


def is_socks(proxy: str | None) -> bool:
    """Whether an address is that of a SOCKS proxy."""
    return proxy is not None and urlsplit(proxy).scheme.lower() in SCHEMES


def connector_through(proxy: str, **options: Any) -> Connector:
    """A pool of connections that go through a SOCKS proxy.

    Args:
        proxy: The proxy's address, such as ``socks5://user:password@host:1080``.
        **options: As for ``Connector``.

    Raises:
        MissingDependencyError: The package is not installed.
        ConfigurationError: The address is none.
    """
    if importlib.util.find_spec("aiohttp_socks") is None:
        raise MissingDependencyError(
            f"the proxy {redact_address(proxy)} speaks SOCKS, for which the package aiohttp-socks is needed",
            hint='Run pip install "notebook_chat[socks]", or give an HTTP proxy.',
        )
    from python_socks import ProxyType

    try:
        parts = urlsplit(proxy)
        host, port = parts.hostname, parts.port or _PORT
    except ValueError:
        host, port = None, 0
    if not host:
        raise ConfigurationError(
            f"{redact_address(proxy)} is not a proxy's address", hint="Give one such as socks5://host:1080."
        )
    connector: Connector = _connector_class()(
        host=host,
        port=port,
        proxy_type=ProxyType.SOCKS4 if parts.scheme.lower().startswith("socks4") else ProxyType.SOCKS5,
        username=unquote(parts.username or "") or None,
        password=unquote(parts.password or "") or None,
        rdns=True,
        **options,
    )
    return connector


@cache
def _connector_class() -> Any:
    import python_socks
    from aiohttp_socks import ProxyConnector

    class SocksConnector(Connector, ProxyConnector):
        async def _connect_via_proxy(self, *arguments: Any, **options: Any) -> Any:
            try:
                return await super()._connect_via_proxy(*arguments, **options)
            except (
                python_socks.ProxyError,
                python_socks.ProxyConnectionError,
                TimeoutError,
                tls.SSLError,
            ) as error:
                raise SocksError(error) from None

    return SocksConnector
