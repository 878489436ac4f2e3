"""The events of an answer in OpenAI's responses, which come as items that are added, grow and are done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from ..decoders import Frame, decode_json
from ..events import Event, Finish, ModelName, Notice, ReasoningDelta, TextDelta
from ..messages import Part, ReplayPart, SourcePart
from . import error_mapping, responses_items
from .reader import Paragraph
from .responses_calls import CUSTOM, FunctionCalls
from .responses_events import DELTA, EVENT, RESPONSE, ResponseEvent, ResponseObject
from .responses_items import Item, objects, text
from .wire_values import bytes_of_base64

_LONGEST_SOUND = 16 * 1024 * 1024  # characters of base64
_LONGEST_REPLAY = 4 * 1024 * 1024  # bytes of the items' events

_CALLS = ("function_call", CUSTOM)
_RUNNING = ("in_progress", "searching", "interpreting", "generating", "partial_image")

Found = Iterable[Event | Paragraph]

MakeReplay = Callable[[Sequence[Item]], ReplayPart | None]
"""What makes the replay of a whole answer of its items; ``None`` where it is to have none."""


class ResponsesParser:
    """The parser of one answer.

    An item is told as it grows, and what has not been told of it when it is done: ``response.output_item.done`` has it
    whole, and so has the response at the end. Services and gateways leave out any of the three.

    Args:
        provider: The provider's name, for its errors.
        finish: What makes the end of an answer of the service's reason.
        make_replay: What makes the replay of the answer.
    """

    def __init__(
        self, provider: str, finish: Callable[[str], Finish], make_replay: MakeReplay | None = None
    ) -> None:
        self._provider = provider
        self._finish = finish
        self._make_replay = make_replay
        self._said = False  # whether text has come in the part of a message that comes
        self._index = 0  # which part that is
        self._spoken: set[int] = set()  # in which of those before it text has come
        self._ever = False  # whether text has come in a message before
        # Whether reasoning has come in the item that comes, ever; and whether the next stands apart from it.
        self._thought = self._pondered = self._apart = False
        self._cited: set[tuple[int, Part]] = set()  # in the message that comes, by the part of it
        self._known: set[tuple[str, str]] = set()  # the sources of the whole answer
        self._calls = FunctionCalls()
        self._coded: set[int] = set()  # the places of the items whose code has been told
        self._items: list[Item] = []
        self._places: set[int] = set()
        self._size = 0
        self._doing = ""
        self._sound: list[str] = []
        self._heard = 0

    # --- events -------------------------------------------------------------------------------------------

    def parse(self, frame: Frame) -> Found:
        """The events of one of the API's events."""
        data = frame.data
        if data == b"[DONE]":
            return ()
        event = decode_json(DELTA, data)
        if type(event.delta) is str:
            if event.type == "response.output_text.delta":  # nearly every event
                self._said = True
                return (TextDelta(event.delta),)
            if event.type == "response.reasoning_summary_text.delta" and not self._apart:
                self._thought = True
                return (ReasoningDelta(event.delta),)
        return self._any(decode_json(EVENT, data), data)

    def parse_whole(self, body: bytes) -> Iterator[Event | Paragraph]:
        """The events of a whole response: its items, and its end."""
        response = decode_json(RESPONSE, body)
        if response.error:
            yield from self._figures(response)
            raise error_mapping.from_payload({"error": response.error}, provider=self._provider)
        for place, item in enumerate(response.output):
            yield from self._item(place, item)
        if response.output or response.status:
            yield from self._end(response)

    def _any(self, event: ResponseEvent, data: bytes) -> Found:
        delta = event.delta if isinstance(event.delta, str) else ""
        place = event.output_index
        match event.type.removeprefix("response."):
            case "refusal.delta" | "audio.transcript.delta":
                self._said = True
                return (TextDelta(delta),)
            case "reasoning_summary_text.delta" | "reasoning_text.delta":
                return self._reasoning(delta)
            case "reasoning_summary_part.added":
                self._apart = self._apart or self._thought
            case "output_item.added":
                return self._added(place, event.item)
            case "content_part.added" if event.content_index:
                return self._part(event.content_index)
            case "output_text.annotation.added":
                return self._source(event.content_index, event.annotation)
            case "output_text.done" | "refusal.done":
                return self._unsaid(event.text or event.refusal)
            case "content_part.done":
                return self._content(event.content_index, event.part)
            case "function_call_arguments.delta":
                return self._calls.grow(place, event.item_id, delta)
            case "function_call_arguments.done":
                return self._calls.fill(place, event.item_id, event.arguments)
            case "code_interpreter_call_code.done" if event.code:
                self._coded.add(place)
                return responses_items.parts({"type": "code_interpreter_call", "code": event.code})
            case "output_item.done":
                self._size += len(data)
                return self._item(place, event.item)
            case "audio.delta" | "audio.done":
                return self._listen(delta)
            case "completed" | "incomplete" as state:
                return self._end(event.response, cut=state == "incomplete")
            case "failed":
                return self._failed(event.response)
            case _:
                return self._other(event, data)
        return ()

    def _failed(self, response: ResponseObject) -> Iterator[Event]:
        yield from self._figures(response)
        raise error_mapping.from_payload({"error": response.error}, provider=self._provider)

    def _other(self, event: ResponseEvent, data: bytes) -> Found:
        if event.type == "error" or event.error:
            raise error_mapping.from_payload(data, provider=self._provider)
        if not event.type:
            return self.parse_whole(data)
        kind, _, state = event.type.removeprefix("response.").partition(".")
        return self._notice(kind) if state in _RUNNING else ()

    def _notice(self, kind: str) -> Found:
        """What the service does by itself, where that has not been told last."""
        doing = responses_items.work(kind)
        if not doing or doing == self._doing:
            return ()
        self._doing = doing
        return (Notice(doing),)

    # --- items --------------------------------------------------------------------------------------------

    def _added(self, place: int, item: Item) -> Found:
        match item.get("type"):
            case "message":
                return self._part(0)
            case "reasoning":
                self._next_thought()
                return ()
            case "function_call":
                return self._calls.begin(place, item)
        return self._notice(text(item, "type"))

    def _item(self, place: int, item: Item) -> Iterator[Event | Paragraph]:
        """What has not been told yet of an item that is whole."""
        self._places.add(place)
        self._items.append(item)
        if self._size > _LONGEST_REPLAY:
            self._items, self._make_replay = [], None
        self._doing = ""
        match item.get("type"):
            case "message":
                yield from self._message(objects(item, "content"))
                self._next_message()
            case "reasoning":
                if not self._thought:
                    yield from self._reasoning(_thoughts(item))
                self._next_thought()
            case kind if kind in _CALLS:
                yield from self._calls.end(place, item)
            case _:
                for found in responses_items.parts(item, with_code=place not in self._coded):
                    if not isinstance(found, SourcePart) or self._is_new(found):
                        yield found

    def _late(self, items: Sequence[Item]) -> Iterator[Event | Paragraph]:
        """What has not been told of items that only the whole response has."""
        told, thought = self._ever or bool(self._said or self._spoken), self._pondered or self._thought
        for item in items:
            kind = item.get("type")
            if kind == "message" and told:
                content = objects(item, "content")
                for index, part in enumerate(content):
                    marked = item is items[-1] and part is content[-1]
                    yield from self._sources(index, part, marked=marked)
            elif kind != "reasoning" or not thought:
                yield from self._item(-1 - len(self._items), item)

    def _message(self, content: Sequence[Item]) -> Iterator[Event | Paragraph]:
        """What has not been told of the message that has come last, and is whole."""
        spoken = self._spoken | ({self._index} if self._said else set())
        last = self._index
        for index, part in enumerate(content):
            # Where parts are not announced, their texts have come as one.
            if index in spoken or (spoken and index > last):
                yield from self._sources(index, part, marked=index == last)
            else:
                yield from self._part(index)
                yield from self._content(index, part)

    def _sources(self, index: int, part: Item, *, marked: bool = True) -> Iterator[Event | Paragraph]:
        """What has not been told of what a part of a message refers to.

        Args:
            index: The place of the part in the message.
            part: The part.
            marked: Whether its text has come last: the places of sources count from its beginning.
        """
        for annotation in objects(part, "annotations"):
            yield from self._source(index, annotation, marked=marked)

    def _part(self, index: int) -> Found:
        """Where a part of a message begins, which the places of its sources count from."""
        if not index:
            self._next_message()
        if self._said:
            self._spoken.add(self._index)
        self._index, self._said = index, False
        return (Paragraph(apart=not index),)

    def _next_message(self) -> None:
        self._ever = self._ever or self._said or bool(self._spoken)
        self._said, self._index = False, 0
        self._spoken.clear()
        self._cited.clear()

    def _next_thought(self) -> None:
        self._apart = self._pondered = self._pondered or self._thought
        self._thought = False

    def _content(self, index: int, part: Item) -> Iterator[Event | Paragraph]:
        """What has not been told of a part of a message that is whole, and has come last."""
        yield from self._unsaid(text(part, "text") or text(part, "refusal"))
        yield from self._sources(index, part)

    def _unsaid(self, whole: str) -> Found:
        """A text that came whole, unless it has come in pieces."""
        if self._said or not whole:
            return ()
        self._said = True
        return (TextDelta(whole),)

    def _source(self, index: int, annotation: Item, *, marked: bool = True) -> Found:
        """What an annotation refers to, unless it has been told.

        Args:
            index: The place of its part in the message.
            annotation: The annotation.
            marked: Whether it is known where its text is.
        """
        found = responses_items.source(annotation)
        if found is None or (index, found) in self._cited:
            return ()
        self._cited.add((index, found))
        if isinstance(found, SourcePart):
            new = self._is_new(found)
            if not marked:
                return (msgspec.structs.replace(found, marks=()),) if new else ()
        return (found,)

    def _is_new(self, source: SourcePart) -> bool:
        """Whether a source has not been told before; it has been from now on."""
        key = (source.url, source.title)
        new = key not in self._known
        self._known.add(key)
        return new

    def _reasoning(self, thought: str) -> Found:
        if not thought:
            return ()
        apart, self._apart = self._apart, False
        self._thought = True
        return (ReasoningDelta("\n\n"), ReasoningDelta(thought)) if apart else (ReasoningDelta(thought),)

    def _listen(self, piece: str) -> Found:
        """Takes a piece of a recording; without one, it is whole."""
        self._sound += [piece] * bool(piece)
        self._heard += len(piece)
        if not self._sound or (piece and self._heard <= _LONGEST_SOUND):
            return ()
        payload = "".join(self._sound)
        self._sound, self._heard = [], 0
        data = b"" if piece else bytes_of_base64(payload) or b""
        return (responses_items.recording(data) or responses_items.unknown({"data": payload}, "audio"),)

    # --- the end ------------------------------------------------------------------------------------------

    def _end(self, response: ResponseObject, *, cut: bool = False) -> Iterator[Event | Paragraph]:
        ids = {own for item in self._items if (own := text(item, "id"))}
        streamed = len(self._items)
        if streamed < len(response.output):
            yield from self._late(
                [
                    item
                    for place, item in enumerate(response.output)
                    if place not in self._places and text(item, "id") not in ids
                ]
            )
        if self._make_replay is not None and response.is_whole and not cut:
            items = self._items[:streamed] if streamed >= len(response.output) else response.output
            if (replay := self._make_replay(items)) is not None:
                yield replay
        if response.model:
            yield ModelName(response.model)
        yield from self._figures(response)
        yield self._finish(self._reason(response))

    def _figures(self, response: ResponseObject) -> Iterator[Event]:
        """What the response has used, as far as it says."""
        if response.usage:
            yield response.usage.event()

    def _reason(self, response: ResponseObject) -> str:
        if response.incomplete_details and (reason := response.incomplete_details.reason):
            return reason
        items = [*self._items, *response.output]
        if self._calls or any(item.get("type") in _CALLS for item in items):
            return "tool_calls"
        content = (part for item in items for part in objects(item, "content"))
        return "content_filter" if any(part.get("type") == "refusal" for part in content) else "stop"


def _thoughts(item: Item) -> str:
    """All that an item tells of the model's reasoning."""
    told = objects(item, "summary") or objects(item, "content")
    return "\n\n".join(thought for one in told if (thought := text(one, "text")))
