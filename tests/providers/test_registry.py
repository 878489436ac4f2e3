"""Providers by name: what is looked for where, what a name without a provider means, and how much a model can read."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from notebook_chat import Chat
from notebook_chat.errors import InvalidOptionError, UnknownProviderError
from notebook_chat.providers import AsyncGeneratorProvider, Local, OpenAI, list_providers, registry
from notebook_chat.providers.registry import resolve


@pytest.fixture
def scans(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The groups of entry points that the environment was searched for."""
    real, groups = metadata.entry_points, []

    def counted(*, group: str) -> Any:
        groups.append(group)
        return real(group=group)

    monkeypatch.setattr(metadata, "entry_points", counted)
    registry._scanned.cache_clear()
    return groups


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("openai:gpt-5", "gpt-5"),
        ("OpenAI:org/gpt-5:free", "org/gpt-5:free"),
        ("openai/gpt-5", "gpt-5"),
        (" openai ", ""),
    ],
)
def test_own_names_do_without_a_look_at_the_environment(name: str, model: str, scans: list[str]) -> None:
    assert resolve(name) == (OpenAI, model)
    assert scans == []


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("/x/model.gguf", "/x/model.gguf"),
        ("model.GGUF", "model.GGUF"),
        ("C:\\x.gguf", "C:\\x.gguf"),
        ("hf:own/repo:x.gguf", "hf:own/repo:x.gguf"),
        ("local:x.gguf", "x.gguf"),
    ],
)
def test_a_file_of_weights_is_a_model_of_the_embedded_engine(name: str, model: str) -> None:
    assert resolve(name) == (Local, model)


def test_a_file_in_a_folder_that_is_called_as_a_provider(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert resolve("openai/x.gguf") == (OpenAI, "x.gguf")
    (tmp_path / "openai").mkdir()
    (tmp_path / "openai" / "x.gguf").touch()
    assert resolve("openai/x.gguf") == (Local, "openai/x.gguf")


def package(folder: Path, name: str) -> None:
    """Installs a package with a provider into the folder."""
    (folder / f"{name}_provider.py").write_text(
        "from notebook_chat.providers import AsyncGeneratorProvider\n"
        f"class Made(AsyncGeneratorProvider):\n    name = {name!r}\n"
    )
    info = folder / f"{name}-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Name: {name}\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[notebook_chat.providers]\n{name} = {name}_provider:Made\n")


def test_other_packages_are_searched_once_and_again_after_an_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scans: list[str]
) -> None:
    monkeypatch.setattr(
        sys, "dont_write_bytecode", True
    )  # which would change the folder as an installation does
    package(tmp_path, "first")
    monkeypatch.syspath_prepend(tmp_path)
    for _ in range(3):
        assert resolve("first:m")[0].name == "first"
    assert len(scans) == 1
    assert "second" not in list_providers()
    package(tmp_path, "second")
    assert "second" in list_providers()
    assert len(scans) == 2
    with pytest.raises(UnknownProviderError, match="first"):
        resolve("firs:m")
    for name in ("first", "second"):
        sys.modules.pop(f"{name}_provider", None)


# --- how much a model can read ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "options", "limit"),
    [
        ("openai:gpt-4", {}, 8192),
        ("openai:gpt-4o-mini", {}, 128_000),
        ("openrouter:anthropic/claude-sonnet-4", {}, 200_000),
        ("local:/x/gpt-5.gguf", {}, 8192),
        ("local", {}, 8192),
        ("local", {"n_ctx": 1024}, 1024),
        ("lmstudio:unheard-of", {}, None),
    ],
)
def test_the_limits_that_are_known(model: str, options: dict[str, Any], limit: int | None) -> None:
    provider, name = resolve(model)
    assert provider.context_limit(name, options) == limit


def test_a_provider_of_ones_own_says_its_limit_and_its_options() -> None:
    class Short(AsyncGeneratorProvider):
        """Reads a few words, and has an option of its own."""

        options = frozenset({"loud"})

        @classmethod
        def context_limit(cls, model: str, options: Any) -> int:
            return 100

        @classmethod
        async def stream(cls, model: str, messages: Any, **options: Any) -> Any:
            yield str(len(messages))

    chat = Chat(provider=Short, loud=True)
    assert [chat.ask("word " * 30) for _ in range(4)] == ["1", "1", "1", "1"]
    with pytest.raises(InvalidOptionError, match="n_ctx"):
        Chat(provider=Short, n_ctx=100)


@pytest.mark.parametrize("context", [10, True, "8192"])
def test_a_context_out_of_range_is_refused_at_once(context: Any) -> None:
    with pytest.raises(InvalidOptionError, match="n_ctx must be a whole number"):
        Chat("local", n_ctx=context)
