"""Answers that come as JSON, which a reader never sees: a call, or a text that is given piece by piece."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from ...events import Event, Finish, TextDelta, ToolCall

_BLANK = " \t\r\n"
_ANSWER = re.compile(r'[ \t\r\n]*+\{[ \t\r\n]*+"answer"[ \t\r\n]*+:[ \t\r\n]*+(?=[^ \t\r\n])')
_CALL = re.compile(
    r'[ \t\r\n]*+\{[ \t\r\n]*+"tool"[ \t\r\n]*+:[ \t\r\n]*+"([A-Za-z0-9_-]{1,64}+)"[ \t\r\n]*+'
    r'(?:,[ \t\r\n]*+"arguments"[ \t\r\n]*+:)?+'
)
_LONGEST_HEAD = 2_000  # characters in which it must be clear which it is
_PLAIN = re.compile(r'[^"\\]++')
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_HEX = re.compile(r"[0-9a-fA-F]{4}")


class _Written(msgspec.Struct, frozen=True):
    tool: str
    arguments: msgspec.Raw = msgspec.Raw(b"{}")


_WRITTEN = msgspec.json.Decoder(_Written)


class JSONAnswer:
    """Reads one answer: ``{"tool": …, "arguments": …}`` becomes a call, of ``{"answer": …}`` the text is given as it
    comes, and what is neither is text as it stands.

    Args:
        data: Whether what stands under ``answer`` is data, which are given as they are written.
    """

    def __init__(self, *, data: bool = False) -> None:
        self._data = data
        self._kind = ""  # until it is clear: "call", "answer" or "text"
        self._held = ""  # what has come and is not told yet
        self._closed = False
        self._called = False

    def events(self, batch: Sequence[Event]) -> list[Event]:
        """What a batch of the answer's events tells."""
        told: list[Event] = []
        for event in batch:
            if isinstance(event, TextDelta):
                told += self._text(event.text)
            elif isinstance(event, Finish):
                told += self.rest()
                calls = self._called and event.reason in (None, "stop")
                told.append(Finish("tool_calls") if calls else event)
            else:
                told.append(event)
        return told

    def rest(self) -> list[Event]:
        """What there is to tell once all has come."""
        held, self._held = self._held, ""
        if self._kind == "call" and held:
            self._called = True
            return [_call(held)]
        if self._kind == "answer" and self._data:
            return _said(held.rstrip(_BLANK).removesuffix("}").rstrip(_BLANK))
        return _said(held) if not self._kind and not held.lstrip(_BLANK).startswith("{") else []

    def _text(self, text: str) -> Iterable[Event]:
        self._held += text
        if not self._kind and not self._begun():
            return ()
        if self._kind == "call":
            return ()
        if self._kind == "text":
            held, self._held = self._held, ""
            return _said(held)
        return _said(self._value() if self._data else "".join(self._decoded()))

    def _begun(self) -> bool:
        """Whether it is clear what the answer is."""
        head = self._held
        if found := _ANSWER.match(head):
            self._kind, self._held = "answer", head[found.end() :]
            if not self._data:
                if self._held[0] != '"':
                    self._data = True  # not what was asked for, but something
                else:
                    self._held = self._held[1:]
        elif _CALL.match(head):
            self._kind = "call"
        elif (start := head.lstrip(_BLANK)) and (start[0] != "{" or len(head) > _LONGEST_HEAD):
            self._kind = "text"
        return bool(self._kind)

    def _value(self) -> str:
        """What has come of data, without the brace that may be the end of what they stand in."""
        kept = self._held.rstrip(_BLANK + "}")
        self._held = self._held[len(kept) :]
        return kept

    def _decoded(self) -> Iterator[str]:
        """What has come of a text; an escape that is not whole waits."""
        held, place = self._held, 0
        while place < len(held) and not self._closed:
            if found := _PLAIN.match(held, place):
                yield found[0]
                place = found.end()
            elif held[place] == '"':
                self._closed = True
            else:
                character, size = _escaped(held, place)
                if not size:
                    break
                yield character
                place += size
        self._held = "" if self._closed else held[place:]


def _escaped(text: str, place: int) -> tuple[str, int]:
    """The character of an escape, and how long that is; 0 where it is not whole."""
    if len(text) < place + 2:
        return "", 0
    if text[place + 1] != "u":
        return _ESCAPES.get(text[place + 1], text[place + 1]), 2
    if len(text) < place + 6:
        return "", 0
    first = _unit(text, place)
    if not 0xD800 <= first < 0xDC00:
        return chr(first) if not 0xDC00 <= first < 0xE000 else "�", 6
    if text[place + 6 : place + 8] not in ("\\u", "\\", ""):
        return "�", 6
    if len(text) < place + 12:
        return "", 0
    second = _unit(text, place + 6)
    if not 0xDC00 <= second < 0xE000:
        return "�", 6
    return chr(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)), 12


def _unit(text: str, place: int) -> int:
    found = _HEX.match(text, place + 2)
    return int(found[0], 16) if found else 0xFFFD


def _said(text: str) -> list[Event]:
    return [TextDelta(text)] if text else []


def _call(text: str) -> ToolCall:
    """A call; of one that was cut off the arguments as far as they go, which are then no JSON."""
    try:
        written = _WRITTEN.decode(text.strip(_BLANK))
        return ToolCall(0, "", written.tool, msgspec.json.format(bytes(written.arguments), indent=0).decode())
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        head = _CALL.match(text)
        assert head is not None
        return ToolCall(0, "", head[1], text[head.end() :].strip(_BLANK) or "{")
