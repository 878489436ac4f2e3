"""Calls of functions in OpenAI's responses, whose arguments come in pieces, or whole, or both."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ..events import ToolCall
from .responses_items import Item, text

CUSTOM = "custom_tool_call"
"""The kind of a call whose input is a text of any form, which is told once it is whole, as an argument."""


class FunctionCalls:
    """The calls of one answer. Whatever has been told of a call, its end tells the rest of it: the item that is done
    is the truth.
    """

    def __init__(self) -> None:
        self._told: dict[int, int] = {}  # how many characters of the arguments, by number
        self._by_call: dict[str, int] = {}
        self._by_item: dict[str, int] = {}

    def __bool__(self) -> bool:
        return bool(self._told)

    def begin(self, place: int, item: Item) -> Iterable[ToolCall]:
        """A call that is to come: its name. One without a name is told when it is done.

        Args:
            place: The item's place among those of the answer, which some servers do not count.
            item: The item.
        """
        call, name = text(item, "call_id"), text(item, "name")
        if not call or not name or call in self._by_call or item.get("type") == CUSTOM:
            return ()
        number = place if place not in self._told else max(self._told) + 1
        self._told[number] = 0
        self._by_call[call] = number
        if own := text(item, "id"):
            self._by_item[own] = number
        return (ToolCall(number, call, name),)

    def grow(self, place: int, item_id: str, piece: str) -> Iterable[ToolCall]:
        """The next piece of a call's arguments.

        Args:
            place: The item's place.
            item_id: Its id; empty where the service does not say.
            piece: The piece.
        """
        number = self._by_item.get(item_id, place)
        if number not in self._told or not piece:
            return ()
        self._told[number] += len(piece)
        return (ToolCall(number, arguments=piece),)

    def fill(self, place: int, item_id: str, arguments: Any) -> Iterable[ToolCall]:
        """What has not come yet of a call's arguments, which are whole now.

        Args:
            place, item_id: As in ``grow``.
            arguments: The arguments: JSON text, or the object itself.
        """
        number = self._by_item.get(item_id, place)
        return self.grow(number, "", _text(arguments)[self._told.get(number, 0) :])

    def end(self, place: int, item: Item) -> Iterable[ToolCall]:
        """What has not come yet of a call that is done.

        Args:
            place: The item's place.
            item: The item.
        """
        call = text(item, "call_id")
        if call in self._by_call:
            return self.fill(self._by_call[call], "", item.get("arguments"))
        number = place if place not in self._told else max(self._told) + 1
        if item.get("type") == CUSTOM:
            arguments = msgspec.json.encode({"input": text(item, "input")}).decode()
        else:
            arguments = _text(item.get("arguments"))
        self._told[number] = len(arguments)
        if call:
            self._by_call[call] = number
        return (ToolCall(number, call, text(item, "name"), arguments),)


def _text(arguments: Any) -> str:
    if arguments is None or isinstance(arguments, str):
        return arguments or ""
    return msgspec.json.encode(arguments).decode()
