"""What OpenAI's responses hold beside text: sources, searches, code, images, calls; streamed, cut, and in one piece."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.answer import AnswerFold, AnswerSnapshot
from notebook_chat.events import Notice
from notebook_chat.messages import (
    AudioPart,
    CodePart,
    CodeResultPart,
    ImagePart,
    ReasoningPart,
    SearchPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    UnknownPart,
)
from notebook_chat.providers.openai_responses import OpenAIResponses

from ..servers import Answer, Citation, OutputItem, Reasoning, ToolCall, serve
from .wires import PNG, cuts, read, sse

PICTURE = base64.b64encode(PNG).decode()
SVG = base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>").decode()


def event(kind: str, **values: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", **values}


def added(place: int, kind: str, **values: Any) -> dict[str, Any]:
    item = {"id": f"i{place}", "type": kind, **values}
    return event("output_item.added", output_index=place, item=item)


def done(place: int, kind: str, **values: Any) -> dict[str, Any]:
    item = {"id": f"i{place}", "type": kind, "status": "completed", **values}
    return event("output_item.done", output_index=place, item=item)


def text(place: int, delta: str, index: int = 0) -> dict[str, Any]:
    return event(
        "output_text.delta", item_id=f"i{place}", output_index=place, content_index=index, delta=delta
    )


def cited(place: int, annotation: dict[str, Any], index: int = 0) -> dict[str, Any]:
    where = {"output_index": place, "content_index": index, "annotation_index": 0}
    return event("output_text.annotation.added", annotation=annotation, **where)


def url(address: str, start: int, end: int, title: str = "") -> dict[str, Any]:
    return {"type": "url_citation", "url": address, "title": title, "start_index": start, "end_index": end}


def said(text: str, *annotations: dict[str, Any]) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": list(annotations)}


def completed(*output: dict[str, Any], **response: Any) -> dict[str, Any]:
    return event(
        "completed", response={"status": "completed", "model": "m", "output": list(output), **response}
    )


def folded(wire: bytes, places: Iterable[int] = ()) -> AnswerSnapshot:
    fold = AnswerFold()
    fold.add(read(OpenAIResponses, wire, places))
    return fold.snapshot()


def items_of(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one["item"] for one in events if one["type"] == "response.output_item.done"]


def whole(events: list[dict[str, Any]]) -> bytes:
    """The same answer in one piece."""
    response = {"object": "response", "status": "completed", "model": "m", "output": items_of(events)}
    return json.dumps(response).encode()


A, B = url("https://a.test/", 3, 9, "A"), url("https://b.test/", 0, 5, "B")
SOURCES = [
    {"type": "url", "url": "https://a.test/"},
    {"type": "url", "url": "https://c.test/"},
    {"type": "api"},
]
FOUND = {"type": "search", "query": "old", "queries": ["sea level", "tides"], "sources": SOURCES}
OPENED = {"type": "open_page", "url": "https://a.test/"}
LOOKED = {"type": "find_in_page", "pattern": "rise", "url": "https://a.test/"}
OUTPUTS = [
    {"type": "logs", "logs": "42\n"},
    {"type": "image", "url": f"data:image/png;base64,{PICTURE}"},
    {"type": "image", "url": "https://files.test/plot.png"},
]
FULL = [
    added(0, "reasoning", summary=[], encrypted_content="part"),
    event("reasoning_summary_part.added", output_index=0, summary_index=0),
    event("reasoning_summary_text.delta", output_index=0, delta="hm"),
    done(0, "reasoning", summary=[{"type": "summary_text", "text": "hm"}], encrypted_content="all"),
    added(1, "web_search_call", action={"type": "search"}),
    event("web_search_call.in_progress", output_index=1, item_id="i1"),
    event("web_search_call.searching", output_index=1, item_id="i1"),
    event("web_search_call.completed", output_index=1, item_id="i1"),
    done(1, "web_search_call", action=FOUND),
    added(2, "web_search_call"),
    done(2, "web_search_call", action=OPENED),
    added(3, "web_search_call"),
    done(3, "web_search_call", action=LOOKED),
    added(4, "message", role="assistant", content=[]),
    event("content_part.added", output_index=4, content_index=0, part=said("")),
    text(4, "It r"),
    text(4, "ises 👋."),
    cited(4, A),
    event("output_text.done", output_index=4, content_index=0, text="It rises 👋."),
    event("content_part.done", output_index=4, content_index=0, part=said("It rises 👋.", A)),
    event("content_part.added", output_index=4, content_index=1, part=said("")),
    text(4, " Fast.", 1),
    cited(4, B, 1),
    done(4, "message", role="assistant", content=[said("It rises 👋.", A), said(" Fast.", B)]),
    added(5, "code_interpreter_call", code="", container_id="c"),
    event("code_interpreter_call.in_progress", output_index=5),
    event("code_interpreter_call_code.delta", output_index=5, delta="print("),
    event("code_interpreter_call_code.delta", output_index=5, delta="6 * 7)"),
    event("code_interpreter_call_code.done", output_index=5, code="print(6 * 7)"),
    event("code_interpreter_call.interpreting", output_index=5),
    done(5, "code_interpreter_call", code="print(6 * 7)", container_id="c", outputs=OUTPUTS),
    added(6, "image_generation_call"),
    event("image_generation_call.partial_image", output_index=6, partial_image_b64=PICTURE),
    done(6, "image_generation_call", result=PICTURE, output_format="png"),
    added(7, "message", role="assistant", content=[]),
    text(7, "Done."),
    cited(7, url("https://a.test/", 0, 5, "A")),
    cited(7, {"type": "container_file_citation", "filename": "plot.png", "file_id": "f", "end_index": 4}),
    done(
        7,
        "message",
        role="assistant",
        content=[
            said(
                "Done.",
                url("https://a.test/", 0, 5, "A"),
                {"type": "container_file_citation", "filename": "plot.png", "file_id": "f", "end_index": 4},
            )
        ],
    ),
    added(8, "mcp_call", name="ask", arguments="{}"),
    done(8, "mcp_call", name="ask", arguments="{}", output="yes"),
]
PARTS = (
    ReasoningPart("hm"),
    SearchPart(("sea level", "tides")),
    SourcePart("https://a.test/"),
    SourcePart("https://c.test/"),
    SearchPart(("https://a.test/",), "open"),
    SearchPart(("rise", "https://a.test/"), "find"),
    TextPart("It rises 👋."),
    SourcePart("https://a.test/", "A", marks=(9,)),
    TextPart(" Fast."),
    SourcePart("https://b.test/", "B", marks=(16,)),
    CodePart("print(6 * 7)"),
    CodeResultPart("42\n"),
    ImagePart(PNG, "image/png"),
    UnknownPart("image of code", len('{"type":"image","url":"https://files.test/plot.png"}')),
    ImagePart(PNG, "image/png"),
    TextPart("\n\nDone."),
    SourcePart("https://a.test/", "A", marks=(24,)),
    SourcePart("", "plot.png", marks=(23,)),
    UnknownPart("mcp_call", 95),
)


def test_all_that_comes() -> None:
    assert folded(sse(*FULL, completed(*items_of(FULL)), named=True)).parts == PARTS


@given(places=cuts)
def test_it_is_the_same_wherever_its_bytes_are_cut(places: list[int]) -> None:
    assert folded(sse(*FULL, completed(*items_of(FULL))), places).parts == PARTS


def test_a_byte_at_a_time() -> None:
    wire = sse(*FULL, completed())
    assert folded(wire, range(len(wire))).parts == PARTS


@given(places=cuts)
def test_it_is_the_same_in_one_piece(places: list[int]) -> None:
    assert folded(whole(FULL), places).parts == PARTS


@pytest.mark.parametrize(
    "kinds",
    [
        ("output_item.added",),
        ("output_item.added", "content_part.done", "output_text.done", "annotation.added"),
        ("annotation.added", "content_part.done"),
        ("code_interpreter_call_code.done",),
        ("reasoning_summary_text.delta",),
        ("output_text.delta",),
        ("output_text.delta", "annotation.added", "output_text.done"),
        ("output_text.delta", "annotation.added", "content_part.done", "output_text.done"),
    ],
)
def test_what_servers_leave_out(kinds: tuple[str, ...]) -> None:
    """An item that is done says what its events did not."""
    events = [one for one in FULL if not one["type"].endswith(kinds)]
    answer = folded(sse(*events, completed(*items_of(FULL))))
    assert answer.text.replace("\n\n", "") == "It rises 👋. Fast.Done."
    assert answer.reasoning == "hm"
    assert {source.url or source.title for source in answer.sources} == {
        "https://a.test/",
        "https://b.test/",
        "https://c.test/",
        "plot.png",
    }
    assert [part for part in answer.parts if isinstance(part, CodePart)] == [CodePart("print(6 * 7)")]
    assert len([part for part in answer.parts if isinstance(part, ImagePart)]) == 2


@pytest.mark.parametrize("keep", ["deltas", "nothing"])
def test_items_that_only_the_end_has(keep: str) -> None:
    """A small server streams the text and says all else at the end, or all of it there."""
    shown = ("output_text.delta", "reasoning_summary_text.delta") if keep == "deltas" else ()
    events = [one for one in FULL if shown and one["type"].endswith(shown)]
    answer = folded(sse(*events, completed(*items_of(FULL))))
    assert answer.text.replace("\n", "") == "It rises 👋. Fast.Done."
    assert answer.reasoning == "hm"
    assert len(answer.sources) == 4
    assert len([part for part in answer.parts if isinstance(part, SearchPart)]) == 3
    assert len([part for part in answer.parts if isinstance(part, ImagePart)]) == 2


@pytest.mark.parametrize("change", ["ids", "places"])
def test_items_that_are_numbered_badly_are_told_once(change: str) -> None:
    """Some gateways give each event an id of its own, some count no items."""
    numbers = itertools.count()
    events = json.loads(json.dumps([*FULL, completed(*items_of(FULL))]))
    for one in events:
        if change == "places" and "output_index" in one:
            one["output_index"] = 0
        for item in [one.get("item"), *one.get("response", {}).get("output", ())]:
            if change == "ids" and item:
                item["id"] = f"x{next(numbers)}"
    answer = folded(sse(*events))
    assert [type(part) for part in answer.parts if not isinstance(part, CodePart)] == [
        type(part) for part in PARTS if not isinstance(part, CodePart)
    ]


def test_what_goes_on_is_told_once_while_it_goes_on() -> None:
    told = [one.text for one in read(OpenAIResponses, sse(*FULL, completed())) if isinstance(one, Notice)]
    assert told == [
        "searching the web",
        "searching the web",
        "searching the web",
        "running code",
        "making an image",
        "asking another server",
    ]


# --- sources --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("annotation", "part"),
    [
        (url("https://x.test", 0, 0), SourcePart("https://x.test")),
        (url("javascript:alert(1)", 0, 2, "<b>"), SourcePart("javascript:alert(1)", "<b>", marks=(2,))),
        (
            {"type": "url_citation", "url_citation": {"url": "u", "content": "words", "end_index": 1}},
            SourcePart("u", quote="words", marks=(1,)),
        ),
        (
            {"type": "file_citation", "filename": "a.pdf", "index": 2, "quote": "q"},
            SourcePart("", "a.pdf", "q", (2,)),
        ),
        ({"type": "file_path", "file_id": "f1", "index": 2}, SourcePart("", "f1")),
        (url("u", 0, -1), SourcePart("u")),
        ({**url("u", 0, 1), "end_index": True}, SourcePart("u")),
        ({**url("u", 0, 1), "end_index": "1", "title": 7}, SourcePart("u")),
        ({"type": "new_citation", "to": 1}, UnknownPart("new_citation", 30)),
    ],
)
def test_annotations(annotation: dict[str, Any], part: Any) -> None:
    message = done(0, "message", content=[said("Hi", annotation)])
    for wire in (sse(text(0, "Hi"), cited(0, annotation), message, completed()), whole([message])):
        assert folded(wire).parts == (TextPart("Hi"), part)


@given(
    texts=st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=5),
    places=cuts,
    apart=st.booleans(),
)
def test_marks_stand_behind_the_text_they_mark(texts: list[str], places: list[int], apart: bool) -> None:
    events, contents = [], []
    for number, words in enumerate(texts):
        mark = url(f"https://{number}.test", 0, len(words))
        place, index = (number, 0) if apart else (0, number)
        contents.append(said(words, mark))
        events += [added(place, "message")] * (apart or not number)
        events += [event("content_part.added", output_index=place, content_index=index, part={})]
        events += [text(place, words, index), cited(place, mark, index)]
        if apart:
            events.append(done(place, "message", content=contents[-1:]))
    if not apart:
        events.append(done(0, "message", content=contents))
    for wire in (sse(*events, completed()), whole(events)):
        answer = folded(wire, places)
        starts = list(itertools.accumulate((len(one) + 2 * apart for one in texts), initial=0))
        assert [source.marks for source in answer.sources] == [
            (start + len(words),) for start, words in zip(starts, texts, strict=False)
        ]


# --- code, images, what nobody knows --------------------------------------------------------------------


def parts_of(kind: str, **values: Any) -> tuple[Any, ...]:
    item = done(0, kind, **values)
    streamed = folded(sse(added(0, kind), item, text(1, "x"), completed())).parts
    in_one = folded(whole([item, done(1, "message", content=[said("x")])])).parts
    assert streamed == in_one
    assert streamed[-1] == TextPart("x")
    return streamed[:-1]


@pytest.mark.parametrize(
    ("item", "parts"),
    [
        ({"code": "x", "status": "failed"}, (CodePart("x"), CodeResultPart("", True))),
        ({"code": "x", "outputs": None}, (CodePart("x"),)),
        ({"code": None, "outputs": [{"type": "logs", "logs": "a"}]}, (CodeResultPart("a"),)),
        (
            {"code": "x", "outputs": [None, 3, {"type": "sound"}]},
            (CodePart("x"), UnknownPart("sound of code", 16)),
        ),
    ],
)
def test_code(item: dict[str, Any], parts: tuple[Any, ...]) -> None:
    assert parts_of("code_interpreter_call", **item) == parts


@pytest.mark.parametrize("result", [SVG, "!!!", "", None, base64.b64encode(b"GIF9").decode(), 7])
def test_what_is_no_image_is_told(result: Any) -> None:
    [part] = parts_of("image_generation_call", result=result, output_format="svg")
    assert (type(part), part.kind) == (UnknownPart, "image_generation_call")
    assert part.size > 50


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0..", "image/jpeg"),
        (b"RIFF\0\0\0\0WEBP", "image/webp"),
        (b"GIF89a", "image/gif"),
    ],
)
def test_an_image_is_what_its_bytes_say(data: bytes, kind: str) -> None:
    result = base64.b64encode(data).decode()
    assert parts_of("image_generation_call", result=result, output_format="svg") == (ImagePart(data, kind),)


@pytest.mark.parametrize(
    "kind",
    [
        "computer_call",
        "local_shell_call",
        "apply_patch_call",
        "mcp_list_tools",
        "x" * 300,
    ],
)
def test_what_nobody_can_show_is_told(kind: str) -> None:
    [part] = parts_of(kind, input="<script>", call_id="c", name="n")
    assert (part.kind, part.size > len(kind)) == (kind[:100], True)


def test_a_search_in_files() -> None:
    results = [{"filename": "a.pdf", "text": "words"}, {"file_id": "f"}, {"score": 1}]
    assert parts_of("file_search_call", queries=["q"], results=results) == (
        SearchPart(("q",)),
        SourcePart("", "a.pdf", "words"),
        SourcePart("", "f"),
    )
    assert parts_of("file_search_call", queries=["q"], results=None) == (SearchPart(("q",)),)


@pytest.mark.parametrize(
    ("action", "part"),
    [
        (None, SearchPart(())),
        ({"type": "search", "query": "q"}, SearchPart(("q",))),
        ({"type": "search", "queries": [1, "q"], "sources": 3}, SearchPart(("q",))),
        ({"type": "open_page"}, SearchPart((), "open")),
        ({"type": "open_page", "url": None}, SearchPart((), "open")),
    ],
)
def test_searches(action: Any, part: SearchPart) -> None:
    assert parts_of("web_search_call", action=action) == (part,)


def sound(data: bytes, *, ends: bool = True) -> bytes:
    payload = base64.b64encode(data).decode()
    pieces = [payload[start : start + 5] for start in range(0, len(payload), 5)]
    events = [event("audio.delta", delta=piece) for piece in pieces]
    spoken = [event("audio.transcript.delta", delta="Hel"), event("audio.transcript.delta", delta="lo")]
    return sse(*events, *spoken, *([event("audio.done")] if ends else []), completed())


def test_sound() -> None:
    wave = b"RIFF\0\0\0\0WAVEfmt "
    assert folded(sound(wave)).parts == (TextPart("Hello"), AudioPart(wave, "audio/wav"))
    assert folded(sound(b"raw samples")).parts == (TextPart("Hello"), UnknownPart("audio", 27))


# --- calls of functions ---------------------------------------------------------------------------------

ARGUMENTS = '{"city": "Zürich"}'
CALL = {"call_id": "c1", "name": "weather"}


@pytest.mark.parametrize("in_added", ["", ARGUMENTS, None])
@pytest.mark.parametrize("in_deltas", [(), (ARGUMENTS,), (ARGUMENTS[:5], ARGUMENTS[5:])])
@pytest.mark.parametrize("in_done", [True, False])
@pytest.mark.parametrize("in_item", [True, False])
@pytest.mark.parametrize("named", [True, False])
def test_arguments_wherever_they_come(
    in_added: str | None, in_deltas: tuple[str, ...], in_done: bool, in_item: bool, named: bool
) -> None:
    if not (in_done or in_item or in_deltas):
        return  # nobody has told them
    begun = CALL if named else {}
    if not (named or in_item):
        return
    where = {"output_index": 0, "item_id": "i0"}
    events = [added(0, "function_call", arguments=in_added, **begun)]
    events += [event("function_call_arguments.delta", delta=piece, **where) for piece in in_deltas]
    events += [event("function_call_arguments.done", arguments=ARGUMENTS, **where)] * in_done
    events += [done(0, "function_call", arguments=ARGUMENTS, **CALL)] * in_item
    answer = folded(sse(*events, completed(*items_of(events))))
    assert answer.tool_calls == (ToolCallPart("c1", "weather", ARGUMENTS),)
    assert answer.finish_reason == "tool_calls"


@pytest.mark.parametrize("place", [0, 1])
@given(places=cuts)
def test_several_calls_also_where_items_are_not_counted(place: int, places: list[int]) -> None:
    events = []
    for number, name in enumerate("ab"):
        where = {"output_index": number * place, "item_id": f"i{number}"}
        item = {"id": f"i{number}", "type": "function_call", "call_id": f"c{name}", "name": name}
        events += [event("output_item.added", item=item, **where)]
        events += [event("function_call_arguments.delta", delta=piece, **where) for piece in ("{", "}")]
        events += [event("output_item.done", item={**item, "arguments": "{}"}, **where)]
    answer = folded(sse(*events, completed(*items_of(events))), places)
    assert answer.tool_calls == (ToolCallPart("ca", "a", "{}"), ToolCallPart("cb", "b", "{}"))


# --- reasoning ------------------------------------------------------------------------------------------


def test_thoughts_stand_apart() -> None:
    events = [
        added(0, "reasoning"),
        event("reasoning_summary_part.added", summary_index=0),
        event("reasoning_summary_text.delta", delta="one"),
        event("reasoning_summary_part.added", summary_index=1),
        event("reasoning_summary_text.delta", delta="two"),
        done(0, "reasoning", summary=[{"text": "one"}, {"text": "two"}]),
        added(1, "reasoning"),
        done(1, "reasoning", summary=[]),
        added(2, "reasoning"),
        event("reasoning_text.delta", delta="thr"),
        event("reasoning_text.delta", delta="ee"),
        done(2, "reasoning", summary=[], content=[{"type": "reasoning_text", "text": "three"}]),
        text(3, "Hi"),
        done(3, "message", content=[said("Hi")]),
    ]
    assert folded(sse(*events, completed(*items_of(events)))).reasoning == "one\n\ntwo\n\nthree"
    assert folded(whole(events)).reasoning == "one\n\ntwo\n\nthree"


# --- from the vendor's server ---------------------------------------------------------------------------


async def test_from_end_to_end() -> None:
    answer = Answer(
        Reasoning("hm"),
        OutputItem({"type": "web_search_call", "action": FOUND}),
        "It rises.",
        Citation("https://a.test/", "A"),
        OutputItem({"type": "image_generation_call", "result": PICTURE}),
        ToolCall("look", id="c"),
        finish="tool_calls",
    )
    with serve("openai_responses", answer) as server:
        result = OpenAIResponses.create_async_generator("m", "hi", base_url=server.base_url)
        assert await result.read() == "It rises."
    assert result.parts == (
        ReasoningPart("hm"),
        SearchPart(("sea level", "tides")),
        SourcePart("https://a.test/"),
        SourcePart("https://c.test/"),
        TextPart("It rises."),
        SourcePart("https://a.test/", "A", marks=(9,)),
        ImagePart(PNG, "image/png"),
        ToolCallPart("c", "look", "{}"),
    )


# --- anything -------------------------------------------------------------------------------------------

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 9)
    | st.text(max_size=5)
    | st.sampled_from(["message", "reasoning"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "text", "content", "annotations", "action", "outputs", "queries", "summary", "id"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    strange=st.lists(
        st.tuples(st.integers(0, len(FULL) - 1), st.sampled_from(["item", "part", "annotation"]), values)
    )
)
def test_whatever_stands_in_an_item_the_text_arrives(strange: list[tuple[int, str, Any]]) -> None:
    events = json.loads(json.dumps(FULL))
    for place, name, value in strange:
        events[place] = {**events[place], name: value}
    answer = folded(sse(*events, completed()))
    assert "It rises 👋." in answer.text
    assert answer.text.count("It rises 👋.") == 1
    assert answer.finish_reason in ("stop", "tool_calls", "content_filter")
