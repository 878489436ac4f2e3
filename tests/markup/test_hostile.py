"""Hostile answers come out as text: whole, at each moment on their way, as HTML and as Markdown."""

from __future__ import annotations

import pytest

from notebook_chat.markup import Document, render_body, safe_markdown

from .hostile import BAITED, HOSTILE, Hostile
from .markdown import markdown_faults
from .vocabulary import faults, nesting, whole_text

every_answer = pytest.mark.parametrize("answer", [*HOSTILE, *BAITED], ids=lambda answer: answer.name)


def test_there_are_enough_of_them_and_none_is_there_twice() -> None:
    assert len(HOSTILE) >= 150
    assert (
        len({answer.name for answer in HOSTILE}) == len({answer.text for answer in HOSTILE}) == len(HOSTILE)
    )


@every_answer
def test_nothing_but_the_vocabulary_comes_out(answer: Hostile) -> None:
    html = render_body(answer.text)
    assert faults(html) == []
    assert nesting(html) <= 40


@every_answer
def test_nothing_but_the_vocabulary_comes_out_on_the_way(answer: Hostile) -> None:
    document = Document()
    shown = ""
    step = max(1, len(answer.text) // 60)
    for start in range(0, len(answer.text), step):
        document.feed(answer.text[start : start + step])
        html = document.html()
        if html != shown:
            shown = html
            assert faults(html) == []
    assert document.finish() == render_body(answer.text)


@every_answer
def test_the_markdown_is_no_less_safe(answer: Hostile) -> None:
    assert markdown_faults(safe_markdown(answer.text)) == []


@pytest.mark.parametrize("answer", HOSTILE, ids=lambda answer: answer.name)
def test_what_was_written_can_be_read(answer: Hostile) -> None:
    """The code that must not run is there as text, or in the address of a link that is only clicked on."""
    if "__canary(0)" in answer.text:
        assert "__canary(0)" in whole_text(render_body(answer.text)).replace("%5F", "_")
