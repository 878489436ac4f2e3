"""What all tests share: no socket beyond loopback, an environment without keys, and blame where it belongs."""

from __future__ import annotations

import gc
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

pytest_plugins = [
    "tests.ending",
    "tests.equipment",
    "tests.workers",
    "tests.servers.fixtures",
    "tests.providers.local_fixtures",
]

_PRIVATE_VARIABLES = (
    *("_API_KEY", "_BASE_URL", "_PROXY", "_proxy", "OLLAMA_HOST"),
    *("NOTEBOOK_CHAT_MODEL", "NOTEBOOK_CHAT_BUDGET", "NOTEBOOK_CHAT_PACE"),
    *("NOTEBOOK_CHAT_RECORD", "NOTEBOOK_CHAT_REPLAY"),
)

# How long an example takes says more about the machine than about the code. With CI=true, Hypothesis also draws
# the same examples each time.
hypothesis.settings.register_profile(
    "here", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("here")


class BeyondLoopbackError(AssertionError):
    """A test reached for the network."""


def pytest_configure() -> None:
    # A shell has what it starts in the background ignore interrupts, which tests are about.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Takes all that the tests are made of out of the collections that follow each file, which then are quick."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="module")
def own_warnings() -> Iterator[None]:
    """Lets what a file's tests left open warn in that file, and not in whichever runs at the time.

    What lives on then (libraries, caches) is taken out of later collections: with it, each takes half a second.
    """
    yield
    gc.collect()
    gc.freeze()


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


@pytest.fixture(scope="session")
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for what tests fetch once: pytest's cache, or without one a folder that all workers share."""
    cache: pytest.Cache | None = getattr(request.config, "cache", None)
    if cache is not None:
        return cache.mkdir("fetched")
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if hasattr(request.config, "workerinput") else base) / "fetched"
    folder.mkdir(exist_ok=True)
    return folder
