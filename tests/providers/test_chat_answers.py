"""What answers in chat completions hold besides text: sources, images, sound, code, calls, and what goes back."""

from __future__ import annotations

import base64
import itertools
import json
import struct
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import errors
from notebook_chat.answer import AnswerFold, AnswerSnapshot
from notebook_chat.events import Finish, Usage
from notebook_chat.parts import (
    AudioPart,
    CodePart,
    CodeResultPart,
    ImagePart,
    Part,
    ReasoningPart,
    SearchPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    UnknownPart,
)
from notebook_chat.providers import OpenAI
from notebook_chat.request import HttpRequest

from .wires import PNG, cuts, read, sse

DONE = b"data: [DONE]\n\n"
A, B, C = (f"https://{name}.example/" for name in "abc")


def choice(finish: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"model": "m-1", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def answer(*chunks: dict[str, Any], places: Iterable[int] = (), end: bytes = DONE) -> AnswerSnapshot:
    """The answer that these chunks are, and a reason to stop behind them."""
    fold = AnswerFold()
    fold.add(read(OpenAI, sse(*chunks, choice("stop")) + end, places))
    return fold.snapshot()


def whole(finish: str = "stop", around: dict[str, Any] | None = None, **message: Any) -> AnswerSnapshot:
    """The answer that a message in one piece is."""
    body = {"object": "chat.completion", "choices": [{"message": message, "finish_reason": finish}]}
    fold = AnswerFold()
    fold.add(read(OpenAI, json.dumps({**body, **(around or {})}).encode()))
    return fold.snapshot()


def parts_of(found: AnswerSnapshot, kind: type[Part]) -> list[Part]:
    return [part for part in found.parts if isinstance(part, kind)]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def url_citation(url: str, start: int = 0, end: int = 0, **more: Any) -> dict[str, Any]:
    told = {"url": url, "title": "T", "start_index": start, "end_index": end, **more}
    return {"type": "url_citation", "url_citation": told}


def data_url(data: bytes, media_type: str = "image/png") -> str:
    return f"data:{media_type};base64,{b64(data)}"


# --- sources --------------------------------------------------------------------------------------------


@given(places=cuts)
def test_annotations_with_places_in_the_text(places: list[int]) -> None:
    found = answer(
        choice(content="It is "),
        choice(content="so [a]"),
        choice(annotations=[url_citation(A, 3, 12)]),
        choice(content="."),
        places=places,
    )
    assert found.text == "It is so [a]."
    assert found.sources == (SourcePart(A, "T", "", (12,)),)


@given(places=cuts)
def test_annotations_before_the_text_have_no_places(places: list[int]) -> None:
    found = answer(
        choice(content="", annotations=[url_citation(A, content="Words of the page")]),
        choice(content="", annotations=[url_citation(A, content="Words of the page"), url_citation(B)]),
        choice(content="So."),
        places=places,
    )
    assert found.parts == (SourcePart(A, "T", "Words of the page"), SourcePart(B, "T"), TextPart("So."))


def test_annotations_in_one_piece_and_beside_text() -> None:
    expected = (SourcePart(A, "T", "", (2,)),)
    assert whole(content="So.", annotations=[url_citation(A, 0, 2)]).sources == expected
    beside = answer(choice(content="So.", annotations=[url_citation(A, 0, 2)]))
    assert (beside.text, beside.sources) == ("So.", expected)


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ({"type": "url_citation", "url": A, "title": "T", "end_index": 4}, SourcePart(A, "T", "", (4,))),
        ({"url": A, "title": "T"}, SourcePart(A, "T")),
        (
            {"type": "file_citation", "file_citation": {"file_id": "f-1", "filename": "a.pdf", "index": 7}},
            SourcePart("", "a.pdf", "", (7,)),
        ),
        ({"type": "file_citation", "file_id": "f-1"}, SourcePart("", "f-1")),
        (
            {
                "type": "document_citation",
                "document_citation": {"document_id": "d-1", "start_index": 1, "end_index": 2},
            },
            SourcePart("", "d-1", "", (2,)),
        ),
        (url_citation(A, 5, 3), SourcePart(A, "T")),
        (url_citation(A, -5, 3), SourcePart(A, "T")),
        (url_citation(A, 0, -1), SourcePart(A, "T")),
        (url_citation(A, 0, 1 << 62), SourcePart(A, "T")),
        (url_citation(A, 0, True), SourcePart(A, "T")),
        (url_citation(A, 0, 10**40), SourcePart(A, "T")),
        (
            {"type": "url_citation", "url_citation": {"url": A, "title": ["x"], "end_index": "nine"}},
            SourcePart(A),
        ),
    ],
)
def test_forms_of_annotations(annotation: dict[str, Any], expected: SourcePart) -> None:
    assert whole(content="x", annotations=[annotation]).sources == (expected,)


