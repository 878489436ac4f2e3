"""Kernels that are killed while others record: nothing that was finished is lost, torn or doubled."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from .killing import faults, kill_rounds

pytestmark = pytest.mark.process

ROUNDS = 6
"""``python -m tests.benchmarks.ledger_kills`` does 200."""


def test_two_record_at_once_and_one_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "home" / "ledger.sqlite3"
    finished, sent, killed = kill_rounds(path, ROUNDS, random.Random(7))
    assert killed == ROUNDS
    assert len(finished) >= 60 * ROUNDS
    assert faults(path, finished, sent) == []
    assert list(path.parent.glob("*.spool")) == []
