"""Deleted is deleted in a real notebook: what the front end saves next has nothing of it but what the user wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..kernel.conftest import StartKernel, start_kernel
from ..kernel.test_conversations import Session, session
from .test_deleted import WORDS, everywhere

__all__ = ["StartKernel", "session", "start_kernel"]  # fixtures

pytestmark = pytest.mark.kernel


def test_the_outputs_of_a_deleted_conversation_are_cleared(session: Session, tmp_path: Path) -> None:
    session.chat("a", WORDS[0], f"-s '{WORDS[2]}'")
    session.save()
    session.open()
    asked = session.kernel.run(f"%%chat\n{WORDS[0]}", cell_id="b")
    other = session.kernel.run("%%chat -c other\nsomething else", cell_id="c")
    told = session.run("d", "%chat delete default --yes")
    assert "'default' is deleted. Its answers are out of the outputs: save the notebook." in told
    assert "The outputs of cell 1 are of an earlier kernel: clear them, and save the notebook." in told
    assert "stands in its cells until you delete them" in told
    [answer] = [output for output in asked.outputs if output["output_type"] == "display_data"]
    assert (answer["data"]["text/plain"], answer["metadata"]) == ("This answer was deleted.", {})
    assert not any(word in str(asked.outputs) for word in WORDS)
    assert "something else" in str(other.outputs)
    assert everywhere(tmp_path / "history") == []
    session.open()
    assert session.chat("e", "and now?") == ["and now?"]
