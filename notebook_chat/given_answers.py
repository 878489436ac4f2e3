"""What whoever has asked in Python is given: answers made of turns."""

from __future__ import annotations

import contextlib
from typing import Any

from .answer import Answer
from .comparison import Column, Comparison
from .conversation import Alternative, Turn
from .expectation import Expectation


def answer_of(turn: Turn | Alternative, expected: Expectation | None = None) -> Answer:
    """What a turn has for whoever asked for it.

    Args:
        turn: The turn.
        expected: The data that the answer was to be; ``None`` for any text.
    """
    asked: dict[str, Any] = {}
    if expected is not None:
        asked = {"data": expected.data, "problem": expected.error or "", "columns": expected.columns}
    return Answer(
        turn.answer,
        model=turn.model,
        usage=turn.usage,
        finish_reason=turn.finish_reason,
        seconds=turn.seconds,
        cost=turn.cost,
        parts=turn.parts,
        **asked,
    )


async def compared(asked: Comparison) -> list[Answer]:
    """Waits for the answers of several models, and gives all of them.

    Args:
        asked: Who is asked, and what.
    """
    async with contextlib.aclosing(asked.batches()) as batches:
        async for _ in batches:
            pass
    return [answer_in(column) for column in asked.columns]


def answer_in(column: Column) -> Answer:
    """What one of several models has answered; of one that failed what had come, and why.

    Args:
        column: The model, at its end.
    """
    answer = Answer(model=column.model) if column.turn is None else answer_of(column.turn, column.expected)
    answer.error = column.error
    return answer
