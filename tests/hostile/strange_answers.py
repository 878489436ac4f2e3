"""Good answers of every dialect, and what may stand in them instead: JSON values of every kind, and what is no JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from ..servers import DIALECTS, Answer, Reasoning, Usage
from ..servers.dialect import steps
from ..servers.recorder import Request

FRAMED = {
    "openai": "openai_chat",
    "openai-responses": "openai_responses",
    "anthropic": "anthropic",
    "gemini": "gemini",
    "ollama": "ollama",
}
"""The providers whose answers are made of JSON, and the dialects of their servers."""

BEFORE = ("so ", "far ")
"""The text that comes before anything strange."""

DEEP = "[" * 100_000
"""A text that is nested deeper than anybody reads."""

DIGITS = "9" * 5_000
"""A whole number that Python refuses to read."""

RAW = (
    DEEP,
    f"{DEEP}{']' * 100_000}",
    '{"a":' * 5_000 + "1" + "}" * 5_000,
    DIGITS,
    f"-{DIGITS}",
    f'"{DIGITS}"',
    "9" * 400,
    str(2**63),
    str(2**64 - 1),
    f"{DIGITS}.5",
    "1e999",
    "-1e999",
    "NaN",
    "Infinity",
    '"\\ud800"',
    '"\\ud83d"',
    '"\\udc00\\ud800"',
    '"\\u0000"',
    '"²"',
    '"²00"',
    '"429"',
    "²",
    "429",
    "404.0",
    "-1",
    "0.5",
    "null",
    "true",
    "[]",
    "{}",
    '""',
    '"\x00\x1b]0;x\x07"',
    "[null]",
    '[[["a"]]]',
    '{"":{"":null}}',
    '{"message":{"message":{"message":{"message":5}}}}',
    '{"code":"²","message":null}',
    f'{{"code":{DIGITS},"message":"m"}}',
    f'{{"code":"{DIGITS}"}}',
    f'{{"message":{DEEP}}}',
    '{"loc":[1,null,{"a":1}],"msg":"m"}',
    '{"metadata":{"raw":{"metadata":{"raw":"{}"}}}}',
    '{"details":[{"retryDelay":"99999999999999h"},{"retryDelay":"²s"},null]}',
    "undefined",
    "",
    '"',
)
"""What may stand in the place of a value, as it goes over the wire."""

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "code", "type", "message", "text", "delta", "usage", "index", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)

values = st.sampled_from(RAW) | json_values.map(json.dumps)
"""A value as it goes over the wire."""


def good(provider: str) -> bytes:
    """The bytes of a good answer: reasoning, text, usage."""
    dialect = DIALECTS[FRAMED[provider]]
    answer = Answer(Reasoning("hm"), *BEFORE, "and ", "more", usage=Usage(5, 7), model="m-1")
    body = b'{"model": "m-1", "stream": true, "stream_options": {"include_usage": true}}'
    request = Request("POST", "/v1", "/v1", {}, (), body)
    return b"".join(one for one in steps(dialect, answer, request) if isinstance(one, bytes))


def frames(provider: str) -> list[bytes]:
    """The frames of a good answer."""
    end = b"\n" if provider == "ollama" else b"\n\n"
    wire = good(provider).replace(b"\r\n", b"\n")
    return [frame + end for frame in wire.split(end) if frame.strip()]


def payload(frame: bytes) -> Any:
    """The JSON of a frame; ``None`` where it has none."""
    line = next((line for line in frame.split(b"\n") if line.startswith((b"data: {", b"{"))), b"")
    return json.loads(line.removeprefix(b"data: ")) if line else None


def with_payload(frame: bytes, text: str) -> bytes:
    """A frame with another text in its payload's place."""
    lines = frame.split(b"\n")
    place = next(n for n, line in enumerate(lines) if line.startswith((b"data: ", b"{")))
    mark = b"data: " if lines[place].startswith(b"data: ") else b""
    lines[place] = mark + text.replace("\n", " ").encode("utf-8", "surrogatepass")
    return b"\n".join(lines)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all values within a value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in items:
        yield from places(one, (*path, key))


def put(value: Any, path: tuple[Any, ...], raw: str) -> str:
    """The JSON text of a value with something else in one place."""
    mark = "\u0001here\u0001"
    if not path:
        return raw
    copied = json.loads(json.dumps(value))
    within = copied
    for key in path[:-1]:
        within = within[key]
    within[path[-1]] = mark
    return json.dumps(copied, ensure_ascii=False).replace(json.dumps(mark, ensure_ascii=False), raw, 1)
