"""What the user typed, and what the prompt that goes out is made of besides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec

from .cell_record import CellRecord
from .cell_selection import CELLS_TOKENS
from .conversation import Included, PromptLayout
from .errors import InvalidMessagesError
from .images import image_part
from .messages import ImagePart, Message
from .prompt import Extra, Filled, ahead_of, cells_extra, fill, joined, no_cells
from .prompt.templates import settled

if TYPE_CHECKING:
    from .prompt.attachments import Way


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
        files: Files, each as ``prompt.attachments.attach`` takes it.
        file_tokens: How much of each file may be sent, in tokens; ``None`` for what is usual.
        room: How many tokens may go out in all; ``None`` where that is not known.
        way: The way to files on the web; ``None`` for the usual one.
        blind: Who is asked, if that is somebody who takes no images; empty otherwise.
        literals: What stands in the prompt for texts that are only put in at the end, as they are.
        extras: What goes before the prompt, ready as it is.
        closing: What the message ends with, where more is to be said than the user typed; ``""`` for nothing.
        typed: What the user typed, where the message is made of it; ``None`` where the message is it.
    """

    values: Mapping[str, Any] | None = None
    errors: Mapping[int, str] | None = None
    context: Cells | None = None
    images: Sequence[Any] = ()
    files: Sequence[Any] = ()
    file_tokens: int | None = None
    room: int | None = None
    way: Way | None = None
    blind: str = ""
    literals: Mapping[str, str] = field(default_factory=dict)
    extras: Sequence[Extra] = ()
    closing: str = ""
    typed: str | None = None


@dataclass(frozen=True, slots=True)
class Composed:
    """A prompt that is ready to go out.

    Attributes:
        message: The user's message.
        typed: What the user typed, where the message holds something else; ``None`` where it is the same.
        extras: What goes along with it, as the model is told of it.
        layout: Where in the message what was typed stands; ``None`` where that is all of it, or not known.
    """

    message: Message
    typed: str | None = None
    extras: tuple[Extra, ...] = ()
    layout: PromptLayout | None = None

    @property
    def included(self) -> tuple[Included, ...]:
        """What goes along with it, as a turn remembers it."""
        return tuple(extra.included for extra in self.extras)


def compose(message: Message | Composed, ingredients: Ingredients) -> Composed:
    """A prompt with all that is to go out with it: cells first, then files, the prompt, the values that it names.

    Args:
        message: What the user typed, as a message; or what was composed before, which goes out as it is.
        ingredients: What is to go out with it.

    Raises:
        ConfigurationError: Something of it is not usable.
        TransportError: A file cannot be fetched.
    """
    if isinstance(message, Composed):
        if ingredients.blind:
            _refuse_images(ingredients.blind, message.message.parts)
        return message
    given = tuple(image_part(image) for image in ingredients.images or ())
    files = _files(ingredients)
    if ingredients.blind:
        own = (*message.parts, *given, *(part for file in files for part in file.parts))
        _refuse_images(ingredients.blind, own)
    before = (*_cells(ingredients), *files, *ingredients.extras)
    filled = _filled(message, ingredients)
    values = filled.values
    if ingredients.blind:
        before, values = _in_words(before), _in_words(values)
    prompt = message.content if not isinstance(message.content, str) else filled.text
    content = joined(before, prompt, values, images=given, closing=ingredients.closing)
    typed = message.text if ingredients.typed is None else ingredients.typed
    extras = (*before, *values)
    sent = message if content == message.content else msgspec.structs.replace(message, content=content)
    changed = bool(extras) or sent.text != typed
    layout = None
    if changed or _may_name_values(message, ingredients):
        images = sum(isinstance(part, ImagePart) for part in (*message.parts, *given))
        fills = _may_fill(message, ingredients)
        layout = PromptLayout(len(before), *ahead_of(before, prompt), images, fills)
    return Composed(sent, typed if changed else None, extras, layout)


def _may_fill(message: Message, ingredients: Ingredients) -> bool:
    """Whether what stands in the message is what was typed, in which braces mean values."""
    made = ingredients.typed is not None or ingredients.closing or ingredients.literals
    return ingredients.values is not None and not made and isinstance(message.content, str)


def _may_name_values(message: Message, ingredients: Ingredients) -> bool:
    return _may_fill(message, ingredients) and ("{" in message.text or "$`" in message.text)


def _filled(message: Message, ingredients: Ingredients) -> Filled:
    """The prompt's text with its values; a message of parts stays as it is."""
    if not isinstance(message.content, str):
        return Filled(message.text)
    filled = Filled(message.content)
    if ingredients.values is not None:
        filled = fill(message.content, ingredients.values, errors=ingredients.errors)
    return replace(filled, text=settled(filled.text, ingredients.literals))


def _cells(ingredients: Ingredients) -> tuple[Extra, ...]:
    cells = ingredients.context
    if cells is None:
        return ()
    extra = cells_extra(cells.records, tokens=cells.tokens, figures=cells.figures and not ingredients.blind)
    return (extra or no_cells("none above has run in this kernel"),)


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
