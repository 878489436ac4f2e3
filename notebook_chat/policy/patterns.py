"""What a rule is about: a pattern such as ``git:*`` or ``sqlite__query(query=SELECT *)``, and the calls that it means.

What allows is narrow, and what asks or denies is wide: in doubt a call is asked about.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from ..errors import InvalidOptionError
from .wildcards import narrowly, skeleton, widely

KINDS = ("function", "notebook", "edit", "run", "mcp")
"""Where tools come from. As the name of a pattern, each stands for all tools of that kind."""

_LONGEST = 4_000  # characters of a pattern
_HINT = (
    "Write a tool (git__log), a server's (git:*), a kind (run), or one with arguments: tool(name=value, *)."
)


class Subject(msgspec.Struct, frozen=True):
    """A call, as rules see it.

    Attributes:
        name: The tool's name.
        kind: Where it comes from.
        server: The server that has it; ``""`` where none does.
        original: What the tool is called at its server.
        arguments: The arguments of the call.
    """

    name: str
    kind: str
    server: str
    original: str
    arguments: Mapping[str, Any]


class Value(msgspec.Struct, frozen=True):
    """What an argument is to be.

    Attributes:
        text: A text, in which ``*`` stands for anything; ``None`` where a value of JSON is written.
        json: That value, as ``canonical`` gives it.
    """

    text: str | None
    json: str = ""

    def admits(self, value: Any) -> bool:
        """Whether it is just this value, of the same type."""
        if self.text is not None:
            return isinstance(value, str) and narrowly(self.text, value)
        return canonical(value) == self.json

    def touches(self, value: Any) -> bool:
        """Whether it is this value, or anything in it is, in any way of writing it."""
        if self.text is None and canonical(value) == self.json:
            return True
        text = self.text if self.text is not None else _plain(json.loads(self.json))
        return any(widely(text, leaf) for leaf in _leaves(value))


class Pattern(msgspec.Struct, frozen=True):
    """A pattern, read.

    Attributes:
        head: The kind or the server; ``""`` where none is written.
        name: The tool's name, in which ``*`` stands for anything.
        arguments: What the arguments are to be, by their names; ``None`` where any will do.
        others: Whether there may be further arguments.
    """

    head: str
    name: str
    arguments: Mapping[str, Value] | None = None
    others: bool = False

    @classmethod
    def read(cls, text: str) -> Pattern:
        """A pattern, as a person has written it.

        Raises:
            InvalidOptionError: It is none.
        """
        if not isinstance(text, str) or len(text) > _LONGEST:
            raise _wrong(str(text), "it is too long")
        before, bracket, within = text.strip().partition("(")
        head, colon, name = before.strip().rpartition(":")
        if not name or (colon and not head) or not (head + name).isascii() or " " in name:
            raise _wrong(text, "there is no name of a tool in it")
        if not text.isprintable():
            raise _wrong(text, "there is a character in it that cannot be seen")
        if not bracket:
            return cls(head, name)
        if not within.endswith(")"):
            raise _wrong(text, "the bracket is not closed")
        arguments, others = _arguments(within[:-1], text)
        return cls(head, name, arguments, others)

    def admits(self, call: Subject) -> bool:
        """Whether it means a call for certain: by the very names, and with all arguments named."""
        names = self.names(call.name, call.kind, call.server, call.original)
        return names and self._admits_arguments(call.arguments)

    def touches(self, call: Subject) -> bool:
        """Whether it may mean a call."""
        if not self._resembles(call):
            return False
        if self.arguments is None:
            return True
        given: dict[str, list[Any]] = {}
        for name, value in call.arguments.items():
            given.setdefault(skeleton(name), []).append(value)
        try:
            return all(
                any(value.touches(one) for one in given.get(skeleton(name), ()))
                for name, value in self.arguments.items()
            )
        except (RecursionError, ValueError):
            return True

    def names(self, name: str, kind: str, server: str, original: str) -> bool:
        """Whether it means a tool for certain, whatever its arguments.

        Args:
            name, kind, server, original: As in ``Subject``.
        """
        if not self.head and self.name in KINDS:
            return kind == self.name
        if not self.head:
            return name.isascii() and narrowly(self.name, name)
        if not any(one.isascii() and narrowly(self.name, one) for one in (name, original)):
            return False
        if self.head in KINDS:
            return kind == self.head
        return kind == "mcp" and server.isascii() and narrowly(self.head, server)

    def _resembles(self, call: Subject) -> bool:
        called = any(widely(self.name, name) for name in (call.name, call.original))
        if not self.head:
            return called or call.kind == skeleton(self.name)
        return called and (call.kind == skeleton(self.head) or widely(self.head, call.server))

    def _admits_arguments(self, given: Mapping[str, Any]) -> bool:
        if self.arguments is None:
            return True
        if not self.others and given.keys() - self.arguments.keys():
            return False
        try:
            return all(name in given and value.admits(given[name]) for name, value in self.arguments.items())
        except (RecursionError, ValueError):
            return False


def canonical(value: Any) -> str:
    """A value of JSON in one way of writing it, in which ``1``, ``1.0``, ``"1"`` and ``true`` are four.

    Raises:
        RecursionError: It is nested too deeply.
        ValueError: It is no value of JSON.
    """
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except TypeError as error:
        raise ValueError(str(error)) from None


def _arguments(text: str, whole: str) -> tuple[dict[str, Value], bool]:
    """What stands in the brackets of a pattern."""
    found: dict[str, Value] = {}
    others = False
    rest = text.strip()
    while rest:
        if rest == "*":
            others = True
            break
        name, equals, rest = rest.partition("=")
        name = name.strip()
        if not (equals and name) or "," in name or name in found:
            raise _wrong(whole, "its arguments are not name=value, each once")
        found[name], rest = _value(rest.strip(), whole)
    return found, others


def _value(rest: str, whole: str) -> tuple[Value, str]:
    """The value that a text begins with, and what follows it."""
    if rest[:1] in ('"', "{", "["):
        try:
            value, end = _DECODER.raw_decode(rest)
        except (ValueError, RecursionError):
            raise _wrong(whole, "a value in it is no JSON") from None
        after = rest[end:].lstrip()
        if after and not after.startswith(","):
            raise _wrong(whole, "there is something behind a value")
        return Value(None, canonical(value)), after[1:].lstrip()
    text, _, after = rest.partition(",")
    text = text.strip()
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return Value(text), after.lstrip()
    return Value(None, canonical(value)), after.lstrip()


def _refused(name: str) -> Any:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_refused)


def _leaves(value: Any) -> Iterator[str]:
    """The texts in a value, its numbers and the names of its fields, as texts."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield str(name)
            yield from _leaves(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _leaves(one)
    else:
        yield _plain(value)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _wrong(text: str, why: str) -> InvalidOptionError:
    return InvalidOptionError(f"{text[:200]!r} is no pattern of tools: {why}", hint=_HINT)
