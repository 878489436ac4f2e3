"""A prompt whose values are filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .description import DEFAULT_TOKENS
from .extra import Extra


@dataclass(frozen=True, slots=True)
class Filled:
    """A prompt whose values are filled in.

    Attributes:
        text: The prompt: with a value itself where that can stand in a sentence, else with its name.
        values: The values that the prompt names, each once, in order: also those that stand in the text, whose
            ``parts`` are empty then.
    """

    text: str
    values: tuple[Extra, ...] = ()


def fill(typed: str, namespace: Mapping[str, Any], *, tokens: int = DEFAULT_TOKENS) -> Filled:
    """Puts the values of a notebook where a prompt names them.

    Args:
        typed: The prompt, as the user typed it.
        namespace: The notebook's variables.
        tokens: How many tokens a value may take where the prompt does not say.
    """
    return Filled(typed)
