"""What a vendor's dialect is to a server, and how an answer becomes bytes in it."""

from __future__ import annotations

import json
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal

from .answers import Answer, Content, Control, Gate, Heartbeat, Malformed, Pause, Raw, StreamFailure, Text
from .recorder import Request, Turn
from .replies import Failure, Response
from .wire import Frame, Framing, Wire, comment, encode, shorten, writes

Route = Literal["chat", "models"]

_BROKEN = Text("a piece that breaks off in its middle")


class UnsupportedPieceError(ValueError):
    """A test wants a dialect to say what it has no words for."""


class Encoder(ABC):
    """One answer, put into a dialect's events. It holds what a dialect has to remember between them.

    Args:
        answer: The answer.
        request: What it answers.
        model: The name of the model that answers.
    """

    def __init__(self, answer: Answer, request: Request, model: str) -> None:
        self.answer = answer
        self.request = request
        self.model = model

    def begin(self) -> Iterable[Frame]:
        """The events before the first piece."""
        return ()

    @abstractmethod
    def content(self, piece: Content) -> Iterable[Frame]:
        """The events of a piece."""

    @abstractmethod
    def failure(self, failure: StreamFailure) -> Iterable[Frame]:
        """The events of an error inside the stream."""

    @abstractmethod
    def end(self) -> Iterable[Frame]:
        """The events after the last piece."""

    def heartbeat(self) -> Frame | None:
        """The dialect's own sign of life, where it has one that is no comment."""
        return None


class Dialect(ABC):
    """How one vendor talks. Instances hold no state: one serves any number of servers."""

    name: ClassVar[str]
    framing: ClassVar[Framing] = "sse"
    content_type: ClassVar[str] = "text/event-stream; charset=utf-8"
    base_path: ClassVar[str] = ""
    carries: ClassVar[tuple[type, ...]]
    """The kinds of content that it has words for."""

    def __repr__(self) -> str:
        return self.name

    @abstractmethod
    def route(self, request: Request) -> Route | None:
        """What a request is for; None when the vendor has nothing there."""

    @abstractmethod
    def key(self, request: Request) -> str | None:
        """The key that a request carries."""

    def model(self, request: Request) -> str:
        """The name of the model that a request asks for."""
        return str(body_of(request).get("model") or "")

    @abstractmethod
    def turns(self, body: Mapping[str, Any]) -> tuple[Turn, ...]:
        """The conversation in a request's body."""

    @abstractmethod
    def check(self, request: Request, body: Mapping[str, Any]) -> str | None:
        """What the vendor finds wrong with a request for an answer, in its words."""

    @abstractmethod
    def encoder(self, answer: Answer, request: Request, model: str) -> Encoder:
        """What puts an answer into events."""

    @abstractmethod
    def failure(self, failure: Failure, request: Request) -> Response:
        """A failure in the vendor's shape."""

    def whole(self, answer: Answer, request: Request) -> Response | None:
        """An answer in one piece, where the dialect has one and the request wants it so."""
        return None

    def refusal(self, field: str) -> Failure:
        """How a server of this dialect refuses a field that it does not know."""
        return Failure("bad_request", f"Unrecognized request argument supplied: {field}")

    @abstractmethod
    def models(self, names: Sequence[str], request: Request, page_size: int | None) -> dict[str, Any] | None:
        """The list of models, or the page of it that is asked for; None when the vendor has none."""

    def headers(self) -> dict[str, str]:
        """The headers that all of the vendor's responses have."""
        return {}

    def verify(self, answer: Answer) -> None:
        """Make sure that the dialect can say all of ``answer``.

        Raises:
            UnsupportedPieceError: It has no words for one of its pieces.
        """
        for piece in answer.pieces:
            if isinstance(piece, Content) and not isinstance(piece, self.carries):
                raise UnsupportedPieceError(f"{self.name} has no {type(piece).__name__}")


# --- from an answer to what goes on the wire ------------------------------------------------------------


def steps(dialect: Dialect, answer: Answer, request: Request) -> list[bytes | Control]:
    """What a server does to send an answer: writes, each its bytes, and what happens between them."""
    model = answer.model or dialect.model(request) or "model"
    encoder = dialect.encoder(answer, request, model)
    done: list[bytes | Control] = []
    waiting: list[bytes] = []
    for step in _events(dialect, encoder, answer):
        if isinstance(step, bytes):
            waiting.append(step)
            continue
        done += writes(waiting, answer.wire)
        waiting.clear()
        done.append(step)
    return done + writes(waiting, answer.wire)


def _events(dialect: Dialect, encoder: Encoder, answer: Answer) -> Iterator[bytes | Control]:
    wire, framing = answer.wire, dialect.framing
    if wire.bom:
        yield b"\xef\xbb\xbf"
    for frame in encoder.begin():
        yield encode(frame, framing, wire)
    for piece in answer.pieces:
        if isinstance(piece, StreamFailure):
            yield from _last(encoder.failure(piece), framing, wire)
            return
        if isinstance(piece, Raw):
            yield piece.data
        elif isinstance(piece, Control):
            yield piece
            if not isinstance(piece, Pause | Gate):
                return
        else:
            yield from _piece(piece, encoder, framing, wire)
    yield from _last(encoder.end(), framing, wire)


def _piece(
    piece: Content | Heartbeat | Malformed, encoder: Encoder, framing: Framing, wire: Wire
) -> Iterator[bytes]:
    if isinstance(piece, Heartbeat):
        own = encoder.heartbeat()
        yield encode(own, framing, wire) if own else comment(piece.comment, framing, wire)
        return
    frames = list(encoder.content(_BROKEN if isinstance(piece, Malformed) else piece))
    if isinstance(piece, Malformed):
        frames[-1] = replace(frames[-1], cut_short=True)
    for frame in frames:
        yield encode(frame, framing, wire)


def _last(frames: Iterable[Frame], framing: Framing, wire: Wire) -> Iterator[bytes]:
    encoded = [encode(frame, framing, wire) for frame in frames]
    yield from encoded[:-1]
    for last in encoded[-1:]:
        yield shorten(last, framing, wire)


# --- what the dialects share ----------------------------------------------------------------------------


def body_of(request: Request) -> dict[str, Any]:
    """The JSON object in a request's body; an empty one when there is none."""
    try:
        body = request.json
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def bearer(request: Request) -> str | None:
    """The key of an ``Authorization: Bearer`` header."""
    scheme, _, key = (request.header("Authorization") or "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" and key.strip() else None


def text_of(content: Any) -> str:
    """The text of a message's content: a string, or parts of which some are text."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") for part in parts if isinstance(part, dict))
    return "".join(text for text in texts if isinstance(text, str))


def json_response(status: int, body: Any, headers: Mapping[str, str]) -> Response:
    """A response with a JSON body."""
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(status, data, {"Content-Type": "application/json", **headers})


def token() -> str:
    """A random id, as vendors have them in their ids."""
    return uuid.uuid4().hex
