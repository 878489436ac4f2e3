"""The policy of the machine: what it forbids cannot be loosened, and what it says must be understood."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from notebook_chat import Chat
from notebook_chat.conversation import Conversation
from notebook_chat.errors import ConfigurationError
from notebook_chat.policy import policy as policy_module
from notebook_chat.policy.places import is_address, is_at, is_command
from notebook_chat.tools import Reply, Verdict
from notebook_chat.tools.permissions import Permissions, Rule

from ..fakes import parrot
from .deciding import Thing, User, decided, with_user
from .scripted import Made, scripted
from .test_rounds import called, results, said


class Machine:
    """A machine whose administrator writes a policy."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def says(self, text: str) -> None:
        self.path.write_text(text, encoding="utf-8")
        self.path.chmod(0o644)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    path = tmp_path / "policy.toml"
    monkeypatch.setattr(policy_module, "place", lambda: path)
    if os.name == "posix":
        monkeypatch.setattr(os, "geteuid", lambda: 0)
    return Machine(path)


def test_the_place_is_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = policy_module.place()
    for name in (
        "XDG_CONFIG_DIRS",
        "NOTEBOOK_CHAT_HOME",
        "HOME",
        "PROGRAMDATA",
        "WIN_PD_OVERRIDE_COMMON_APPDATA",
    ):
        monkeypatch.setenv(name, "/elsewhere")
    assert policy_module.place() == before
    assert before.is_absolute()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[models", "Expected"),
        ("[modles]\nallow = []", "unknown field `modles`"),
        ("[models]\nalow = []", "unknown field `alow`"),
        ('[models]\nallow = "openai:*"', "array"),
        ('[models]\naddresses = ["https://*"]', "no address"),
        ('[models]\naddresses = ["api.openai.com"]', "no address"),
        ('[tools]\ndeny = ["x("]', "no pattern"),
        ("[tools]\nrun = 0", "bool"),
        ("[budget]\ntokens_per_day = 5", "unknown field `tokens_per_day`"),
        ("[budget]\nmax_tokens = 0", ">= 1"),
        ('source = "x"', "unknown field `source`"),
    ],
)
def test_what_is_not_understood_stops_everything(machine: Machine, text: str, why: str) -> None:
    machine.says(text)
    provider = parrot()
    with pytest.raises(ConfigurationError, match="nothing is asked until it is put right") as caught:
        Chat(provider=provider).ask("hi")
    assert why in str(caught.value)
    assert str(machine.path) in str(caught.value)
    assert not provider.requests
    machine.says("")
    assert Chat(provider=provider).ask("hi") == "Hello you"


def test_what_cannot_be_read_stops_everything(machine: Machine) -> None:
    machine.path.mkdir()
    with pytest.raises(ConfigurationError, match="not usable"):
        Chat(provider=parrot())
    machine.path.rmdir()
    machine.says("")
    machine.path.chmod(0o666)
    if os.name == "posix":
        with pytest.raises(ConfigurationError, match="others than the administrator"):
            Chat(provider=parrot())


