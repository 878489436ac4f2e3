"""When a history that could not be read is looked at again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..store import Store

_SECONDS = 30.0


class Waiting:
    """Waits for a history that could not be read, without holding anything up.

    Args:
        store: The history.
    """

    def __init__(self, store: Store) -> None:
        self._again = time.monotonic() + _SECONDS
        self._locked = not store.is_free()

    def is_over(self, store: Store) -> bool:
        """Whether to look again: nobody holds the database any more, or some time has passed.

        Args:
            store: The history.
        """
        free = store.is_free()
        freed, self._locked = free and self._locked, not free
        return free and (freed or time.monotonic() >= self._again)
