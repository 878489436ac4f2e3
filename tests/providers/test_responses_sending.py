"""What OpenAI's responses are asked for: thinking, a search, files; and what is left out, at once or when refused."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from notebook_chat import errors
from notebook_chat.events import Notice
from notebook_chat.messages import AudioPart, FilePart, Message, TextPart
from notebook_chat.providers import openai_responses
from notebook_chat.providers.model_facts import ModelFacts
from notebook_chat.providers.openai_responses import OpenAIResponses, thinks

from ..servers import Answer, Failure, Reasoning, serve
from .wires import KEY, built

SEALED = "reasoning.encrypted_content"


def body(model: str = "gpt-6-luna", messages: Any = "hi", **options: Any) -> Any:
    return built(OpenAIResponses, messages, model, **options)[1]


@pytest.fixture
def facts(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets what is known of every model."""

    def know(**known: Any) -> None:
        monkeypatch.setattr(openai_responses, "known_facts", lambda model: ModelFacts(**known))

    know()
    return know


# --- thinking -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "known"),
    [
        ("gpt-6-luna", True),
        ("gpt-5.6-sol", True),
        ("gpt-5-mini-2025-08-07", True),
        ("openai/gpt-10", True),
        ("o3", True),
        ("o4-mini-deep-research", True),
        ("gpt-5.3-chat-latest", False),
        ("gpt-4o-mini", False),
        ("gpt-4.1", False),
        ("gpt-3.5-turbo", False),
        ("chatgpt-4o-latest", False),
        ("gpt-oss-120b", None),
        ("llama", None),
        ("gpt-x", None),
    ],
)
def test_models_that_think(model: str, known: bool | None, facts: Any) -> None:
    assert thinks(model) is known
    facts(efforts=("low", "high"))
    assert thinks(model) is True
    facts(efforts=())
    assert thinks(model) is False


@pytest.mark.parametrize(
    ("effort", "known", "sent"),
    [
        (None, None, {"summary": "auto"}),
        ("high", None, {"effort": "high", "summary": "auto"}),
        ("none", None, {"effort": "none"}),
        ("minimal", ("low", "medium", "high"), {"effort": "low", "summary": "auto"}),
        ("max", ("none", "low", "high"), {"effort": "high", "summary": "auto"}),
        ("none", ("low", "medium", "high"), {"effort": "low", "summary": "auto"}),
        (0, None, {"effort": "none"}),
        (2000, None, {"effort": "medium", "summary": "auto"}),
        ("high", (), None),
        (None, (), None),
    ],
)
def test_effort(effort: Any, known: Any, sent: Any, facts: Any) -> None:
    facts(efforts=known)
    asked = {} if effort is None else {"effort": effort}
    assert body(**asked).get("reasoning") == sent
    assert OpenAIResponses.left_out("m", asked) == (("effort",) if known == () and asked else ())


def test_what_is_asked_of_models_that_do_not_think(facts: Any) -> None:
    plain = body("gpt-4.1")
    assert "reasoning" not in plain
    assert "include" not in plain
    assert body("llama")["include"] == [SEALED]
    assert "reasoning" not in body("llama")
    assert body("llama", effort="low")["reasoning"] == {"effort": "low", "summary": "auto"}


@pytest.mark.parametrize(
    ("model", "known", "options", "left_out"),
    [
        ("gpt-6-luna", {}, {"temperature": 0.5, "effort": "high"}, ("temperature",)),
        ("gpt-6-luna", {}, {"temperature": 0.5, "top_p": 0.5, "effort": 9000}, ("temperature", "top_p")),
        ("gpt-6-luna", {}, {"temperature": 0.5, "effort": "none"}, ()),
        ("gpt-6-luna", {}, {"temperature": 0.5}, ()),
        ("gpt-4.1", {}, {"temperature": 0.5, "effort": "high"}, ()),
        ("gpt-6-luna", {"sampling": False}, {"temperature": 0.0, "max_tokens": 5}, ("temperature",)),
        ("gpt-6-luna", {}, {"seed": 3, "stop": ["a"], "web": True}, ("seed", "stop")),
        ("gpt-6-luna", {}, {"seed": None, "temperature": None, "effort": "high"}, ()),
    ],
)
def test_options_that_are_not_sent(
    model: str, known: dict[str, Any], options: dict[str, Any], left_out: tuple[str, ...], facts: Any
) -> None:
    facts(**known)
    assert OpenAIResponses.left_out(model, options) == left_out
    sent = body(model, **options)
    assert not set(left_out) & set(sent)
    rest = {"temperature", "top_p", "max_tokens"} & {
        name for name, value in options.items() if value is not None
    }
    for name in rest - set(left_out):
        assert sent[OpenAIResponses.field_names.get(name, name)] == options[name]


# --- a search -------------------------------------------------------------------------------------------


def test_a_search(facts: Any) -> None:
    sent = body(web=True)
    assert sent["tools"] == [{"type": "web_search"}]
    assert sent["include"] == [SEALED, "web_search_call.action.sources"]
    assert body("gpt-4.1", web=True)["include"] == ["web_search_call.action.sources"]
    assert "tools" not in body(web=False)
    assert body(web=True, effort="minimal")["reasoning"]["effort"] == "low"


def test_tools_of_the_callers_own_tell_what_they_found() -> None:
    tools = [{"type": "code_interpreter"}, {"type": "file_search"}, {"type": ["x"]}, 7]
    sent = body(extra_body={"tools": tools})
    assert sent["tools"] == tools
    assert sent["include"] == [SEALED, "code_interpreter_call.outputs", "file_search_call.results"]
    assert body(extra_body={"tools": "x", "include": []})["include"] == []


# --- files ----------------------------------------------------------------------------------------------


