"""Where an answer of Gemini comes from, and at which places in its text."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.answer import AnswerSnapshot
from notebook_chat.parts import CodePart, SearchPart, SourcePart, TextPart

from .gemini_chunks import chunk, in_one_piece, inline, streamed
from .wires import PNG, cuts

A = {"web": {"uri": "https://a.example/1", "title": "a.example"}}
B = {"web": {"uri": "https://b.example/2", "title": "b.example"}}


def support(start: Any, end: Any, *chunks: Any, **more: Any) -> dict[str, Any]:
    segment = {"startIndex": start, "endIndex": end, **more}
    return {
        "segment": {name: value for name, value in segment.items() if value is not None},
        "groundingChunkIndices": [*chunks],
    }


def grounded(*supports: Any, chunks: Any = (A, B), **more: Any) -> dict[str, Any]:
    return {"groundingMetadata": {"groundingChunks": [*chunks], "groundingSupports": [*supports], **more}}


def marked(answer: AnswerSnapshot) -> dict[str, list[str]]:
    """What of the text stands before each mark, by the source's title."""
    return {source.title: [answer.text[:mark] for mark in source.marks] for source in answer.sources}


TEXT = "Grüße 👋: 21 °C. 世界 says so. The end."
FIRST, SECOND = "Grüße 👋: 21 °C.", "世界 says so."


def size(text: str) -> int:
    return len(text.encode())


LATE = grounded(
    support(None, size(FIRST), 0, text=FIRST),
    support(size(FIRST) + 1, size(FIRST) + 1 + size(SECOND), 0, 1, text=SECOND),
    webSearchQueries=["how warm", "how warm", "and where"],
    searchEntryPoint={"renderedContent": "<script>alert(1)</script>"},
)


@given(pieces=st.lists(st.integers(1, len(TEXT) - 1), max_size=5).map(sorted), places=cuts)
def test_places_in_bytes_are_places_in_the_text(pieces: list[int], places: list[int]) -> None:
    edges = [0, *pieces, len(TEXT)]
    early: dict[str, Any] = {"groundingMetadata": {}}
    texts = [TEXT[a:b] for a, b in pairwise(edges) if a < b]
    chunks = [chunk({"text": text}, beside=early) for text in texts[:-1]]
    chunks.append(chunk({"text": texts[-1]}, beside=LATE, finish="STOP"))
    for answer in (streamed(*chunks, places=places), in_one_piece(*chunks)):
        assert answer.text == TEXT
        assert marked(answer) == {
            "a.example": [FIRST, f"{FIRST} {SECOND}"],
            "b.example": [f"{FIRST} {SECOND}"],
        }
        assert [part for part in answer.parts if isinstance(part, SearchPart)] == [
            SearchPart(("how warm", "and where"))
        ]
        assert "script" not in repr(answer.parts)


@given(text=st.text(min_size=1, max_size=40), data=st.data())
def test_any_place_of_any_text(text: str, data: Any) -> None:
    end = data.draw(st.integers(1, len(text)))
    start = data.draw(st.integers(0, end - 1))
    told = support(size(text[:start]), size(text[:end]), 0, text=text[start:end])
    for one in (told, support(size(text[:start]), size(text[:end]), 0)):
        answer = streamed(chunk({"text": text}, beside=grounded(one), finish="STOP"))
        assert answer.sources[0].marks == (end,)
    assert len(answer.sources) == 2


def test_a_long_text_of_many_blocks() -> None:
    text = "Wörter und 世界. " * 2000
    ends = [17, 4096, 9000, len(text)]
    told = [support(0, size(text[:end]), 0) for end in ends]
    answer = streamed(chunk({"text": text}, beside=grounded(*told), finish="STOP"))
    assert answer.sources[0].marks == tuple(ends)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (0, 10**30),
        (-5, 3),
        (3, -5),
        (9, 3),
        (0, 0),
        ("0", "3"),
        (None, None),
        (0, 1.5),
        (True, True),
        ({}, []),
    ],
)
def test_places_that_cannot_be_are_none(start: Any, end: Any) -> None:
    answer = streamed(chunk({"text": TEXT}, beside=grounded(support(start, end, 0)), finish="STOP"))
    assert (answer.text, [source.marks for source in answer.sources]) == (TEXT, [(), ()])


@pytest.mark.parametrize(("start", "end"), [(0, 10**30), (-5, 3), (1, 2), (3, 20), (None, None)])
def test_the_words_decide_where_the_numbers_are_wrong(start: Any, end: Any) -> None:
    told = grounded(support(start, end, 1, text=SECOND), support(0, 5, 0, text="never said"))
    answer = streamed(chunk({"text": TEXT}, beside=told, finish="STOP"))
    assert marked(answer) == {"a.example": [], "b.example": [f"{FIRST} {SECOND}"]}


def test_a_place_in_the_middle_of_a_character_is_behind_it() -> None:
    end = size("Grüße 👋") - 2
    answer = streamed(chunk({"text": TEXT}, beside=grounded(support(0, end, 0)), finish="STOP"))
    assert marked(answer)["a.example"] == ["Grüße 👋"]


@pytest.mark.parametrize("indices", [[5, -1, "0", None, True, 0.0, []], 0, {"0": 0}, None])
def test_indices_of_no_source(indices: Any) -> None:
    told = {"segment": {"endIndex": 5}, "groundingChunkIndices": indices}
    answer = streamed(chunk({"text": TEXT}, beside=grounded(told), finish="STOP"))
    assert all(not source.marks for source in answer.sources)


