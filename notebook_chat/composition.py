"""What the user typed, and what the prompt that goes out is made of besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from .conversation import Included
from .images import image_part
from .messages import Message, TextPart
from .prompt import Extra, Filled, fill, joined


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What is to go out with a prompt.

    Attributes:
        values: The variables that the prompt may name as ``{name}``; ``None`` where braces mean nothing.
        images: Images, each as ``images.image_part`` takes it.
        extras: What goes before the prompt, ready as it is.
        typed: What the user typed, where the message is made of it; ``None`` where the message is it.
        closing: What the message ends with, where more is to be said than the user typed; ``""`` for nothing.
    """

    values: Mapping[str, Any] | None = None
    images: Sequence[Any] = ()
    extras: Sequence[Extra] = ()
    typed: str | None = None
    closing: str = ""


@dataclass(frozen=True, slots=True)
class Composed:
    """A prompt that is ready to go out.

    Attributes:
        message: The user's message.
        typed: What the user typed, where the message holds something else; ``None`` where it is the same.
        included: What goes along with it.
    """

    message: Message
    typed: str | None = None
    included: tuple[Included, ...] = ()


def compose(message: Message, ingredients: Ingredients) -> Composed:
    """A prompt with all that is to go out with it.

    Args:
        message: What the user typed, as a message.
        ingredients: What is to go out with it.

    Raises:
        ConfigurationError: Something of it is not usable.
    """
    composed = Composed(message)
    if isinstance(message.content, str) and (ingredients.values is not None or ingredients.extras):
        composed = _with_extras(composed, ingredients)
    if ingredients.closing:
        composed = _closed(composed, ingredients.closing)
    if ingredients.typed is not None:
        composed = replace(composed, typed=ingredients.typed)
    if ingredients.images:
        images = tuple(image_part(image) for image in ingredients.images)
        grown = msgspec.structs.replace(composed.message, content=(*composed.message.parts, *images))
        composed = replace(composed, message=grown)
    return composed


def _with_extras(composed: Composed, ingredients: Ingredients) -> Composed:
    typed, before = composed.message.text, ingredients.extras
    filled = Filled(typed) if ingredients.values is None else fill(typed, ingredients.values)
    return _grown(composed, typed, joined(before, filled.text, filled.values), (*before, *filled.values))


def _closed(composed: Composed, closing: str) -> Composed:
    content = composed.message.content
    content = f"{content}\n\n{closing}" if isinstance(content, str) else (*content, TextPart(closing))
    typed = composed.message.text if composed.typed is None else composed.typed
    return replace(composed, message=msgspec.structs.replace(composed.message, content=content), typed=typed)


def _grown(composed: Composed, typed: str, content: Any, extras: Sequence[Extra]) -> Composed:
    message = msgspec.structs.replace(composed.message, content=content)
    if message == composed.message and not extras:
        return composed
    return Composed(message, typed, (*composed.included, *(extra.included for extra in extras)))
