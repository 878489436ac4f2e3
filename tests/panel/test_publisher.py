"""Who is sent what, and when: views that come, go, and have missed something."""

from __future__ import annotations

import threading
import time

import pytest

from notebook_chat import Chat
from notebook_chat.panel import publisher as publisher_module

from ..fakes import parrot
from .replica import Replica
from .windows import OpenWindow, gated, repeating


def test_a_check_follows_the_last_change_after_a_second(window: OpenWindow) -> None:
    shown = window()
    shown.act("send", text="a")
    shown.shows("re a")
    shown.until(lambda: "check" in shown.kinds())
    place = shown.kinds().index("check")
    assert shown.messages[place][0] == {"type": "check", "number": shown.view.number}
    assert place == len(shown.messages) - 1
    assert shown.times[place] - shown.times[place - 1] > 0.9


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
    assert shown.conversation._subscribers == ()
    shown.until(shown.service._publisher._serving.done)
    shown.look()
    count = len(shown.messages)
    gate.set()
    shown.until(lambda: len(shown.conversation) == 1)
    time.sleep(0.1)
    shown.look()
    assert len(shown.messages) == count
    assert shown.conversation.turns[0].answer == "so far and on"
