"""Whom a chat asks, and with which options."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from .conversation import DEFAULT_RESERVE
from .errors import UnknownProviderError
from .policy import in_force
from .providers.abilities import check_able
from .providers.adapters import adapt
from .providers.addresses import same_host
from .providers.model_facts import facts_of
from .providers.registry import Provider, default_model, get_provider, resolve
from .question import Target


def check_allowed(target: Target, options: Mapping[str, Any]) -> None:
    """Refuses whom the policy of the machine does not let anybody ask.

    Args:
        target: Who is to be asked.
        options: The options of the request.

    Raises:
        ConfigurationError: It may not be asked, or the policy cannot be read.
    """
    policy = in_force()
    provider = target.provider
    address: str | None = ""
    if policy.names_providers:
        with contextlib.suppress(UnknownProviderError):
            if get_provider(provider.name) is provider:
                place = getattr(provider, "place", None)
                address = place(options)[0] if place is not None else None
        if address == "":
            raise policy.refusal(
                f"{target.name} is a provider whose address nobody knows, which may not be asked"
            )
    policy.check_model(target.name, address)


class Addressee:
    """Whom a chat asks, as it was told when it was made.

    Args:
        provider: A provider's name, a provider class, or a function; ``None`` for the one that a model's name says.
        options: The options of every request, with their secrets wrapped.

    Attributes:
        provider: The provider that was given; ``None`` where a model's name says which.

    Raises:
        ConfigurationError: There is no such provider.
    """

    def __init__(self, provider: Any, options: Mapping[str, Any]) -> None:
        self.provider = get_provider(provider) if isinstance(provider, str) else provider and adapt(provider)
        self._options = options
        self._given_for: Provider | None = None

    def check(self, model: str | None) -> None:
        """Sees to it that there is somebody to ask. The options count as given for whoever that is.

        Args:
            model: ``provider:model``, or with a provider the model's own name; ``None`` for the one that is usual.

        Raises:
            ConfigurationError: The model or an option is unknown, or none can be used yet.
        """
        self._given_for = self.target(model, self._options).provider

    def target(self, model: str | None, options: Mapping[str, Any]) -> Target:
        """Who is asked now; the options checked.

        Args:
            model: As for ``check``.
            options: The options of the request.

        Raises:
            ConfigurationError: The model or an option is unknown, or none can be used yet.
        """
        provider, own_name = self._resolved(model)
        provider.check_options(options)
        own_name = own_name or provider.default_model
        target = Target(provider, own_name, facts_of(provider, own_name, options))
        check_allowed(target, options)
        check_able(target.name, target.facts, options)
        return target

    def _resolved(self, model: str | None) -> tuple[Provider, str]:
        if self.provider is None:
            return resolve(model or default_model())
        return self.provider, model or ""

    def options(self, model: str | None) -> dict[str, Any]:
        """The options for whoever is asked now. A key that was given for one service goes to no other, unless it was
        given beside an address, which is asked then.

        Args:
            model: As for ``check``.
        """
        own = dict(self._options)
        held = own.keys() & {"api_key", "headers"}
        if not held or own.get("base_url"):
            return own
        now, _ = self._resolved(model)
        homes = (str(getattr(now, "url", "")), str(getattr(self._given_for, "url", "")))
        if now is self._given_for or (all(homes) and same_host(*homes)):
            return own
        return {name: value for name, value in own.items() if name not in held}

    def limit(self, target: Target, options: Mapping[str, Any], context: int | None) -> int | None:
        """How many tokens may go out, so that there is room for the answer; ``None`` where that is not known.

        Args:
            target: Who is asked.
            options: The options of the request.
            context: How many tokens the model can read at once; ``None`` for what is known of it.
        """
        context = context or target.provider.context_limit(target.model, options)
        if context is None:
            return None
        return int(max(context - min(options.get("max_tokens") or DEFAULT_RESERVE, context // 2), 1))
