"""Messages: what a conversation is made of, as values.

A caller may give a message as a ``str`` (the user's), as a ``dict`` with ``role`` and ``content``, or as a
``Message``; ``normalize`` makes one form of them and says clearly what it cannot take.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from .errors import InvalidMessagesError
from .parts import (
    IMAGE_TYPES,
    ONLY_SHOWN,
    AudioPart,
    CodePart,
    CodeResultPart,
    FilePart,
    ImagePart,
    MediaPart,
    Part,
    ReasoningPart,
    ReplayPart,
    SearchPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    UnknownPart,
)
from .text import sendable

__all__ = [
    "IMAGE_TYPES",
    "ONLY_SHOWN",
    "ROLES",
    "SYSTEM_ROLES",
    "AudioPart",
    "CodePart",
    "CodeResultPart",
    "ContentPart",
    "FilePart",
    "ImagePart",
    "MediaPart",
    "Message",
    "MessageLike",
    "Messages",
    "Part",
    "ReasoningPart",
    "ReplayPart",
    "SearchPart",
    "SourcePart",
    "TextPart",
    "ToolCallPart",
    "ToolResultPart",
    "UnknownPart",
    "alternating",
    "content_parts",
    "handed_over",
    "named_media",
    "normalize",
    "refuse_tools",
    "results_apart",
    "split_system",
    "system_apart",
    "without_images",
    "without_media",
]

ContentPart = TextPart | ImagePart | FilePart | AudioPart
"""What a message of the user may be made of."""

ROLES = ("system", "developer", "user", "assistant", "tool")
SYSTEM_ROLES = ("system", "developer")


class Message(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One message of a conversation.

    Args:
        role: ``system``, ``developer``, ``user``, ``assistant`` or ``tool``.
        content: A tuple of parts; a text alone stands for one ``TextPart``, and is written so in files.
        extra: Further keys that some dialects take, such as ``name`` or ``tool_call_id``.
    """

    role: str
    content: str | tuple[Part, ...]
    extra: dict[str, Any] = {}

    @property
    def text(self) -> str:
        """The message's text, without its other parts."""
        if isinstance(self.content, str):
            return self.content
        return "".join(part.text for part in self.content if isinstance(part, TextPart))

    @property
    def parts(self) -> tuple[Part, ...]:
        """The content as parts."""
        return (TextPart(self.content),) if isinstance(self.content, str) else self.content

    def to_dict(self) -> dict[str, Any]:
        """The message in the form of OpenAI's chat completions, which the field shares. What is only shown, such
        as reasoning, is left out."""
        if isinstance(self.content, str):
            return {"role": self.role, "content": self.content, **self.extra}
        values: dict[str, Any] = {"role": self.role, "content": None}
        parts = [part for part in self.content if not isinstance(part, ONLY_SHOWN)]
        calls = [part for part in parts if isinstance(part, ToolCallPart)]
        results = [part for part in parts if isinstance(part, ToolResultPart)]
        content = [
            _content_dict(part) for part in parts if not isinstance(part, (ToolCallPart, ToolResultPart))
        ]
        if results:
            content += [_content_dict(part) for result in results for part in result.parts]
            values["tool_call_id"] = results[0].id
        if len(content) == 1 and self.role == "assistant":  # some servers take nothing else for a text
            values["content"] = content[0].get("text", content)
        elif content or not calls:
            values["content"] = content
        if calls:
            values["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments},
                }
                for call in calls
            ]
        return {**values, **self.extra}


def _content_dict(part: Part) -> dict[str, Any]:
    """A part in the form of chat completions, as OpenAI's API reference has it."""
    match part:
        case ImagePart():
            return {"type": "image_url", "image_url": {"url": part.data_url}}
        case FilePart():
            return {"type": "file", "file": {"filename": part.name or "file", "file_data": part.data_url}}
        case AudioPart():
            form = {"audio/wav": "wav", "audio/x-wav": "wav"}.get(part.media_type, "mp3")
            return {"type": "input_audio", "input_audio": {"data": part.base64, "format": form}}
        case TextPart():
            return {"type": "text", "text": part.text}
    raise TypeError(f"a {type(part).__name__} is no content of a message")


MessageLike = str | Mapping[str, Any] | Message
Messages = str | Message | Sequence[MessageLike]


