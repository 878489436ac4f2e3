"""A vendor's server on loopback: it answers what a test tells it to, and records what it was asked."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
import time
from collections.abc import Collection, Sequence
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from .answers import Answer
from .background import BackgroundLoop, Signal, stop_listening
from .connections import HTTPConnections
from .dialect import Dialect, body_of
from .recorder import Exchange, Recorder, Request
from .replies import Failure, Response, Run, Script
from .sending import drop, send_answer, send_response

_HANDLER_SECONDS = 2.0
"""How long the server waits at its end for its handlers to notice."""


class ServerFault(Exception):
    """The server itself failed, most likely over what a test told it."""


class VendorServer:
    """A server of one dialect, on a port of its own, on a thread of its own. Use it in a ``with``.

    Args:
        dialect: How it talks.
        replies: One for each request, in order; the last one also for all that come after.
        key: The key it wants to see; any or none is fine when None.
        models: The models it lists, or what it replies to those who ask for the list.
        only_listed: Whether it refuses other models than those it lists.
        page_size: The most models it puts on a page, in the dialects that have pages.
        refuse: Fields that it refuses in a request for an answer, as some compatible servers do.
        tls: Serve HTTPS with this context.
    """

    def __init__(
        self,
        dialect: Dialect,
        *replies: Script,
        key: str | None = None,
        models: Sequence[str] | Failure | Response = ("model-a", "model-b", "model-c"),
        only_listed: bool = False,
        page_size: int | None = None,
        refuse: Collection[str] = (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.dialect = dialect
        self._key = key
        self._models = models
        self._only_listed = only_listed
        self._page_size = page_size
        self._refuse = refuse
        self._tls = tls
        self._recorder = Recorder()
        self._lock = threading.Lock()
        self._replies: list[Script] = []
        self._faults: list[Exception] = []
        self._background: BackgroundLoop | None = None
        self.reply_with(*(replies or (Answer("Hello"),)))

    # --- life ---

    def __enter__(self) -> Self:
        self._background = BackgroundLoop(f"{self.dialect.name} server")
        self.port: int = self._background.run(self._start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if self._faults and error is None:
            raise ServerFault(f"the {self.dialect.name} server failed") from self._faults[0]

    def close(self) -> None:
        """Go away: cut every connection and listen no more. Closing twice is fine."""
        if self._background is None:
            return
        background, self._background = self._background, None
        try:
            background.run(self._stop())
        finally:
            background.close()

    async def _start(self) -> int:
        self._http = HTTPConnections(self._handle)
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(self._http, "127.0.0.1", 0, backlog=1024, ssl=self._tls)
        port: int = self._listener.sockets[0].getsockname()[1]
        return port

    async def _stop(self) -> None:
        await stop_listening(self._listener)
        self._http.abort_all()
        await self._http.shutdown(_HANDLER_SECONDS)

    # --- where it is ---

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        """The URL that the vendor's documentation calls its base."""
        return self.origin + self.dialect.base_path

    # --- what it says ---

    def reply_with(self, *replies: Script) -> None:
        """Forget the replies there were; from now on, these.

        Raises:
            UnsupportedPieceError: The dialect has no words for a piece of an answer.
        """
        for reply in replies:
            if isinstance(reply, Answer):
                self.dialect.verify(reply)
        with self._lock:
            self._replies = list(replies)

    # --- what it saw ---

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All requests, and how their responses fared, in the order of arrival."""
        return self._recorder.exchanges

    @property
    def requests(self) -> tuple[Request, ...]:
        """All requests, in the order of arrival."""
        return tuple(exchange.request for exchange in self.exchanges)

    @property
    def connections(self) -> int:
        """How many TCP connections were accepted (over TLS: those whose handshake was completed)."""
        return self._http.accepted

    @property
    def open_connections(self) -> int:
        """How many of them are open."""
        return len(self._http.open)

    def exchange(self, index: int = 0) -> Exchange:
        """The exchange at ``index``, counted from 0; blocks until its request has arrived.

        Raises:
            TimeoutError: It does not arrive.
        """
        return self._recorder.exchange(index)

    def arrival(self, count: int = 1) -> Signal:
        """A signal that is set as soon as there have been ``count`` requests."""
        return self._recorder.arrival(count)

    def forget(self) -> None:
        """Forget the requests recorded so far."""
        self._recorder.clear()

    # --- how it works ---

    async def _handle(self, raw: web.BaseRequest) -> web.StreamResponse:
        exchange = Exchange(await self._received(raw))
        self._recorder.add(exchange)
        self._http.exchanges[raw.protocol] = exchange
        try:
            return await self._respond(raw, exchange)
        except (ConnectionError, asyncio.CancelledError):
            raise  # the client has gone, or the server is closing
        except Exception as error:
            self._faults.append(error)
            raise
        finally:
            exchange.finished.set()
            self._http.exchanges.pop(raw.protocol, None)

    async def _received(self, raw: web.BaseRequest) -> Request:
        body = await raw.read()
        request = Request(
            method=raw.method,
            target=raw.raw_path,
            path=raw.path,
            query=dict(raw.query),
            headers=tuple(
                (name.decode(), value.decode("utf-8", "replace")) for name, value in raw.raw_headers
            ),
            body=body,
            connection=self._http.number(raw.protocol),
            at=time.monotonic(),
        )
        turns = self.dialect.turns(body_of(request)) if self.dialect.route(request) == "chat" else ()
        return Request(**{**vars(request), "turns": turns})

    async def _respond(self, raw: web.BaseRequest, exchange: Exchange) -> web.StreamResponse:
        request = exchange.request
        reply = self._reply(request)
        if isinstance(reply, Answer):
            return await send_answer(raw, exchange, self.dialect, reply)
        if isinstance(reply, Failure):
            words = (reply.message or "").replace("{key}", self.dialect.key(request) or "")
            named = Failure(reply.kind, words or None, reply.status)
            response = self.dialect.failure(named, request)
            reply = Response(response.status, response.body, {**response.headers, **reply.headers})
        if isinstance(reply, Response):
            return await send_response(raw, exchange, reply)
        return await drop(raw, reply)

    def _reply(self, request: Request) -> Run:
        route = self.dialect.route(request)
        if self._key is not None and self.dialect.key(request) != self._key:
            return Failure("authentication")
        if route == "models":
            return self._list(request)
        if route is None:
            return Response(404, b"404 page not found", {"Content-Type": "text/plain; charset=utf-8"})
        return self._refusal(request) or self._next(request)

    def _list(self, request: Request) -> Run:
        if isinstance(self._models, Failure | Response):
            return self._models
        listed = self.dialect.models(tuple(self._models), request, self._page_size)
        headers = {"Content-Type": "application/json", **self.dialect.headers()}
        return Response(200, json.dumps(listed).encode(), headers)

    def _refusal(self, request: Request) -> Failure | None:
        """What the vendor finds wrong with a request for an answer."""
        try:
            body: Any = request.json
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return Failure("bad_request")
        for field in self._refuse:
            if field in body:
                return self.dialect.refusal(field)
        if (words := self.dialect.check(request, body)) is not None:
            return Failure("bad_request", words)
        listed = () if isinstance(self._models, Failure | Response) else self._models
        unknown = self._only_listed and self.dialect.model(request) not in listed
        return Failure("unknown_model") if unknown else None

    def _next(self, request: Request) -> Run:
        with self._lock:
            script = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        reply = script
        if callable(script):
            reply = script(request)
            if isinstance(reply, Answer):
                self.dialect.verify(reply)
        whole = self.dialect.whole(reply, request) if isinstance(reply, Answer) else None
        return whole or reply
