"""What a request to Anthropic's messages says of the model's thinking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .. import errors
from . import anthropic_models, effort
from .anthropic_models import Manner
from .model_facts import known_facts

_LEAST = 1024
"""The least number of tokens to think with that the API takes."""

_ANSWER = 8192
"""How many tokens are kept for the answer itself, at least, where a model thinks with a number of tokens."""

_SAMPLING = ("temperature", "top_p")


class Thinking(NamedTuple):
    """The fields of a request that are about thinking.

    Attributes:
        thinking: The field of that name, if one is sent.
        effort: The word in ``output_config``, if one is sent.
        max_tokens: The bound on the answer, the thoughts included.
        told: What the reader is told, where it is not as it was asked for.
    """

    thinking: dict[str, Any] | None
    effort: str | None
    max_tokens: int
    told: str = ""


def asked(model: str, options: Mapping[str, Any], usual: int) -> Thinking:
    """What is sent for the ``effort`` that was asked for; without one, that thoughts are to be shown.

    Args:
        model: The model's name.
        options: The options of the call, checked.
        usual: The bound on the answer where the caller sets none.

    Raises:
        InvalidOptionError: The caller's bound leaves no room to think.
    """
    how = anthropic_models.manner(model)
    wanted, most = options.get("effort"), options.get("max_tokens")
    bound = most or usual
    if "thinking" in (options.get("extra_body") or {}):  # which says all of it
        return Thinking(None, None, bound)
    if wanted is None:
        return Thinking(_adaptive() if how.unasked else None, None, bound)
    if wanted in ("none", 0):
        return _without(model, how, bound)
    if _thinks_not(model):
        return Thinking(None, None, bound)
    if how.budget and (isinstance(wanted, int) or not how.adaptive):
        return _budget(model, wanted, most, usual)
    return Thinking(_adaptive(), effort.nearest(wanted, _words(model, how)), bound)


def left_out(model: str, options: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the options that a model does not take, or not while it thinks.

    Args:
        model: The model's name.
        options: The options of the call.
    """
    out = [name for name in _SAMPLING if options.get(name) is not None]
    thinking = options.get("effort") not in (None, "none", 0) and not _thinks_not(model)
    refused = known_facts(model).sampling
    if refused is None:
        refused = anthropic_models.manner(model).sampling
    if refused is not False:
        # While it thinks, the service takes its own temperature alone, which is 1.
        out = [name for name in out if thinking and options[name] != 1]
    if options.get("effort") is not None and _thinks_not(model):
        out.append("effort")
    return tuple(out)


def _adaptive() -> dict[str, Any]:
    return {"type": "adaptive", "display": "summarized"}


def _thinks_not(model: str) -> bool:
    return known_facts(model).efforts == () and not anthropic_models.is_known(model)


def _words(model: str, how: Manner) -> tuple[str, ...]:
    known = known_facts(model).efforts
    if known is None:
        return how.efforts
    return tuple(word for word in how.efforts if word in known) or how.efforts


def _without(model: str, how: Manner, bound: int) -> Thinking:
    """As little thinking as there can be."""
    if not how.off:
        lowest = effort.nearest("none", _words(model, how))
        told = f"{model} cannot be kept from thinking: asking for as little as it can ({lowest})"
        return Thinking(_adaptive(), lowest, bound, told)
    if _thinks_not(model) or (anthropic_models.is_known(model) and not how.unasked):
        return Thinking(None, None, bound)
    return Thinking({"type": how.off}, None, bound)


def _budget(model: str, wanted: str | int, most: int | None, usual: int) -> Thinking:
    """A number of tokens to think with, which are a part of those of the answer."""
    tokens = max(effort.tokens(wanted), _LEAST)
    if most is not None:
        if most <= _LEAST:
            raise errors.InvalidOptionError(
                f"max_tokens is {most}, which leaves {model} no room to think",
                hint=f"Give more than {_LEAST:,}, or no effort.",
            )
        tokens = max(_LEAST, min(tokens, most * 3 // 4))
        return Thinking(_enabled(tokens), None, most)
    largest = known_facts(model).output or usual
    if isinstance(wanted, str):
        tokens = max(_LEAST, min(tokens, largest * 3 // 4))
    return Thinking(_enabled(tokens), None, max(min(usual, largest), tokens + _ANSWER))


def _enabled(tokens: int) -> dict[str, Any]:
    return {"type": "enabled", "budget_tokens": tokens}
