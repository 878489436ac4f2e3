"""Chat: asking, streaming, stopping, failing, and what the conversation remembers of it."""

from __future__ import annotations

import asyncio
import base64
import pickle
import threading
import traceback
from typing import Any

import pytest

from notebook_chat import Answer, Chat
from notebook_chat.conversation import Conversation
from notebook_chat.errors import (
    ConfigurationError,
    ConversationBusyError,
    InvalidMessagesError,
    InvalidOptionError,
    StreamInterruptedError,
    UnknownProviderError,
)
from notebook_chat.events import Finish, Usage
from notebook_chat.providers.registry import default_model

from .fakes import parrot
from .servers import Answer as Reply
from .servers.fixtures import ServerFactory

KEY = "sk-planted-secret"


def sent(provider: Any) -> list[list[str]]:
    """Each request as ``role: text`` lines."""
    return [[f"{message.role}: {message.text}" for message in request] for request in provider.requests]


def test_it_asks_and_remembers() -> None:
    provider = parrot(lambda messages: [f"re {messages[-1].text}", [Usage(3, 2), Finish("stop")]])
    chat = Chat(provider=provider, system="be brief", temperature=0.5)
    answer = chat.ask("a")
    assert answer == "re a"
    assert isinstance(answer, Answer)
    assert (answer.model, answer.usage, answer.finish_reason) == ("parrot:grey", Usage(3, 2), "stop")
    assert answer.seconds >= 0
    chat.ask("b", temperature=1)
    assert sent(provider)[1] == ["system: be brief", "user: a", "assistant: re a", "user: b"]
    assert [options["temperature"] for options in provider.options_seen] == [0.5, 1]


def test_an_answer_is_a_text_that_can_be_stored() -> None:
    answer = Chat(provider=parrot()).ask("a")
    assert pickle.loads(pickle.dumps(answer)) == "Hello you"


async def test_all_four_forms_say_the_same() -> None:
    chat = Chat(provider=parrot())
    assert chat.ask("a") == await chat.ask_async("b") == "Hello you"
    assert list(chat.stream("c")) == [piece async for piece in chat.stream_async("d")] == ["Hello", " you"]
    assert [turn.prompt.text for turn in chat.conversation.turns] == list("abcd")


def test_a_stream_that_is_left_early_is_a_stopped_turn() -> None:
    provider = parrot(["par", "tial", 3600, "never"])
    chat = Chat(provider=provider)
    stream = chat.stream("a")
    assert [next(stream), next(stream)] == ["par", "tial"]
    stream.close()  # type: ignore[attr-defined]
    assert provider.closed.wait(30)
    [turn] = chat.conversation.turns
    assert (turn.answer, turn.status, turn.finish_reason) == ("partial", "stopped", None)
    assert not chat.conversation.busy


def test_a_stream_that_is_never_started_opens_no_turn() -> None:
    chat = Chat(provider=parrot())
    chat.stream("a")
    chat.reply("a")
    assert chat.ask("b") == "Hello you"


async def test_a_cancelled_task_leaves_a_stopped_turn() -> None:
    chat = Chat(provider=parrot(["part", 3600]))
    task = asyncio.create_task(chat.ask_async("a"))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [(turn.answer, turn.status) for turn in chat.conversation.turns] == [("part", "stopped")]


def test_a_failure_in_the_middle_keeps_what_came() -> None:
    chat = Chat(provider=parrot(["par", "tial", StreamInterruptedError("lost")]))
    with pytest.raises(StreamInterruptedError, match="lost") as caught:
        chat.ask("a")
    assert caught.value.partial == "partial"
    assert [(turn.answer, turn.status) for turn in chat.conversation.turns] == [("partial", "failed")]


def test_a_failure_before_any_text_changes_nothing() -> None:
    provider = parrot(["fine"])
    chat = Chat(provider=provider)
    chat.ask("a")
    provider.script = lambda messages: [StreamInterruptedError("lost")]
    with pytest.raises(StreamInterruptedError):
        chat.ask("b")
    assert [turn.prompt.text for turn in chat.conversation.turns] == ["a"]
    assert not chat.conversation.busy


def test_one_answer_at_a_time_and_others_are_refused_politely() -> None:
    chat = Chat(provider=parrot(["a", 0.3, "b"]))
    stream = chat.stream("first")
    next(stream)
    with pytest.raises(ConversationBusyError, match="still coming"):
        chat.ask("second")
    assert list(stream) == ["b"]
    assert [turn.prompt.text for turn in chat.conversation.turns] == ["first"]