def normalize(messages: Messages) -> tuple[Message, ...]:
    """One tuple of ``Message`` from anything that a caller may give. Halves of surrogate pairs, which cannot be sent,
    are replaced by U+FFFD.

    Raises:
        InvalidMessagesError: There is no message, one has a form or role that nobody knows, or the
            user's message is empty. It says which and why.
    """
    if isinstance(messages, (str, Message)):
        messages = (messages,)
    if not isinstance(messages, Sequence) or isinstance(messages, (bytes, bytearray)):
        raise InvalidMessagesError(
            f"messages must be a list of messages, not {type(messages).__name__}",
            hint="Give a list such as [{'role': 'user', 'content': 'Hello'}].",
        )
    if not messages:
        raise InvalidMessagesError("there are no messages", hint="Give at least one message of the user.")
    return tuple(_read(message, number) for number, message in enumerate(messages, start=1))


def _read(message: MessageLike, number: int) -> Message:
    try:
        return _message(message, number)
    except InvalidMessagesError:
        raise
    except (
        Exception
    ) as error:  # of a value within it that is of another type than it says, or nested without an end
        raise InvalidMessagesError(
            f"message {number} cannot be read: {type(error).__name__}",
            hint="A message is a str, a dict with 'role' and 'content', or a Message.",
        ) from None


def split_system(messages: Sequence[Message]) -> tuple[str, tuple[Message, ...]]:
    """The system prompts, joined, and the rest: for dialects that have a place of its own for the former.

    Raises:
        InvalidMessagesError: As ``refuse_tools``.
    """
    refuse_tools(messages)
    return system_apart(messages)


def system_apart(messages: Sequence[Message]) -> tuple[str, tuple[Message, ...]]:
    """As ``split_system``, for dialects that have a place for the use of tools, too."""
    system = [message.text for message in messages if message.role in SYSTEM_ROLES]
    return "\n\n".join(system), tuple(message for message in messages if message.role not in SYSTEM_ROLES)


def alternating(
    messages: Sequence[Message], kinds: tuple[type[Part], ...] = (TextPart, ImagePart)
) -> tuple[Message, ...]:
    """The messages of user and assistant with their roles in turns, the user's first: neighbors of one role
    become one message with the parts of all. Empty texts, which the dialects that want this refuse, are left
    out. A message with a replay stays as it is, and by itself.

    Args:
        messages: The messages.
        kinds: The kinds of parts that the dialect has a place for; with those of tools among them, results stay
            messages of a role of their own.

    Raises:
        InvalidMessagesError: The first message is not the user's, or one has a part of another kind.
    """
    merged: list[Message] = []
    for message in messages:
        if any(isinstance(part, ReplayPart) for part in message.parts):
            merged.append(message)
            continue
        parts: tuple[Part, ...] = tuple(
            part for part in _parts_of(message, kinds) if not isinstance(part, TextPart) or part.text.strip()
        )
        if parts and merged and merged[-1].role == message.role:
            merged[-1] = Message(message.role, (*merged[-1].parts, *parts))
        elif parts:
            merged.append(Message(message.role, parts))
    if not merged or merged[0].role != "user":
        raise InvalidMessagesError(
            "the conversation does not begin with a message of the user", hint="Let the user speak first."
        )
    return tuple(merged)


def refuse_tools(messages: Sequence[Message]) -> None:
    """Sees to it that no message belongs to a tool's use, which each dialect writes in a way of its own.

    Raises:
        InvalidMessagesError: One is.
    """
    for number, message in enumerate(messages, start=1):
        tools = any(isinstance(part, (ToolCallPart, ToolResultPart)) for part in message.parts)
        if tools or message.role == "tool" or message.extra.get("tool_calls"):
            raise InvalidMessagesError(
                f"message {number} ({message.role}) belongs to a tool's use, which has no place here",
                hint="Providers that speak OpenAI's chat completions take such messages.",
            )


def content_parts(
    message: Message, kinds: tuple[type[ContentPart], ...] = (TextPart, ImagePart)
) -> tuple[ContentPart, ...]:
    """The parts of a message for a dialect that has a place for some kinds of them; what is only shown is left out.

    Args:
        message: The message.
        kinds: The kinds.

    Raises:
        InvalidMessagesError: The message has a part of another kind.
    """
    return tuple(part for part in _parts_of(message, kinds) if isinstance(part, ContentPart))


