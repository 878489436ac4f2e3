"""Where nobody may be asked, nothing at all goes to the network, whatever goes along with a prompt."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest

from notebook_chat import Chat
from notebook_chat.errors import NotRecordedError

from ..fakes import parrot
from ..test_magics import provider, run, shared_shell, shell

__all__ = ["provider", "shared_shell", "shell"]  # fixtures

ADDRESS = "http://ann:secret1@files.example/a.txt?key=secret2"


@pytest.fixture(autouse=True)
def reached(monkeypatch: Any) -> list[Any]:
    """What is looked up or connected to."""
    found: list[Any] = []

    def note(*arguments: Any, **_: Any) -> None:
        found.append(arguments[:2])
        raise OSError("there is no network")

    monkeypatch.setattr(socket, "getaddrinfo", note)
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, note)
    return found


def test_no_address_is_fetched_in_a_cell(shell: Any, provider: Any, capsys: Any, reached: list[Any]) -> None:
    run(shell, capsys, "%config ChatMagics.replay = 'only'")
    for cell in (
        f"%%chat -a {ADDRESS}\nhello",
        f"%%chat -a {ADDRESS} --dry-run\nhello",
        f"%%chat -a {ADDRESS} -m parrot:grey -m parrot:green\nhello",
        f"from notebook_chat import Chat\nChat().ask('hello', files=[{ADDRESS!r}])",
    ):
        out, fine = run(shell, capsys, cell)
        assert not fine
        assert "http://files.example/a.txt?… is not fetched: replay is 'only'" in out
    assert not reached
    assert not provider.requests


def test_no_address_is_fetched_in_python(tmp_path: Path, reached: list[Any]) -> None:
    chat = Chat(provider=parrot([]), replay="only", record=tmp_path / "a.chat.jsonl")
    with pytest.raises(NotRecordedError, match="is not fetched") as caught:
        chat.ask("hello", files=[ADDRESS])
    assert "secret" not in str(caught.value)
    with pytest.raises(NotRecordedError, match="is not fetched"):
        asyncio.run(chat.ask_async("hello", files=[b"x", ADDRESS]))
    assert not reached


@pytest.mark.parametrize("model", ["anthropic:claude-x", "gemini:gemini-x", "openai:gpt-x", "local"])
def test_no_tokens_are_counted_by_a_service(
    shell: Any, provider: Any, capsys: Any, monkeypatch: Any, reached: list[Any], model: str
) -> None:
    for name in ("ANTHROPIC", "GEMINI", "OPENAI"):
        monkeypatch.setenv(f"{name}_API_KEY", "not-needed")
    run(shell, capsys, "%config ChatMagics.replay = 'only'")
    out, fine = run(shell, capsys, f"%%chat -m {model} --dry-run --count\nhello")
    assert fine, out
    assert "nothing goes to the network" in out
    assert not reached
