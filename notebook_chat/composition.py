"""What the user typed, and what the prompt that goes out is made of besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from .cell_record import CellRecord
from .cell_selection import CELLS_TOKENS
from .conversation import Included
from .images import image_part
from .messages import Message, TextPart
from .prompt import Extra, cells_extra, fill, joined, no_cells


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells that are to go out with a prompt.

    Attributes:
        records: They, in the order of the notebook; the last one is the nearest to the one that asks.
        tokens: How many tokens they may take.
        figures: Whether their figures go along.
    """

    records: Sequence[CellRecord]
    tokens: int = CELLS_TOKENS
    figures: bool = True


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What is to go out with a prompt.

    Attributes:
        values: The variables that the prompt may name as ``{name}``; ``None`` where braces mean nothing.
        errors: The tracebacks that the prompt may name as ``{Err[3]}``, by the numbers of their cells.
        context: The cells that the prompt is about; ``None`` where none are asked for.
        images: Images, each as ``images.image_part`` takes it.
    """

    values: Mapping[str, Any] | None = None
    errors: Mapping[int, str] | None = None
    context: Cells | None = None
    images: Sequence[Any] = ()


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
    if ingredients.values is not None and isinstance(message.content, str):
        composed = _with_values(composed, ingredients.values)
    if ingredients.context is not None:
        composed = _with_cells(composed, message.text, ingredients.context)
    if ingredients.images:
        images = tuple(image_part(image) for image in ingredients.images)
        grown = msgspec.structs.replace(composed.message, content=(*composed.message.parts, *images))
        composed = replace(composed, message=grown)
    return composed


def _with_values(composed: Composed, values: Mapping[str, Any]) -> Composed:
    typed = composed.message.text
    filled = fill(typed, values)
    return _grown(composed, typed, joined((), filled.text, filled.values), filled.values)


def _with_cells(composed: Composed, typed: str, cells: Cells) -> Composed:
    """The prompt behind the cells that it is about."""
    extra = cells_extra(cells.records, tokens=cells.tokens, figures=cells.figures)
    if extra is None:
        extra = no_cells("none above has run in this kernel")
    content = composed.message.content
    if extra.parts and isinstance(content, str):
        content = joined((extra,), content, ())
    elif extra.parts:
        content = _behind(extra, composed.message.parts)
    message = msgspec.structs.replace(composed.message, content=content)
    grown = typed if message != composed.message else composed.typed
    return Composed(message, grown, (extra.included, *composed.included))


def _behind(extra: Extra, parts: Sequence[Any]) -> tuple[Any, ...]:
    """The parts of a message behind what goes before it; texts that would stand side by side are one."""
    first = parts[0] if parts else None
    if not isinstance(first, TextPart):
        return (*extra.parts, *parts)
    before = joined((extra,), first.text, ())
    return (*((TextPart(before),) if isinstance(before, str) else before), *parts[1:])


def _grown(composed: Composed, typed: str, content: Any, extras: Sequence[Extra]) -> Composed:
    message = msgspec.structs.replace(composed.message, content=content)
    if message == composed.message and not extras:
        return composed
    return Composed(message, typed, (*composed.included, *(extra.included for extra in extras)))
