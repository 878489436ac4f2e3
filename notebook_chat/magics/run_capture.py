"""What code gives that is run for a model: shown as a cell's would be, and kept for the model."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from .recorder import tee

if TYPE_CHECKING:
    from ..cell_record import CellOutput, OutputKind
    from ..session.recording import Shown

_MOST_HELD = 50  # outputs since the last clear_output
_SUBPROCESS_SECONDS = 0.03  # what a process of its own has printed takes its time to come here


class RunCapture:
    """Keeps what code gives while it runs in the shell's own thread, within bounds.

    What ``clear_output`` would clear is not this code's alone: the answer that it runs for stands there too. So it
    clears what is kept, and what follows it is shown at the end.

    Args:
        shell: IPython's shell.
        code: The code.
        execution: Which run of a cell its messages belong to; ``None`` where that is not told.
        hidden: Whether nothing of it is shown.
    """

    def __init__(self, shell: Any, code: str, execution: object, *, hidden: bool) -> None:
        from ..session.recording import Recording

        self._shell = shell
        self._code = code
        self._execution = execution
        self._hidden = hidden
        self._recording = Recording(code, None, execution, None)
        self._lock = threading.Lock()
        self._kind: OutputKind = "display"
        self._deaf = False
        self._displays: dict[str, list[Shown]] = {}
        self._held: deque[Callable[[], object]] | None = None
        self._undo: list[Callable[[], object]] = []

    @property
    def outputs(self) -> tuple[CellOutput, ...]:
        """What the code has given, in order."""
        with self._lock:
            return self._recording.outputs()

    def __enter__(self) -> Self:
        try:
            self._begin()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _begin(self) -> None:
        both: tuple[Any, ...] = (sys.stdout, sys.stderr)
        streams = [stream for stream in both if _has_hooks(stream)]
        for stream in streams:
            stream.flush()  # what came before is not of this code
            stream.pub_thread.schedule(partial(stream.register_hook, self._printed))
            self._undo.append(
                partial(stream.pub_thread.schedule, partial(stream.unregister_hook, self._printed))
            )
            self._undo.append(stream.flush)
        if streams:
            place = self._shell.display_pub
            place.register_hook(self._published)
            self._undo.append(partial(place.unregister_hook, self._published))
        else:
            self._undo += [tee(name, self) for name in ("stdout", "stderr")]
        trap = self._shell.display_trap
        self._undo.append(partial(setattr, trap, "hook", trap.hook))
        trap.hook = self._value
        self._undo.append(partial(setattr, sys, "displayhook", sys.displayhook))
        if trap.is_active if hasattr(trap, "is_active") else sys.displayhook is self._shell.displayhook:
            sys.displayhook = self._value
        own = vars(self._shell).get("_showtraceback")
        self._undo.append(partial(_restore, self._shell, "_showtraceback", own))
        self._shell._showtraceback = self._failed

    def _end(self) -> None:
        if hasattr(sys.stdout, "watch_fd_thread"):
            time.sleep(_SUBPROCESS_SECONDS)
        while self._undo:
            with suppress(Exception):
                self._undo.pop()()
        for show in self._held or ():
            with suppress(Exception):
                show()

    # --- what is told while it runs

    def write(self, execution: object, kind: Any, text: str) -> None:
        """Takes what is printed, from any thread."""
        if not self._deaf:
            with self._lock:
                self._recording.write(kind, text)

    def _printed(self, message: Any) -> Any:
        """Takes what is printed; ipykernel calls it with each message of a stream, in the thread that sends it."""
        try:
            if not self._is_own(message):
                return message
            name, text = message["content"]["name"], message["content"]["text"]
            self.write(None, "stderr" if name == "stderr" else "stdout", text)
        except Exception:
            return message
        return self._passed(message, partial(_print, text, name))

    def _published(self, message: Any) -> Any:
        """Takes what is displayed; ipykernel calls it with each message of that, in the thread that displays it."""
        try:
            if not self._is_own(message):
                return message
            kind, content = message["header"]["msg_type"], message["content"]
            if kind == "clear_output":
                with self._lock:
                    self._recording.clear(bool(content.get("wait")))
                self._held = deque(maxlen=_MOST_HELD)
                return None
            display = (content.get("transient") or {}).get("display_id") or ""
            self._show(kind, content["data"], display)
        except Exception:
            return message
        publish = self._shell.display_pub.publish
        more = {"transient": content.get("transient"), "update": kind == "update_display_data"}
        return self._passed(message, partial(publish, content["data"], content.get("metadata"), **more))

    def _show(self, kind: str, data: Mapping[str, Any], display: str) -> None:
        with self._lock:
            if kind == "update_display_data":
                for shown in self._displays.get(display, ()):
                    shown.show(data)
            elif kind == "display_data":
                shown = self._recording.show(self._kind, data)
                if display:
                    self._displays.setdefault(display, []).append(shown)

    def _passed(self, message: Any, again: Callable[[], object]) -> Any:
        """The message, where it is shown now; what is shown later is noted."""
        if self._hidden:
            return None
        if self._held is None:
            return message
        self._held.append(again)
        return None

    def _is_own(self, message: Any) -> bool:
        return self._execution is None or message["parent_header"].get("msg_id") == self._execution

    # --- what IPython does at the end of a line and at an error

    def _value(self, value: object) -> None:
        """Shows a value as a cell shows that of its last line, but leaves ``_`` and ``Out`` to the user's cells."""
        if value is None or self._is_quiet():
            return
        data, metadata = self._shell.display_formatter.format(value)
        if not data:
            return  # it has shown itself
        if not hasattr(self._shell, "kernel"):
            self._deaf = True
            print(data.get("text/plain", ""))  # noqa: T201
            self._deaf = False
            with self._lock:
                self._recording.show("result", data)
            return
        self._kind = "result"
        try:
            self._shell.display_pub.publish(data, metadata)
        finally:
            self._kind = "display"

    def _is_quiet(self) -> bool:
        """Whether the code ends with a semicolon."""
        try:
            return bool(self._shell.displayhook.semicolon_at_end_of_expression(self._code))
        except Exception:
            return False

    def _failed(self, kind: type[BaseException], error: BaseException, lines: Any) -> None:
        """Shows a traceback as a text: an output that is an error would be one of the cell that asks."""
        if issubclass(kind, KeyboardInterrupt) or self._hidden:
            return
        sys.stdout.flush()
        sys.stderr.flush()
        self._deaf = True  # the model is told in fewer words
        try:
            print(self._shell.InteractiveTB.stb2text(lines), file=sys.stderr)  # noqa: T201
            sys.stderr.flush()
        finally:
            self._deaf = False


def _has_hooks(stream: Any) -> bool:
    return getattr(stream, "pub_thread", None) is not None and hasattr(stream, "register_hook")


def _print(text: str, name: str) -> None:
    print(text, end="", file=sys.stderr if name == "stderr" else sys.stdout)


def _restore(owner: object, name: str, value: object) -> None:
    """Gives an object the attribute of its own that it had, or none where it had none."""
    if value is None:
        delattr(owner, name)
    else:
        setattr(owner, name, value)
