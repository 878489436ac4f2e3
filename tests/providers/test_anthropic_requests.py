"""What goes out to Anthropic for effort, search, files, caching; answers that pause; what is asked again without."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from notebook_chat import Chat, errors
from notebook_chat.events import Notice, Usage
from notebook_chat.messages import AudioPart, FilePart, Message, TextPart
from notebook_chat.parts import ReplayPart, SearchPart, SourcePart
from notebook_chat.providers import anthropic_models, anthropic_refusals, anthropic_thinking
from notebook_chat.providers.anthropic import Anthropic
from notebook_chat.providers.model_facts import ModelFacts

from ..servers import Answer, Block, Failure, Reasoning, Request, serve
from ..servers import Usage as Figures
from ..servers.anthropic_cache import PromptCache
from ..servers.fixtures import ServerFactory
from .test_anthropic_replays import KEY, MODEL, SEARCHED, chat
from .vendor_types import judged
from .wires import built


@pytest.fixture(autouse=True)
def facts(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What is known of models besides what the dialect knows: nothing, but what a test says."""
    known: dict[str, Any] = {}
    monkeypatch.setattr(anthropic_thinking, "known_facts", lambda model: ModelFacts(**known))
    return known


SHOWN = {"type": "adaptive", "display": "summarized"}


def fields(model: str, **options: Any) -> tuple[Any, Any, int]:
    """What is said of thinking: two fields, and the bound."""
    _, body = built(Anthropic, "hi", model, **options)
    return body.get("thinking"), (body.get("output_config") or {}).get("effort"), body["max_tokens"]


# --- effort -----------------------------------------------------------------------------------------------


def budget(tokens: int) -> dict[str, Any]:
    return {"type": "enabled", "budget_tokens": tokens}


EFFORTS: list[tuple[str, dict[str, Any], tuple[Any, Any, int]]] = [
    ("claude-haiku-5-5", {}, (SHOWN, None, 32_000)),
    ("claude-opus-5-5-20260922", {}, (SHOWN, None, 32_000)),
    ("claude-opus-4-8", {}, (None, None, 32_000)),
    ("claude-haiku-4-5-20251001", {}, (None, None, 32_000)),
    ("claude-opus-9", {}, (None, None, 32_000)),
    ("glm-6", {}, (None, None, 32_000)),
    ("claude-haiku-5-5", {"effort": "low"}, (SHOWN, "low", 32_000)),
    ("claude-haiku-5-5", {"effort": "minimal"}, (SHOWN, "low", 32_000)),
    ("claude-sonnet-5-5", {"effort": "xhigh"}, (SHOWN, "xhigh", 32_000)),
    ("claude-sonnet-5-5", {"effort": "max", "max_tokens": 500}, (SHOWN, "max", 500)),
    ("claude-sonnet-5-5", {"effort": 8192}, (SHOWN, "medium", 32_000)),
    ("claude-sonnet-5-5", {"effort": 1}, (SHOWN, "low", 32_000)),
    ("claude-opus-9", {"effort": "high"}, (SHOWN, "high", 32_000)),
    ("claude-opus-4-6", {"effort": "xhigh"}, (SHOWN, "high", 32_000)),
    ("claude-opus-4-6", {"effort": 20_000}, (budget(20_000), None, 32_000)),
    ("claude-opus-4-6", {"effort": 30_000}, (budget(30_000), None, 38_192)),
    ("claude-haiku-4-5", {"effort": "low"}, (budget(1024), None, 32_000)),
    ("claude-haiku-4-5", {"effort": "max"}, (budget(24_000), None, 32_192)),
    ("claude-haiku-4-5", {"effort": 100}, (budget(1024), None, 32_000)),
    ("claude-haiku-4-5", {"effort": "high", "max_tokens": 4000}, (budget(3000), None, 4000)),
    ("claude-haiku-4-5", {"effort": "high", "max_tokens": 1025}, (budget(1024), None, 1025)),
    ("glm-6", {"effort": "medium"}, (budget(8192), None, 32_000)),
    ("claude-haiku-5-5", {"effort": "none"}, ({"type": "disabled"}, None, 32_000)),
    ("claude-haiku-5-5", {"effort": 0}, ({"type": "disabled"}, None, 32_000)),
    ("claude-sonnet-5-5", {"effort": "none"}, ({"type": "between_tools"}, None, 32_000)),
    ("claude-opus-5-5", {"effort": "none"}, (SHOWN, "low", 32_000)),
    ("claude-opus-4-8", {"effort": "none"}, (None, None, 32_000)),
    ("claude-haiku-4-5", {"effort": "none"}, (None, None, 32_000)),
    ("glm-6", {"effort": "none"}, ({"type": "disabled"}, None, 32_000)),
    ("us.anthropic.claude-haiku-4-5-20251001-v1:0", {"effort": "low"}, (budget(1024), None, 32_000)),
    ("anthropic/claude-opus-4.6", {"effort": "low"}, (SHOWN, "low", 32_000)),
    ("claude-sonnet-5-5@20260928", {"effort": "none"}, ({"type": "between_tools"}, None, 32_000)),
]


