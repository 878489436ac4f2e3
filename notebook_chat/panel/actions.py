"""What a view may ask for, as values. What comes from a browser is checked like any input."""

from __future__ import annotations

from typing import Any

import msgspec

from ..errors import InvalidMessagesError
from ..events import well_formed


class Ready(msgspec.Struct, frozen=True, tag="ready", tag_field="type"):
    """A view is there, or has noticed that it lacks a message: it needs the state."""

    view: str


class Gone(msgspec.Struct, frozen=True, tag="gone", tag_field="type"):
    """A view is closed."""

    view: str


class Need(msgspec.Struct, frozen=True, tag="need", tag_field="type"):
    """A view comes to show turns whose items it does not have."""

    ids: list[str]


class _Act(msgspec.Struct, frozen=True, tag_field="type"):
    act: str
    """What the view calls it, to recognise the acknowledgement."""


class Send(_Act, frozen=True, tag="send"):
    """Ask; in the place of the turn that ``edits`` names, if it names one. Images come as buffers."""

    text: str
    edits: str | None = None


class Stop(_Act, frozen=True, tag="stop"):
    """End the answer on its way."""


class Regenerate(_Act, frozen=True, tag="regenerate"):
    """Ask a turn's prompt once more."""

    turn: str


class Delete(_Act, frozen=True, tag="delete"):
    """Take a turn out."""

    turn: str


class Clear(_Act, frozen=True, tag="clear"):
    """Forget all turns."""


class Undo(_Act, frozen=True, tag="undo"):
    """Take the last change back."""


class UseModel(_Act, frozen=True, tag="model"):
    """Another model answers from now on."""

    name: str


class ListModels(_Act, frozen=True, tag="models"):
    """Which models there are."""


class OpenConversation(_Act, frozen=True, tag="conversation"):
    """Show another conversation of the notebook; a new one for an empty name."""

    name: str


Act = Send | Stop | Regenerate | Delete | Clear | Undo | UseModel | ListModels | OpenConversation
Request = Ready | Gone | Need | Act


def read(content: Any) -> Request:
    """The request that a message from a view makes.

    Raises:
        InvalidMessagesError: It makes none; it says why.
    """
    if isinstance(content, dict):  # half of a surrogate pair cannot be sent back, or to a model
        content = {
            key: well_formed(value) if isinstance(value, str) else value for key, value in content.items()
        }
    try:
        request: Request = msgspec.convert(content, Request)
    except (msgspec.ValidationError, RecursionError, ValueError) as error:
        raise InvalidMessagesError(f"the panel sent something that is no request: {error}") from None
    return request
