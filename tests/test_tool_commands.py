"""``%chat tools``: the tools in use, the rules about them, and how they are changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from notebook_chat.errors import InvalidOptionError
from notebook_chat.session import session_of
from notebook_chat.tools.permissions import kept
from notebook_chat.tools.permissions.given import permit_of

from .test_magics import shared_shell
from .tools.deciding import Thing, decided

__all__ = ["shared_shell"]  # a fixture


@pytest.fixture
def shell(shared_shell: InteractiveShell) -> Iterator[InteractiveShell]:
    shared_shell.run_line_magic("load_ext", "notebook_chat")
    yield shared_shell
    shared_shell.run_line_magic("unload_ext", "notebook_chat")


def said(shell: Any, line: str, capsys: Any) -> str:
    capsys.readouterr()
    shell.run_line_magic("chat", line)
    return str(capsys.readouterr().out)


async def runs(shell: Any, tool: Thing, arguments: Any = None) -> bool:
    session: Any = session_of(shell)
    return (await decided(session.permit(), tool, arguments, session.conversation("default"))).allowed


async def test_rules_are_made_shown_and_forgotten(shell: Any, capsys: Any) -> None:
    assert "No tools are in use" in said(shell, "tools", capsys)
    assert not await runs(shell, Thing())
    assert "asks" in said(shell, "tools", capsys)
    assert said(shell, "tools allow git__log", capsys) == (
        "allow git__log: in this conversation, as it is now: changed, it asks again.\n"
    )
    assert await runs(shell, Thing())
    assert not await runs(shell, Thing(description="another"))
    assert "deny git:*: always" in said(shell, "tools deny git:* --for always", capsys)
    listed = said(shell, "tools", capsys)
    assert "may not be run" in listed
    assert "deny git:* (always)" in listed
    assert not await runs(shell, Thing())
    assert said(shell, "tools forget git:*", capsys) == "1 rule forgotten.\n"
    assert await runs(shell, Thing())
    assert said(shell, "tools forget *", capsys) == "1 rule forgotten.\n"
    assert not kept.read().always


async def test_what_is_not_known_yet_is_allowed_by_its_name(shell: Any, capsys: Any) -> None:
    told = said(shell, "tools allow 'sqlite:*' --for always", capsys)
    assert "for whatever has that name, in any version" in told
    assert await runs(shell, Thing("sqlite__q", server="sqlite", home="uvx sqlite"))
    told = said(shell, "tools allow sqlite:* --for always", capsys)
    assert "for the server sqlite where it is now" in told
    assert not await runs(shell, Thing("sqlite__q", server="sqlite", home="uvx evil"))


async def test_a_rule_is_forgotten_by_the_tools_name_too(shell: Any, capsys: Any) -> None:
    said(shell, "tools allow mcp:git__log", capsys)
    assert said(shell, "tools forget git__log", capsys) == "1 rule forgotten.\n"
    assert not await runs(shell, Thing())
    assert said(shell, "tools forget nothing", capsys) == (
        "There is no rule for nothing: %chat tools lists them.\n"
    )


def test_a_pattern_with_blanks_needs_quotes(shell: Any) -> None:
    with pytest.raises(InvalidOptionError, match=r"Write %chat tools allow 'f\(city=Oslo, \*\)'\."):
        shell.run_line_magic("chat", "tools allow f(city=Oslo, *)")


async def test_arguments_on_the_line(shell: Any, capsys: Any) -> None:
    said(shell, "tools allow 'git__log(query=SELECT *, n=\"1\")'", capsys)
    assert await runs(shell, Thing(), {"query": "SELECT 1", "n": "1"})
    assert not await runs(shell, Thing(), {"query": "SELECT 1", "n": 1})


@pytest.mark.parametrize(
    "line",
    [
        "tools allow",
        "tools perhaps x",
        "tools allow gіt",
        "tools deny x --for ever",
        "tools allow x(",
        "tools allow x --for notebook",
    ],
)
def test_what_is_no_rule_is_told_in_a_line(shell: Any, capsys: Any, line: str) -> None:
    with pytest.raises(Exception, match=r"PATTERN|pattern|invalid choice|which notebook"):
        said(shell, line, capsys)


@pytest.mark.parametrize("permit", ["ask", lambda call: call.tool == "nothing"])
async def test_a_chats_own_permit_keeps_to_the_notebooks_rules(shell: Any, permit: Any) -> None:
    permits, free = permit_of(permit), Thing(kind="function", server="", given=True)
    talk = session_of(shell).conversation("default")  # type: ignore[union-attr]
    assert (await decided(permits, free, {"q": "a"}, talk)).allowed
    shell.user_ns["patients"] = ["Barbara Liskov"]
    shell.run_line_magic("config", "ChatMagics.private = ['patients']")
    assert not (await decided(permits, free, {"q": "who is barbara liskov"}, talk)).allowed
    shell.run_line_magic("chat", "tools deny git__log")
    assert not (await decided(permits, Thing("git__log", "function", given=True), {}, talk)).allowed


def test_private_values_are_those_of_the_notebook(shell: Any) -> None:
    session: Any = session_of(shell)
    shell.run_line_magic("config", "ChatMagics.private = ['df', 'secret_*']")
    assert session.private().hides("secret_1")
    assert not session.private().hides("x")
