"""Sees what shown content does that it must not: run code, make requests, navigate, open windows."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Dialog, Download, Frame, Page, ProxySettings, Request

HOST = "canary.test"
"""The host that hostile content names; every address anywhere leads to the canary all the same."""

CALL = "__canary"
"""The JavaScript function that hostile content calls; it exists in every frame."""

# The browser itself asks this service what a text field is for.
_OWN_ERRANDS = frozenset({"https://content-autofill.googleapis.com:443"})

LAST_IMAGE = f"http://last.{HOST}/"
"""What a page that waits for its requests to be answered asks for last; never a hit."""

_TAG = re.compile(rf"\bt(\d+)\.{re.escape(HOST)}")
_PIXEL = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that content did.

    Attributes:
        kind: `ran` (called the canary), `request` (a frame asked for an address), `network` (the request
            left the browser), `navigation` (the notebook's page went elsewhere), `popup`, `dialog`,
            `download`.
        tag: the number of the content that did it; None if it cannot be told.
        detail: the address, or what was passed to the canary.
    """

    kind: str
    tag: int | None
    detail: str


class Canary:
    """A loopback HTTP server that is the browser's proxy for all but the Jupyter server, and a log.

    Whatever a page requests from anywhere else ends here, encrypted or not, so nothing leaves the
    machine and nothing goes unseen: frames, workers, style sheets, web sockets, pings. One thing cannot be
    seen: this browser takes no `preconnect` or `dns-prefetch` hint, others do; look for such a `<link>`.

    Hostile content is written with `__canary(0)` for code and `canary.test` for addresses, and `arm`
    puts the content's number into both:

        canary.arm('<img src="http://canary.test/x" onerror="__canary(0)">', 17)

    The number needs no quotes, so it fits wherever code fits. What was not armed is still seen, as a hit
    with the tag None (0 if it called `__canary(0)`).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hits: list[Hit] = []
        self._opening = False
        canary = self

        class Handler(_Handler):
            def saw(self, address: str) -> None:
                if address not in _OWN_ERRANDS:
                    canary.record("network", address)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="canary", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """The proxy's address, which also answers requests made to it directly."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @staticmethod
    def arm(content: str, tag: int) -> str:
        """Marks hostile content with its number, so that what it does can be told from what others do."""
        return content.replace(HOST, f"t{tag}.{HOST}").replace(f"{CALL}(0)", f"{CALL}({tag})")

    def record(self, kind: str, detail: str, tag: int | None = None) -> None:
        """Logs a hit; the tag is looked for in `detail` if it is not given."""
        if detail.startswith(LAST_IMAGE):
            return
        found = _TAG.search(detail)
        if tag is None and found:
            tag = int(found[1])
        with self._lock:
            self._hits.append(Hit(kind, tag, detail))

    @property
    def hits(self) -> tuple[Hit, ...]:
        """All that happened since the last `reset`."""
        with self._lock:
            return tuple(self._hits)

    def hits_by_tag(self) -> Mapping[int | None, tuple[Hit, ...]]:
        """The hits of each content, by its number; those that cannot be attributed under None."""
        grouped: defaultdict[int | None, list[Hit]] = defaultdict(list)
        for hit in self.hits:
            grouped[hit.tag].append(hit)
        return {tag: tuple(hits) for tag, hits in grouped.items()}

    def reset(self) -> None:
        """Forgets all hits."""
        with self._lock:
            self._hits.clear()

    def watch(self, context: BrowserContext, server_url: str) -> None:
        """Watches every page of a browser context; to be called before its first page opens.

        Args:
            context: made with `proxy(server_url)`; its pages are opened by `own_page`.
            server_url: the Jupyter server, the only address that pages may use.
        """
        context.expose_binding(CALL, lambda source, *args: self._ran(source, args))
        context.on("request", lambda request: self._requested(request, server_url))
        context.on("page", lambda page: self._page_opened(page, server_url))

    def own_page(self, context: BrowserContext) -> Page:
        """Opens a page in a context that is watched; any other new page is a popup."""
        self._opening = True
        try:
            return context.new_page()
        finally:
            self._opening = False

    def proxy(self, server_url: str) -> ProxySettings:
        """Playwright's `proxy` option for a context that reaches the Jupyter server and nothing else."""
        return {"server": self.address, "bypass": f"<-loopback>,{urlsplit(server_url).netloc}"}

    def close(self) -> None:
        """Ends the server."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _ran(self, source: Mapping[str, Any], arguments: tuple[Any, ...]) -> None:
        tag = arguments[0] if arguments and isinstance(arguments[0], int) else None
        self.record("ran", f"{CALL}{arguments!r} in {source['frame'].url}", tag)

    def _requested(self, request: Request, server_url: str) -> None:
        parts = urlsplit(request.url)
        own = f"{parts.scheme}://{parts.netloc}" == server_url
        if parts.scheme not in ("data", "blob") and (not own or _TAG.search(request.url)):
            self.record("request", request.url)

    def _page_opened(self, page: Page, server_url: str) -> None:
        if not self._opening:
            self.record("popup", page.url)

        def navigated(frame: Frame) -> None:
            if frame == page.main_frame and not frame.url.startswith((server_url, "about:blank")):
                self.record("navigation", frame.url)

        def answer(dialog: Dialog) -> None:
            if dialog.type == "beforeunload":
                dialog.accept()
            else:
                self.record("dialog", f"{dialog.type}: {dialog.message}")
                dialog.dismiss()

        def downloaded(download: Download) -> None:
            self.record("download", download.url)

        page.on("framenavigated", navigated)
        page.on("dialog", answer)
        page.on("download", downloaded)


class _Handler(BaseHTTPRequestHandler):
    """Answers every request as the harm it might do would need: scripts run, pages show, images load."""

    timeout = 10

    def saw(self, address: str) -> None:
        raise NotImplementedError

    def do_CONNECT(self) -> None:
        self.saw(f"https://{self.path}")
        self.send_error(502)
        self.close_connection = True

    def do_GET(self) -> None:
        host = self.headers.get("Host", "")
        address = self.path if "://" in self.path else f"http://{host}{self.path}"
        self.saw(address)
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind, body = _answer(address)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_POST = do_PUT = do_OPTIONS = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """The hits are the log."""


def _answer(address: str) -> tuple[str, bytes]:
    found = _TAG.search(address)
    call = f"{CALL}({found[1] if found else 0})"
    suffix = urlsplit(address).path.rpartition(".")[2]
    match suffix:
        case "js" | "mjs":
            return "text/javascript", call.encode()
        case "html":
            return "text/html", f"<!doctype html><script>{call}</script>".encode()
        case "svg":
            svg = f'<svg xmlns="http://www.w3.org/2000/svg"><script>{call}</script></svg>'
            return "image/svg+xml", svg.encode()
        case "css":
            return "text/css", b":root { --canary: 1 }"
        case _:
            return "image/gif", _PIXEL
