"""What of a large table is looked at."""

from __future__ import annotations

import random
from dataclasses import dataclass

LARGEST_SAMPLE = 10_000
"""How many rows of a large table are looked at."""

_LEAST_SAMPLE = 200
_CELLS = 40_000  # how many cells of a large table are looked at, about
_VISITS = 12_000_000  # how many numbers are looked at where all are: some 10 ms
_BLOCKS = 100


@dataclass(slots=True)
class Work:
    """How many values a description may still look at. It is a number and not a time, so that the same table is told
    in the same words each time.

    Attributes:
        left: How many are left.
    """

    left: float = _VISITS

    def affords(self, visits: float) -> bool:
        """Whether so many values may be looked at; they are then counted."""
        if visits > self.left:
            return False
        self.left -= visits
        return True


def sample_size(rows: int, columns: int = 1) -> int:
    """How many rows of a table are looked at where not all are."""
    return min(rows, LARGEST_SAMPLE, max(_LEAST_SAMPLE, _CELLS // max(1, columns)))


def positions(rows: int, size: int) -> list[int]:
    """Which rows are looked at, in order: the first, the last, and between them one of each stretch, at a place that
    follows no pattern but is the same each time. Rows at equal distances would hide what repeats."""
    if size >= rows:
        return list(range(rows))
    draw = random.Random(0).random
    step = rows / size
    chosen = [min(rows - 1, int((row + draw()) * step)) for row in range(size)]
    chosen[0], chosen[-1] = 0, rows - 1
    return chosen


def blocks(rows: int, size: int) -> list[tuple[int, int]]:
    """As ``positions``, for what is cheaper to look at in stretches: where each begins, and how many rows it has."""
    if size >= rows:
        return [(0, rows)]
    length = max(1, size // _BLOCKS)
    count = max(2, size // length)
    starts = positions(rows - length + 1, count)
    return [(start, length) for start in starts]
