"""The content blocks of one answer in Anthropic's dialect: what they give while they come, and how they go back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from io import StringIO
from typing import Any

import msgspec

from ..events import Event, Notice, ReasoningDelta, TextDelta, ToolCall
from .anthropic_results import Block, doing, results, source, use

_LARGEST = 4_000_000
"""The largest answer that is kept in the vendor's own form, in characters."""

_PLAIN = ("text", "tool_use")
"""The blocks that a message made of plain parts has as well."""

_ASKING = ("tool_use", "server_tool_use", "mcp_tool_use")


class OpenBlock:
    """A content block while it comes.

    Args:
        block: The block, as its beginning has it: of a text, a thought or a call what follows is added.
        number: Its place among the blocks of the answer.
        way_back: What brings a call's arguments, once they are whole, into the form of its tool; ``None`` where they
            come in it.
    """

    __slots__ = (
        "_block",
        "_citations",
        "_odd",
        "_signature",
        "_way_back",
        "closed",
        "kind",
        "number",
        "pieces",
    )

    def __init__(self, block: Block, number: int, way_back: Callable[[str], str] | None = None) -> None:
        kind = block.get("type")
        self.kind = kind if isinstance(kind, str) else ""
        self.number = number
        self.closed = False
        # The text, the thought, or the input: in a list, pieces would take ten times as much memory as they are long.
        self.pieces = StringIO()
        self._block = block
        citations = block.get("citations")
        self._citations: list[Any] = [*citations] if isinstance(citations, list) else []
        self._signature: list[str] = []
        self._way_back = way_back
        self._odd = False  # whether something was added that has no known place in it

    def begin(self) -> Iterator[Event]:
        """The events of its beginning."""
        match self.kind:
            case "text" | "thinking":
                yield from self._grow(self._block.get(self.kind))
            case "tool_use":
                yield ToolCall(self.number, _text(self._block, "id"), _text(self._block, "name"))
            case "server_tool_use" | "mcp_tool_use":
                yield Notice(doing(_text(self._block, "name")))

    def add(self, delta: dict[str, Any]) -> Iterator[Event]:
        """The events of what is added to it.

        Args:
            delta: What is added.
        """
        match delta.get("type"):
            case "citations_delta":
                self._citations.append(delta.get("citation"))
            case "signature_delta":
                self._signature.append(_text(delta, "signature"))
            case "input_json_delta":
                yield from self._ask(delta.get("partial_json"))
            case _ if self.kind in ("text", "thinking") and delta.get(self.kind):
                yield from self._grow(delta[self.kind])
            case _:
                self._odd = self._odd or any(value for name, value in delta.items() if name != "type")

    def end(self) -> Iterator[Event]:
        """The events of its end; none where it has ended already."""
        if self.closed:
            return
        self.closed = True
        match self.kind:
            case "text":
                yield from (source(one) for one in self._citations if isinstance(one, dict))
            case "thinking":
                pass
            case "tool_use":
                if self._way_back is not None or not self.pieces.tell():
                    said = self.pieces.getvalue() or _json(self._block.get("input"))
                    given = self._way_back(said) if self._way_back is not None else said
                    yield ToolCall(self.number, arguments=given)
            case "server_tool_use" | "mcp_tool_use":
                yield use(self.whole() or self._block)
            case _:
                yield from results(self._block)

    def whole(self) -> Block | None:
        """The block as it must go back; ``None`` where it cannot, since it has not come whole."""
        text = self.pieces.getvalue()
        if self.kind == "text":
            return {
                **self._block,
                "text": text,
                **({"citations": self._citations} if self._citations else {}),
            }
        if self.kind == "thinking":
            signature = "".join(self._signature) or _text(self._block, "signature")
            return {**self._block, "thinking": text, "signature": signature} if signature else None
        if self.kind in _ASKING:
            given = _parsed(text) if text else self._block.get("input") or {}
            return {**self._block, "input": given} if isinstance(given, dict) else None
        return None if self._odd else self._block

    def _grow(self, text: Any) -> Iterator[Event]:
        if isinstance(text, str) and text:
            self.pieces.write(text)
            yield TextDelta(text) if self.kind == "text" else ReasoningDelta(text)

    def _ask(self, piece: Any) -> Iterator[Event]:
        if piece and not isinstance(piece, str):
            piece = _json(piece)
        if piece:
            self.pieces.write(piece)
            if self.kind == "tool_use" and self._way_back is None:
                yield ToolCall(self.number, arguments=piece)


def content(blocks: Sequence[OpenBlock]) -> list[Block] | None:
    """An answer's blocks as they must go back; ``None`` where one of them cannot. Blank texts are left out, which the
    API sends and does not take.

    Args:
        blocks: The blocks, in order.
    """
    whole = [block.whole() for block in blocks]
    if None in whole:
        return None
    return [one for one in whole if one and (one.get("type") != "text" or one["text"].strip())]


def replay(blocks: Sequence[OpenBlock], reason: str) -> str | None:
    """An answer as the vendor must get it back, as JSON text; ``None`` where the plain form of it says the same, or
    where the API would not take it.

    Args:
        blocks: Its blocks, in order.
        reason: Why it has ended, in the API's words.
    """
    if all(block.kind in _PLAIN for block in blocks):
        return None
    whole = content(blocks)
    if not whole or whole[-1].get("type") in ("thinking", "redacted_thinking"):
        return None
    answered = {one.get("tool_use_id") for one in whole}
    waiting = any(
        one.get("type") in ("server_tool_use", "mcp_tool_use") and one.get("id") not in answered
        for one in whole
    )
    if waiting and reason != "tool_use":
        return None
    try:
        raw = msgspec.json.encode(whole).decode()
    except (ValueError, RecursionError):  # of arguments nested without an end
        return None
    return raw if len(raw) <= _LARGEST else None


def _text(block: Block, name: str) -> str:
    value = block.get(name)
    return value if isinstance(value, str) else ""


def _json(value: Any) -> str:
    """A call's arguments as JSON text; those of a call without any are an empty object."""
    if isinstance(value, str) and value.strip():
        return value
    return msgspec.json.encode(value).decode() if value else "{}"


def _parsed(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return None
