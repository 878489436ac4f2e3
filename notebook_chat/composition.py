"""What the user typed, and what the prompt that goes out is made of besides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec

from .conversation import Included
from .errors import InvalidMessagesError
from .images import image_part
from .messages import ImagePart, Message
from .prompt import Extra, Filled, fill, joined
from .prompt.templates import settled

if TYPE_CHECKING:
    from .prompt.attachments import Way


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What is to go out with a prompt.

    Attributes:
        values: The variables that the prompt may name as ``{name}``; ``None`` where braces mean nothing.
        images: Images, each as ``images.image_part`` takes it.
        files: Files, each as ``prompt.attachments.attach`` takes it.
        file_tokens: How much of each file may be sent, in tokens; ``None`` for what is usual.
        room: How many tokens may go out in all; ``None`` where that is not known.
        way: The way to files on the web; ``None`` for the usual one.
        blind: Who is asked, if that is somebody who takes no images; empty otherwise.
        literals: What stands in the prompt for texts that are only put in at the end, as they are.
        typed: What the user typed, where the prompt comes from a file; empty otherwise.
    """

    values: Mapping[str, Any] | None = None
    images: Sequence[Any] = ()
    files: Sequence[Any] = ()
    file_tokens: int | None = None
    room: int | None = None
    way: Way | None = None
    blind: str = ""
    literals: Mapping[str, str] = field(default_factory=dict)
    typed: str = ""


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
        TransportError: A file cannot be fetched.
    """
    given = [image_part(image) for image in ingredients.images or ()]
    files = _files(ingredients)
    if ingredients.blind:
        _refuse_images(
            ingredients.blind, (*message.parts, *given, *(p for file in files for p in file.parts))
        )
    composed = Composed(message)
    if isinstance(message.content, str):
        filled = Filled(message.content)
        if ingredients.values is not None:
            filled = fill(message.content, ingredients.values)
        filled = replace(filled, text=settled(filled.text, ingredients.literals))
        values = _in_words(filled.values) if ingredients.blind else filled.values
        content: Any = joined(files, filled.text, values)
        composed = _grown(composed, ingredients.typed or message.text, content, (*files, *values))
    elif files:
        before = tuple(part for file in files for part in file.parts)
        composed = _grown(composed, message.text, (*before, *message.content), files)
    if given:
        grown = msgspec.structs.replace(composed.message, content=(*composed.message.parts, *given))
        composed = replace(composed, message=grown)
    return composed


def _files(ingredients: Ingredients) -> tuple[Extra, ...]:
    if not ingredients.files:
        return ()
    from .prompt.attachments import Budget, Way, attach  # few prompts have files

    budget = Budget(ingredients.file_tokens, ingredients.room)
    return attach(ingredients.files, budget, ingredients.way or Way())


def _refuse_images(who: str, parts: Iterable[Any]) -> None:
    """Refuses images that the user has given himself to somebody who takes none.

    Raises:
        InvalidMessagesError: There is one.
    """
    if any(isinstance(part, ImagePart) for part in parts):
        raise InvalidMessagesError(
            f"{who} takes no images", hint="Ask another model, or leave the image out."
        )


def _in_words(extras: Iterable[Extra]) -> tuple[Extra, ...]:
    """What goes along without its images, for somebody who takes none: the texts must do."""
    return tuple(_without_images(extra) for extra in extras)


def _without_images(extra: Extra) -> Extra:
    parts = tuple(part for part in extra.parts if not isinstance(part, ImagePart))
    if len(parts) == len(extra.parts):
        return extra
    return replace(extra, parts=parts, label=f"{extra.label}, as text" if extra.label else "as text")


def _grown(composed: Composed, typed: str, content: Any, extras: Sequence[Extra]) -> Composed:
    message = msgspec.structs.replace(composed.message, content=content)
    if content == typed and not extras:
        return composed
    return Composed(message, typed, (*composed.included, *(extra.included for extra in extras)))
