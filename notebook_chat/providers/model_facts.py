"""What is known of models: how much they read, what they take and give, what they cost, when they end."""

from __future__ import annotations

from datetime import date

import msgspec

from .context_limits import known_limit


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


def known_facts(model: str) -> ModelFacts:
    """What is known of a model without asking anybody.

    Args:
        model: Its own name, also with its vendor's before it.
    """
    return ModelFacts(context=known_limit(model))
