"""Services at other addresses: gateways, Azure, Colab, what the environment and a file say, what a user keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from notebook_chat import errors
from notebook_chat.providers import Anthropic, Gemini, OpenAI, get_provider, vendor_file, vendors
from notebook_chat.providers.azure import AzureOpenAI
from notebook_chat.providers.colab import Colab
from notebook_chat.providers.model_table import AS_OF, DEFAULTS, successors
from notebook_chat.providers.registry import default_model, list_providers, resolve
from notebook_chat.providers.vendors import add_vendor

from ..servers import Answer, serve
from .wires import KEY, built, header


@pytest.fixture(autouse=True)
def nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder without a file, a home without vendors, and none added."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NOTEBOOK_CHAT_HOME", str(tmp_path / "home"))
    yield tmp_path
    vendors._added.clear()


# --- what the environment moves -------------------------------------------------------------------------


def unsent(provider: Any, model: str = "m", **options: Any) -> Any:
    return provider.build_request(provider.check(model, "hi", options))


@pytest.mark.parametrize(
    ("variables", "provider", "url", "name", "value"),
    [
        (
            {"ANTHROPIC_BASE_URL": "https://gateway/anthropic", "ANTHROPIC_API_KEY": KEY},
            Anthropic,
            "https://gateway/anthropic/v1/messages",
            "x-api-key",
            KEY,
        ),
        (
            {"ANTHROPIC_BASE_URL": "https://gateway", "ANTHROPIC_AUTH_TOKEN": KEY},
            Anthropic,
            "https://gateway/v1/messages",
            "Authorization",
            f"Bearer {KEY}",
        ),
        (
            {"GOOGLE_GEMINI_BASE_URL": "https://gateway", "GEMINI_API_KEY": KEY},
            Gemini,
            "https://gateway/v1beta/models/m:streamGenerateContent?alt=sse",
            "x-goog-api-key",
            KEY,
        ),
        (
            {"OPENAI_API_BASE": "https://gateway/v1", "OPENAI_API_KEY": KEY},
            OpenAI,
            "https://gateway/v1/chat/completions",
            "Authorization",
            f"Bearer {KEY}",
        ),
        (
            {"OPENAI_ORG_ID": "org-1", "OPENAI_API_KEY": KEY},
            OpenAI,
            "https://api.openai.com/v1/chat/completions",
            "OpenAI-Organization",
            "org-1",
        ),
        (
            {"OPENAI_PROJECT_ID": "proj-1", "OPENAI_API_KEY": KEY},
            OpenAI,
            "https://api.openai.com/v1/chat/completions",
            "OpenAI-Project",
            "proj-1",
        ),
        (
            {"AZURE_OPENAI_ENDPOINT": "https://me.openai.azure.com/", "AZURE_OPENAI_API_KEY": KEY},
            AzureOpenAI,
            "https://me.openai.azure.com/openai/v1/chat/completions",
            "api-key",
            KEY,
        ),
        (
            {
                "AZURE_OPENAI_ENDPOINT": "https://me.openai.azure.com",
                "AZURE_OPENAI_API_KEY": KEY,
                "OPENAI_API_VERSION": "2024-10-21",
            },
            AzureOpenAI,
            "https://me.openai.azure.com/openai/deployments/m/chat/completions?api-version=2024-10-21",
            "api-key",
            KEY,
        ),
        (
            {"MODEL_PROXY_HOST": "https://proxy.colab", "MODEL_PROXY_API_KEY": KEY},
            Colab,
            "https://proxy.colab/models/openapi/chat/completions",
            "Authorization",
            f"Bearer {KEY}",
        ),
    ],
)
def test_the_variables_that_people_have(
    variables: dict[str, str], provider: Any, url: str, name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, setting in variables.items():
        monkeypatch.setenv(variable, setting)
    request = unsent(provider)
    assert request.url == url
    assert header(request, name) == value
    keys = [one for one in request.headers if KEY in header(request, one)]
    assert keys in ([name], ["Authorization"])


def test_an_organization_goes_to_no_vendor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    assert "OpenAI-Organization" not in unsent(get_provider("groq"), api_key=KEY).headers


@pytest.mark.parametrize(
    ("provider", "variable"), [(AzureOpenAI, "AZURE_OPENAI_ENDPOINT"), (Colab, "MODEL_PROXY_HOST")]
)
def test_without_an_address_it_says_which_variable(provider: Any, variable: str) -> None:
    with pytest.raises(errors.ConfigurationError, match=f"Set {variable}"):
        unsent(provider, api_key=KEY)
    assert not provider.available()


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("https://me.openai.azure.com/openai", "https://me.openai.azure.com/openai/v1/chat/completions"),
        ("https://me.openai.azure.com/openai/v1/", "https://me.openai.azure.com/openai/v1/chat/completions"),
        (
            "https://me.openai.azure.com/openai/deployments/d?api-version=1",
            "https://me.openai.azure.com/openai/deployments/d/chat/completions?api-version=1",
        ),
    ],
)
def test_azures_addresses(endpoint: str, url: str) -> None:
    assert built(AzureOpenAI, "hi", "m", base_url=endpoint)[0].url == url


# --- the file -------------------------------------------------------------------------------------------


async def test_a_key_in_the_file_is_used(nothing_set: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve("openai_chat", Answer("Hi"), key=KEY) as server:
        (nothing_set / ".env").write_text(f"OPENAI_API_KEY={KEY}\n")
        with monkeypatch.context() as patch:
            patch.setenv("OPENAI_BASE_URL", server.base_url)
            assert await OpenAI.create_async("m", "hi") == "Hi"
        (nothing_set / ".env").write_text(f"OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL={server.base_url}\n")
        assert await OpenAI.create_async("m", "hi") == "Hi"


async def test_an_address_in_the_file_gets_no_key_from_elsewhere(
    nothing_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr("notebook_chat.providers.service.stored_key", lambda name: KEY)
    with serve("openai_chat", Answer("Hi")) as server:
        (nothing_set / ".env").write_text(f"OPENAI_BASE_URL={server.base_url}\n")
        assert await OpenAI.create_async("m", "hi") == "Hi"
        [request] = server.requests
    assert KEY not in str(request.headers)


def test_the_model_in_the_file_is_asked(nothing_set: Path) -> None:
    (nothing_set / ".env").write_text("NOTEBOOK_CHAT_MODEL=groq:x\n")
    assert default_model() == "groq:x"


# --- names ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "provider", "name"),
    [
        ("gpt-6-luna", "openai", "gpt-6-luna"),
        ("o3-mini", "openai", "o3-mini"),
        ("claude-haiku-5-5", "anthropic", "claude-haiku-5-5"),
        ("gemini-flash-latest", "gemini", "gemini-flash-latest"),
        ("GPT-6-Sol", "openai", "GPT-6-Sol"),
        ("grok-4.3", "xai", "grok-4.3"),
        ("together_ai/openai/gpt-oss-20b", "together", "openai/gpt-oss-20b"),
        ("azure/my-deployment", "azure", "my-deployment"),
        ("ollama_chat/llama3.2:1b", "ollama", "llama3.2:1b"),
        ("hosted_vllm/qwen", "vllm", "qwen"),
        ("lm_studio/qwen", "lmstudio", "qwen"),
    ],
)
def test_names_as_other_tools_have_them(model: str, provider: str, name: str) -> None:
    found, own = resolve(model)
    assert (found.name, own) == (provider, name)


@pytest.mark.parametrize("model", ["gpt", "claude", "ollie", "o", "octopus"])
def test_a_name_that_only_looks_like_one_is_unknown(model: str) -> None:
    with pytest.raises(errors.UnknownProviderError):
        resolve(model)


def test_every_default_is_a_providers_and_none_has_ended() -> None:
    for name, model in DEFAULTS.items():
        assert name in list_providers()
        assert get_provider(name).default_model == model
        ended = successors(model)
        assert ended is None or ended[0] > AS_OF


@pytest.mark.parametrize("model", ["gpt-5-mini", "openai/gpt-5-mini", "gpt-5-mini-2025-08-07", "GPT-5-mini"])
def test_a_model_that_ends_names_its_successors(model: str) -> None:
    found = successors(model)
    assert found is not None
    assert (f"{found[0]}", found[1][0]) == ("2026-12-11", "gpt-6-luna")
    assert successors("gpt-6-luna") is None


# --- servers of one's own -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dialect", "server_dialect"),
    [
        ("openai", "openai_chat"),
        ("openai-responses", "openai_responses"),
        ("anthropic", "anthropic"),
        ("gemini", "gemini"),
        ("ollama", "ollama"),
    ],
)
async def test_a_server_of_any_dialect(
    dialect: str, server_dialect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINE_KEY", KEY)
    monkeypatch.setenv("TENANT", "t-1")
    with serve(server_dialect, Answer("Hi")) as server:
        provider = add_vendor(
            "mine",
            base_url=server.base_url,
            key_env="MINE_KEY",
            dialect=dialect,
            key_header="X-Gateway-Key",
            headers={"X-Tenant": "tenant $TENANT"},
        )
        assert get_provider("mine") is provider
        assert await provider.create_async("m", "hi") == "Hi"
        headers = {name.lower(): value for name, value in server.requests[0].headers}
        await provider.list_models()
    assert headers["x-gateway-key"] == KEY
    assert headers["x-tenant"] == "tenant t-1"
    assert [KEY in value for value in headers.values()].count(True) == 1


def test_what_a_server_cannot_be_given() -> None:
    for options, words in (
        ({"dialect": "klingon"}, "there is no dialect 'klingon'"),
        ({"headers": {"A B": "x"}}, "has a character that no header may have"),
        ({"key_header": "A\nB"}, "has a character that no header may have"),
        ({"base_url": "nowhere"}, "must be an address"),
        ({"key_env": "sk-my-own-key"}, "must be the name of an environment variable"),
    ):
        with pytest.raises(errors.InvalidOptionError, match=words):
            add_vendor("mine", **{"base_url": "http://host", **options})  # type: ignore[arg-type]
    add_vendor("mine", base_url="http://host", headers={"X-Tenant": "$NOT_SET"})
    with pytest.raises(errors.ConfigurationError, match="the variable NOT_SET is not set"):
        unsent(get_provider("mine"))


def test_a_server_is_kept_for_later_kernels(nothing_set: Path) -> None:
    add_vendor(
        "mine", base_url="https://host/v1", dialect="anthropic", key_env="MINE_KEY", headers={"X": "$Y"}
    )
    vendor = vendors.added("mine")
    assert vendor is not None
    vendor_file.keep(vendor)
    vendors._added.clear()
    assert "mine" in list_providers()
    assert issubclass(get_provider("mine"), Anthropic)  # type: ignore[arg-type]
    assert vendor_file.kept() == {"mine": vendor}
    assert vendor_file.forget("mine")
    assert not vendor_file.forget("mine")
    assert "mine" not in list_providers()
    assert [path.name for path in (nothing_set / "home").iterdir()] == ["providers.json"]


def test_no_key_is_kept_in_the_file(nothing_set: Path) -> None:
    add_vendor("mine", base_url="https://host/v1", headers={"X-Api-Key": KEY})
    vendor = vendors.added("mine")
    assert vendor is not None
    with pytest.raises(errors.InvalidOptionError, match=r"write X-Api-Key=\$VARIABLE") as error:
        vendor_file.keep(vendor)
    assert KEY not in str(error.value)
    assert not (nothing_set / "home").exists()


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[1]",
        '[{"name": "mine"}]',
        json.dumps([{"name": "mine", "label": "m", "base_url": "http://a", "dialect": "x"}]),
    ],
)
def test_a_file_that_is_broken_is_left_alone(nothing_set: Path, content: str) -> None:
    path = nothing_set / "home" / "providers.json"
    path.parent.mkdir()
    path.write_text(content)
    assert vendor_file.kept() == {}
    assert "mine" not in list_providers()
    add_vendor("other", base_url="https://host/v1")
    vendor = vendors.added("other")
    assert vendor is not None
    if '"dialect"' not in content:
        with pytest.raises(errors.HistoryError, match="cannot be read"):
            vendor_file.keep(vendor)
        assert path.read_text() == content