@pytest.mark.parametrize(("model", "options", "expected"), EFFORTS)
def test_effort(model: str, options: dict[str, Any], expected: tuple[Any, Any, int]) -> None:
    assert fields(model, **options) == expected


@pytest.mark.parametrize(("model", "options", "expected"), EFFORTS)
async def test_what_is_sent_is_taken(model: str, options: dict[str, Any], expected: Any) -> None:
    """The rules of the server of the tests are those that the API's documentation has for these models."""
    with serve("anthropic") as server:
        sent = {"temperature": 0.5, "top_p": 0.5, **options}
        await Anthropic.create_async(model, "hi", base_url=server.base_url, api_key=KEY, **sent)
        assert len(server.requests) == 1


def test_what_is_known_of_a_model_counts(facts: dict[str, Any]) -> None:
    facts["efforts"] = ("none", "low", "medium")
    assert fields("claude-haiku-5-5", effort="max") == (SHOWN, "medium", 32_000)
    assert fields("claude-opus-9", effort="none") == ({"type": "disabled"}, None, 32_000)
    facts["efforts"] = ()
    assert (
        fields("claude-opus-9", effort="max")
        == fields("claude-opus-9", effort="none")
        == (None, None, 32_000)
    )
    assert Anthropic.left_out("claude-opus-9", {"effort": "max", "temperature": 0.5}) == ("effort",)
    assert fields("claude-haiku-5-5", effort="max") == (SHOWN, "max", 32_000)
    facts["output"] = 64_000
    assert fields("claude-haiku-4-5", effort="max") == (budget(48_000), None, 56_192)
    facts["sampling"] = False
    assert Anthropic.left_out("claude-haiku-4-5", {"temperature": 1}) == ("temperature",)


def test_the_callers_own_field_says_all_of_it() -> None:
    own = {"thinking": {"type": "disabled"}}
    assert fields(MODEL, effort="high", extra_body=own) == ({"type": "disabled"}, None, 32_000)
    own = {"output_config": {"task_budget": {"type": "tokens", "total": 1}}}
    _, body = built(Anthropic, "hi", MODEL, effort="high", extra_body=own)
    assert body["output_config"] == {"effort": "high", **own["output_config"]}


def test_no_room_to_think() -> None:
    with pytest.raises(
        errors.InvalidOptionError, match=r"max_tokens is 1024, which leaves .* no room"
    ) as caught:
        built(Anthropic, "hi", "claude-haiku-4-5", effort="low", max_tokens=1024)
    assert caught.value.hint == "Give more than 1,024, or no effort."


async def test_a_model_that_cannot_but_think_is_told() -> None:
    with serve("anthropic") as server:
        result = Anthropic.create_async_generator(
            MODEL, "hi", base_url=server.base_url, api_key=KEY, effort="none"
        )
        told = [event.text async for event in result.events() if isinstance(event, Notice)]
    assert told == [f"{MODEL} cannot be kept from thinking: asking for as little as it can (low)"]


