"""Providers by name, and models by ``provider:model``."""

from __future__ import annotations

import difflib
import importlib
import os
import re
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from .. import environment, faults
from ..errors import ConfigurationError, UnknownProviderError
from .adapters import ForeignProvider, adapt
from .base import AsyncGeneratorProvider
from .built_in import ALIASES, BARE_NAMES, BUILT_IN
from .options import check_model
from .vendors import get_vendor, is_vendor, vendor_names

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINTS = "notebook_chat.providers"
"""The group of entry points through which other packages add providers."""

Provider = type[AsyncGeneratorProvider] | ForeignProvider
"""What can be asked: one of our classes, or something from elsewhere that was made into a provider."""


def list_providers() -> list[str]:
    """The names of all providers: the project's own, the compatible vendors, those of other packages."""
    own = _own_names()
    return [*own, *sorted(set(_plugins()) - set(own))]


def get_provider(name: str) -> Provider:
    """The provider of a name.

    Args:
        name: The name, in any case of letters.

    Raises:
        UnknownProviderError: There is none; it names the nearest.
        ConfigurationError: The package that has it does not load.
    """
    key = name.strip().lower()
    if (own := _own(key)) is not None:
        return own
    plugin = _plugins().get(key)
    if plugin is None:
        raise _unknown(name)
    try:
        return adapt(plugin.load())
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        raise ConfigurationError(
            f"the provider {name!r} of the package {_package(plugin)} does not load: {faults.words(error)}"
        ) from error


def resolve(model: str) -> tuple[Provider, str]:
    """The provider and the model's own name from what a user calls a model.

    Args:
        model: ``provider:model`` or ``provider/model``; the name of a provider alone, for its default model; a name
            that a provider accepts as it is, such as the path of a GGUF file; or one whose vendor is known, such as
            ``claude-haiku-5-5``.

    Raises:
        UnknownProviderError: The part before the separator is no provider's name.
    """
    model = check_model(model).strip()
    name, found, rest = model.partition(":")
    if found and _is_known(name):
        return get_provider(name), rest.strip()
    name, _, rest = model.partition("/")
    if _is_known(name) and not os.path.isfile(model):  # noqa: PTH113
        return get_provider(name), rest.strip()
    if (accepting := _accepting(model)) is not None:
        return accepting, model
    for beginning, vendor in BARE_NAMES:
        if re.match(beginning, model, re.IGNORECASE):
            return get_provider(vendor), model
    raise _unknown(model)


def default_model() -> str:
    """The model to use where nobody said one: ``NOTEBOOK_CHAT_MODEL``, else that of the first provider whose key is
    at hand, else that of the first that needs none and is installed.

    Raises:
        ConfigurationError: There is none of these; it says the three ways to get going.
    """
    if named := environment.find("NOTEBOOK_CHAT_MODEL"):
        return named.value
    own = ((name, get_provider(name)) for name in _own_names())
    usable = [(name, provider) for name, provider in own if provider.available()]
    for name, provider in sorted(usable, key=lambda found: not found[1].needs_auth):
        return f"{name}:{provider.default_model}"
    raise ConfigurationError(
        "there is no model to ask yet",
        hint='Install the embedded one (pip install "notebook_chat[local]"), set a key such as '
        "OPENAI_API_KEY, or name a model (%chat use provider:model).",
    )


def _own_names() -> list[str]:
    return list(dict.fromkeys((*BUILT_IN, *vendor_names())))


def _own(name: str) -> type[AsyncGeneratorProvider] | None:
    """The project's own provider of a name, or the vendor's."""
    name = ALIASES.get(name, name)
    if name not in BUILT_IN:
        return get_vendor(name)
    module, _, attribute = BUILT_IN[name].partition(":")
    provider: type[AsyncGeneratorProvider] = getattr(importlib.import_module(module, __package__), attribute)
    return provider


def _is_known(name: str) -> bool:
    """Whether there is a provider of a name. Other packages' are looked for last, since that takes a while."""
    name = name.lower()
    return name in BUILT_IN or name in ALIASES or is_vendor(name) or name in _plugins()


def _accepting(model: str) -> Provider | None:
    """The first of the project's own providers that takes the whole name as a model's."""
    providers = (get_provider(name) for name in BUILT_IN)
    return next((provider for provider in providers if provider.accepts(model)), None)


def _plugins() -> dict[str, EntryPoint]:
    """The entry points of other packages, by name."""
    return _scanned(tuple((place, _changed(place)) for place in sys.path))


@lru_cache(maxsize=1)
def _scanned(places: tuple[tuple[str, int], ...]) -> dict[str, EntryPoint]:
    """Looks through all installed packages, once for each state of the folders that they are in."""
    from importlib.metadata import entry_points

    return {point.name.lower(): point for point in entry_points(group=ENTRY_POINTS)}


def _changed(place: str) -> int:
    """When a folder was last changed, as it is by an installation, in nanoseconds; 0 where there is none."""
    try:
        return Path(place or ".").stat().st_mtime_ns
    except OSError:
        return 0


def _package(plugin: EntryPoint) -> str:
    return plugin.dist.name if plugin.dist else plugin.value


def _unknown(name: str) -> UnknownProviderError:
    names = list_providers()
    near = difflib.get_close_matches(name.lower().partition(":")[0], names, n=1)
    guess = f"Did you mean {near[0]}? " if near else ""
    return UnknownProviderError(
        f"no provider is called {name!r}",
        hint=f"{guess}Write provider:model, such as openai:gpt-6-luna; there are {', '.join(names)}.",
    )
