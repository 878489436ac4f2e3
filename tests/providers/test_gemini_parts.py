"""What Gemini gives besides text: files, sound, code that was run, searches, what nobody knows."""

from __future__ import annotations

import io
import json
import wave
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import errors
from notebook_chat.parts import (
    AudioPart,
    CodePart,
    CodeResultPart,
    FilePart,
    ImagePart,
    Part,
    ReasoningPart,
    SearchPart,
    SourcePart,
    TextPart,
    UnknownPart,
)
from notebook_chat.providers.gemini import Gemini

from ..hostile.strange_answers import values
from ..servers import Answer, Parts, serve
from .gemini_chunks import chunk, in_one_piece, inline, streamed
from .wires import KEY, PNG, cuts, read, sse, text_of

JPEG = b"\xff\xd8\xff and the rest"
CODE = {"executableCode": {"language": "PYTHON", "code": "print(1)", "id": "e"}, "thoughtSignature": "c2ln"}
RESULT = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n", "id": "e"}}
SEARCH = {"toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "id": "t", "args": {"queries": ["a", "b"]}}}
FOUND = {"toolResponse": {"toolType": "GOOGLE_SEARCH_WEB", "id": "t", "response": {"x": 1}}}

EVERYTHING = [
    chunk({"text": "hm", "thought": True}),
    chunk(SEARCH, FOUND),
    chunk({"text": "Häl"}),
    chunk({"text": "lo 👋", "thoughtSignature": "c2ln"}),
    chunk(CODE, {"text": ""}),
    {"candidates": [{"content": {"parts": [RESULT], "role": "model"}}]},
    chunk(inline(PNG, "image/png"), inline(b"%PDF-1.7 x", "application/pdf", thoughtSignature="c2ln")),
    chunk({"text": "That "}),
    chunk({"text": "is it."}),
    chunk({"hologram": {"a": [1, 2]}}),
    chunk({"text": ""}, finish="STOP"),
]
PARTS = (
    ReasoningPart("hm"),
    SearchPart(("a", "b")),
    TextPart("Hällo 👋"),
    CodePart("print(1)", "python"),
    CodeResultPart("1\n"),
    ImagePart(PNG, "image/png"),
    FilePart(b"%PDF-1.7 x", "application/pdf"),
    TextPart("\n\nThat is it."),
    UnknownPart("hologram", len(b'{"a":[1,2]}')),
)


@given(places=cuts)
def test_every_part_arrives_wherever_the_bytes_are_cut(places: list[int]) -> None:
    assert streamed(*EVERYTHING, places=places).parts == PARTS


def test_every_part_arrives_a_byte_at_a_time_and_in_one_piece() -> None:
    assert streamed(*EVERYTHING, places=range(len(sse(*EVERYTHING)))).parts == PARTS
    assert in_one_piece(*EVERYTHING).parts == PARTS
    parts = [part for one in EVERYTHING for part in one["candidates"][0]["content"]["parts"]]
    # Texts of one content are parts of their own, and are read as one.
    assert in_one_piece(chunk(*parts, finish="STOP"), listed=False).parts == PARTS


@pytest.mark.parametrize("whole", [True, False])
def test_an_image_alone_is_an_answer(whole: bool) -> None:
    for finish in ("STOP", None) if whole else ("STOP",):
        one = chunk(inline(PNG, "image/png"), finish=finish)
        answer = in_one_piece(one, listed=False) if whole else streamed(one)
        assert answer.parts == (ImagePart(PNG, "image/png"),)
        assert answer.finish_reason == "stop"


@pytest.mark.parametrize(
    ("data", "kind", "part"),
    [
        (PNG, "image/jpeg", ImagePart(PNG, "image/png")),
        (JPEG, "", ImagePart(JPEG, "image/jpeg")),
        (b"<svg onload=alert(1)>", "image/svg+xml", FilePart(b"<svg onload=alert(1)>", "image/svg+xml")),
        (b"no image", "image/png", FilePart(b"no image", "image/png")),
        (b"x", 'text/html" onload="', FilePart(b"x", "application/octet-stream")),
        (b"x", "VIDEO/MP4; a=b", FilePart(b"x", "video/mp4")),
        (b"ID3", "audio/mp3", AudioPart(b"ID3", "audio/mp3")),
    ],
)
def test_a_file_is_what_its_bytes_say(data: bytes, kind: str, part: Part) -> None:
    assert streamed(chunk(inline(data, kind), finish="STOP")).parts == (part,)


@pytest.mark.parametrize("data", ["%%%", "", None, 7, ["a"], {"a": 1}, "a", "ü"])
def test_a_broken_file_is_told(data: Any) -> None:
    blob = {"inlineData": {"mimeType": "image/png", "data": data}}
    answer = streamed(chunk({"text": "Hi"}), chunk(blob), chunk({"text": "there"}, finish="STOP"))
    assert [type(part) for part in answer.parts] == [TextPart, UnknownPart, TextPart]
    assert answer.text == "Hi\n\nthere"


def test_base64_in_the_other_alphabet_and_without_its_end() -> None:
    blob = {"inlineData": {"mimeType": "application/x", "data": "-_8"}}
    assert streamed(chunk(blob, finish="STOP")).parts == (FilePart(b"\xfb\xff", "application/x"),)


def test_a_files_name_has_no_folder() -> None:
    blob = {"inlineData": {"mimeType": "text/csv", "data": "YQ==", "displayName": "..\\a/../b.csv"}}
    assert streamed(chunk(blob, finish="STOP")).parts == (FilePart(b"a", "text/csv", "b.csv"),)


def test_a_draft_among_the_thoughts_is_told_of_and_no_image_of_the_answer() -> None:
    draft = inline(JPEG, "image/jpeg", thought=True)
    answer = streamed(
        chunk({"text": "hm", "thought": True}), chunk(draft), chunk(inline(PNG, "image/png"), finish="STOP")
    )
    assert answer.parts[1:] == (ImagePart(PNG, "image/png"),)
    assert f"image/jpeg, {len(JPEG)} bytes" in answer.reasoning


def test_a_file_elsewhere_is_told_of_and_not_fetched() -> None:
    file = {"fileData": {"fileUri": "https://example.org/v.mp4", "mimeType": "video/mp4"}}
    [part] = streamed(chunk(file, finish="STOP")).parts
    assert isinstance(part, SourcePart)
    assert (part.url, "not fetched" in part.title) == ("https://example.org/v.mp4", True)


# --- sound ----------------------------------------------------------------------------------------------

PCM = bytes(range(256)) * 3


def samples(part: Part) -> tuple[int, bytes]:
    assert isinstance(part, AudioPart)
    with wave.open(io.BytesIO(part.data)) as file:
        return file.getframerate(), file.readframes(file.getnframes())


@given(edges=st.lists(st.integers(0, len(PCM)), max_size=6).map(sorted), places=cuts)
def test_pieces_of_sound_are_one_recording(edges: list[int], places: list[int]) -> None:
    pieces = [PCM[a:b] for a, b in zip([0, *edges], [*edges, len(PCM)], strict=True) if a < b]
    chunks = [chunk(inline(piece, "audio/L16;codec=pcm;rate=24000")) for piece in pieces]
    [part] = streamed(*chunks, chunk({"text": ""}, finish="STOP"), places=places).parts
    assert samples(part) == (24_000, PCM)


@pytest.mark.parametrize(
    ("kind", "rate"),
    [
        ("audio/l16", 24_000),
        ("audio/pcm; rate=16000", 16_000),
        ("audio/L16;rate=²", 24_000),
        ("audio/L16;rate=999999999999", 24_000),
        ("audio/L16;rate=0;channels=99;;=", 1000),
    ],
)
def test_how_samples_are_to_be_read(kind: str, rate: int) -> None:
    [part] = streamed(chunk(inline(PCM, kind), finish="STOP")).parts
    assert samples(part)[0] == rate


def test_another_rate_is_another_recording_and_text_comes_behind() -> None:
    answer = streamed(
        chunk(inline(PCM, "audio/L16;rate=8000")),
        chunk(inline(PCM, "audio/L16;rate=16000")),
        chunk({"text": "Said."}, finish="STOP"),
    )
    first, second, text = answer.parts
    assert (samples(first), samples(second), text) == ((8000, PCM), (16_000, PCM), TextPart("Said."))


# --- what the service did -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "part"),
    [
        ({"outcome": "OUTCOME_FAILED", "output": "Trace"}, CodeResultPart("Trace", True)),
        ({"outcome": "OUTCOME_OK"}, CodeResultPart("")),
        ({}, CodeResultPart("")),
        ("x", CodeResultPart("")),
    ],
)
def test_what_came_of_code(result: Any, part: Part) -> None:
    assert streamed(chunk({"codeExecutionResult": result}, finish="STOP")).parts == (part,)