def test_every_model_that_the_vendors_client_knows_is_in_the_table() -> None:
    from typing import get_args

    from anthropic.types import Model

    names = [name for one in get_args(Model) for name in get_args(one)]
    assert "claude-haiku-5-5" in names
    assert [name for name in names if not anthropic_models.is_known(name)] == []
    assert anthropic_models.is_known(Anthropic.default_model)


@pytest.mark.parametrize(
    ("model", "options", "expected"),
    [
        ("claude-haiku-5-5", {"temperature": 0.5, "top_p": None}, ("temperature",)),
        ("claude-opus-4-7", {"temperature": 1, "top_p": 0.5}, ("temperature", "top_p")),
        ("claude-haiku-4-5", {"temperature": 0.5}, ()),
        ("claude-haiku-4-5", {"temperature": 0.5, "effort": "low"}, ("temperature",)),
        ("claude-haiku-4-5", {"temperature": 1, "effort": "low"}, ()),
        ("claude-haiku-4-5", {"temperature": 0.5, "effort": "none"}, ()),
        ("claude-opus-9", {"temperature": 0.5}, ()),
        ("glm-6", {"temperature": 0.5}, ()),
    ],
)
def test_options_that_are_left_out(model: str, options: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert Anthropic.left_out(model, options) == expected
    _, body = built(Anthropic, "hi", model, **options)
    kept = {name for name in ("temperature", "top_p") if options.get(name) is not None}
    assert {name for name in ("temperature", "top_p") if name in body} == kept - set(expected)


# --- search -----------------------------------------------------------------------------------------------


def tools(model: str = MODEL, **options: Any) -> Any:
    return built(Anthropic, "hi", model, **options)[1].get("tools")


def test_the_search() -> None:
    newest = {"type": "web_search_20260318", "name": "web_search", "max_uses": 5}
    oldest = {**newest, "type": "web_search_20250305"}
    mine = {"name": "look", "input_schema": {"type": "object"}}
    assert tools() is tools(web=False) is None
    assert tools(web=True) == [newest]
    assert tools("claude-haiku-4-5", web=True) == tools("glm-6", web=True) == [oldest]
    assert tools(web=True, extra_body={"tools": [mine]}) == [mine, newest]
    own = {"type": "web_search_20260209", "name": "web_search", "allowed_domains": ["a.example"]}
    assert tools(web=True, extra_body={"tools": [own]}) == [own]


# --- files ------------------------------------------------------------------------------------------------


def blocks(*parts: Any, **options: Any) -> Any:
    message = Message("user", (TextPart("Read it"), *parts))
    return built(Anthropic, message, MODEL, **options)[1]["messages"][0]["content"][1:]


def test_documents() -> None:
    pdf = FilePart(b"%PDF-1.7 x", "application/pdf", "report.pdf")
    text = FilePart("Grüße".encode(), "text/plain; charset=utf-8", "")
    source = {"type": "base64", "media_type": "application/pdf", "data": base64.b64encode(pdf.data).decode()}
    plain = {"type": "text", "media_type": "text/plain", "data": "Grüße"}
    cited = {"citations": {"enabled": True}}
    assert blocks(pdf, text) == [
        {"type": "document", "source": source, "title": "report.pdf", **cited},
        {"type": "document", "source": plain, **cited},
    ]
    alone = blocks(pdf, schema={"type": "object"})[0]  # the service refuses both together
    assert alone == {"type": "document", "source": source, "title": "report.pdf"}


@pytest.mark.parametrize(
    "part", [FilePart(b"PK", "application/zip", "a.zip"), AudioPart(b"RIFF", "audio/wav")], ids=repr
)
def test_files_it_has_no_place_for(part: Any) -> None:
    with pytest.raises(errors.InvalidMessagesError, match="has no place"):
        blocks(part)


def test_a_request_that_is_too_large() -> None:
    large = FilePart(bytes(26_000_000), "application/pdf", "large.pdf")
    with pytest.raises(
        errors.InvalidMessagesError, match=r"the request would have 33.1 MB, and anthropic takes 32 MB"
    ):
        blocks(large)
    assert blocks(large, base_url="http://127.0.0.1:1/v1")


# --- caching ----------------------------------------------------------------------------------------------


def cached(prompt: str, model: str = MODEL, **options: Any) -> bool:
    body = built(Anthropic, prompt, model, **options)[1]
    assert body.get("cache_control") in (None, {"type": "ephemeral"})
    return "cache_control" in body


def test_what_is_worth_keeping_is_marked() -> None:
    assert not cached("hi")
    assert cached("word " * 500)
    assert cached("word " * 900, "claude-opus-4-8")
    assert not cached("word " * 900, "claude-haiku-4-5")
    assert cached("word " * 4000, "claude-haiku-4-5")
    assert not cached("word " * 4000, base_url="http://127.0.0.1:1/v1")


def conversation_cost(talk: Chat, turns: int) -> list[Usage]:
    used = []
    for number in range(turns):
        usage = talk.ask(f"Question {number}: " + "what of the tide? " * 40).usage
        assert usage is not None
        used.append(usage)
    return used


def shares(used: list[Usage]) -> list[float]:
    return [(one.cached_tokens or 0) / (one.input_tokens or 1) for one in used]


def lengthy(request: Request) -> Answer:
    return Answer(Reasoning("I think. "), "It comes and goes. " * 60, usage=Figures(0, 300))


def test_the_beginning_of_a_conversation_is_paid_once(
    vendor_server: ServerFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = vendor_server("anthropic", PromptCache(512).answering(lengthy))
    monkeypatch.setattr(Anthropic, "url", server.base_url)
    talk = Chat(f"anthropic:{MODEL}", api_key=KEY, system="You know the sea. " * 100)
    used = conversation_cost(talk, 20)
    late = used[3:]
    assert sum(one.cached_tokens or 0 for one in late) / sum(one.input_tokens or 0 for one in late) > 0.85
    assert all(one.cache_write_tokens for one in used)
    assert all(request.json["cache_control"] == {"type": "ephemeral"} for request in server.requests)
    # Also after a late turn was edited: what is before it is read still.
    edited = talk.ask("Asked anew " * 20, replaces=talk.conversation.turns[15].id).usage
    after = talk.ask("and now? " * 20).usage
    assert edited is not None
    assert after is not None
    assert shares([edited])[0] > 0.85
    assert len(server.requests) == 22


def test_without_the_mark_nothing_is_read(vendor_server: ServerFactory) -> None:
    server = vendor_server("anthropic", PromptCache(512).answering(lengthy))
    assert not any(shares(conversation_cost(chat(server), 4)))


# --- pauses -----------------------------------------------------------------------------------------------


def pausing(times: int) -> Callable[[Request], Answer]:
    """A service that pauses so often in the middle of its search."""

    def reply(request: Request) -> Answer:
        last = request.json["messages"][-1]
        parts = [] if last["role"] == "user" else last["content"]
        done = sum(block["type"] == "server_tool_use" for block in parts)
        use = {**SEARCHED[0].block, "id": f"srvtoolu_{done}"}
        found = Block({**SEARCHED[1].block, "tool_use_id": f"srvtoolu_{done - 1}"})
        pieces = [found] if done else [Reasoning("I look."), "First. "]
        if done == times:
            return Answer(*pieces, "It is high.", usage=Figures(50, 5, cached=30))
        return Answer(*pieces, Block(use, SEARCHED[0].deltas), usage=Figures(10, 3), finish="pause_turn")

    return reply


def test_a_pause_is_gone_on_from(vendor_server: ServerFactory) -> None:
    server = vendor_server("anthropic", pausing(2))
    talk = chat(server)
    answer = talk.ask("How is the tide?", web=True)
    assert answer == "First. \n\nIt is high."
    assert answer.finish_reason == "stop"
    assert answer.usage == Usage(70, 11, None, 30, 0)
    assert [type(part) for part in answer.parts if type(part) in (SearchPart, SourcePart)] == [
        *(SearchPart, SourcePart, SearchPart, SourcePart),
    ]
    first, second, third = (request.json for request in server.requests)
    assert first["messages"] == second["messages"][:-1] == third["messages"][:-1]
    for body in (second, third):
        assert {name: value for name, value in body.items() if name != "messages"} == {
            name: value for name, value in first.items() if name != "messages"
        }
    assert [block["type"] for block in third["messages"][-1]["content"]] == [
        *("thinking", "text", "server_tool_use", "web_search_tool_result", "server_tool_use"),
    ]
    # And the whole of it goes back with the next prompt.
    assert isinstance(answer.parts[-1], ReplayPart)
    talk.ask("b", web=True)
    [goes_back] = [one for one in server.requests[3].json["messages"] if one["role"] == "assistant"]
    assert [block["type"] for block in goes_back["content"]][-2:] == ["web_search_tool_result", "text"]


def test_pauses_are_bounded_and_told(vendor_server: ServerFactory) -> None:
    server = vendor_server("anthropic", pausing(1000))
    talk = chat(server)
    answer = talk.ask("How is the tide?")
    assert answer.finish_reason == "pause_turn"
    assert len(server.requests) == 11
    assert not any(isinstance(part, ReplayPart) for part in answer.parts)
    server.reply_with(Answer("So."))
    assert talk.ask("b") == "So."


def test_a_failure_after_a_pause_keeps_what_came(vendor_server: ServerFactory) -> None:
    server = vendor_server("anthropic", pausing(1), Failure("overloaded"))
    talk = chat(server)
    with pytest.raises(errors.OverloadedError) as caught:
        talk.ask("a")
    assert caught.value.partial == "First. "
    assert talk.conversation.turns[0].status == "failed"


async def test_pauses_are_announced() -> None:
    with serve("anthropic", pausing(1)) as server:
        result = Anthropic.create_async_generator(MODEL, "hi", base_url=server.base_url, api_key=KEY)
        told = [event.text async for event in result.events() if isinstance(event, Notice)]
    assert told == ["searching the web", "the service has paused: asking it to go on"]


# --- refusals ---------------------------------------------------------------------------------------------

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ('"thinking.type.disabled" is not supported for this model.', {"effort": "none"}, "thinking"),
    ("thinking: Extra inputs are not permitted", {"effort": "low"}, "thinking"),
    ("output_config: Extra inputs are not permitted", {"effort": "low"}, "output_config"),
    ("thinking.adaptive.display: Extra inputs are not permitted", {}, '"display"'),
    ("cache_control: Extra inputs are not permitted", {}, "cache_control"),
    ("tools.0: Input tag 'web_search_20260318' found using 'type' does not match", {"web": True}, "20260318"),
    (
        "web_search_20260318 needs code execution, which this model does not support",
        {"web": True},
        "20260318",
    ),
    ("messages.0.content.1.document.citations: Extra inputs are not permitted", {}, "citations"),
]


@pytest.mark.parametrize(("words", "options", "gone"), REFUSED)
async def test_what_is_refused_by_name_is_left_out(
    words: str, options: dict[str, Any], gone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def picky(request: Request) -> Answer | Failure:
        return Failure("bad_request", words) if gone in request.body.decode() else Answer("So.")

    messages = Message("user", (TextPart("word " * 1000), FilePart(b"a", "text/plain")))
    with serve("anthropic", picky) as server:
        monkeypatch.setattr(Anthropic, "url", server.base_url)
        result = Anthropic.create_async_generator("claude-haiku-5-5", [messages], api_key=KEY, **options)
        told = [event.text async for event in result.events() if isinstance(event, Notice)]
        assert result.text == "So."
        assert len(server.requests) == 2
    assert told == [f"{words.rstrip('.')}; asking again with a simpler request"]


async def test_a_server_that_is_not_the_vendors_is_spared_what_nobody_asked_for() -> None:
    def picky(request: Request) -> Answer | Failure:
        for name in ("output_config", "display", "citations"):
            if name in request.body.decode():
                return Failure("bad_request", f"{name}: Extra inputs are not permitted")
        return Answer("So.")

    message = Message("user", (TextPart("a"), FilePart(b"a", "text/plain")))
    with serve("anthropic", picky) as server:
        options: dict[str, Any] = {"base_url": server.base_url, "api_key": KEY, "effort": "low"}
        assert await Anthropic.create_async("claude-haiku-5-5", [message], **options) == "So."
        assert len(server.requests) == 2


async def test_options_that_an_unknown_model_refuses() -> None:
    def picky(request: Request) -> Answer | Failure:
        refused = "temperature" in request.json
        return (
            Failure("bad_request", "`temperature` is deprecated for this model.")
            if refused
            else Answer("So.")
        )

    with serve("anthropic", picky) as server:
        options: dict[str, Any] = {"base_url": server.base_url, "api_key": KEY, "temperature": 0.5}
        assert await Anthropic.create_async("claude-opus-9", "hi", **options) == "So."


@pytest.mark.parametrize(
    "words", ["temperature: range: 0..1", "max_tokens: 99999999 > 64000", "credit balance is too low", ""]
)
def test_what_is_no_refusal_of_a_field(words: str) -> None:
    assert anthropic_refusals.refused(words) == ()


async def test_the_same_is_not_asked_twice() -> None:
    with serve("anthropic", Failure("bad_request", "thinking is not for you")) as server:
        with pytest.raises(errors.BadRequestError, match="not for you"):
            await Anthropic.create_async("claude-opus-4-8", "hi", base_url=server.base_url, api_key=KEY)
        assert len(server.requests) == 1


# --- the count --------------------------------------------------------------------------------------------


def test_the_count_takes_what_was_added() -> None:
    message = Message("user", (TextPart("word " * 1000), FilePart(b"a", "text/plain", "a.txt")))
    call = Anthropic.check(
        MODEL, [message], {"api_key": KEY, "effort": "high", "web": True, "max_tokens": 50}
    )
    request = Anthropic.count_request(call)
    assert request is not None
    assert request.body is not None
    assert request.url == "https://api.anthropic.com/v1/messages/count_tokens"
    body = msgspec.json.decode(request.body)
    assert set(body) == {"model", "messages", "tools", "thinking", "output_config", "cache_control"}


# --- the vendor's own types -------------------------------------------------------------------------------


def fits(body: Any) -> None:
    """Holds a request's body against the types of Anthropic's client."""
    from anthropic.types.message_create_params import MessageCreateParamsStreaming

    judged(MessageCreateParamsStreaming, body)


def test_the_vendors_types_are_a_judge() -> None:
    from pydantic import ValidationError

    body = built(Anthropic, "hi", MODEL)[1]
    fits(body)
    for wrong in ({"type": "adaptive", "display": "loud"}, {"type": "enabled"}):
        with pytest.raises(ValidationError):
            fits({**body, "thinking": wrong})
    with pytest.raises(ValidationError):
        fits({**body, "messages": [{"role": "user", "content": [{"type": "document"}]}]})


@pytest.mark.parametrize(("model", "options", "expected"), EFFORTS)
def test_the_vendors_types_take_every_effort(model: str, options: Any, expected: Any) -> None:
    fits(built(Anthropic, "hi", model, **options)[1])


def test_the_vendors_types_take_files_searches_and_what_goes_back(vendor_server: ServerFactory) -> None:
    server = vendor_server("anthropic", pausing(2))
    talk = chat(server)
    talk.ask("a", web=True)
    talk.ask("b", web=True)
    for request in server.requests:
        fits(request.json)
    files = (FilePart(b"%PDF", "application/pdf", "a.pdf"), FilePart(b"a", "text/plain"))
    message = Message("user", (TextPart("word " * 1000), *files))
    fits(built(Anthropic, message, "claude-haiku-4-5", web=True, effort="low", stop=["END"])[1])