def test_an_annotation_that_nobody_knows_is_told() -> None:
    novel = {"type": "video_citation", "video": {"at": 3}}
    assert UnknownPart("video_citation", len(json.dumps(novel, separators=(",", ":")))) in (
        whole(content="x", annotations=[novel]).parts
    )
    empty = whole(content="x", annotations=[{"type": "url_citation", "url_citation": {}}])
    assert [part.kind for part in empty.parts if isinstance(part, UnknownPart)] == ["url_citation"]
    known = whole(content="x", annotations=[{"type": "file", "file": {"hash": "h", "content": [1]}}])
    assert known.parts == (TextPart("x"),)


@given(places=cuts)
def test_lists_keep_the_numbers_of_the_service(places: list[int]) -> None:
    results = [{"title": "the b", "url": B, "snippet": "Words"}, {"title": "the a", "url": A}]
    lists = {"citations": [A, None, B, A], "search_results": results}
    found = answer(
        {**choice(content="One [1], "), **lists},
        {**choice(content="three [3], four [4]."), **lists},
        places=places,
    )
    assert found.text == "One [1], three [3], four [4]."
    assert [source.url for source in found.sources] == [A, "", B, A + "#"]
    assert [source.title for source in found.sources] == ["the a", "source 2", "the b", "the a"]
    assert found.sources[2].quote == "Words"


def test_lists_that_grow_and_lists_of_results_alone() -> None:
    grown = answer({**choice(content="x"), "citations": [A]}, {**choice(content="y"), "citations": [A, B]})
    assert [source.url for source in grown.sources] == [A, B]
    other = answer({**choice(content="x"), "citations": [A]}, {**choice(content="y"), "citations": [C, A]})
    assert [source.url for source in other.sources] == [A, C]
    results = [{"title": "b", "url": B}, {"title": "b", "url": B}, {"url": C}]
    alone = whole(content="x", around={"search_results": results})
    assert [source.url for source in alone.sources] == [B, B + "#", C]
    at_qwen = whole(content="x", around={"search_info": {"search_results": results[:1]}})
    at_azure = whole(content="x [doc1]", context={"citations": [{"title": "b", "url": B, "content": "w"}]})
    assert at_qwen.sources == (SourcePart(B, "b"),)
    assert at_azure.sources == (SourcePart(B, "b", "w"),)


def test_what_perplexity_has_beside() -> None:
    around = {
        "images": [{"image_url": A, "origin_url": B, "title": "x"}],
        "related_questions": ["And then?"],
        "usage": {
            "prompt_tokens": 1,
            "completion_tokens": 2,
            "cost": {"total_cost": 0.25, "request_cost": 0.2},
        },
    }
    found = whole(content="x", around=around)
    assert found.sources == (SourcePart(A, "an image"),)
    assert parts_of(found, UnknownPart) == [UnknownPart("related_questions", 13)]
    assert found.usage == Usage(1, 2, cost=0.25)


@given(places=cuts)
def test_mistrals_references_stand_where_they_come(places: list[int]) -> None:
    found = answer(
        choice(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "closed": True}]),
        choice(
            content=[{"type": "text", "text": "So"}, {"type": "reference", "reference_ids": [3, "x", None]}]
        ),
        choice(content="."),
        choice(content=[{"type": "tool_reference", "tool": "web_search", "title": "T", "url": A}]),
        places=places,
    )
    assert (found.reasoning, found.text) == ("hm", "So.")
    assert found.sources == (
        SourcePart("", "reference 3", "", (2,)),
        SourcePart("", "reference x", "", (2,)),
        SourcePart(A, "T", "", (3,)),
    )


