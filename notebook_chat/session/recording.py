"""What a cell gives while it runs, kept within bounds."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..cell_record import CellOutput, OutputKind

_HEAD = 4_000  # characters of what is printed in one go: its beginning
_TAIL = 4_000  # and its end
_MOST_OUTPUTS = 30  # of a cell


class Printed:
    """What is printed in one go: its beginning, its end, and how much there was between them.

    Args:
        kind: ``stdout`` or ``stderr``.
    """

    def __init__(self, kind: OutputKind) -> None:
        self.kind: OutputKind = kind
        self._head: list[str] = []
        self._room = _HEAD
        self._tail: deque[str] = deque()
        self._size = 0
        self._lost = 0

    def write(self, text: str) -> None:
        """Adds what is printed; what is kept stays bounded, and so does what that costs."""
        if self._room:
            head, text = text[: self._room], text[self._room :]
            self._head.append(head)
            self._room -= len(head)
        if not text:
            return
        if len(text) > _TAIL:
            self._lost += self._size + len(text) - _TAIL
            self._tail.clear()
            text, self._size = text[-_TAIL:], 0
        self._tail.append(text)
        self._size += len(text)
        while self._size - len(self._tail[0]) >= _TAIL:
            gone = len(self._tail.popleft())
            self._size -= gone
            self._lost += gone

    def output(self) -> CellOutput | None:
        """It, as a value; ``None`` where nothing can be seen of it."""
        from ..cell_record import CellOutput
        from ..mime_bundles import omission, plain

        text = "".join(self._head)
        tail = "".join(self._tail)
        text = f"{plain(text)}{omission(self._lost)}{plain(tail)}" if self._lost else plain(text + tail)
        text = text.strip("\n")
        return CellOutput(self.kind, text) if text.strip() else None


class Shown:
    """What a cell displays, or the value of its last line.

    Args:
        kind: ``display`` or ``result``.
        data: It, by its MIME types.
    """

    def __init__(self, kind: OutputKind, data: Mapping[str, Any]) -> None:
        self.kind: OutputKind = kind
        self.data: Mapping[str, Any] = {}
        self.show(data)

    def show(self, data: Mapping[str, Any]) -> None:
        """Takes another state of it in the place of the one before."""
        from ..mime_bundles import kept

        self.data = kept(data)

    def drop_figures(self) -> None:
        """Forgets its images, which are the largest of it."""
        self.data = {mime: value for mime, value in self.data.items() if not mime.startswith("image/")}

    @property
    def has_figures(self) -> bool:
        """Whether it holds images."""
        return any(mime.startswith("image/") for mime in self.data)

    def output(self) -> CellOutput | None:
        """It, as a value; ``None`` where there is nothing in it."""
        from ..mime_bundles import output_of

        return output_of(self.kind, self.data)


class Recording:
    """One run of a cell.

    Args:
        source: What it runs.
        cell: What the front end calls it; ``None`` where it does not tell.
        execution: What tells this run from all others; ``None`` where the front end sends nothing.
        saved: What tells the state of the notebook's file when it ran.
    """

    def __init__(self, source: str, cell: str | None, execution: object, saved: object) -> None:
        self.source = source
        self.cell = cell
        self.execution = execution
        self.saved = saved
        self.number = 0
        self.error = ""
        self._outputs: list[Printed | Shown] = []
        self._dropped = 0
        self._clears = False

    def write(self, kind: OutputKind, text: str) -> None:
        """Takes what is printed."""
        self._clear_if_due()
        last = self._outputs[-1] if self._outputs else None
        if not isinstance(last, Printed) or last.kind != kind:
            last = Printed(kind)
            self._add(last)
        last.write(text)

    def show(self, kind: OutputKind, data: Mapping[str, Any]) -> Shown:
        """Takes what is displayed; gives it, to be changed by later updates."""
        self._clear_if_due()
        shown = Shown(kind, data)
        self._add(shown)
        return shown

    def clear(self, wait: bool) -> None:
        """Forgets what there is; with ``wait`` as soon as something comes in its place."""
        self._clears = wait
        if not wait:
            self._forget()

    def outputs(self) -> tuple[CellOutput, ...]:
        """What it gave, in order, the traceback that it ended with last."""
        from ..cell_record import CellOutput

        there: list[Printed | Shown | None] = list(self._outputs)
        if self._dropped:
            there.insert(_MOST_OUTPUTS // 2, None)
        outputs = []
        for one in there:
            dropped = CellOutput("display", f"[… {self._dropped:,} outputs left out …]")
            if (output := dropped if one is None else one.output()) is not None:
                outputs.append(output)
        if self.error:
            outputs.append(CellOutput("error", self.error))
        return tuple(outputs)

    def _clear_if_due(self) -> None:
        if self._clears:
            self._forget()

    def _forget(self) -> None:
        self._clears, self._dropped = False, 0
        self._outputs.clear()

    def _add(self, output: Printed | Shown) -> None:
        if len(self._outputs) >= _MOST_OUTPUTS:
            del self._outputs[_MOST_OUTPUTS // 2]  # the first ones and the last ones say most
            self._dropped += 1
        self._outputs.append(output)
