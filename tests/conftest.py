"""What all tests share: no socket beyond loopback, and an environment without keys."""

from __future__ import annotations

import os
import socket
from typing import Any

import pytest

pytest_plugins = ["tests.servers.fixtures", "tests.providers.local_fixtures"]

_PRIVATE_VARIABLES = ("_API_KEY", "_BASE_URL", "_PROXY", "_proxy", "OLLAMA_HOST", "NOTEBOOK_CHAT_MODEL")


class BeyondLoopbackError(AssertionError):
    """A test reached for the network."""


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuses every connection of this process to an address that is not this machine's own."""
    for name in ("connect", "connect_ex"):
        real = getattr(socket.socket, name)

        def guarded(self: socket.socket, address: Any, _real: Any = real) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6):
                host = str(address[0])
                if not (host.startswith("127.") or host in ("::1", "localhost", "0.0.0.0")):
                    raise BeyondLoopbackError(f"a test connects to {address!r}")
            return _real(self, address)

        monkeypatch.setattr(socket.socket, name, guarded)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes keys, addresses and proxies of the machine out of the tests."""
    for name in list(os.environ):
        if name.endswith(_PRIVATE_VARIABLES):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def own_history(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keeps the conversations of each test apart from the user's and from those of other tests."""
    monkeypatch.setenv("NOTEBOOK_CHAT_HOME", str(tmp_path_factory.mktemp("history")))
