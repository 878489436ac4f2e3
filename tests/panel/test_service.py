"""What a panel does for its views, on a real conversation with a provider that says what it is told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest

from notebook_chat import Chat
from notebook_chat.conversation import Conversation
from notebook_chat.errors import ProviderError, RateLimitError
from notebook_chat.events import Notice, ReasoningDelta
from notebook_chat.panel import choices
from notebook_chat.providers import model_list

from ..fakes import parrot
from ..servers import Answer, Failure
from ..servers.fixtures import ServerFactory
from .replica import through_json
from .windows import GIF, PATIENCE, PNG, Notebook, OpenWindow, gated, heard, repeating

KEY = "sk-planted-0123456789abcdef"


# --- asking and being answered


def test_a_view_that_comes_is_sent_the_state(window: OpenWindow) -> None:
    chat = Chat(provider=repeating(), conversation=Conversation("talk"))
    chat.ask("a")
    shown = window(chat=chat)
    assert shown.kinds() == ["change", "state"]
    assert shown.prompts == ["a"]
    assert shown.view.head == {
        "model": "parrot:grey",
        "conversation": "talk",
        "conversations": [],
        "answering": False,
        "notice": None,
    }
    shown.tell("ready", view="another")
    shown.until(lambda: shown.kinds()[2:] == ["state"])


def test_what_is_sent_is_answered_as_it_comes(window: OpenWindow) -> None:
    loaded, gate = threading.Event(), threading.Event()
    status = Notice("loading the model", 0.5)
    shown = window(parrot(gated(status, loaded, ReasoningDelta("hm"), "One *two", gate, "*.")))
    act = shown.act("send", text="a")
    shown.until(lambda: shown.view.acks == [act] and shown.busy)
    shown.until(lambda: shown.view.last.note == "loading the model (50%)")
    loaded.set()
    shown.until(lambda: shown.view.last.blocks.html == "<p>One *two</p>\n")
    assert (shown.view.last.prompt, shown.view.last.reasoning) == ("a", "hm")
    assert not shown.conversation.turns
    gate.set()
    shown.shows("One *two*.")
    [turn] = shown.conversation.turns
    assert (turn.prompt.text, turn.answer, turn.cell, turn.status) == ("a", "One *two*.", None, "complete")
    assert shown.view.last.blocks.finished == ["<p>One <em>two</em>.</p>\n"]
    assert shown.view.last.foot.startswith("parrot:grey · ")
    assert shown.notices == []


def test_what_a_cell_asks_is_shown_too(window: OpenWindow) -> None:
    chat = Chat(provider=repeating())
    shown = window(chat=chat)
    chat.ask("from a cell")
    shown.shows("re from a cell")


def test_what_is_asked_for_twice_is_done_once(window: OpenWindow) -> None:
    provider = repeating()
    shown = window(provider)
    for _ in range(2):  # a view that was not heard at once says it by another way, too
        shown.tell("send", act="one", text="a")
    shown.shows("re a")
    shown.tell("send", act="one", text="a")
    shown.until(lambda: shown.view.acks == ["one"] * 3)
    shown.tell("send", act="two", text="a")
    shown.shows("re a", "re a")
    assert len(provider.requests) == 2


def test_images_are_sent_with_the_prompt(window: OpenWindow) -> None:
    provider = repeating()
    shown = window(provider)
    shown.act("send", PNG, GIF, text="look")
    shown.shows("re look")
    assert shown.view.last.images == [("image/png", PNG), ("image/gif", GIF)]
    [[message]] = provider.requests
    assert [type(part).__name__ for part in message.parts] == ["TextPart", "ImagePart", "ImagePart"]


def test_many_pieces_are_sent_in_few_messages(window: OpenWindow) -> None:
    pieces = [item for number in range(150) for item in (f"word {number} ", 0.002)]
    shown = window(parrot(pieces))
    began = time.monotonic()
    shown.act("send", text="a")
    shown.until(lambda: not shown.busy and len(shown.conversation) == 1 and shown.view.last.text)
    seconds = time.monotonic() - began
    assert 3 <= shown.kinds().count("change") < seconds / 0.05 + 8


def test_stopping_keeps_what_has_come(window: OpenWindow) -> None:
    provider = parrot(["so far", 60.0, "never"])
    shown = window(provider)
    shown.act("send", text="a")
    shown.until(lambda: shown.view.order and shown.view.last.blocks.html)
    shown.act("stop")
    shown.shows("so far")
    assert "stopped" in shown.view.last.foot
    assert shown.conversation.turns[0].status == "stopped"
    assert provider.closed.wait(PATIENCE)
    assert shown.notices == []
    shown.act("stop")  # there is nothing to stop
    shown.act("send", text="b")
    shown.until(lambda: len(shown.view.acks) == 4 and shown.busy)
    shown.act("stop")
    shown.until(lambda: len(shown.conversation) == 2)


def test_a_turn_is_regenerated_in_its_place(window: OpenWindow) -> None:
    answers = iter(["one", "two", "three"])
    provider = parrot(lambda messages: [next(answers)])
    shown = window(provider)
    shown.act("send", PNG, text="a")
    shown.shows("one")
    shown.act("send", text="b")
    shown.shows("one", "two")
    first = shown.view.order[0]
    shown.act("regenerate", turn=first)
    shown.shows("three", "two")
    assert first not in shown.view.order
    assert shown.prompts == ["a", "b"]
    assert [turn["stale"] for turn in shown.view.shown()] == [False, True]
    assert shown.view.shown()[0]["images"] == [("image/png", PNG)]
    assert heard(provider)[2] == ["user: a"]
    assert provider.requests[2] == provider.requests[0]


def test_an_edited_prompt_keeps_its_images_and_makes_later_turns_stale(window: OpenWindow) -> None:
    provider = repeating()
    shown = window(provider)
    for text, images in (("a", ()), ("b", (PNG,)), ("c", ())):
        shown.act("send", *images, text=text)
        shown.answered(f"re {text}")
    shown.act("send", GIF, text="B", edits=shown.view.order[1])
    shown.shows("re a", "re B", "re c")
    turns = shown.view.shown()
    assert [turn["prompt"] for turn in turns] == ["a", "B", "c"]
    assert turns[1]["images"] == [("image/png", PNG), ("image/gif", GIF)]
    assert [turn["stale"] for turn in turns] == [False, False, True]
    assert heard(provider)[3] == ["user: a", "assistant: re a", "user: B"]
    shown.act("send", text="d")
    shown.answered("re d")
    assert "stale" in shown.told("after a stale turn")["text"]


def test_a_turn_that_starts_over_or_has_a_system_prompt_does_so_again(window: OpenWindow) -> None:
    provider = repeating()
    chat = Chat(provider=provider)
    chat.ask("a")
    chat.ask("b", fresh=True, system="be brief", cell="2")
    shown = window(chat=chat)
    shown.act("regenerate", turn=shown.view.order[1])
    shown.until(lambda: len(provider.requests) == 3 and not chat.conversation.busy)
    shown.shows("re a", "re b")
    assert heard(provider)[2] == heard(provider)[1] == ["system: be brief", "user: b"]
    turn = chat.conversation.turns[1]
    assert (turn.fresh, turn.system, turn.cell) == (True, "be brief", "2")


# --- changing the conversation


def test_deleting_and_clearing_can_be_undone(window: OpenWindow) -> None:
    shown = window()
    for text in "ab":
        shown.act("send", text=text)
        shown.answered(f"re {text}")
    shown.act("delete", turn=shown.view.order[0])
    assert shown.told("deleted")["undo"] is True
    shown.shows("re b")
    shown.act("undo")
    assert shown.told("Taken back.")["undo"] is False
    shown.shows("re a", "re b")
    shown.act("clear")
    assert shown.told("Cleared.")["undo"] is True
    shown.shows()
    shown.act("clear")
    assert shown.told("Nothing to clear.")["undo"] is False
    shown.act("undo")
    shown.shows("re a", "re b")
    shown.act("undo")
    shown.shows("re a")
    shown.act("undo")
    shown.shows()
    shown.act("undo")
    told = shown.told("Nothing to take back.")
    assert (told["error"], told["undo"], told["act"]) == (False, False, None)


def test_a_notice_goes_when_something_else_is_done(window: OpenWindow) -> None:
    shown = window()
    shown.act("clear")
    shown.told("Nothing to clear.")
    shown.act("send", text="a")
    shown.shows("re a")
    shown.until(lambda: shown.notice is None)


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Notebook:
    """A notebook in which the extension is loaded."""
    loaded = Notebook()
    monkeypatch.setattr("notebook_chat.chat.loaded_session", lambda: loaded)
    monkeypatch.setattr(choices, "session", lambda: loaded)
    return loaded


def test_what_is_sent_belongs_to_no_cell_also_while_one_runs(window: OpenWindow, notebook: Notebook) -> None:
    chat = Chat(provider=repeating(), conversation="default")
    assert chat.ask("a").model
    shown = window(chat=chat)
    shown.act("send", text="b")
    shown.shows("re a", "re b")
    assert [turn.cell for turn in notebook.conversation("default").turns] == ["the running cell", None]


def test_another_conversation_of_the_notebook_is_opened(window: OpenWindow, notebook: Notebook) -> None:
    chat = Chat(provider=repeating(), conversation="default")
    other = Chat(provider=repeating(), conversation="other")
    other.ask("b")
    shown = window(chat=chat)
    assert shown.view.head["conversations"] == ["default", "other"]
    shown.act("send", text="a")
    shown.shows("re a")
    shown.act("conversation", name="other")
    shown.shows("re b")
    assert shown.view.head["conversation"] == "other"
    assert notebook.conversation("default")._subscribers == ()
    notebook.conversation("third")
    shown.until(lambda: shown.view.head["conversations"] == ["default", "other", "third"])
    shown.act("send", text="c")
    shown.shows("re b", "re c")
    shown.act("conversation", name="")
    shown.shows()
    assert shown.view.head["conversation"] == "chat-2"
    shown.act("conversation", name="")
    shown.until(lambda: shown.view.head["conversation"] == "chat-3")
    assert list(notebook.conversations) == ["default", "other", "third", "chat-2", "chat-3"]
    shown.service.close()
    assert notebook._subscribers == ()


def test_an_answer_goes_on_in_the_conversation_that_was_left(window: OpenWindow, notebook: Notebook) -> None:
    gate = threading.Event()
    shown = window(chat=Chat(provider=parrot(gated("so ", "far", gate, ", and on")), conversation="one"))
    shown.act("send", text="a")
    shown.until(lambda: shown.view.order and shown.view.last.blocks.html)
    shown.act("conversation", name="two")
    shown.shows()
    shown.act("conversation", name="one")
    shown.until(lambda: shown.view.order and "so far" in shown.view.last.blocks.html)
    shown.act("conversation", name="two")
    shown.shows()
    gate.set()
    shown.until(lambda: len(notebook.conversation("one")) == 1)
    shown.act("conversation", name="one")
    shown.shows("so far, and on")


def test_without_a_notebook_there_is_no_other_conversation(window: OpenWindow) -> None:
    shown = window()
    shown.act("conversation", name="x")
    assert shown.told("no notebook here")["error"] is True


def test_another_model_answers_from_then_on(window: OpenWindow) -> None:
    shown = window()
    shown.act("model", name="red")
    shown.until(lambda: shown.view.head["model"] == "parrot:red")
    shown.act("send", text="a")
    shown.shows("re a")
    assert shown.conversation.turns[0].model == shown.service.model == "parrot:red"


def test_a_model_that_others_choose_is_shown(window: OpenWindow) -> None:
    shown = window()
    shown.service.use("blue")
    shown.until(lambda: shown.view.head["model"] == "parrot:blue")
    shown.service.chat.model = "green"
    shown.service.refresh()
    shown.until(lambda: shown.view.head["model"] == "parrot:green")
    shown.service.chat.model = "grey"  # which is noticed when it is asked
    shown.act("send", text="a")
    shown.answered("re a")
    assert shown.view.head["model"] == shown.service.model == "parrot:grey"


def test_an_unknown_model_is_told_and_the_old_one_stays(
    window: OpenWindow, vendor_server: ServerFactory
) -> None:
    server = vendor_server("openai_chat", Answer("Hello"))
    shown = window(chat=Chat("openai:m", api_key=KEY, base_url=server.base_url))
    act = shown.act("model", name="nonsense:m")
    notice = shown.told("nonsense")
    assert (notice["error"], notice["act"]) == (True, act)
    assert shown.view.head["model"] == shown.service.model == shown.service.chat.model == "openai:m"
    shown.act("send", text="a")
    shown.shows("Hello")


def test_a_chat_that_has_lost_its_model_is_shown_and_says_why(
    window: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTEBOOK_CHAT_MODEL", "ollama:m")
    chat = Chat()
    monkeypatch.setenv("NOTEBOOK_CHAT_MODEL", "nonsense:m")
    shown = window(chat=chat)
    assert shown.view.head["model"] == ""
    assert shown.told("nonsense")["error"] is True
    act = shown.act("send", text="a")
    shown.told_of(act)
    shown.act("model", name="ollama:m")
    shown.until(lambda: shown.view.head["model"] == "ollama:m" and shown.notice is None)


def test_the_models_are_listed_and_the_notice_stays(
    window: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def models(names: Any) -> Mapping[str, Any]:
        return {"one": ["a", "b"], "two": ProviderError("down"), "three": ["c"]}

    monkeypatch.setattr(model_list, "models", models)
    shown = window()
    shown.act("clear")
    shown.told("Nothing to clear.")
    shown.act("models")
    shown.until(lambda: shown.view.models == ["one:a", "one:b", "three:c"])
    assert shown.notice is not None


# --- what is sent to the model, and what is not sent to the views


def test_a_system_prompt_holds_from_the_first_turn_on(window: OpenWindow) -> None:
    provider = repeating()
    shown = window(provider, system="be brief")
    shown.act("send", text="a")
    shown.shows("re a")
    shown.act("send", text="b")
    shown.shows("re a", "re b")
    assert heard(provider)[0] == ["system: be brief", "user: a"]
    assert heard(provider)[1][0] == "system: be brief"
    assert [turn.system for turn in shown.conversation.turns] == ["be brief", None]


def test_a_system_prompt_waits_for_the_first_turn_that_is_answered(window: OpenWindow) -> None:
    provider = parrot(lambda messages: [RateLimitError("too many")])
    shown = window(provider, system="be brief")
    shown.act("send", b"%PDF-1.7\n%%EOF", text="a", names=["a.pdf"])
    shown.told("takes no PDF")
    shown.act("send", text="a", edits="nobody")
    shown.told("not in the conversation any more")
    shown.act("send", text="a")
    shown.told("too many")
    provider.script = staticmethod(lambda messages: ["fine"])
    shown.act("send", text="b")
    shown.shows("fine")
    assert heard(provider) == [["system: be brief", "user: a"], ["system: be brief", "user: b"]]


def test_a_system_prompt_is_not_for_the_turns_of_before(window: OpenWindow) -> None:
    provider = repeating()
    chat = Chat(provider=provider)
    chat.ask("a")
    shown = window(chat=chat, system="be brief")
    shown.act("regenerate", turn=shown.view.order[0])
    shown.until(lambda: len(provider.requests) == 2 and not chat.conversation.busy)
    shown.shows("re a")
    shown.act("send", text="b")
    shown.shows("re a", "re b")
    assert heard(provider)[1:] == [["user: a"], ["system: be brief", "user: a", "assistant: re a", "user: b"]]


def test_a_key_is_in_no_message(window: OpenWindow, vendor_server: ServerFactory) -> None:
    quoting = Failure("authentication", message="Incorrect API key provided: {key}")
    server = vendor_server("openai_chat", Answer("Hello"), quoting, Answer("again"), key=KEY)
    chat = Chat("openai:m", base_url=server.base_url, api_key=KEY, retries=0)
    shown = window(chat=chat)
    shown.act("send", text="a")
    shown.shows("Hello")
    shown.act("send", text="b")
    shown.told("Incorrect API key")
    shown.act("model", name="nonsense:m")
    shown.told("nonsense")
    shown.act("regenerate", turn=shown.view.order[0])
    shown.shows("again")
    assert dict(server.requests[1].headers)["Authorization"] == f"Bearer {KEY}"
    everything = str([(through_json(content), buffers) for content, buffers in shown.messages])
    assert "Hello" in everything
    assert KEY not in everything
    assert KEY not in repr(vars(shown.service))


# --- several models side by side


def test_another_answer_is_kept_and_taken_back(window: OpenWindow) -> None:
    chat = Chat(provider=parrot(["hm *x*"]))
    shown = window(chat=chat)
    chat.compare("a", ["grey", "green"], cell="")
    shown.shows("hm *x*")
    shown.until(lambda: shown.view.last.others != [])
    [other] = shown.view.last.others
    assert (other["answer"], other["model"], other["text"]) == (1, "parrot:green", "hm *x*")
    assert other["blocks"] == ["<p>hm <em>x</em></p>\n"]
    shown.act("keep", turn=chat.conversation.turns[0].id, answer=1)
    shown.until(lambda: shown.view.last.foot.startswith("parrot:green"))
    assert [one["model"] for one in shown.view.last.others] == ["parrot:grey"]
    told = "The answer of parrot:green is in the conversation now."
    assert (shown.notices[-1]["text"], shown.notices[-1]["undo"]) == (told, True)
    shown.act("undo")
    shown.until(lambda: shown.view.last.foot.startswith("parrot:grey"))


def test_an_answer_that_there_is_not_is_told_in_a_line(window: OpenWindow) -> None:
    chat = Chat(provider=parrot(["hm"]))
    shown = window(chat=chat)
    chat.compare("a", ["grey", "green"], cell="")
    shown.act("keep", turn=chat.conversation.turns[0].id, answer=7)
    shown.until(lambda: any("there is no answer 8" in notice["text"] for notice in shown.notices))
