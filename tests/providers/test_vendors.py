"""Compatible vendors: each at its own address, with its own key and names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from notebook_chat import Chat, errors
from notebook_chat.providers import OpenAI, get_provider, list_providers, vendors
from notebook_chat.providers.registry import default_model, resolve
from notebook_chat.providers.vendors import add_vendor, compatible
from notebook_chat.secrets import Secret

from ..servers import Answer, Failure, Response, serve
from .wires import KEY, built, header

ADDRESSES = {
    "openrouter": "https://openrouter.ai/api/v1",
    "groq": "https://api.groq.com/openai/v1",
    "mistral": "https://api.mistral.ai/v1",
    "deepseek": "https://api.deepseek.com/v1",
    "together": "https://api.together.xyz/v1",
    "xai": "https://api.x.ai/v1",
    "lmstudio": "http://localhost:1234/v1",
    "llamacpp": "http://localhost:8080/v1",
    "vllm": "http://localhost:8000/v1",
}
OWN_MACHINE = ("lmstudio", "llamacpp", "vllm")


@pytest.fixture(autouse=True)
def none_added() -> Iterator[None]:
    yield
    vendors._added.clear()


def vendor(name: str) -> type[OpenAI]:
    provider = get_provider(name)
    assert isinstance(provider, type)
    assert issubclass(provider, OpenAI)
    return provider


# --- those that are known -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ADDRESSES)
def test_each_has_its_own_address_and_key(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = vendor(name)
    assert provider is get_provider(name.upper())
    assert provider.name == name
    assert name in list_providers()
    monkeypatch.setenv("OPENAI_BASE_URL", "http://elsewhere/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai")
    [variable] = provider.key_variables
    monkeypatch.setenv(variable, KEY)
    call = provider.check("a-model", "hi", {"max_tokens": 7})
    request = provider.build_request(call)
    assert request.url == f"{ADDRESSES[name]}/chat/completions"
    assert header(request, "Authorization") == f"Bearer {KEY}"
    assert call.connection.api_key == Secret(KEY)
    assert built(provider, max_tokens=7)[1]["max_tokens"] == 7


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_key_is_asked_for_where_one_is_needed(name: str) -> None:
    provider = vendor(name)
    if name in OWN_MACHINE:
        assert "Authorization" not in provider.build_request(provider.check("", "hi", {})).headers
    else:
        assert provider.default_model
        with pytest.raises(errors.MissingKeyError, match=provider.key_variables[0]):
            provider.check("", "hi", {})


def test_openai_itself_has_a_newer_name_for_the_bound() -> None:
    assert built(OpenAI, max_tokens=7)[1]["max_completion_tokens"] == 7
    assert built(OpenAI, max_tokens=7, base_url="http://elsewhere/v1")[1]["max_tokens"] == 7


def test_mistral_calls_the_seed_otherwise_and_tells_the_usage_unasked() -> None:
    _, body = built(vendor("mistral"), seed=3)
    assert body["random_seed"] == 3
    assert not {"seed", "stream_options"} & set(body)
    _, body = built(vendor("groq"), seed=3)
    assert body["seed"] == 3
    assert body["stream_options"] == {"include_usage": True}


def test_an_option_that_a_vendor_lacks_is_refused() -> None:
    assert "seed" not in vendor("deepseek").options
    with pytest.raises(errors.InvalidOptionError, match="seed"):
        Chat("deepseek:deepseek-flash", api_key=KEY, seed=3)


def test_the_first_vendor_with_a_key_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("notebook_chat.providers.local")
    monkeypatch.setenv("XAI_API_KEY", KEY)
    assert default_model() == f"xai:{vendor('xai').default_model}"


def test_google_is_another_name_of_gemini() -> None:
    assert get_provider("google") is get_provider("gemini")
    assert resolve("google/gemini-x") == (get_provider("gemini"), "gemini-x")
    assert "google" not in list_providers()


async def test_from_end_to_end() -> None:
    with serve("openai_chat", Answer("Hel", "lo"), Failure("rate_limit"), key=KEY) as server:
        provider = vendor("openrouter")
        options: dict[str, Any] = {"base_url": server.base_url, "api_key": KEY, "retries": 0}
        assert await provider.create_async("", "hi", **options) == "Hello"
        assert server.requests[0].json["model"] == "openrouter/auto"
        with pytest.raises(errors.RateLimitError, match="openrouter: "):
            await provider.create_async("", "hi", **options)


async def test_a_list_of_models_may_be_bare() -> None:
    body = Response(200, b'[{"id": "b"}, {"id": "a"}, {"id": "b"}]', {"Content-Type": "application/json"})
    with serve("openai_chat", models=body) as server:
        assert await vendor("together").list_models(base_url=server.base_url) == ["b", "a"]


# --- those that are added -------------------------------------------------------------------------------


async def test_one_added_in_a_line_works_like_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORNER_KEY", KEY)
    with serve("openai_chat", Answer("Hello"), key=KEY) as server:
        add_vendor("Corner", base_url=server.base_url + "/", key_env="CORNER_KEY")
        assert "corner" in list_providers()
        assert await Chat("corner:m").ask_async("hi") == "Hello"
        assert await vendor("corner").list_models() == ["model-a", "model-b", "model-c"]
        assert server.requests[0].json["model"] == "m"


def test_one_without_a_key_needs_none() -> None:
    provider = add_vendor("corner", base_url="http://localhost:9/v1")
    assert provider is get_provider("corner")
    assert not provider.needs_auth
    assert built(provider)[0].url == "http://localhost:9/v1/chat/completions"


def test_adding_again_replaces() -> None:
    first = add_vendor("corner", base_url="http://one/v1")
    second = add_vendor("corner", base_url="http://two/v1")
    assert get_provider("corner") is second is not first
    assert list_providers().count("corner") == 1


def test_a_known_one_can_be_moved() -> None:
    add_vendor("mistral", base_url="http://gateway/v1")
    moved = vendor("mistral")
    request, body = built(moved, seed=3)
    assert request.url == "http://gateway/v1/chat/completions"
    assert body["random_seed"] == 3
    assert moved.key_variables == ()
    assert add_vendor("mistral", base_url="http://gateway/v1", key_env="MISTRAL_API_KEY").needs_auth
    own = add_vendor("mistral", base_url="https://api.mistral.ai/v1/chat/completions")
    assert own.key_variables == ("MISTRAL_API_KEY",)


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "a:b", "a/b", "-a", "ä", "openai", "Gemini", "google", "local"]
)
def test_names_that_cannot_be(name: str) -> None:
    with pytest.raises(errors.InvalidOptionError):
        add_vendor(name, base_url="http://localhost/v1")


@pytest.mark.parametrize("url", ["", "localhost:8000", "ftp://localhost", None])
def test_addresses_that_cannot_be(url: Any) -> None:
    with pytest.raises(errors.InvalidOptionError, match="address"):
        add_vendor("corner", base_url=url)
    assert "corner" not in list_providers()


def test_a_key_given_for_the_variables_name_is_not_repeated() -> None:
    with pytest.raises(errors.InvalidOptionError) as caught:
        add_vendor("corner", base_url="http://localhost/v1", key_env=KEY)
    assert KEY not in str(caught.value)


def test_a_class_can_be_made_without_a_name_of_its_own() -> None:
    provider = compatible("corner", "http://localhost:9/v1", "CORNER_KEY")
    assert provider.needs_auth
    assert provider.key_variables == ("CORNER_KEY",)
    assert "corner" not in list_providers()
    with pytest.raises(errors.InvalidOptionError):
        compatible("corner", "localhost")
