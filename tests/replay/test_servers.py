"""Answers for which servers' tools were run, where the servers are not there any more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from notebook_chat import load_ipython_extension, unload_ipython_extension

from ..test_magics import run, shared_shell
from ..tools.mcp.test_in_cells import project, provider, said, shell, words

__all__ = ["provider", "said", "shared_shell", "shell"]  # fixtures

pytestmark = pytest.mark.process
SETTINGS = "%config ChatMagics.record = 'a.chat.jsonl'\n%config ChatMagics.replay = {!r}"


def test_whether_it_runs_makes_no_difference(shell: Any, provider: Any, capsys: Any, tmp_path: Path) -> None:
    run(shell, capsys, SETTINGS.format("off"))
    run(shell, capsys, f"%chat mcp add own {words(f'pids={tmp_path}/pids')}")
    cells = ["%%chat -T own\nsay a", "%%chat -T own\nand again", "%%chat -T own.echo\nand one of them"]
    for cell in cells:
        out, fine = run(shell, capsys, cell)
        assert fine, out
    asked = len(provider.sent)
    run(shell, capsys, "%chat mcp remove own")
    (tmp_path / "pids").unlink()
    unload_ipython_extension(shell)
    load_ipython_extension(shell)
    for mode in ("only", "auto"):
        run(shell, capsys, SETTINGS.format(mode) + "\n%chat reset")
        for cell in cells:
            out, fine = run(shell, capsys, cell)
            assert fine, out
            assert " · replayed" in out
    assert len(provider.sent) == asked
    assert not (tmp_path / "pids").exists()
    out, fine = run(shell, capsys, "%%chat -T own\nsomething new")
    assert not fine
    assert "there is no tool 'own'" in out


def test_one_that_is_not_allowed_is_asked_about_when_it_is_needed(
    shell: Any, provider: Any, capsys: Any, said: list[str]
) -> None:
    said.append("y")
    project()
    run(shell, capsys, SETTINGS.format("auto"))
    out, fine = run(shell, capsys, "%%chat -T own\nsay a")
    assert "would start" in out
    assert not fine or "replayed" not in out
