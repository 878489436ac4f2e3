"""What a panel does when something goes wrong: it says so once, and goes on."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from notebook_chat import Chat
from notebook_chat.errors import RateLimitError
from notebook_chat.events import Notice
from notebook_chat.images import LARGEST
from notebook_chat.panel import live_answer

from ..fakes import parrot
from .windows import PNG, OpenWindow, gated, heard, repeating


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
    assert "incomplete" in shown.view.last.foot


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
        ("send", [b"%PDF-1.7\n%%EOF"], {"text": "a", "names": ["a.pdf"]}, "a.pdf is not sent: "),
        (
            "send",
            [PNG, b"\x00\x01\x02"],
            {"text": "a", "names": ["a.png", "b.bin"]},
            "b.bin is neither a text nor",
        ),
        ("send", [b"no image"], {"text": "a", "names": ["a.png"]}, "not the image that its name says"),
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
    real, calls = shown.service._publisher._state.change, []

    def change(head: Any) -> Any:
        calls.append(head)
        if len(calls) == 1:
            raise RuntimeError("a fault")
        return real(head)

    monkeypatch.setattr(shown.service._publisher._state, "change", change)
    shown.tell("ready", view="v")
    shown.until(lambda: len(calls) == 1)
    shown.open().shows("re a")  # a view that is not answered asks again


@pytest.mark.usefixtures("soon")
def test_a_status_that_cannot_be_shown_does_not_keep_the_answer_away(
    window: OpenWindow, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, gate = threading.Event(), threading.Event()
    real = live_answer._note
    monkeypatch.setattr(
        live_answer, "_note", lambda snapshot: 1 / 0 if snapshot.notice == bad else real(snapshot)
    )
    bad = Notice("loading", 0.5)
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
