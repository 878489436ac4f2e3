"""What real services, gateways and proxies send, beside what their references say."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import errors
from notebook_chat.answer import AnswerFold, AnswerSnapshot
from notebook_chat.events import Event, Finish, ReasoningDelta, TextDelta, Usage
from notebook_chat.messages import ToolCallPart
from notebook_chat.providers.anthropic import Anthropic
from notebook_chat.providers.gemini import Gemini
from notebook_chat.providers.http import HTTPProvider
from notebook_chat.providers.ollama import Ollama
from notebook_chat.providers.openai import OpenAI
from notebook_chat.providers.openai_responses import OpenAIResponses
from tests.providers.wires import KEY, cuts, ndjson, read, sse, take, text_of

DONE = b"data: [DONE]\n\n"


def choice(finish: Any = None, index: int = 0, **delta: Any) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": delta, "finish_reason": finish}]}


def item(text: str, index: int = 0) -> list[dict[str, Any]]:
    return [
        {"type": "response.output_item.added", "output_index": index, "item": {"type": "message"}},
        {"type": "response.output_text.delta", "output_index": index, "delta": text},
    ]


def block(index: int, kind: str, **values: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": {"type": kind, **values}}


def parts(*found: dict[str, Any], finish: str | None = None, index: int = 0) -> dict[str, Any]:
    candidate = {"index": index, "content": {"parts": list(found)}}
    return {"candidates": [candidate | ({"finishReason": finish} if finish else {})]}


def folded(provider: type[HTTPProvider], wire: bytes, places: Any = ()) -> AnswerSnapshot:
    fold = AnswerFold()
    fold.add(read(provider, wire, places))
    return fold.snapshot()


COMPLETED = {"type": "response.completed", "response": {"model": "m", "output": []}}
STOP = [{"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, {"type": "message_stop"}]

# --- fields of another type -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "wire"),
    [
        (OpenAI, sse({"choices": [{"delta": None}]}, choice(content="Hi"), choice("stop")) + DONE),
        (OpenAI, sse({"choices": None}, choice(content="Hi"), choice("stop")) + DONE),
        (OpenAI, sse({"choices": [None]}, choice(content="Hi"), choice("stop")) + DONE),
        (OpenAI, sse({"choices": {}}, choice(content="Hi", tool_calls={}), choice("stop")) + DONE),
        (OpenAI, sse(choice(content="Hi", reasoning=7, refusal=[]), choice("stop")) + DONE),
        (OpenAI, sse(choice(content="Hi"), {"choices": [], "usage": {"prompt_tokens": 3.5}}) + DONE),
        (OpenAI, sse(choice(content="Hi"), {"choices": [], "usage": [1]}, [], 7, None) + DONE),
        (OpenAIResponses, sse(*item("Hi"), {"type": "response.output_text.delta", "delta": 7}, COMPLETED)),
        (OpenAIResponses, sse(*item("Hi"), {"type": 3}, {"type": "x", "item": []}, [], COMPLETED)),
        (
            OpenAIResponses,
            sse(
                {
                    "type": "response.output_item.added",
                    "item": {"type": "tool_search_call", "arguments": {"paths": ["a"]}, "name": []},
                },
                *item("Hi"),
                COMPLETED
                | {"response": {"output": [None, {"type": "tool_search_call", "content": 3}], "usage": 2}},
            ),
        ),
        (Anthropic, sse(block(0, "text", text="Hi"), {"type": "message_start", "message": 3}, [], *STOP)),
        (Anthropic, sse(block(0, "text", text="Hi"), {"type": "content_block_delta", "delta": None}, *STOP)),
        (Anthropic, sse(block(0, "text", text="Hi"), STOP[0] | {"usage": {"output_tokens": 2.5}}, STOP[1])),
        (Gemini, sse(parts({"text": "Hi"}), {"candidates": None}, parts({}, finish="STOP"))),
        (
            Gemini,
            sse(parts({"text": "Hi"}), {"candidates": [7]}, 7, parts({"functionCall": []}, finish="STOP")),
        ),
        (Gemini, sse(parts({"text": "Hi"}, finish="STOP") | {"usageMetadata": {"promptTokenCount": []}})),
        (
            Ollama,
            ndjson({"message": {"content": "Hi"}}, {"message": []}, [], {"done": True, "eval_count": "x"}),
        ),
        (Ollama, ndjson({"message": {"content": "Hi", "tool_calls": {}}}, {"done": True, "model": 3})),
    ],
)
def test_a_field_of_another_type_costs_nothing_else(provider: type[HTTPProvider], wire: bytes) -> None:
    assert folded(provider, wire).text == "Hi"


@pytest.mark.parametrize("arguments", [{"city": "Rome"}, '{"city":"Rome"}'])
@pytest.mark.parametrize("index", [0, None, "0"])
def test_tool_calls_as_gateways_write_them(arguments: Any, index: Any) -> None:
    calls = [
        {"index": index, "id": name, "function": {"name": name, "arguments": arguments}}
        for name in ("weather", "time")
    ]
    answer = folded(OpenAI, sse(*(choice(tool_calls=[call]) for call in calls), choice("tool_calls")) + DONE)
    assert answer.tool_calls == tuple(
        ToolCallPart(name, name, '{"city":"Rome"}') for name in ("weather", "time")
    )


def test_a_tool_call_without_a_function_is_none() -> None:
    wire = sse(choice(tool_calls=[{"index": 0, "function": None}], content="Hi"), choice("stop")) + DONE
    assert folded(OpenAI, wire).text == "Hi"


# --- the end --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "wire", "after"),
    [
        (OpenAI, sse(choice(content="Hi"), choice("stop")) + DONE, sse(choice(content="!"))),
        (OpenAIResponses, sse(*item("Hi"), COMPLETED), sse(*item("!"))),
        (Anthropic, sse(block(0, "text", text="Hi"), *STOP), sse(block(1, "text", text="!"))),
        (
            Ollama,
            ndjson({"message": {"content": "Hi"}}, {"done": True}),
            ndjson({"message": {"content": "!"}}),
        ),
    ],
)
@given(
    places=cuts, rest=st.sampled_from([b"", b"data: {\n\n", b"{\n", b'data: {"error": {"message": "x"}}\n\n'])
)
def test_nothing_after_the_end_mark_counts(
    provider: type[HTTPProvider], wire: bytes, after: bytes, places: list[int], rest: bytes
) -> None:
    assert text_of(read(provider, wire + rest + after, places)) == "Hi"


@given(places=cuts)
def test_usage_after_the_end_mark_counts(places: list[int]) -> None:
    usage = {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}
    assert Usage(3, 4) in read(OpenAI, sse(choice(content="Hi"), choice("stop")) + DONE + sse(usage), places)


@given(places=cuts)
def test_a_reason_to_end_in_every_piece_ends_nothing(places: list[int]) -> None:
    wire = sse(*(choice("stop", content=text) for text in ("one ", "two ", "three"))) + DONE
    assert text_of(read(OpenAI, wire, places)) == "one two three"


@given(places=cuts)
def test_an_error_field_is_the_reason_of_a_cut(places: list[int]) -> None:
    wire = (
        sse(choice(content="Hi"))
        + b'error: {"code": 500, "message": "the slot was lost", "type": "server_error"}\n\n'
    )
    events: list[Event] = []
    with pytest.raises(errors.ServerError, match="the slot was lost"):
        take(OpenAI, wire, events, places)
    assert text_of(events) == "Hi"


@pytest.mark.parametrize(
    ("provider", "wire", "spoken"),
    [
        (
            OpenAI,
            sse({"type": "message_start", "message": {}}, block(0, "text", text="Hi"), *STOP),
            "Anthropic",
        ),
        (OpenAI, sse(*item("Hi"), COMPLETED), "OpenAI's responses"),
        (OpenAI, sse(parts({"text": "Hi"}, finish="STOP")), "Gemini"),
        (OpenAI, ndjson({"message": {"content": "Hi"}, "done": False}, {"done": True}), "Ollama"),
        (Anthropic, sse(choice(content="Hi"), choice("stop")) + DONE, "chat completions"),
        (OpenAIResponses, sse(choice(content="Hi"), choice("stop")) + DONE, "chat completions"),
        (Gemini, sse(choice(content="Hi"), choice("stop")), "chat completions"),
        (Ollama, sse(choice(content="Hi"), choice("stop")) + DONE, "chat completions"),
        (OpenAI, sse({"hello": 1}) + DONE, ""),
    ],
)
@given(places=cuts)
def test_a_foreign_dialect_is_named(
    provider: type[HTTPProvider], wire: bytes, spoken: str, places: list[int]
) -> None:
    with pytest.raises(errors.ResponseFormatError) as error:
        read(provider, wire, places)
    assert spoken in error.value.hint


@pytest.mark.parametrize("blank", [b"data:\n\n", b"data: \n\n", b": ping\n\n", b"event: ping\n\n"])
@pytest.mark.parametrize(
    ("provider", "wire"),
    [
        (OpenAI, sse(choice(content="Hi"), choice("stop")) + DONE),
        (OpenAIResponses, sse(*item("Hi"), COMPLETED)),
        (Anthropic, sse(block(0, "text", text="Hi"), *STOP)),
        (Gemini, sse(parts({"text": "Hi"}, finish="STOP"))),
    ],
)
def test_a_frame_without_data_is_none(provider: type[HTTPProvider], wire: bytes, blank: bytes) -> None:
    assert folded(provider, blank + wire.replace(b"\n\n", b"\n\n" + blank)).text == "Hi"


@pytest.mark.parametrize("provider", [OpenAI, OpenAIResponses, Anthropic, Gemini, Ollama])
@pytest.mark.parametrize("indent", [None, 1])
def test_a_failure_in_one_piece_is_one(provider: type[HTTPProvider], indent: int | None) -> None:
    failure = {"type": "error", "error": {"type": "server_error", "message": f"out of order {KEY}"}}
    with pytest.raises(errors.ProviderError, match="out of order …"):
        read(provider, json.dumps(failure, indent=None if provider is Ollama else indent).encode())


def test_an_answer_without_text_is_one() -> None:
    assert read(OpenAI, sse(choice(role="assistant", content=""), choice("stop")) + DONE)[-1] == Finish()
    assert read(OpenAI, sse(choice(role="assistant", content="")) + DONE) == [Finish()]


# --- answers in one piece -------------------------------------------------------------------------------

WHOLE: dict[type[HTTPProvider], Any] = {
    OpenAI: {
        "object": "chat.completion",
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4},
    },
    OpenAIResponses: {
        "object": "response",
        "status": "completed",
        "model": "m",
        "output": [
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
            {"type": "message", "content": [{"type": "output_text", "text": "Hi"}]},
        ],
        "usage": {"input_tokens": 3, "output_tokens": 4},
    },
    Anthropic: {
        "type": "message",
        "model": "m",
        "content": [{"type": "text", "text": "Hi"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 3, "output_tokens": 4},
    },
    Gemini: parts({"text": "Hi"}, finish="STOP")
    | {"modelVersion": "m", "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 4}},
    Ollama: {
        "model": "m",
        "message": {"content": "Hi"},
        "done": True,
        "prompt_eval_count": 3,
        "eval_count": 4,
    },
}


@pytest.mark.parametrize("provider", WHOLE)
@pytest.mark.parametrize("indent", [None, 2])
@given(places=cuts)
def test_an_answer_in_one_piece(provider: type[HTTPProvider], indent: int | None, places: list[int]) -> None:
    if provider is Ollama:
        indent = None  # whose dialect is lines of JSON anyway
    answer = folded(provider, json.dumps(WHOLE[provider], indent=indent).encode(), places)
    assert (answer.text, answer.model, answer.finish_reason) == ("Hi", "m", "stop")
    assert answer.usage is not None
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (3, 4)


def test_tool_calls_in_one_piece() -> None:
    calls = [{"id": name, "function": {"name": name, "arguments": "{}"}} for name in "ab"]
    whole = {"choices": [{"message": {"content": None, "tool_calls": calls}, "finish_reason": "tool_calls"}]}
    expected = (ToolCallPart("a", "a", "{}"), ToolCallPart("b", "b", "{}"))
    assert folded(OpenAI, json.dumps(whole).encode()).tool_calls == expected
    blocks = [{"type": "tool_use", "id": name, "name": name, "input": {}} for name in "ab"]
    message = {"type": "message", "content": blocks, "stop_reason": "tool_use"}
    assert folded(Anthropic, json.dumps(message).encode()).tool_calls == expected
    items = [{"type": "function_call", "call_id": name, "name": name, "arguments": "{}"} for name in "ab"]
    assert folded(OpenAIResponses, json.dumps({"output": items}).encode()).tool_calls == expected


# --- reasoning in the text ------------------------------------------------------------------------------


def said(*texts: str) -> bytes:
    return sse(*(choice(content=text) for text in texts), choice("stop")) + DONE


THOUGHTS = [
    ("<think>hm</think>Hi", "hm", "Hi"),
    ("<think>\nhm\n\nso\n</think>\n\nHi </think> there", "hm\n\nso", "Hi </think> there"),
    ("\n<thinking>hm</thinking>\nHi", "hm", "Hi"),
    ("<think>\n\n</think>\n\nHi", "", "Hi"),
    ("<think>hm", "hm", ""),
    ("<think>a < b and </thin air</think>Hi", "a < b and </thin air", "Hi"),
    ("hm\nso\n</think>\n\nHi", "hm\nso", "Hi"),
    ("hm</think>Hi", "hm", "Hi"),
    ("</think>Hi", "", "Hi"),
    ("The tag `</think>` ends it", "", "The tag `</think>` ends it"),
    ("Between <think> and </think> it thinks", "", "Between <think> and </think> it thinks"),
    ("```\n</think>\n```", "", "```\n</think>\n```"),
    ("a <b> </b> c", "", "a <b> </b> c"),
    ("<thin", "", "<thin"),
    ("ends with </thi", "", "ends with </thi"),
]


@pytest.mark.parametrize(("text", "reasoning", "answer"), THOUGHTS)
@given(at=st.lists(st.integers(0, 50), max_size=6))
def test_reasoning_in_the_text(text: str, reasoning: str, answer: str, at: list[int]) -> None:
    edges = [0, *sorted(place for place in at if place < len(text)), len(text)]
    pieces = [text[start:end] for start, end in itertools.pairwise(edges)]
    found = folded(OpenAI, said(*pieces))
    assert (found.reasoning, found.text) == (reasoning, answer)
    found = folded(Ollama, ndjson(*({"message": {"content": piece}} for piece in pieces), {"done": True}))
    assert (found.reasoning, found.text) == (reasoning, answer)


def test_a_thought_that_is_cut_off_is_kept() -> None:
    events: list[Event] = []
    with pytest.raises(errors.ServerError):
        take(OpenAI, sse(choice(content="<think>hm</thi"), {"error": {"code": 500, "message": "x"}}), events)
    assert events == [ReasoningDelta("hm"), ReasoningDelta("</thi")]


@pytest.mark.parametrize("detail", [{"type": "reasoning.text", "text": "hm"}, {"type": "x", "summary": "hm"}])
def test_reasoning_details(detail: dict[str, Any]) -> None:
    wire = (
        sse(choice(reasoning_details=[detail, 7, {"data": "x"}]), choice(content="Hi"), choice("stop")) + DONE
    )
    assert (folded(OpenAI, wire).reasoning, folded(OpenAI, wire).text) == ("hm", "Hi")
    both = sse(choice(reasoning="hm", reasoning_details=[detail]), choice("stop")) + DONE
    assert folded(OpenAI, both).reasoning == "hm"


# --- texts side by side ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "wire", "text"),
    [
        (Anthropic, sse(block(0, "text", text="a"), block(1, "text", text="b"), *STOP), "ab"),
        (
            Anthropic,
            sse(
                block(0, "text", text="a"),
                block(1, "server_tool_use", id="t", name="web_search"),
                block(2, "web_search_tool_result", content=[]),
                block(3, "text", text="b"),
                block(4, "text", text="c"),
                *STOP,
            ),
            "a\n\nbc",
        ),
        (Anthropic, sse(block(0, "tool_use", id="t", name="x"), block(1, "text", text="b"), *STOP), "b"),
        (OpenAIResponses, sse(*item("a"), *item("b", 2), COMPLETED), "a\n\nb"),
        (OpenAIResponses, sse(*item("a"), item("b")[1], COMPLETED), "ab"),
        (
            OpenAI,
            sse(choice(content="a"), choice(content="x", index=1), choice(content="b"), choice("stop")),
            "ab",
        ),
        (
            Gemini,
            sse(parts({"text": "a"}), parts({"text": "x"}, index=1), parts({"text": "b"}, finish="STOP")),
            "ab",
        ),
    ],
)
@given(places=cuts)
def test_texts_side_by_side(provider: type[HTTPProvider], wire: bytes, text: str, places: list[int]) -> None:
    assert folded(provider, wire, places).text == text


# --- figures --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"x_groq": {"usage": {"prompt_tokens": 3, "completion_tokens": 4}}}, Usage(3, 4)),
        ({"usage": {"prompt_tokens": 3, "completion_tokens": 4, "reasoning_tokens": 2}}, Usage(3, 4, 2)),
        ({"usage": {"prompt_tokens": 3, "completion_tokens": 4, "cached_tokens": 2}}, Usage(3, 4, None, 2)),
        ({"usage": {"prompt_tokens": 3, "prompt_cache_hit_tokens": 2}}, Usage(3, None, None, 2)),
        ({"usage": {"prompt_tokens": 3, "cost": 0.25}}, Usage(3, cost=0.25)),
        ({"usage": {"prompt_tokens_details": {"cache_write_tokens": 2}}}, Usage(cache_write_tokens=2)),
        ({"choices": [{"index": 0, "delta": {}, "usage": {"prompt_tokens": 3}}]}, Usage(3)),
    ],
)
def test_usage_where_vendors_have_it(usage: dict[str, Any], expected: Usage) -> None:
    wire = sse(choice(content="Hi"), choice("stop"), {"choices": [], **usage}) + DONE
    assert expected in read(OpenAI, wire)


def test_what_geminis_tools_read_is_input() -> None:
    figures = {"promptTokenCount": 3, "toolUsePromptTokenCount": 10, "candidatesTokenCount": 4}
    wire = sse(parts({"text": "Hi"}, finish="STOP") | {"usageMetadata": figures})
    assert Usage(13, 4, tool_input_tokens=10) in read(Gemini, wire)


def test_a_piece_of_text_costs_no_second_look() -> None:
    assert read(OpenAI, sse(choice(content="Hi"))[:-2] + b"\n\n" + DONE) == [TextDelta("Hi"), Finish()]
