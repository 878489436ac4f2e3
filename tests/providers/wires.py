"""What the tests of the dialects share: bytes in, events out; and the request that goes out."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from typing import Any

from hypothesis import strategies as st

from notebook_chat.events import Event, TextDelta
from notebook_chat.providers.http import HTTPProvider
from notebook_chat.request import HttpRequest
from notebook_chat.secrets import wrap_secrets

KEY = "sk-planted-secret-0123456789"
PNG = b"\x89PNG\r\n\x1a\n and the rest"

CONVERSATION: list[Any] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "one"},
    {"role": "user", "content": "two"},
    {"role": "assistant", "content": "three"},
    {"role": "user", "content": "four"},
]

texts = st.lists(st.text(min_size=1), min_size=1, max_size=8)
cuts = st.lists(st.integers(0, 2000), max_size=12)


def sse(*events: Any, named: bool = False) -> bytes:
    """The events as a server sends them."""
    blocks = []
    for event in events:
        name = f"event: {event['type']}\n" if named else ""
        blocks.append(f"{name}data: {json.dumps(event)}\n\n")
    return "".join(blocks).encode()


def ndjson(*lines: Any) -> bytes:
    """The lines as a server sends them."""
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def read(provider: type[HTTPProvider], wire: bytes, places: Iterable[int] = ()) -> list[Event]:
    """The events of an answer whose bytes are cut at these places; what its reader raises."""
    events: list[Event] = []
    take(provider, wire, events, places)
    return events


def take(provider: type[HTTPProvider], wire: bytes, into: list[Event], places: Iterable[int] = ()) -> None:
    """As ``read``; the events that come before what the reader raises are kept."""
    reader = provider.reader(HttpRequest("POST", "http://service/v1", {"Authorization": guarded_key()}))
    edges = [0, *sorted(place for place in places if place < len(wire)), len(wire)]
    for start, end in itertools.pairwise(edges):
        into += reader.feed(wire[start:end])
    into += reader.flush()


def guarded_key() -> Any:
    """The key, as requests hold it."""
    return wrap_secrets({"api_key": KEY})["api_key"]


def text_of(events: Sequence[Event]) -> str:
    """The text of an answer."""
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def built(
    provider: type[HTTPProvider], messages: Any = "hi", model: str = "", **options: Any
) -> tuple[HttpRequest, Any]:
    """The request for a call, and its body."""
    options = wrap_secrets({"api_key": KEY, **options})
    request = provider.build_request(provider.check(model, messages, options))
    assert request.method == "POST"
    assert request.body is not None
    assert KEY not in repr(request)
    return request, json.loads(request.body)


def header(request: HttpRequest, name: str) -> str:
    """A header of a request, as it goes out."""
    value = request.headers[name]
    return value if isinstance(value, str) else value.reveal()
