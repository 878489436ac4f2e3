"""Servers from the package index: time and git on today's SDK, sqlite on the one before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from notebook_chat import runner
from notebook_chat.tools.mcp import MCPServer

from .programs import PATIENCE, call, gone, text_of, tools_of

pytestmark = pytest.mark.process

REQUIRE = "NOTEBOOK_CHAT_REQUIRE_KERNELS"


def module(name: str, *arguments: str) -> MCPServer:
    short = name.removeprefix("mcp_server_")
    return MCPServer([sys.executable, "-m", name, *arguments], name=short, start_seconds=PATIENCE)


def test_time() -> None:
    with module("mcp_server_time", "--local-timezone", "UTC") as time:
        tools = tools_of(time)
        assert tools["get_current_time"].name == "time__get_current_time"
        assert '"timezone": "UTC"' in text_of(call(time, "get_current_time", timezone="UTC"))
        wrong = call(time, "get_current_time", timezone="Nowhere/None")
        assert wrong.is_error
        guard = time.pid
    assert guard is not None
    assert gone([guard])


def test_git(tmp_path: Path) -> None:
    run = ["git", "-C", str(tmp_path)]
    subprocess.run([*run, "init", "-q"], check=True)
    (tmp_path / "a.txt").write_text("a\n")
    with module("mcp_server_git") as git:
        assert "a.txt" in text_of(call(git, "git_status", repo_path=str(tmp_path)))
        [one] = runner.run(git.tool("git_log").open(lambda words, done: None))
        assert one.name == "git__git_log"


@pytest.fixture(scope="session")
def older(kept: Path) -> Path:
    """An environment with mcp-server-sqlite and the SDK of its time: with today's it does not start."""
    folder = kept / "mcp-sqlite"
    python = folder / "bin" / "python"
    with FileLock(f"{folder}.lock"):
        if not (folder / "whole").exists():
            uv = str(Path(sys.executable).with_name("uv"))
            steps = (
                [uv, "venv", "-q", "--clear", "--python", sys.executable, str(folder)],
                [uv, "pip", "install", "-q", "--python", str(python), "mcp-server-sqlite>=2025.4", "mcp<2"],
            )
            for step in steps:
                done = subprocess.run(step, capture_output=True, text=True, timeout=300, check=False)
                if done.returncode:
                    if os.environ.get(REQUIRE) == "1":
                        raise AssertionError(done.stderr)
                    pytest.skip(f"it cannot be installed: {done.stderr[-200:]}")
            (folder / "whole").touch()
    return python


def test_sqlite_with_its_resource_and_its_prompt(older: Path, tmp_path: Path) -> None:
    code = "from mcp_server_sqlite import main; main()"
    words = [str(older), "-c", code, "--db-path", str(tmp_path / "a.db")]
    with MCPServer(words, name="sqlite", start_seconds=PATIENCE) as sqlite:
        assert not call(sqlite, "create_table", query="CREATE TABLE t (a INTEGER)").is_error
        assert not call(sqlite, "write_query", query="INSERT INTO t VALUES (42)").is_error
        assert "42" in text_of(call(sqlite, "read_query", query="SELECT a FROM t"))
        assert "memo://insights" in text_of(call(sqlite, "resources/list_resources"))
        assert sqlite.resource("memo://insights")[0] == "insights"
        offer = runner.run(sqlite.inspect())
        assert offer.prompts[0].name == "mcp-demo"
        assert offer.problems == ()
        assert "sharks" in runner.run(sqlite.prompt("mcp-demo", {"topic": "sharks"}))
