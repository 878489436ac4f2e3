"""MCP servers in a notebook's cells: ``%chat mcp``, ``-T``, ``@server/prompt``, ``-a mcp:…``."""

from __future__ import annotations

import builtins
import getpass
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from notebook_chat import keychain, load_ipython_extension, unload_ipython_extension
from notebook_chat.events import Finish, TextDelta, ToolCall
from notebook_chat.magics.asked_tools import tool_names
from notebook_chat.providers import registry
from notebook_chat.session import session_of
from notebook_chat.tools.mcp import config_files
from notebook_chat.tools.mcp.session_servers import servers_of

from ...test_magics import run, shared_shell
from ..scripted import scripted
from .programs import command, gone, noted

__all__ = ["shared_shell"]

pytestmark = pytest.mark.process
KEY = "sk-" + "a1b2c3d4" * 4


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A provider that calls the tool ``own__echo`` once."""
    made = scripted(
        [ToolCall(0, "c1", "own__echo", '{"text": "a"}'), Finish("tool_calls")],
        [TextDelta("Done."), Finish("stop")],
    )
    real = registry.get_provider
    monkeypatch.setitem(registry.BUILT_IN, "scripted", ".nowhere:Scripted")
    monkeypatch.setattr(registry, "get_provider", lambda name: made if name == "scripted" else real(name))
    monkeypatch.setenv("NOTEBOOK_CHAT_MODEL", "scripted:s")
    return made


@pytest.fixture
def shell(shared_shell: Any, provider: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The shell with the extension loaded afresh, in a folder and a home of the test's own."""
    (tmp_path / "home").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.chdir(tmp_path / "work")
    load_ipython_extension(shared_shell)
    yield shared_shell
    unload_ipython_extension(shared_shell)
    shared_shell.config.pop("ChatMagics", None)
    shared_shell.extension_manager.loaded.discard("notebook_chat")


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the user answers, in order; where nothing is left nobody can be asked."""
    answers: list[str] = []

    def reply(prompt: str = "") -> str:
        print(prompt)
        if not answers:
            raise EOFError
        return answers.pop(0)

    monkeypatch.setattr(builtins, "input", reply)
    monkeypatch.setattr(getpass, "getpass", reply)
    return answers


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A keyring in memory."""
    held: dict[str, str] = {}
    monkeypatch.setattr(keychain, "store_key", lambda name, key: held.__setitem__(name, key.reveal()))
    monkeypatch.setattr(
        keychain, "stored_key", lambda name: keychain.Secret(held[name]) if name in held else None
    )
    return held


def words(*flags: str) -> str:
    return " ".join(command(*flags))


def project(name: str = "own", *flags: str, **more: Any) -> Path:
    first, *rest = command(*flags)
    path = Path(".mcp.json")
    path.write_text(json.dumps({"mcpServers": {name: {"command": first, "args": rest, **more}}}))
    return path.absolute()


def test_it_is_added_tried_used_and_removed(shell: Any, provider: Any, capsys: Any, tmp_path: Path) -> None:
    out, fine = run(shell, capsys, "%chat mcp")
    assert fine
    assert "There are none yet" in out
    out, fine = run(shell, capsys, f"%chat mcp add own {words(f'pids={tmp_path}/pids')}")
    assert fine, out
    assert "own is kept" in out
    out, fine = run(shell, capsys, "%chat mcp test own")
    assert fine, out
    for shown in ("hostile 1", "own__echo", "memo://a", "@own/greet"):
        assert shown in out
    assert gone(noted(tmp_path / "pids"))
    out, fine = run(shell, capsys, "%%chat -T own\nsay a")
    assert fine, out
    assert "own__echo" in [spec.name for spec in provider.told[0]["tools"]]
    out, _ = run(shell, capsys, "%chat mcp")
    assert "running" in out
    out, _ = run(shell, capsys, "%chat mcp stop own")
    assert "own ended" in out
    assert gone(noted(tmp_path / "pids", 2))
    out, _ = run(shell, capsys, "%chat mcp remove own")
    assert "own is removed" in out
    out, fine = run(shell, capsys, "%%chat -T own\nsay a")
    assert not fine
    assert "there is no tool 'own'" in out


