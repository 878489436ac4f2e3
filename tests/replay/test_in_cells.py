"""Answers from before in a real IPython shell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from notebook_chat import load_ipython_extension, unload_ipython_extension

from ..test_magics import notebook, provider, run, shared_shell, shell
from ..test_side_by_side import named

__all__ = ["named", "provider", "shared_shell", "shell"]  # fixtures


@pytest.fixture(autouse=True)
def in_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A working folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def again(shell: Any) -> None:
    """What a restart of the kernel does to the extension."""
    unload_ipython_extension(shell)
    load_ipython_extension(shell)


def test_without_a_mode_each_run_asks(shell: Any, provider: Any, capsys: Any) -> None:
    for _ in range(2):
        run(shell, capsys, "%%chat -n\nhello")
    assert len(provider.requests) == 2


def test_a_recorded_answer_is_played_and_marked(
    shell: Any, provider: Any, capsys: Any, in_folder: Path
) -> None:
    run(shell, capsys, "%config ChatMagics.record = 'a.chat.jsonl'")
    out, _ = run(shell, capsys, "%%chat\nhello")
    assert "replayed" not in out
    again(shell)
    run(shell, capsys, "%config ChatMagics.record = 'a.chat.jsonl'\n%config ChatMagics.replay = 'only'")
    out, fine = run(shell, capsys, "%%chat\nhello")
    assert fine, out
    assert out.startswith("You said: hello\nparrot:grey · ")
    assert " · replayed" in out
    assert len(provider.requests) == 1
    [turn] = notebook(shell).named(None).turns
    assert turn.replayed
    assert len((in_folder / "a.chat.jsonl").read_bytes().splitlines()) == 1


def test_what_is_not_recorded_fails_with_the_difference(shell: Any, provider: Any, capsys: Any) -> None:
    run(shell, capsys, "%config ChatMagics.record = 'a.chat.jsonl'")
    run(shell, capsys, "%%chat\nhello to all of you")
    run(shell, capsys, "%%chat\nand on")
    again(shell)
    run(shell, capsys, "%config ChatMagics.record = 'a.chat.jsonl'\n%config ChatMagics.replay = 'only'")
    out, fine = run(shell, capsys, "%%chat\nhello to some of you")
    assert not fine
    assert "the prompt has “some” where “all” was" in out
    assert "Traceback" not in out
    out, fine = run(shell, capsys, "%%chat -m parrot:green\nhello to all of you")
    assert "the model is “green”, not “grey”" in out
    out, fine = run(shell, capsys, "%%chat -t 0.5\nhello to all of you")
    assert "temperature is 0.5, which was not given" in out
    out, fine = run(shell, capsys, "%%chat -s 'be short'\nhello to all of you")
    assert "it has a system prompt" in out
    assert len(provider.requests) == 2
    assert len(notebook(shell).named(None)) == 0
