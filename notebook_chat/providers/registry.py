"""Providers by name, and models by ``provider:model``."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import os
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

from ..errors import ConfigurationError, UnknownProviderError
from .base import AsyncGeneratorProvider
from .foreign import ForeignProvider, adapt
from .vendors import get_vendor, vendor_names

ENTRY_POINTS = "notebook_chat.providers"
"""The group of entry points through which other packages add providers."""

_BUILT_IN = {
    "openai": ".openai:OpenAI",
    "openai-responses": ".openai_responses:OpenAIResponses",
    "anthropic": ".anthropic:Anthropic",
    "gemini": ".gemini:Gemini",
    "ollama": ".ollama:Ollama",
    "local": ".local:Local",
    "aiask": ".aiask:AiAsk",
    "chatanywhere": ".chatanywhere:ChatAnywhere",
}
_ALIASES = {"google": "gemini"}


Provider = type[AsyncGeneratorProvider] | ForeignProvider
"""What can be asked: one of our classes, or something from elsewhere that was made into a provider."""


def list_providers() -> list[str]:
    """The names of all providers: the project's own, the compatible vendors, those of other packages."""
    own = dict.fromkeys((*_BUILT_IN, *vendor_names()))
    return [*own, *sorted(set(_plugins()) - set(own))]


def is_dialect(name: str) -> bool:
    """Whether a name is that of a provider class of the project itself."""
    return name in _BUILT_IN or name in _ALIASES


def get_provider(name: str) -> Provider:
    """The provider of a name, in any case of letters.

    Raises:
        UnknownProviderError: There is none; it names the nearest.
    """
    key = name.strip().lower()
    key = _ALIASES.get(key, key)
    if key in _BUILT_IN:
        module, _, attribute = _BUILT_IN[key].partition(":")
        return cast(
            type[AsyncGeneratorProvider], getattr(importlib.import_module(module, __package__), attribute)
        )
    if (vendor := get_vendor(key)) is not None:
        return vendor
    plugin = _plugins().get(key)
    if plugin is None:
        raise _unknown(name)
    try:
        return adapt(plugin.load())
    except Exception as error:
        raise ConfigurationError(
            f"the provider {name!r} of the package {_package(plugin)} does not load: {error}"
        ) from error


def resolve(model: str) -> tuple[Provider, str]:
    """The provider and the model's own name from ``provider:model`` or ``provider/model``; the name of a
    provider alone means its default model, and a path to a GGUF file means the embedded engine.

    Raises:
        UnknownProviderError: The part before the separator is no provider's name.
    """
    model = model.strip()
    if model.lower().endswith(".gguf") and not model.lower().startswith("local:"):
        return get_provider("local"), model
    known = {*list_providers(), *_ALIASES}
    for separator in (":", "/"):
        name, found, rest = model.partition(separator)
        if found and name.lower() in known:
            return get_provider(name), rest.strip()
    if model.lower() in known:
        return get_provider(model), ""
    raise _unknown(model)


def default_model() -> str:
    """The model to use where nobody said one: ``NOTEBOOK_CHAT_MODEL``, else the first provider whose key is
    in the environment, else the embedded model where its engine is installed.

    Raises:
        ConfigurationError: There is none of these; it says the three ways to get going.
    """
    if named := os.environ.get("NOTEBOOK_CHAT_MODEL", "").strip():
        return named
    for name in (*_BUILT_IN, *vendor_names()):
        provider = get_provider(name)
        if getattr(provider, "needs_auth", False) and cast(Any, provider).key():
            return f"{name}:{provider.default_model}"
    if importlib.util.find_spec("xllamacpp") is not None:
        return f"local:{get_provider('local').default_model}"
    raise ConfigurationError(
        "there is no model to ask yet",
        hint='Install the embedded one (pip install "notebook_chat[local]"), set a key such as '
        "OPENAI_API_KEY, or name a model (%chat use provider:model).",
    )


def _plugins() -> dict[str, EntryPoint]:
    return {point.name.lower(): point for point in entry_points(group=ENTRY_POINTS)}


def _package(plugin: EntryPoint) -> str:
    return plugin.dist.name if plugin.dist else plugin.value


def _unknown(name: str) -> UnknownProviderError:
    names = list_providers()
    near = difflib.get_close_matches(name.lower().partition(":")[0], names, n=1)
    guess = f"Did you mean {near[0]}? " if near else ""
    return UnknownProviderError(
        f"no provider is called {name!r}",
        hint=f"{guess}Write provider:model, such as openai:gpt-5; there are {', '.join(names)}.",
    )
