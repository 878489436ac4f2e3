"""Framing and cutting, without a socket."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from . import DIALECTS, Answer, Pause, Raw, Request, Text, ToolCall, Wire, anywhere, around, at, every
from .dialect import steps
from .raw_client import BODIES, PATHS
from .wire import Cut, Frame, comment, encode, shorten, writes

FRAME = Frame({"a": "ü\n👋", "b": [1]}, "named")
CUTS = st.one_of(
    st.integers(1, 9).map(every),
    st.integers(0, 99).map(anywhere),
    st.lists(st.integers(0, 50), max_size=5).map(lambda positions: at(*positions)),
    st.binary(min_size=1, max_size=3).map(around),
)


def request_to(dialect: str) -> Request:
    path = PATHS[dialect].partition("?")[0]
    return Request("POST", PATHS[dialect], path, {"alt": "sse"}, (), json.dumps(BODIES[dialect]).encode())


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        (Wire(), 'event: named\ndata: {"a":"ü\\n👋","b":[1]}\n\n'),
        (Wire(space=False, newline="\r\n"), 'event:named\r\ndata:{"a":"ü\\n👋","b":[1]}\r\n\r\n'),
        (Wire(newline="\r"), 'event: named\rdata: {"a":"ü\\n👋","b":[1]}\r\r'),
        (Wire(ascii=True), 'event: named\ndata: {"a":"\\u00fc\\n\\ud83d\\udc4b","b":[1]}\n\n'),
        (Wire(extra={"z": 0}), 'event: named\ndata: {"a":"ü\\n👋","b":[1],"z":0}\n\n'),
        (Wire(heartbeat="beat"), ': beat\n\nevent: named\ndata: {"a":"ü\\n👋","b":[1]}\n\n'),
        (
            Wire(unknown_fields=True),
            'event: named\nid: 7\nretry: 3000\nx-nobody: knows\nalone\ndata: {"a":"ü\\n👋","b":[1]}\n\n',
        ),
        (
            Wire(data_lines=True),
            'event: named\ndata: {\ndata:  "a": "ü\\n👋",\ndata:  "b": [\ndata:   1\ndata:  ]\ndata: }\n\n',
        ),
    ],
)
def test_an_sse_event(wire: Wire, expected: str) -> None:
    assert encode(FRAME, "sse", wire).decode() == expected


def test_the_other_framings() -> None:
    assert encode(FRAME, "ndjson", Wire()).decode() == '{"a":"ü\\n👋","b":[1]}\n'
    assert encode(Frame("ü\n"), "text", Wire()) == "ü\n".encode()
    assert encode(Frame("[DONE]"), "sse", Wire()) == b"data: [DONE]\n\n"
    assert [comment("x", framing, Wire()) for framing in ("sse", "ndjson", "text")] == [
        b": x\n\n",
        b"\n",
        b"",
    ]


def test_an_event_that_breaks_off() -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(encode(Frame({"a": "a long text"}, cut_short=True), "ndjson", Wire()))
    with pytest.raises(UnicodeDecodeError):
        encode(Frame("text", cut_short=True), "text", Wire()).decode()


@pytest.mark.parametrize(("kept", "end"), [(2, "\r\n\r\n"), (1, "\r\n"), (0, "")])
def test_the_end_of_the_last_event(kept: int, end: str) -> None:
    wire = Wire(newline="\r\n", final_newlines=kept)
    assert shorten(b"data: [DONE]\r\n\r\n", "sse", wire) == b"data: [DONE]" + end.encode()
    assert shorten(b"{}\n", "ndjson", wire) == (b"{}" if kept == 0 else b"{}\n")
    assert shorten(b"text\n", "text", wire) == b"text\n"


def test_events_in_a_write() -> None:
    events = [b"a", b"b", b"c", b"d", b"e"]
    assert writes(events, Wire()) == events
    assert writes(events, Wire(events_per_write=2)) == [b"ab", b"cd", b"e"]
    assert writes(events, Wire(cut=every(3))) == [b"abc", b"de"]


def test_cuts_are_where_they_say() -> None:
    assert every(1)(b"abc") == [b"a", b"b", b"c"]
    assert at(1, 3)(b"abcd") == [b"a", b"bc", b"d"]
    assert around(b"\r\n")(b"a\r\nb\r\n") == [b"a\r", b"\nb\r", b"\n"]
    assert around("é".encode())("né".encode()) == [b"n\xc3", b"\xa9"]
    assert anywhere(1)(b"x" * 200) == anywhere(1)(b"x" * 200) != anywhere(2)(b"x" * 200)


@settings(deadline=None)
@given(st.binary(max_size=200), CUTS)
def test_no_cut_loses_anything(data: bytes, cut: Cut) -> None:
    pieces = writes([data], Wire(cut=cut))
    assert b"".join(pieces) == data
    assert all(pieces)


def test_a_cut_that_loses_something_is_refused() -> None:
    with pytest.raises(ValueError, match="same bytes"):
        writes([b"abc"], Wire(cut=lambda data: [data[1:]]))


@settings(deadline=None)
@given(st.sampled_from(sorted(DIALECTS)), st.lists(st.text(max_size=9), max_size=5), CUTS)
def test_every_text_survives_every_dialect(name: str, texts: list[str], cut: Cut) -> None:
    clean = [text.encode("utf-8", "replace").decode() for text in texts]
    answer = Answer(*clean, Raw(b"!"), wire=Wire(cut=cut))
    plan = steps(DIALECTS[name], answer, request_to(name))
    body = b"".join(step for step in plan if isinstance(step, bytes)).decode()
    if name == "gpt_site":
        assert body == "".join(clean) + "!"
    else:
        assert all(json.dumps(text, ensure_ascii=False) in body for text in clean)


def test_what_happens_between_writes_stays_in_its_place() -> None:
    pause = Pause(0.1)
    plan = steps(DIALECTS["gpt_site"], Answer("a", "b", pause, "c", wire=Wire(events_per_write=9)), REQUEST)
    assert plan == [b"ab", pause, b"c"]
    plan = steps(DIALECTS["gpt_site"], Answer("a", wire=Wire(bom=True)), REQUEST)
    assert plan == [b"\xef\xbb\xbf", b"a"]


REQUEST = request_to("gpt_site")


def test_the_arguments_of_a_tool_call_are_cut() -> None:
    assert list(ToolCall("f", '{"a": 1}', pieces=3).cut()) == ['{"a', '": ', "1}"]
    assert list(ToolCall("f", "{}", pieces=9).cut()) == ["{", "}"]
    assert list(ToolCall("f", "").cut()) == []


def test_an_answer_takes_strings_for_text() -> None:
    answer = Answer("a", Pause(1), "b")
    assert answer.pieces == (Text("a"), Pause(1), Text("b"))
    assert answer.text == "ab"
