"""Which dialect OpenAI's own service is asked in, where only ``openai`` is said."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from notebook_chat import Chat, errors
from notebook_chat.messages import (
    AudioPart,
    FilePart,
    Message,
    ReplayPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from notebook_chat.providers import OpenAI, add_vendor, get_provider
from notebook_chat.providers.azure import AzureOpenAI
from notebook_chat.providers.openai_choice import means_responses
from notebook_chat.providers.openai_service import OpenAIService
from notebook_chat.providers.vendors import remove

from ..servers import Answer, Citation, Failure, OutputItem, Reasoning, VendorServer
from ..servers.fixtures import ServerFactory
from ..transports import Canned, InMemory
from .wires import sse

KEY = "sk-planted-secret-0123456789"
PDF, WORD = (FilePart(b"x", kind, "a") for kind in ("application/pdf", "application/msword"))
SOUND = AudioPart(b"x", "audio/wav")
CALLED = [
    Message("user", "hi"),
    Message("assistant", (ToolCallPart("c", "look", "{}"),)),
    Message("tool", "4", {"tool_call_id": "c"}),
]
TOOLS = [{"name": "look"}]


def user(*parts: Any) -> list[Message]:
    return [Message("user", (TextPart("hi"), *parts))]


def given(part: Any) -> list[Message]:
    """What a tool has given, behind its call."""
    return [*CALLED[:-1], Message("tool", (ToolResultPart("c", "look", (part,)),))]


def replayed(provider: str = "openai", model: str = "gpt-6-luna") -> list[Message]:
    replay = ReplayPart(provider, model, "d", "[]")
    return [Message("user", "hi"), Message("assistant", (TextPart("Hello"), replay)), Message("user", "you")]


def path(model: str = "gpt-6-luna", messages: Any = "hi", **options: Any) -> str:
    request = OpenAI.prepared(model, messages, {"api_key": KEY, **options})
    assert request.url.startswith("https://api.openai.com/v1/")
    return request.url.removeprefix("https://api.openai.com/v1/")


CHAT, RESPONSES = "chat/completions", "responses"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, CHAT),
        ({"temperature": 0.5, "max_tokens": 5}, CHAT),
        ({"web": True}, RESPONSES),
        ({"web": False}, CHAT),
        ({"effort": "high"}, RESPONSES),
        ({"effort": 5000}, RESPONSES),
        ({"effort": "none"}, CHAT),
        ({"model": "gpt-5.6-sol", "effort": "low"}, RESPONSES),
        ({"messages": user(PDF)}, CHAT),
        ({"messages": user(WORD)}, RESPONSES),
        ({"messages": user(SOUND)}, CHAT),
        ({"messages": user(SOUND), "effort": "low"}, CHAT),
        ({"messages": CALLED}, CHAT),
        ({"messages": CALLED, "effort": "low"}, RESPONSES),
        # Tools:
        ({"tools": TOOLS}, RESPONSES),
        ({"tools": []}, CHAT),
        ({"tools": TOOLS, "model": "gpt-4.1"}, RESPONSES),
        ({"tools": TOOLS, "model": "gpt-4.1", "seed": 3}, CHAT),
        ({"tools": TOOLS, "model": "gpt-5.5", "stop": ["a"]}, CHAT),
        ({"tools": TOOLS, "model": "gpt-5-mini", "extra_body": {"logit_bias": {}}}, CHAT),
        ({"tools": TOOLS, "model": "gpt-5.6-sol", "seed": 3}, RESPONSES),
        ({"tools": TOOLS, "model": "gpt-6.2-sol", "stop": ["a"]}, RESPONSES),
        ({"tools": TOOLS, "model": "o3", "seed": 3}, CHAT),
        ({"tools": TOOLS, "model": "ft:gpt-4.1:a:b:c", "seed": 3}, CHAT),
        ({"tools": TOOLS, "model": "gpt-audio", "messages": user(SOUND)}, CHAT),
        ({"tools": TOOLS, "messages": CALLED}, RESPONSES),
        ({"messages": given(WORD)}, RESPONSES),
        ({"messages": given(PDF)}, CHAT),
        ({"messages": given(SOUND), "effort": "low"}, CHAT),
        # What only one of them has:
        ({"stop": ["a"]}, CHAT),
        ({"seed": 3, "effort": "high"}, CHAT),
        ({"seed": 3, "web": True}, RESPONSES),
        ({"stop": ["a"], "messages": user(WORD)}, RESPONSES),
        # What the caller writes:
        ({"extra_body": {"reasoning": {"summary": "auto"}}}, RESPONSES),
        ({"extra_body": {"tools": [{"type": "image_generation"}]}}, RESPONSES),
        ({"extra_body": {"tools": [{"type": "function", "name": "look"}]}}, RESPONSES),
        ({"extra_body": {"tools": [{"type": "function", "function": {"name": "look"}}]}}, CHAT),
        ({"extra_body": {"tools": [{"type": "function", "function": {}}]}, "effort": "low"}, CHAT),
        ({"extra_body": {"tools": "x"}}, CHAT),
        ({"extra_body": {"response_format": {}}, "effort": "low"}, CHAT),
        ({"extra_body": {"metadata": {}}, "effort": "low"}, RESPONSES),
        # Models that are in one of them alone:
        ({"model": "o1-pro"}, RESPONSES),
        ({"model": "gpt-5.5-pro-2026-04-23"}, RESPONSES),
        ({"model": "gpt-5.1-codex-max", "stop": ["a"]}, RESPONSES),
        ({"model": "codex-mini-latest"}, RESPONSES),
        ({"model": "o4-mini-deep-research"}, RESPONSES),
        ({"model": "computer-use-preview"}, RESPONSES),
        ({"model": "gpt-6-cyber"}, RESPONSES),
        ({"model": "gpt-4o-search-preview", "web": True}, CHAT),
        ({"model": "gpt-4o-audio-preview", "effort": "low"}, CHAT),
        ({"model": "gpt-audio-mini", "messages": user(SOUND)}, CHAT),
        ({"model": "ft:gpt-4.1:my-pro:codex-thing:1"}, CHAT),
        ({"model": "professor"}, CHAT),
        # What a conversation has been:
        ({"messages": replayed()}, RESPONSES),
        ({"messages": replayed(), "seed": 3}, CHAT),
        ({"messages": replayed(model="gpt-6-sol")}, CHAT),
        ({"messages": replayed("openai-responses")}, CHAT),
    ],
)
def test_the_dialect_that_can_what_is_asked(asked: dict[str, Any], expected: str) -> None:
    assert path(**asked) == expected


def test_elsewhere_it_is_chat_completions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:1/v1")
    asked: list[dict[str, Any]] = [
        {"effort": "high"},
        {"model": "gpt-5.5-pro"},
        {"messages": replayed()},
        {"extra_body": {"reasoning": {}}},
    ]
    for one in asked:
        model, messages = one.pop("model", "m"), one.pop("messages", "hi")
        request = OpenAI.prepared(model, messages, {"api_key": KEY, **one})
        assert request.url == "http://localhost:1/v1/chat/completions"


@pytest.mark.parametrize(
    ("model", "options", "left_out"),
    [
        ("gpt-6-luna", {"seed": 3, "web": True}, ("seed",)),
        ("gpt-5.5-pro", {"stop": ["a"], "temperature": 0.5, "effort": "high"}, ("stop", "temperature")),
        ("gpt-6-luna", {"seed": 3, "stop": ["a"]}, ()),
        ("gpt-4o-search-preview", {"seed": 3, "web": True}, ()),
        ("", {"seed": 3}, ()),
    ],
)
def test_what_is_left_out_where_there_is_no_choice(
    model: str, options: dict[str, Any], left_out: tuple[str, ...]
) -> None:
    assert OpenAI.left_out(model, options) == left_out
    request = OpenAI.prepared(model, "hi", {"api_key": KEY, **options})
    assert not set(left_out) & set(msgspec.json.decode(request.body or b""))


def test_a_count_is_asked_for_where_the_dialect_has_one() -> None:
    call = OpenAI.check("gpt-6-luna", "hi", {"api_key": KEY, "web": True})
    request = OpenAI.speaking(call).count_request(call)
    assert request is not None
    assert request.url == "https://api.openai.com/v1/responses/input_tokens"


@pytest.mark.parametrize("region", ["eu", "us"])
def test_a_region_of_openai_is_openai(region: str) -> None:
    options = {"api_key": KEY, "base_url": f"https://{region}.api.openai.com/v1", "web": True}
    assert OpenAI.prepared("m", "hi", options).url == f"https://{region}.api.openai.com/v1/responses"


def test_what_only_openai_itself_can_is_refused_elsewhere() -> None:
    chat = Chat("openai:m", base_url="http://localhost:1/v1", api_key=KEY)
    with pytest.raises(errors.InvalidOptionError, match="at OpenAI's own address alone"):
        chat.preview("hi", web=True)
    with pytest.raises(errors.InvalidOptionError, match="at OpenAI's own address alone"):
        chat.ask("hi", web=True)
    with pytest.raises(errors.InvalidMessagesError, match="a \\(application/msword\\) has no place"):
        OpenAI.prepared("m", user(WORD), {"api_key": KEY, "base_url": "http://localhost:1/v1"})


@pytest.mark.parametrize("name", ["azure", "colab", "groq", "mistral"])
def test_others_that_speak_chat_completions_do_not_promise_it(name: str) -> None:
    provider = get_provider(name)
    assert "web" not in provider.options or name not in ("azure", "colab")
    assert "application/msword" not in provider.takes_files


def test_azure_refuses_a_search_by_name() -> None:
    with pytest.raises(errors.InvalidOptionError, match="azure does not search the web"):
        AzureOpenAI.check_options({"web": True})


# --- spoken in the name of openai -----------------------------------------------------------------------


@pytest.fixture
def home(vendor_server: ServerFactory, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Starts a server of OpenAI's responses that passes as OpenAI's own address."""

    def start(*replies: Any) -> VendorServer:
        server = vendor_server("openai_responses", *replies)
        monkeypatch.setattr(OpenAIService, "url", server.base_url)
        return server

    return start


