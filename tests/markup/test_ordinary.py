"""Ordinary answers look right, whole and on their way."""

from __future__ import annotations

import pytest

from notebook_chat.markup import render_body

from .ordinary import ORDINARY, Ordinary
from .vocabulary import faults, select, visible_text

every_answer = pytest.mark.parametrize("answer", ORDINARY, ids=lambda answer: answer.name)


def test_there_are_enough_of_them_and_none_is_there_twice() -> None:
    assert len(ORDINARY) >= 70
    assert (
        len({answer.name for answer in ORDINARY})
        == len({answer.text for answer in ORDINARY})
        == len(ORDINARY)
    )


@every_answer
def test_the_reader_sees_what_was_meant(answer: Ordinary) -> None:
    html = render_body(answer.text)
    text = visible_text(html)
    assert [piece for piece in answer.shows if piece not in text] == []
    assert [piece for piece in answer.hides if piece in text] == []
    assert {name: len(select(html, name)) for name in answer.elements} == dict(answer.elements)
    assert faults(html) == []
