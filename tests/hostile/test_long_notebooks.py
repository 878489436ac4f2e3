"""Notebooks of very many cells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from notebook_chat.conversation import digests
from notebook_chat.magics.verification import verify

from ..replay.recorded_notebook import SavedCell, save


@pytest.fixture
def looks(monkeypatch: Any) -> list[int]:
    """How often messages are digested."""
    count = [0]
    real = digests.message_digests

    def counted(messages: Any) -> Any:
        count[0] += 1
        return real(messages)

    monkeypatch.setattr(digests, "message_digests", counted)
    return count


def test_what_a_cell_asks_is_found_without_all_that_was_said_before(tmp_path: Path, looks: list[int]) -> None:
    counts = []
    for size in (20, 80):
        looks[0] = 0
        cells = [SavedCell(f"%%chat -m openai:model\nhello {number}") for number in range(size)]
        report = verify(save(tmp_path / "a.ipynb", cells))
        assert len(report.cells) == size
        counts.append(looks[0])
    assert counts[1] < 6 * counts[0]
