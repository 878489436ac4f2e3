"""Keys in the system's keyring: used where there is one, in nobody's way where there is none."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from typing import Any

import pytest

from notebook_chat import keychain
from notebook_chat.errors import ConfigurationError, MissingDependencyError, MissingKeyError
from notebook_chat.providers import Anthropic, OpenAI, OpenAIResponses
from notebook_chat.providers.aiask import AiAsk
from notebook_chat.secrets import Secret

KEY = "sk-planted-secret-0123456789"


class Keyring(types.ModuleType):
    """The package, with the functions that are used of it; it counts how often it is asked."""

    def __init__(self) -> None:
        super().__init__("keyring")
        self.__spec__ = ModuleSpec("keyring", None)
        self.kept: dict[tuple[str, str], str] = {}
        self.asked = 0
        self.fails: Exception | None = None

    def _work(self) -> None:
        self.asked += 1
        if self.fails:
            raise self.fails

    def get_password(self, service: str, user: str) -> str | None:
        self._work()
        return self.kept.get((service, user))

    def set_password(self, service: str, user: str, password: str) -> None:
        self._work()
        self.kept[service, user] = password

    def delete_password(self, service: str, user: str) -> None:
        self._work()
        del self.kept[service, user]


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    double = Keyring()
    monkeypatch.setitem(sys.modules, "keyring", double)
    return double


@pytest.fixture(autouse=True)
def nothing_seen() -> Iterator[None]:
    keychain._seen.clear()
    yield
    keychain._seen.clear()


@pytest.fixture
def not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)  # what Python itself does to forbid an import


def test_a_key_is_kept_found_and_forgotten(keyring: Keyring) -> None:
    assert keychain.stored_key("openai") is None
    keychain.store_key("openai", Secret(KEY))
    assert keyring.kept == {("notebook_chat", "openai"): KEY}
    assert keychain.stored_key("openai") == Secret(KEY)
    assert keychain.stored_key("anthropic") is None
    assert keychain.forget_key("openai")
    assert keychain.stored_key("openai") is None
    assert not keychain.forget_key("openai")


def test_it_is_not_asked_again_and_again(keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        assert keychain.stored_key("openai") is None
    assert keyring.asked == 1
    monkeypatch.setattr(keychain, "SECONDS", -1.0)
    keychain._seen.clear()
    keychain.stored_key("openai")
    keychain.stored_key("openai")
    assert keyring.asked == 3


@pytest.mark.parametrize("error", [RuntimeError("no backend"), OSError("bus"), KeyError("x"), Warning("old")])
def test_a_broken_one_is_as_none(keyring: Keyring, error: Exception) -> None:
    keyring.fails = error
    assert keychain.stored_key("openai") is None
    with pytest.raises(MissingKeyError):
        OpenAI.check("", "hi", {})


def test_what_it_refuses_is_said_without_the_key(keyring: Keyring) -> None:
    keyring.fails = RuntimeError(f"cannot write {KEY}: locked")
    with pytest.raises(ConfigurationError, match="does not take the key: cannot write …: locked") as caught:
        keychain.store_key("openai", Secret(KEY))
    assert KEY not in repr([frame.frame.f_locals for frame in caught.traceback[1:]])
    keyring.fails = None
    keychain.store_key("openai", Secret(KEY))

    def refuse(*_: Any) -> None:
        raise RuntimeError("locked")

    keyring.delete_password = refuse  # type: ignore[method-assign]
    with pytest.raises(ConfigurationError, match="does not delete the key: locked"):
        keychain.forget_key("openai")


@pytest.mark.usefixtures("not_installed")
def test_without_the_package() -> None:
    assert keychain.stored_key("openai") is None
    for act in (lambda: keychain.store_key("openai", Secret(KEY)), lambda: keychain.forget_key("openai")):
        with pytest.raises(MissingDependencyError, match="keyring"):
            act()


# --- where providers look -------------------------------------------------------------------------------


def test_the_environment_comes_first_and_then_nothing_else_is_asked(
    keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring.kept["notebook_chat", "openai"] = KEY
    assert OpenAI.key() == Secret(KEY)
    assert OpenAI.check("", "hi", {}).connection.api_key == Secret(KEY)
    keychain._seen.clear()
    monkeypatch.setenv("OPENAI_API_KEY", "sk-environment")
    asked = keyring.asked
    assert OpenAI.key() == Secret("sk-environment")
    assert OpenAI.check("", "hi", {"api_key": Secret("sk-call")}).connection.api_key == Secret("sk-call")
    assert keyring.asked == asked


def test_the_two_dialects_of_openai_share_a_key(keyring: Keyring) -> None:
    keyring.kept["notebook_chat", "openai"] = KEY
    assert OpenAIResponses.key() == Secret(KEY)
    assert Anthropic.key() is None


def test_a_provider_without_keys_does_not_ask(keyring: Keyring) -> None:
    assert AiAsk.key() is None
    assert keyring.asked == 0


def test_a_real_keyring_that_forgets() -> None:
    keyring = pytest.importorskip("keyring")
    backend = pytest.importorskip("keyring.backend")

    class Memory(backend.KeyringBackend):  # type: ignore[misc, name-defined]
        priority = 1
        kept: dict[tuple[str, str], str] = {}

        def get_password(self, service: str, username: str) -> str | None:
            return self.kept.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            self.kept[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            del self.kept[service, username]

    before = keyring.get_keyring()
    keyring.set_keyring(Memory())
    try:
        keychain.store_key("openai", Secret(KEY))
        assert OpenAI.key() == Secret(KEY)
        assert keychain.forget_key("openai")
        assert OpenAI.key() is None
    finally:
        keyring.set_keyring(before)