@given(places=cuts)
def test_what_groq_ran(places: list[int]) -> None:
    search = {"index": 0, "type": "search", "arguments": '{"query": "what"}'}
    code = {"index": 1, "type": "python", "arguments": '{"code": "plot()"}'}
    found = answer(
        choice(reasoning="hm", executed_tools=[search]),
        choice(
            executed_tools=[
                {**search, "output": "…", "search_results": {"results": [{"url": A, "title": "T"}]}}
            ]
        ),
        choice(executed_tools=[code]),
        choice(executed_tools=[{**code, "output": "2\n", "code_results": [{"text": "2", "png": b64(PNG)}]}]),
        choice(executed_tools=[{"index": 2, "type": "visit", "arguments": {"url": B}}]),
        choice(executed_tools=[{"index": 3, "type": "wolfram", "arguments": "{", "output": "42"}]),
        choice(content="So."),
        places=places,
    )
    *known, unknown, text = found.parts
    assert known == [
        ReasoningPart("hm"),
        SearchPart(("what",)),
        SourcePart(A, "T"),
        CodePart("plot()"),
        CodeResultPart("2\n"),
        ImagePart(PNG, "image/png"),
        SearchPart((B,), "open"),
    ]
    assert isinstance(unknown, UnknownPart)
    assert unknown.kind == "wolfram"
    assert text == TextPart("So.")


# --- images and sound -----------------------------------------------------------------------------------

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@given(places=cuts)
def test_an_image_alone_is_an_answer(places: list[int]) -> None:
    image = {"type": "image_url", "image_url": {"url": data_url(PNG)}, "index": 0}
    found = answer(choice(content="", images=[image]), choice(content="", images=[image]), places=places)
    assert found.parts == (ImagePart(PNG, "image/png"),)
    assert whole(content=None, images=[image]).parts == (ImagePart(PNG, "image/png"),)
    assert whole(content=[{"type": "image_url", "image_url": data_url(PNG)}]).parts == (
        ImagePart(PNG, "image/png"),
    )
    assert answer(choice(content="Here:", images=[image])).parts == (
        TextPart("Here:"),
        ImagePart(PNG, "image/png"),
    )


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        (data_url(SVG, "image/svg+xml"), "image/svg+xml"),
        (data_url(SVG), "image/png"),
        (data_url(b"<html>", "text/html"), "text/html"),
        ("data:image/png;base64,####", "image/png"),
        ("data:image/png,plain", "image/png"),
        ("data:,", "image"),
        ("data:" + "x" * 5000 + ";base64,aaaa", "x" * 99 + "…"),
        ("javascript:alert(1)", "image"),
        ("file:///etc/passwd", "image"),
        ("https://x/" + "y" * 10_000, "image"),
    ],
)
def test_what_is_no_image_is_told_and_not_shown(url: str, kind: str) -> None:
    found = answer(choice(images=[{"image_url": {"url": url}}]), choice(content="x"))
    assert found.parts == (UnknownPart(kind, len(url)), TextPart("x"))


def test_an_image_is_what_its_bytes_are() -> None:
    found = whole(content="x", images=[{"image_url": {"url": data_url(PNG, "image/svg+xml")}}])
    assert ImagePart(PNG, "image/png") in found.parts
    broken = whole(content="x", images=[{"image_url": {"url": data_url(PNG).replace("iVBOR", "iV\n BOR")}}])
    assert ImagePart(PNG, "image/png") in broken.parts


def test_an_image_elsewhere_is_an_address() -> None:
    assert whole(content="x", images=[A]).sources == (SourcePart(A, "an image"),)


@given(places=cuts, at=st.lists(st.integers(0, 40), max_size=4))
def test_sound_in_pieces_is_one_recording(places: list[int], at: list[int]) -> None:
    samples = bytes(range(30))
    encoded = b64(samples)
    edges = [0, *sorted(place for place in at if place < len(encoded)), len(encoded)]
    pieces = [encoded[start:end] for start, end in itertools.pairwise(edges)]
    found = answer(
        choice(audio={"id": "a"}),
        *(choice(audio={"data": piece, "transcript": "x"}) for piece in pieces),
        choice(audio={"expires_at": 1}),
        places=places,
    )
    text, recording = found.parts
    assert text == TextPart("x" * len(pieces))
    assert isinstance(recording, AudioPart)
    assert recording.media_type == "audio/wav"
    assert recording.data[:4] + recording.data[8:16] == b"RIFFWAVEfmt "
    assert struct.unpack("<I", recording.data[4:8]) == (len(recording.data) - 8,)
    assert struct.unpack("<HHIIHH", recording.data[20:36]) == (1, 1, 24_000, 48_000, 2, 16)
    assert recording.data[44:] == samples


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"RIFF....WAVE", "audio/wav"),
        (b"ID3 mp3", "audio/mpeg"),
        (b"\xff\xfbmp3", "audio/mpeg"),
        (b"fLaC", "audio/flac"),
    ],
)
def test_sound_in_one_piece(data: bytes, kind: str) -> None:
    found = whole(content=None, audio={"id": "a", "data": b64(data), "transcript": "Hello", "expires_at": 1})
    assert found.parts == (TextPart("Hello"), AudioPart(data, kind))


