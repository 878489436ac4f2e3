"""What the output items of OpenAI's responses come to, as parts of an answer: what a service ran, found and made.

Items are read by hand: services and gateways add kinds of them every month, and leave fields out. What nobody here can
show is told as an ``UnknownPart``; nothing that an item names is ever fetched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from ..images import media_type
from ..messages import (
    AudioPart,
    CodePart,
    CodeResultPart,
    ImagePart,
    Part,
    SearchPart,
    SourcePart,
    UnknownPart,
)
from .wire_values import bytes_of_base64

Item = Mapping[str, Any]
"""An output item, or another object of the service's, as it came."""

_LONGEST_KIND = 100  # characters

_WORK = {
    "web_search_call": "searching the web",
    "file_search_call": "searching files",
    "code_interpreter_call": "running code",
    "image_generation_call": "making an image",
    "mcp_call": "asking another server",
    "mcp_list_tools": "asking another server for its tools",
    "shell_call": "running a command",
    "compaction": "making the conversation shorter",
}
"""What the service does by itself, by the kind of item that comes of it."""


def work(kind: str) -> str:
    """What the service does while an item of a kind is on its way; empty where nothing is to be told.

    Args:
        kind: The item's kind.
    """
    return _WORK.get(kind, "")


def text(item: Item, name: str) -> str:
    """A text in an item; empty where there is none, or something else."""
    value = item.get(name)
    return value if isinstance(value, str) else ""


def objects(item: Item, name: str) -> list[Item]:
    """The objects of a list in an item."""
    value = item.get(name)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def unknown(item: Item, kind: str = "") -> UnknownPart:
    """What is told of something that cannot be shown.

    Args:
        item: The thing.
        kind: What it is; what it calls itself unless it is given.
    """
    return UnknownPart((kind or text(item, "type"))[:_LONGEST_KIND], len(msgspec.json.encode(item)))


def parts(item: Item, *, with_code: bool = True) -> Iterator[Part]:
    """The parts of an item that is neither a message nor reasoning nor a call of a function.

    Args:
        item: The item.
        with_code: Whether to give the code that the service ran, which may have been told already.
    """
    match item.get("type"):
        case "web_search_call":
            yield from _web_search(item)
        case "file_search_call":
            yield from _file_search(item)
        case "code_interpreter_call":
            yield from _code(item, with_code)
        case "image_generation_call":
            yield _image(item)
        case _:
            yield unknown(item)


def _web_search(item: Item) -> Iterator[Part]:
    action = item.get("action")
    if not isinstance(action, Mapping):
        yield SearchPart(())  # for what, the service does not say
        return
    queries = action.get("queries")
    asked = [query for query in queries if isinstance(query, str)] if isinstance(queries, list) else []
    match action.get("type"):
        case "open_page":
            yield SearchPart(tuple(filter(None, (text(action, "url"),))), "open")
        case "find_in_page" | "find":
            found = (text(action, "pattern"), text(action, "url"))
            yield SearchPart(tuple(filter(None, found)), "find")
        case "search":
            yield SearchPart(tuple(asked or filter(None, (text(action, "query"),))))
        case _:
            yield unknown(item)
    for source in objects(action, "sources"):
        if url := text(source, "url"):
            yield SourcePart(url, text(source, "title"))
        elif name := text(source, "name"):
            yield SourcePart("", name)


def _file_search(item: Item) -> Iterator[Part]:
    queries = item.get("queries")
    if not isinstance(queries, list):
        yield unknown(item)
        return
    yield SearchPart(tuple(query for query in queries if isinstance(query, str)))
    for result in objects(item, "results"):
        if name := text(result, "filename") or text(result, "file_id"):
            yield SourcePart("", name, text(result, "text"))


def _code(item: Item, with_code: bool) -> Iterator[Part]:
    if with_code and (code := text(item, "code")):
        yield CodePart(code)
    failed = text(item, "status") in ("failed", "incomplete")
    outputs = objects(item, "outputs")
    logs = "".join(text(output, "logs") for output in outputs)
    if logs or failed:
        yield CodeResultPart(logs, failed)
    for output in outputs:
        if output.get("type") != "logs":
            yield image_of_url(text(output, "url")) or unknown(
                output, f"{text(output, 'type') or 'output'} of code"
            )


def _image(item: Item) -> Part:
    data = bytes_of_base64(text(item, "result")) or b""
    kind = media_type(data)
    return unknown(item) if kind is None else ImagePart(data, kind)


def image_of_url(url: str) -> ImagePart | None:
    """The image in a ``data:`` URL; ``None`` for any other address, and for what is no image.

    Args:
        url: The address.
    """
    head, _, payload = url.partition(",")
    if not (head[:5].lower() == "data:" and head.lower().endswith(";base64")):
        return None
    data = bytes_of_base64(payload) or b""
    kind = media_type(data)
    return None if kind is None else ImagePart(data, kind)


def recording(data: bytes) -> AudioPart | None:
    """A recording of a format that players know by its first bytes; ``None`` where it is of another one."""
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return AudioPart(data, "audio/wav")
    if data[:3] == b"ID3" or (data[:1] == b"\xff" and data[1:2] >= b"\xe0"):
        return AudioPart(data, "audio/mpeg")
    kinds = ((b"fLaC", "audio/flac"), (b"OggS", "audio/ogg"))
    return next((AudioPart(data, kind) for head, kind in kinds if data.startswith(head)), None)


def source(annotation: Item) -> Part | None:
    """What an annotation of a text refers to; ``None`` where it says nothing.

    Args:
        annotation: The annotation. Its places count from the beginning of the part of the message that it is in.
    """
    kind = text(annotation, "type")
    inner = annotation.get(kind)
    if isinstance(inner, Mapping):  # as chat completions write them, and some gateways everywhere
        annotation = inner
    quote = text(annotation, "quote") or text(annotation, "content")
    if url := text(annotation, "url"):
        return SourcePart(url, text(annotation, "title"), quote, _marks(annotation.get("end_index")))
    if name := text(annotation, "filename") or text(annotation, "file_id") or text(annotation, "title"):
        # Of a `file_path` the index is that in a list of files.
        place = annotation.get("end_index", annotation.get("index") if kind == "file_citation" else None)
        return SourcePart("", name, quote, _marks(place))
    return unknown(annotation, kind) if annotation else None


def _marks(place: Any) -> tuple[int, ...]:
    """Where a source is referred to: services that do not know write 0."""
    return (place,) if type(place) is int and place > 0 else ()
