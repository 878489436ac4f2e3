"""Front ends that are not Jupyter's: an app served by marimo or Voilà, and its page."""

from __future__ import annotations

import re
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Locator, Page

from ..kernel.isolation import isolated_environment
from .guarded_process import GuardedProcess
from .notebook_page import ARTIFACTS
from .server import free_port

_START_SECONDS = 90.0


class AppServer:
    """A Python module's server for one app; `stop` ends it.

    Args:
        folder: an empty folder for its settings; the app is in it.
        arguments: what stands after `python -m`; `{port}` is where its port goes.
        variables: what the app finds in its environment.

    Attributes:
        url: its address without a trailing slash.

    Raises:
        RuntimeError: it did not start; the message ends with its log.
    """

    def __init__(self, folder: Path, arguments: Sequence[str], variables: Mapping[str, str]) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._process = GuardedProcess(
            [sys.executable, "-m", *(argument.format(port=port) for argument in arguments)],
            env=isolated_environment(folder, variables),
            cwd=folder,
            log=folder / "server.log",
        )
        try:
            self._await_ready(port)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends the server, and what it has started."""
        self._process.stop()

    def _await_ready(self, port: int) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.alive:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=30).close()
                return
            time.sleep(0.05)
        raise RuntimeError(f"the app's server did not start: {self._process.log[-3000:]}")


class AppPage:
    """The page of an app.

    Attributes:
        page: Playwright's page.
    """

    def __init__(self, page: Page, label: str) -> None:
        self.page = page
        self._label = label

    def screenshot(self, name: str, locator: Locator | None = None) -> Path:
        """Takes a picture of the window, or of one element, and keeps it with the tests' artefacts."""
        ARTIFACTS.mkdir(exist_ok=True)
        path = ARTIFACTS / f"{re.sub(r'[^A-Za-z0-9._-]+', '-', name)}-{self._label}.png"
        (locator or self.page).screenshot(path=path, animations="disabled")
        return path
