"""Values that go along in the text of something else, such as those of an exception's frames."""

from __future__ import annotations

import time
import types
from dataclasses import dataclass, field

from ...secrets import redact
from ..extra import Extra
from ..values.bounds import cut_end, tokens_of
from ..values.classes import is_a
from ..values.description import DEFAULT_TOKENS
from .exception_text import message_of, said
from .frame_values import Named, is_plain, withheld, without_secrets

_FAR_TOKENS = 120
_CODE_TOKENS = 120  # of functions and classes
_LEAST_TOKENS = 24
_LEAST_SECONDS = 0.02
_CODE = (type, types.FunctionType, types.MethodType, types.BuiltinFunctionType)
_MOST = 40  # values
_MOST_NAMED = 8


@dataclass
class ToldValues:
    """Writes values down, each once, within so many tokens in all.

    Attributes:
        tokens: How many tokens are left.
        seconds: How long is left to wait for values that do not tell of themselves at once.
        extras: What the reader is told of the values, without their texts.
    """

    tokens: int
    seconds: float = 2.0
    extras: list[Extra] = field(default_factory=list)
    _seen: set[tuple[str, int]] = field(default_factory=set)
    _names: dict[int, str] = field(default_factory=dict)

    def lines(self, values: list[Named]) -> list[str]:
        """The lines that tell a model of values; of those for which there is no room their names.

        Args:
            values: The values, those that matter most first.
        """
        told: list[str] = []
        left_out: list[str] = []
        for named in values:
            key = (named.name, id(named.value))
            if key in self._seen or (not named.near and isinstance(named.value, _CODE)):
                continue
            if len(self._seen) >= _MOST or self.tokens < _LEAST_TOKENS:
                left_out.append(named.name)
                continue
            self._seen.add(key)
            told.append(self._line(named))
        if left_out:
            told.append(f"(not shown, for want of room: {', '.join(left_out[:_MOST])})")
        return told

    def _line(self, named: Named) -> str:
        text = withheld(named.name, named.value)
        first_name = self._names.setdefault(id(named.value), named.name)
        if not text and first_name != named.name and not is_plain(named.value):
            text = f"the same object as {first_name}"
        elif not text:
            began = time.monotonic()
            text, label = _described(named, min(_tokens_for(named), self.tokens - 8), self.seconds)
            self.seconds = max(self.seconds - (time.monotonic() - began), _LEAST_SECONDS)
            if (
                (label or named.near)
                and len(self.extras) < _MOST_NAMED
                and not isinstance(named.value, _CODE)
            ):
                self.extras.append(Extra(named.name, (), label))
        first, *rest = text.strip().split("\n")
        line = "\n".join((f"{named.name}: {first}", *(f"    {one}" for one in rest)))
        self.tokens -= tokens_of(line)
        return line


def _tokens_for(named: Named) -> int:
    if isinstance(named.value, _CODE):
        return _CODE_TOKENS
    return DEFAULT_TOKENS if named.near else _FAR_TOKENS


def _described(named: Named, tokens: int, seconds: float) -> tuple[str, str]:
    """A value's text and its label."""
    from ..values.describing import describe

    if is_plain(named.value):
        return cut_end(redact(repr(named.value)), tokens), ""
    if is_a(named.value, BaseException):  # its frames may lead back to where it is told
        return cut_end(redact(said(named.value, message_of(named.value))), tokens), ""
    try:
        description = describe(named.value, name=named.name, tokens=tokens, seconds=min(seconds, 1.0))
        text, label = description.text, description.label
    except Exception:
        text, label = f"a {type(named.value).__name__}", ""
    return cut_end(redact(without_secrets(text, named.value)), tokens), label
