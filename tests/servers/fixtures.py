"""The servers as pytest fixtures: ``pytest_plugins = ["tests.servers.fixtures"]`` in the top conftest.

They close with the test, and a fault of a server (what a test told it cannot be said) fails the test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from . import DIALECTS, Dialect, Script, VendorServer, serve
from .forward_proxy import ForwardProxy
from .tls import CertificateAuthority

ServerFactory = Callable[..., VendorServer]
ProxyFactory = Callable[..., ForwardProxy]


@pytest.fixture
def vendor_server() -> Iterator[ServerFactory]:
    """Starts servers: ``vendor_server("gemini", Answer("Hello"), key="…")``, as ``serve`` does."""
    with ExitStack() as servers:

        def start(dialect: str | Dialect, *replies: Script, **options: Any) -> VendorServer:
            return servers.enter_context(serve(dialect, *replies, **options))

        yield start


@pytest.fixture
def forward_proxy() -> Iterator[ProxyFactory]:
    """Starts proxies: ``forward_proxy(user="ann", password="…")``, as ``ForwardProxy`` does."""
    with ExitStack() as proxies:

        def start(**options: Any) -> ForwardProxy:
            return proxies.enter_context(ForwardProxy(**options))

        yield start


@pytest.fixture(scope="session")
def certificate_authority() -> CertificateAuthority:
    """An authority that only those clients trust which are told to."""
    return CertificateAuthority()


@pytest.fixture(params=sorted(DIALECTS))
def dialect_name(request: pytest.FixtureRequest) -> str:
    """Each dialect in turn, by its name."""
    return str(request.param)
