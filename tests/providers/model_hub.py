"""A model hub on loopback: as much of the Hugging Face hub's HTTP interface as its client asks for."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

from .package_index import settings

COMMIT = "a" * 40
TOKEN = "hf_planted_secret"


class ModelHub:
    """A hub with repositories. Use it as a context manager.

    Args:
        repositories: Their files, by ``owner/name``.
        home: What the client is to use as its home.
        gated: Repositories that are given to nobody.
        pause_after: Send so many bytes of a file, then wait for ``resume``, the first time.

    Attributes:
        paused, resume: As said.
        requests: The method, path and ``Range`` header of every request.
    """

    def __init__(
        self,
        repositories: Mapping[str, Mapping[str, bytes]],
        home: Path,
        gated: tuple[str, ...] = (),
        pause_after: int | None = None,
    ) -> None:
        self.paused, self.resume = threading.Event(), threading.Event()
        self.requests: list[tuple[str, str, str | None]] = []
        self._repositories, self._home, self._gated = repositories, home, gated
        self._pause_after = pause_after
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                hub.answer(self)

            def do_HEAD(self) -> None:
                hub.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def settings(self) -> dict[str, str]:
        """Environment variables that point the hub's client here."""
        return settings(
            HF_ENDPOINT=f"http://127.0.0.1:{self._server.server_port}",
            HF_HOME=str(self._home),
            HF_TOKEN=TOKEN,
            HF_HUB_DISABLE_TELEMETRY="1",
        )

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """One request: a file, or the list of a repository's files."""
        self.requests.append((request.command, request.path, request.headers.get("Range")))
        if match := re.fullmatch(r"/([^/]+/[^/]+)/resolve/main/(.+)", request.path):
            self._file(request, match[1], match[2])
        elif match := re.fullmatch(r"/api/models/([^/]+/[^/?]+)(/revision/main)?(\?.*)?", request.path):
            names = self._repositories.get(match[1])
            if names is None:
                self._refuse(request, 404, "RepoNotFound")
            else:
                about = {"id": match[1], "sha": COMMIT, "siblings": [{"rfilename": name} for name in names]}
                self._send(request, 200, json.dumps(about).encode(), {})
        elif match := re.match(r"/api/models/([^/]+/[^/]+)/tree/main", request.path):
            files = self._repositories.get(match[1], {})
            tree = [
                {"type": "file", "path": name, "size": len(data), "oid": "1"} for name, data in files.items()
            ]
            self._send(request, 200, json.dumps(tree).encode(), {})
        else:
            self._refuse(request, 404, "NotFound")

    def _file(self, request: BaseHTTPRequestHandler, repository: str, name: str) -> None:
        if repository in self._gated:
            self._refuse(request, 403, "GatedRepo")
        elif repository not in self._repositories:
            self._refuse(request, 401, "RepoNotFound")
        elif name not in self._repositories[repository]:
            self._refuse(request, 404, "EntryNotFound")
        else:
            self._give(request, self._repositories[repository][name])

    def _give(self, request: BaseHTTPRequestHandler, data: bytes) -> None:
        headers = {
            "ETag": f'"{hashlib.sha256(data).hexdigest()}"',
            "X-Repo-Commit": COMMIT,
            "Accept-Ranges": "bytes",
        }
        start = 0
        if (wanted := request.headers.get("Range")) and (match := re.fullmatch(r"bytes=(\d+)-.*", wanted)):
            start = int(match[1])
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        self._send(request, 206 if start else 200, data[start:], headers)

    def _refuse(self, request: BaseHTTPRequestHandler, status: int, code: str) -> None:
        self._send(request, status, b"{}", {"X-Error-Code": code, "X-Error-Message": f"no: {code}"})

    def _send(
        self, request: BaseHTTPRequestHandler, status: int, data: bytes, headers: dict[str, str]
    ) -> None:
        request.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            request.send_header(name, value)
        request.end_headers()
        if request.command == "HEAD":
            return
        if self._pause_after is not None and len(data) > self._pause_after:
            first, self._pause_after = self._pause_after, None
            request.wfile.write(data[:first])
            request.wfile.flush()
            self.paused.set()
            self.resume.wait(30)
            data = data[first:]
        try:
            request.wfile.write(data)
        except OSError:
            request.close_connection = True  # whoever asked has gone away

    def close(self) -> None:
        """Answers no more. Closing twice is fine."""
        self.resume.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
