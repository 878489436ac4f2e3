"""The tool calls of an answer in chat completions, joined from their pieces however a server has written them.

Servers leave the number out, or give all calls the same one; they repeat the id or the name in each piece, cut the
name, leave the id out, send the arguments as an object. What begins a call and what goes on with one is told here, in
one place, and each call gets a number of our own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..decoders import decode_any
from ..events import ToolCall
from ..parts import UnknownPart
from .chat_values import fields, json_text, objects, text, unknown, whole

_CALLS = (None, "", "function", "custom")
_MOST_LOOKS = 64
"""How often the arguments of one call are looked at: a server may write a name with each of very many pieces."""


class _Call:
    """One call, as far as it has come."""

    __slots__ = ("_looks", "arguments", "custom", "id", "more", "name", "number", "told")

    def __init__(self, number: int) -> None:
        self.number = number
        self.id = self.name = ""
        self.arguments: list[str] = []
        self.custom = False  # its input is a text of any form
        self.more: dict[str, Any] = {}  # what a vendor wants back with it
        self.told = False  # whether its name has been given
        self._looks = 0

    @property
    def whole(self) -> bool:
        """Whether its arguments are known to be whole as they are."""
        self._looks += 1
        if not self.arguments or self._looks > _MOST_LOOKS:
            return False
        try:
            decode_any("".join(self.arguments))
        except ValueError:
            return False
        return True

    def json(self) -> str:
        """Its arguments as JSON text."""
        said = "".join(self.arguments)
        return msgspec.json.encode({"input": said}).decode() if self.custom else said

    def wire(self) -> dict[str, Any]:
        """It, as it goes back to a server."""
        return {
            "id": self.id,
            "type": "function",
            "function": {"name": self.name, "arguments": sendable_arguments(self.json())},
            **self.more,
        }


def sendable_arguments(arguments: str) -> str:
    """Arguments as they may go out again: some servers fail where they are no object of JSON, as those of a call that
    was cut off are.

    Args:
        arguments: What the model wrote.
    """
    for _ in range(2):  # as a text in a text, some servers write them
        try:
            value = decode_any(arguments)
        except ValueError:
            return "{}"
        if isinstance(value, dict):
            return arguments
        arguments = text(value)
    return "{}"


class Calls:
    """The tool calls of one answer."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._held: _Call | None = None  # the one whose name is not known to be whole
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}

    def __bool__(self) -> bool:
        return any(call.name or call.arguments for call in self._calls)

    @property
    def signed(self) -> bool:
        """Whether a vendor wants more back with a call than what it does."""
        return any(call.more for call in self._calls)

    def wire(self) -> list[dict[str, Any]]:
        """The calls as they go back to a server."""
        return [call.wire() for call in self._calls if call.name]

    def take(self, pieces: Any) -> Iterator[ToolCall | UnknownPart]:
        """What one piece of the answer has of its calls.

        Args:
            pieces: Its ``tool_calls``.
        """
        here: list[_Call] = []
        for piece in objects(pieces):
            custom = isinstance(piece.get("custom"), dict) and not isinstance(piece.get("function"), dict)
            said = fields(piece.get("custom" if custom else "function"))
            if not said and piece.get("type") not in _CALLS:
                yield unknown(piece["type"], piece)
                continue
            id, name = text(piece.get("id")), text(said.get("name"))
            arguments = json_text(said.get("input" if custom else "arguments"))
            if not (id or name or arguments):
                continue
            call = self._of(whole(piece.get("index")), id, name, arguments, here)
            here.append(call)
            call.custom = call.custom or custom
            if more := piece.get("extra_content"):
                call.more["extra_content"] = more
            yield from self._grown(call, id, name, arguments)

    def finish(self) -> Iterator[ToolCall]:
        """What there is to give of the calls once no piece of them comes any more."""
        for call in self._calls:
            if not (call.name or call.arguments):
                continue
            before, call.id = call.id, call.id or f"call_{call.number + 1}"
            arguments = call.json() if call.custom and not call.told else ""
            if not call.told or not before:
                yield ToolCall(call.number, call.id, "" if call.told else call.name, arguments)
            call.told = True

    def _of(self, index: int | None, id: str, name: str, arguments: str, here: list[_Call]) -> _Call:
        """The call that a piece belongs to, which may begin with it."""
        by_id = self._by_id.get(id) if id else None
        known = self._by_index.get(index) if index is not None else None
        if index is None and self._calls:
            known = self._calls[-1]
        if known is None:
            return by_id if by_id is not None and not name else self._begun(index)
        if id and id != known.id:
            if by_id is not None and (index is None or not name):
                return by_id
            return self._begun(index) if name and (known.id or known.name) else known
        again = name and self._comes_again(known, name, arguments, same=bool(id), here=known in here)
        return self._begun(index) if again else known

    @staticmethod
    def _comes_again(known: _Call, name: str, arguments: str, *, same: bool, here: bool) -> bool:
        """Whether a name is that of another call, and no further piece of the known one.

        Args:
            known: The call that it would belong to otherwise.
            name, arguments: What has come.
            same: Whether it has that call's id.
            here: Whether a piece of that call is in the same list.
        """
        other = name != known.name
        if same:
            return bool(arguments) and (other or here) and known.whole
        return here or (other and bool(known.arguments)) or (bool(arguments) and known.whole)

    def _begun(self, index: int | None) -> _Call:
        call = _Call(len(self._calls))
        self._calls.append(call)
        if index is not None:
            self._by_index[index] = call
        return call

    def _grown(self, call: _Call, id: str, name: str, arguments: str) -> Iterator[ToolCall]:
        """What a piece adds to its call. The name is held back until it is whole, which it is where arguments begin or
        another call does."""
        if (held := self._held) is not None and held is not call:
            yield from self._named(held)
        late, told = bool(id) and not call.id, call.told
        if late:
            call.id = id if id not in self._by_id else f"{id}_{call.number + 1}"
            self._by_id.setdefault(id, call)
        if name and name != call.name and not call.arguments and not call.told:
            call.name += name
        if not call.told:
            self._held = None if call.custom else call
        if arguments:
            call.arguments.append(arguments)
            if call.custom:
                return
            yield from self._named(call)
            yield ToolCall(call.number, arguments=arguments)
        if late and told:
            yield ToolCall(call.number, call.id)

    def _named(self, call: _Call) -> Iterator[ToolCall]:
        """The beginning of a call, unless it was given."""
        if not call.told:
            call.told, self._held = True, None
            yield ToolCall(call.number, call.id, call.name)
