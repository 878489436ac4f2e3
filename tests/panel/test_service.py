"""What a panel does for its views, on a real conversation with a provider that says what it is told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from typing import Any

import pytest

from notebook_chat import Chat
from notebook_chat.conversation import Conversation
from notebook_chat.errors import ProviderError, RateLimitError
from notebook_chat.events import ReasoningDelta, Status
from notebook_chat.images import LARGEST
from notebook_chat.panel import publisher as publisher_module
from notebook_chat.panel import service as service_module
from notebook_chat.providers import catalog

from ..fakes import parrot
from ..servers import Answer, Failure
from ..servers.fixtures import ServerFactory
from .replica import Replica, through_json
from .windows import PATIENCE, Notebook, Window, gated

PNG = b"\x89PNG\r\n\x1a\nfirst"
GIF = b"GIF89asecond"
KEY = "sk-planted-0123456789abcdef"

OpenWindow = Callable[..., Window]


@pytest.fixture
def window() -> Iterator[OpenWindow]:
    """Opens windows: ``window(provider)``, or ``window(chat=…)``, with a view unless ``view=False``."""
    with ExitStack() as opened:

        def start(
            provider: Any = None, *, chat: Chat | None = None, system: str | None = None, view: bool = True
        ) -> Window:
            chat = chat or Chat(provider=provider or repeating())
            window = opened.enter_context(closing(Window(chat, system=system)))
            return window.open() if view else window

        yield start


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check follows a change soon."""
    monkeypatch.setattr(publisher_module, "_CHECK_SECONDS", 0.05)


def repeating() -> Any:
    """A provider that repeats the prompt."""
    return parrot(lambda messages: [f"re {messages[-1].text}"])


def heard(provider: Any) -> list[list[str]]:
    """Each request as ``role: text`` lines."""
    return [[f"{message.role}: {message.text}" for message in request] for request in provider.requests]


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
    status = Status("loading the model", 0.5)
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
    assert shown.view.last.status == "stopped"
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
    monkeypatch.setattr(service_module, "session", lambda: loaded)
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
    assert notebook.conversation("default")._watchers == ()
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
    assert notebook._watchers == ()


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

    monkeypatch.setattr(catalog, "models", models)
    shown = window()
    shown.act("clear")
    shown.told("Nothing to clear.")
    shown.act("models")
    shown.until(lambda: shown.view.models == ["one:a", "one:b", "three:c"])
    assert shown.notice is not None


# --- what goes wrong


@pytest.mark.parametrize(
    ("error", "told"),
    [(RateLimitError("too many"), "too many"), (RuntimeError("see https://a:b@e.org"), "RuntimeError: see")],
    ids=["told by the service", "a fault of the provider"],
)
def test_a_failure_gives_the_prompt_back_only_where_nothing_came(
    window: OpenWindow, error: Exception, told: str
) -> None:
    shown = window(parrot(lambda messages: [error] if messages[-1].text == "a" else ["so far", error]))
    act = shown.act("send", text="a")
    notice = shown.told(told)
    assert (notice["error"], notice["act"]) == (True, act)
    assert "a:b@" not in notice["text"]
    shown.shows()
    shown.act("send", text="b")
    shown.shows("so far")
    notice = shown.told(told)
    assert (notice["error"], notice["act"]) == (True, None)
    assert shown.view.last.status == "failed"


def test_a_failed_second_try_leaves_what_was_there(window: OpenWindow) -> None:
    provider = parrot(["one"])
    shown = window(provider)
    shown.act("send", text="a")
    shown.shows("one")
    provider.script = staticmethod(lambda messages: [RateLimitError("too many")])
    for type, fields in (("regenerate", {}), ("send", {"text": "A"})):
        key = "turn" if type == "regenerate" else "edits"
        act = shown.act(type, **{key: shown.view.order[0]}, **fields)
        shown.told_of(act)
        shown.shows("one")
    assert shown.prompts == ["a"]


def test_who_asks_while_an_answer_comes_is_told_so(window: OpenWindow) -> None:
    gate = threading.Event()
    shown = window(parrot(gated("one", gate)))
    shown.act("send", text="a")
    shown.until(lambda: shown.view.order and shown.view.last.blocks.html)
    for type, fields in (("send", {"text": "b"}), ("clear", {}), ("undo", {})):
        act = shown.act(type, **fields)
        shown.told_of(act)
        assert "still coming" in shown.told("an answer")["text"]
    gate.set()
    shown.shows("one")
    assert shown.prompts == ["a"]


BEYOND = "not in the conversation any more"


