"""What is known of models: how much they read, what they take and give, what they cost, when they end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

import msgspec

from .facts_table import FAMILIES, PRICES
from .model_table import successors

_RELEASE = re.compile(r"-(?:latest|preview|20\d\d-?\d\d-?\d\d)$")


class ModelFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a model. ``None``: it is not known, so it is tried.

    Attributes:
        context: How many tokens it can read at once.
        output: How many tokens it can write at once.
        images: Whether it takes images.
        files: The media types of the files that it takes, such as ``application/pdf``.
        tools: Whether it can call tools.
        schema: Whether its answers can be made to fit a schema.
        web: Whether its service can search the web for it.
        efforts: How hard it can be asked to think, in words of ``EFFORTS``; empty where it does not think.
        sampling: Whether it takes ``temperature`` and ``top_p``.
        gives: What it can make besides text: ``image``, ``audio``.
        input_price, output_price, cached_price: US dollars for a million tokens of the prompt, of the answer, and of
            the prompt where it was read from the cache.
        ends: The day on which it is shut down.
    """

    context: int | None = None
    output: int | None = None
    images: bool | None = None
    files: frozenset[str] | None = None
    tools: bool | None = None
    schema: bool | None = None
    web: bool | None = None
    efforts: tuple[str, ...] | None = None
    sampling: bool | None = None
    gives: frozenset[str] | None = None
    input_price: float | None = None
    output_price: float | None = None
    cached_price: float | None = None
    ends: date | None = None

    def over(self, other: ModelFacts) -> ModelFacts:
        """These facts, and those of another source where there are none.

        Args:
            other: What the other source says.
        """
        own = {name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not None}
        return msgspec.structs.replace(other, **own) if own else other


UNKNOWN = ModelFacts()
"""Nothing is known."""


@lru_cache(maxsize=2048)
def known_facts(model: str) -> ModelFacts:
    """What is known of a model without asking anybody.

    Args:
        model: Its own name, also with its vendor's before it.
    """
    name = model.rpartition("/")[2].strip().lower()
    before, _, behind = name.partition(":")  # of a provider, or of a tag such as ``:free``
    fields: dict[str, Any] = {}
    for name in (before, behind):
        for beginning, told in FAMILIES:
            if name.startswith(beginning):
                fields |= {key: (len(beginning), value) for key, value in told.items()
                           if fields.get(key, (0, None))[0] <= len(beginning)}  # fmt: skip
        if fields:
            break
    else:
        name = behind or before
    facts = {key: value for key, (_, value) in fields.items()}
    if price := PRICES.get(_RELEASE.sub("", name)):
        facts |= dict(zip(("input_price", "output_price", "cached_price"), price, strict=True))
    ended = successors(name)
    return ModelFacts(**facts, ends=ended[0] if ended else None)


# --- what services have told ------------------------------------------------------------------------------

_MOST_PLACES = 100
_listed: dict[tuple[str, str], dict[str, ModelFacts]] = {}


def remember(provider: str, address: str, facts: Mapping[str, ModelFacts]) -> None:
    """Keeps what a service has said of its models, as long as the process runs.

    Args:
        provider: The provider's name.
        address: Where the service is.
        facts: What it has said, by the models' names.
    """
    if len(_listed) >= _MOST_PLACES and (provider, address) not in _listed:
        _listed.pop(next(iter(_listed)))
    known = _listed.setdefault((provider, address), {})
    for model, told in facts.items():
        if told != UNKNOWN:
            known[model] = told.over(known.get(model, UNKNOWN))


def facts_of(provider: Any, model: str, options: Mapping[str, Any] | None = None) -> ModelFacts:
    """What is known of a model where it is asked, without asking anybody: what its service has said in a list, else
    what the table says. At an address that is not its vendor's a name may be anybody's, and tells no more than how much
    a model of that name reads.

    Args:
        provider: The provider.
        model: The model's own name; empty for the provider's default.
        options: The options of the request, which may have another address.
    """
    model = model or provider.default_model
    place = getattr(provider, "place", None)
    address, at_home = place(options or {}) if place is not None else ("", False)
    table = known_facts(model)
    if not at_home:
        table = ModelFacts(context=table.context)
    listed = _listed.get((provider.name, address), {}).get(model)
    return table if listed is None else listed.over(table)
