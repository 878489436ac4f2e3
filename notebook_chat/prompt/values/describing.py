"""Values as a model can read them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ...text import replace_surrogates, single_line
from .bounds import cut_end
from .classes import Types, type_name
from .description import DEFAULT_TOKENS, Description
from .digests.fingerprints import fingerprint
from .kinds import kind_of
from .own_words import described, own_words, says_something
from .patience import SECONDS, FailedError, GaveUpError, within
from .python.objects import describe_object
from .registry import OwnDescriber, registered_for, registered_for_all

_LEAST = 20
"""How many tokens a description has room for at least: what it is must be said."""

_LONGEST_LABEL = 80
_AT_ONCE = Types(str, int, float, complex, bool, type(None), bytes, bytearray)
"""Types whose values run no code of others, and end."""


def describe(
    value: Any, *, name: str = "", tokens: int = DEFAULT_TOKENS, seconds: float = SECONDS
) -> Description:
    """A value as a model can read it. It never raises, whatever the value does; nothing of the value is changed, and
    nothing is consumed.

    First comes what a user has registered for its type, then what the object says of itself, then what is known of its
    kind, then its repr. Where one of them raises or takes too long, the next one comes.

    Args:
        value: The value.
        name: What the prompt calls it.
        tokens: How long the text may be, in tokens.
        seconds: How long the code of the value's own class is waited for.
    """
    tokens = max(tokens, _LEAST)
    found = _Asked(value, tokens, time.monotonic() + seconds).description()
    text = cut_end(replace_surrogates(found.text), tokens)
    label = single_line(replace_surrogates(found.label))
    if len(label) > _LONGEST_LABEL:
        label = f"{label[: _LONGEST_LABEL - 1]}…"
    return replace(found, text=text, label=label, digest=fingerprint(value))


class _Asked:
    """A value that is asked in one way after the other, until a moment."""

    def __init__(self, value: Any, tokens: int, until: float) -> None:
        self._value = value
        self._tokens = tokens
        self._until = until
        self._failed = ""

    def description(self) -> Description:
        """The first description that comes."""
        cls = type(self._value)
        found = self._registered(registered_for(cls))
        if found is None and says_something(cls):
            found = self._in_time(lambda: own_words(self._value))
        if found is None:
            found = self._known(cls)
        if found is None:
            found = self._registered(registered_for_all())
        if found is None:
            found = self._in_time(lambda: describe_object(self._value, self._tokens))
        found = found or Description(
            f"A {type_name(cls)}, of which nothing can be told: its own code fails or does not end.",
            type_name(cls),
        )
        return replace(found, label=f"{found.label}; {self._failed}") if self._failed else found

    def _registered(self, describer: OwnDescriber | None) -> Description | None:
        if describer is None:
            return None
        try:
            answer = within(self._left, lambda: described(describer(self._value, self._tokens), self._value))
        except FailedError as error:
            self._failed = f"what is registered for it fails: {error}"
            return None
        except GaveUpError:
            self._failed = "what is registered for it does not end"
            return None
        if answer is None:
            self._failed = "what is registered for it gives no text"
        return answer

    def _known(self, cls: type) -> Description | None:
        kind = kind_of(cls)
        if kind is None:
            return None
        describer = kind.describer()  # loaded here, since that may not be given up in the middle
        if not kind.here and cls not in _AT_ONCE:
            return self._in_time(lambda: describer(self._value, self._tokens))
        try:
            return describer(self._value, self._tokens)
        except Exception:  # such as a connection that another thread has closed
            return None

    def _in_time(self, work: Callable[[], Description | None]) -> Description | None:
        try:
            return within(self._left, work)
        except (FailedError, GaveUpError):
            return None

    @property
    def _left(self) -> float:
        return max(0.05, self._until - time.monotonic())