def test_broken_sound_is_told() -> None:
    found = answer(choice(audio={"data": "####"}), choice(audio={"data": b64(b"ab"), "transcript": "x"}))
    assert [type(part) for part in found.parts] == [TextPart, AudioPart, UnknownPart]
    assert whole(content="x", audio={"data": 7, "transcript": []}).parts == (TextPart("x"),)


# --- calls ----------------------------------------------------------------------------------------------


def call(
    index: Any = None, id: Any = None, name: Any = None, arguments: Any = None, **more: Any
) -> dict[str, Any]:
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    piece = {"index": index, "id": id, "function": function or None, **more}
    return {key: value for key, value in piece.items() if value is not None}


TWO = [ToolCallPart("a", "one", '{"x":1}'), ToolCallPart("b", "two", '{"y":2}')]
UNNAMED = [ToolCallPart("call_1", "one", '{"x":1}'), ToolCallPart("call_2", "two", '{"y":2}')]
ODDITIES: dict[str, tuple[list[list[dict[str, Any]]], list[ToolCallPart]]] = {
    "as it should be": (
        [
            [call(0, "a", "one", "")],
            [call(0, arguments='{"x"')],
            [call(0, arguments=":1}")],
            [call(1, "b", "two", "")],
            [call(1, arguments='{"y":2}')],
        ],
        TWO,
    ),
    "interleaved": (
        [
            [call(0, "a", "one", ""), call(1, "b", "two", "")],
            [call(1, arguments='{"y"'), call(0, arguments='{"x":')],
            [call(1, arguments=":2}"), call(0, arguments="1}")],
        ],
        TWO,
    ),
    "whole, without a number": (
        [[call(None, "a", "one", '{"x":1}')], [call(None, "b", "two", '{"y":2}')]],
        TWO,
    ),
    "whole, one number": ([[call(0, "a", "one", '{"x":1}')], [call(0, "b", "two", '{"y":2}')]], TWO),
    "whole, in one list": ([[call(None, "a", "one", '{"x":1}'), call(None, "b", "two", '{"y":2}')]], TWO),
    "one number, in pieces": (
        [
            [call(0, "a", "one", "")],
            [call(0, arguments='{"x":1}')],
            [call(0, "b", "two", "")],
            [call(0, arguments='{"y":2}')],
        ],
        TWO,
    ),
    "no number, no id": ([[call(None, None, "one", '{"x":1}'), call(None, None, "two", '{"y":2}')]], UNNAMED),
    "one number, no id": ([[call(0, None, "one", '{"x":1}')], [call(0, None, "two", '{"y":2}')]], UNNAMED),
    "the same name twice": (
        [[call(0, None, "one", '{"x":1}')], [call(0, None, "one", '{"x":2}')]],
        [ToolCallPart("call_1", "one", '{"x":1}'), ToolCallPart("call_2", "one", '{"x":2}')],
    ),
    "objects": ([[call(0, "a", "one", {"x": 1})], [call(1, "b", "two", {"y": 2})]], TWO),
    "a null for a number": ([[{**call(0, "a", "one", '{"x":1}'), "index": None}]], TWO[:1]),
    "a text for a number": ([[call("0", "a", "one", '{"x"')], [call("0", arguments=":1}")]], TWO[:1]),
    "no function": (
        [[{"index": 0, "id": "a", "function": None}], [call(0, None, "one", '{"x":1}')]],
        TWO[:1],
    ),
    "the name in pieces": (
        [[call(0, "a", "o")], [call(0, None, "ne")], [call(0, arguments='{"x":1}')]],
        TWO[:1],
    ),
    "the id in each piece": (
        [[call(0, "a", "one", '{"x"')], [call(0, "a", None, ":1}")], [call(None, "b", "two", '{"y":2}')]],
        TWO,
    ),
    "the id and the name in each piece": (
        [[call(0, "a", "one", '{"x"')], [call(0, "a", "one", ":1}")], [call(0, "a", "one", "")]],
        TWO[:1],
    ),
    "the name in each piece": (
        [[call(0, None, "one", '{"x"')], [call(0, None, "one", ":1}")], [call(0, None, "one", "")]],
        UNNAMED[:1],
    ),
    "another id in each piece": (
        [[call(0, "a", "one", '{"x"')], [call(0, "zz", None, ":1}")], [call(0, "yy", None, "")]],
        TWO[:1],
    ),
    "by their ids alone": (
        [
            [call(None, "a", "one", '{"x"')],
            [call(None, "b", "two", '{"y"')],
            [call(None, "a", None, ":1}")],
            [call(None, "b", None, ":2}")],
        ],
        TWO,
    ),
    "the same id twice": (
        [[call(0, "a", "one", '{"x":1}')], [call(1, "a", "two", '{"y":2}')]],
        [TWO[0], ToolCallPart("a_2", "two", '{"y":2}')],
    ),
    "the same id twice, without a number": (
        [[call(None, "a", "one", '{"x":1}'), call(None, "a", "two", '{"y":2}')]],
        [TWO[0], ToolCallPart("a_2", "two", '{"y":2}')],
    ),
    "the id at the end": ([[call(0, None, "one", '{"x":1}')], [call(0, "a")]], TWO[:1]),
    "without arguments": (
        [[call(0, "a", "one", "")], [call(1, "b", "two")]],
        [ToolCallPart("a", "one"), ToolCallPart("b", "two")],
    ),
    "one of another kind": (
        [
            [{"index": 0, "id": "a", "type": "custom", "custom": {"name": "run", "input": ""}}],
            [{"index": 0, "custom": {"input": 'say "'}}],
            [{"index": 0, "custom": {"input": 'hi"'}}],
        ],
        [ToolCallPart("a", "run", json.dumps({"input": 'say "hi"'}, separators=(",", ":")))],
    ),
    "cut off": ([[call(0, "a", "one", '{"x')]], [ToolCallPart("a", "one", '{"x')]),
}


