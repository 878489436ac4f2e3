"""How each service is asked for data, and what is asked where it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from notebook_chat.errors import BadRequestError, InvalidOptionError
from notebook_chat.events import Notice
from notebook_chat.providers import Anthropic, Gemini, Ollama, OpenAI, get_provider
from notebook_chat.providers.adapters import ForeignProvider
from notebook_chat.providers.local import Local
from notebook_chat.providers.openai_responses import OpenAIResponses
from notebook_chat.providers.structured import in_words
from notebook_chat.schemas import instruction, shape_of

from ..fakes import parrot
from ..transports import Canned, InMemory, completion
from .wires import KEY, built

PERSON = dict(shape_of("name, age int?").json_schema)
CLOSED = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"anyOf": [{"type": "integer"}, {"type": "null"}]}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
OPEN = {**CLOSED, "required": ["name"]}
LIST = {"type": "array", "items": {"type": "string", "maxLength": 5}}
ANY: dict[str, Any] = {"type": "object", "properties": {"x": {}}, "required": ["x"]}


def body(provider: Any, schema: Any, messages: Any = "hi") -> Any:
    """The body of a request for data."""
    return built(provider, messages, schema=schema)[1]


def test_chat_completions() -> None:
    asked = body(OpenAI, PERSON)["response_format"]
    assert asked == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": CLOSED, "strict": True},
    }
    assert body(OpenAI, ANY)["response_format"]["json_schema"] == {
        "name": "answer",
        "schema": ANY,
        "strict": False,
    }
    anything = body(OpenAI, {})
    assert anything["response_format"] == {"type": "json_object"}
    assert "JSON" in anything["messages"][-1]["content"]
    assert "response_format" not in built(OpenAI)[1]
    assert "schema" not in asked


def test_responses() -> None:
    asked = body(OpenAIResponses, PERSON)["text"]
    assert asked == {"format": {"type": "json_schema", "name": "answer", "schema": CLOSED, "strict": True}}
    assert body(OpenAIResponses, {})["text"] == {"format": {"type": "json_object"}}
    assert "text" not in built(OpenAIResponses)[1]


def test_anthropic() -> None:
    assert body(Anthropic, PERSON)["output_config"] == {"format": {"type": "json_schema", "schema": OPEN}}
    for schema in (ANY, {}):
        asked = body(Anthropic, schema)
        assert "output_config" not in asked
        assert instruction(schema) in asked["messages"][-1]["content"][-1]["text"]


def test_gemini() -> None:
    thoughts = {"thinkingConfig": {"includeThoughts": True}}
    assert body(Gemini, PERSON)["generationConfig"] == {
        "responseMimeType": "application/json",
        "responseJsonSchema": OPEN,
        **thoughts,
    }
    asked = body(Gemini, ANY)
    assert asked["generationConfig"] == {"responseMimeType": "application/json", **thoughts}
    assert instruction(ANY) in asked["contents"][-1]["parts"][-1]["text"]
    assert built(Gemini, schema=PERSON, temperature=0.5)[1]["generationConfig"]["temperature"] == 0.5


def test_ollama_and_the_local_engine() -> None:
    assert body(Ollama, LIST)["format"] == LIST
    assert body(Ollama, {})["format"] == "json"
    asked = json.loads(Local.prepared("", "hi", {"schema": LIST}).body or b"")
    assert asked["response_format"]["json_schema"]["schema"] == LIST


@pytest.mark.parametrize(
    ("name", "kind", "in_text"),
    [
        ("groq", "json_schema", False),
        ("mistral", "json_schema", False),
        ("xai", "json_schema", False),
        ("openrouter", "json_schema", False),
        ("vllm", "json_schema", False),
        ("llamacpp", "json_schema", False),
        ("lmstudio", "json_schema", False),
        ("together", "json_schema", False),
        ("deepseek", "json_object", True),
    ],
)
def test_vendors_by_name(name: str, kind: str, in_text: bool) -> None:
    asked = body(get_provider(name), LIST)
    assert asked["response_format"]["type"] == kind
    assert ("JSON schema" in asked["messages"][-1]["content"]) is in_text
    if in_text:
        assert '"value"' in asked["messages"][-1]["content"]


# --- words --------------------------------------------------------------------------------------------------


def test_who_has_no_place_for_a_schema_is_told_in_words() -> None:
    provider = parrot(["{}"])
    provider.create_completion("", "hi", schema=PERSON)
    assert [*provider.create_completion("", "hi", schema=PERSON)] == ["{}"]
    assert provider.requests[-1][-1].text == f"hi\n\n{instruction(PERSON)}"
    assert "schema" not in provider.options_seen[-1]


async def test_functions_are_told_in_words_unless_they_take_one() -> None:
    seen: list[Any] = []

    async def plain(messages: Any) -> Any:
        seen.append(messages)
        yield "{}"

    async def taking(messages: Any, schema: Any = None) -> Any:
        seen.append((messages, schema))
        yield "{}"

    for function in (plain, taking):
        provider = ForeignProvider(function)
        provider.check_options({"schema": PERSON})
        await provider.create_async_generator("", "hi", schema=PERSON).read()
    assert instruction(PERSON) in seen[0][-1]["content"]
    assert seen[1] == ([{"role": "user", "content": "hi"}], PERSON)


def test_words_stand_once_and_behind_the_last_prompt() -> None:
    once = in_words(["hi"], PERSON)
    assert in_words(once, PERSON) == once
    parts = [
        {"role": "user", "content": [{"type": "text", "text": "look"}]},
        {"role": "assistant", "content": "x"},
    ]
    told = in_words(parts, PERSON)
    assert told[0].text.endswith(instruction(PERSON))
    assert told[1].text == "x"
    assert in_words([{"role": "system", "content": "s"}], {})[-1].role == "user"


@pytest.mark.parametrize("schema", ["name", 3, {"type": "strin"}, {"$ref": "https://x/y"}, list], ids=str)
def test_a_provider_takes_json_schemas_alone(schema: Any) -> None:
    with pytest.raises(InvalidOptionError):
        OpenAI.check_options({"schema": schema})
    with pytest.raises(InvalidOptionError):
        parrot().create_async_generator("", "hi", schema=schema)


# --- refusals -----------------------------------------------------------------------------------------------


ANSWER = '{"name": "Ann", "age": 3}'


def refusing(*words: str) -> InMemory:
    """A service that refuses some requests, and answers the next one."""
    errors = [{"error": {"message": one, "type": "invalid_request_error"}} for one in words]
    refusals = [Canned([json.dumps(error).encode()], 400) for error in errors]
    return InMemory(*refusals, completion(json.dumps(ANSWER)[1:-1]))


def sent(transport: InMemory) -> list[Any]:
    """The bodies that a service was sent."""
    return [json.loads(request.body or b"") for request in transport.requests]


async def ask(transport: InMemory, **options: Any) -> list[str]:
    """The notices of an answer."""
    options = {"schema": PERSON, "api_key": KEY, "transport": transport, "retries": 0, **options}
    result = OpenAI.create_async_generator("m", "hi", base_url="http://server/v1", **options)
    notices = [event.text async for event in result.events() if isinstance(event, Notice)]
    assert result.text == ANSWER
    return notices


async def test_a_server_that_knows_no_schemas_is_asked_for_json_and_then_in_words() -> None:
    transport = refusing(
        "'response_format.type' must be one of text, json_object", "response_format is not supported"
    )
    notices = await ask(transport)
    kinds = [request.get("response_format", {}).get("type") for request in sent(transport)]
    assert kinds == ["json_schema", "json_object", None]
    texts = [request["messages"][-1]["content"] for request in sent(transport)]
    assert texts[0] == "hi"
    assert texts[1] == texts[2] == f"hi\n\n{instruction(CLOSED)}"
    assert len(notices) == 2
    assert all("simpler request" in notice for notice in notices)


async def test_other_simplifications_go_with_it() -> None:
    transport = refusing("json_schema: Extra inputs are not permitted", "unknown field stream_options")
    await ask(transport)
    assert "stream_options" in sent(transport)[1]
    assert "stream_options" not in sent(transport)[2]
    assert sent(transport)[2]["response_format"] == {"type": "json_object"}


@pytest.mark.parametrize(
    "words", ["temperature must be below 1", "this model's maximum context length is exceeded", "who are you"]
)
async def test_other_refusals_are_none_of_the_schema(words: str) -> None:
    with pytest.raises(BadRequestError):
        await ask(refusing(words))


async def test_what_is_refused_again_and_again_ends() -> None:
    with pytest.raises(BadRequestError):
        await ask(refusing(*["response_format is not supported"] * 5))
