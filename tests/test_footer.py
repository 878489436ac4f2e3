"""The line beneath an answer: what it says of how an answer ended."""

from __future__ import annotations

from io import StringIO
from typing import Any

import msgspec
import pytest

from notebook_chat.answer import AnswerFold
from notebook_chat.conversation import Turn
from notebook_chat.events import Event, ReasoningDelta, TextDelta, TextIsReasoning, Usage
from notebook_chat.messages import Message
from notebook_chat.parts import Part, ReasoningPart, TextPart, ToolCallPart
from notebook_chat.renderers.display import DisplayRenderer
from notebook_chat.renderers.footer import ending, footer
from notebook_chat.renderers.terminal import TerminalRenderer


def turn(*parts: Part, finish_reason: str | None = "stop") -> Turn:
    exchange = (Message("assistant", parts),) if parts else ()
    return Turn(Message("user", "hi"), exchange, model="m", seconds=1.0, finish_reason=finish_reason)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (None, ""),
        ("stop", ""),
        ("STOP", ""),
        ("eos_token", ""),
        ("length", "cut off at the token limit"),
        ("content_filter", "cut off by the service's content filter"),
        ("error", "cut off: the service failed"),
        ("insufficient_system_resource", "cut off: the service ran out of resources"),
        ("MALFORMED_FUNCTION_CALL", "cut off: the model wrote a malformed tool call"),
        ("pause_turn", "cut off: the service paused too often"),
        ("OTHER", "ended by the service: other"),
        ("network_error", "ended by the service: network error"),
        ("x" * 5_000, f"ended by the service: {'x' * 100}…"),
    ],
)
def test_how_an_answer_ended(reason: str | None, words: str) -> None:
    assert ending(reason) == words
    assert footer(turn(TextPart("Hi"), finish_reason=reason)) == " · ".join(
        filter(None, ["m", "1.0 s", words])
    )


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((), "m · 1.0 s · the model gave no text"),
        ((TextPart(" \n"),), "m · 1.0 s · the model gave no text"),
        ((ReasoningPart("hm"),), "m · 1.0 s · the model gave no text"),
        ((ToolCallPart("1", "look", "{}"),), "m · 1.0 s · 1 tool call"),
        ((TextPart("Hi"),), "m · 1.0 s"),
    ],
)
def test_an_answer_without_text_says_so(parts: tuple[Part, ...], words: str) -> None:
    assert footer(turn(*parts)) == words


@pytest.mark.parametrize(
    ("usage", "cost", "words"),
    [
        (Usage(10, 20), 0.0012, "m · 10 + 20 tokens · $0.0012 · 1.0 s"),
        (Usage(10, 20), 0.00000001, "m · 10 + 20 tokens · < $0.0001 · 1.0 s"),
        (Usage(10, 20), None, "m · 10 + 20 tokens · 1.0 s"),
        (Usage(10, 20), 0.0, "m · 10 + 20 tokens · 1.0 s"),  # an embedded model's
        (
            Usage(10, 20, cost=0.0012),
            None,
            "m · 10 + 20 tokens · cost 0.0012 · 1.0 s",
        ),  # of an earlier version
        (Usage(10, 20, cost=0.0012), 0.0012, "m · 10 + 20 tokens · $0.0012 · 1.0 s"),
        (None, 1.5, "m · $1.50 · 1.0 s"),
        (None, float("nan"), "m · 1.0 s"),
    ],
)
def test_what_an_answer_cost(usage: Usage | None, cost: float | None, words: str) -> None:
    one = msgspec.structs.replace(turn(TextPart("Hi")), usage=usage, cost=cost)
    assert footer(one) == words
    if cost is None:
        again = msgspec.structs.replace(one, replayed=True)
        assert "cost" not in footer(again)  # nobody was asked


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_an_amount_is_no_formula(form: Any) -> None:
    sent: list[dict[str, Any]] = []

    def publish(data: dict[str, Any], metadata: Any, **options: Any) -> None:
        sent.append(data)

    fold = AnswerFold("m")
    fold.add([TextDelta("Hi")])
    shown = DisplayRenderer(form=form, show_footer=True, publish=publish)
    shown.show(fold.snapshot())
    shown.finish(msgspec.structs.replace(turn(TextPart("Hi")), cost=0.0012), None)
    rich = next(value for kind, value in sent[-1].items() if kind != "text/plain")
    assert "&#36;0.0012" in rich
    assert "$0" not in rich


# --- text that turns out to be reasoning ----------------------------------------------------------------

TURNING: list[list[Event]] = [
    [TextDelta("so it "), TextDelta("is four\n")],
    [TextIsReasoning(), TextDelta("4")],
    [TextDelta("!")],
]
KEPT = turn(ReasoningPart("so it is four"), TextPart("4!"))


def play(renderer: Any, batches: list[list[Event]]) -> None:
    fold = AnswerFold("m")
    for batch in batches:
        fold.add(batch)
        renderer.show(fold.snapshot())
    renderer.finish(KEPT, None)


def test_a_terminal_says_that_it_was_reasoning() -> None:
    out = StringIO()
    play(TerminalRenderer(out, show_footer=False), TURNING)
    assert out.getvalue() == "so it is four\n\n\n[that was reasoning; the answer follows]\n\n4!\n"


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_a_notebook_shows_it_as_reasoning(form: Any) -> None:
    sent: list[dict[str, Any]] = []

    def publish(data: dict[str, Any], metadata: Any, **options: Any) -> None:
        sent.append(data)

    play(DisplayRenderer(form=form, show_footer=False, publish=publish), TURNING)
    last = next(value for kind, value in sent[-1].items() if kind != "text/plain")
    reasoning, _, answer = last.partition("</details>")
    assert "so it is four" in reasoning
    assert "4" in answer
    assert "so it" not in answer
    assert sent[-1]["text/plain"] == "4!"


def test_reasoning_before_and_after_is_one() -> None:
    fold = AnswerFold()
    fold.add([ReasoningDelta("a"), TextDelta("b"), TextIsReasoning(), TextDelta("c")])
    assert fold.snapshot().parts == (ReasoningPart("ab"), TextPart("c"))
    fold = AnswerFold()
    fold.add([TextIsReasoning(), TextDelta("c")])
    assert fold.snapshot().parts == (TextPart("c"),)


def test_a_snapshot_of_before_is_not_continued() -> None:
    fold = AnswerFold()
    fold.add([TextDelta("hm ")])
    before = fold.snapshot()
    fold.add([TextIsReasoning(), TextDelta("c")])
    after = fold.snapshot()
    assert before.text == "hm "
    assert not after.continues(before)
    assert after.since(before) == (ReasoningPart("hm"), TextPart("c"))
    fold.add([TextDelta("d")])
    assert fold.snapshot().since(after) == (TextPart("d"),)
