"""A small web server on loopback, for files that are fetched."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Page = tuple[int, dict[str, str], bytes]
"""A status, headers, a body."""


class Web:
    """What the server has, and what it was asked.

    Attributes:
        pages: What stands at a path; a function is called for each request.
        seen: The path and the headers of each request.
    """

    def __init__(self, port: int) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self.pages: dict[str, Page | Callable[[BaseHTTPRequestHandler], None]] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []

    def has(
        self, path: str, body: bytes = b"", kind: str = "text/plain", status: int = 200, **more: str
    ) -> str:
        """Puts something at a path; gives its address."""
        headers = {"Content-Type": kind, **{name.replace("_", "-"): value for name, value in more.items()}}
        self.pages[path] = (status, headers, body)
        return self.origin + path


@contextmanager
def serving() -> Iterator[Web]:
    """A server that goes away again."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            web.seen.append((self.path, dict(self.headers)))
            page = web.pages.get(self.path.partition("?")[0], (404, {}, b"nothing here"))
            if callable(page):
                return page(self)
            status, headers, body = page
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            return None

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web = Web(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
