"""Which keys go where: to the vendor, to the address that its own variable has, or where the user said so with it."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from notebook_chat import Chat, errors
from notebook_chat.providers import get_provider, list_providers, vendors
from notebook_chat.providers.http import HTTPProvider
from notebook_chat.providers.vendors import add_vendor
from notebook_chat.secrets import Secret

from ..servers import Answer, VendorServer, login, serve
from ..transports import InMemory, completion
from .planted import KEY, leaks

VARIABLES = {
    "openai": "OPENAI_API_KEY",
    "openai-responses": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "gemini": "GEMINI_API_KEY",
    "mistral": "MISTRAL_API_KEY",
    "openrouter": "OPENROUTER_API_KEY",
}


@pytest.fixture(autouse=True)
def a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NOTEBOOK_CHAT_HOME", str(tmp_path / "home"))
    for variable in VARIABLES.values():
        monkeypatch.setenv(variable, KEY)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-private-1")
    yield
    vendors._added.clear()


@pytest.fixture
def elsewhere() -> Iterator[VendorServer]:
    """A server that anybody may have put there."""
    with serve("openai_chat", Answer("Hi")) as server:
        yield server


def sent(name: str, **options: Any) -> str:
    """The headers that would go out, in clear; nothing is sent."""
    provider = get_provider(name)
    assert isinstance(provider, type)
    assert issubclass(provider, HTTPProvider)
    request = provider.build_request(provider.check("m", "hi", options))
    return str(
        {
            one: value.reveal() if isinstance(value, Secret) else value
            for one, value in request.headers.items()
        }
    )


# --- an address that is given -----------------------------------------------------------------------------


STRANGE = (
    "https://gateway.example.com/v1",
    "https://{host}@evil.example.com/v1",
    "https://{host}:443@evil.example.com/v1",
    "https://user:{host}@evil.example.com",
    "https://{host}.evil.example.com/v1",
    "https://evil.example.com/{host}/v1",
    "https://evil.example.com?https://{host}/v1",
    "https://evil.example.com#@{host}/v1",
    "https://{host}:8443/v1",
    "https://{host}./v1",
    "https://{host}x/v1",
    "https://x{host}/v1",
    "https://{lookalike}/v1",
    "https://{wide}/v1",
    "https://xn--{host}/v1",
    "http://localhost.evil.example.com/v1",
    "http://127.0.0.1.evil.example.com/v1",
    "http://localhost@evil.example.com/v1",
)


@pytest.mark.parametrize("name", VARIABLES)
@pytest.mark.parametrize("strange", STRANGE)
def test_a_key_that_is_found_does_not_go_to_an_address_that_is_given(name: str, strange: str) -> None:
    host = get_provider(name).url.split("/")[2]  # type: ignore[union-attr]
    lookalike, wide = (
        host.replace("o", "\u043e").replace("a", "\u0430"),
        host.replace("a", "\uff41").replace("o", "\uff4f"),
    )
    url = strange.format(host=host, lookalike=lookalike, wide=wide)
    with pytest.raises(errors.ConfigurationError) as caught:
        sent(name, base_url=url)
    assert VARIABLES[name] in str(caught.value) or "address" in str(caught.value)
    assert not leaks(str(caught.value))
    said = sent(name, base_url=re.sub(r"//[^/@#?]*@", "//", url), api_key="another-key")
    assert "another-key" in said
    assert not leaks(said)
    assert "org-private" not in said


@pytest.mark.parametrize("name", VARIABLES)
def test_a_key_goes_to_its_vendor_however_the_address_is_written(name: str) -> None:
    url = get_provider(name).url  # type: ignore[union-attr]
    host = url.split("/")[2]
    for written in (
        url,
        f"{url}/",
        url.upper().replace("/V1", "/v1"),
        url.replace(host, f"{host}:443"),
        f" '{url}' ",
    ):
        assert leaks(sent(name, base_url=written))
    with pytest.raises(errors.ConfigurationError, match=r"is not asked in clear\. Write https://"):
        sent(name, base_url=url.replace("https:", "http:"))
    with pytest.raises(errors.ConfigurationError, match="is not asked in clear"):
        sent(name, base_url=url.replace("https:", "http:").replace(host, f"{host}.:80"), api_key="mine")


async def test_one_s_own_machine_is_asked_without_a_key(elsewhere: VendorServer) -> None:
    provider: Any = get_provider("openai")
    for url in (elsewhere.base_url, elsewhere.base_url.replace("127.0.0.1", "localhost")):
        assert await provider.create_async("m", "hi", base_url=url) == "Hi"
        await provider.list_models(base_url=url)
        assert await Chat("openai:m", base_url=url).ask_async("hi") == "Hi"
    for request in elsewhere.requests:
        assert not leaks(str(request.headers))
        assert "org-private" not in str(request.headers)
    assert await provider.create_async("m", "hi", base_url=elsewhere.base_url, api_key=KEY) == "Hi"
    assert leaks(str(elsewhere.requests[-1].headers))


async def test_a_server_of_one_s_own_that_wants_a_key_says_how() -> None:
    with serve("openai_chat", Answer("Hi"), key=KEY) as server:
        with pytest.raises(
            errors.AuthenticationError, match="OPENAI_API_KEY is not sent to an address that is given"
        ):
            await Chat("openai:m", base_url=server.base_url).ask_async("hi")
        assert await Chat("openai:m", base_url=server.base_url, api_key=KEY).ask_async("hi") == "Hi"


def test_no_key_can_be_said() -> None:
    assert not leaks(sent("openai", base_url="https://gateway.example.com/v1", api_key=""))
    assert leaks(sent("openai", api_key=""))  # at home an empty one is none that was given
    own = sent("openai", base_url="https://gateway.example.com/v1", headers={"Authorization": "Bearer mine"})
    assert "Bearer mine" in own
    assert not leaks(own)


def test_the_keyring_s_key_stays_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.setattr("notebook_chat.providers.service.stored_key", lambda name: Secret(KEY))
    assert leaks(sent("openai"))
    with pytest.raises(
        errors.MissingKeyError, match=r"the keyring's key is not sent to gateway\.example\.com"
    ):
        sent("openai", base_url="https://gateway.example.com/v1")


async def test_a_user_in_an_address_goes_in_a_header(elsewhere: VendorServer) -> None:
    provider: Any = get_provider("openai")
    url = elsewhere.base_url.replace("//", "//ann:pa%2Fss@")
    assert await provider.create_async("m", "hi", base_url=url, api_key="") == "Hi"
    assert "Basic YW5uOnBhL3Nz" in str(elsewhere.requests[0].headers)
    with pytest.raises(errors.ConfigurationError, match="the address has a user"):
        await provider.create_async("m", "hi", base_url=url, api_key=KEY)


# --- an address of the environment ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "goes"),
    [
        (None, True),
        ("https://gateway.example.com/team/v1", True),
        ("https://GATEWAY.example.com:443/team/v1/", True),
        ("https://gateway.example.com/team/v1/chat/completions", True),
        ("https://gateway.example.com/other/v1", False),
        ("https://gateway.example.com/team/v1/../../other/v1", False),
        ("https://gateway.example.com/team/v1/%2e%2E/%2e%2e/other/v1", False),
        ("https://gateway.example.com/team/v1x", False),
        ("https://gateway.example.com.evil.org/team/v1", False),
        ("http://gateway.example.com/team/v1", False),
    ],
)
def test_a_gateway_that_the_environment_names(
    given: str | None, goes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://gateway.example.com/team/v1")
    options = {} if given is None else {"base_url": given}
    if goes:
        assert leaks(sent("openai", **options))
        assert "org-private" in sent("openai", **options)
    else:
        with pytest.raises(errors.MissingKeyError):
            sent("openai", **options)


def test_a_vendor_in_clear_is_refused_in_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    gc.collect()  # users in other tests' addresses are called as the vendor's host, and are secret while they live
    monkeypatch.setenv("OPENAI_BASE_URL", "http://api.openai.com/v1")
    with pytest.raises(errors.ConfigurationError, match=r"api\.openai\.com is not asked in clear"):
        sent("openai")


# --- a stranger's files -----------------------------------------------------------------------------------


async def test_a_stranger_s_env_file_gets_no_key(elsewhere: VendorServer, tmp_path: Path) -> None:
    provider: Any = get_provider("openai")
    (tmp_path / ".env").write_text(f"OPENAI_BASE_URL={elsewhere.base_url}\nNOTEBOOK_CHAT_HOME={tmp_path}\n")
    assert await provider.create_async("m", "hi") == "Hi"
    assert await Chat("openai:m").ask_async("hi") == "Hi"
    await provider.list_models()
    for options in ({"api_key": KEY}, {"headers": {"Authorization": f"Bearer {KEY}"}}):
        with pytest.raises(errors.ConfigurationError, match=r"OPENAI_BASE_URL in .env, to which no key goes"):
            await provider.create_async("m", "hi", **options)
    assert not leaks(str([request.headers for request in elsewhere.requests]))
    assert "org-private" not in str([request.headers for request in elsewhere.requests])
    assert await provider.create_async("m", "hi", base_url=elsewhere.base_url, api_key=KEY) == "Hi"


def test_an_address_of_a_file_makes_no_given_one_trusted(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OPENAI_BASE_URL=https://evil.example.com/v1\n")
    with pytest.raises(errors.MissingKeyError):
        sent("openai", base_url="https://evil.example.com/v1")


def test_a_vendor_file_beside_the_notebook_is_not_read(tmp_path: Path) -> None:
    evil = '[{"name":"mistral","label":"m","base_url":"https://evil.example.com","key_variable":"MISTRAL_API_KEY"}]'
    (tmp_path / "providers.json").write_text(evil)
    (tmp_path / ".env").write_text(f"NOTEBOOK_CHAT_HOME={tmp_path}\n")
    assert get_provider("mistral").url == "https://api.mistral.ai/v1"  # type: ignore[union-attr]


# --- under a vendor's name --------------------------------------------------------------------------------


async def test_a_vendor_s_key_does_not_go_elsewhere_under_its_name(
    elsewhere: VendorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = {"mistral": KEY}
    monkeypatch.setattr(
        "notebook_chat.providers.service.stored_key", lambda name: stored.get(name) and Secret(KEY)
    )
    moved: Any = add_vendor("mistral", base_url=elsewhere.base_url)
    assert await moved.create_async("m", "hi") == "Hi"
    moved = add_vendor("mistral", base_url=elsewhere.base_url, key_env="NOT_SET_HERE")
    with pytest.raises(errors.MissingKeyError):
        await moved.create_async("m", "hi")
    assert not leaks(str([request.headers for request in elsewhere.requests]))
    stored[moved.account] = KEY  # kept for this address by %chat key set
    assert await moved.create_async("m", "hi") == "Hi"
    moved = add_vendor("mistral", base_url=elsewhere.base_url, key_env="MISTRAL_API_KEY")
    assert await moved.create_async("m", "hi") == "Hi"
    assert all(leaks(str(request.headers)) for request in elsewhere.requests[1:])
    with pytest.raises(errors.InvalidOptionError, match="not asked in clear"):
        add_vendor("other", base_url="http://api.mistral.ai/v1", key_env="MISTRAL_API_KEY")


def test_what_a_server_of_one_s_own_is_sent_goes_to_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINE_KEY", KEY)
    add_vendor(
        "mine",
        base_url="https://mine.example.com/team/v1",
        key_env="MINE_KEY",
        headers={"X-Team-Token": "$MINE_KEY"},
    )
    assert sent("mine").count(KEY) == 2
    for url in ("https://mine.example.com/others/v1", "https://evil.example.com/team/v1"):
        with pytest.raises(errors.MissingKeyError):
            sent("mine", base_url=url)
        assert not leaks(sent("mine", base_url=url, api_key=""))


async def test_a_redirect_is_not_followed(elsewhere: VendorServer) -> None:
    with (
        serve("openai_chat", login(elsewhere.base_url + "/chat/completions", 307)) as server,
        pytest.raises(errors.ResponseFormatError, match=r"redirects to 127\.0\.0\.1"),
    ):
        await Chat("openai:m", base_url=server.base_url, api_key=KEY).ask_async("hi")
    assert not elsewhere.requests


async def test_a_chat_s_key_stays_with_the_service_it_was_given_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MISTRAL_API_KEY")
    transport = InMemory(completion("Hi"))
    headers = {"X-Gateway-Token": KEY}
    chat = Chat("openai:m", api_key=KEY, headers=headers, transport=transport)
    with pytest.raises(errors.MissingKeyError, match="MISTRAL_API_KEY"):
        await chat.ask_async("hi", model="mistral:m")
    chat.model = "mistral:m"
    assert await chat.ask_async("hi", api_key="sk-mistral-own") == "Hi"
    [request] = transport.requests
    assert request.headers["Authorization"] == Secret("Bearer sk-mistral-own")
    assert not leaks(str({name: Secret(value).reveal() for name, value in request.headers.items()}))
    chat.model = "openai-responses:m"
    with pytest.raises(errors.ChatError):  # it is no answer of that dialect
        await chat.ask_async("hi")
    assert transport.requests[-1].headers["Authorization"] == Secret(f"Bearer {KEY}")
    beside = Chat("openai:m", api_key=KEY, base_url="http://127.0.0.1:9/v1", transport=transport)
    assert await beside.ask_async("hi", model="mistral:m") == "Hi"
    assert transport.requests[-1].headers["Authorization"] == Secret(f"Bearer {KEY}")


def test_every_provider_with_a_home_and_a_key_is_asked_over_tls() -> None:
    for name in list_providers():
        provider = get_provider(name)
        if isinstance(provider, type) and issubclass(provider, HTTPProvider) and provider.needs_auth:
            assert provider.url.startswith("https://") or not provider.url
