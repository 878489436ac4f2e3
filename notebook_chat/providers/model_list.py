"""The models of several providers at once, also when some of them are down."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Hashable, Iterable
from typing import Any

from .. import exits, faults
from ..errors import ChatError, ProviderError, RequestTimeoutError
from ..secrets import redact
from ..text import single_line
from .http import HTTPProvider
from .registry import get_provider

SECONDS = 300.0
"""For how long a list is remembered. A failure is not."""

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
