"""What a function prints and displays while it runs."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from ...mime_bundles import omission, output_of, plain
from ...parts import ImagePart, TextPart
from ...prompt.values.patience import beneath
from ..tool import ResultPart, Tell

_HEAD = 25_000
_TAIL = 25_000
_MOST_IMAGES = 8
_BETWEEN = 0.2  # seconds between two lines that the reader is told of
_WIDGET = "application/vnd.jupyter.widget-view+json"


class Printed:
    """What one call of a function has printed: the beginning and the end of it, and the figures that it has shown.

    The last line is told to the reader while the function runs, a few times in a second.

    Args:
        tell: Tells the reader.
    """

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._head: list[str] = []
        self._room = _HEAD
        self._tail: deque[str] = deque()
        self._tail_size = 0
        self._lost = 0
        self._images: list[ImagePart] = []
        self._told = 0.0
        self._lock = threading.Lock()

    def write(self, text: str) -> None:
        """Keeps what is printed.

        Args:
            text: It.
        """
        with self._lock:
            if self._room > 0:
                self._head.append(text[: self._room])
                text, self._room = text[self._room :], self._room - len(text)
            self._tail.append(text[-_TAIL:])
            self._lost += len(text) - len(self._tail[-1])
            self._tail_size += len(self._tail[-1])
            while self._tail_size - len(self._tail[0]) >= _TAIL:
                gone = len(self._tail.popleft())
                self._tail_size -= gone
                self._lost += gone
            now = time.monotonic()
            if now - self._told < _BETWEEN:
                return
            line = (
                plain("".join([*self._head[-2:], *list(self._tail)[-2:]])[-500:]).strip().rpartition("\n")[2]
            )
            self._told = now if line else self._told
        if line:
            self._tell(line, None)

    def show(self, bundle: Any) -> None:
        """Keeps what is displayed.

        Args:
            bundle: What the front end is given, by its MIME types.
        """
        output = None if _WIDGET in bundle else output_of("display", bundle)
        if output is None:
            return
        self._images += output.images[: _MOST_IMAGES - len(self._images)]
        if output.text:
            self.write(f"{output.text}\n")

    @property
    def parts(self) -> list[ResultPart]:
        """It, as parts of a result; none where nothing was printed or shown."""
        with self._lock:
            between = omission(self._lost) if self._lost else ""
            text = plain(f"{''.join(self._head)}{between}{''.join(self._tail)}").strip("\n")
            return [*([TextPart(text)] if text.strip() else []), *self._images]


_printed: ContextVar[Printed | None] = ContextVar("notebook_chat_printed", default=None)


@contextlib.contextmanager
def kept(tell: Tell) -> Iterator[Printed]:
    """Has what is printed within the block kept, also in threads and tasks that have its context. It does not reach
    the notebook, since it is part of the result, and a model may have a say in it.

    Args:
        tell: Tells the reader of the last line.
    """
    printed = Printed(tell)
    token = _printed.set(printed)
    undo = _listen()
    try:
        yield printed
    finally:
        undo()
        _printed.reset(token)


_streams: dict[int, list[Any]] = {}  # by the id of a stream: it, how many listen, what stands there
_lock = threading.Lock()


def _listen() -> Callable[[], None]:
    """Has what stands as ``sys.stdout`` give to whoever listens what is printed in their contexts.

    Returns:
        What undoes it.
    """
    stream = beneath(sys.stdout)
    with _lock:
        held = _streams.get(id(stream))
        if held is not None:
            held[1] += 1
        elif not _replace(stream):
            return lambda: None
    return lambda: _leave(stream)


def _replace(stream: Any) -> bool:
    try:
        own = vars(stream).get("write")
        # IPython replaces it, too, while a cell runs, and may have brought ours back after its end.
        listened = own if isinstance(own, _Listened) else _Listened(stream.write, own)
        stream.write = listened
    except (AttributeError, TypeError):  # there is none, or one that is not to be changed
        return False
    _streams[id(stream)] = [stream, 1, listened]
    return True


class _Listened:
    """What stands in the place of a stream's ``write``.

    Args:
        write: What writes to the stream.
        own: What stood there; ``None`` where that was the method of its class.
    """

    def __init__(self, write: Callable[..., Any], own: Any) -> None:
        self._write = write
        self.own = own

    def __call__(self, text: Any, *args: Any) -> Any:
        printed = _printed.get()
        if printed is None or not isinstance(text, str):
            return self._write(text, *args)
        printed.write(text)
        return len(text)


def _leave(stream: Any) -> None:
    with _lock:
        held = _streams[id(stream)]
        held[1] -= 1
        if held[1]:
            return
        del _streams[id(stream)]
        listened = held[2]
        if vars(stream).get("write") is not listened:
            return  # somebody has put something else there since
        if listened.own is None:
            del stream.write
        else:
            stream.write = listened.own


@contextlib.contextmanager
def shown() -> Iterator[None]:
    """Has what is displayed in this thread within the block kept with what is printed. It is shown as ever."""
    printed = _printed.get()
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    publisher: Any = getattr(shell, "display_pub", None)
    if printed is None or not hasattr(publisher, "register_hook"):
        yield
        return

    def keep(message: Any) -> Any:
        with contextlib.suppress(Exception):  # what is displayed must be shown whatever comes of this
            if _printed.get() is printed and message["header"]["msg_type"] == "display_data":
                printed.show(message["content"]["data"])
        return message

    publisher.register_hook(keep)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError, AttributeError):
            publisher.unregister_hook(keep)