def test_code_that_ran_too_long() -> None:
    result = {"codeExecutionResult": {"outcome": "OUTCOME_DEADLINE_EXCEEDED", "output": "1"}}
    [part] = streamed(chunk(result, finish="STOP")).parts
    assert isinstance(part, CodeResultPart)
    assert part.is_error
    assert part.text.startswith("1\n(It ran for too long")


@pytest.mark.parametrize(
    ("call", "part"),
    [
        ({"toolType": "URL_CONTEXT", "args": {"urls": ["u"]}}, SearchPart(("u",), "open")),
        ({"toolType": "GOOGLE_MAPS", "args": {"query": "café", "n": 3}}, SearchPart(("café",))),
        ({"toolType": "FILE_SEARCH", "id": "t"}, UnknownPart("toolCall FILE_SEARCH", 35)),
    ],
)
def test_what_the_service_looked_for(call: Any, part: Part) -> None:
    assert streamed(chunk({"toolCall": call}, finish="STOP")).parts == (part,)


# --- how it ends ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "error", "words"),
    [
        ("MALFORMED_FUNCTION_CALL", errors.ServerError, "malformed tool call"),
        ("UNEXPECTED_TOOL_CALL", errors.ProviderError, "not given"),
        ("TOO_MANY_TOOL_CALLS", errors.ProviderError, "without end"),
        ("MISSING_THOUGHT_SIGNATURE", errors.BadRequestError, "no thought signature"),
        ("MALFORMED_RESPONSE", errors.ServerError, "malformed answer"),
        ("NO_IMAGE", errors.ProviderError, "made none"),
        ("IMAGE_OTHER", errors.ProviderError, "could not be made"),
        ("LANGUAGE", errors.ProviderError, "this language"),
        ("IMAGE_SAFETY", errors.ContentRefusedError, "IMAGE_SAFETY"),
    ],
)
@pytest.mark.parametrize("whole", [False, True])
def test_an_answer_that_ends_before_it_begins(
    reason: str, error: type[errors.ChatError], words: str, whole: bool
) -> None:
    end = {
        "candidates": [{"finishReason": reason, "finishMessage": f"so it is: {words}"}],
        "modelVersion": "m",
    }
    with pytest.raises(error, match=words) as caught:
        in_one_piece(end, listed=False) if whole else streamed(end)
    assert type(caught.value) is error
    assert "so it is" in str(caught.value)


