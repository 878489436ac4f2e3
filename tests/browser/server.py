"""A real Jupyter Server, with JupyterLab and Notebook 7, that shares nothing with the user's own."""

from __future__ import annotations

import json
import secrets
import shutil
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

from ..kernel.isolation import isolated_environment
from ..kernel.kernelspecs import write_kernelspec
from .guarded_process import GuardedProcess

_START_SECONDS = 90.0
_STOP_SECONDS = 20.0
_DIRECT = build_opener(ProxyHandler({}))

Settings = Mapping[str, Mapping[str, Any]]
"""By plugin id (`@jupyterlab/notebook-extension:tracker`), what the settings editor would save."""

_QUIET: Settings = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}
}


class JupyterServer:
    """Starts the server; `stop` ends it.

    Args:
        folder: an empty folder for its settings, kernels and notebooks.

    Attributes:
        root: the folder whose files it serves.
        url: its address without a trailing slash.
        token: what opens it.

    Raises:
        RuntimeError: it did not start; the message ends with its log.
    """

    def __init__(self, folder: Path) -> None:
        self.root = folder / "notebooks"
        self.root.mkdir(parents=True)
        self.token = secrets.token_hex(16)
        self._environment = isolated_environment(folder)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.write_settings({})
        self.add_kernelspec()
        self._process = GuardedProcess(
            self._command(port), env=self._environment, cwd=self.root, log=folder / "server.log"
        )
        try:
            self._await_ready()
        except BaseException:
            self.stop()
            raise

    def add_kernelspec(self, version: str = "installed", packages: Path | None = None) -> str:
        """Makes a release of ipykernel selectable and gives the kernelspec's name (see `kernelspecs`)."""
        return write_kernelspec(Path(self._environment["JUPYTER_DATA_DIR"]) / "kernels", version, packages)

    def write_settings(self, settings: Settings) -> None:
        """Replaces the user's settings; a page reads them when it loads. News and updates stay off."""
        folder = Path(self._environment["JUPYTERLAB_SETTINGS_DIR"])
        shutil.rmtree(folder, ignore_errors=True)
        for plugin, values in {**_QUIET, **settings}.items():
            package, _, name = plugin.partition(":")
            path = folder / package / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values), encoding="utf-8")

    def end_sessions(self) -> None:
        """Shuts all kernels down."""
        for kernel in self._request("GET", "api/kernels"):
            with suppress(URLError):
                self._request("DELETE", f"api/kernels/{kernel['id']}")

    def delete_files(self) -> None:
        """Empties the folder it serves."""
        for path in self.root.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    @property
    def log(self) -> str:
        """What the server and its kernels wrote to their own stdout and stderr."""
        return self._process.log

    def stop(self) -> None:
        """Ends the server and its kernels: by its own interface, then, if need be, by force."""
        if self._process.alive:
            with suppress(OSError):
                self.end_sessions()
                self._request("POST", "api/shutdown")
            self._process.wait(_STOP_SECONDS)
        self._process.stop()

    def _command(self, port: int) -> list[str]:
        return [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={self.root}",
            "--ServerApp.terminals_enabled=False",
            # A tab that is busy for 90 s would lose its connection, and with it the states of its cells.
            "--ServerApp.tornado_settings={'ws_ping_interval': 0}",
            f"--IdentityProvider.token={self.token}",
            "--KernelSpecManager.ensure_native_kernel=False",
            "--LabApp.extension_manager=readonly",
            "--LabApp.expose_app_in_browser=True",
            "--JupyterNotebookApp.expose_app_in_browser=True",
        ]

    def _await_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.alive:
            with suppress(URLError):
                self._request("GET", "api/status")
                return
            time.sleep(0.05)
        raise RuntimeError(f"the Jupyter server did not start: {self.log[-3000:]}")

    def _request(self, method: str, path: str) -> Any:
        headers = {"Authorization": f"token {self.token}"}
        request = Request(f"{self.url}/{path}", method=method, headers=headers)
        with _DIRECT.open(request, timeout=30) as response:
            body = response.read()
        return json.loads(body) if body else None


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
