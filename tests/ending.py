"""The end of a run by SIGTERM: as by Ctrl-C, so that servers, kernels and browsers end before it does."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from types import FrameType
from typing import Any

import pytest

_PATIENCE = 60
"""Seconds in which a worker may end what it has started, before pytest-xdist kills it."""

_workers: set[int] = set()


def pytest_configure() -> None:
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _end)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodeready(node: Any) -> None:
    _workers.add(node.gateway._io.popen.pid)


def _end(number: int, frame: FrameType | None) -> None:
    """Interrupts this process and its workers, once: a second signal must not interrupt what tidies up."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if _workers:
        from xdist.workermanage import NodeManager

        NodeManager.EXIT_TIMEOUT = _PATIENCE
    for worker in _workers:
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGTERM)
    signal.default_int_handler(number, frame)
