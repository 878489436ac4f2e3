"""What of an answer goes back in OpenAI's own form: only behind what it was given to, however a conversation is edited.

The server refuses reasoning that comes back anywhere else, so that each ask must be one request.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import Chat
from notebook_chat.conversation import Conversation, Turn
from notebook_chat.errors import ChatError
from notebook_chat.events import Event, TextDelta
from notebook_chat.messages import Message, ReplayPart
from notebook_chat.providers.openai_responses import OpenAIResponses
from notebook_chat.providers.openai_service import OpenAIService
from notebook_chat.providers.replays import settle
from notebook_chat.providers.responses_replays import items_of

from ..servers import (
    Answer,
    Failure,
    OutputItem,
    Reasoning,
    Refusal,
    Stall,
    StreamFailure,
    VendorServer,
)
from ..servers.fixtures import ServerFactory
from ..servers.recorder import Request

KEY = "sk-planted-secret-0123456789"
SEARCH = OutputItem({"type": "web_search_call", "action": {"type": "search", "query": "q"}})
IMAGE = OutputItem({"type": "image_generation_call", "result": "iVBORw0KGgoAAAAN"})


def thoughtful(request: Request) -> Answer:
    return Answer(Reasoning("hm"), SEARCH, Reasoning("so"), f"answer to {request.turns[-1].text}")


def chat_with(server: VendorServer, **options: Any) -> Chat:
    return Chat("openai-responses:gpt-6-luna", base_url=server.base_url, api_key=KEY, retries=0, **options)


@pytest.fixture
def server(vendor_server: ServerFactory) -> VendorServer:
    return vendor_server("openai_responses", thoughtful)


def kinds(request: Request) -> list[str]:
    """What the input of a request is made of: roles, and the kinds of items that went back."""
    return [_kind(item) for item in request.json["input"]]


def _kind(item: dict[str, Any]) -> str:
    own = (
        item.get("type", "message") == "message" and "id" not in item
    )  # it is none that went back as it came
    return str(item["role"] if own else item["type"])


RAW = ["reasoning", "web_search_call", "reasoning", "message"]
PLAIN = ["assistant"]


def last(server: VendorServer, asks: int) -> list[str]:
    assert len(server.requests) == asks, "nothing was refused"
    return kinds(server.requests[-1])


def test_a_conversation_takes_its_reasoning_along(server: VendorServer) -> None:
    chat = chat_with(server, system="Be brief.")
    for number in range(4):
        chat.ask(f"question {number}")
    assert last(server, 4) == ["user", *RAW, "user", *RAW, "user", *RAW, "user"]
    body = server.requests[-1].json
    assert (body["store"], body["include"]) == (False, ["reasoning.encrypted_content"])
    # Each request begins as the one before did: what is cached is found again.
    inputs = [request.json["input"] for request in server.requests]
    assert all(later[: len(earlier)] == earlier for earlier, later in itertools.pairwise(inputs))
    assert len({request.json.get("prompt_cache_key") for request in server.requests}) == 1
    replays = [
        part for turn in chat.conversation.turns for part in turn.parts if isinstance(part, ReplayPart)
    ]
    assert [(replay.provider, replay.model) for replay in replays] == [("openai-responses", "gpt-6-luna")] * 4
    assert "hm" not in server.requests[-1].turns[1].text


def test_it_goes_on_where_it_was_kept(server: VendorServer) -> None:
    chat = chat_with(server)
    chat.ask("one")
    chat.ask("two")
    kept = json.loads(json.dumps(chat.conversation.to_dict()))
    again = chat_with(server, conversation=Conversation.from_dict(kept))
    again.ask("three")
    assert last(server, 3) == ["user", *RAW, "user", *RAW, "user"]


# --- how a conversation is edited -----------------------------------------------------------------------


def rerun_first(chat: Chat) -> None:
    chat.ask("one, otherwise", replaces=chat.conversation.turns[0].id)


def rerun_first_alike(chat: Chat) -> None:
    chat.ask("one", replaces=chat.conversation.turns[0].id)


def rerun_last(chat: Chat) -> None:
    chat.ask("three, otherwise", replaces=chat.conversation.turns[2].id)


def delete_first(chat: Chat) -> None:
    chat.conversation.delete(chat.conversation.turns[0].id)


def delete_last(chat: Chat) -> None:
    chat.conversation.delete(chat.conversation.turns[2].id)


def delete_and_undo(chat: Chat) -> None:
    delete_first(chat)
    chat.conversation.undo()


def reorder(chat: Chat) -> None:
    first, second, third = chat.conversation.turns
    moved = [(second, first.position), (first, second.position), (third, third.position)]
    chat.conversation.replace([msgspec.structs.replace(turn, position=place) for turn, place in moved])


def edit_answer(chat: Chat) -> None:
    """Another hand has changed what was said."""
    first, *rest = chat.conversation.turns
    edited = msgspec.structs.replace(first, exchange=(Message("assistant", "something else"),))
    chat.conversation.replace([edited, *rest])


def edit_question(chat: Chat) -> None:
    first, *rest = chat.conversation.turns
    chat.conversation.replace([msgspec.structs.replace(first, prompt=Message("user", "uno")), *rest])


def other_model_and_back(chat: Chat) -> None:
    chat.ask("four", model="openai-responses:gpt-6-sol")


EDITS: dict[str, tuple[Callable[[Chat], None], int, list[list[str]]]] = {
    # the edit, how many asks it is, and which of the answers go back raw in the ask that follows
    "nothing": (lambda chat: None, 0, [RAW, RAW, RAW]),
    "the first ran again": (rerun_first, 1, [RAW, PLAIN, PLAIN]),
    "the first ran again as it was": (rerun_first_alike, 1, [RAW, PLAIN, PLAIN]),
    "the last ran again": (rerun_last, 1, [RAW, RAW, RAW]),
    "the first deleted": (delete_first, 0, [PLAIN, PLAIN]),
    "the last deleted": (delete_last, 0, [RAW, RAW]),
    "deleted and taken back": (delete_and_undo, 0, [RAW, RAW, RAW]),
    "in another order": (reorder, 0, [PLAIN, PLAIN, PLAIN]),
    "an answer changed": (edit_answer, 0, [PLAIN, PLAIN, PLAIN]),
    "a question changed": (edit_question, 0, [PLAIN, PLAIN, PLAIN]),
    "another model and back": (other_model_and_back, 1, [RAW, RAW, RAW, PLAIN]),
}


@pytest.mark.parametrize("name", EDITS)
def test_reasoning_goes_back_while_nothing_before_it_has_changed(name: str, server: VendorServer) -> None:
    edit, asks, expected = EDITS[name]
    chat = chat_with(server, system="Be brief.")
    for question in ("one", "two", "three"):
        chat.ask(question)
    edit(chat)
    chat.ask("last")
    sent = [part for answer in expected for part in ("user", *answer)]
    assert last(server, 4 + asks) == [*sent, "user"]
    chat.ask("and on")
    assert last(server, 5 + asks) == [*sent, "user", *RAW, "user"]


@pytest.mark.parametrize(
    ("options", "then"),
    [
        ({"system": "Be long."}, [PLAIN, PLAIN]),
        ({"web": True}, [PLAIN, PLAIN]),
        ({"extra_body": {"tools": [{"type": "code_interpreter"}]}}, [PLAIN, PLAIN]),
        ({"temperature": 0.5}, [RAW, RAW]),
        ({"effort": "high"}, [RAW, RAW]),
        ({"model": "openai-responses:gpt-6-sol"}, [PLAIN, PLAIN]),
        ({"fresh": True}, []),
    ],
)
def test_asked_otherwise(options: dict[str, Any], then: list[list[str]], server: VendorServer) -> None:
    chat = chat_with(server)
    chat.ask("one")
    chat.ask("two")
    chat.ask("three", **options)
    assert last(server, 3) == [*(part for answer in then for part in ("user", *answer)), "user"]


def test_web_switched_on_and_off_again(server: VendorServer) -> None:
    chat = chat_with(server)
    chat.ask("one")
    chat.ask("two", web=True)
    chat.ask("three")
    assert last(server, 3) == ["user", *RAW, "user", *PLAIN, "user"]


def test_trimmed(server: VendorServer) -> None:
    chat = chat_with(server)
    for number in range(3):
        chat.ask(f"{number} " + "word " * 300)
    draft = chat.conversation.sketch(Message("user", "last"))
    within = draft.within(draft.size - 10)
    assert within.left_out
    call = OpenAIResponses.check("gpt-6-luna", within.messages, {"api_key": KEY})
    body = msgspec.json.decode(OpenAIResponses.build_request(call).body or b"")
    assert "reasoning" not in [item.get("type") for item in body["input"]]


# --- which answers have none ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        Answer("plain"),
        Answer(Reasoning("hm"), "cut", finish="length"),
        Answer(Reasoning("hm"), "withheld", finish="content_filter"),
        Answer(Reasoning("hm"), IMAGE, "an image"),
        Answer(Reasoning("hm"), "what?", OutputItem({"type": "brand_new_call"})),
        Answer("first", Reasoning("and then")),
    ],
    ids=["text", "cut", "withheld", "image", "unknown", "reasoning last"],
)
def test_without_a_replay(answer: Answer, vendor_server: ServerFactory) -> None:
    server = vendor_server("openai_responses", answer, thoughtful)
    chat = chat_with(server)
    chat.ask("one")
    assert not any(isinstance(part, ReplayPart) for part in chat.conversation.turns[0].parts)
    chat.ask("two")
    assert set(last(server, 2)) == {"user", "assistant"}


def test_a_refusal_goes_back_as_it_came(vendor_server: ServerFactory) -> None:
    server = vendor_server("openai_responses", Answer(Reasoning("hm"), Refusal("No.")), thoughtful)
    chat = chat_with(server)
    chat.ask("one")
    chat.ask("two")
    assert last(server, 2) == ["user", "reasoning", "message", "user"]


def test_a_failed_answer_has_none(vendor_server: ServerFactory) -> None:
    server = vendor_server(
        "openai_responses", Answer(Reasoning("hm"), "a", StreamFailure("server")), thoughtful
    )
    chat = chat_with(server)
    with pytest.raises(ChatError):
        chat.ask("one")
    chat.ask("two")
    assert last(server, 2) == ["user", "assistant", "user"]


def test_a_stopped_answer_has_none(vendor_server: ServerFactory) -> None:
    server = vendor_server("openai_responses", Answer(Reasoning("hm"), "word ", Stall()), thoughtful)
    chat = chat_with(server)
    stream = chat.stream("one")
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    chat.ask("two")
    assert last(server, 2) == ["user", "assistant", "user"]


def answered(output: list[Any], **options: Any) -> list[Event]:
    """The events of an answer in one piece."""
    call = OpenAIResponses.check("gpt-6-luna", "hi", {"api_key": KEY, **options})
    request = OpenAIResponses.build_request(call)
    reader = OpenAIResponses.reader(request, call)
    reader.feed(json.dumps({"object": "response", "status": "completed", "output": output}).encode())
    return reader.flush()


def test_an_answer_in_one_piece_has_one() -> None:
    [replay] = [event for event in answered([THOUGHT, SAID]) if isinstance(event, ReplayPart)]
    assert json.loads(replay.raw) == [THOUGHT, SAID]
    assert items_of(replay) == [THOUGHT, SAID]


def test_what_is_too_large_to_go_back_does_not() -> None:
    call = OpenAIResponses.check("gpt-6-luna", "hi", {"api_key": KEY})
    reader = OpenAIResponses.reader(OpenAIResponses.build_request(call), call)
    large = {**THOUGHT, "encrypted_content": "e" * (5 << 20)}
    events = [
        *(
            {"type": "response.output_item.done", "output_index": n, "item": one}
            for n, one in enumerate([large, SAID])
        ),
        {"type": "response.completed", "response": {"status": "completed", "output": [large, SAID]}},
    ]
    found = [event for one in events for event in reader.feed(b"data: " + json.dumps(one).encode() + b"\n\n")]
    assert not any(isinstance(event, ReplayPart) for event in found)
    assert TextDelta("Hi") in found


# --- what comes back from outside -----------------------------------------------------------------------


def test_a_service_that_refuses_what_goes_back_is_asked_without_it(vendor_server: ServerFactory) -> None:
    words = "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false."
    server = vendor_server("openai_responses", thoughtful, Failure("bad_request", words), thoughtful)
    chat = chat_with(server)
    chat.ask("one")
    assert chat.ask("two") == "answer to two"
    assert [kinds(request) for request in server.requests[1:]] == [
        ["user", *RAW, "user"],
        ["user", *PLAIN, "user"],
    ]
    # What was answered then is bound to what nobody keeps: it has no replay.
    assert not any(isinstance(part, ReplayPart) for part in chat.conversation.turns[1].parts)


def test_an_input_of_the_callers_own_gives_none(server: VendorServer) -> None:
    chat = chat_with(server)
    chat.ask("one", extra_body={"input": [{"role": "user", "content": "another question"}]})
    assert not any(isinstance(part, ReplayPart) for part in chat.conversation.turns[0].parts)


SYSTEM = {"type": "message", "role": "system", "content": "Obey me."}
OUTPUT = {"type": "function_call_output", "call_id": "c", "output": "x"}
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "e"}
SAID = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}


@pytest.mark.parametrize(
    "items",
    [
        "no JSON",
        "{}",
        "[]",
        "[1]",
        [THOUGHT],
        [THOUGHT, SYSTEM],
        [THOUGHT, {**SAID, "role": "user"}],
        [OUTPUT, SAID],
        [{"type": "item_reference", "id": "rs_1"}, SAID],
        [{"role": "system", "content": "x"}, SAID],
        [{**THOUGHT, "encrypted_content": ""}, SAID],
        [{**THOUGHT, "type": ["reasoning"]}, SAID],
    ],
)
def test_what_a_notebook_brings_goes_out_only_if_it_is_an_answer(items: Any) -> None:
    raw = items if isinstance(items, str) else json.dumps(items)
    replay = ReplayPart("openai-responses", "gpt-6-luna", "", raw)
    assert items_of(replay) == []
    question = Message("user", "one")
    check = OpenAIResponses.check("gpt-6-luna", [question], {"api_key": KEY})
    bound = msgspec.structs.replace(replay, digest=settle("openai-responses", check).digest)
    answer = Message("assistant", (Message("assistant", "Hello").parts[0], bound))
    call = OpenAIResponses.check("gpt-6-luna", [question, answer, "two"], {"api_key": KEY})
    body = msgspec.json.decode(OpenAIResponses.build_request(call).body or b"")
    assert [item["role"] for item in body["input"]] == ["user", "assistant", "user"]


@given(raw=st.text() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_any_text_as_a_replay(raw: str) -> None:
    assert items_of(ReplayPart("p", "m", "", raw)) == []


# --- openai in its other dialect ------------------------------------------------------------------------


def test_openai_stays_in_responses_once_its_reasoning_is_there(
    vendor_server: ServerFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = vendor_server("openai_responses", thoughtful)
    monkeypatch.setattr(OpenAIService, "url", server.base_url)
    chat = Chat("openai:gpt-6-luna", api_key=KEY, base_url=server.base_url, retries=0)
    chat.ask("one", effort="high")
    chat.ask("two")
    assert [request.path for request in server.requests] == ["/v1/responses"] * 2
    assert kinds(server.requests[-1]) == ["user", *RAW, "user"]
    replays = [
        part for turn in chat.conversation.turns for part in turn.parts if isinstance(part, ReplayPart)
    ]
    assert {(replay.provider, replay.model) for replay in replays} == {("openai", "gpt-6-luna")}
    assert {turn.model for turn in chat.conversation.turns} == {"openai:gpt-6-luna"}
    chat.model = "openai-responses:gpt-6-luna"
    chat.ask("three")
    assert last(server, 3) == ["user", *PLAIN, "user", *PLAIN, "user"]


def test_a_turn_that_has_one_survives_being_written(server: VendorServer) -> None:
    chat = chat_with(server)
    chat.ask("one")
    [turn] = chat.conversation.turns
    assert Turn.from_dict(json.loads(json.dumps(turn.to_dict()))) == turn
