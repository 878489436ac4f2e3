"""What goes out for what a reader does in a panel: a new prompt, an earlier one again, or the last error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ..cell_selection import CellSelection
from ..composition import Cells, Composed
from ..conversation import Conversation, Turn
from ..errors import ConfigurationError
from ..images import media_type
from ..messages import ImagePart, Message, TextPart
from ..prompt import Extra
from ..prompt.secrets.disclosure import Disclosure
from ..schemas import shape_of
from ..session import namespace, session
from .protocol import Send


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked.

    Attributes:
        prompt: As ``Chat.reply`` takes it.
        options: What goes along with it, as ``Chat.reply`` takes that.
        notes: What the reader is to be told of it.
    """

    prompt: str | Message | Composed
    options: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def new_prompt(act: Send, files: Sequence[bytes], conversation: Conversation) -> Request:
    """What somebody has written, with the files that go along, the values that it names, and as many cells of the
    notebook as its setting says.

    Args:
        act: What was written.
        files: The files.
        conversation: Where it is asked.
    """
    return Request(act.text, {"values": namespace(), "context": _cells(conversation), **_given(act, files)})


def edited(act: Send, files: Sequence[bytes], turn: Turn) -> Request:
    """A turn with another text: the cells, files and images that went along stay as they were, further files join them;
    the values are those that the new text names, as they are now.

    Args:
        act: What was written.
        files: Further files.
        turn: The turn.
    """
    others = [part for part in turn.prompt.parts if not isinstance(part, (TextPart, ImagePart))]
    content: Any = act.text
    if others and turn.layout is None:
        content = (TextPart(act.text), *others)
    given = _given(act, files)
    given["images"] = [*_own_images(turn), *given["images"]]
    prompt = msgspec.structs.replace(turn.prompt, content=content)
    options = {"values": namespace(), "extras": _ahead(turn), **given, **_schema(turn)}
    return Request(prompt, options, _lost(turn))


def once_more(turn: Turn) -> Request:
    """A turn's prompt again: with the values that it names as they are now, all else as it was. One that was not
    made of what was typed alone, such as a prompt from a file, goes out as it did.

    Args:
        turn: The turn.
    """
    values = namespace()
    if turn.layout is not None and turn.layout.fills and values is not None:
        prompt = msgspec.structs.replace(turn.prompt, content=turn.asked)
        own = {"values": values, "extras": _ahead(turn), "images": _own_images(turn)}
        return Request(prompt, {**own, **_schema(turn)})
    return Request(Composed.again(turn), _schema(turn))


def disclosure() -> Disclosure | None:
    """What looks for secrets in what is written in a panel; ``None`` where there is no notebook that says so."""
    loaded = session()
    found: Disclosure | None = loaded.disclosure() if loaded is not None and loaded.disclosure else None
    return found


def fix() -> Request | None:
    """What ``%chat fix`` asks; ``None`` where no cell has failed.

    Raises:
        ConfigurationError: There is no notebook whose errors are known, or the last one is none of code.
    """
    loaded = session()
    if loaded is None or loaded.fix is None:
        raise ConfigurationError(
            "there is no notebook here whose errors could be fixed", hint="Run %load_ext notebook_chat first."
        )
    found = loaded.fix()
    if found is None:
        return None
    request = found.request
    typed = f"Fix the error of {found.name}."
    return Request(
        request.prompt, {"extras": request.extras, "typed": typed}, (found.note,) if found.note else ()
    )


def _given(act: Send, files: Sequence[bytes]) -> dict[str, list[Any]]:
    """The files as images and others, as ``Chat.reply`` takes them. What is an image its bytes tell."""
    images: list[Any] = []
    others: list[Any] = []
    for place, data in enumerate(files):
        if media_type(data) is not None:
            images.append(data)
        else:
            others.append((act.names[place], data) if place < len(act.names) else data)
    return {"images": images, "files": others}


def _schema(turn: Turn) -> dict[str, Any]:
    """The data that the answer was to be, so that it is asked for again. The turn may have come out of a file."""
    schema = turn.options.get("schema")
    return {"schema": shape_of(schema, own=False)} if isinstance(schema, dict) else {}


def _cells(conversation: Conversation) -> Cells | None:
    """The cells that go along with each prompt, where it is a conversation of the notebook's."""
    loaded = session()
    if loaded is None or conversation not in loaded.conversations.values():
        return None
    selection = CellSelection.of(loaded.cells_along)
    if selection is None:
        return None
    return Cells(loaded.context(selection, of_cell=False), loaded.cells_tokens, loaded.cells_figures)


def _ahead(turn: Turn) -> tuple[Extra, ...]:
    """What stands in a turn's message ahead of what was typed: its cells and files, as they went out."""
    layout = turn.layout
    if layout is None or not layout.ahead:
        return ()
    parts: tuple[Any, ...] = turn.prompt.parts[: layout.parts]
    for part in turn.prompt.parts[layout.parts : layout.parts + 1]:
        if isinstance(part, TextPart) and (text := part.text[: layout.characters].removesuffix("\n\n")):
            parts += (TextPart(text),)
    included = turn.included[: layout.ahead]
    whole = (parts, *((),) * len(included))  # one of them holds it all: they are not told apart any more
    return tuple(
        Extra(one.name, own, one.label, one.digest) for one, own in zip(included, whole, strict=False)
    )


def _own_images(turn: Turn) -> list[ImagePart]:
    """The images that the user has given: not those of files and values."""
    images = [part for part in turn.prompt.parts if isinstance(part, ImagePart)]
    return images if turn.layout is None else images[max(len(images) - turn.layout.images, 0) :]


def _lost(turn: Turn) -> tuple[str, ...]:
    """What there is to tell where it is not known any more what in a turn's message is what."""
    if turn.layout is not None or turn.typed is None or not turn.included:
        return ()
    return (f"without {', '.join(one.name for one in turn.included)}: give it anew",)
