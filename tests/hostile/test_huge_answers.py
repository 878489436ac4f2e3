"""Huge answers: what is shown of them is bounded and says where the rest is; they are not written again and again."""

from __future__ import annotations

import _thread
import itertools
import time
from typing import Any

import pytest

from notebook_chat.answer import Answer, AnswerFold
from notebook_chat.conversation import Conversation, Turn, answered
from notebook_chat.database.sweep_pace import SweepPace
from notebook_chat.errors import ChatError
from notebook_chat.events import ReasoningDelta, TextDelta, TextIsReasoning, ToolCall
from notebook_chat.exports import turn_html, turn_markdown
from notebook_chat.markup import LONGEST, Document
from notebook_chat.messages import Message, TextPart
from notebook_chat.panel.live_answer import LiveAnswer
from notebook_chat.panel.view_state import ViewState
from notebook_chat.parts import ToolCallPart
from notebook_chat.renderers import DisplayRenderer, TerminalRenderer
from notebook_chat.renderers.base import uninterrupted
from notebook_chat.renderers.excerpt import LONGEST_REASONING, shown
from notebook_chat.renderers.value import mimebundle

HUGE = "word *b* <i>\n\n" * 60_000
LINE = f"Shown are the first {LONGEST:,} of {len(HUGE):,} characters"


def turn(**values: Any) -> Turn:
    given = {"model": "m", "finish_reason": "stop", **values}
    return Turn(Message("user", "hi"), answered(HUGE, "thought " * 100_000), **given)


class Published:
    """What a renderer has published."""

    def __init__(self) -> None:
        self.outputs: list[dict[str, Any]] = []

    def __call__(self, data: dict[str, Any], metadata: object, **_: object) -> None:
        self.outputs.append(data)


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_a_cell_shows_the_beginning(form: Any) -> None:
    published = Published()
    DisplayRenderer(form=form, live=False, publish=published).finish(turn(), None)
    [output] = published.outputs
    rich = output[f"text/{form}"]
    for text in (rich, output["text/plain"]):
        assert LINE.replace(",", "") in text.replace(",", "").replace("&#44;", "")
    assert len(rich) < 12 * LONGEST
    assert len(output["text/plain"]) < LONGEST + 1000
    assert rich.count("thought") <= LONGEST_REASONING / 8 + 1


def test_a_growing_one_stops_to_grow_on_the_screen() -> None:
    published = Published()
    renderer = DisplayRenderer(publish=published)
    fold = AnswerFold()
    for number in range(4):
        fold.add((TextDelta(HUGE[number * 150_000 : (number + 1) * 150_000]),))
        renderer._pace._due = 0.0
        renderer.show(fold.snapshot())
    assert len(renderer._body.source) == LONGEST
    renderer.finish(turn(), None)
    assert "Shown are the first" in published.outputs[-1]["text/html"]


def test_the_end_can_be_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(self: Document) -> str:
        _thread.interrupt_main()
        for _ in range(3000):
            time.sleep(0.01)
        raise AssertionError("nothing has interrupted it")

    monkeypatch.setattr(Document, "finish", slow)
    published = Published()
    with uninterrupted() as held, pytest.raises(KeyboardInterrupt):
        DisplayRenderer(live=False, publish=published).finish(turn(), None)
    assert not held
    [output] = published.outputs
    assert "word *b* &lt;i&gt;" in output["text/html"]
    assert "word *b* <i>" in output["text/plain"]


def test_one_that_was_stopped_is_not_rendered_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Document, "finish")
    published = Published()
    DisplayRenderer(live=False, publish=published).finish(turn(status="stopped"), None)
    assert "word *b* &lt;i&gt;" in published.outputs[0]["text/html"]


def test_that_it_was_cut_off_is_told_without_a_footer_too() -> None:
    published = Published()
    renderer = DisplayRenderer(live=False, show_footer=False, publish=published)
    renderer.finish(turn(finish_reason="max_characters"), None)
    assert "the setting max_characters takes more" in published.outputs[0]["text/html"]


def test_an_answer_as_a_value_shows_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notebook_chat.renderers.value._in_terminal", bool)
    bundle = mimebundle(Answer(HUGE))
    assert LINE in bundle["text/html"]
    assert LINE in bundle["text/plain"]
    assert len(bundle["text/plain"]) < LONGEST + 1000


def test_exports_have_all_of_it() -> None:
    assert turn_html(turn()).count("word ") == 60_000
    assert HUGE in turn_markdown(turn())


