"""Something that tells whoever watches it that there is something new to see."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Watched:
    """The base of what can be watched. It says no more than that something is new, so watchers look for
    themselves, and cannot get out of step with what they look at."""

    def __init__(self) -> None:
        self._watchers: tuple[Callable[[], object], ...] = ()
        self._watching = threading.Lock()

    def watch(self, changed: Callable[[], object]) -> Callable[[], None]:
        """Has ``changed`` called whenever there is something new to see.

        Parameters:
            changed: It is called in any thread, often, and must neither block nor raise.

        Returns:
            What ends it.
        """
        with self._watching:
            self._watchers = (*self._watchers, changed)

        def end() -> None:
            with self._watching:
                self._watchers = tuple(watcher for watcher in self._watchers if watcher is not changed)

        return end

    def heard(self) -> None:
        """Tells the watchers."""
        for changed in self._watchers:
            changed()
