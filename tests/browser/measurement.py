"""What a stretch of work cost a page: main-thread time, long tasks, layout shifts, scrolling, bytes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from playwright.sync_api import CDPSession, Error, Page, WebSocket


@dataclass(frozen=True, slots=True)
class LongTask:
    """A stretch of more than 50 ms in which the main thread did nothing else.

    Attributes:
        at: when it began, in seconds since 1970.
        seconds: how long it took.
    """

    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class LayoutShift:
    """Content on screen moved without the reader's doing.

    Attributes:
        at: when, in seconds since 1970.
        score: as the Layout Instability API defines it: moved area times distance, 0 to 1.
    """

    at: float
    score: float


@dataclass(frozen=True, slots=True)
class Sample:
    """Where the reader was at a frame; a frame like the one before has no sample.

    Attributes:
        at: seconds since 1970.
        scroll_top: how far the notebook is scrolled, in CSS pixels.
        anchor_top: where the top of the watched element is in the window, in CSS pixels; None without one.
    """

    at: float
    scroll_top: float
    anchor_top: float | None


@dataclass(frozen=True, slots=True)
class Measurement:
    """What happened in a page between `Meter.start` and `Meter.stop`.

    Attributes:
        task_seconds: all main-thread work.
        script_seconds, layout_seconds, style_seconds: the parts of it spent in JavaScript, layout, style.
        long_tasks, layout_shifts, samples: in order of time.
        received_bytes: what came over web sockets, that is from the kernel (payloads, uncompressed).
    """

    task_seconds: float
    script_seconds: float
    layout_seconds: float
    style_seconds: float
    long_tasks: tuple[LongTask, ...]
    layout_shifts: tuple[LayoutShift, ...]
    samples: tuple[Sample, ...]
    received_bytes: int

    @property
    def longest_task(self) -> float:
        """Seconds of the longest task; 0.0 if none took more than 50 ms."""
        return max((task.seconds for task in self.long_tasks), default=0.0)

    @property
    def largest_jump(self) -> float:
        """Pixels the watched element (without one, the scroll position) moved at most from frame to frame."""
        tops = [s.scroll_top if s.anchor_top is None else s.anchor_top for s in self.samples]
        return max((abs(after - before) for before, after in pairwise(tops)), default=0.0)


class Meter:
    """Measures one page, again and again.

    Args:
        page: a page with `instruments.js`, before the notebook's kernel is connected.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._protocol: CDPSession = page.context.new_cdp_session(page)
        self._protocol.send("Performance.enable")
        self._received = 0
        self._before: dict[str, float] = {}
        self._received_before = 0
        page.on("websocket", self._socket_opened)

    def start(self, anchor: str | None = None) -> None:
        """Begins; `anchor` is a CSS selector of the element whose place on screen is watched."""
        self._page.evaluate("anchor => window.__instruments.startMeasuring(anchor)", anchor)
        self._received_before = self._received
        self._before = self._counters()

    def stop(self) -> Measurement:
        """Ends, and gives what happened since `start`."""
        after = self._counters()
        seen: dict[str, list[list[Any]]] = self._page.evaluate("() => window.__instruments.stopMeasuring()")
        spent = {name: after[name] - self._before[name] for name in after}
        return Measurement(
            task_seconds=spent["TaskDuration"],
            script_seconds=spent["ScriptDuration"],
            layout_seconds=spent["LayoutDuration"],
            style_seconds=spent["RecalcStyleDuration"],
            long_tasks=tuple(LongTask(*entry) for entry in seen["longTasks"]),
            layout_shifts=tuple(LayoutShift(*entry) for entry in seen["shifts"]),
            samples=tuple(Sample(*entry) for entry in seen["samples"]),
            received_bytes=self._received - self._received_before,
        )

    def close(self) -> None:
        """Looks at the page no longer."""
        self._page.remove_listener("websocket", self._socket_opened)
        with suppress(Error):
            self._protocol.detach()

    def _counters(self) -> dict[str, float]:
        wanted = {"TaskDuration", "ScriptDuration", "LayoutDuration", "RecalcStyleDuration"}
        metrics = self._protocol.send("Performance.getMetrics")["metrics"]
        return {metric["name"]: float(metric["value"]) for metric in metrics if metric["name"] in wanted}

    def _socket_opened(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._frame_received)

    def _frame_received(self, payload: str | bytes) -> None:
        self._received += len(payload if isinstance(payload, bytes) else payload.encode())
