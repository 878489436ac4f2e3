"""What goes out in chat completions: how hard to think, the web, files, what a model refuses, what goes back."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from notebook_chat import Chat, errors
from notebook_chat.answer import AnswerFold
from notebook_chat.conversation import Conversation, Turn
from notebook_chat.decoders import Frame
from notebook_chat.events import Remark
from notebook_chat.messages import Message
from notebook_chat.parts import (
    AudioPart,
    FilePart,
    ImagePart,
    ReplayPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from notebook_chat.providers import OpenAI, chat_fields, get_provider
from notebook_chat.providers.azure import AzureOpenAI
from notebook_chat.providers.colab import Colab
from notebook_chat.providers.model_facts import ModelFacts
from notebook_chat.providers.replays import settle

from ..servers import Answer, Delta, Failure, Reasoning, ToolCall, serve
from ..servers.openai_chat import citation, listed, picture, speech
from .wires import KEY, PNG, built

PDF = FilePart(b"%PDF-1.7", "application/pdf", "report.pdf")


def vendor(name: str) -> type[OpenAI]:
    provider = get_provider(name)
    assert isinstance(provider, type)
    assert issubclass(provider, OpenAI)
    return provider


def body(
    provider: str | type[OpenAI], messages: Any = "hi", model: str = "m", **options: Any
) -> dict[str, Any]:
    asked = vendor(provider) if isinstance(provider, str) else provider
    _, found = built(asked, messages, model, **options)
    assert isinstance(found, dict)
    return found


@pytest.fixture
def facts(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModelFacts]:
    """What is known of models, in place of the table."""
    known: dict[str, ModelFacts] = {}
    monkeypatch.setattr(chat_fields, "known_facts", lambda model: known.get(model, ModelFacts()))
    return known


# --- how hard to think ----------------------------------------------------------------------------------

THINKS_NOT: dict[str, Any] = {}


@pytest.mark.parametrize(
    ("name", "model", "effort", "expected"),
    [
        ("openai", "m", "minimal", {"reasoning_effort": "minimal"}),
        ("openai", "m", 2000, {"reasoning_effort": "medium"}),
        ("openai", "m", 0, {"reasoning_effort": "none"}),
        ("openrouter", "m", "high", {"reasoning": {"effort": "high"}}),
        ("openrouter", "m", "max", {"reasoning": {"effort": "xhigh"}}),
        ("openrouter", "m", "none", {"reasoning": {"effort": "none"}}),
        ("openrouter", "m", 5000, {"reasoning": {"max_tokens": 5000}}),
        ("openrouter", "m", 10, {"reasoning": {"max_tokens": 1024}}),
        ("openrouter", "m", 0, {"reasoning": {"effort": "none"}}),
        ("deepseek", "m", "none", {"thinking": {"type": "disabled"}}),
        ("deepseek", "m", "minimal", {"thinking": {"type": "enabled"}, "reasoning_effort": "low"}),
        ("deepseek", "m", "medium", {"thinking": {"type": "enabled"}, "reasoning_effort": "high"}),
        ("deepseek", "m", "max", {"thinking": {"type": "enabled"}, "reasoning_effort": "max"}),
        ("groq", "openai/gpt-oss-20b", "minimal", {"reasoning_effort": "low"}),
        ("groq", "openai/gpt-oss-20b", "max", {"reasoning_effort": "high"}),
        ("groq", "qwen/qwen3-32b", "none", {"reasoning_effort": "none"}),
        ("groq", "qwen/qwen3-32b", "high", {"reasoning_effort": "default"}),
        ("groq", "groq/compound", "high", THINKS_NOT),
        ("mistral", "mistral-small-latest", "medium", {"reasoning_effort": "high"}),
        ("mistral", "mistral-small-latest", "low", {"reasoning_effort": "none"}),
        ("mistral", "magistral-medium-latest", "high", THINKS_NOT),
        ("xai", "grok-4.3", "minimal", {"reasoning_effort": "none"}),
        ("xai", "grok-4.3", "max", {"reasoning_effort": "high"}),
        ("perplexity", "sonar-pro", "high", THINKS_NOT),
        ("perplexity", "sonar-reasoning-pro", "none", {"reasoning_effort": "low"}),
        ("perplexity", "sonar-deep-research", "minimal", {"reasoning_effort": "minimal"}),
        ("vllm", "m", "xhigh", {"reasoning_effort": "high"}),
    ],
)
def test_how_hard_to_think(
    name: str, model: str, effort: Any, expected: dict[str, Any], facts: dict[str, ModelFacts]
) -> None:
    sent = body(name, model=model, effort=effort)
    assert {
        key: sent[key] for key in ("reasoning_effort", "reasoning", "thinking") if key in sent
    } == expected
    told = vendor(name).left_out(model, {"effort": effort})
    assert told == (("effort",) if expected == THINKS_NOT else ())
    assert not {"reasoning_effort", "reasoning", "thinking"} & set(body(name, model=model))


def test_what_is_known_of_a_model_decides(facts: dict[str, ModelFacts]) -> None:
    facts["m"] = ModelFacts(efforts=("low", "medium"))
    assert body("openai", effort="max")["reasoning_effort"] == "medium"
    assert body("openai", effort="none")["reasoning_effort"] == "low"
    facts["m"] = ModelFacts(efforts=())
    assert "reasoning_effort" not in body("openai", effort="max")
    assert OpenAI.left_out("m", {"effort": "max", "temperature": 1}) == ("effort",)
    assert body("openai", effort="max", extra_body={"reasoning_effort": "x"})["reasoning_effort"] == "x"


def test_what_a_model_refuses_is_not_sent(facts: dict[str, ModelFacts]) -> None:
    facts["m"] = ModelFacts(sampling=False)
    sent = body("openai", temperature=0.5, top_p=0.5, max_tokens=5, seed=1)
    assert not {"temperature", "top_p"} & set(sent)
    assert (sent["max_completion_tokens"], sent["seed"]) == (5, 1)
    assert OpenAI.left_out("m", {"temperature": 0.5, "top_p": None}) == ("temperature",)
    assert body("openai", extra_body={"temperature": 0.5})["temperature"] == 0.5
    facts["m"] = ModelFacts(sampling=True, efforts=("none", "low"))
    assert body("openai", temperature=0.5)["temperature"] == 0.5
    assert body("openai", temperature=0.5, effort="none")["temperature"] == 0.5
    assert "temperature" not in body("openai", temperature=0.5, effort="low")
    assert body("xai", temperature=0.5, effort="low")["temperature"] == 0.5


async def test_the_reader_is_told_once_in_a_conversation(facts: dict[str, ModelFacts]) -> None:
    facts["m"] = ModelFacts(sampling=False)
    with serve("openai_chat", Answer("Hi")) as server:
        chat = Chat("openai:m", api_key=KEY, base_url=server.base_url, temperature=0.5)
        assert "without temperature: m takes none" in chat.preview("one").notes
        notes = []
        for prompt in ("one", "two"):
            run = chat.reply(prompt)
            async for _ in run.batches():
                pass
            notes.append(run.notes)
    assert notes == [["without temperature: m takes none"], []]


# --- what a service refuses by name ---------------------------------------------------------------------


async def asked(server: Any, model: str = "m", provider: str = "openai", **options: Any) -> Any:
    """The whole answer of a server."""
    to = {"api_key": KEY, "retries": 0, "base_url": server.base_url, **options}
    result = vendor(provider).create_async_generator(model, "hi", **to)
    await result.read()
    return result


async def test_fields_are_left_out_one_after_the_other() -> None:
    refused = ("stream_options", "temperature", "top_p")
    with serve("openai_chat", Answer("Hi"), refuse=refused) as server:
        result = await asked(server, temperature=0.5, top_p=0.5, seed=1)
        assert result.text == "Hi"
        assert len(server.requests) == 4
        last = server.requests[-1].json
    assert not set(refused) & set(last)
    assert last["seed"] == 1
    assert result.snapshot.remarks == (
        Remark("without temperature: m takes none", "temperature"),
        Remark("without top_p: m takes none", "top_p"),
    )


@pytest.mark.parametrize(
    ("words", "options", "gone", "told"),
    [
        (
            "Unsupported parameter: 'temperature' is not supported with this model.",
            {"temperature": 1},
            "temperature",
            True,
        ),
        (
            "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) value is"
            " supported.",
            {"temperature": 0.5},
            "temperature",
            True,
        ),
        ("`reasoning_effort` is not supported with this model", {"effort": "low"}, "reasoning_effort", True),
        ("Model m does not support parameter reasoningEffort.", {"effort": "low"}, "reasoning_effort", True),
        ("property 'reasoning_effort' is unsupported", {"effort": "low"}, "reasoning_effort", True),
        ("Argument not supported on this model: stop", {"stop": "x"}, "stop", True),
        ("body.seed: Extra inputs are not permitted", {"seed": 1}, "seed", True),
        ("stream_options", {}, "stream_options", False),
        ("Unrecognized request argument supplied: stream_options", {}, "stream_options", False),
    ],
)
async def test_words_of_services_for_it(words: str, options: dict[str, Any], gone: str, told: bool) -> None:
    with serve("openai_chat", Failure("bad_request", words), Answer("Hi")) as server:
        result = await asked(server, **options)
        assert result.text == "Hi"
        first, second = (request.json for request in server.requests)
    assert set(first) - set(second) == {gone}
    assert bool(result.snapshot.remarks) is told


async def test_the_nearest_effort_that_a_service_names() -> None:
    words = (
        "Unsupported value: 'reasoning_effort' does not support 'minimal' with this model. Supported values are: "
        "'low', 'medium', and 'high'."
    )
    with serve("openai_chat", Failure("bad_request", words), Answer("Hi")) as server:
        result = await asked(server, effort="minimal")
        assert server.requests[1].json["reasoning_effort"] == "low"
    assert result.snapshot.remarks == (Remark("with effort low, the nearest that m takes", "effort"),)


async def test_the_other_name_of_the_bound() -> None:
    words = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    with serve("openai_chat", Failure("bad_request", words), Answer("Hi")) as server:
        result = await asked(server, max_tokens=7)
        second = server.requests[1].json
    assert (second["max_completion_tokens"], "max_tokens" in second) == (7, False)
    assert result.snapshot.remarks == ()


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ("max_tokens is too large: 9. This model supports at most 4 completion tokens.", {"max_tokens": 9}),
        ("temperature must be at most 1", {"temperature": 2}),
        ("Unsupported parameter: 'temperature'", {}),
        ("Unsupported parameter: 'temperature'", {"extra_body": {"temperature": 1}}),
        ("We could not parse it", {"temperature": 1}),
        ("The unstoppable model is not supported", {"stop": "x"}),
    ],
)
async def test_other_refusals_are_the_end(words: str, options: dict[str, Any]) -> None:
    with serve("openai_chat", Failure("bad_request", words), Answer("Hi")) as server:
        with pytest.raises(errors.BadRequestError):
            await asked(server, **options)
        assert len(server.requests) == 1


async def test_an_answer_in_one_piece_may_lack_fields_too() -> None:
    script = (
        Failure("bad_request", "Your organization must be verified to stream this model."),
        Failure("bad_request", "Unsupported parameter: 'temperature' is not supported with this model."),
        Answer(
            "Hi", citation("https://a.example/", "A", end=2), picture(PNG), *speech(b"ab", transcript="!")
        ),
    )
    with serve("openai_chat", *script) as server:
        result = await asked(server, temperature=0.5)
        last = server.requests[-1].json
    assert (last["stream"], "temperature" in last, "stream_options" in last) == (False, False, False)
    assert result.text == "Hi!"
    assert [type(part) for part in result.parts if not isinstance(part, TextPart)] == [
        type(result.sources[0]),
        ImagePart,
        AudioPart,
    ]
    assert result.sources[0].marks == (2,)


# --- the web --------------------------------------------------------------------------------------------


def test_how_the_web_is_asked_for() -> None:
    assert body("openrouter", web=True)["tools"] == [{"type": "openrouter:web_search"}]
    assert body("groq", model="openai/gpt-oss-20b", web=True)["tools"] == [{"type": "browser_search"}]
    assert "tools" not in body("groq", model="groq/compound", web=True)
    assert body("perplexity", web=False)["disable_search"] is True
    for name in ("perplexity", "openrouter", "groq", "xai"):
        sent = body(name, web=True if name == "perplexity" else None)
        assert not {"tools", "disable_search"} & set(sent)
    with pytest.raises(errors.InvalidOptionError, match=r"llama.*does not search the web"):
        body("groq", model="llama-3.3", web=True)


@pytest.mark.parametrize("name", ["mistral", "deepseek", "together", "vllm"])
def test_who_does_not_search_says_so_before_sending(name: str) -> None:
    with pytest.raises(errors.InvalidOptionError, match=f"{name} does not search the web"):
        Chat(f"{name}:m", api_key=KEY, web=True)
    Chat(f"{name}:m", api_key=KEY, web=False)


def test_xai_searches_in_the_other_dialect() -> None:
    xai = vendor("xai")
    request = xai.prepared("grok-4.3", "hi", {"api_key": KEY, "web": True})
    assert request.url == "https://api.x.ai/v1/responses"
    assert xai.prepared("grok-4.3", "hi", {"api_key": KEY}).url == "https://api.x.ai/v1/chat/completions"
    assert xai.prepared("grok-4.3", "hi", {"api_key": KEY, "base_url": "http://x/v1", "web": True}).url == (
        "http://x/v1/responses"
    )


async def test_perplexity_is_a_vendor() -> None:
    perplexity = vendor("perplexity")
    assert built(perplexity)[0].url == "https://api.perplexity.ai/chat/completions"
    assert perplexity.default_model == "sonar"
    assert perplexity.key_variables == ("PERPLEXITY_API_KEY",)
    assert "sonar-pro" in await perplexity.list_models()
    found = listed("https://a.example/", "https://b.example/", titles=("A", "B"), text="So [2].")
    with serve("openai_chat", Answer(found)) as server:
        result = await asked(server, "sonar", "perplexity")
    assert result.text == "So [2]."
    assert [(source.url, source.title) for source in result.sources] == [
        ("https://a.example/", "A"),
        ("https://b.example/", "B"),
    ]


# --- files ----------------------------------------------------------------------------------------------


def test_files_go_out_where_there_is_a_place_for_them() -> None:
    parts = (TextPart("Read:"), PDF, AudioPart(b"RIFF", "audio/wav"), AudioPart(b"ID3", "audio/mpeg"))
    for name in ("openai", "openrouter"):
        [message] = body(name, [Message("user", parts)])["messages"]
        assert message["content"] == [
            {"type": "text", "text": "Read:"},
            {"type": "file", "file": {"filename": "report.pdf", "file_data": PDF.data_url}},
            {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
            {"type": "input_audio", "input_audio": {"data": "SUQz", "format": "mp3"}},
        ]


@pytest.mark.parametrize("part", [PDF, AudioPart(b"RIFF", "audio/wav")])
@pytest.mark.parametrize("provider", ["groq", "mistral", "deepseek", "xai", "perplexity"])
def test_a_file_without_a_place_is_refused(provider: str, part: Any) -> None:
    assert not vendor(provider).takes_files
    with pytest.raises(errors.InvalidMessagesError, match=f"{provider} has no place for {part.media_type}"):
        body(provider, [Message("user", (TextPart("Read:"), part))])


@pytest.mark.parametrize("provider", ["vllm", "lmstudio", "llamacpp"])
def test_servers_on_ones_own_machine_may_hear_and_read_no_pdf(provider: str) -> None:
    assert vendor(provider).takes_files == {"audio/wav", "audio/mpeg"}
    assert body(provider, [Message("user", (TextPart("Hear:"), AudioPart(b"RIFF", "audio/wav")))])
    with pytest.raises(errors.InvalidMessagesError, match="no place for application/pdf"):
        body(provider, [Message("user", (TextPart("Read:"), PDF))])


def test_others_of_the_dialect_take_images_only() -> None:
    assert not AzureOpenAI.takes_files | Colab.takes_files
    with pytest.raises(errors.InvalidMessagesError, match="audio/ogg"):
        body("openai", [Message("user", (TextPart("Hear:"), AudioPart(b"OggS", "audio/ogg")))])
    with pytest.raises(errors.InvalidMessagesError, match="wordprocessing"):
        body("openai", [Message("user", (FilePart(b"PK", "application/vnd.wordprocessing", "a.docx"),))])


def test_a_text_document_is_a_text_with_its_name() -> None:
    document = FilePart(b"a,b\n```\n\xff", "text/csv; charset=utf-8", "table.csv")
    for name in ("openai", "vllm"):
        [message] = body(name, [Message("user", (TextPart("Read:"), document))])["messages"]
        assert message["content"][1] == {
            "type": "text",
            "text": "table.csv:\n\n````\na,b\n```\n\N{REPLACEMENT CHARACTER}\n````",
        }


# --- the cache ------------------------------------------------------------------------------------------


def test_a_key_for_the_cache_at_openai_alone() -> None:
    first = body("openai", ["Be brief.", {"role": "assistant", "content": "x"}, "more"])["prompt_cache_key"]
    assert first == body("openai", ["Be brief."])["prompt_cache_key"]
    assert len({first, body("openai", ["Be long."])["prompt_cache_key"]}) == 2
    assert first != body("openai", ["Be brief."], system="s")["prompt_cache_key"]
    assert len(first) == 32
    for sent in (body("openai", base_url="http://x/v1"), body("openrouter"), body("vllm")):
        assert "prompt_cache_key" not in sent


# --- what goes back as it came --------------------------------------------------------------------------

DETAILS = (
    Delta({"reasoning": "h", "reasoning_details": [{"type": "reasoning.text", "text": "h", "index": 0}]}),
    Delta({"reasoning": "m", "reasoning_details": [{"type": "reasoning.text", "text": "m", "index": 0}]}),
    Delta({"reasoning_details": [{"type": "reasoning.text", "signature": "s", "index": 0, "format": None}]}),
    Delta({"reasoning_details": [{"type": "reasoning.encrypted", "data": "e", "index": 1, "id": "r"}]}),
)
JOINED = [
    {"type": "reasoning.text", "text": "hm", "index": 0, "signature": "s"},
    {"type": "reasoning.encrypted", "data": "e", "index": 1, "id": "r"},
]


async def exchanged(provider: str, model: str, *pieces: Any, **answer: Any) -> tuple[Message, ...]:
    """The messages of an exchange with a vendor."""
    with serve("openai_chat", Answer(*pieces, **answer)) as server:
        result = await asked(server, model, provider)
    fold = AnswerFold()
    fold.add(result.parts)
    return (Message("user", "hi"), *fold.snapshot().messages)


async def test_openrouters_reasoning_goes_back_as_it_came() -> None:
    messages = await exchanged("openrouter", "m", *DETAILS, "Well, ", "so.")
    [replay] = [part for part in messages[1].parts if isinstance(part, ReplayPart)]
    assert (replay.provider, replay.model) == ("openrouter", "m")
    more = (*messages, Message("user", "more"))
    raw = {"role": "assistant", "content": "Well, so.", "reasoning_details": JOINED}
    assert body("openrouter", more)["messages"][1] == raw
    plain = {"role": "assistant", "content": "Well, so."}
    assert body("openrouter", more, model="other")["messages"][1] == plain
    assert body("xai", more)["messages"][1] == plain
    edited = (Message("user", "hello"), *more[1:])
    assert body("openrouter", edited)["messages"][1] == plain
    assert body("openrouter", more, system="s")["messages"][2] == plain
    assert body("openrouter", more, web=True)["messages"][1] == plain


async def test_an_answer_without_any_is_plain() -> None:
    for name in ("openrouter", "deepseek", "mistral"):
        messages = await exchanged(name, "m", Reasoning("hm"), "so")
        assert not any(isinstance(part, ReplayPart) for part in messages[1].parts)
        assert body(name, (*messages, Message("user", "more")))["messages"][1]["content"] == "so"


async def test_reasoning_of_deepseeks_calls_goes_back() -> None:
    pieces = (Reasoning("h"), Reasoning("m"), "Well.", ToolCall("clock", '{"a": 1}', id="c1"))
    messages = await exchanged("deepseek", "m", *pieces, finish="tool_calls")
    result = Message("tool", (ToolResultPart("c1", "clock", (TextPart("noon"),)),))
    function = {"name": "clock", "arguments": '{"a": 1}'}
    raw = {
        "role": "assistant",
        "content": "Well.",
        "reasoning_content": "hm",
        "tool_calls": [{"id": "c1", "type": "function", "function": function}],
    }
    sent = body("deepseek", (*messages, result, Message("user", "more")))["messages"]
    assert sent[1] == raw
    assert sent[2]["tool_call_id"] == "c1"
    other = body("deepseek", (*messages, result, Message("user", "more")), model="other")["messages"]
    assert other[1] == {**raw, "reasoning_content": ""}
    unanswered = body("deepseek", (*messages, Message("user", "more")))["messages"]
    assert unanswered[1] == {**raw, "reasoning_content": ""}  # as it stands there, not as a replay


async def test_mistrals_thinking_goes_back() -> None:
    def thought(text: str) -> Delta:
        return Delta({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": text}]}]})

    messages = await exchanged("mistral", "m", thought("h"), thought("m"), "Well, ", "so.")
    sent = body("mistral", (*messages, Message("user", "more")))["messages"]
    assert sent[1]["content"] == [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "Well, so."},
    ]


async def test_signatures_of_geminis_calls_go_back() -> None:
    signed = {"google": {"thought_signature": "s"}}
    call = {"index": 0, "id": "c1", "function": {"name": "clock", "arguments": "{}"}, "extra_content": signed}
    with serve("openai_chat", Answer("Well.", Delta({"tool_calls": [call]}))) as server:
        to = {"api_key": KEY, "base_url": server.base_url}
        result = Colab.create_async_generator("m", "hi", **to)
        await result.read()
    fold = AnswerFold()
    fold.add(result.parts)
    tool = Message("tool", (ToolResultPart("c1", "clock", (TextPart("noon"),)),))
    messages = (Message("user", "hi"), *fold.snapshot().messages, tool, Message("user", "more"))
    sent = body(Colab, messages, base_url="https://x.example/v1")["messages"]
    assert sent[1]["tool_calls"][0]["extra_content"] == signed
    assert "extra_content" not in body("vllm", messages)["messages"][1]["tool_calls"][0]


def test_googles_own_address_wants_them_back() -> None:
    google = "https://generativelanguage.googleapis.com/v1beta/openai"
    calls = {
        address: OpenAI.check("m", "hi", {"api_key": KEY, "base_url": address})
        for address in (google, "http://x")
    }
    assert OpenAI.wants_back(calls[google])
    assert not OpenAI.wants_back(calls["http://x"])
    evil = OpenAI.check("m", "hi", {"api_key": KEY, "base_url": "https://evilgoogleapis.com"})
    assert not OpenAI.wants_back(evil)


@pytest.mark.parametrize("arguments", ["", '{"a', "nonsense"])
def test_broken_arguments_go_out_as_none(arguments: str) -> None:
    messages = [
        Message("user", "hi"),
        Message("assistant", (ToolCallPart("c1", "clock", arguments),)),
        Message("tool", (ToolResultPart("c1", "clock", (TextPart("noon"),)),)),
        Message("user", "more"),
    ]
    [call] = body("vllm", messages)["messages"][1]["tool_calls"]
    assert call["function"]["arguments"] == "{}"


def test_a_damaged_replay_is_the_plain_form() -> None:
    first = vendor("openrouter").check("m", [Message("user", "hi")], {"api_key": KEY})
    for raw in ("{", "[]", "7", ""):
        replay = settle("openrouter", first).replay("openrouter", "m", raw)
        messages = [
            Message("user", "hi"),
            Message("assistant", (TextPart("so"), replay)),
            Message("user", "more"),
        ]
        assert body("openrouter", messages)["messages"][1] == {"role": "assistant", "content": "so"}


def test_a_class_with_a_reading_of_its_own_reads_by_it() -> None:
    class Own(OpenAI):
        @classmethod
        def parse(cls, frame: Any) -> Any:
            return super().parse(frame)

    assert Own.parser(None) is Own


async def test_in_a_conversation_that_is_edited() -> None:
    with serve("openai_chat", Answer(*DETAILS, "so")) as server:
        chat = Chat("openrouter:m", api_key=KEY, base_url=server.base_url)
        for prompt in ("one", "two", "three"):
            await chat.ask_async(prompt)
        raw = {"role": "assistant", "content": "so", "reasoning_details": JOINED}
        plain = {"role": "assistant", "content": "so"}
        assert [server.requests[2].json["messages"][place] for place in (1, 3)] == [raw, raw]
        await chat.ask_async("another", replaces=chat.conversation.turns[1].id)
        await chat.ask_async("four")
        sent = server.requests[4].json["messages"]
        assert [sent[place] for place in (1, 3, 5)] == [raw, raw, plain]
        copied = Conversation(turns=[Turn.from_dict(turn.to_dict()) for turn in chat.conversation.turns[:1]])
        await Chat("openrouter:m", conversation=copied, api_key=KEY, base_url=server.base_url).ask_async(
            "later"
        )
        assert server.requests[5].json["messages"][1] == raw


@pytest.mark.parametrize("provider", ["mistral", "openrouter", "deepseek"])
def test_very_many_pieces_of_what_goes_back(provider: str) -> None:
    call = vendor(provider).check("m", "hi", {"api_key": KEY})
    piece = "hm " * 300
    detail = {"type": "reasoning.text", "text": piece, "index": 0}
    thought = {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": piece}]}]}
    deltas = [{"reasoning_details": [detail]}, thought, {"content": piece}, {"reasoning_content": piece}]
    parser = vendor(provider).parser(call)
    count = 0
    for delta in deltas:
        frame = Frame(msgspec.json.encode({"choices": [{"delta": delta}]}))
        for _ in range(5_000):
            count += len([*parser.parse(frame)])
    replays = [part for part in parser.parse(Frame(b"[DONE]")) if isinstance(part, ReplayPart)]
    assert count == 4 * 5_000
    assert [len(part.raw) > 5_000 * len(piece) for part in replays] == [True]


def test_reasoning_without_numbers_is_told_apart_by_its_signatures() -> None:
    call = vendor("openrouter").check("m", "hi", {"api_key": KEY})
    parser = vendor("openrouter").parser(call)
    details = [
        {"type": "reasoning.text", "text": "a"},
        {"type": "reasoning.text", "text": "b", "signature": "s"},
        {"type": "reasoning.text", "text": "c", "signature": None},
        {"type": "reasoning.summary", "summary": "d"},
        {"type": "reasoning.summary", "summary": "e", "index": 3},
        7,
    ]
    for detail in details:
        [*parser.parse(Frame(msgspec.json.encode({"choices": [{"delta": {"reasoning_details": [detail]}}]})))]
    [replay] = [part for part in parser.parse(Frame(b"[DONE]")) if isinstance(part, ReplayPart)]
    assert msgspec.json.decode(replay.raw)["reasoning_details"] == [
        {"type": "reasoning.text", "text": "ab", "signature": "s"},
        {"type": "reasoning.text", "text": "c"},
        {"type": "reasoning.summary", "summary": "d"},
        {"type": "reasoning.summary", "summary": "e", "index": 3},
    ]