def test_the_answer_is_openais(home: Any) -> None:
    found = OutputItem({"type": "web_search_call", "action": {"type": "search", "query": "tides"}})
    home(Answer(Reasoning("hm"), found, "They come.", Citation("https://a.test/", "A"), model="gpt-6-luna-1"))
    chat = Chat("openai:gpt-6-luna", api_key=KEY)
    preview = chat.preview("When?", web=True)
    answer = chat.ask("When?", web=True)
    assert preview.url.endswith("/v1/responses")
    assert answer == "They come."
    assert answer.model == "openai:gpt-6-luna"
    assert [source.url for source in answer.sources] == ["https://a.test/"]
    assert chat.conversation.turns[0].reasoning == "hm"


def test_the_errors_are_openais(home: Any) -> None:
    home(Failure("rate_limit"))
    with pytest.raises(errors.RateLimitError, match=r"^openai: ") as caught:
        Chat("openai:gpt-6-luna", api_key=KEY, retries=0).ask("hi", web=True)
    assert caught.value.provider == "openai"


def test_what_is_shown_is_what_is_sent(home: Any) -> None:
    server = home(Answer(Reasoning("hm"), "Hi"))
    chat = Chat("openai:gpt-6-luna", api_key=KEY, system="Be brief.")
    for asked in ({"web": True}, {"effort": "high"}, {}, {"effort": "low", "temperature": 0.5}):
        preview = chat.preview("hi", **asked)
        chat.ask("hi", **asked)
        assert server.requests[-1].body == preview.body
        assert preview.url == f"{server.origin}{server.requests[-1].target}"


