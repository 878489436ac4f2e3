"""What is needed to reach a server, with nothing left to be filled in."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ...errors import InvalidOptionError
from ...secrets import Secret, is_secret_name, redact, redact_address
from ...text import single_line

_LONGEST = 2000  # characters of an address as it is shown
_OPAQUE = re.compile(r"[A-Za-z0-9_+=~-]{8,500}")  # nothing that a shell does something with, and no path
_RUN = re.compile(r"[A-Za-z0-9_-]{12,}")
_LAUNCHER = re.compile(r"(?:uvx?|npx|bunx?|pipx|node|deno|run|tool|sh|bash|docker|py|python[0-9.]{0,5})")
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
    """A command in a line, whole: but for words that can be nothing but keys. Whoever has written the command must not
    be able to hide a part of it by making that look like a key.

    Args:
        command: The program and its arguments.
    """
    words = []
    for word, value in zip(command, _values(command), strict=True):
        hidden = value is not None and _OPAQUE.fullmatch(value) is not None
        kept = f"{word.removesuffix(value or '')}…" if hidden else _RUN.sub(_without_key, word)
        words.append(kept if hidden else shlex.quote(kept))
    return single_line(" ".join(words))


def secret_words(command: Sequence[str]) -> list[str]:
    """The words of a command that are, or hold, what may be a key.

    Args:
        command: The program and its arguments.
    """
    return [
        word
        for word, value in zip(command, _values(command), strict=True)
        if value is not None or redact(word) != word
    ]


def _values(command: Sequence[str]) -> list[str | None]:
    """What each word of a command gives as the value of an option with a secret name; ``None`` where it does not."""
    found: list[str | None] = []
    follows = False
    for word in command:
        assigned = _ASSIGNED.match(word)
        value: str | None = None
        if follows:
            value = word
        elif assigned is not None and is_secret_name(assigned[1].lstrip("-")):
            value = word[assigned.end() :]
        found.append(value or None)
        follows = (
            not follows and word.startswith("-") and "=" not in word and is_secret_name(word.lstrip("-"))
        )
    return found


def _without_key(run: re.Match[str]) -> str:
    return run[0] if redact(run[0]) == run[0] else "…"


def shown_url(url: str) -> str:
    """An address in a line, without user, password and keys."""
    return single_line(redact_address(url) if "@" in url else redact(url))[:_LONGEST]


def launch_of(
    words: tuple[str, ...],
    url: str | None,
    env: Mapping[str, str],
    cwd: str | os.PathLike[str] | None,
    headers: Mapping[str, str],
) -> Launch:
    """What is needed to reach a server that is given in Python.

    Args:
        words: The program and its arguments, or none.
        url: The address, or none.
        env, cwd, headers: As in ``Launch``.

    Raises:
        InvalidOptionError: Neither a command nor an address is given, or both.
    """
    if bool(words) == bool(url):
        raise InvalidOptionError(
            "a server is a command or an address",
            hint="Write MCPServer('uvx mcp-server-time') or MCPServer(url='https://…/mcp').",
        )
    if url:
        if not url.startswith(("http://", "https://")):
            raise InvalidOptionError("the address of an MCP server begins with https:// or http://")
        kept = {header: held(header, value) for header, value in headers.items()}
        return Launch(url=url, home=shown_url(url), headers=kept)
    variables = {name: held(name, value) for name, value in env.items()}
    folder = Path(cwd).expanduser() if cwd is not None else None
    return Launch(words, home=shown_command(words), env=variables, cwd=folder)


def name_of(launch: Launch) -> str:
    """What a server is called that nobody has given a name."""
    with contextlib.suppress(ValueError):
        if launch.url:
            return urlsplit(launch.url).hostname or "server"
    words = [Path(word).stem for word in launch.command if not word.startswith("-")]
    named = next((word for word in words if not _LAUNCHER.fullmatch(word)), "server")
    return named.removeprefix("mcp-server-").removeprefix("mcp_server_").removeprefix("server-") or "server"
