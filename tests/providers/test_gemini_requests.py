"""What is asked of Gemini's models: how hard to think, what to make, to search, with which files."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from google.genai import types

from notebook_chat import Chat, errors
from notebook_chat.events import Notice
from notebook_chat.messages import AudioPart, FilePart, ImagePart, Message, TextPart
from notebook_chat.providers import gemini_config
from notebook_chat.providers.gemini import Gemini
from notebook_chat.providers.model_facts import ModelFacts
from notebook_chat.secrets import wrap_secrets

from ..servers import Answer, Failure, serve
from .wires import KEY, PNG, built


def thinking(model: str, **options: Any) -> Any:
    """What the request says of thinking."""
    return built(Gemini, model=model, **options)[1].get("generationConfig", {}).get("thinkingConfig")


LEVELS = [
    ("none", {"thinkingLevel": "LOW"}),
    ("minimal", {"thinkingLevel": "LOW", "includeThoughts": True}),
    ("low", {"thinkingLevel": "LOW", "includeThoughts": True}),
    ("medium", {"thinkingLevel": "MEDIUM", "includeThoughts": True}),
    ("high", {"thinkingLevel": "HIGH", "includeThoughts": True}),
    ("max", {"thinkingLevel": "HIGH", "includeThoughts": True}),
    (8000, {"thinkingLevel": "MEDIUM", "includeThoughts": True}),
    (0, {"thinkingLevel": "LOW"}),
]


@pytest.mark.parametrize(
    "model", ["gemini-3-pro-preview", "gemini-3.8-flash", "gemini-flash-latest", "models/gemini-3"]
)
@pytest.mark.parametrize(("effort", "fields"), LEVELS)
def test_newer_models_have_levels(model: str, effort: Any, fields: Any) -> None:
    assert thinking(model, effort=effort) == fields


@pytest.mark.parametrize(
    ("model", "effort", "budget"),
    [
        ("gemini-2.5-flash", "none", 0),
        ("gemini-2.5-flash", "low", 1024),
        ("gemini-2.5-flash", "max", 24_576),
        ("gemini-2.5-flash", 123, 123),
        ("gemini-2.5-flash-lite", 123, 512),
        ("gemini-2.5-flash-lite", "none", 0),
        ("gemini-2.5-pro", "none", 128),
        ("gemini-2.5-pro", "high", 24_576),
        ("gemini-2.5-pro", 10**9, 32_768),
    ],
)
def test_older_models_have_a_number_of_tokens(model: str, effort: Any, budget: int) -> None:
    asked = thinking(model, effort=effort)
    assert asked.pop("thinkingBudget") == budget
    assert asked == ({} if effort == "none" else {"includeThoughts": True})


def test_the_levels_that_a_model_is_known_to_have(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = {
        "gemini-3-a": ModelFacts(efforts=("minimal", "xhigh", "max")),
        "gemini-3-b": ModelFacts(efforts=()),
    }
    monkeypatch.setattr(gemini_config, "known_facts", facts.__getitem__)
    assert thinking("gemini-3-a", effort="none")["thinkingLevel"] == "MINIMAL"
    assert thinking("gemini-3-a", effort="high")["thinkingLevel"] == "XHIGH"
    assert thinking("gemini-3-a") == {"includeThoughts": True}
    assert thinking("gemini-3-b") is None
    assert thinking("gemini-3-b", effort="none") is None


@pytest.mark.parametrize(
    ("model", "shown"),
    [
        *((name, True) for name in ("gemini-3-pro-preview", "gemini-2.5-flash", "gemini-pro-latest")),
        *(
            (name, False)
            for name in ("gemini-2.0-flash", "gemini-1.5-pro", "gemma-3", "my-own", "tunedModels/x")
        ),
        *(
            (name, False)
            for name in ("gemini-2.5-flash-lite", "gemini-3-pro-image", "gemini-2.5-flash-preview-tts")
        ),
    ],
)
def test_thoughts_are_shown_where_a_model_is_known_to_think(model: str, shown: bool) -> None:
    assert thinking(model) == ({"includeThoughts": True} if shown else None)


@pytest.mark.parametrize("name", ["generationConfig", "generation_config"])
def test_what_the_caller_says_of_thinking_stands_alone(name: str) -> None:
    own = {"thinkingConfig": {"thinkingBudget": 7}}
    _, body = built(Gemini, model="gemini-3-x", effort="high", extra_body={name: own})
    assert body.pop("contents")
    assert body == {name: own}


@pytest.mark.parametrize(
    ("model", "made"),
    [
        ("gemini-3-pro-image-preview", ["TEXT", "IMAGE"]),
        ("nano-banana-pro-preview", ["TEXT", "IMAGE"]),
        ("gemini-2.5-flash-preview-tts", ["AUDIO"]),
        ("gemini-3-pro", None),
    ],
)
def test_what_a_model_is_to_make(model: str, made: Any) -> None:
    assert built(Gemini, model=model)[1].get("generationConfig", {}).get("responseModalities") == made


# --- the web --------------------------------------------------------------------------------------------


def test_a_search_is_asked_for_with_the_callers_own_tools() -> None:
    search, urls, code = {"googleSearch": {}}, {"urlContext": {}}, {"codeExecution": {}}
    assert "tools" not in built(Gemini, model="gemini-3-x")[1]
    assert "tools" not in built(Gemini, model="gemini-3-x", web=False)[1]
    assert built(Gemini, model="gemini-3-x", web=True)[1]["tools"] == [search, urls]
    assert built(Gemini, model="gemini-2.0-flash", web=True)[1]["tools"] == [search]
    assert built(Gemini, model="gemini-3-pro-image", web=True)[1]["tools"] == [search]
    own = {"tools": [code, search], "safetySettings": []}
    _, body = built(Gemini, model="gemini-3-x", web=True, extra_body=own)
    assert body["tools"] == [urls, code, search]
    assert body["safetySettings"] == []
    assert built(Gemini, model="gemini-3-x", extra_body=own)[1]["tools"] == [code, search]


# --- files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        (FilePart(b"%PDF", "application/pdf", "a.pdf"), "application/pdf"),
        (FilePart(b"a,b", "text/csv", "a.csv"), "text/csv"),
        (AudioPart(b"RIFF", "audio/x-wav"), "audio/wav"),
        (AudioPart(b"ID3", "audio/mpeg"), "audio/mp3"),
        (FilePart(b"moov", "video/quicktime"), "video/mov"),
        (ImagePart(PNG, "image/png"), "image/png"),
    ],
)
def test_files_go_along_as_they_are(part: Any, kind: str) -> None:
    _, body = built(Gemini, Message("user", (TextPart("What is it?"), part)))
    data = base64.b64encode(part.data).decode()
    assert body["contents"][0]["parts"][1] == {"inline_data": {"mime_type": kind, "data": data}}


def test_what_is_too_large_is_refused_before_it_is_sent() -> None:
    pdf = FilePart(b"%" * (51 * 1024 * 1024), "application/pdf")
    with pytest.raises(errors.InvalidMessagesError, match="a PDF has 51 MB, and Gemini takes at most 50"):
        built(Gemini, Message("user", (pdf,)))
    video = FilePart(b"%" * (40 * 1024 * 1024), "video/mp4")
    with pytest.raises(errors.InvalidMessagesError, match="107 MB as they are sent"):
        built(Gemini, [Message("user", (video,)), "and", Message("user", (video,))])


def test_what_the_model_made_goes_back_as_its_own_where_it_needs_no_signature() -> None:
    image, sound = ImagePart(PNG, "image/png"), AudioPart(b"RIFF", "audio/wav")
    said = ["draw", Message("assistant", (TextPart("Here"), image)), "redo"]
    _, body = built(Gemini, said, "gemini-2.5-flash-image")
    assert [list(part) for part in body["contents"][1]["parts"]] == [["text"], ["inline_data"]]
    _, body = built(Gemini, said, "gemini-3-pro-image")
    assert [list(part) for part in body["contents"][1]["parts"]] == [["text"]]
    assert [list(part) for part in body["contents"][2]["parts"]] == [["inline_data"], ["text"]]
    _, body = built(Gemini, ["say", Message("assistant", (sound,)), "again"], "gemini-2.5-flash-preview-tts")
    assert "a recording" in body["contents"][1]["parts"][0]["text"]


def test_the_count_has_all_that_decides_what_is_read() -> None:
    options = wrap_secrets({"api_key": KEY, "web": True, "effort": "low"})
    request = Gemini.count_request(Gemini.check("gemini-3-x", "hi", options))
    assert request is not None
    assert request.url.endswith("/models/gemini-3-x:countTokens")
    assert b"thinkingLevel" in (request.body or b"")


@pytest.mark.parametrize("model", ["gemini-3-pro-image", "gemini-2.5-flash", "gemini-2.5-flash-preview-tts"])
@pytest.mark.parametrize("effort", ["none", "low", "xhigh", 999, None])
def test_the_vendors_own_types_take_what_is_asked(model: str, effort: Any) -> None:
    pdf, image = FilePart(b"%PDF", "application/pdf"), ImagePart(PNG, "image/png")
    said = [Message("user", (TextPart("hi"), pdf)), Message("assistant", (TextPart("Here"), image)), "go on"]
    _, body = built(Gemini, said, model, effort=effort, web=True, temperature=0.5)
    for content in body["contents"]:
        types.Content.model_validate(content)
    types.GenerationConfig.model_validate(body["generationConfig"])
    for tool in body["tools"]:
        types.Tool.model_validate(tool)


# --- what a service refuses -----------------------------------------------------------------------------


async def asked(server: Any, model: str, **options: Any) -> tuple[str, list[str]]:
    """The answer, and what was told before it."""
    result = Gemini.create_async_generator(model, "hi", base_url=server.base_url, api_key=KEY, **options)
    told = [item.text async for item in result.events() if isinstance(item, Notice)]
    return result.text, told


@pytest.mark.parametrize(
    ("model", "options", "words"),
    [
        ("gemini-2.0-flash", {"effort": "high"}, "Thinking is not enabled"),
        ("gemini-3-tts", {"effort": "high"}, "Thinking is not enabled"),
        ("gemini-3-unread", {"web": True}, "url_context is not supported"),
    ],
)
async def test_a_field_that_is_refused_is_left_out_and_that_is_told(
    model: str, options: dict[str, Any], words: str
) -> None:
    with serve("gemini", Answer("Hello")) as server:
        text, told = await asked(server, model, **options)
        assert text == "Hello"
        assert [words in one and "simpler" in one for one in told] == [True]
        first, second = (request.json for request in server.requests)
    if "web" in options:
        assert (len(first["tools"]), second["tools"]) == (2, [{"googleSearch": {}}])
    else:
        assert "thinkingConfig" not in second.get("generationConfig", {})


@pytest.mark.parametrize(
    ("message", "times"),
    [
        ("Request contains an invalid argument.", 2),
        ("Unknown name \"thinkingLevel\" at 'generation_config.thinking_config': Cannot find field.", 2),
        ("The model does not support the requested response modalities: text,image", 1),
        ("temperature must be in the range [0, 2]", 1),
    ],
)
async def test_what_nobody_can_leave_out_is_an_error_at_once(message: str, times: int) -> None:
    with serve("gemini", Failure("bad_request", message)) as server:
        with pytest.raises(errors.BadRequestError):
            await asked(server, "gemini-3-x", effort="low")
        assert len(server.requests) == times


async def test_no_modalities_for_a_model_that_has_none() -> None:
    refused = Failure("bad_request", "This model only supports text output: response_modalities")
    with serve("gemini", refused, Answer("Hello")) as server:
        text, told = await asked(server, "my-image-reader")
        assert (text, len(told)) == ("Hello", 1)
        assert "generationConfig" not in server.requests[1].json


async def test_a_system_prompt_for_a_model_that_takes_none() -> None:
    refused = Failure("bad_request", "Developer instruction is not enabled for models/gemma-3")
    with serve("gemini", refused, Answer("Hello")) as server:
        text, told = await asked(server, "gemma-3", system="Be kind")
        assert (text, len(told)) == ("Hello", 1)
        body = server.requests[1].json
        assert body == {"contents": [{"role": "user", "parts": [{"text": "Be kind"}, {"text": "hi"}]}]}


def test_the_options_are_there() -> None:
    Gemini.check_options({"effort": "low", "web": True, "temperature": 1})
    with serve("gemini", Answer("Hello")) as server:
        chat = Chat("gemini:gemini-3-x", base_url=server.base_url, api_key=KEY)
        assert chat.ask("hi", effort="high", web=True) == "Hello"
        assert server.requests[0].json["generationConfig"]["thinkingConfig"]["thinkingLevel"] == "HIGH"
