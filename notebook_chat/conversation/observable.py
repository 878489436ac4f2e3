"""Something that tells whoever watches it that there is something new to see."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from .. import exits

log = logging.getLogger(__name__)


class Observable:
    """The base of what can be watched. It says no more than that something is new, so watchers look for
    themselves, and cannot get out of step with what they look at."""

    def __init__(self) -> None:
        self._subscribers: tuple[Callable[[], object], ...] = ()
        self._subscribing = threading.Lock()

    def subscribe(self, changed: Callable[[], object]) -> Callable[[], None]:
        """Has ``changed`` called whenever there is something new to see.

        Args:
            changed: It is called in any thread, often, and must neither block nor raise.

        Returns:
            What ends it.
        """
        with self._subscribing:
            self._subscribers = (*self._subscribers, changed)

        def end() -> None:
            with self._subscribing:
                self._subscribers = tuple(
                    subscriber for subscriber in self._subscribers if subscriber is not changed
                )

        return end

    watch = subscribe
    """The name of ``subscribe`` in version 0.1."""

    def notify(self) -> None:
        """Tells every subscriber. What one of them raises is logged, and nobody else's affair."""
        for changed in self._subscribers:
            try:
                changed()
            except BaseException as error:
                if not (isinstance(error, Exception) or exits.is_foreign(error)):
                    raise
                log.exception("a subscriber failed")
