"""What the tests of the panel share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from notebook_chat import Chat
from notebook_chat.markup import code
from notebook_chat.panel import publisher as publisher_module

from .windows import OpenWindow, Window, repeating


@pytest.fixture(autouse=True)
def code_may_take_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code that takes long is not colored, so on a busy machine two documents of one text may differ."""
    monkeypatch.setattr(code, "_BASE_SECONDS", 60.0)


@pytest.fixture
def window() -> Iterator[OpenWindow]:
    """Opens windows: ``window(provider)``, or ``window(chat=…)``, with a view unless ``view=False``."""
    with ExitStack() as opened:

        def start(
            provider: Any = None, *, chat: Chat | None = None, system: str | None = None, view: bool = True
        ) -> Window:
            chat = chat or Chat(provider=provider or repeating())
            window = opened.enter_context(closing(Window(chat, system=system)))
            return window.open() if view else window

        yield start


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check follows a change soon."""
    monkeypatch.setattr(publisher_module, "_CHECK_SECONDS", 0.05)
