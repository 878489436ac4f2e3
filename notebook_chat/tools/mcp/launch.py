"""What is needed to reach a server, with nothing left to be filled in."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...secrets import Secret, is_secret_name, redact, redact_address
from ...text import single_line

_LONGEST = 2000  # characters of a command as it is shown
_ASSIGNED = re.compile(r"(--?[\w-]{1,60}|[A-Za-z_]\w{0,60})=")


@dataclass(frozen=True, slots=True)
class Launch:
    """How a server is reached: a program that is started, or an address.

    Attributes:
        command: The program and its arguments; empty where there is an address.
        url: The address; ``""`` where a program is started.
        home: Either, as it is shown and told apart from others: without secrets.
        env: The program's environment variables beside those that every program needs.
        cwd: The folder in which the program is started; ``None`` for the working folder.
        headers: What is sent along to the address.
        further: What else must not be shown of whatever the server says.
    """

    command: tuple[str, ...] = field(default=(), repr=False)
    url: str = field(default="", repr=False)
    home: str = ""
    env: Mapping[str, Secret] = field(default_factory=dict, repr=False)
    cwd: Path | None = None
    headers: Mapping[str, Secret] = field(default_factory=dict, repr=False)
    further: tuple[Secret, ...] = ()

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What must not be shown of whatever the server says."""
        return tuple(
            one for one in (*self.env.values(), *self.headers.values(), *self.further) if not one.public
        )


def held(name: str, value: str) -> Secret:
    """The value of a variable or of a header: one that is to be taken out of texts, if it is secret by its name or by
    how it looks.

    Args:
        name: The name of the variable or of the header.
        value: Its value.
    """
    return Secret(value, public=not looks_secret(name, value))


def looks_secret(name: str, value: str) -> bool:
    """Whether a value should not be shown: by its name, or since it looks like a key."""
    return bool(value) and (is_secret_name(name) or redact(value) != value)


def shown_command(command: Sequence[str]) -> str:
    """A command in a line, without what its options give as a key: ``--api-key …``."""
    words = (
        word if shown is None else shown
        for word, shown in zip(map(shlex.quote, command), _hidden(command), strict=True)
    )
    return single_line(redact(" ".join(words)))[:_LONGEST]


def secret_words(command: Sequence[str]) -> list[str]:
    """The words of a command that are, or hold, what looks like a key.

    Args:
        command: The program and its arguments.
    """
    hidden = _hidden(command)
    return [
        word for word, shown in zip(command, hidden, strict=True) if shown is not None or redact(word) != word
    ]


def _hidden(command: Sequence[str]) -> list[str | None]:
    """What is shown in the place of each word of a command; ``None`` where that is the word."""
    found: list[str | None] = []
    hides = False
    for word in command:
        assigned = _ASSIGNED.match(word)
        shown: str | None = None
        if hides:
            shown = "…"
        elif assigned is not None and is_secret_name(assigned[1].lstrip("-")):
            shown = f"{assigned[0]}…"
        found.append(shown)
        hides = not hides and word.startswith("-") and "=" not in word and is_secret_name(word.lstrip("-"))
    return found


def shown_url(url: str) -> str:
    """An address in a line, without user, password and keys."""
    return single_line(redact_address(url) if "@" in url else redact(url))[:_LONGEST]
