"""What `test_ending.py` ends: a test that waits forever for a notebook in a browser, beside a kernel of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ..kernel.conftest import kernel, start_kernel
from ..kernel.harness import Kernel
from .lab import Lab

__all__ = ["kernel", "start_kernel"]

UNDER_WAY = "NOTEBOOK_CHAT_TEST_UNDER_WAY"
"""The environment variable with the path of the file that is made once the test waits."""


def test_never_ends(kernel: Kernel, lab: Lab) -> None:
    assert kernel.process.alive
    notebook = lab.open(["import threading; print('asleep', flush=True); threading.Event().wait()"])
    notebook.run(0, wait=False)
    notebook.output(0).get_by_text("asleep").wait_for()
    Path(os.environ[UNDER_WAY]).touch()
    with pytest.raises(AssertionError):
        notebook.wait_idle(timeout=600)