@pytest.mark.parametrize("reason", ["NO_IMAGE", "MALFORMED_RESPONSE", "OTHER"])
def test_what_there_is_of_an_answer_is_kept(reason: str) -> None:
    answer = streamed(chunk({"text": "Well"}), chunk(finish=reason))
    assert (answer.text, answer.finish_reason) == ("Well", reason)


def test_an_image_is_something_of_an_answer() -> None:
    answer = streamed(chunk(inline(PNG, "image/png")), chunk(finish="IMAGE_SAFETY"))
    assert (answer.parts, answer.finish_reason) == ((ImagePart(PNG, "image/png"),), "content_filter")


async def test_an_answer_that_failed_at_once_is_asked_again() -> None:
    broken = Answer(usage=None, finish="MALFORMED_FUNCTION_CALL")
    with serve("gemini", broken, Answer("Hello")) as server:
        text = await Gemini.create_async("gemini-3-x", "hi", base_url=server.base_url, api_key=KEY)
        assert (text, len(server.requests)) == ("Hello", 2)


def test_a_reason_that_is_none_does_not_end_the_answer() -> None:
    unsaid = chunk({"text": "One "}, finish="FINISH_REASON_UNSPECIFIED")
    assert streamed(unsaid, chunk({"text": "two"}, finish="STOP")).text == "One two"


# --- what is strange ------------------------------------------------------------------------------------

KINDS = (
    *("inlineData", "executableCode", "codeExecutionResult", "toolCall", "toolResponse", "fileData"),
    *("functionCall", "functionResponse", "thoughtSignature", "thought", "hologram", "videoMetadata"),
)


@given(kind=st.sampled_from(KINDS), raw=values)
def test_anything_may_stand_in_a_part_and_no_text_is_lost(kind: str, raw: str) -> None:
    wire = sse(chunk({"text": "one "}))
    wire += f'data: {{"candidates":[{{"content":{{"parts":[{{"{kind}":'.encode()
    wire += raw.replace("\n", " ").encode("utf-8", "surrogatepass") + b"}]}}]}\n\n"
    wire += sse(chunk({"text": "two"}, finish="STOP"))
    if _is_json(raw):
        assert text_of(read(Gemini, wire)).replace("\n\n", "") == "one two"


@given(
    place=st.sampled_from(["groundingMetadata", "citationMetadata", "urlContextMetadata"]),
    raw=values,
)
def test_anything_may_stand_beside_the_parts(place: str, raw: str) -> None:
    wire = f'data: {{"candidates":[{{"content":{{"parts":[{{"text":"one"}}]}},"{place}":'.encode()
    wire += raw.replace("\n", " ").encode("utf-8", "surrogatepass") + b"}]}\n\n"
    wire += sse(chunk({"text": " two"}, finish="STOP"))
    if _is_json(raw):
        assert text_of(read(Gemini, wire)) == "one two"


def _is_json(raw: str) -> bool:
    try:
        json.loads(raw)
    except (ValueError, RecursionError):
        return False
    return True


async def test_from_end_to_end() -> None:
    pieces = Parts((inline(PNG, "image/png"),), {"groundingMetadata": {}})
    with serve("gemini", Answer("Here: ", pieces), key=KEY) as server:
        result = Gemini.create_async_generator(
            "gemini-3-image", "draw", base_url=server.base_url, api_key=KEY
        )
        assert await result.read() == "Here: "
        assert result.parts[:2] == (TextPart("Here: "), ImagePart(PNG, "image/png"))
        assert server.requests[0].json["generationConfig"]["responseModalities"] == ["TEXT", "IMAGE"]
