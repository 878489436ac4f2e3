"""One run of a cell, and all that a kernel said about it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from nbformat import NotebookNode

from .outputs import Message, OutputAreas


class Pump(Protocol):
    """Where an execution gets its messages from: the kernel that runs it."""

    def pump(self, timeout: float) -> None:
        """Takes in what has arrived, waiting up to `timeout` seconds for something to arrive.

        Raises:
            KernelDiedError: the kernel's process is gone.
        """


class Execution:
    """One execute request. It is live: everything it tells is up to date each time it is asked.

    Like its kernel, it is used from one thread at a time.

    Attributes:
        message_id: the request's id, which is the parent id of all its messages.
        code: the cell's source.
        submitted_at: `time.monotonic()` just before it was sent, in seconds.
    """

    def __init__(
        self, message_id: str, code: str, submitted_at: float, areas: OutputAreas, pump: Pump
    ) -> None:
        self.message_id = message_id
        self.code = code
        self.submitted_at = submitted_at
        self._areas = areas
        self._pump = pump
        self._messages: list[Message] = []
        self._reply: Mapping[str, Any] | None = None

    def record(self, message: Message) -> None:
        """Takes in a message about this execution (the kernel's side of the harness calls it)."""
        self._messages.append(message)

    def finish(self, reply: Mapping[str, Any]) -> None:
        """Takes in the content of its `execute_reply` (the kernel's side of the harness calls it)."""
        self._reply = reply

    def wait(self, timeout: float = 30.0) -> Execution:
        """Waits until it has ended: its reply is here and the kernel says it is idle.

        Returns:
            Itself.

        Raises:
            TimeoutError: it did not end in `timeout` seconds; the message shows what came so far.
            KernelDiedError: the kernel's process is gone.
        """
        return self.wait_for(lambda execution: execution.done, timeout)

    def wait_for(self, condition: Callable[[Execution], bool], timeout: float = 30.0) -> Execution:
        """Waits until `condition(execution)` holds; asked after each arrival, never in a busy loop.

        For example `execution.wait_for(lambda e: "first words" in e.text)` before an interrupt: one that
        comes before the cell's code runs is lost, in ipykernel itself.

        Raises:
            TimeoutError, KernelDiedError: as `wait`.
        """
        deadline = time.monotonic() + timeout
        self._pump.pump(0.0)
        while not condition(self):
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise TimeoutError(f"not within {timeout} s; so far: {self!r} {self.outputs!r:.2000}")
            self._pump.pump(min(remaining, 0.05))
        return self

    @property
    def done(self) -> bool:
        """Whether the reply and the closing `idle` are here."""
        return self._reply is not None and self.finished_at is not None

    @property
    def status(self) -> str | None:
        """`ok`, `error` or `aborted` (an earlier queued cell failed); None while there is no reply."""
        return None if self._reply is None else str(self._reply["status"])

    @property
    def reply(self) -> Mapping[str, Any]:
        """The content of the `execute_reply`, with `execution_count`; empty while there is none."""
        return self._reply or {}

    @property
    def messages(self) -> tuple[Message, ...]:
        """Its iopub messages in the order of arrival, background output included."""
        self._pump.pump(0.0)
        return tuple(self._messages)

    @property
    def started_at(self) -> float | None:
        """`time.monotonic()` when the kernel's `busy` arrived, in seconds."""
        return self._state_arrived_at("busy")

    @property
    def finished_at(self) -> float | None:
        """`time.monotonic()` when the kernel's `idle` arrived, in seconds."""
        return self._state_arrived_at("idle")

    @property
    def iopub_bytes(self) -> int:
        """Bytes on the wire of all its iopub messages, `status` and `execute_input` included."""
        return sum(message.size for message in self.messages)

    @property
    def outputs(self) -> list[NotebookNode]:
        """What nbformat would save beneath the cell."""
        self._pump.pump(0.0)
        return self._areas.outputs(self.message_id)

    @property
    def displays(self) -> dict[str, NotebookNode]:
        """By display id, the last state (`.data`, `.metadata`) of each display this cell published."""
        self._pump.pump(0.0)
        return self._areas.displays(self.message_id)

    @property
    def streams(self) -> dict[str, str]:
        """All text printed, by stream name (`stdout`, `stderr`); `clear_output` does not shorten it."""
        streams: dict[str, str] = {}
        for message in self.messages:
            if message.type == "stream":
                name = str(message.content["name"])
                streams[name] = streams.get(name, "") + str(message.content["text"])
        return streams

    @property
    def errors(self) -> tuple[NotebookNode, ...]:
        """The tracebacks beneath the cell (`.ename`, `.evalue`, `.traceback`)."""
        return tuple(output for output in self.outputs if output.output_type == "error")

    @property
    def text(self) -> str:
        """Everything a reader without a rich display sees: streams and `text/plain`, in order."""
        pieces = []
        for output in self.outputs:
            if output.output_type == "error":
                pieces.append(f"{output.ename}: {output.evalue}")
            else:
                pieces.append(
                    output.text if output.output_type == "stream" else output.data.get("text/plain", "")
                )
        return "".join(pieces)

    def __repr__(self) -> str:
        return f"<Execution {self.status or 'running'} {self.code!r:.60} {len(self._messages)} messages>"

    def _state_arrived_at(self, state: str) -> float | None:
        for message in self._messages:
            if message.type == "status" and message.content["execution_state"] == state:
                return message.arrived_at
        return None
