"""Keys in the addresses of services: in nothing that is written down of an exchange, and of no weight there."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from notebook_chat.ledger import RequestKey
from notebook_chat.messages import Message

from ..servers import Answer
from ..servers.fixtures import ServerFactory
from ..test_magics import notebook, provider, run, shared_shell, shell

__all__ = ["provider", "shared_shell", "shell"]  # fixtures

PLANTED = "Pw2QueryBeta88yy"


def key(address: str) -> RequestKey:
    return RequestKey.of("openai", address, "m", {}, (Message("user", "hello"),))


@pytest.mark.parametrize(
    "address",
    [
        "https://ann:{}@gate.example/v1",
        "https://{}@gate.example/v1",
        "https://gate.example/v1?key={}",
        "https://gate.example/v1?api-version=1&subscription-key={}",
        "https://gate.example/v1?api-version=1&token={}&x=1",
        "https://gate.example/sk-{}/v1",
    ],
)
def test_a_key_in_an_address_does_not_count_and_is_not_told(address: str) -> None:
    one, other = key(address.format(PLANTED)), key(address.format("Another1Key2Of3Us"))
    assert PLANTED not in repr(one)
    assert one.digest == other.digest
    assert key(one.base_url) == one
    assert one.digest != key("https://elsewhere.example/v1").digest


def test_addresses_are_told_apart_otherwise() -> None:
    addresses = [
        "https://gate.example/v1",
        "https://gate.example/v2",
        "https://gate.example/v1?api-version=1",
        "https://gate.example/v1?api-version=2",
        "http://gate.example/v1",
        "https://gate.example:8443/v1",
        "",
    ]
    assert len({key(one).digest for one in addresses}) == len(addresses)


def written(folder: Path) -> bytes:
    """All bytes that stand in the files of a folder."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_nothing_that_is_written_down_has_it(
    shell: Any, capsys: Any, tmp_path: Path, monkeypatch: Any, vendor_server: ServerFactory
) -> None:
    monkeypatch.chdir(tmp_path)
    address = f"{vendor_server('openai_chat', Answer('fine'), key=PLANTED).base_url}?key={PLANTED}"
    run(shell, capsys, "%config ChatMagics.record = 'a.chat.jsonl'")
    asked = (
        "from notebook_chat import Chat\n"
        f"Chat('openai:model-a', base_url={address!r}, api_key={PLANTED!r}, extra_body={{'api_key': {PLANTED!r}}})"
        ".ask('hello')"
    )
    out, fine = run(shell, capsys, asked)
    assert fine, out
    notebook(shell).ledger.flush()
    for command in (
        "%chat ledger export out.jsonl",
        "%chat usage all --csv used.csv",
        "%chat sent --all --csv sent.csv",
        "%chat statement --prompts used.md",
    ):
        assert run(shell, capsys, command)[1]
    assert PLANTED.encode() not in written(Path(os.environ["NOTEBOOK_CHAT_HOME"]))
    assert PLANTED.encode() not in written(tmp_path)
    assert json.loads((tmp_path / "a.chat.jsonl").read_bytes())["key"]["base_url"].endswith("?key=…")
