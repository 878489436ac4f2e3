"""What the tests of the panel share."""

from __future__ import annotations

import pytest

from notebook_chat.markup import code


@pytest.fixture(autouse=True)
def code_may_take_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code that takes long is not coloured, so on a busy machine two documents of one text may differ."""
    monkeypatch.setattr(code, "_BASE_SECONDS", 60.0)
