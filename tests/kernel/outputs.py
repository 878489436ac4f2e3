"""What a front end makes of a kernel's messages: each cell's outputs, as they would be saved."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode, from_dict
from nbformat.v4 import output_from_msg

_OUTPUT_TYPES = frozenset({"stream", "display_data", "execute_result", "error"})


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a kernel's iopub channel.

    Attributes:
        type: its `msg_type`, such as `stream` or `update_display_data`.
        content: its content, as the messaging protocol says.
        metadata: the message's own metadata (not that of a display).
        parent_id: the id of the request it answers; "" if it answers none.
        size: bytes on the wire, over all frames of the multipart message.
        arrived_at: `time.monotonic()` at its arrival, in seconds. On Linux and macOS the clock is the
            same in every process, so a kernel's own `time.monotonic()` can be compared with it.
    """

    type: str
    content: Mapping[str, Any]
    metadata: Mapping[str, Any]
    parent_id: str
    size: int
    arrived_at: float


@dataclass(slots=True)
class _Area:
    """The output area beneath one cell."""

    outputs: list[NotebookNode] = field(default_factory=list)
    clear_before_next: bool = False

    def clear(self) -> None:
        self.outputs.clear()
        self.clear_before_next = False


class OutputAreas:
    """Replays messages the way JupyterLab and nbclient do.

    Neighboring texts of one stream are one output; `clear_output(wait=True)` clears at the next output; an
    `update_display_data` replaces data and metadata of every output with its display id, in whichever
    cell it is.
    """

    def __init__(self) -> None:
        self._areas: dict[str, _Area] = {}
        self._displays: dict[str, list[tuple[_Area, NotebookNode]]] = {}
        self._latest: dict[str, dict[str, NotebookNode]] = {}

    def apply(self, message: Message) -> None:
        """Takes in the next message, in the order of arrival; those that are no output change nothing."""
        if message.type in _OUTPUT_TYPES:
            self._append(message)
        elif message.type == "update_display_data":
            self._update(message)
        elif message.type == "clear_output":
            area = self._area(message.parent_id)
            if message.content.get("wait"):
                area.clear_before_next = True
            else:
                area.clear()

    def outputs(self, parent_id: str) -> list[NotebookNode]:
        """The outputs beneath the cell of a request, in nbformat's form; a copy."""
        return copy.deepcopy(self._area(parent_id).outputs)

    def displays(self, parent_id: str) -> dict[str, NotebookNode]:
        """By display id, the latest state of each display that a request published; a copy.

        A display that `clear_output` took away is still here, in its last state.
        """
        return copy.deepcopy(self._latest.get(parent_id, {}))

    def _area(self, parent_id: str) -> _Area:
        return self._areas.setdefault(parent_id, _Area())

    def _append(self, message: Message) -> None:
        area = self._area(message.parent_id)
        if area.clear_before_next:
            area.clear()
        output: NotebookNode = output_from_msg(  # type: ignore[no-untyped-call]
            {"header": {"msg_type": message.type}, "content": copy.deepcopy(message.content)}
        )
        last = area.outputs[-1] if area.outputs else None
        if output.output_type == "stream" and last is not None and last.get("name") == output.name:
            last.text += output.text
            return
        area.outputs.append(output)
        display_id = _display_id(message)
        if display_id is not None:
            self._displays.setdefault(display_id, []).append((area, output))
            self._latest.setdefault(message.parent_id, {})[display_id] = output

    def _update(self, message: Message) -> None:
        for _, output in self._displays.get(_display_id(message) or "", ()):
            output.data = _node(message.content["data"])
            output.metadata = _node(message.content["metadata"])


def _display_id(message: Message) -> str | None:
    display_id = message.content.get("transient", {}).get("display_id")
    return display_id if isinstance(display_id, str) else None


def _node(mapping: Mapping[str, Any]) -> NotebookNode:
    node: NotebookNode = from_dict(copy.deepcopy(mapping))  # type: ignore[no-untyped-call]
    return node
