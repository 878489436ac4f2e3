"""A recorded notebook in JupyterLab: *Run All* asks nobody, and shows what it shows anywhere else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ..kernel.test_run_all import again, recorded
from ..run_all import CELLS, NO_SOCKETS, NOTES, RECORD, outputs_of
from .lab import Lab

__all__ = ["recorded"]  # a fixture

pytestmark = pytest.mark.model

OFFLINE = f"""\
{NO_SOCKETS}
import os
os.environ["NOTEBOOK_CHAT_REPLAY"] = "only"
os.environ["NOTEBOOK_CHAT_CACHE"] = os.path.abspath("nothing")
"""


def test_run_all_shows_what_papermill_shows(lab: Lab, recorded: Path, tmp_path: Path) -> None:
    root = lab.server.root
    shutil.copy(recorded / RECORD, root / RECORD)
    (root / "notes.txt").write_text(NOTES)
    notebook = lab.open([OFFLINE + CELLS[0], *CELLS[1:]])
    notebook.run_all(timeout=180)
    shown = outputs_of(notebook.save().cells)
    assert shown[2:] == again(shutil.copytree(recorded, tmp_path / "work"), "papermill")[2:]
    notebook.screenshot("run-all-for-nothing")
    # Once more, in a kernel that knows nothing of the first run.
    notebook.restart_kernel()
    notebook.run_all(timeout=180)
    assert outputs_of(notebook.save().cells)[2:] == shown[2:]
