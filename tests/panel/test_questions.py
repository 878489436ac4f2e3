"""A panel asks whether a tool may run, and takes the answer that comes first."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import Chat
from notebook_chat.conversation import Conversation
from notebook_chat.messages import ToolResultPart
from notebook_chat.panel.questions import MOST, QuestionBoard, json_text
from notebook_chat.tools import Reply

from ..tools.permits import AskingEach
from ..tools.scripted import Made, scripted
from ..tools.test_rounds import ADD, called, said
from .windows import OpenWindow, Window

CALL = ("c1", "add", '{"a": 2, "b": 3}')


def adder() -> Made:
    return Made("add", lambda values: values["a"] + values["b"], parameters=ADD, given=False)


def asking(*calls: tuple[str, str, str], permit: AskingEach | None = None, **options: Any) -> Chat:
    provider = scripted(called(*(calls or (CALL,)), text="Let me see."), said("Well."))
    return Chat(provider=provider, tools=[adder()], permit=permit or AskingEach(), **options)


def question(window: Window) -> dict[str, Any] | None:
    found: dict[str, Any] | None = window.view.head.get("question")
    return found


def asked(window: Window) -> dict[str, Any]:
    """Waits for a question."""
    window.until(lambda: question(window) is not None)
    found = question(window)
    assert found is not None
    return found


def ended(window: Window) -> list[ToolResultPart]:
    """Waits for the end of the answer, and gives the results."""
    window.until(lambda: not window.busy and len(window.conversation) and question(window) is None)
    return [part for part in window.conversation.turns[-1].parts if isinstance(part, ToolResultPart)]


def text_of(result: ToolResultPart) -> str:
    return "".join(getattr(part, "text", "") for part in result.parts)


@pytest.mark.parametrize("scope", ["once", "conversation", "notebook", "always"])
def test_a_yes_lets_it_run(window: OpenWindow, scope: str) -> None:
    permit = AskingEach(why="its description has changed", proposal="2 + 3")
    shown = window(chat=asking(permit=permit))
    shown.act("send", text="2 + 3?")
    found = asked(shown)
    assert found == {
        "id": found["id"],
        "tool": "add",
        "origin": "a function",
        "model": "scripted:s",
        "why": "its description has changed",
        "arguments": '{\n  "a": 2,\n  "b": 3\n}',
        "proposal": "2 + 3",
        "scopes": ["once", "conversation", "notebook", "always"],
        "whole": True,
    }
    shown.until(lambda: shown.view.last.note == "waiting for your yes: add")
    assert "add(a=2, b=3)" in shown.view.last.blocks.html
    shown.act("decide", question=found["id"], yes=True, scope=scope)
    [result] = ended(shown)
    assert (text_of(result), result.is_error) == ("5", False)
    assert permit.replies == [Reply(True, scope)]  # type: ignore[arg-type]
    assert shown.notices == []


def test_a_no_is_told_to_the_model(window: OpenWindow) -> None:
    shown = window(chat=asking())
    shown.act("send", text="2 + 3?")
    shown.act("decide", question=asked(shown)["id"], yes=False, words="not\nnow")
    [result] = ended(shown)
    assert (text_of(result), result.is_error) == ("not run: not now", True)
    assert "· not run" in "".join(shown.view.last.blocks.finished)


def test_other_arguments_are_run_where_the_reader_has_changed_them(window: OpenWindow) -> None:
    shown = window(chat=asking())
    shown.act("send", text="2 + 3?")
    id = asked(shown)["id"]
    for broken in ("", "[1]", "{", '{"a": 1}}'):
        shown.act("decide", question=id, yes=True, arguments=broken or "null")
        assert shown.told("arguments")["error"]
        assert question(shown) is not None
    shown.act("decide", question=id, yes=True, arguments='{"a": 40, "b": 2}')
    [result] = ended(shown)
    assert text_of(result).endswith("42")


def test_arguments_that_were_only_looked_at_are_those_of_the_call(window: OpenWindow) -> None:
    permit = AskingEach()
    shown = window(chat=asking(permit=permit))
    shown.act("send", text="2 + 3?")
    found = asked(shown)
    shown.act("decide", question=found["id"], yes=True, arguments=found["arguments"])
    ended(shown)
    assert permit.replies == [Reply(True)]


def test_the_first_answer_counts_and_all_windows_ask_the_same(window: OpenWindow) -> None:
    chat = asking()
    first = window(chat=chat)
    second = window(chat=asking(conversation=chat.conversation))
    first.act("send", text="2 + 3?")
    id = asked(first)["id"]
    assert asked(second)["id"] == id
    first.tell("ready", view="another")  # a further view of the first
    second.act("decide", question=id, yes=False)
    [result] = ended(first)
    assert text_of(result) == "not run: the user said no"
    first.act("decide", question=id, yes=True)
    first.told("answered already")
    second.until(lambda: question(second) is None)


def test_stop_ends_the_question(window: OpenWindow) -> None:
    shown = window(chat=asking())
    shown.act("send", text="2 + 3?")
    asked(shown)
    shown.act("stop")
    [result] = ended(shown)
    assert text_of(result) == "stopped by the user"
    assert "· stopped" in "".join(shown.view.last.blocks.finished)
    assert "stopped" in shown.view.last.foot


def test_calls_are_asked_about_one_after_the_other(window: OpenWindow) -> None:
    shown = window(chat=asking(CALL, ("c2", "add", '{"a": 1, "b": 1}')))
    shown.act("send", text="2 + 3?")
    first = asked(shown)
    shown.act("decide", question=first["id"], yes=True)
    shown.until(lambda: (question(shown) or first)["id"] != first["id"])
    shown.act("decide", question=asked(shown)["id"], yes=False)
    assert [text_of(result) for result in ended(shown)] == ["5", "not run: the user said no"]


def test_with_the_last_panel_nobody_can_be_asked(window: OpenWindow) -> None:
    chat = asking()
    with closing(Window(chat)) as shown:
        shown.open()
        shown.act("send", text="2 + 3?")
        asked(shown)
        shown.service.close()
        other = window(chat=asking(conversation=chat.conversation), view=True)
        [result] = ended(other)
    assert text_of(result) == "not run: nobody can be asked here"


def test_a_question_waits_while_another_conversation_is_shown(
    window: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversations = {"one": asking().conversation, "two": Conversation("two")}
    monkeypatch.setattr("notebook_chat.panel.service.find_conversation", conversations.__getitem__)
    shown = window(chat=asking(conversation=conversations["one"]))
    shown.act("send", text="2 + 3?")
    id = asked(shown)["id"]
    shown.act("conversation", name="two")
    shown.until(lambda: question(shown) is None)
    shown.act("decide", question=id, yes=True)  # which nobody sees any more
    shown.told("not asked any more")
    shown.act("conversation", name="one")
    shown.act("decide", question=asked(shown)["id"], yes=True)
    assert [text_of(result) for result in ended(shown)] == ["5"]


def test_what_a_cell_waits_for_is_told_without_buttons(window: OpenWindow) -> None:
    chat = asking(permit=AskingEach(QuestionBoard(Conversation())))  # of somewhere else
    board = QuestionBoard(Conversation())
    board.join(board)
    permit = AskingEach(board)
    shown = window(chat=chat)
    cell = asking(permit=permit, conversation=chat.conversation)
    pieces = cell.stream("2 + 3?")
    assert next(pieces) == "Let me see."
    shown.until(lambda: shown.view.order and shown.view.last.note == "waiting for your yes: add")
    assert question(shown) is None
    pieces.close()


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"question": 1, "yes": True},
        {"question": "q", "yes": "yes"},
        {"question": "q", "yes": True, "scope": "for ever"},
        {"question": "q", "yes": True, "arguments": {"a": 1}},
        {"question": "q", "yes": True, "words": None},
    ],
)
def test_what_is_no_answer_is_refused(window: OpenWindow, fields: dict[str, Any]) -> None:
    shown = window(chat=asking())
    shown.act("send", text="2 + 3?")
    asked(shown)
    shown.act("decide", **fields)
    shown.told("no request")
    assert question(shown) is not None


def test_a_yes_holds_for_no_longer_than_was_offered(window: OpenWindow) -> None:
    shown = window(chat=asking(permit=AskingEach(scopes=("once",))))
    shown.act("send", text="2 + 3?")
    found = asked(shown)
    assert found["scopes"] == ["once"]
    shown.act("decide", question=found["id"], yes=True, scope="always")
    shown.told("cannot be allowed for so long")
    assert question(shown) is not None


def test_a_call_that_cannot_be_shown_whole_is_allowed_once_and_not_changed(window: OpenWindow) -> None:
    provider = scripted(called(("c1", "say", json.dumps({"text": "x" * 2 * MOST}))), said("Well."))
    tool = Made("say", lambda values: len(values["text"]), given=False)
    shown = window(chat=Chat(provider=provider, tools=[tool], permit=AskingEach()))
    shown.act("send", text="go")
    found = asked(shown)
    assert (found["scopes"], found["whole"]) == (["once"], False)
    assert len(found["arguments"]) < MOST + 100
    shown.act("decide", question=found["id"], yes=True, arguments='{"text": ""}')
    assert [text_of(result) for result in ended(shown)] == [str(2 * MOST)]


HOSTILE = "\u202egnp\u2066\x1b[2J\u200b\x00</pre><script>alert(1)</script> $x$"


def test_nothing_is_invisible_in_a_question(window: OpenWindow) -> None:
    provider = scripted(called(("c1", "say", json.dumps({HOSTILE: [HOSTILE]}))), said("Well."))
    tool = Made("say", lambda values: "ok", given=False)
    permit = AskingEach(why=HOSTILE, proposal=HOSTILE)
    shown = window(chat=Chat(provider=provider, tools=[tool], permit=permit))
    shown.act("send", text="go")
    found = asked(shown)
    for name in ("why", "arguments", "proposal"):
        assert not set("\u202e\u2066\x1b\x00") & set(found[name]), name
        assert "<script>" in found[name]  # it is text, which the view shows as such
    assert "\u200b" not in found["why"] + found["arguments"] + found["proposal"]
    assert "\\u202e" in found["arguments"]
    shown.act("decide", question=found["id"], yes=False)
    ended(shown)


@given(
    st.dictionaries(
        st.text(),
        st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner)),
    )
)
def test_what_is_shown_of_arguments_is_json_of_them(arguments: dict[str, Any]) -> None:
    text = json_text(arguments)
    assert json.loads(text) == arguments
    assert all(line.isprintable() for line in text.split("\n"))


def test_the_panels_tools_are_asked_for_anew_with_each_question(window: OpenWindow) -> None:
    provider = scripted(said("One."), called(CALL), said("Five."), called(CALL), said("Six."))
    given: list[Any] = []
    shown = window(chat=Chat(provider=provider, permit=AskingEach()))
    shown.service.use_tools(lambda: given)
    shown.act("send", text="a")
    shown.shows("One.")
    assert "tools" not in provider.told[0]
    given.append(adder())
    shown.act("send", text="b")
    shown.act("decide", question=asked(shown)["id"], yes=True)
    shown.shows("One.", "Five.")
    shown.act("regenerate", turn=shown.view.order[1])
    shown.act("decide", question=asked(shown)["id"], yes=False)
    shown.shows("One.", "Six.")


def test_tools_that_cannot_be_had_are_told(window: OpenWindow) -> None:
    shown = window(chat=Chat(provider=scripted(said("One."))))
    shown.service.use_tools(lambda: ["nowhere"])
    act = shown.act("send", text="a")
    shown.told_of(act)
    assert "belong to a notebook" in shown.notice["text"]  # type: ignore[index]
