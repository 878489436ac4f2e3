"""When a growing answer is written again: it is written as a whole each time, and must not cost its square."""

from __future__ import annotations

import time
from collections.abc import Callable

_CHARACTERS_PER_SECOND = 2_000_000
_SMALL = 200_000  # characters: what is shorter is written with each sweep
_GROWTH = 32  # a longer one is written again when it has grown by one part in so many
_LONGEST_SECONDS = 5.0  # or after so long: others take a turn for dead that is not touched for twenty seconds


class SweepPace:
    """Says which of the answers on their way are to be written now.

    Args:
        clock: Tells the time, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._written: dict[str, tuple[float, int]] = {}

    def due(self, id: str, size: int) -> bool:
        """Whether an answer is to be written now; if so, it counts as written.

        Args:
            id: The turn's id.
            size: How many characters there are of the answer.
        """
        now = self._clock()
        before, written = self._written.get(id, (float("-inf"), 0))
        seconds = now - before
        due = seconds >= size / _CHARACTERS_PER_SECOND and (
            size < _SMALL or (size - written) * _GROWTH >= size or seconds >= _LONGEST_SECONDS
        )
        if due:
            self._written[id] = now, size
        return due

    def forget(self, id: str) -> None:
        """An answer has ended."""
        self._written.pop(id, None)