@pytest.mark.parametrize("name", ODDITIES)
@given(places=cuts)
def test_calls_as_servers_write_them(name: str, places: list[int]) -> None:
    pieces, expected = ODDITIES[name]
    chunks = [choice(tool_calls=one) for one in pieces]
    for end in (DONE, b""):
        found = answer(choice(content="Well"), *chunks, places=places, end=end)
        assert list(found.tool_calls) == expected
        assert (found.text, found.finish_reason) == ("Well", "tool_calls")
    bare = AnswerFold()
    bare.add(read(OpenAI, sse(*chunks) + DONE, places))
    assert list(bare.snapshot().tool_calls) == expected
    assert bare.snapshot().finish_reason == "tool_calls"


def test_calls_in_one_piece_and_the_old_form() -> None:
    both = whole(
        content=None, tool_calls=[call(None, "a", "one", '{"x":1}'), call(None, "b", "two", {"y": 2})]
    )
    assert list(both.tool_calls) == TWO
    assert both.finish_reason == "tool_calls"
    old = whole("function_call", content=None, function_call={"name": "one", "arguments": '{"x":1}'})
    assert (old.tool_calls, old.finish_reason) == ((UNNAMED[0],), "tool_calls")
    pieces = [choice(function_call={"name": "one"}), choice(function_call={"arguments": '{"x":1}'})]
    assert answer(*pieces).tool_calls == (UNNAMED[0],)


def test_a_call_of_a_kind_that_nobody_knows_is_told() -> None:
    found = answer(choice(tool_calls=[{"index": 0, "type": "mcp", "mcp": {"server": "s"}}], content="x"))
    assert [part.kind for part in found.parts if isinstance(part, UnknownPart)] == ["mcp"]
    assert found.finish_reason == "stop"


