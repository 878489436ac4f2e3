"""Settings that cannot be meant so: until they are put right nothing is asked, where that might cost something."""

from __future__ import annotations

from typing import Any

import pytest

from ..test_magics import provider, run, shared_shell, shell

__all__ = ["provider", "shared_shell", "shell"]  # fixtures


@pytest.mark.parametrize("before", ["", "auto"])
@pytest.mark.parametrize(
    "value", ["'onyl'", "True", "1", "['only']", "{'only': 1}", "'only auto'", "b'only'"]
)
def test_a_mode_that_is_none_asks_nobody(
    shell: Any, provider: Any, capsys: Any, before: str, value: str
) -> None:
    run(shell, capsys, f"%config ChatMagics.replay = {before!r}")
    run(shell, capsys, f"%config ChatMagics.replay = {value}")
    for cell in ("%%chat\nhello", "from notebook_chat import Chat\nChat().ask('hello')"):
        out, fine = run(shell, capsys, cell)
        assert not fine
        assert "is none of off, keep, auto, only, refresh" in out
    assert not provider.requests
    run(shell, capsys, "%config ChatMagics.replay = 'Off'")
    assert run(shell, capsys, "%%chat\nhello")[1]


@pytest.mark.parametrize("before", ["", "1M tokens / day"])
@pytest.mark.parametrize("value", ["5", "2.5", "True", "['2 USD']", "{'USD': 2}", "'2 UDS'", "'1e9'", "-1"])
def test_a_budget_that_is_none_lets_nothing_through(
    shell: Any, provider: Any, capsys: Any, before: str, value: str
) -> None:
    run(shell, capsys, f"%config ChatMagics.budget = {before!r}")
    run(shell, capsys, f"%config ChatMagics.budget = {value}")
    for cell in ("%%chat\nhello", "%%chat --over-budget\nhello", "%chat budget"):
        out, fine = run(shell, capsys, cell)
        assert not fine
        assert "budget" in out
        assert "2 USD / day" in out
    assert not provider.requests
    run(shell, capsys, "%config ChatMagics.budget = None")
    assert run(shell, capsys, "%%chat\nhello")[1]