def test_a_single_tool_is_named(shell: Any, provider: Any, capsys: Any) -> None:
    run(shell, capsys, f"%chat mcp add own {words()}")
    for name in ("own.echo", "own:echo", "mcp:own.echo"):
        out, fine = run(shell, capsys, f"%%chat -T {name}\nsay a")
        assert fine, out
        assert [spec.name for spec in provider.told[-1]["tools"]] == ["own__echo"]
    session = session_of(shell)
    assert session is not None
    assert "own" in tool_names(session)


def test_a_projects_file_starts_nothing_before_a_yes(
    shell: Any, capsys: Any, said: list[str], tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    path = project("own", f"pids={pids}", env={"TOKEN": KEY})
    out, _ = run(shell, capsys, "%chat mcp")
    assert "asks first" in out
    out, fine = run(shell, capsys, "%%chat -T own\nsay a")
    assert not fine
    assert "Nobody can be asked here" in out
    assert "%chat mcp allow own" in out
    assert str(path) in out
    assert "TOKEN" in out
    assert KEY not in out
    said.append("n")
    out, fine = run(shell, capsys, "%%chat -T own\nsay a")
    assert not fine
    assert not pids.exists()
    said.append("y")
    out, fine = run(shell, capsys, "%%chat -T own\nsay a")
    assert fine, out
    out, fine = run(shell, capsys, "%%chat -T own\nsay a")
    assert fine, out
    assert len(noted(pids)) == 1
    project("own", f"pids={pids}", "noisy", env={"TOKEN": KEY})
    out, fine = run(shell, capsys, "%%chat -T own\nsay a")
    assert not fine
    assert "Nobody can be asked here" in out


def test_what_is_asked_about_is_shown_whole(shell: Any, capsys: Any, said: list[str]) -> None:
    said.append("n")
    hidden = "true;token=$(evil)\u200b"
    Path(".mcp.json").write_text(
        json.dumps({"mcpServers": {"own": {"command": "sh", "args": ["-c", hidden]}}})
    )
    out, fine = run(shell, capsys, "%%chat -T own\nsay a")
    assert not fine
    assert "token=$(evil)‹U+200B›" in out


def test_a_yes_can_be_said_ahead_and_taken_back(shell: Any, capsys: Any, said: list[str]) -> None:
    project()
    out, fine = run(shell, capsys, "%chat mcp allow own --yes")
    assert fine, out
    out, fine = run(shell, capsys, "%chat mcp test own")
    assert fine, out
    out, _ = run(shell, capsys, "%chat mcp remove own")
    assert "may not be started any more" in out
    out, fine = run(shell, capsys, "%chat mcp test own")
    assert not fine


def test_where_another_thread_asks_nobody_is_asked(shell: Any, said: list[str]) -> None:
    project()
    said.append("y")
    session = session_of(shell)
    assert session is not None
    problems: list[str] = []

    def ask() -> None:
        try:
            session.find_tools("own")
        except Exception as error:
            problems.append(str(error))

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert said == ["y"]
    assert "Nobody has allowed that" in problems[0]


def test_no_key_stays_on_the_line(shell: Any, capsys: Any) -> None:
    for line in (
        f"add own --env TOKEN={KEY} {words()}",
        f"add own {words()} --api-key {KEY}",
        f"add own --header Authorization='Bearer {KEY}' https://example.org/mcp",
        f"add own https://example.org/mcp?api_key={KEY}",
    ):
        out, fine = run(shell, capsys, f"%chat mcp {line}")
        assert not fine
        assert "takes no key on its line" in out
        assert KEY not in out
    assert not config_files.own_path().exists()


def test_a_key_is_asked_for_and_kept_in_the_keyring(
    shell: Any, capsys: Any, said: list[str], keyring: dict[str, str]
) -> None:
    said.append(KEY)
    out, fine = run(shell, capsys, f"%chat mcp add own --env TOKEN --env MODE=plain {words()}")
    assert fine, out
    assert keyring == {"mcp own TOKEN": KEY}
    assert KEY not in config_files.own_path().read_text()
    session = session_of(shell)
    assert session is not None
    session.find_tools("own")
    [(_, server)] = servers_of(session)._servers.values()
    assert {name: value.reveal() for name, value in server._launch.env.items()} == {
        "TOKEN": KEY,
        "MODE": "plain",
    }


def test_an_input_of_vs_code_is_asked_for_once(
    shell: Any, capsys: Any, said: list[str], keyring: dict[str, str]
) -> None:
    Path(".vscode").mkdir()
    first, *rest = command()
    entry = {"command": first, "args": rest, "env": {"TOKEN": "${input:key}"}}
    text = json.dumps(
        {"servers": {"own": entry}, "inputs": [{"id": "key", "description": "Your key", "password": True}]}
    )
    Path(".vscode", "mcp.json").write_text(f"// settings\n{text}")
    said += ["y", KEY]
    out, fine = run(shell, capsys, "%chat mcp test own")
    assert fine, out
    assert "Your key" in out
    out, fine = run(shell, capsys, "%chat mcp test own")
    assert fine, out
    assert list(keyring.values()) == [KEY]


def test_a_file_of_another_program_is_taken_over(
    shell: Any, capsys: Any, said: list[str], keyring: dict[str, str], tmp_path: Path
) -> None:
    first, *rest = command()
    path = tmp_path / ".cursor" / "mcp.json"
    path.parent.mkdir()
    entry = {"command": first, "args": rest, "env": {"TOKEN": KEY, "A": "${env:HOME}"}}
    path.write_text(json.dumps({"mcpServers": {"own": entry, "web": {"url": "https://example.org/mcp"}}}))
    said.append("n")
    out, fine = run(shell, capsys, f"%chat mcp import {path}")
    assert "Nothing was kept" in out
    said.append("y")
    out, fine = run(shell, capsys, f"%chat mcp import {path}")
    assert fine, out
    text = config_files.own_path().read_text()
    assert KEY not in text + out
    assert json.loads(text)["mcpServers"]["own"]["env"] == {"TOKEN": "${secret:TOKEN}", "A": "${HOME}"}
    out, fine = run(shell, capsys, "%chat mcp test own")
    assert fine, out


def test_a_prompt_of_a_server_is_asked_and_is_text_alone(shell: Any, provider: Any, capsys: Any) -> None:
    shell.user_ns["secret"] = "planted"
    run(shell, capsys, f"%chat mcp add own {words()}")
    out, fine = run(shell, capsys, "%%chat @own/greet who=me\nand be brief")
    assert fine, out
    asked = provider.sent[0][-1].text
    assert "Say hello to me: {secret}" in asked
    assert "and be brief" in asked
    assert "planted" not in asked
    out, fine = run(shell, capsys, "%%chat @own/greet\n")
    assert not fine
    assert "needs who" in out
    out, fine = run(shell, capsys, "%%chat @own/nothing\n")
    assert not fine
    assert "@own/greet" in out
    out, _ = run(shell, capsys, "%chat mcp prompts own")
    assert "@own/greet" in out
    shell.user_ns.pop("secret")


def test_a_resource_goes_along(shell: Any, provider: Any, capsys: Any) -> None:
    run(shell, capsys, f"%chat mcp add own {words()}")
    out, fine = run(shell, capsys, "%%chat -a mcp:own/memo://a\nwhat is it?")
    assert fine, out
    assert "what is in memo://a" in provider.sent[0][-1].text
    out, fine = run(shell, capsys, "%chat mcp resources own")
    assert "memo://a" in out
    out, fine = run(shell, capsys, "%chat mcp resources own memo://a")
    assert "what is in memo://a" in out
    out, fine = run(shell, capsys, "%%chat -a mcp:own\nwhat is it?")
    assert not fine
    assert "%chat mcp resources own" in out


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("add", "missing NAME"),
        ("add own", "a command or an address is missing"),
        ("add edit uvx x", "no server can be called 'edit'"),
        ("add own --env", "--env takes a value"),
        ("add own --header A=b uvx x", "--header goes with an address"),
        ("test nothing", "there is no MCP server 'nothing'"),
        ("stop nothing", "does not run"),
        ("remove nothing", "There is no MCP server nothing: %chat mcp lists them"),
        ("import nothing.json", "there is no file"),
        ("fly", "write %chat mcp"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(shell: Any, capsys: Any, line: str, shown: str) -> None:
    out, _ = run(shell, capsys, f"%chat mcp {line}")
    assert shown in out
    assert "Traceback" not in out


def test_unloading_the_extension_ends_them(shell: Any, capsys: Any, tmp_path: Path) -> None:
    run(shell, capsys, f"%chat mcp add own {words('stubborn', 'child', f'pids={tmp_path}/pids')}")
    out, fine = run(shell, capsys, "%%chat -T own\nsay a")
    assert fine, out
    unload_ipython_extension(shell)
    assert gone(noted(tmp_path / "pids", 2))
    load_ipython_extension(shell)
