"""What cells give, as it passes on its way to the front end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

from ..session import CellRecords
from .shell_history import ShellHistory

_RULE = "-" * 60  # which IPython writes above a traceback


class Written(Protocol):
    """Whatever takes what is printed."""

    def write(self, execution: object, kind: Any, text: str) -> None:
        """Takes what is printed, and by which run of a cell; ``None`` where that is not known."""


class Recorder:
    """Tells the session which cells run and what they give.

    In a kernel it looks at the messages that go to the front end: those of what is printed are made a few times in a
    second, so that a print costs what it did. In a terminal IPython keeps the outputs itself since version 9; before
    that, what is written is looked at while a cell runs.

    Args:
        shell: IPython's shell.
        records: The session's.
    """

    def __init__(self, shell: Any, records: CellRecords) -> None:
        self._shell = shell
        self._records = records
        self._history = ShellHistory(shell)
        self._undo: list[Callable[[], object]] = []
        self._hooked: list[Any] = []
        self._tees: list[Callable[[], object]] = []
        before, history = self._history.last, self._history  # not the shell: the session must not keep it
        records.begin_with(lambda: history.cells(before))
        self._hook()

    def begin(self, info: Any) -> None:
        """Notes that a cell begins, before it does."""
        with suppress(Exception):  # a cell must not fail for it
            self._hook()
            source = getattr(info, "raw_cell", None) or ""
            self._records.begin(source)
            if not self._tees and not self._hooked and not self._history.has_outputs:
                self._tees = [tee(name, self._records) for name in ("stdout", "stderr")]

    def end(self, result: Any) -> None:
        """Notes what became of a cell, after its end."""
        with suppress(Exception):
            info = getattr(result, "info", None)
            source = getattr(info, "raw_cell", None) or ""
            kept = getattr(info, "store_history", False)
            number = getattr(result, "execution_count", None) if kept else None
            ended = self._records.end(source, number, self._history.error_of(result))
            if ended is None:
                return
            self._end_tees()
            if self._hooked and not hasattr(self._shell.displayhook, "register_hook"):
                for one in self._history.results(ended.number):
                    self._records.show(ended.execution, "result", {"text/plain": one.text})

    def stop(self) -> None:
        """Leaves everything as it was before."""
        self._end_tees()
        while self._undo:
            with suppress(Exception):
                self._undo.pop()()
        self._hooked.clear()

    def _end_tees(self) -> None:
        while self._tees:
            with suppress(Exception):
                self._tees.pop()()

    def _hook(self) -> None:
        """Looks at what passes, where that can be done; also at what has been put in the place of another since."""
        streams: tuple[Any, ...] = (sys.stdout, sys.stderr)
        for stream in streams:
            thread = getattr(stream, "pub_thread", None)
            if thread is not None and hasattr(stream, "register_hook") and not self._has(stream):
                self._hooked.append(stream)
                thread.schedule(partial(stream.register_hook, self._printed))  # a thread has hooks of its own
                self._undo.append(partial(thread.schedule, partial(stream.unregister_hook, self._printed)))
        places = (self._shell.display_pub, self._shell.displayhook) if self._hooked else ()
        for place in places:
            if hasattr(place, "register_hook") and not self._has(place):
                self._hooked.append(place)
                place.register_hook(self._shown)
                self._undo.append(partial(place.unregister_hook, self._shown))
        self._records.look_elsewhere(
            self._history.outputs if not self._hooked and self._history.has_outputs else None
        )

    def _has(self, place: Any) -> bool:
        return any(one is place for one in self._hooked)

    def _printed(self, message: Any) -> Any:
        """Takes what is printed; ipykernel calls it with each message of a stream, in the thread that sends it."""
        with suppress(Exception):
            content = message["content"]
            kind = "stderr" if content["name"] == "stderr" else "stdout"
            self._records.write(message["parent_header"].get("msg_id"), kind, content["text"])  # type: ignore[arg-type]
        return message

    def _shown(self, message: Any) -> Any:
        """Takes what is displayed; ipykernel calls it with each message of that."""
        with suppress(Exception):
            self._take(
                message["header"]["msg_type"], message["parent_header"].get("msg_id"), message["content"]
            )
        return message

    def _take(self, kind: str, execution: object, content: Mapping[str, Any]) -> None:
        display = (content.get("transient") or {}).get("display_id") or ""
        if kind == "execute_result":
            self._records.show(execution, "result", content["data"])
        elif kind == "display_data":
            self._records.show(execution, "display", content["data"], display)
        elif kind == "update_display_data":
            self._records.update(display, content["data"])
        elif kind == "clear_output":
            self._records.clear(execution, bool(content.get("wait")))


def tee(name: str, records: Written) -> Callable[[], object]:
    """Has a stream tell what is written to it. What IPython itself writes of an error is left out.

    Args:
        name: ``stdout`` or ``stderr``.
        records: What is told.

    Returns:
        What undoes it.
    """
    stream = getattr(sys, name)
    write, own = stream.write, vars(stream).get("write") if hasattr(stream, "__dict__") else None

    def both(text: Any, *args: Any, **options: Any) -> Any:
        written = write(text, *args, **options)
        if not (_RULE in text[:200] and "Traceback (most recent call last)" in text):
            records.write(None, name, text)
        return written

    try:
        stream.write = both
    except AttributeError:
        return lambda: None

    def undo() -> None:
        if vars(stream).get("write") is not both:
            return  # somebody has put something else there since
        if own is None:
            del stream.write
        else:
            stream.write = own

    return undo
