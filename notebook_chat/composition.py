"""What the user typed, and what the prompt that goes out is made of besides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, Any, Self

import msgspec

from .cell_record import CellRecord
from .cell_selection import CELLS_TOKENS, CellSelection
from .conversation import Conversation, Included, PromptLayout, Turn
from .errors import ConfigurationError, InvalidMessagesError, InvalidOptionError
from .images import image_part
from .ledger import Books
from .messages import ImagePart, MediaPart, Message, MessageLike, normalize
from .parts import Part
from .prompt import Extra, Filled, LoadedPrompt, ahead_of, cells_extra, fill, joined, no_cells
from .prompt.secrets.disclosure import Disclosure, Words
from .prompt.templates import settled
from .providers.file_types import kind_of, takers
from .providers.options import check_proxy, check_ssl, check_transport, integer
from .question import Target
from .session import session

if TYPE_CHECKING:
    from .prompt.attachments import Recipient, Way


_KINDS: tuple[tuple[str, tuple[type, ...], str], ...] = (
    ("images", (list, tuple), "a list"),
    ("files", (list, tuple), "a list"),
    ("values", (Mapping,), "a dict of variables"),
)


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
        asked: Who is asked; none for somebody who takes images, and no files.
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
    asked: Sequence[Target] = ()
    literals: Mapping[str, str] = field(default_factory=dict)
    extras: Sequence[Extra] = ()
    closing: str = ""
    typed: str | None = None

    @property
    def sees(self) -> bool:
        """Whether somebody of those who are asked takes images."""
        return not self.asked or any(target.images for target in self.asked)

    @classmethod
    def gathered(cls, *, context: Any, **given: Any) -> Self:
        """The ingredients of what a caller gives, checked.

        Args:
            context: The cells, as ``CellSelection.of`` takes them.
            **given: The other fields.

        Raises:
            ConfigurationError: Something is of another type, or there are no such cells.
        """
        for name, kinds, rule in _KINDS:
            if given[name] is not None and not isinstance(given[name], kinds):
                raise InvalidOptionError(f"{name} must be {rule}, not {type(given[name]).__name__}")
        if given["file_tokens"] is not None:
            given["file_tokens"] = int(integer(1)("file_tokens", given["file_tokens"]))
        errors = _errors() if given["values"] is not None else None
        return cls(context=_selected(context), errors=errors, **given)


@dataclass(frozen=True, slots=True)
class Composed:
    """A prompt that is ready to go out.

    Attributes:
        message: The user's message.
        typed: What the user typed, where the message holds something else; ``None`` where it is the same.
        extras: What goes along with it, as the model is told of it.
        figures: Whether all images in it are figures that went along with cells or values, without which it can be
            asked as well.
        layout: Where in the message what was typed stands; ``None`` where that is all of it, or not known.
    """

    message: Message
    typed: str | None = None
    extras: tuple[Extra, ...] = ()
    figures: bool = False
    layout: PromptLayout | None = None

    @classmethod
    def again(cls, turn: Turn) -> Self:
        """What a turn's prompt was, with all that went along with it.

        Args:
            turn: The turn.
        """
        extras = tuple(Extra(one.name, (), one.label, one.digest) for one in turn.included)
        figures = turn.layout is not None and not turn.layout.images
        return cls(turn.prompt, turn.typed, extras, figures, turn.layout)

    @property
    def included(self) -> tuple[Included, ...]:
        """What goes along with it, as a turn remembers it."""
        return tuple(extra.included for extra in self.extras)


def compose(prompt: MessageLike | LoadedPrompt | Composed, ingredients: Ingredients) -> Composed:
    """A prompt with all that is to go out with it: cells first, then files, the prompt, the values that it names.

    Args:
        prompt: What the user typed, as a text or a message; or what was composed before, which goes out as it is.
        ingredients: What is to go out with it.

    Raises:
        ConfigurationError: Something of it is not usable.
        TransportError: A file cannot be fetched.
    """
    if isinstance(prompt, Composed):
        kept = (part for part in prompt.message.parts if not (prompt.figures and isinstance(part, ImagePart)))
        _refuse(ingredients.asked, kept)
        return prompt
    [message] = normalize([prompt.text if isinstance(prompt, LoadedPrompt) else prompt])
    given = tuple(image_part(image) for image in ingredients.images or ())
    files = _files(ingredients)
    own = (*message.parts, *given, *(part for file in files for part in file.parts))
    kept = (part for extra in ingredients.extras for part in extra.parts if not isinstance(part, ImagePart))
    _refuse(ingredients.asked, (*own, *kept))
    before = (*_cells(ingredients), *files, *ingredients.extras)
    filled = _filled(message, ingredients)
    values = filled.values
    if not ingredients.sees:
        before, values = _in_words(before), _in_words(values)
    own_words = message.content if not isinstance(message.content, str) else filled.text
    content = joined(before, own_words, values, images=given, closing=ingredients.closing)
    sent = message if content == message.content else msgspec.structs.replace(message, content=content)
    typed = message.text if ingredients.typed is None else ingredients.typed
    extras = (*before, *values)
    changed = sent is not message or typed != message.text
    images = sum(isinstance(part, ImagePart) for part in (*message.parts, *given))
    layout = None
    if changed or _may_name_values(message, ingredients):
        fills = _may_fill(message, ingredients)
        layout = PromptLayout(len(before), *ahead_of(before, own_words), images, fills)
    return Composed(sent, typed if changed else None, extras, not images and sent is not message, layout)


def _may_fill(message: Message, ingredients: Ingredients) -> bool:
    """Whether what stands in the message is what was typed, in which braces mean values."""
    made = ingredients.typed is not None or ingredients.closing or ingredients.literals
    return ingredients.values is not None and not made and isinstance(message.content, str)


def _may_name_values(message: Message, ingredients: Ingredients) -> bool:
    return _may_fill(message, ingredients) and ("{" in message.text or "$`" in message.text)


def reviewed(
    composed: Composed,
    system: str | None,
    conversation: Conversation,
    disclosure: Disclosure,
    *,
    dry: bool = False,
) -> tuple[Words, tuple[str, ...]]:
    """What the user sends anew, with what is to become of secrets in it, and what there is to tell of that.

    Args:
        composed: The prompt.
        system: The system prompt from this turn on; ``None`` for no change.
        conversation: Where it is asked.
        disclosure: What becomes of secrets.
        dry: Whether it is only to be looked at: nobody is asked, and nothing is refused.

    Raises:
        ConfigurationError: It holds a secret that is not to be sent.
    """
    turns, own = conversation.turns, None
    if system is None and not turns:
        own = conversation.system  # goes out for the first time
    words = Words(composed.message, composed.typed, system if own is None else own, composed.extras)
    found, told = (disclosure.foresee if dry else disclosure.review)(words, turns)
    if own is not None and found.system == own:
        found = replace(found, system=system)
    return found, told


def way_of(options: Mapping[str, Any], books: Books | None = None) -> Way:
    """The way to files on the web: that of a chat's requests, without a key or a header of theirs. A certificate that
    is trusted there is trusted here; that any is trusted holds for the service alone.

    Args:
        options: The options of the chat's requests.
        books: Which say whether anything goes to the network; ``None`` for all of it.
    """
    from .prompt.attachments import Way

    return Way(
        check_transport(options.get("transport")),
        check_proxy(options.get("proxy")),
        check_ssl(options.get("ssl")) or True,
        books is not None and books.closed,
    )


def _selected(context: Any) -> Cells | None:
    """The cells of the running notebook that a prompt is about, unless they are chosen already; ``None`` for none."""
    if isinstance(context, Cells):
        return context
    selection = CellSelection.of(context)
    if selection is None:
        return None
    notebook = session()
    if notebook is None:
        raise ConfigurationError(
            "context means cells of a notebook, and there is none here",
            hint="Run %load_ext notebook_chat first.",
        )
    return Cells(notebook.context(selection), notebook.cells_tokens, notebook.cells_figures)


def _errors() -> Mapping[int, str] | None:
    """The tracebacks of the running notebook, where there is one."""
    notebook = session()
    return notebook.records.errors if notebook is not None else None


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
    extra = cells_extra(cells.records, tokens=cells.tokens, figures=cells.figures and ingredients.sees)
    return (extra or no_cells("none above has run in this kernel"),)


def _files(ingredients: Ingredients) -> tuple[Extra, ...]:
    if not ingredients.files:
        return ()
    from .prompt.attachments import Budget, Way, attach  # few prompts have files

    budget = Budget(ingredients.file_tokens, ingredients.room)
    return attach(ingredients.files, budget, ingredients.way or Way(), _recipient(ingredients.asked))


def _recipient(asked: Sequence[Target]) -> Recipient:
    """Who is sent the files: of several, what all of them take."""
    from .prompt.attachments import Recipient

    if not asked:
        return Recipient()
    least = min(asked, key=lambda target: len(target.files))
    sizes = [size for one in asked if (size := one.provider.largest_request) is not None]
    files = frozenset.intersection(*(target.files for target in asked))
    return Recipient(least.name, files, min(sizes, default=None))


def _refuse(asked: Iterable[Target], parts: Iterable[Part]) -> None:
    """Refuses images, files and recordings that the user has given himself to somebody who does not take them.

    Raises:
        InvalidMessagesError: There is one.
    """
    given = [part for part in parts if isinstance(part, MediaPart)]
    for target, part in product(asked, given):
        if target.reads(part):
            continue
        kind = kind_of(part.media_type)
        what = "image" if isinstance(part, ImagePart) else "file"
        who = "another model" if isinstance(part, ImagePart) else takers(kind)
        raise InvalidMessagesError(
            f"{target.name} takes no {kind}", hint=f"Ask {who}, or leave the {what} out."
        )


def _in_words(extras: Iterable[Extra]) -> tuple[Extra, ...]:
    """What goes along without its images, for somebody who takes none: the texts must do."""
    return tuple(_without_images(extra) for extra in extras)


def _without_images(extra: Extra) -> Extra:
    parts = tuple(part for part in extra.parts if not isinstance(part, ImagePart))
    if len(parts) == len(extra.parts):
        return extra
    return replace(extra, parts=parts, label=f"{extra.label}, as text" if extra.label else "as text")
