"""Bytes to frames: the standard's examples, the wild forms, and any cutting."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import decoders
from notebook_chat.decoders import (
    Frame,
    FrameTooLongError,
    NDJSONDecoder,
    SSEDecoder,
    TextDecoder,
    decode_json,
)


def sse(*blocks: bytes) -> list[Frame]:
    decoder = SSEDecoder()
    frames = [frame for block in blocks for frame in decoder.feed(block)]
    return frames + decoder.flush()


def in_single_bytes(data: bytes) -> list[bytes]:
    return [data[place : place + 1] for place in range(len(data))]


# The examples of the WHATWG HTML standard, section "Interpreting an event stream", and forms met in the wild.
STREAMS: dict[str, tuple[bytes, list[Frame]]] = {
    "standard: two lines of data": (
        b"data: YHOO\ndata: +2\ndata: 10\n\n",
        [Frame(b"YHOO\n+2\n10")],
    ),
    "standard: comment, id, empty id": (
        b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
        [Frame(b"first event"), Frame(b"second event"), Frame(b" third event")],
    ),
    "standard: empty data": (b"data\n\ndata\ndata\n\ndata:\n\n", [Frame(b""), Frame(b"\n"), Frame(b"")]),
    "standard: the space after the colon": (b"data:test\n\ndata: test\n\n", [Frame(b"test"), Frame(b"test")]),
    "standard: named events": (
        b"event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n",
        [Frame(b"73857293", "add"), Frame(b"2153", "remove"), Frame(b"113411", "add")],
    ),
    "an event without data is none": (b"event: ping\n\ndata: x\n\n", [Frame(b"x")]),
    "CRLF": (b"data: a\r\n\r\ndata: b\r\n\r\n", [Frame(b"a"), Frame(b"b")]),
    "CR": (b"data: a\r\rdata: b\r\r", [Frame(b"a"), Frame(b"b")]),
    "mixed line ends": (b"data: a\r\n\ndata: b\n\r\ndata: c\r\r\n", [Frame(b"a"), Frame(b"b"), Frame(b"c")]),
    "byte order mark": (b"\xef\xbb\xbfdata: a\n\n", [Frame(b"a")]),
    "a mark is one only at the beginning": (b"data: a\n\n\xef\xbb\xbfdata: b\n\n", [Frame(b"a")]),
    "heartbeats": (b": OPENROUTER PROCESSING\n\n: hi\ndata: a\n\n", [Frame(b"a")]),
    "fields nobody knows": (b"data: a\nretry: 10\nx-new: 1\nnonsense\n\n", [Frame(b"a")]),
    "U+2028 ends no line": ("data: a\u2028b\n\n".encode(), [Frame("a\u2028b".encode())]),
    "no blank line at the end": (b"data: a\n\ndata: b", [Frame(b"a"), Frame(b"b")]),
    "many blank lines": (b"\n\n\ndata: a\n\n\n\n\ndata: b\n\n\n", [Frame(b"a"), Frame(b"b")]),
    "empty": (b"", []),
}


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("cut", [lambda data: [data], in_single_bytes], ids=["whole", "single bytes"])
def test_sse_streams(name: str, cut: Any) -> None:
    data, frames = STREAMS[name]
    assert sse(*cut(data)) == frames


@given(
    st.lists(st.sampled_from([data for data, _ in STREAMS.values()]), max_size=4),
    st.lists(st.integers(0, 200), max_size=12),
)
def test_sse_does_not_depend_on_the_cutting(streams: list[bytes], places: list[int]) -> None:
    data = b"".join(streams)
    cuts = sorted({min(place, len(data)) for place in places})
    pieces = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    assert sse(*pieces) == sse(data)


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))), st.booleans())
def test_sse_gives_every_payload_back(texts: list[str], crlf: bool) -> None:
    end = b"\r\n" if crlf else b"\n"
    data = b"".join(b"data: " + text.encode() + end + end for text in texts)
    assert [frame.data.decode() for frame in sse(data)] == texts


@given(st.binary(max_size=300))
def test_sse_survives_anything(data: bytes) -> None:
    assert sse(data) == sse(*in_single_bytes(data))


def test_sse_gives_an_event_as_soon_as_it_is_complete() -> None:
    decoder = SSEDecoder()
    assert decoder.feed(b"data: a\r\n\r") == [Frame(b"a")]  # the CR ends the line, whatever follows
    assert decoder.feed(b"\ndata: b\n") == []
    assert decoder.feed(b"\n") == [Frame(b"b")]


@pytest.mark.parametrize("block", [1 << 14, 1 << 20])
def test_an_event_of_8_mb(block: int) -> None:
    payload = b"x" * (8 << 20)
    data = b"data: " + payload + b"\n\ndata: y\n\n"
    frames = sse(*(data[place : place + block] for place in range(0, len(data), block)))
    assert [frame.data for frame in frames] == [payload, b"y"]


@pytest.mark.parametrize("decoder", [SSEDecoder, NDJSONDecoder])
def test_an_endless_frame_is_refused(decoder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoders, "MAX_FRAME", 1000)
    endless = decoder()
    with pytest.raises(FrameTooLongError, match="1,000 bytes"):
        for _ in range(20):
            endless.feed(b"x" * 100)


@given(
    st.lists(st.dictionaries(st.text(max_size=5), st.integers(), max_size=3)),
    st.integers(1, 50),
    st.booleans(),
)
def test_ndjson_gives_every_value_back(values: list[dict[str, int]], size: int, ended: bool) -> None:
    data = b"\n".join(json.dumps(value).encode() for value in values) + (b"\r\n\n" if ended else b"")
    decoder = NDJSONDecoder()
    frames = [f for place in range(0, len(data), size) for f in decoder.feed(data[place : place + size])]
    assert [json.loads(frame.data) for frame in frames + decoder.flush()] == values


@given(st.text(), st.integers(1, 5))
def test_text_is_whole_however_it_is_cut(text: str, size: int) -> None:
    text = text.encode("utf-8", "replace").decode()
    data = text.encode()
    decoder = TextDecoder()
    pieces = [decoder.feed(data[place : place + size]) for place in range(0, len(data), size)]
    assert "".join(pieces) + decoder.flush() == text


def test_invalid_bytes_of_a_text_become_replacement_characters() -> None:
    decoder = TextDecoder()
    assert decoder.feed(b"ok \xff\xfe ok \xe4\xbd") == "ok \ufffd\ufffd ok "
    assert decoder.flush() == "\ufffd"


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a": "x"}', "x"),
        (b'{"a": "\xff"}', "\ufffd"),
        (b'{"a": "\n\x01"}', "\n\x01"),
        (rb'{"a": "\ud83d"}', "\ufffd"),
        (rb'{"a": "\ud83d\ude00"}', "\U0001f600"),
        (b'{"a": NaN}', None),
        (b'\xef\xbb\xbf{"a": "x"}', "x"),
    ],
)
def test_json_of_careless_services(data: bytes, value: object) -> None:
    assert decode_json(msgspec.json.Decoder(dict[str, Any]), data)["a"] == value


@pytest.mark.parametrize("data", [b"", b"{", b"<html>", b'{"a": 1} trailing', b"\xff"])
def test_what_is_not_json_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  the type is the contract, the words are the decoder's
        decode_json(msgspec.json.Decoder(dict[str, Any]), data)


class Inner(msgspec.Struct, frozen=True):
    text: str = ""
    count: int | None = None


class Outer(msgspec.Struct, frozen=True):
    inner: Inner = Inner()
    many: list[Inner] = []
    either: str | list[int] | None = None
    must: msgspec.Raw = msgspec.Raw(b"{}")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[]", Outer()),
        ("7", Outer()),
        ('{"inner": null}', Outer()),
        ('{"inner": {"text": 3, "count": 4}}', Outer(Inner(count=4))),
        ('{"inner": {"text": "a", "count": 4.0}}', Outer(Inner("a", 4))),
        ('{"inner": {"text": "a", "count": 4.5}}', Outer(Inner("a"))),
        ('{"inner": {"text": "a", "count": "4"}}', Outer(Inner("a"))),
        ('{"inner": {"text": "a", "count": true}}', Outer(Inner("a"))),
        ('{"inner": {"text": "a", "count": 1e300}}', Outer(Inner("a"))),
        ('{"many": [null, {"text": "a"}, 3, {"text": []}]}', Outer(many=[Inner("a"), Inner()])),
        ('{"many": {"text": "a"}, "either": [1, "x", 2]}', Outer(either=[1, 2])),
        ('{"inner": 1, "must": {"a": [NaN]}}', Outer(must=msgspec.Raw(b'{"a":[null]}'))),
    ],
)
def test_a_field_of_another_type_counts_as_absent(text: str, value: Outer) -> None:
    assert decode_json(msgspec.json.Decoder(Outer), text.encode()) == value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["inner", "many", "either", "text", "count", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(value=JSON)
def test_whatever_is_json_fits(value: Any) -> None:
    assert isinstance(decode_json(msgspec.json.Decoder(Outer), json.dumps(value).encode()), Outer)


@pytest.mark.parametrize(
    "line", [b'error: {"code": 500, "message": "out of memory"}', b"error:out of memory"]
)
def test_an_error_field_is_an_error_object(line: bytes) -> None:
    [one, failure] = SSEDecoder().feed(b"data: {}\n\n" + line + b"\n\n")
    assert (one.data, failure.event) == (b"{}", "error")
    error = json.loads(failure.data)["error"]
    assert (error if isinstance(error, str) else error["message"]) == "out of memory"
