"""What the tests of the session share."""

from __future__ import annotations

from pathlib import Path

import pytest

from .notebook import Notebook


@pytest.fixture
def notebook(tmp_path: Path) -> Notebook:
    """A notebook that a kernel was started for."""
    return Notebook(tmp_path / "mine.ipynb")