@pytest.mark.parametrize("part_index", [None, 0, 2])
@pytest.mark.parametrize("listed", [True, False])
def test_places_in_a_later_part_of_several(part_index: int | None, listed: bool) -> None:
    code = {"executableCode": {"language": "PYTHON", "code": "1"}}
    parts = [{"text": "Before 👋."}, code, {"text": "After 世."}]
    # By the documentation places count within a part; as they are seen on the wire, within the whole text.
    for start in (0, size("Before 👋.")):
        told = support(start, start + size("After 世."), 0, text="After 世.", partIndex=part_index)
        beside = grounded(told)
        if listed:
            answer = streamed(*map(chunk, parts[:-1]), chunk(parts[-1], beside=beside, finish="STOP"))
        else:
            answer = in_one_piece(chunk(*parts, beside=beside, finish="STOP"), listed=False)
        assert answer.text == "Before 👋.\n\nAfter 世."
        assert marked(answer)["a.example"] == [answer.text]
        assert CodePart("1") in answer.parts


def test_places_behind_what_stands_between() -> None:
    told = grounded(support(0, 4, 0), support(0, 9, 1), support(0, 16, 0))
    call = {"functionCall": {"name": "look"}}
    answer = streamed(
        chunk({"text": "One. "}),
        chunk(inline(PNG, "image/png")),
        chunk({"text": "Two. "}),
        chunk(call),
        chunk({"text": "hm", "thought": True}),
        chunk({"text": "Three."}, beside=told, finish="STOP"),
    )
    assert answer.text == "One. \n\nTwo. \n\nThree."
    assert marked(answer) == {"a.example": ["One.", answer.text], "b.example": ["One. \n\nTwo."]}


def test_what_is_told_again_is_given_once() -> None:
    told = grounded(support(0, size(FIRST), 0), webSearchQueries=["q"])
    chunks = [chunk({"text": piece}, beside=told) for piece in (FIRST, " ", SECOND)]
    answer = streamed(*chunks, chunk({"text": " The end."}, beside=told, finish="STOP"))
    assert marked(answer) == {"a.example": [FIRST], "b.example": []}
    kinds = [type(part) for part in answer.parts]
    # Each source when it is told first, and the one with a place once more when the text is whole.
    assert (kinds.count(SearchPart), kinds.count(SourcePart)) == (1, 3)


def test_all_kinds_of_what_was_found() -> None:
    found = [
        {"retrievedContext": {"uri": "https://c.example", "title": "notes", "text": "It was so."}},
        {"retrievedContext": {"fileSearchStore": "fileSearchStores/s", "text": "And so."}},
        {"maps": {"uri": "https://maps.example/1", "title": "Café"}},
        {"image": {"sourceUri": "https://i.example", "imageUri": "https://i.example/x.png", "title": "I"}},
        {"somethingNew": {"uri": "javascript:alert(1)", "title": "x"}},
        {"web": {}},
        {"web": None},
        7,
    ]
    answer = streamed(chunk({"text": "Hi"}, beside=grounded(chunks=found), finish="STOP"))
    assert answer.sources == (
        SourcePart("https://c.example", "notes", "It was so."),
        SourcePart("", "fileSearchStores/s", "And so."),
        SourcePart("https://maps.example/1", "Café"),
        SourcePart("https://i.example", "I"),
        SourcePart("javascript:alert(1)", "x"),  # made safe where it is shown
    )


def test_pages_that_were_opened() -> None:
    pages = [
        {"retrievedUrl": "https://a.example", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS"},
        {"retrievedUrl": "https://b.example", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_PAYWALL"},
        {"retrievedUrl": 7},
        None,
    ]
    opened = {"urlContextMetadata": {"urlMetadata": pages}}
    answer = streamed(
        chunk({"text": "Hi"}, beside=opened), chunk({"text": "!"}, beside=opened, finish="STOP")
    )
    assert answer.parts == (
        TextPart("Hi"),
        SearchPart(("https://a.example", "https://b.example"), "open"),
        SourcePart("https://a.example"),
        TextPart("!"),
    )


@pytest.mark.parametrize("name", ["citationSources", "citations"])
def test_what_is_quoted_at_length(name: str) -> None:
    cited = [
        {"startIndex": 0, "endIndex": size(FIRST), "uri": "https://c.example", "license": "mit"},
        {"endIndex": 10**9, "title": "A book"},
        {"endIndex": 3},
        "x",
    ]
    answer = streamed(chunk({"text": TEXT}, beside={"citationMetadata": {name: cited}}, finish="STOP"))
    assert answer.sources == (
        SourcePart("https://c.example", "license: mit", marks=(len(FIRST),)),
        SourcePart("", "A book"),
    )


def test_sources_without_end_are_bounded_and_told() -> None:
    found = [{"web": {"uri": f"https://a.example/{number}"}} for number in range(3000)]
    told = [support(0, 1, number) for number in range(3000)]
    many = [grounded(*told, chunks=found[start : start + 1000]) for start in range(0, 3000, 1000)]
    answer = streamed(*(chunk({"text": "x"}, beside=one) for one in many), chunk(finish="STOP"))
    assert len(answer.sources) == 1000
    assert [part.kind for part in answer.parts if not isinstance(part, (TextPart, SourcePart))] == [
        "more than 1,000 sources"
    ]


def test_sources_behind_the_end_still_come() -> None:
    answer = streamed(
        chunk({"text": TEXT}, finish="STOP"), chunk(beside=grounded(support(0, size(FIRST), 0)))
    )
    assert marked(answer) == {"a.example": [FIRST], "b.example": []}
