"""The content blocks of Anthropic's answers: what its own tools did, sources, calls; however the bytes are cut, and in
one piece."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.answer import AnswerFold
from notebook_chat.events import Event, Finish, Notice, TextDelta, ToolCall, Usage
from notebook_chat.parts import (
    CodePart,
    CodeResultPart,
    Part,
    ReasoningPart,
    SearchPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    UnknownPart,
)
from notebook_chat.providers.anthropic import Anthropic

from .test_anthropic import BEGIN, delta, end, start
from .wires import cuts, read, sse

Blocks = Sequence[dict[str, Any]]


def stop(index: int) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


STREAMED = {"text": ("text_delta", "text"), "thinking": ("thinking_delta", "thinking")}


def streamed(blocks: Blocks, reason: str = "end_turn", pieces: int = 2) -> list[dict[str, Any]]:
    """Whole blocks as the service streams them."""
    events: list[dict[str, Any]] = [BEGIN]
    for index, block in enumerate(blocks):
        kind = block["type"]
        if kind in STREAMED:
            name, field = STREAMED[kind]
            events.append(start(index, **{**block, field: "", "citations": None, "signature": ""}))
            events += [delta(index, type=name, **{field: piece}) for piece in cut(block[field], pieces)]
            for citation in block.get("citations") or ():
                events.append(delta(index, type="citations_delta", citation=citation))
            if "signature" in block:
                events.append(delta(index, type="signature_delta", signature=block["signature"]))
        elif kind.endswith("tool_use"):
            events.append(start(index, **{**block, "input": {}}))
            written = json.dumps(block["input"]) if block["input"] else ""
            for piece in ("", *cut(written, pieces)):
                events.append(delta(index, type="input_json_delta", partial_json=piece))
        else:
            events.append(start(index, **block))
        events.append(stop(index))
    return [*events, end(reason) | {"usage": {"output_tokens": 9}}, {"type": "message_stop"}]


def cut(text: str, pieces: int) -> list[str]:
    size = max(1, -(-len(text) // pieces))
    return [text[place : place + size] for place in range(0, len(text), size)]


def whole(blocks: Blocks, reason: str = "end_turn") -> bytes:
    """The same as a message in one piece."""
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x"}
    return json.dumps(
        {**message, "content": list(blocks), "stop_reason": reason, "usage": {"output_tokens": 9}}
    ).encode()


def folded(events: Sequence[Event]) -> tuple[Part, ...]:
    fold = AnswerFold("m")
    fold.add(events)
    return fold.snapshot().parts


def parts(blocks: Blocks, reason: str = "end_turn") -> tuple[Part, ...]:
    """The parts of an answer, which must be the same streamed and in one piece."""
    found = folded(read(Anthropic, sse(*streamed(blocks, reason), named=True)))
    assert folded(read(Anthropic, whole(blocks, reason))) == found
    return found


def use(name: str, **given: Any) -> dict[str, Any]:
    return {"type": "server_tool_use", "id": "srvtoolu_1", "name": name, "input": given}


def result(kind: str, content: Any) -> dict[str, Any]:
    return {"type": kind, "tool_use_id": "srvtoolu_1", "content": content}


def text(words: str, *citations: dict[str, Any]) -> dict[str, Any]:
    return {"type": "text", "text": words, "citations": list(citations) or None}


def page(url: str, title: str, quote: str) -> dict[str, Any]:
    location = "web_search_result_location"
    return {"type": location, "url": url, "title": title, "cited_text": quote, "encrypted_index": "Eo8B"}


HIT = {
    "type": "web_search_result",
    "url": "https://a.example/x",
    "title": "A",
    "encrypted_content": "Eq==",
    "page_age": "April 30, 2026",
}
SEARCH = [
    {"type": "thinking", "thinking": "I must look.", "signature": "EqQB"},
    text("I'll look it up."),
    use("web_search", query="tides in Brest"),
    result("web_search_tool_result", [HIT, {**HIT, "url": "https://b.example/", "title": "B"}]),
    text("High tide is "),
    text("at 5", page("https://a.example/x", "A", "high water 05:02")),
    text(" and at "),
    text("17 👋", page("https://b.example/", "B", "17:20"), page("https://a.example/x", "A", "17:21")),
    text("."),
]
SEARCH_PARTS = (
    ReasoningPart("I must look."),
    TextPart("I'll look it up."),
    SearchPart(("tides in Brest",)),
    SourcePart("https://a.example/x", "A"),
    SourcePart("https://b.example/", "B"),
    TextPart("\n\nHigh tide is at 5"),
    SourcePart("https://a.example/x", "A", "high water 05:02", (35,)),
    TextPart(" and at 17 👋"),
    SourcePart("https://b.example/", "B", "17:20", (47,)),
    SourcePart("https://a.example/x", "A", "17:21", (47,)),
    TextPart("."),
)


def test_a_search_with_its_sources() -> None:
    assert parts(SEARCH) == SEARCH_PARTS


@given(places=cuts)
def test_a_search_wherever_its_bytes_are_cut(places: list[int]) -> None:
    assert folded(read(Anthropic, sse(*streamed(SEARCH), named=True), places)) == SEARCH_PARTS


def test_a_search_byte_by_byte() -> None:
    wire = sse(*streamed(SEARCH, pieces=5), named=True)
    assert folded(read(Anthropic, wire, range(len(wire)))) == SEARCH_PARTS


def test_marks_stand_behind_the_words_they_belong_to() -> None:
    found = parts(SEARCH)
    said = "".join(part.text for part in found if isinstance(part, TextPart))
    marks = [part.marks for part in found if isinstance(part, SourcePart) and part.marks]
    assert [said[: mark[0]].rpartition(" ")[2] for mark in marks] == ["5", "👋", "👋"]


def test_it_says_what_is_going_on() -> None:
    events = read(Anthropic, sse(*streamed(SEARCH)))
    assert Notice("searching the web") in events
    assert not any(isinstance(event, ToolCall) for event in events)


CITED: list[tuple[dict[str, Any], tuple[str, str]]] = [
    (
        {"type": "page_location", "document_index": 0, "document_title": "r.pdf"}
        | {"start_page_number": 3, "end_page_number": 4},
        ("", "r.pdf, page 3"),
    ),
    (
        {"type": "page_location", "document_index": 1, "document_title": None}
        | {"start_page_number": 3, "end_page_number": 6, "file_id": None},
        ("", "document 2, pages 3–5"),
    ),
    (
        {"type": "char_location", "document_index": 0, "document_title": "notes.txt"}
        | {"start_char_index": 0, "end_char_index": 20},
        ("", "notes.txt, characters 1–20"),
    ),
    (
        {"type": "content_block_location", "document_index": 0, "document_title": "notes"}
        | {"start_block_index": 1, "end_block_index": 2},
        ("", "notes, block 2"),
    ),
    (
        {"type": "search_result_location", "source": "https://c.example/", "title": "C"}
        | {"search_result_index": 0, "start_block_index": 0, "end_block_index": 1},
        ("https://c.example/", "C"),
    ),
    (
        {"type": "search_result_location", "source": "javascript:alert(1)", "title": None}
        | {"start_block_index": 0, "end_block_index": 3},
        ("", "javascript:alert(1), blocks 1–3"),
    ),
    ({"type": "something_new"}, ("", "a document")),
    (
        {"type": "page_location", "document_title": 7, "start_page_number": "x", "document_index": "y"},
        ("", "a document"),
    ),
]


@pytest.mark.parametrize(("citation", "expected"), CITED, ids=[one["type"] for one, _ in CITED])
def test_citations(citation: dict[str, Any], expected: tuple[str, str]) -> None:
    url, title = expected
    assert parts([text("It is so", {**citation, "cited_text": "quoted"})]) == (
        TextPart("It is so"),
        SourcePart(url, title, "quoted", (8,)),
    )


OWN_TOOLS: dict[str, tuple[Blocks, Sequence[Part]]] = {
    "python": (
        [
            use("code_execution", code="print(1)"),
            result(
                "code_execution_tool_result",
                {"type": "code_execution_result", "stdout": "1\n", "stderr": "", "return_code": 0}
                | {"content": [{"type": "code_execution_output", "file_id": "file_1"}]},
            ),
        ],
        [
            CodePart("print(1)"),
            CodeResultPart("1"),
            UnknownPart("code_execution_output file_1", 51),
        ],
    ),
    "bash that fails": (
        [
            use("bash_code_execution", command="ls /x"),
            result(
                "bash_code_execution_tool_result",
                {"type": "bash_code_execution_result", "stdout": "", "stderr": "no such file"}
                | {"return_code": 2, "content": []},
            ),
        ],
        [CodePart("ls /x", "bash"), CodeResultPart("no such file", True)],
    ),
    "bash that fails silently": (
        [
            use("bash_code_execution", command="false"),
            result(
                "bash_code_execution_tool_result",
                {"type": "bash_code_execution_result", "stdout": "", "stderr": "", "return_code": 1},
            ),
        ],
        [CodePart("false", "bash"), CodeResultPart("exit code 1", True)],
    ),
    "a service that cannot": (
        [
            use("code_execution", code="1"),
            result(
                "code_execution_tool_result",
                {"type": "code_execution_tool_result_error", "error_code": "execution_time_exceeded"},
            ),
        ],
        [CodePart("1"), CodeResultPart("execution time exceeded", True)],
    ),
    "encrypted": (
        [
            use("code_execution", code="await web_search(...)"),
            result(
                "code_execution_tool_result",
                {"type": "encrypted_code_execution_result", "encrypted_stdout": "Ew==", "stderr": "w"}
                | {"return_code": 0, "content": []},
            ),
        ],
        [
            CodePart("await web_search(...)"),
            CodeResultPart("(what it printed came encrypted, for the model alone)\nw"),
        ],
    ),
    "a file written": (
        [
            use("text_editor_code_execution", command="create", path="/tmp/a.py", file_text="x = 1\n"),
            result(
                "text_editor_code_execution_tool_result",
                {"type": "text_editor_code_execution_create_result", "is_file_update": False},
            ),
        ],
        [CodePart("create /tmp/a.py\nx = 1\n", "text"), CodeResultPart("the file was written")],
    ),
    "a file changed": (
        [
            use(
                "text_editor_code_execution",
                command="str_replace",
                path="/tmp/a.py",
                old_str="x = 1",
                new_str="x = 2",
            ),
            result(
                "text_editor_code_execution_tool_result",
                {"type": "text_editor_code_execution_str_replace_result", "lines": ["-x = 1", "+x = 2"]},
            ),
        ],
        [CodePart("str_replace /tmp/a.py\n- x = 1\n+ x = 2", "text"), CodeResultPart("-x = 1\n+x = 2")],
    ),
    "a file that is not there": (
        [
            use("text_editor_code_execution", command="view", path="/y"),
            result(
                "text_editor_code_execution_tool_result",
                {"type": "text_editor_code_execution_tool_result_error", "error_code": "file_not_found"}
                | {"error_message": "no /y"},
            ),
        ],
        [CodePart("view /y", "text"), CodeResultPart("file not found: no /y", True)],
    ),
    "a page": (
        [
            use("web_fetch", url="https://a.example/"),
            result(
                "web_fetch_tool_result",
                {"type": "web_fetch_result", "url": "https://a.example/", "retrieved_at": None}
                | {"content": {"type": "document", "title": "A page", "source": {"type": "text"}}},
            ),
        ],
        [SearchPart(("https://a.example/",), "open"), SourcePart("https://a.example/", "A page")],
    ),
    "tools that are looked for": (
        [
            use("tool_search_tool_bm25", query="weather"),
            result("tool_search_tool_result", {"type": "tool_search_tool_search_result"}),
        ],
        [SearchPart(("weather",), "find"), UnknownPart("tool_search_tool_result", 113)],
    ),
    "somebody else's tools": (
        [
            {"type": "mcp_tool_use", "id": "m", "name": "look", "server_name": "maps", "input": {"a": 1}},
            {"type": "mcp_tool_result", "tool_use_id": "m", "is_error": False, "content": "42"},
        ],
        [UnknownPart("mcp_tool_use maps.look", 83), UnknownPart("mcp_tool_result", 76)],
    ),
    "what nobody has heard of": (
        [
            {"type": "container_upload", "file_id": "file_2"},
            {"type": "redacted_thinking", "data": "Em=="},
            use("advisor", question="?"),
            {"type": "hologram", "text": ["not a text"]},
            {"type": "", "a": 1},
        ],
        [
            UnknownPart("container_upload", 46),
            UnknownPart("redacted_thinking", 42),
            UnknownPart("server_tool_use advisor", 86),
            UnknownPart("hologram", 41),
            UnknownPart("something without a name", 17),
        ],
    ),
}


@pytest.mark.parametrize("name", OWN_TOOLS)
def test_the_services_own_tools(name: str) -> None:
    blocks, expected = OWN_TOOLS[name]
    assert parts([*blocks, text("Done.")]) == (*expected, TextPart("Done."))


@given(name=st.sampled_from(sorted(OWN_TOOLS)), places=cuts)
def test_the_services_own_tools_wherever_cut(name: str, places: list[int]) -> None:
    blocks, expected = OWN_TOOLS[name]
    wire = sse(*streamed([*blocks, text("Done.")], pieces=4))
    assert folded(read(Anthropic, wire, places)) == (*expected, TextPart("Done."))


@pytest.mark.parametrize("code", ["max_uses_exceeded", "too_many_requests", "unavailable"])
def test_a_search_that_fails_is_told(code: str) -> None:
    error = {"type": "web_search_tool_result_error", "error_code": code}
    found = parts([use("web_search", query="a"), result("web_search_tool_result", error), text("No.")])
    assert found[0] == SearchPart(("a",))
    assert isinstance(found[1], UnknownPart)
    assert found[1].kind == f"web_search_tool_result_error: {code}"


# --- text -------------------------------------------------------------------------------------------------


def words(blocks: Blocks) -> str:
    return "".join(part.text for part in parts(blocks) if isinstance(part, TextPart))


def test_texts_apart_and_together() -> None:
    thought = {"type": "thinking", "thinking": "hm", "signature": "E"}
    assert words([text("a"), text("b")]) == "ab"
    assert words([thought, text("a"), text("b")]) == "ab"
    assert words([text("a"), thought, text("b")]) == "a\n\nb"
    assert (
        words([text("a"), {"type": "tool_use", "id": "1", "name": "f", "input": {}}, text("b")]) == "a\n\nb"
    )
    assert words([text("a"), *SEARCH[2:4], text("b"), text("c")]) == "a\n\nbc"


@given(pieces=st.lists(st.text(min_size=1), min_size=1, max_size=6), places=cuts)
def test_any_text_arrives_however_it_is_cut_into_blocks(pieces: list[str], places: list[int]) -> None:
    wire = sse(*streamed([text(piece) for piece in pieces]))
    found = folded(read(Anthropic, wire, places))
    assert "".join(part.text for part in found if isinstance(part, TextPart)) == "".join(pieces)


def test_servers_that_do_not_say_that_a_block_begins() -> None:
    events = [
        delta(0, type="thinking_delta", thinking="h"),
        delta(0, type="thinking_delta", thinking="m"),
        delta(0, type="text_delta", text="a"),
        delta(0, type="text_delta", text="b"),
        end("end_turn"),
    ]
    assert folded(read(Anthropic, sse(*events))) == (ReasoningPart("hm"), TextPart("ab"))


def test_servers_that_number_all_blocks_alike() -> None:
    events = [
        *(start(0, type="thinking", thinking=""), delta(0, type="thinking_delta", thinking="hm"), stop(0)),
        *(start(0, type="text", text=""), delta(0, type="text_delta", text="a"), stop(0)),
        *(start(0, type="tool_use", id="1", name="f"), delta(0, type="input_json_delta", partial_json="{}")),
        start(0, type="tool_use", id="2", name="g"),
        delta(0, type="input_json_delta", partial_json='{"b":2}'),
        end("tool_use"),
    ]
    assert folded(read(Anthropic, sse(*events))) == (
        ReasoningPart("hm"),
        TextPart("a"),
        ToolCallPart("1", "f", "{}"),
        ToolCallPart("2", "g", '{"b":2}'),
    )


# --- calls ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_", "pieces", "expected"),
    [
        ({}, [], "{}"),
        ({}, [""], "{}"),
        ({}, ["", '{"a"', ": 1}"], '{"a": 1}'),
        ({"a": 1}, [], '{"a":1}'),
        ({"a": 1}, ['{"a": 1}'], '{"a": 1}'),
        (None, [], "{}"),
        ('{"a": 1}', [], '{"a": 1}'),
        ({}, [{"a": 1}], '{"a":1}'),
        ({}, ['{"a": "cut o'], '{"a": "cut o'),
    ],
)
@pytest.mark.parametrize("stops", [True, False])
def test_arguments(given_: Any, pieces: list[Any], expected: str, stops: bool) -> None:
    events = [
        BEGIN,
        start(0, type="tool_use", id="toolu_1", name="look", input=given_),
        *(delta(0, type="input_json_delta", partial_json=piece) for piece in pieces),
        *([stop(0)] if stops else []),
        end("tool_use"),
        {"type": "message_stop"},
    ]
    assert folded(read(Anthropic, sse(*events))) == (ToolCallPart("toolu_1", "look", expected),)


def test_calls_whose_pieces_are_mixed() -> None:
    events = [
        start(0, type="tool_use", id="1", name="f", input={}),
        start(1, type="tool_use", id="2", name="g", input={}),
        delta(1, type="input_json_delta", partial_json='{"b"'),
        delta(0, type="input_json_delta", partial_json='{"a"'),
        delta(1, type="input_json_delta", partial_json=":2}"),
        delta(0, type="input_json_delta", partial_json=":1}"),
        end("tool_use"),
    ]
    assert folded(read(Anthropic, sse(*events))) == (
        ToolCallPart("1", "f", '{"a":1}'),
        ToolCallPart("2", "g", '{"b":2}'),
    )


# --- figures ----------------------------------------------------------------------------------------------


def usage(*events: dict[str, Any]) -> Usage | None:
    fold = AnswerFold("m")
    fold.add(read(Anthropic, sse(*events, end("end_turn"), {"type": "message_stop"})))
    return fold.snapshot().usage


def test_figures_count_from_the_beginning() -> None:
    begin = {**BEGIN, "message": {**BEGIN["message"], "usage": {"input_tokens": 5, "output_tokens": 1}}}
    figures = {
        "input_tokens": 20,
        "cache_read_input_tokens": 100,
        "cache_creation_input_tokens": 7,
        "output_tokens": 30,
        "output_tokens_details": {"thinking_tokens": 4},
        "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 0},
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 7},
    }
    assert usage(begin, end(None) | {"usage": figures}) == Usage(
        *(127, 30, 4, 100, 7), cache_write_1h_tokens=7, searches=2
    )
    assert usage(BEGIN, end(None) | {"usage": {"output_tokens": 30}}) == Usage(10, 30, None, 3, 2)
    assert usage(BEGIN, end(None) | {"usage": {"input_tokens": 6, "output_tokens": 3}}) == Usage(
        11, 3, None, 3, 2
    )


# --- hostile ----------------------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
kinds = st.sampled_from(
    [
        *("text", "thinking", "tool_use", "server_tool_use", "web_search_tool_result", "mcp_tool_use"),
        *(
            "code_execution_tool_result",
            "text_editor_code_execution_tool_result",
            "web_fetch_tool_result",
            "",
        ),
    ]
)
fields = st.sampled_from(
    ["text", "thinking", "id", "name", "input", "content", "citations", "signature", "x"]
)
odd_blocks = st.builds(
    lambda kind, more: {**more, "type": kind}, kinds, st.dictionaries(fields, json_values, max_size=4)
)
deltas = st.builds(
    lambda kind, more: {**more, "type": kind},
    st.sampled_from(
        ["text_delta", "thinking_delta", "citations_delta", "input_json_delta", "signature_delta", "x"]
    ),
    st.dictionaries(
        st.sampled_from(["text", "thinking", "citation", "partial_json", "signature"]),
        json_values,
        max_size=3,
    ),
)
odd_events = st.one_of(
    st.builds(lambda index, block: start(index, **block), st.integers(0, 2), odd_blocks),
    st.builds(lambda index, one: delta(index, **one), st.integers(0, 2), deltas),
    st.builds(stop, st.integers(0, 2)),
)


@given(events=st.lists(odd_events, max_size=12), places=cuts)
def test_whatever_comes_gives_an_answer_or_a_clear_error(
    events: list[dict[str, Any]], places: list[int]
) -> None:
    wire = sse(BEGIN, *events, end("end_turn"), {"type": "message_stop"})
    found = read(Anthropic, wire, places)
    assert Finish() in found
    assert all(isinstance(event.text, str) for event in found if isinstance(event, TextDelta))
    assert folded(found) == folded(read(Anthropic, wire))


@given(blocks=st.lists(odd_blocks | json_values, max_size=5))
def test_whatever_comes_in_one_piece(blocks: list[Any]) -> None:
    folded(read(Anthropic, whole([text("a"), *blocks])))
