"""Costs, as ratios of CPU times in one process: with wide margins, for machines are noisy.

``python -m tests.benchmarks.markup_cost`` has the figures and the limits they are held to.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from notebook_chat.markup import render_body, safe_markdown

from ..benchmarks.markup_cost import alone, ordinary, seconds, streamed
from .baits import BAITS

SIZE = 8000


@pytest.fixture(autouse=True)
def untraced() -> Iterator[None]:
    """Keeps what looks at each line, such as coverage, out of what is timed: it slows our code, not the compiled."""
    tracer = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(tracer)


@pytest.fixture(scope="module")
def answer() -> str:
    text = ordinary(SIZE)
    alone(text)  # everything is imported and compiled
    return text


def test_an_answer_in_pieces_costs_a_few_times_one_at_once(answer: str) -> None:
    assert seconds(lambda: streamed(answer), 5) < 8 * seconds(lambda: alone(answer), 5)


def test_costs_grow_with_the_length(answer: str) -> None:
    longer = ordinary(4 * SIZE)
    assert seconds(lambda: streamed(longer), 3) < 2.5 * 4 * seconds(lambda: streamed(answer), 5)


@pytest.mark.parametrize(("name", "bait"), BAITS, ids=[name for name, _ in BAITS])
def test_no_bait_is_taken(answer: str, name: str, bait: str) -> None:
    text = (bait * SIZE)[:SIZE]
    usual = seconds(lambda: alone(answer), 3)
    for work in (render_body, streamed, safe_markdown):
        assert seconds(lambda work=work: work(text), 2) < 40 * usual


def test_the_html_is_not_much_longer_than_the_answer(answer: str) -> None:
    assert len(render_body(answer)) < 3 * len(answer)
