"""Without the extra: one line says what to install, and nothing else needs it."""

from __future__ import annotations

import sys

import pytest

from notebook_chat.errors import MissingDependencyError
from notebook_chat.tools.mcp.sdk import sdk

from .programs import server, tools_of


def test_a_missing_extra_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    sdk.cache_clear()
    monkeypatch.setitem(sys.modules, "mcp", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "notebook_chat\[mcp\]"') as raised:
        tools_of(server())
    assert "\n" not in str(raised.value)
    monkeypatch.undo()
    sdk.cache_clear()