@pytest.mark.parametrize(
    ("type", "images", "fields", "told"),
    [
        ("regenerate", [], {"turn": "nobody"}, BEYOND),
        ("delete", [], {"turn": "nobody"}, BEYOND),
        ("send", [], {"text": "a", "edits": "nobody"}, BEYOND),
        ("send", [], {"text": ""}, "empty"),
        ("send", [], {"text": " \n"}, "empty"),
        ("send", [b"no image"], {"text": "a"}, "is not a PNG"),
        ("send", [PNG, b""], {"text": "a"}, "is not a PNG"),
        ("send", [PNG + bytes(LARGEST)], {"text": "a"}, "too large"),
    ],
)
def test_what_cannot_be_done_is_told_once(
    window: OpenWindow, type: str, images: list[bytes], fields: dict[str, Any], told: str
) -> None:
    provider = repeating()
    shown = window(provider)
    act = shown.act(type, *images, **fields)
    notice = shown.told(told)
    assert (notice["error"], notice["undo"], notice["act"]) == (True, False, act)
    assert shown.notices == [notice]
    assert provider.requests == []
    shown.act("send", text="b")
    shown.shows("re b")


@pytest.mark.parametrize(
    "content",
    [
        None,
        3,
        "send",
        [],
        {},
        {"type": None},
        {"type": "nonsense", "act": "1"},
        {"type": "nonsense\ud800", "act": "1"},
        {"type": "send"},
        {"type": "send", "act": "1"},
        {"type": "send", "act": 1, "text": "a"},
        {"type": "send", "act": "1", "text": ["a"]},
        {"type": "send", "act": "1", "text": "a", "edits": 0},
        {"type": "stop"},
        {"type": "regenerate", "act": "1"},
        {"type": "delete", "act": "1", "turn": None},
        {"type": "model", "act": "1", "name": {}},
        {"type": "ready"},
        {"type": "need", "ids": "abc"},
        {"type": "need", "ids": [1]},
        {"type": "gone", "view": 3},
    ],
    ids=str,
)
def test_what_is_no_request_is_told_once_and_nothing_ends(window: OpenWindow, content: Any) -> None:
    shown = window()
    shown.service.take(content, [])
    notice = shown.told("no request")
    assert (notice["error"], notice["act"]) == (True, None)
    assert shown.notices == [notice]
    assert shown.view.acks == []
    shown.act("send", text="a")
    shown.shows("re a")


def test_turns_of_nobody_are_asked_for_in_vain(window: OpenWindow) -> None:
    shown = window()
    shown.tell("need", ids=["nobody"])
    shown.until(lambda: shown.kinds()[-1] == "items")
    assert shown.messages[-1][0]["items"] == []
    assert shown.notices == []


def test_halves_of_surrogate_pairs_end_nothing(window: OpenWindow) -> None:
    provider = parrot(["a\ud800", "b"])
    shown = window(provider)
    shown.act("model", name="grey\ud800")
    shown.until(lambda: shown.view.head["model"] == "parrot:grey\ufffd")
    shown.service.use("red\ud800")
    shown.until(lambda: shown.view.head["model"] == "parrot:red\ufffd")
    shown.act("conversation", name="\ud800")
    shown.told("no notebook")
    shown.act("send", text="\udc00")
    shown.shows("a\ufffdb")
    assert shown.prompts == ["\ufffd"]
    assert heard(provider) == [["user: \ufffd"]]
    shown.tell("undo", act="\ud800")
    shown.until(lambda: shown.view.acks[-1] == "\ufffd")
    shown.shows()
    shown.act("regenerate", turn="\ud800")
    shown.told(BEYOND)


