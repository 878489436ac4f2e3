"""What an answer in chat completions says, piece by piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from ..decoders import Frame, decode_json
from ..events import Event, Finish, ModelName, ReasoningDelta, TextDelta
from ..parts import UnknownPart
from . import error_mapping
from .chat_calls import Calls
from .chat_failed_calls import failed_calls
from .chat_media import Sound, images
from .chat_names import BESIDE, KNOWN, REASONING, REASONS
from .chat_sources import Executed, Listed, annotation, references
from .chat_usage import usage
from .chat_values import fields, objects, size, text, unknown, whole

if TYPE_CHECKING:
    from .call import Call

# Nearly every piece is one of text, or of reasoning, and nothing else: these fields tell whether it is. Each further
# one costs in all pieces, so what is rarer is looked for where there is no text.


class _Delta(msgspec.Struct, frozen=True, gc=False):
    content: Any = None
    reasoning_content: Any = None
    reasoning: Any = None
    tool_calls: Any = None
    annotations: Any = None
    images: Any = None
    reasoning_details: Any = None
    executed_tools: Any = None


class _Choice(msgspec.Struct, frozen=True, gc=False):
    index: int = 0
    delta: _Delta = _Delta()
    finish_reason: Any = None


class _Chunk(msgspec.Struct, frozen=True, gc=False):
    choices: list[_Choice] = []
    usage: Any = None
    error: Any = None
    citations: Any = None
    search_results: Any = None


_read_chunk = msgspec.json.Decoder(_Chunk).decode
_ANY = msgspec.json.Decoder()

_MOST_KINDS = 32
_LEAST = 200  # characters of a text that is more than a mark of the service's own


class ChatParser:
    """Reads one answer, and keeps what a later piece of it needs.

    Args:
        provider: The provider's name.
        call: What was asked; ``None`` where nothing but the bytes is to be read.
    """

    def __init__(self, provider: str, call: Call | None = None) -> None:
        self._provider = provider
        self._call = call
        self._calls = Calls()
        self._listed = Listed()
        self._executed = Executed()
        self._sound: Sound | None = None
        self._told: set[Any] = set()  # what came and is not given twice
        self._unknown: dict[str, int] = {}
        self._finished = False

    def parse(self, frame: Frame) -> Iterable[Event]:
        """The events of one chunk."""
        try:
            chunk = _read_chunk(frame.data)
        except (ValueError, RecursionError):
            return self._rare(frame.data)
        if len(chunk.choices) == 1 and chunk.usage is None and chunk.error is None:
            choice = chunk.choices[0]
            delta = choice.delta
            if (
                choice.finish_reason is None
                and choice.index == 0
                and delta.tool_calls is None
                and not delta.annotations
                and not delta.images
                and delta.reasoning_details is None
                and delta.executed_tools is None
                and chunk.citations is None
                and chunk.search_results is None
            ):
                thoughts = delta.reasoning_content or delta.reasoning
                content = delta.content
                if not thoughts:
                    if content and type(content) is str:
                        return (TextDelta(content),)
                elif not content and type(thoughts) is str:
                    return (ReasoningDelta(thoughts),)
        return self._rare(frame.data)

    def parse_whole(self, body: bytes) -> Iterable[Event]:
        """The events of an answer that came in one piece."""
        events = [*self.parse(Frame(body)), *self._closing(last=True)]
        return events if self._finished or not self._calls else [*events, Finish("tool_calls")]

    def _rare(self, data: bytes) -> Iterator[Event]:
        """The events of a chunk of any kind."""
        if not data:
            return
        if data == b"[DONE]":
            yield from self._end()
            return
        chunk = fields(decode_json(_ANY, data))
        told = list(objects(chunk.get("choices")))
        figures = usage(chunk)
        if chunk.get("error") or (chunk.get("object") == "error" and not told):
            yield from () if figures is None else (figures,)
            if refused := self._refused(chunk):
                yield from refused
                return
            raise error_mapping.from_payload(data, provider=self._provider)
        # With `n` above 1 there are several answers; a conversation goes on with the first.
        choices = [choice for choice in told if whole(choice.get("index")) in (None, 0)]
        for choice in choices:
            yield from self._choice(choice)
        results = chunk.get("search_results") or fields(chunk.get("search_info")).get("search_results")
        yield from self._listed.take(chunk.get("citations"), results)
        yield from self._once(self._beside(chunk))
        for choice in choices:
            if error := choice.get("error"):
                yield from () if figures is None else (figures,)
                raise error_mapping.from_payload({"error": error}, provider=self._provider)
            if reason := text(choice.get("finish_reason")):
                yield from self._closing(last=False)
                if name := text(chunk.get("model")):
                    yield ModelName(name)
                yield self._finish(reason)
        if figures is not None:
            yield figures
        if words := text(fields(chunk.get("x_groq")).get("error")):
            raise error_mapping.from_payload({"error": words}, provider=self._provider)

    def _refused(self, chunk: dict[str, Any]) -> list[Event]:
        """The calls that the service has refused by an error, and the end of the answer; nothing for other errors, and
        where nobody waits for calls."""
        waited = self._call is not None and self._call.ask.options.get("tools")
        if not waited or self._finished or self._calls:
            return []
        refused = failed_calls(fields(chunk.get("error")) or chunk)
        pieces = [
            {"index": place, "function": {"name": name, "arguments": arguments}}
            for place, (name, arguments) in enumerate(refused)
        ]
        events: list[Event] = [*self._calls.take(pieces)]
        return [*events, *self._closing(last=True), Finish("tool_calls"), Finish()] if events else []

    def _choice(self, choice: dict[str, Any]) -> Iterator[Event]:
        """The events of what the model says in a chunk."""
        delta = choice.get("delta")
        if not isinstance(delta, dict):
            delta = fields(choice.get("message"))  # in an answer in one piece
        yield from self._said(delta)
        yield from self._once(annotation(one) for one in objects(delta.get("annotations")))
        yield from self._listed.take(
            delta.get("citations") or fields(delta.get("context")).get("citations"),
            delta.get("search_results"),
        )
        yield from self._executed.take(delta.get("executed_tools"))
        if made := delta.get("images"):
            yield from self._once(images(made))
        yield from self._heard(fields(delta.get("audio")))
        yield from self._calls.take(delta.get("tool_calls"))
        if isinstance(delta.get("function_call"), dict):
            yield from self._calls.take([{"index": 0, "function": delta["function_call"]}])
        self._note(delta)

    def _said(self, delta: dict[str, Any]) -> Iterator[Event]:
        """Reasoning and text."""
        thoughts = next((said for name in REASONING if (said := text(delta.get(name)))), "")
        if not thoughts:
            details = objects(delta.get("reasoning_details"))
            thoughts = "".join(text(one.get("text")) or text(one.get("summary")) for one in details)
        if thoughts:
            yield ReasoningDelta(thoughts)
        content = delta.get("content")
        if isinstance(content, str):
            if content:
                yield TextDelta(content)
        else:
            for part in content if isinstance(content, list) else [content]:
                yield from self._part(part)
        if refusal := text(delta.get("refusal")):
            yield TextDelta(refusal)

    def _part(self, part: Any) -> Iterator[Event]:
        """The events of a part of a content that is made of parts, as Mistral sends it."""
        if isinstance(part, str) and part:
            yield TextDelta(part)
        if not isinstance(part, dict):
            return
        kind = part.get("type")
        if isinstance(part.get("text"), str):
            if part["text"]:
                yield TextDelta(part["text"])
            yield from self._once(annotation(one) for one in objects(part.get("annotations")))
        elif "thinking" in part or kind == "reasoning":
            thinking = part.get("thinking", part.get("summary"))  # Mistral's, Databricks'
            pieces = [{"text": thinking}] if isinstance(thinking, str) else objects(thinking)
            yield from (ReasoningDelta(piece["text"]) for piece in pieces if text(piece.get("text")))
        elif kind in ("reference", "tool_reference"):
            yield from references(part)
        elif "image_url" in part or "b64_json" in part:
            yield from self._once(images(part))
        elif text(part.get("refusal")):
            yield TextDelta(part["refusal"])
        elif part:
            self._count(text(kind) or "something", part)

    def _heard(self, audio: dict[str, Any]) -> Iterator[Event]:
        if data := text(audio.get("data")):
            if self._sound is None:
                self._sound = Sound(self._form())
            self._sound.take(data)
        if transcript := text(audio.get("transcript")):
            yield TextDelta(transcript)

    def _form(self) -> str:
        """The form of sound that was asked for."""
        body = self._call.ask.options.get("extra_body") if self._call else None
        asked = body.get("audio") if body else None
        return text(asked.get("format")) if isinstance(asked, dict) else ""

    def _beside(self, chunk: dict[str, Any]) -> Iterator[Event]:
        for name in BESIDE:
            if found := chunk.get(name):
                yield from images(found) if name == "images" else (unknown(name, found),)

    def _once(self, events: Iterable[Event | None]) -> Iterator[Event]:
        """The events that have not been given before: some services repeat them with each piece."""
        for event in events:
            if event is not None and event not in self._told:
                self._told.add(event)
                yield event

    def _note(self, delta: dict[str, Any]) -> None:
        """Takes note of what nobody here can read."""
        for name, value in delta.items():
            if name not in KNOWN and (
                (isinstance(value, (dict, list)) and value)
                or (isinstance(value, str) and len(value) > _LEAST)
            ):
                self._count(name, value)

    def _count(self, name: str, value: Any) -> None:
        if name in self._unknown or len(self._unknown) < _MOST_KINDS:
            self._unknown[name] = self._unknown.get(name, 0) + size(value)

    def _closing(self, *, last: bool) -> Iterator[Event]:
        """What can be given once all of the answer has come.

        Args:
            last: Whether nothing of it can follow any more.
        """
        yield from self._calls.finish()
        if self._sound is not None:
            yield from self._sound.finish()
        for name in list(self._unknown):
            yield UnknownPart(name[:100], self._unknown.pop(name))

    def _finish(self, reason: str) -> Finish:
        self._finished = True
        reason = REASONS.get(reason, reason)
        return Finish("tool_calls" if reason == "stop" and self._calls else reason)

    def _end(self) -> Iterator[Event]:
        """The events of the end mark."""
        yield from self._closing(last=True)
        if not self._finished and self._calls:
            yield Finish("tool_calls")
        yield Finish()