@pytest.mark.parametrize(
    ("said", "expected"),
    [("eos", "stop"), ("model_length", "length"), ("content_filter", "content_filter"), ("odd", "odd")],
)
def test_reasons_to_end(said: str, expected: str) -> None:
    assert Finish(expected) in read(OpenAI, sse(choice(content="x"), choice(said)) + DONE)


# --- what nobody knows, and what is hostile -------------------------------------------------------------


def test_what_nobody_knows_is_told_once() -> None:
    found = answer(
        choice(hologram={"x": 1}),
        choice(hologram={"x": 2}, role="assistant", logprobs={"content": []}, short="mark"),
        choice(content=[{"type": "smell", "notes": ["rose"]}, {"type": "text", "text": "So."}]),
    )
    told = parts_of(found, UnknownPart)
    assert told == [UnknownPart("hologram", 14), UnknownPart("smell", 33)]
    assert found.text == "So."


junk: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = [
    *("annotations", "images", "audio", "executed_tools", "tool_calls", "function_call", "reasoning_details"),
    *("reasoning_content", "refusal", "context", "citations", "search_results", "extra_content"),
]
NAMES = [
    *(
        "type",
        "url",
        "url_citation",
        "image_url",
        "audio",
        "data",
        "transcript",
        "id",
        "index",
        "name",
        "function",
    ),
    *(
        "custom",
        "arguments",
        "input",
        "title",
        "start_index",
        "end_index",
        "results",
        "output",
        "code_results",
    ),
    *("search_results", "png", "query", "code", "reference_ids"),
]
nested = st.dictionaries(st.sampled_from(NAMES), junk)


@given(
    delta=st.dictionaries(st.sampled_from(FIELDS), junk | nested | st.lists(junk | nested, max_size=3)),
    around=st.dictionaries(
        st.sampled_from(["citations", "search_results", "search_info", "images", "usage", "x_groq", "model"]),
        junk | nested | st.lists(junk | nested, max_size=3),
    ),
    places=cuts,
)
def test_junk_costs_nothing_of_the_text(
    delta: dict[str, Any], around: dict[str, Any], places: list[int]
) -> None:
    delta = {name: value for name, value in delta.items() if name != "refusal" or not isinstance(value, str)}
    groq = around.get("x_groq")
    if isinstance(groq, dict):
        groq.pop("error", None)
    found = answer(
        choice(content="one "), {**choice(**delta), **around}, choice(content="two"), places=places
    )
    heard = "".join(
        part.text for part in found.parts if isinstance(part, TextPart) and part.text not in ("one ", "two")
    )
    assert found.text.replace("\n\n", "").replace(heard, "") in ("one two", "")
    assert found.text.startswith("one ")
    assert found.text.endswith("two")


def test_very_many_annotations() -> None:
    many = [url_citation(f"{A}{number}", number, number + 1) for number in range(5_000)]
    found = whole(content="x", annotations=many + many)
    assert len(found.sources) == 5_000
    listed = whole(content="x", around={"citations": [A] * 5_000})
    assert len(listed.sources) <= 52


def test_a_name_with_each_of_very_many_pieces() -> None:
    pieces = [
        choice(tool_calls=[call(0, None, "one", '"' if number == 0 else "x")]) for number in range(3_000)
    ]
    [found] = answer(*pieces).tool_calls
    assert len(found.arguments) == 3_000


def test_long_words_of_sources_are_cut() -> None:
    found = whole(content="x", annotations=[url_citation(A, content="q" * 10_000, title="t" * 10_000)])
    [source] = found.sources
    assert (len(source.quote), len(source.title)) == (2_000, 500)


@pytest.mark.parametrize(
    "chunk",
    [
        {
            "choices": [
                {"index": 0, "finish_reason": "error", "error": {"code": 502, "message": "out of order"}}
            ]
        },
        {"choices": [], "x_groq": {"error": "out of order"}},
        {"error": {"message": "out of order", "code": "tool_use_failed", "failed_generation": "{"}},
    ],
)
def test_failures_within_an_answer(chunk: dict[str, Any]) -> None:
    reader = OpenAI.reader(HttpRequest("POST", "http://service/v1"))
    fold = AnswerFold()
    fold.add(reader.feed(sse(choice(content="so far"))))
    with pytest.raises(errors.ProviderError, match="out of order"):
        fold.add(reader.feed(sse(chunk)))
    assert fold.snapshot().text == "so far"