def test_different_conversations_at_once_from_many_threads() -> None:
    provider = parrot(lambda messages: [f"{messages[-1].text}{number} " for number in range(50)])
    answers: dict[str, str] = {}

    def converse(name: str) -> None:
        answers[name] = Chat(provider=provider).ask(name)

    threads = [threading.Thread(target=converse, args=(f"t{number}:",)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {name: "".join(f"{name}{n} " for n in range(50)) for name in answers}
    assert len(answers) == 10


def test_a_shared_conversation_goes_on_with_another_model() -> None:
    conversation = Conversation()
    Chat(provider=parrot(["one"]), conversation=conversation).ask("a")
    second = parrot(["two"])
    Chat(provider=second, conversation=conversation).ask("b")
    assert sent(second) == [["user: a", "assistant: one", "user: b"]]


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda: Chat("nope:x"), UnknownProviderError, "'nope:x'"),
        (lambda: Chat("opnai:x"), UnknownProviderError, "Did you mean openai?"),
        (lambda: Chat("openai:x", sytem="y"), InvalidOptionError, "'sytem'"),
        (lambda: Chat("openai:x", temperature=3), InvalidOptionError, "from 0 to 2"),
        (lambda: Chat("openai:x", max_tokens=0), InvalidOptionError, "1 or more"),
        (lambda: Chat("aiask:x", top_p=0.5), InvalidOptionError, "aiask has no option 'top_p'"),
        (lambda: Chat(provider=parrot()).ask("  "), InvalidMessagesError, "empty"),
        (lambda: Chat(provider=parrot()).ask("x", seed=1), InvalidOptionError, "'seed'"),
        (lambda: Chat("openai:x").ask("hi"), ConfigurationError, "OPENAI_API_KEY"),
    ],
)
def test_bad_input_gets_one_clear_line(make: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind) as caught:
        make()
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_key_is_in_no_traceback() -> None:
    def bad_option() -> None:
        Chat("openai:x", api_key=KEY, headers={"X": KEY}, wrong=1)

    def failing() -> None:
        Chat(provider=parrot([StreamInterruptedError("lost")]), api_key=KEY).ask("a", headers={"X": KEY})

    for attempt in (bad_option, failing):
        with pytest.raises((InvalidOptionError, StreamInterruptedError)) as caught:
            attempt()
        shown = "".join(
            traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
        )
        frames = [line for line in shown.splitlines() if "Chat(" not in line]  # this test's own source lines
        assert KEY not in "\n".join(frames)


def test_images_go_with_the_prompt(tmp_path: Any) -> None:
    pixel = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    (tmp_path / "pixel.png").write_bytes(pixel)
    provider = parrot()
    chat = Chat(provider=provider)
    chat.ask("What is this?", images=[tmp_path / "pixel.png", pixel])
    [message] = provider.requests[0]
    assert message.text == "What is this?"
    assert [part.media_type for part in message.parts[1:]] == ["image/png", "image/png"]
    with pytest.raises(InvalidMessagesError):
        chat.ask("And this?", images=[b"no image"])
    assert len(chat.conversation) == 1


def test_the_repr_tells_who_answers() -> None:
    assert repr(Chat("openai:gpt-5", api_key=KEY)) == "<Chat with openai:gpt-5, 0 turns>"


def test_the_model_can_change_in_the_middle() -> None:
    chat = Chat("openai:a", api_key=KEY)
    chat.model = "aiask"
    assert chat.model == "aiask:gpt-3.5-turbo"
    with pytest.raises(UnknownProviderError):
        chat.model = "nope:x"
    assert chat.model == "aiask:gpt-3.5-turbo"


@pytest.mark.parametrize(
    ("environment", "model"),
    [
        ({"NOTEBOOK_CHAT_MODEL": "aiask:x", "OPENAI_API_KEY": KEY}, "aiask:x"),
        ({"OPENAI_API_KEY": KEY}, "openai:"),
        ({}, "local:smollm2-135m"),
    ],
)
def test_with_nothing_said_it_picks_in_order(
    environment: dict[str, str], model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert default_model().startswith(model)


def test_with_nothing_to_pick_it_says_the_three_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError) as caught:
        default_model()
    for way in ("notebook_chat[local]", "OPENAI_API_KEY", "%chat use"):
        assert way in str(caught.value)


def test_half_of_a_pair_of_surrogates_goes_nowhere(vendor_server: ServerFactory) -> None:
    server = vendor_server("openai_chat", Reply("fine"))
    half = "a\ud83d b"
    chat = Chat("openai:m", base_url=server.base_url, system=half)
    assert chat.ask(half, stop=[half], extra_body={half: [half]}) == "fine"
    assert chat.ask("on", system=half, model=f"openai:{half}") == "fine"
    bodies = [request.json for request in server.requests]
    assert [message["content"] for message in bodies[0]["messages"]] == ["a\ufffd b", "a\ufffd b"]
    assert (bodies[0]["stop"], bodies[0]["a\ufffd b"]) == (["a\ufffd b"], ["a\ufffd b"])
    assert bodies[1]["model"] == "a\ufffd b"
    assert chat.conversation.turns[0].prompt.text == "a\ufffd b"
