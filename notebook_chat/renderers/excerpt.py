"""What is shown of a huge answer: its beginning, and a line that says where all of it is.

A front end cannot lay out millions of characters, and a notebook that holds them cannot be opened any more. The whole
answer is in the conversation, in what ``-o`` and Python give, and in exports.
"""

from __future__ import annotations

import operator
from html import escape
from typing import TypeVar

import msgspec

from ..conversation import Alternative, Turn
from ..markup import LONGEST
from ..messages import Message, Part, TextPart
from .quiet import QUIET

LONGEST_REASONING = 50_000
"""How much of the reasoning is shown, in characters."""


def excerpt(text: str) -> str:
    """What is shown of an answer's text: all of it, unless it is huge."""
    return text if len(text) <= LONGEST else text[:LONGEST]


def shown(turn: Turn) -> Turn:
    """A turn with what is shown of its answers, for where it is neither kept nor sent."""
    others = tuple(map(_shortened, turn.alternatives))
    own = _shortened(turn)
    if all(map(operator.is_, others, turn.alternatives)):
        return own
    return msgspec.structs.replace(own, alternatives=others)


_Answer = TypeVar("_Answer", Turn, Alternative)


def _shortened(answer: _Answer) -> _Answer:
    if len(answer.answer) <= LONGEST:
        return answer
    others: list[Part] = [part for part in answer.parts if not isinstance(part, TextPart)]
    parts = (TextPart(excerpt(answer.answer)), *others)
    return msgspec.structs.replace(answer, exchange=(Message("assistant", parts),))


def thoughts(reasoning: str) -> str:
    """What is shown of the reasoning: all of it, unless it is huge."""
    left_out = len(reasoning) - LONGEST_REASONING
    if left_out <= 0:
        return reasoning
    return f"{reasoning[:LONGEST_REASONING]} … ({left_out:,} more characters)"


def left_out(text: str) -> str:
    """The line beneath an excerpt; ``""`` where the whole answer is shown.

    Args:
        text: The whole text of the answer.
    """
    if len(text) <= LONGEST:
        return ""
    return (
        f"Shown are the first {LONGEST:,} of {len(text):,} characters. All of them are kept: %chat export FILE.md"
        " writes them down, and -o NAME has a cell put them into a variable."
    )


def left_out_html(text: str) -> str:
    """As ``left_out``, as HTML."""
    line = left_out(text)
    return f'<div style="{QUIET}">{escape(line)}</div>' if line else ""