def test_files() -> None:
    file = FilePart(b"%PDF-1.7", "application/pdf", "report.pdf")
    sent = body(messages=[Message("user", (TextPart("Read"), file, FilePart(b"x", "text/csv")))])
    assert sent["input"][0]["content"] == [
        {"type": "input_text", "text": "Read"},
        {
            "type": "input_file",
            "filename": "report.pdf",
            "file_data": "data:application/pdf;base64,JVBERi0xLjc=",
        },
        {"type": "input_file", "filename": "file", "file_data": "data:text/csv;base64,eA=="},
    ]
    assert "application/pdf" in OpenAIResponses.takes_files
    with pytest.raises(errors.InvalidMessagesError, match="AudioPart"):
        body(messages=[Message("user", (AudioPart(b"x", "audio/wav"),))])


def test_a_request_that_is_too_large_is_refused_before_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OpenAIResponses, "largest_request", 3000)
    large = [Message("user", (TextPart("Look"), FilePart(bytes(3000), "application/pdf")))]
    with pytest.raises(errors.InvalidMessagesError, match="openai-responses takes"):
        body(messages=large)
    assert body(messages=large, base_url="http://localhost:1/v1")


# --- the cache ------------------------------------------------------------------------------------------


def test_the_beginning_of_a_conversation_has_a_name_at_openai() -> None:
    one, other = ({"role": "user", "content": text} for text in ("one", "other"))
    keys = [body(messages=messages)["prompt_cache_key"] for messages in ([one], [one, other], [other])]
    assert keys[0] == keys[1] != keys[2]
    assert "prompt_cache_key" not in body(base_url="http://localhost:1/v1")
    assert "prompt_cache_key" in body(base_url="https://eu.api.openai.com/v1")
    assert "prompt_cache_key" not in body(base_url="https://eu.api.openai.com.evil.test/v1")
    assert body(extra_body={"prompt_cache_key": "mine"})["prompt_cache_key"] == "mine"


# --- refusals -------------------------------------------------------------------------------------------

UNVERIFIED = (
    "Your organization must be verified to generate reasoning summaries. Please go to: https://platform.test"
)


@pytest.mark.parametrize(
    ("words", "options", "changed"),
    [
        (
            "Unsupported parameter: 'temperature' is not supported with this model.",
            {"temperature": 0.5},
            {"temperature": None},
        ),
        ("Unsupported parameter: 'top_p'", {"top_p": 0.5}, {"top_p": None}),
        ("Unknown parameter: 'include[0]'.", {}, {"include": None}),
        ("Encrypted content is not supported with this model.", {}, {"include": None}),
        ("Unknown parameter: 'prompt_cache_key'.", {}, {"prompt_cache_key": None}),
        (
            "Unsupported value: 'reasoning.effort' does not support 'max' with this model. Supported values are: "
            "'low', 'medium', and 'high'.",
            {"effort": "max"},
            {"reasoning": {"effort": "high", "summary": "auto"}},
        ),
        (
            "Unsupported parameter: 'reasoning.effort' is not supported with this model.",
            {"effort": "max"},
            {"reasoning": None},
        ),
        (UNVERIFIED, {"effort": "low"}, {"reasoning": {"effort": "low"}, "stream": False}),
        (UNVERIFIED, {}, {"reasoning": None, "stream": False}),
        (
            "Unsupported parameter: 'reasoning.summary' is not supported with the 'o1-pro' model.",
            {"effort": "low"},
            {"reasoning": {"effort": "low"}},
        ),
        (
            "Your organization must be verified to stream this model.",
            {"effort": "low"},
            {"reasoning": {"effort": "low"}, "stream": False},
        ),
    ],
)
def test_what_is_refused_by_name_is_left_out(
    words: str, options: dict[str, Any], changed: dict[str, Any], facts: Any
) -> None:
    call = OpenAIResponses.check("gpt-6-luna", "hi", {"api_key": KEY, **options})
    simpler = OpenAIResponses.simplified(call, errors.BadRequestError(words))
    assert simpler is not None
    got = msgspec.json.decode(simpler.body or b"")
    expected = {**body(**options), **changed}
    assert got == {name: value for name, value in expected.items() if value is not None}


@pytest.mark.parametrize(
    "error",
    [
        errors.BadRequestError("Tool 'web_search' is not supported with gpt-6-luna."),
        errors.BadRequestError("Invalid value for 'max_output_tokens'."),
        errors.BadRequestError("Something about an item."),
        errors.BadRequestError("The input must include a question, and the temperature was nice."),
        errors.ModelNotFoundError("The model `temperature` does not exist."),
        errors.RateLimitError("temperature"),
        errors.ContentRefusedError("include"),
    ],
)
def test_nothing_is_left_out_that_changes_what_is_asked(error: errors.ChatError) -> None:
    call = OpenAIResponses.check("gpt-6-luna", "hi", {"api_key": KEY, "web": True, "max_tokens": 5})
    assert OpenAIResponses.simplified(call, error) is None


async def test_a_refusal_is_told_and_the_answer_comes() -> None:
    words = "Unsupported parameter: 'temperature' is not supported with this model."
    with serve("openai_responses", Failure("bad_request", words), Answer(Reasoning("hm"), "Hi")) as server:
        result = OpenAIResponses.create_async_generator("m", "hi", base_url=server.base_url, temperature=0.5)
        notices = [event async for event in result.events() if isinstance(event, Notice)]
        assert result.text == "Hi"
        assert "temperature" in notices[0].text
        assert ["temperature" in request.json for request in server.requests] == [True, False]


def test_what_a_caller_writes_wins() -> None:
    sent = body(effort="low", extra_body={"reasoning": {"effort": "high"}, "store": True})
    assert sent["reasoning"] == {"effort": "high", "summary": "auto"}
    assert sent["store"] is True
