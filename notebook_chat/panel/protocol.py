"""The messages between a panel and its views, declared once: what each is called and has in it.

A message is a JSON object whose ``type`` is its kind, and buffers. ``PanelMessage`` is what a view sends,
``ViewMessage`` what the views are sent. ``front/protocol.d.ts``, against which the scripts of the front end are
checked, is written from these declarations.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from ..errors import InvalidMessagesError
from ..text import replace_surrogates

# --- from a view


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
    """What the view calls it, to recognize the acknowledgement."""


class Send(_Act, frozen=True, tag="send"):
    """Ask; in the place of the turn that ``edits`` names, if it names one. Files come as buffers, with the names that
    they have in ``names``."""

    text: str
    edits: str | None = None
    names: list[str] = []


class Stop(_Act, frozen=True, tag="stop"):
    """End the answer on its way."""


class Decide(_Act, frozen=True, tag="decide"):
    """Answer the question whether a tool may run: with a yes for how long it holds, and with other ``arguments`` as
    JSON text where the reader has changed them; with a no what the model is told besides."""

    question: str
    yes: bool
    scope: Literal["once", "conversation", "notebook", "always"] = "once"
    arguments: str | None = None
    words: str = ""


class Regenerate(_Act, frozen=True, tag="regenerate"):
    """Ask a turn's prompt once more."""

    turn: str


class Fix(_Act, frozen=True, tag="fix"):
    """Ask how to put the notebook's last error right."""


class Complete(_Act, frozen=True, tag="complete"):
    """Which names of values may come next, after what stands before the cursor. ``Completions`` acknowledges it."""

    text: str


class ShowSent(_Act, frozen=True, tag="sent"):
    """What went out with a turn's prompt."""

    turn: str


class Keep(_Act, frozen=True, tag="keep"):
    """Put another one of a turn's answers into the conversation: which of them, counted from 0."""

    turn: str
    answer: int


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


Act = (
    Send
    | Stop
    | Decide
    | Regenerate
    | Fix
    | Complete
    | ShowSent
    | Keep
    | Delete
    | Clear
    | Undo
    | UseModel
    | ListModels
    | OpenConversation
)
"""What the reader does in a view. Each is acknowledged and, but for ``Complete``, done once however often it comes."""

PanelMessage = Ready | Gone | Need | Act
"""What a view sends to its panel."""

# --- to the views


class Row(msgspec.Struct, frozen=True, array_like=True):
    """A turn's place among the others, and which version of it is to be shown: -1 while it is open."""

    id: str
    version: int
    stale: bool
    pinned: bool


class Image(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An image of a prompt: its media type, and which of the message's buffers has its bytes."""

    type: str
    buffer: int


class Other(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another model's answer to a prompt: which of all of them it is, and what is shown of it."""

    answer: int
    model: str
    blocks: list[str]
    reasoning: str
    text: str
    foot: str


class Medium(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An image or a recording of an answer: as ``Image``, and what it is in words."""

    type: str
    buffer: int
    told: str


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is shown of a turn that has ended. With ``kept``, so many blocks of it stay as they were while it
    was open, and ``blocks`` come after them; with ``kept_media``, so many images and recordings."""

    id: str
    version: int
    prompt: str
    images: list[Image]
    along: str
    blocks: list[str]
    reasoning: str
    text: str
    foot: str
    kept: int | UnsetType = UNSET
    others: list[Other] | UnsetType = UNSET
    media: list[Medium] | UnsetType = UNSET
    kept_media: int | UnsetType = UNSET


class Live(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The open turn, or what is new of it; see ``LiveAnswer.advance`` and ``LiveAnswer.whole``."""

    id: str
    prompt: str | UnsetType = UNSET
    images: list[Image] | UnsetType = UNSET
    along: str | UnsetType = UNSET
    blocks: list[str] | UnsetType = UNSET
    reasoning: str | UnsetType = UNSET
    add: list[str] | UnsetType = UNSET
    keep: int | UnsetType = UNSET
    open: str | UnsetType = UNSET
    think: str | UnsetType = UNSET
    note: str | UnsetType = UNSET
    media: list[Medium] | UnsetType = UNSET


class Notice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line for the reader. ``act`` names what came to nothing: the view gets its prompt back."""

    number: int
    text: str
    error: bool
    undo: bool
    act: str | None


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a tool may run. All of it is shown as text. ``origin`` says where the tool comes from, ``why`` why it is
    asked, ``arguments`` is JSON text, ``proposal`` what the call would do where that says more. For as long as
    ``scopes`` say a yes may hold; with ``whole`` all of it is there, and the arguments can be changed."""

    id: str
    tool: str
    origin: str
    model: str
    why: str
    arguments: str
    proposal: str
    scopes: list[str]
    whole: bool


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands around the turns."""

    model: str
    conversation: str
    conversations: list[str]
    answering: bool
    notice: Notice | None
    question: Question | UnsetType = UNSET


class State(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="state", tag_field="type"):
    """All that the changes up to a number have told."""

    number: int
    rows: list[Row]
    head: Head
    items: list[Item]
    live: Live | UnsetType = UNSET


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="change", tag_field="type"):
    """What is new since the change before."""

    number: int
    rows: list[Row] | UnsetType = UNSET
    head: Head | UnsetType = UNSET
    items: list[Item] | UnsetType = UNSET
    live: Live | UnsetType = UNSET


class Items(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="items", tag_field="type"):
    """Turns that a view needed."""

    items: list[Item]


class Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="check", tag_field="type"):
    """The number of the last change, for a view that may have missed it."""

    number: int


class Ack(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="ack", tag_field="type"):
    """Something that the reader did has been heard."""

    act: str


class Models(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="models", tag_field="type"):
    """The models that can be had."""

    models: list[str]


class Completions(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="completions", tag_field="type"
):
    """The names that may come next, each in full, for the view that asked by ``act``."""

    act: str
    names: list[str]


class SentText(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="sent", tag_field="type"):
    """What went out with a turn's prompt, as text."""

    turn: str
    text: str


Told = Models | Completions | SentText
"""What answers one view's question; the others take no notice."""

ViewMessage = State | Change | Items | Check | Ack | Told
"""What a panel sends to its views."""


def read(content: Any) -> PanelMessage:
    """Reads a message from a view. What comes from a browser is checked like any input.

    Args:
        content: What has arrived, of any type.

    Returns:
        The message, in which no text has half of a surrogate pair.

    Raises:
        InvalidMessagesError: It is no such message; the error says why.
    """
    if isinstance(content, dict):  # half of a surrogate pair cannot be sent back, or to a model
        content = {
            key: _without_surrogates(value) if isinstance(value, list) else _without_surrogate(value)
            for key, value in content.items()
        }
    try:
        message: PanelMessage = msgspec.convert(content, PanelMessage)
    except (msgspec.ValidationError, RecursionError, ValueError) as error:
        raise InvalidMessagesError(f"the panel sent something that is no request: {error}") from None
    return message


def _without_surrogate(value: Any) -> Any:
    return replace_surrogates(value) if isinstance(value, str) else value


def _without_surrogates(values: list[Any]) -> list[Any]:
    return [_without_surrogate(value) for value in values]
