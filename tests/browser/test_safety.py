"""Hostile answers in a real browser: nothing runs, nothing is fetched, nothing navigates, nothing hangs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from notebook_chat import markup
from notebook_chat.answer import AnswerFold
from notebook_chat.conversation import Turn, answered
from notebook_chat.events import ReasoningDelta, TextDelta
from notebook_chat.messages import Message, SourcePart, ToolCallPart
from notebook_chat.renderers import DisplayRenderer

from ..markup.hostile import HOSTILE
from .canary import Canary
from .lab import FrontEnd, Lab, every_front_end

Form = Callable[[str], Sequence[dict[str, Any]]]
PREFIXES = 6
PREFIXES_AGAIN = 2
"""In the second front end, which has the first one's renderers."""


def states(text: str, form: Any, *, prefixes: int, reasoning: bool = False) -> list[dict[str, Any]]:
    """The bundles that a cell publishes while the text comes, and the last one."""
    published: list[dict[str, Any]] = []

    def publish(data: dict[str, Any], *_: Any, **__: Any) -> None:
        published.append(data)

    renderer = DisplayRenderer(form=form, publish=publish)
    fold = AnswerFold()
    step = max(1, len(text) // prefixes)
    for start in range(0, len(text), step):
        piece = text[start : start + step]
        renderer._pace = type(renderer._pace)(budget=1e12, shortest=0.0)  # show every piece
        fold.add([ReasoningDelta(piece) if reasoning else TextDelta(piece)])
        renderer.show(fold.snapshot())
    answer = "" if reasoning else text
    renderer.finish(Turn(Message("user", "hi"), answered(answer, text if reasoning else "")), None)
    return published


@every_front_end
@pytest.mark.parametrize("form", ["html", "markdown"])
def test_hostile_answers_do_no_harm_while_streaming_and_at_the_end(lab: Lab, form: str) -> None:
    prefixes = PREFIXES if lab.front_end is FrontEnd.JUPYTERLAB else PREFIXES_AGAIN
    displays = {n: states(Canary.arm(one.text, n), form, prefixes=prefixes) for n, one in enumerate(HOSTILE)}
    lab.show(displays, timeout=240)
    harm = {
        HOSTILE[tag].name if tag is not None else "?": hits for tag, hits in lab.canary.hits_by_tag().items()
    }
    print(f"\n{len(HOSTILE)} hostile answers as {form}: {len(harm)} did harm")
    assert harm == {}


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_hostile_reasoning_does_no_harm(lab: Lab, form: str) -> None:
    displays = {
        n: states(Canary.arm(one.text, n), form, prefixes=PREFIXES, reasoning=True)
        for n, one in enumerate(HOSTILE[::3])
    }
    lab.show(displays, timeout=240)
    assert lab.canary.hits == ()


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_hostile_tool_calls_and_sources_do_no_harm(lab: Lab, form: Any) -> None:
    displays: dict[int, list[dict[str, Any]]] = {}
    for n, one in enumerate(HOSTILE[1::3]):
        text = Canary.arm(one.text, n)
        parts = (ToolCallPart("1", text, text), SourcePart(text, text))
        displays[n] = []
        renderer = DisplayRenderer(form=form, publish=lambda data, *_, to=displays[n], **__: to.append(data))
        renderer.finish(Turn(Message("user", "hi"), (Message("assistant", parts),)), None)
        assert len(displays[n]) == 1
    lab.show(displays, timeout=240)
    assert lab.canary.hits == ()


def test_the_check_can_fail(lab: Lab) -> None:
    """The same answers, as every tool shows them that publishes the model's own Markdown."""
    some = HOSTILE[:40]
    lab.show({n: [{"text/markdown": Canary.arm(one.text, n)}] for n, one in enumerate(some)})
    assert len(lab.canary.hits_by_tag()) > 10


def test_a_footer_and_an_error_are_text(lab: Lab) -> None:
    """What a service or a model's name says is as hostile as an answer."""
    from notebook_chat.errors import ServerError

    evil = "<img src=x onerror=__canary(0)> $\\href{javascript:__canary(0)}{x}$"
    published: list[dict[str, Any]] = []
    renderer = DisplayRenderer(publish=lambda data, *_, **__: published.append(data))
    fold = AnswerFold()
    fold.add([TextDelta("so far")])
    renderer.show(fold.snapshot())
    turn = Turn(Message("user", "hi"), answered("so far"), status="failed", model=evil)
    renderer.finish(turn, ServerError(evil))
    assert "<img" not in markup.STYLE + published[-1]["text/html"]
    lab.show({0: published})
    assert lab.canary.hits == ()
