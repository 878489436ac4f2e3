"""The models of several providers at once, also when some of them are down."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import time
from collections.abc import Hashable, Iterable
from typing import Any

import msgspec

from .. import exits, faults
from ..errors import ChatError, ProviderError, RequestTimeoutError
from ..secrets import redact
from ..text import single_line
from .http import HTTPProvider
from .model_facts import ModelFacts, facts_of
from .registry import get_provider

SECONDS = 300.0
"""For how long a list is remembered. A failure is not."""

_FEW = 30  # models of a service, about each of which it is asked

_Place = tuple[str, Hashable, Hashable]

_seen: dict[_Place, tuple[float, tuple[str, ...]]] = {}


async def models(
    names: Iterable[str], *, timeout: float = 5.0, refresh: bool = False
) -> dict[str, list[str] | ChatError]:
    """The models of each provider, asked at the same time.

    Args:
        names: The providers' names.
        timeout: How long to wait for each, in seconds.
        refresh: Whether to ask also those whose list is remembered.

    Returns:
        For each name, in the order given, the names of its models, or why they could not be had.
    """
    unique = list(dict.fromkeys(names))
    listed = await asyncio.gather(*(_models(name, timeout, refresh) for name in unique))
    return dict(zip(unique, listed, strict=True))


async def described(
    names: Iterable[str], words: Iterable[str] = (), *, timeout: float = 5.0
) -> dict[str, dict[str, ModelFacts] | ChatError]:
    """The models of each provider with what is known of them. Where a service's list does not say what models can, it
    is asked about single ones, if they are few.

    Args:
        names: The providers' names.
        words: What stands in the names of the models that are wanted, in lower case.
        timeout: How long to wait for each, in seconds.

    Returns:
        For each name, in the order given, the wanted models, or why they could not be had.
    """
    wanted = tuple(words)
    listed = await models(names, timeout=timeout)
    chosen: dict[str, list[str] | ChatError] = {
        name: found
        if isinstance(found, ChatError)
        else [model for model in found if all(word in model.lower() for word in wanted)]
        for name, found in listed.items()
    }
    few = {name: found for name, found in chosen.items() if isinstance(found, list) and len(found) <= _FEW}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout):
            await asyncio.gather(*(_look_up(name, found) for name, found in few.items()))
    return {
        name: found
        if isinstance(found, ChatError)
        else {model: _offered(get_provider(name), model) for model in found}
        for name, found in chosen.items()
    }


def _offered(provider: Any, model: str) -> ModelFacts:
    """What is known of a model, as far as its provider has a place for it."""
    facts = facts_of(provider, model)
    options = getattr(provider, "options", None)
    told: dict[str, Any] = {"context": facts.context or provider.context_limit(model, {})}
    if not getattr(provider, "takes_images", True):
        told["images"] = False
    if (taken := getattr(provider, "takes_files", None)) is not None and (
        not taken or facts.files is not None
    ):
        told["files"] = taken & (facts.files or taken)
    if options is not None:
        told |= {name: False for name in ("schema", "web") if name not in options}
        told |= {} if "effort" in options else {"efforts": ()}
    return msgspec.structs.replace(facts, **told)


async def _look_up(name: str, models: list[str]) -> None:
    provider: Any = get_provider(name)
    if models and isinstance(provider, type) and issubclass(provider, HTTPProvider):
        await provider.look_up(models)


def remembered() -> list[str]:
    """The models of the lists that are remembered, as ``provider:model``. Nobody is asked."""
    now = time.monotonic()
    lists = [(place[0], names) for place, (until, names) in list(_seen.items()) if now < until]
    return [f"{provider}:{name}" for provider, names in lists for name in names]


async def _models(name: str, timeout: float, refresh: bool) -> list[str] | ChatError:
    try:
        provider: Any = get_provider(name)
        place = _place(name, provider)
        until, known = _seen.get(place, (0.0, ()))
        if refresh or time.monotonic() >= until:
            async with asyncio.timeout(timeout):
                known = tuple(single_line(redact(one)) for one in await _listed(provider))
            _seen[place] = time.monotonic() + SECONDS, known
        return list(known)
    except ChatError as error:
        return error
    except TimeoutError:
        return RequestTimeoutError(f"no list of models within {timeout:g} s", provider=name)
    except Exception as error:  # a provider from elsewhere raises what it likes, and the others go on
        return ProviderError(f"{type(error).__name__}: {faults.words(error)}", provider=name)
    except BaseException as error:
        if not exits.is_foreign(error):
            raise
        return exits.contained(error, provider=name)


def _place(name: str, provider: Any) -> _Place:
    """What a list is remembered by: the provider's name, and its address and key, since others may have other
    models."""
    if isinstance(provider, type) and issubclass(provider, HTTPProvider):
        connection = provider.connection({})
        return name, connection.base_url, connection.api_key
    return name, None, None


async def _listed(provider: Any) -> Iterable[str]:
    lister = getattr(provider, "list_models", None)
    listed = getattr(provider, "models", ()) if lister is None else lister()
    return await listed if inspect.isawaitable(listed) else listed