def _parts_of(message: Message, kinds: tuple[type[Part], ...]) -> tuple[Part, ...]:
    parts: list[Part] = []
    for part in message.parts:
        if isinstance(part, kinds):
            parts.append(part)
        elif not isinstance(part, ONLY_SHOWN):
            raise InvalidMessagesError(
                f"a message ({message.role}) has a {type(part).__name__}, which has no place here",
                hint="Send its text, or ask a provider that speaks OpenAI's chat completions.",
            )
    return tuple(parts)


def handed_over(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The messages for a service that takes no media as a model's own: images that the model made go with the user's
    next message, and words take the place of other files of its making.

    Args:
        messages: The messages.
    """
    given: list[Message] = []
    images: list[ImagePart] = []
    for message in messages:
        if message.role == "assistant" and any(isinstance(part, MediaPart) for part in message.parts):
            images += [part for part in message.parts if isinstance(part, ImagePart)]
            parts = tuple(_made(part) if isinstance(part, MediaPart) else part for part in message.parts)
            message = msgspec.structs.replace(message, content=_plain(parts))
        elif message.role == "user" and images:
            message = msgspec.structs.replace(message, content=(*images, *message.parts))
            images = []
        given.append(message)
    return tuple(given)


def results_apart(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The messages for a service that takes nothing but texts as the result of a tool: images and files go with a
    message of the user behind the results.

    Args:
        messages: The messages.
    """
    given: list[Message] = []
    media: list[Part] = []
    for message in (*messages, None):
        if media and (message is None or message.role != "tool"):
            if message is not None and message.role == "user":
                message = msgspec.structs.replace(message, content=(*media, *message.parts))
            else:
                given.append(Message("user", tuple(media)))
            media = []
        if message is None:
            break
        if message.role == "tool" and not isinstance(message.content, str):
            parts = tuple(_result_apart(part, media) for part in message.content)
            message = msgspec.structs.replace(message, content=parts)
        given.append(message)
    return tuple(given)


def _result_apart(part: Part, media: list[Part]) -> Part:
    """A tool's result without its media, which are added to those that go out behind it."""
    if not isinstance(part, ToolResultPart) or not any(isinstance(one, MediaPart) for one in part.parts):
        return part
    parts: list[ContentPart] = []
    for one in part.parts:
        if isinstance(one, MediaPart):
            parts.append(TextPart(f"\n({named_media(one)}, which follows)\n"))
            media += [TextPart(f"From the tool {part.name}:\n"), one]
        else:
            parts.append(one)
    return msgspec.structs.replace(part, parts=tuple(parts))


def _made(part: MediaPart) -> TextPart:
    if isinstance(part, ImagePart):
        return TextPart("\n(an image, which is shown again in the next message)\n")
    return TextPart(
        f"\n({'a recording' if isinstance(part, AudioPart) else 'a file'}, made by the assistant)\n"
    )


def _plain(parts: tuple[Part, ...]) -> str | tuple[Part, ...]:
    """Parts as a content: a text where they are nothing else."""
    texts = [part.text for part in parts if isinstance(part, TextPart)]
    return "".join(texts) if len(texts) == len(parts) else parts


def without_media(
    messages: Sequence[Message],
    takes: Callable[[Part], bool],
    as_text: Callable[[MediaPart], TextPart | None] = lambda _: None,
) -> tuple[Message, ...]:
    """The messages for a model that does not take all images, files and recordings: a text in the place of each of the
    others.

    Args:
        messages: The messages.
        takes: Whether it takes a part.
        as_text: The text of a file; ``None`` where there is none, and a few words must do.
    """
    return tuple(
        message
        if isinstance(message.content, str) or all(map(takes, _contents(message.content)))
        else _without_media(message, takes, as_text)
        for message in messages
    )


def without_images(messages: Sequence[Message]) -> tuple[Message, ...]:
    """As ``without_media``, for a model that takes all but images."""
    return without_media(messages, lambda part: not isinstance(part, ImagePart))


def _without_media(
    message: Message, takes: Callable[[Part], bool], as_text: Callable[[MediaPart], TextPart | None]
) -> Message:
    def taken(part: Any) -> Any:
        if isinstance(part, ToolResultPart):
            return msgspec.structs.replace(part, parts=tuple(map(taken, part.parts)))
        if isinstance(part, MediaPart) and not takes(part):
            return as_text(part) or TextPart(_in_place_of(part))
        return part

    return msgspec.structs.replace(message, content=_plain(tuple(map(taken, message.parts))))


def _contents(parts: tuple[Part, ...]) -> Iterator[Part]:
    """Parts, those of tools' results one by one."""
    for part in parts:
        yield from part.parts if isinstance(part, ToolResultPart) else (part,)


def _in_place_of(part: MediaPart) -> str:
    verb = {ImagePart: "shown", AudioPart: "heard"}.get(type(part), "read")
    return f"\n({named_media(part)}, which cannot be {verb} here)\n"


def named_media(part: MediaPart) -> str:
    """What an image, a file or a recording is called in a sentence.

    Args:
        part: It.
    """
    if isinstance(part, FilePart):
        return f"the file {part.name}" if part.name else "a file"
    return "an image" if isinstance(part, ImagePart) else "a recording"


def _message(message: MessageLike, number: int) -> Message:
    if isinstance(message, str):
        message = Message("user", message)
    elif isinstance(message, Mapping):
        message = _from_mapping(message, number)
    elif not isinstance(message, Message):
        raise InvalidMessagesError(
            f"message {number} is of type {type(message).__name__}",
            hint="A message is a str, a dict with 'role' and 'content', or a Message.",
        )
    if message.role not in ROLES:
        raise InvalidMessagesError(
            f"message {number} has the role {message.role!r}", hint=f"Roles are {', '.join(ROLES)}."
        )
    if message.role == "user" and not message.text.strip() and not _has_media(message):
        raise InvalidMessagesError(f"message {number} (user) is empty", hint="Write something in it.")
    return sendable(message)


def _has_media(message: Message) -> bool:
    return any(isinstance(part, MediaPart) for part in message.parts)


def _from_mapping(mapping: Mapping[str, Any], number: int) -> Message:
    role = mapping.get("role")
    if not isinstance(role, str):
        raise InvalidMessagesError(f"message {number} has no role", hint=f"Roles are {', '.join(ROLES)}.")
    content = mapping.get("content")
    if content is None and "tool_calls" in mapping:
        content = ""  # an assistant's message that only calls tools has no content
    extra = {key: value for key, value in mapping.items() if key not in ("role", "content")}
    if isinstance(content, str):
        return Message(role, content, extra)
    if isinstance(content, Sequence) and not isinstance(content, (bytes, bytearray)):
        return Message(role, tuple(_part(part, number) for part in content), extra)
    raise InvalidMessagesError(
        f"message {number} has a content of type {type(content).__name__}",
        hint="The content is a str, or a list of parts.",
    )


def _part(part: Any, number: int) -> Part:
    if isinstance(part, Part):
        return part
    if isinstance(part, str):
        return TextPart(part)
    if isinstance(part, Mapping):
        if isinstance(part.get("text"), str):
            return TextPart(part["text"])
        url = part.get("image_url")
        if isinstance(url, Mapping):
            url = url.get("url")
        if isinstance(url, str):
            return _image_of_data_url(url, number)
    raise InvalidMessagesError(
        f"message {number} has a part that is neither text nor image",
        hint="Give {'type': 'text', 'text': …} or {'type': 'image_url', 'image_url': {'url': 'data:…'}}.",
    )


def _image_of_data_url(url: str, number: int) -> ImagePart:
    head, comma, payload = url.partition(",")
    media_type = head.removeprefix("data:").partition(";")[0]
    if not (comma and head.startswith("data:") and head.endswith(";base64") and media_type in IMAGE_TYPES):
        raise InvalidMessagesError(
            f"message {number} has an image that is not a data URL of {', '.join(IMAGE_TYPES)}",
            hint="Give the image itself, as data:image/png;base64,…",
        )
    try:
        return ImagePart(base64.b64decode(payload, validate=True), media_type)
    except binascii.Error as error:
        raise InvalidMessagesError(f"message {number} has an image whose base64 is broken: {error}") from None