@pytest.mark.skipif(os.name != "posix", reason="files have owners")
def test_a_policy_that_the_user_can_change_stops_everything(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.says("")
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    monkeypatch.setattr(os, "access", lambda path, mode: path == machine.path.parent)
    with pytest.raises(ConfigurationError, match="others than the administrator"):
        Chat(provider=parrot())
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    Chat(provider=parrot())
    monkeypatch.setattr(os, "geteuid", lambda: machine.path.stat().st_uid or 0)
    Chat(provider=parrot())


def test_a_policy_that_comes_while_a_chat_is_there_holds(machine: Machine) -> None:
    provider = parrot()
    chat = Chat(provider=provider)
    chat.ask("hi")
    machine.says('[models]\ndeny = ["parrot*"]')
    with pytest.raises(ConfigurationError, match=r"parrot:grey may not be asked, by the policy"):
        chat.ask("again")
    assert len(provider.requests) == 1


@pytest.mark.parametrize(
    ("text", "model", "options", "allowed"),
    [
        ('allow = ["openai:*"]', "openai:gpt-6-luna", {}, True),
        ('allow = ["openai:gpt-6*"]', "openai:gpt-4o", {}, False),
        ('allow = ["openai:*"]', "local", {}, False),
        ('allow = ["local*"]', "local", {}, True),
        ('allow = ["openai:*"]\ndeny = ["*:gpt-4*"]', "openai:GPT-4o", {}, False),
        ('allow = ["openai:*"]', "openai:gpt\u202e", {}, False),
        ('addresses = ["https://api.openai.com"]', "openai:x", {}, True),
        ('addresses = ["https://api.openai.com/v1"]', "openai:x", {}, True),
        ('addresses = ["https://api.openai.com"]', "openai:x", {"base_url": "https://evil.example"}, False),
        ('addresses = ["https://api.openai.com"]', "openai:x", {"base_url": "https://api.openai.com.evil.org"}, False),
        ('addresses = ["https://api.openai.com"]', "openai:x", {"base_url": "https://api.openai.com@evil.org"}, False),
        ('addresses = ["https://api.openai.com"]', "openai:x", {"base_url": "http://api.openai.com"}, False),
        ('addresses = ["https://api.openai.com"]', "mistral:x", {}, False),
        ('addresses = ["http://localhost:*"]', "openai:x", {"base_url": "http://localhost:8000/v1"}, True),
        ('addresses = ["https://api.openai.com"]', "local", {}, True),
    ],
)  # fmt: skip
def test_who_may_be_asked(machine: Machine, text: str, model: str, options: Any, allowed: bool) -> None:
    machine.says(f"[models]\n{text}")

    def made() -> None:
        Chat(model, api_key="k", **options) if model != "local" else Chat(model)

    if allowed:
        made()
    else:
        with pytest.raises(ConfigurationError, match="may not be asked"):
            made()


def test_a_variable_that_moves_a_service_is_seen(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.says('[models]\naddresses = ["https://api.openai.com"]')
    monkeypatch.setenv("OPENAI_BASE_URL", "https://evil.example/v1")
    with pytest.raises(ConfigurationError, match="may not be asked"):
        Chat("openai:x", api_key="k")


def test_a_provider_that_only_calls_itself_so_is_none(machine: Machine) -> None:
    machine.says('[models]\nallow = ["openai:*"]')
    fake = parrot()
    fake.name = "openai"
    with pytest.raises(ConfigurationError, match="may not be asked"):
        Chat(provider=fake)


def test_the_longest_answer(machine: Machine) -> None:
    machine.says("[budget]\nmax_tokens = 100")
    provider = parrot()
    chat = Chat(provider=provider)
    chat.ask("hi")
    chat.ask("hi", max_tokens=7)
    assert [one["max_tokens"] for one in provider.options_seen] == [100, 7]
    for options in (
        {"max_tokens": 101},
        {"extra_body": {"max_completion_tokens": 10_000}},
        {"extra_body": {"generationConfig": {"maxOutputTokens": 5}}},
        {"extra_body": {"options": [{"num_predict": 5}]}},
        {"extra_body": {"max tokens": 5}},
    ):
        with pytest.raises(ConfigurationError, match="by the policy"):
            chat.ask("hi", **options)  # type: ignore[arg-type]
    assert len(provider.requests) == 2


async def test_what_the_policy_denies_no_rule_allows(machine: Machine) -> None:
    machine.says('[tools]\ndeny = ["git:*"]\nask = ["sqlite:*"]\nrun = false')
    talk = Conversation()
    permissions, user = with_user()
    permissions.rulebook.add(Rule("allow", "*"), "conversation", talk)
    assert "by the policy" in (await decided(permissions, Thing(), {}, talk)).words
    assert (
        "of the kind run" in (await decided(permissions, Thing("run_code", "run", server=""), {}, talk)).words
    )
    assert not user.asked
    other = Thing("sqlite__query", server="sqlite")
    assert not (await decided(permissions, other, {}, talk)).allowed
    assert user.asked[0].scopes == ("once",)
    assert (await decided(permissions, Thing("time__now", server="time"), {}, talk)).allowed


def test_no_permit_of_a_program_loosens_it(machine: Machine) -> None:
    class All:
        async def decide(self, call: Any, tell: Any) -> Verdict:
            return Verdict(True)

    for text, runs in (
        ("", True),
        ('[tools]\ndeny = ["wipe"]', False),
        ('[tools]\nask = ["wipe"]', False),
        ("[budget]\ncalls = 0", False),
    ):
        machine.says(text)
        for permit in (
            All(),
            lambda confirmation: True,
            Permissions(User(*[Reply(True)] * 9)) if runs else None,
        ):
            tool = Made("wipe", lambda _: "gone", given=False)
            chat = Chat(
                provider=scripted(called(("c", "wipe", "{}")), said("x")), tools=[tool], permit=permit
            )
            chat.ask("go")
            assert bool(tool.ran) is runs, (text, permit)


def test_a_kind_that_there_may_not_be_is_told_before_anything_is_sent(machine: Machine) -> None:
    machine.says("[tools]\nfunction = false")
    provider = scripted(said("x"))
    with pytest.raises(ConfigurationError, match="tools of the kind function may not be used"):
        Chat(provider=provider, tools=[Made("add", lambda _: 1)]).ask("go")
    assert not provider.sent


def test_rounds_and_calls_are_bounded(machine: Machine) -> None:
    machine.says("[budget]\nrounds = 2\ncalls = 3")
    provider = scripted(called(*((f"c{n}", "add", "{}") for n in range(5))))
    tool = Made("add", lambda _: 1)
    chat = Chat(provider=provider, tools=[tool])
    chat.ask("go")
    assert len(provider.sent) == 3
    assert len(tool.ran) == 3
    assert any("more than 3 calls" in str(one.parts) for one in results(chat))


async def test_which_servers_may_be_used(machine: Machine) -> None:
    machine.says('[servers]\ncommands = ["uvx mcp-server-git"]\nurls = ["https://mcp.example.com/git"]')
    permissions, _ = with_user(*[Reply(True)] * 9)
    for home, allowed in (
        ("uvx mcp-server-git", True),
        ("uvx mcp-server-git --repository /", False),
        ("uvx mcp-server-git-evil", False),
        ("https://mcp.example.com/git/mcp", True),
        ("https://mcp.example.com/gitx", False),
        ("", False),
    ):
        assert (await decided(permissions, Thing(home=home))).allowed is allowed, home


@pytest.mark.parametrize(
    ("url", "allowed", "at"),
    [
        ("https://a.example.com/x", "https://*.example.com", True),
        ("https://example.com/x", "https://*.example.com", False),
        ("https://evilexample.com/x", "https://*.example.com", False),
        ("https://h/v1/../admin", "https://h/v1", False),
        ("https://h/v1/%2E%2e/admin", "https://h/v1", False),
        ("https://h/v10", "https://h/v1", False),
        ("https://h:8443/v1", "https://h", False),
        ("https://h:443/v1", "https://h", True),
        ("https://H/v1", "https://h", True),
        ("https://h\\@evil/v1", "https://h", False),
        ("https://u:p@h/v1", "https://h", False),
        ("http://[::1]:80/x", "http://[::1]", True),
        ("https://h:x/", "https://h", False),
        ("", "https://h", False),
    ],
)
def test_addresses(url: str, allowed: str, at: bool) -> None:
    assert is_address(allowed)
    assert is_at(url, allowed) is at


@pytest.mark.parametrize(
    ("command", "allowed", "is_one"),
    [
        ("uvx  mcp-server-time", "uvx mcp-server-time", True),
        ("uvx mcp-server-time --x", "uvx mcp-server-time *", True),
        ("uvx mcp-server-time", "uvx mcp-server-time *", True),
        ("uvx mcp-server-time-evil", "uvx mcp-server-time", False),
        ("uvx 'mcp-server-time; rm -rf /'", "uvx mcp-server-time", False),
        ("uvx 'a\nb'", "uvx *", False),
        ("uvx 'a", "uvx *", False),
        ("sh -c 'uvx mcp-server-time'", "uvx mcp-server-time", False),
        ("uvx mcp-server-time@1.0", "uvx mcp-server-time@*", True),
    ],
)
def test_commands(command: str, allowed: str, is_one: bool) -> None:
    assert is_command(command, allowed) is is_one