def test_a_fault_in_the_feed_ends_nothing(window: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    chat = Chat(provider=repeating())
    chat.ask("a")
    shown = window(chat=chat, view=False)
    real, calls = shown.service._publisher._feed.change, []

    def change(head: Any) -> Any:
        calls.append(head)
        if len(calls) == 1:
            raise RuntimeError("a fault")
        return real(head)

    monkeypatch.setattr(shown.service._publisher._feed, "change", change)
    shown.tell("ready", view="v")
    shown.until(lambda: len(calls) == 1)
    shown.open().shows("re a")  # a view that is not answered asks again


@pytest.mark.usefixtures("soon")
def test_a_status_that_cannot_be_shown_does_not_keep_the_answer_away(
    window: OpenWindow, caplog: pytest.LogCaptureFixture
) -> None:
    loaded, gate = threading.Event(), threading.Event()
    bad = Status("loading", "half")  # type: ignore[arg-type]
    shown = window(parrot(gated(bad, loaded, "so far", gate, " and on")))
    shown.act("send", text="a")
    shown.until(lambda: "could not be brought up to date" in caplog.text)
    loaded.set()
    shown.until(lambda: shown.view.order and shown.view.last.blocks.html == "<p>so far</p>\n")
    gate.set()
    shown.shows("so far and on")


def test_a_way_out_that_fails_once_ends_nothing(window: OpenWindow) -> None:
    shown = window(view=False)
    real, failed = shown.service._publisher._send_out, []

    def send(content: Any, buffers: list[bytes]) -> None:
        if content["type"] not in failed:
            failed.append(content["type"])
            raise OSError("the connection is gone")
        real(content, buffers)

    shown.service._publisher._send_out = send
    shown.tell("ready", view="v")
    shown.until(lambda: failed == ["change", "state"])
    shown.open()  # a view that is not answered asks again
    shown.act("clear")
    shown.told("Nothing to clear.")
    shown.act("send", text="a")
    shown.shows("re a")
    assert failed[:3] == ["change", "state", "ack"]


# --- who is there


def test_a_check_follows_the_last_change_after_a_second(window: OpenWindow) -> None:
    shown = window()
    shown.act("send", text="a")
    shown.shows("re a")
    shown.until(lambda: "check" in shown.kinds())
    place = shown.kinds().index("check")
    assert shown.messages[place][0] == {"type": "check", "number": shown.view.number}
    assert place == len(shown.messages) - 1
    assert 0.9 < shown.times[place] - shown.times[place - 1] < 3


@pytest.mark.usefixtures("soon")
def test_one_check_is_enough(window: OpenWindow) -> None:
    shown = window()
    shown.until(lambda: "check" in shown.kinds())
    time.sleep(0.15)
    shown.look()
    assert shown.kinds().count("check") == 1
    shown.act("clear")
    shown.until(lambda: shown.kinds().count("check") == 2)


@pytest.mark.usefixtures("soon")
def test_a_view_that_missed_the_last_change_is_brought_up_to_date(window: OpenWindow) -> None:
    shown = window()
    shown.deaf = True
    shown.act("send", text="a")
    shown.until(lambda: len(shown.conversation) == 1 and shown.kinds()[-1] == "change")
    shown.deaf = False
    shown.shows("re a")


@pytest.mark.usefixtures("soon")
def test_nothing_is_sent_where_nobody_looks_and_all_when_somebody_comes(window: OpenWindow) -> None:
    chat = Chat(provider=repeating())
    shown = window(chat=chat, view=False)
    chat.ask("a")
    time.sleep(0.12)
    shown.look()
    assert shown.messages == []
    shown.open().shows("re a")
    shown.gone()
    time.sleep(0.1)  # what was on its way has come
    shown.look()
    count = len(shown.messages)
    chat.ask("b")
    time.sleep(0.12)
    shown.look()
    assert len(shown.messages) == count
    shown.view = Replica()
    shown.open().shows("re a", "re b")


def test_no_check_is_sent_to_a_view_that_has_gone(
    window: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher_module, "_CHECK_SECONDS", 0.2)
    shown = window()
    time.sleep(0.1)
    gone = shown.gone()
    time.sleep(0.25)
    shown.look()
    assert max(shown.times) < gone


def test_a_second_view_stays_when_the_first_goes(window: OpenWindow) -> None:
    shown = window()
    shown.tell("ready", view="another")
    shown.tell("gone", view="another")
    shown.tell("gone", view="nobody")
    shown.act("send", text="a")
    shown.shows("re a")


def test_old_turns_are_asked_for(window: OpenWindow) -> None:
    chat = Chat(provider=repeating())
    for number in range(12):
        chat.ask(str(number))
    shown = window(chat=chat)
    shown.shows(*(f"re {number}" for number in range(12)))
    assert shown.kinds() == ["change", "state", "items"]


def test_closing_ends_the_watching_and_not_the_answer(window: OpenWindow) -> None:
    gate = threading.Event()
    shown = window(parrot(gated("so far", gate, " and on")))
    shown.act("send", text="a")
    shown.until(lambda: shown.view.order and shown.view.last.blocks.html)
    shown.service.close()
    assert shown.conversation._watchers == ()
    shown.until(shown.service._publisher._serving.done)
    shown.look()
    count = len(shown.messages)
    gate.set()
    shown.until(lambda: len(shown.conversation) == 1)
    time.sleep(0.1)
    shown.look()
    assert len(shown.messages) == count
    assert shown.conversation.turns[0].answer == "so far and on"


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
    shown.act("send", b"no image", text="a")
    shown.told("is not a PNG")
    shown.act("send", text="a", edits="nobody")
    shown.told(BEYOND)
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