def test_a_vendor_at_openais_address_keeps_its_name(home: Any) -> None:
    server = home(Failure("overloaded"))
    provider = add_vendor("mine", base_url=server.base_url, key_header="X-Key", key_env="MINE_KEY")
    try:
        with pytest.raises(errors.OverloadedError, match=r"^mine: "):
            Chat("mine:gpt-6-cyber", api_key=KEY, retries=0).ask("hi")
        assert server.requests[0].header("X-Key") == KEY
        assert server.requests[0].header("Authorization") is None
        assert provider.name == "mine"
    finally:
        remove("mine")


# --- refused in chat completions ------------------------------------------------------------------------

WORDS = (
    "This model is only supported in v1/responses and not in v1/chat/completions.",
    "This is not a chat model and thus not supported in the v1/chat/completions endpoint.",
    "Function tools with reasoning_effort are not supported for gpt-7 in /v1/chat/completions. "
    "Please use /v1/responses instead.",
)
ANSWER = sse(
    {"type": "response.output_text.delta", "delta": "Hi"},
    {"type": "response.completed", "response": {"status": "completed", "output": []}},
)


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("status", [400, 404])
def test_a_model_that_is_in_responses_alone_is_asked_there(words: str, status: int) -> None:
    refusal = Canned([msgspec.json.encode({"error": {"message": words}})], status=status)
    transport = InMemory(refusal, Canned([ANSWER]))
    answer = Chat("openai:gpt-7", api_key=KEY, transport=transport, retries=0).ask("hi")
    assert answer == "Hi"
    assert [request.url.rpartition("/v1/")[2] for request in transport.requests] == [CHAT, RESPONSES]


@pytest.mark.parametrize(
    "error",
    [
        errors.BadRequestError("The model is busy."),
        errors.ServerError(WORDS[0]),
        errors.ModelNotFoundError("The model `gpt-7` does not exist."),
    ],
)
def test_other_refusals_mean_nothing_of_the_kind(error: errors.ChatError) -> None:
    assert not means_responses(error)


def test_elsewhere_it_stays_refused() -> None:
    refusal = Canned([msgspec.json.encode({"error": {"message": WORDS[0]}})], status=400)
    transport = InMemory(refusal, Canned([ANSWER]))
    chat = Chat("openai:m", api_key=KEY, base_url="http://localhost:1/v1", transport=transport, retries=0)
    with pytest.raises(errors.BadRequestError):
        chat.ask("hi")
