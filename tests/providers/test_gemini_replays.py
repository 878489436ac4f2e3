"""Answers of Gemini go back as they came, while what was before them is what it was; else in their plain form."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import Chat, errors
from notebook_chat.conversation import Conversation
from notebook_chat.messages import ImagePart, Message, ReplayPart, TextPart
from notebook_chat.parts import Part
from notebook_chat.providers.gemini import Gemini
from notebook_chat.secrets import wrap_secrets

from ..servers import Answer, Failure, Parts, Reasoning, VendorServer, serve
from ..servers.gemini_rules import signature
from .gemini_chunks import chunk, inline
from .wires import KEY, PNG, built, read, sse

MODEL = "gemini-3-a"
SIGNED = {"text": "", "thoughtSignature": signature(MODEL)}
CODE = {
    "executableCode": {"language": "PYTHON", "code": "print(1)", "id": "e"},
    "thoughtSignature": signature(MODEL, 1),
}
RESULT = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n", "id": "e"}}


def thought(text: str) -> Answer:
    """An answer as Gemini 3 gives it: the signature comes with the last, empty piece."""
    return Answer(Reasoning("hm"), text[:3], text[3:], Parts((SIGNED,)))


def replay_of(*chunks: Any) -> str | None:
    """The raw replay of an answer."""
    call = Gemini.check(MODEL, "hi", wrap_secrets({"api_key": KEY}))
    reader = Gemini.reader(Gemini.build_request(call), call)
    events = [*reader.feed(sse(*chunks)), *reader.flush()]
    found = [event for event in events if isinstance(event, ReplayPart)]
    return found[-1].raw if found and found[-1].digest else None


# --- what is kept ---------------------------------------------------------------------------------------


def test_every_part_as_it_came_and_signatures_on_their_own() -> None:
    raw = replay_of(
        chunk({"text": "h", "thought": True}),
        chunk({"text": "m", "thought": True}),
        chunk(CODE, {"text": ""}),
        chunk(RESULT),
        chunk({"text": "Hel"}),
        chunk({"text": "lo"}),
        chunk({"text": ", you", "thoughtSignature": "czI="}),
        chunk({"functionCall": {"name": "look", "args": {"a": 1}}, "thoughtSignature": "czM="}),
        chunk({"hologram": [1]}),
        chunk({"text": "!"}),
        chunk(SIGNED, finish="STOP"),
    )
    assert json.loads(raw or "") == [
        {"text": "hm", "thought": True},
        CODE,
        RESULT,
        {"text": "Hello"},
        {"text": ", you", "thoughtSignature": "czI="},
        {"functionCall": {"name": "look", "args": {"a": 1}}, "thoughtSignature": "czM="},
        {"hologram": [1]},
        {"text": "!"},
        SIGNED,
    ]


@pytest.mark.parametrize(
    "chunks",
    [
        [chunk({"text": "hm", "thought": True}), chunk({"text": "Hi"}, finish="STOP")],
        [chunk(inline(PNG, "image/png"), finish="STOP")],
        [chunk(SIGNED), chunk(inline(b"\0\0", "audio/L16;rate=24000"), finish="STOP")],
        [chunk({"text": "x" * 1_100_000}), chunk(SIGNED, finish="STOP")],
        [chunk(SIGNED, {"inlineData": {"data": "%"}, "thoughtSignature": "czI="}, finish="STOP")],
        [chunk({"text": "cut"}), chunk(SIGNED)],
    ],
    ids=["plain", "an image", "sound", "huge", "broken", "cut off"],
)
def test_no_replay_where_none_is_needed_or_can_be(chunks: list[Any]) -> None:
    assert replay_of(*chunks) is None


def test_an_answer_that_goes_on_behind_its_end_has_none() -> None:
    end = chunk(SIGNED, finish="STOP")
    assert replay_of(chunk({"text": "One"}), end)
    assert replay_of(chunk({"text": "One"}), end, chunk({"text": ""}, finish="STOP"))
    assert replay_of(chunk({"text": "One"}), end, chunk({"text": " two"}, finish="STOP")) is None
    assert replay_of(chunk({"text": "One"}), end, chunk({"text": " two"}), end) is None


def test_files_are_not_kept_twice() -> None:
    raw = replay_of(
        chunk(inline(PNG * 1000, "image/png", thoughtSignature="czI=")), chunk(SIGNED, finish="STOP")
    )
    assert raw is not None
    assert len(raw) < 200


# --- what goes back -------------------------------------------------------------------------------------


def chat_with(server: VendorServer, model: str = MODEL, **options: Any) -> Chat:
    return Chat(f"gemini:{model}", base_url=server.base_url, api_key=KEY, **options)


def sent(server: VendorServer) -> list[list[list[str]]]:
    """The contents of the last request: what each part of each of them has."""
    return [[sorted(part) for part in content["parts"]] for content in server.requests[-1].json["contents"]]


PLAIN = [["text"]]
REPLAYED = [["text", "thought"], ["text"], ["text", "thoughtSignature"]]


def test_an_unchanged_conversation_goes_back_as_it_came() -> None:
    with serve("gemini", thought("Hello"), thought("Again"), thought("Third")) as server:
        chat = chat_with(server, system="Be kind")
        assert [chat.ask(prompt) for prompt in "abc"] == ["Hello", "Again", "Third"]
        assert sent(server) == [PLAIN, REPLAYED, PLAIN, REPLAYED, PLAIN]
        first = server.requests[-1].json["contents"][1]["parts"]
        assert first == [{"text": "hm", "thought": True}, {"text": "Hello"}, SIGNED]


def edited(chat: Chat) -> None:
    second = chat.conversation.turns[0]
    changed = msgspec.structs.replace(second, prompt=Message("user", "something else"))
    chat.conversation.replace([changed, *chat.conversation.turns[1:]])


def deleted(chat: Chat) -> None:
    chat.conversation.delete(chat.conversation.turns[0].id)


def asked_anew(chat: Chat) -> None:
    chat.ask("another a", replaces=chat.conversation.turns[0].id)


EDITS: dict[str, tuple[Callable[[Chat], None], list[Any]]] = {
    # what was before each answer of the two that are left is something else, or before the second alone
    "edited": (edited, [PLAIN, PLAIN, PLAIN, PLAIN, PLAIN]),
    "deleted": (deleted, [PLAIN, PLAIN, PLAIN]),
    "asked anew": (asked_anew, [PLAIN, REPLAYED, PLAIN, PLAIN, PLAIN]),
    "undone": (lambda chat: chat.conversation.undo() and None, [PLAIN, REPLAYED, PLAIN]),
}


@pytest.mark.parametrize("edit", EDITS)
def test_after_an_edit_only_what_is_before_it_goes_back_as_it_came(edit: str) -> None:
    change, expected = EDITS[edit]
    with serve("gemini", thought("Hello")) as server:
        chat = chat_with(server)
        for prompt in "ab":
            chat.ask(prompt)
        change(chat)
        assert chat.ask("c") == "Hello"
        assert sent(server) == expected


def test_another_system_prompt_another_model_other_tools() -> None:
    with serve("gemini", thought("Hello")) as server:
        chat = chat_with(server, system="Be kind")
        chat.ask("a")
        for options in ({"system": "Be brief"}, {"model": "gemini:gemini-3-b"}, {"web": True}):
            branch = copy.deepcopy(chat)
            branch.ask("b", **options)
            assert sent(server) == [PLAIN, PLAIN, PLAIN], options
        chat.ask("b")
        assert sent(server) == [PLAIN, REPLAYED, PLAIN]


def test_a_conversation_that_was_kept_goes_on_as_it_was() -> None:
    with serve("gemini", thought("Hello")) as server:
        chat = chat_with(server)
        chat.ask("a")
        kept = Conversation.from_dict(json.loads(json.dumps(chat.conversation.to_dict())))
        chat_with(server, conversation=kept).ask("b")
        assert sent(server) == [PLAIN, REPLAYED, PLAIN]


def test_code_that_was_run_and_images_that_were_made_go_back_in_their_places() -> None:
    image = inline(PNG, "image/png", thoughtSignature=signature(MODEL, 2))
    made = Answer(Parts((CODE,)), Parts((RESULT,)), Parts((image,)), "Done", Parts((SIGNED,)))
    with serve("gemini", made, thought("Hello")) as server:
        chat = chat_with(server)
        answer = chat.ask("draw")
        assert [image.data for image in answer.images] == [PNG]
        assert chat.ask("again") == "Hello"
        parts = server.requests[-1].json["contents"][1]["parts"]
        assert parts == [CODE, RESULT, image, {"text": "Done"}, SIGNED]
        # Another model gets the same in words, and the image from the user.
        chat.ask("and you", model="gemini:gemini-3-b")
        model, user = server.requests[-1].json["contents"][1:3]
        assert [list(part) for part in model["parts"]] == [["text"]]
        assert "print(1)" in model["parts"][0]["text"]
        assert base64.b64decode(user["parts"][0]["inline_data"]["data"]) == PNG


def test_a_call_that_nobody_answered_goes_back_in_words() -> None:
    call = {"functionCall": {"name": "look", "args": {"a": 1}}, "thoughtSignature": signature(MODEL)}
    with serve("gemini", Answer("Well", Parts((call,))), thought("Hello")) as server:
        chat = chat_with(server)
        chat.ask("a")
        assert chat.ask("b") == "Hello"
        assert sent(server) == [PLAIN, PLAIN, PLAIN]
        assert "asked for the tool look" in server.requests[-1].json["contents"][1]["parts"][0]["text"]


# --- what a service refuses -----------------------------------------------------------------------------


def test_a_signature_that_is_refused_is_left_out_and_the_answer_comes() -> None:
    refused = Failure("bad_request", "Corrupted thought signature.")
    with serve("gemini", thought("Hello"), refused, thought("Again")) as server:
        chat = chat_with(server)
        chat.ask("a")
        assert chat.ask("b") == "Again"
        assert sent(server) == [PLAIN, PLAIN, PLAIN]
        assert len(server.requests) == 3


def test_an_image_without_its_signature_goes_with_the_next_message() -> None:
    refused = Failure("bad_request", "Image part is missing a thought_signature in content position 2.")
    with serve("gemini", refused, Answer("Hello")) as server:
        said = [
            Message("user", "draw"),
            Message("assistant", (ImagePart(PNG, "image/png"),)),
            Message("user", "redo"),
        ]
        result = Gemini.create_completion("my-own", said, base_url=server.base_url, api_key=KEY)
        assert "".join(result) == "Hello"
        assert sent(server) == [PLAIN, PLAIN, [["inline_data"], ["text"]]]


# --- replays from elsewhere -----------------------------------------------------------------------------


def with_replay(raw: str, *parts: Part) -> list[Any]:
    """A conversation with an answer whose replay is this one and is in its right place."""
    call = Gemini.check(MODEL, "hi", wrap_secrets({"api_key": KEY}))
    replay = Gemini.parser(call)._replay(raw)  # type: ignore[misc]
    return ["hi", Message("assistant", (TextPart("plain"), *parts, replay)), "go on"]


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "7",
        "[]",
        "{}",
        "[7]",
        "[{}]",
        "[[]]",
        "{",
        '[{"text":"x"}',
        "[" * 5000,
        '[{"file":0}]',
        '[{"file":"x"}]',
    ],
)
def test_a_replay_that_is_none_is_not_sent(raw: str) -> None:
    assert built(Gemini, with_replay(raw), MODEL)[1]["contents"][1]["parts"] == [{"text": "plain"}]


def test_a_replay_whose_files_are_not_there_is_not_sent() -> None:
    raw, image = '[{"file":0},{"text":"as it came"}]', ImagePart(PNG, "image/png")
    assert len(built(Gemini, with_replay(raw, image), MODEL)[1]["contents"][1]["parts"]) == 2
    for parts in ((), (image, image)):
        contents = built(Gemini, with_replay(raw, *parts), MODEL)[1]["contents"]
        assert contents[1]["parts"][0]["text"].startswith("plain")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["text", "file", "x"]), inner, max_size=3)
    ),
)


@given(json_values)
def test_any_replay_leaves_a_request_that_can_be_read(value: Any) -> None:
    raw = json.dumps(value)
    _, body = built(Gemini, with_replay(raw), MODEL)
    assert set(body) <= {"contents", "generationConfig"}
    assert body["contents"][1]["parts"] in ([{"text": "plain"}], value)


def test_reading_without_a_call_makes_no_replay() -> None:
    assert not any(isinstance(event, ReplayPart) for event in read(Gemini, sse(chunk(SIGNED, finish="STOP"))))
    with pytest.raises(errors.ResponseFormatError):
        read(Gemini, b"data: 7\n\n")
