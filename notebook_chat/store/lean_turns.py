"""A turn as a notebook's file holds it: its exchanges are lean ones.

Images and sound of an answer stand in outputs of their own beside its text; the history on this machine has them, too.
"""

from __future__ import annotations

import operator

from msgspec.structs import replace

from ..conversation import Turn
from ..lean_exchanges import lean_exchange


def lean(turn: Turn) -> Turn:
    """The turn as a notebook's file holds it; itself where that is all of it. What is left out of the media is named by
    its type and its size.

    Args:
        turn: A turn, as it was had or as a file has it.
    """
    exchange = lean_exchange(turn.exchange)
    others = tuple(
        other if (said := lean_exchange(other.exchange)) is other.exchange else replace(other, exchange=said)
        for other in turn.alternatives
    )
    if exchange is turn.exchange and all(map(operator.is_, others, turn.alternatives)):
        return turn
    return replace(turn, exchange=exchange, alternatives=others)
