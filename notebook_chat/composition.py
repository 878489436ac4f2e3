"""What the user typed, and what the prompt that goes out is made of besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from .conversation import Included
from .images import image_part
from .messages import Message
from .prompt import Extra, fill, joined


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What is to go out with a prompt.

    Attributes:
        values: The variables that the prompt may name as ``{name}``; ``None`` where braces mean nothing.
        images: Images, each as ``images.image_part`` takes it.
    """

    values: Mapping[str, Any] | None = None
    images: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Composed:
    """A prompt that is ready to go out.

    Attributes:
        message: The user's message.
        typed: What the user typed, where the message holds something else; ``None`` where it is the same.
        included: What goes along with it.
        extras: That itself, as the model is told of it.
    """

    message: Message
    typed: str | None = None
    included: tuple[Included, ...] = ()
    extras: tuple[Extra, ...] = ()


def compose(message: Message, ingredients: Ingredients) -> Composed:
    """A prompt with all that is to go out with it.

    Args:
        message: What the user typed, as a message.
        ingredients: What is to go out with it.

    Raises:
        ConfigurationError: Something of it is not usable.
    """
    composed = Composed(message)
    if ingredients.values is not None and isinstance(message.content, str):
        composed = _with_values(composed, ingredients.values)
    if ingredients.images:
        images = tuple(image_part(image) for image in ingredients.images)
        grown = msgspec.structs.replace(composed.message, content=(*composed.message.parts, *images))
        composed = replace(composed, message=grown)
    return composed


def _with_values(composed: Composed, values: Mapping[str, Any]) -> Composed:
    typed = composed.message.text
    filled = fill(typed, values)
    return _grown(composed, typed, joined((), filled.text, filled.values), filled.values)


def _grown(composed: Composed, typed: str, content: Any, extras: Sequence[Extra]) -> Composed:
    message = msgspec.structs.replace(composed.message, content=content)
    if message == composed.message and not extras:
        return composed
    included = (*composed.included, *(extra.included for extra in extras))
    return Composed(message, typed, included, (*composed.extras, *extras))