def test_a_turn_is_shown_in_part() -> None:
    cut = shown(turn())
    assert cut.answer == HUGE[:LONGEST]
    assert cut.reasoning
    small = Turn(Message("user", "hi"), answered("small"))
    assert shown(small) is small


class Coming:
    """An answer on its way."""

    model = "m"

    def __init__(self) -> None:
        self.fold = AnswerFold()

    @property
    def snapshot(self) -> Any:
        return self.fold.snapshot()

    def stop(self) -> None:
        pass


def test_a_panel_shows_the_beginning() -> None:
    state = ViewState(Conversation("c", turns=[turn()]))
    state.change({})
    [item] = state.state().content["items"]
    assert sum(map(len, item["blocks"])) < 12 * LONGEST
    assert LINE in item["blocks"][-1]
    assert LINE in item["text"]
    assert len(item["reasoning"]) < LONGEST_REASONING + 100
    coming, live = Coming(), LiveAnswer("id")
    thought = 0
    for number in range(4):
        piece = slice(number * 150_000, (number + 1) * 150_000)
        coming.fold.add((ReasoningDelta("t" * 30_000), TextDelta(HUGE[piece])))
        thought += len(live.advance(coming).get("think", ""))
    assert thought == LONGEST_REASONING
    blocks, kept, *_ = live.finish([TextPart(HUGE)])
    assert sum(map(len, blocks)) < 12 * LONGEST
    assert kept > 1000


def test_a_terminal_looks_at_the_new_text_alone(capsys: pytest.CaptureFixture[str]) -> None:
    renderer, fold = TerminalRenderer(), AnswerFold()
    looked: list[int] = []
    for _ in range(20):
        fold.add((TextDelta("some text "),))
        snapshot = fold.snapshot()
        renderer.show(snapshot)
        looked.append("text" in vars(snapshot))
    assert not any(looked)
    fold.add((TextIsReasoning(), TextDelta("answer")))
    renderer.show(fold.snapshot())
    assert "[that was reasoning; the answer follows]" in capsys.readouterr().out


def test_joined_pieces_are_the_same_text() -> None:
    fold, seen = AnswerFold(), ""
    earlier = None
    for number in range(20_000):
        fold.add((TextDelta(f"{number},"),))
        if number % 1000 in (1, 997):
            snapshot = fold.snapshot()
            seen += "".join(part.text for part in snapshot.since(earlier) if isinstance(part, TextPart))
            assert seen == snapshot.text
            earlier = snapshot
    assert fold.snapshot().text == "".join(f"{number}," for number in range(20_000))
    pieces = fold._telling.parts[0].pieces  # type: ignore[union-attr]
    assert len(pieces) < 5000


def test_arguments_are_joined_too() -> None:
    fold = AnswerFold()
    fold.add(ToolCall(n % 2, f"id{n % 2}", f"name{n % 2}", str(n % 10)) for n in range(30_000))
    first, second = fold.snapshot().tool_calls
    assert first == ToolCallPart("id0", "name0", "02468" * 3000)
    assert second == ToolCallPart("id1", "name1", "13579" * 3000)


def test_a_growing_answer_is_not_written_again_and_again() -> None:
    now = 0.0
    pace = SweepPace(lambda: now)
    size = written = 0
    for _ in range(40):  # a flood of half a megabyte a second
        now += 0.5
        size += 250_000
        written += size * pace.due("a", size)
    assert written < 4 * size
    for _ in range(120):  # and then a drip
        now += 0.5
        size += 1
        written += size * pace.due("a", size)
    assert written < 17 * size


def test_a_small_answer_is_written_with_each_sweep() -> None:
    now = itertools.count(step=0.5)
    pace = SweepPace(lambda: next(now))
    assert all(pace.due("a", 100 * sweep) for sweep in range(1000))


def test_names_are_cut() -> None:
    fold = AnswerFold()
    fold.add((ToolCall(0, "i" * 10**6, "n" * 10**6, "{}"),))
    [call] = fold.snapshot().tool_calls
    assert len(call.id) == len(call.name) == 1000


def test_errors_are_cut() -> None:
    from notebook_chat.attempts import PASSING_FAILURE, Attempts
    from notebook_chat.errors import ServerError

    again = Attempts().again(PASSING_FAILURE, ServerError("a" * 10**6))
    assert again is not None
    assert len(again.notice.text) < 600
    assert issubclass(ServerError, ChatError)
