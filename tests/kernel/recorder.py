"""A thread that stamps a kernel's iopub messages the moment they arrive."""

from __future__ import annotations

import threading
import time

import zmq

_POLL_MS = 50


class IopubRecorder:
    """Receives everything on an iopub socket, with the time of arrival.

    The thread does nothing but receive, so that parsing and waiting in the test cannot delay a stamp.

    Args:
        socket: a connected SUB socket; the recorder owns it from now on and closes it.
    """

    def __init__(self, socket: zmq.Socket[bytes]) -> None:
        self._socket = socket
        self._arrived = threading.Condition()
        self._pending: list[tuple[float, list[bytes]]] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._receive, name="iopub-recorder", daemon=True)
        self._thread.start()

    def take(self, timeout: float = 0.0) -> list[tuple[float, list[bytes]]]:
        """Gives what arrived since the last call, waiting up to `timeout` seconds if that is nothing.

        Returns:
            Pairs of `time.monotonic()` at arrival and the message's frames, in order.
        """
        with self._arrived:
            if not self._pending:
                self._arrived.wait(timeout)
            taken, self._pending = self._pending, []
            return taken

    def close(self) -> None:
        """Ends the thread and closes the socket."""
        self._stopping.set()
        self._thread.join()

    def _receive(self) -> None:
        try:
            while not self._stopping.is_set():
                if not self._socket.poll(_POLL_MS):
                    continue
                frames = self._socket.recv_multipart()
                arrived_at = time.monotonic()
                with self._arrived:
                    self._pending.append((arrived_at, frames))
                    self._arrived.notify_all()
        finally:
            self._socket.close(linger=0)
