"""What is to become of secrets in a prompt before it goes out: they are sent, replaced, or the prompt is refused."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import msgspec

from ...conversation import Turn
from ...errors import ConfigurationError, InvalidOptionError
from ...messages import FilePart, Message, TextPart
from ..extra import Extra

Policy = Literal["ask", "redact", "refuse", "send"]
"""What is done about secrets; ``ask`` refuses where nobody can be asked."""

Answer = Literal["send", "redact", "refuse"]

_MOST_NAMED = 5

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found:
    """A secret in what is about to go out.

    Attributes:
        label: What it looks like, such as ``GitHub token``.
        source: Where it comes from, such as ``in the prompt`` or ``from df``.
        value: It itself, which no repr shows.
    """

    label: str
    source: str
    value: str = field(repr=False)

    @property
    def told(self) -> str:
        """It, as the user is told of it."""
        return f"{self.label} ({self.source})"


@dataclass(frozen=True, slots=True)
class Words:
    """All that the user sends anew with a prompt.

    Attributes:
        message: The user's message.
        typed: What the user typed, where the message holds something else.
        system: The system prompt, where it is new.
        extras: What went into the message besides what was typed.
    """

    message: Message
    typed: str | None = None
    system: str | None = None
    extras: Sequence[Extra] = ()

    def found(self) -> tuple[Found, ...]:
        """The secrets in them, each once."""
        from .secret_search import find  # whoever never looks need not load it

        texts = [*_texts(self.message), *([self.system] if self.system else [])]
        values = {one.value: one.label for text in texts for one in find(text)}
        return tuple(Found(label, self._source(value), value) for value, label in values.items())

    def redacted(self) -> Words:
        """The same with a marker in the place of each secret."""
        parts: Any = self.message.content
        whole = isinstance(parts, str)
        parts = _without_secrets(parts) if whole else tuple(map(_part_without_secrets, parts))
        message = msgspec.structs.replace(self.message, content=parts)
        typed, system = (one and _without_secrets(one) for one in (self.typed, self.system))
        return Words(message, typed, system, self.extras)

    def _source(self, value: str) -> str:
        names = [extra.name for extra in self.extras if any(value in text for text in _texts(extra))]
        if names:
            return f"from {', '.join(dict.fromkeys(names))}"
        if self.system and value in self.system:
            return "in the system prompt"
        typed = self.message.text if self.typed is None else self.typed
        inline = [extra.name for extra in self.extras if not extra.parts]
        return f"from {', '.join(inline)}" if inline and value not in typed else "in the prompt"


class Disclosure:
    """Decides what becomes of secrets before a prompt goes out.

    Args:
        policy: What is to be done, as it is set when a prompt goes out.
        ask: Asks the user, who is told in a sentence what was found; raises where nobody can be asked.
        advice: What the user is to do where a prompt is refused.
        allowed: Digests of the secrets that the user has said yes to: they are not asked about again.
    """

    def __init__(
        self,
        policy: Callable[[], str],
        *,
        ask: Callable[[str], Answer] | None = None,
        advice: str,
        allowed: set[int] | None = None,
    ) -> None:
        self._policy = policy
        self._ask = ask
        self._advice = advice
        self._allowed: set[int] = set() if allowed is None else allowed

    def review(self, words: Words, turns: Sequence[Turn] = ()) -> tuple[Words, tuple[str, ...]]:
        """Looks at what is about to go out. What a turn before has sent is not looked at again.

        Args:
            words: What the user sends anew.
            turns: Those of the conversation.

        Returns:
            What goes out, and what the reader is to be told of it.

        Raises:
            ConfigurationError: It holds secrets, and is not to be sent with them.
        """
        if self._policy() == "send":
            return words, ()
        found = self._new(words, turns)
        if not found:
            return words, ()
        answer = self._answer(found)
        if answer == "send":
            self._allowed.update(hash(one.value) for one in found)
            return words, ()
        if answer == "redact":
            return words.redacted(), (f"redacted: {_listed(found)}",)
        raise ConfigurationError(
            f"nothing was sent: there is what looks like a secret: {_listed(found)}", hint=self._advice
        )

    @property
    def looks(self) -> bool:
        """Whether secrets are looked for at all."""
        return self._policy() != "send"

    def cleaned(self, text: str) -> str:
        """A text that nobody has typed or named, such as what a tool gives, with a marker in the place of each secret
        that the user has not said yes to. Nobody is asked.

        Args:
            text: The text.
        """
        if not self.looks:
            return text
        from .secret_search import find, find_cut, replaced

        text = replaced(text, (one for one in find(text) if hash(one.value) not in self._allowed))
        return replaced(text, find_cut(text))

    def foresee(self, words: Words, turns: Sequence[Turn] = ()) -> tuple[Words, tuple[str, ...]]:
        """As ``review``, for what is not sent: nobody is asked, and nothing is refused."""
        found = self._new(words, turns)
        if not found:
            return words, ()
        if self._policy() == "redact":
            return words.redacted(), (f"redacted: {_listed(found)}",)
        told = {"send": "it is sent", "refuse": "it is refused"}.get(self._policy(), "you are asked first")
        return words, (f"there is what looks like a secret, and {told}: {_listed(found)}",)

    def _new(self, words: Words, turns: Sequence[Turn]) -> tuple[Found, ...]:
        found = [one for one in words.found() if hash(one.value) not in self._allowed]
        if not found:
            return ()
        before = "\n".join(turn.prompt.text for turn in turns)
        return tuple(one for one in found if one.value not in before)

    def _answer(self, found: Sequence[Found]) -> Answer:
        policy = self._policy()
        if policy == "redact":
            return "redact"
        # The front end's question belongs to the cell that runs, and only its thread can wait for an answer.
        if policy != "ask" or self._ask is None or threading.current_thread() is not threading.main_thread():
            return "refuse"
        return self._ask(f"There is what looks like a secret: {_listed(found)}. Send it?")


def disclosure(secrets: Any) -> Disclosure:
    """What ``Chat(secrets=…)`` means.

    Args:
        secrets: ``"send"``, ``"redact"`` or ``"refuse"``; or a ``Disclosure``.

    Raises:
        InvalidOptionError: It is none of these.
    """
    if isinstance(secrets, Disclosure):
        return secrets
    if secrets not in ("send", "redact", "refuse"):
        raise InvalidOptionError(f"secrets must be 'send', 'redact' or 'refuse', not {secrets!r:.80}")
    advice = 'Take it out, or give Chat(secrets="redact") or secrets="send".'
    return Disclosure(lambda: str(secrets), advice=advice)


def _listed(found: Sequence[Found]) -> str:
    told = list(dict.fromkeys(one.told for one in found))
    more = len(told) - _MOST_NAMED
    return ", ".join(told[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _texts(of: Message | Extra) -> Iterable[str]:
    for part in of.parts:
        if isinstance(part, TextPart):
            yield part.text
        elif isinstance(part, FilePart) and _is_text(part):
            yield part.data.decode("utf-8", "replace")


def _is_text(part: FilePart) -> bool:
    return part.media_type.startswith("text/") or part.media_type.endswith(("json", "xml", "yaml"))


def _part_without_secrets(part: T) -> T:
    if isinstance(part, TextPart):
        return msgspec.structs.replace(part, text=_without_secrets(part.text))
    if isinstance(part, FilePart) and _is_text(part):
        text = part.data.decode("utf-8", "replace")
        if (left := _without_secrets(text)) != text:
            return msgspec.structs.replace(part, data=left.encode())
    return part


def _without_secrets(text: str) -> str:
    from .secret_search import find, replaced

    return replaced(text, find(text))
