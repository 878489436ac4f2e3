"""What a model is asked for that it cannot, refused by name before anything is sent; what is not known is tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InvalidOptionError
from .effort import tokens
from .model_facts import ModelFacts
from .options import MISSING


def check_able(name: str, facts: ModelFacts, options: Mapping[str, Any]) -> None:
    """Refuses options that ask for what a model is known not to be able to.

    Args:
        name: Who is asked, as ``provider:model``.
        facts: What is known of the model.
        options: The options by name, each of a right value.

    Raises:
        InvalidOptionError: It names what the model cannot, and who can.
    """
    for option in MISSING:  # data are had from everybody: who has no place for a schema is told in words
        if _cannot(option, facts) and _asks(option, options.get(option)):
            words, hint = MISSING[option]
            raise InvalidOptionError(f"{name} {words}", hint=hint)


def needed(facts: ModelFacts, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options without what says nothing: that a model which does not think is not to think.

    Args:
        facts: What is known of the model.
        options: The options by name.
    """
    kept = dict(options)
    if "effort" in kept and facts.efforts == () and not _asks("effort", kept["effort"]):
        del kept["effort"]
    return kept


def _asks(option: str, value: Any) -> bool:
    """Whether an option's value asks for anything."""
    if option == "effort":
        return value is not None and tokens(value) > 0
    return bool(value)


def _cannot(option: str, facts: ModelFacts) -> bool:
    if option == "effort":
        return facts.efforts == ()
    if option == "tool_choice":
        return False  # without tools it says nothing
    return getattr(facts, option) is False
