"""A server as a file defines it: nothing is filled in yet, and nothing was started."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from ... import files
from ...errors import InvalidOptionError
from ...secrets import Secret
from ...text import single_line
from .launch import Launch, held, shown_command, shown_url
from .variables import Filled, Surroundings, Syntax, filled, names_in

_LARGEST = 200_000  # bytes of a file with variables
_MOST = 200  # arguments, variables or headers
_LONGEST = 20_000  # characters of one
_LONGEST_COMMAND = 8000  # characters, which the user is shown
_WEB = ("http", "streamable-http", "streamablehttp", "streamable_http", "sse")
_URLS = ("url", "httpUrl", "serverUrl")


@dataclass(frozen=True, slots=True)
class Definition:
    """A server, as a file defines it.

    Attributes:
        name: What it is called.
        path: The file.
        syntax: How the file writes variables.
        workspace: The folder that the file is about, in which its programs are started.
        command: The program and its arguments; empty where there is an address.
        url: The address.
        env: The program's variables.
        env_file: A file with more of them; ``""`` for none.
        cwd: The folder in which the program is started; ``""`` for that of the file.
        headers: What is sent along to the address.
        legacy: Whether the address speaks what came before streamable HTTP.
        disabled: Whether the file says that it is not to be used.
        inputs: What the file says of the inputs that it asks for, by their ids.
        own: Whether it is in the file that this program keeps.
    """

    name: str
    path: Path
    syntax: Syntax
    workspace: Path
    command: tuple[str, ...] = field(default=(), repr=False)
    url: str = field(default="", repr=False)
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    env_file: str = ""
    cwd: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    legacy: bool = False
    disabled: bool = False
    inputs: Mapping[str, str] = field(default_factory=dict)
    own: bool = False

    @property
    def home(self) -> str:
        """The command or the address, in a line, with its variables as they stand there."""
        return shown_command(self.command) if self.command else shown_url(self.url)

    @property
    def told(self) -> str:
        """What is started or asked, in a line: all but the values of variables and headers."""
        more = [f"in {self.folder}"] if self.command else []
        if self.env:
            more.append(f"with the variables {', '.join(self.env)}")
        if self.env_file:
            more.append(f"and those of {self.env_file}")
        if self.headers:
            more.append(f"with the headers {', '.join(self.headers)}")
        texts = (*self.command, self.url, *self.env.values(), *self.headers.values(), self.env_file, self.cwd)
        taken = (
            dict.fromkeys(one for text in texts for one in names_in(text)) if self.syntax != "none" else {}
        )
        if taken:
            more.append(f"which is given your {', '.join(taken)}")
        return single_line(f"{self.home} ({'; '.join(more)})" if more else self.home)

    @property
    def folder(self) -> str:
        """The folder in which the program is started, with its variables as they stand there."""
        return self.cwd or str(self.workspace)

    @property
    def digest(self) -> str:
        """What exactly is started or asked, and which file says so: another one once anything of it changes."""
        said = [
            str(self.path),
            self.name,
            self.command,
            self.url,
            dict(self.env),
            self.env_file and hashlib.sha256(self._env_bytes(self._literal_env_file())).hexdigest(),
            self.env_file,
            self.cwd,
            dict(self.headers),
            str(self.workspace),
        ]
        return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()

    def launch(
        self, ask: Callable[[str], Secret], environment: Mapping[str, str] | None = None
    ) -> tuple[Launch, list[str]]:
        """What is needed to reach it, with its variables filled in.

        Args:
            ask: Gives an input or a kept secret by its name.
            environment: The variables that are filled in; this process's unless given.

        Returns:
            It, and what there is to tell of it, in lines.

        Raises:
            InvalidOptionError: It cannot be reached as it is defined.
        """
        if self.legacy:
            raise InvalidOptionError(
                f"the server {self.name} speaks the older HTTP+SSE, which is not spoken here",
                hint="Most such servers have a second address for streamable HTTP, often /mcp.",
            )
        taken = Filled()
        here = Surroundings(
            self.syntax, self.workspace, os.environ if environment is None else environment, ask
        )

        def fill(text: str) -> str:
            return filled(text, here, taken)

        variables = self._of_file(fill(self.env_file))
        variables |= {name: fill(value) for name, value in self.env.items()}
        command, url = tuple(map(fill, self.command)), fill(self.url)
        headers = {name: fill(value) for name, value in self.headers.items()}
        folder = (self.workspace / Path(fill(self.cwd)).expanduser()) if self.cwd else self.workspace
        if url:
            _check_url(url, self.name)
        launch = Launch(
            command,
            url,
            self.home,
            {name: held(name, value) for name, value in variables.items()},
            folder,
            {name: held(name, value) for name, value in headers.items()},
            tuple(taken.secrets),
        )
        unset = ", ".join(taken.unset)
        return launch, [f"{self.name}: not set in the environment: {unset}"] if unset else []

    def _of_file(self, name: str) -> dict[str, str]:
        if not name:
            return {}
        from dotenv import dotenv_values

        text = self._env_bytes(name, strict=True).decode("utf-8-sig", "replace")
        values = dotenv_values(stream=io.StringIO(text), interpolate=False)
        return {name: value for name, value in values.items() if value}

    def _literal_env_file(self) -> str:
        here = Surroundings(self.syntax, self.workspace, {}, lambda name: Secret(name))
        return filled(self.env_file, here, Filled())

    def _env_bytes(self, name: str, *, strict: bool = False) -> bytes:
        path = self.workspace / Path(name).expanduser()
        try:
            return files.read(path, _LARGEST)
        except OSError as error:
            if strict:
                reason = error.strerror or error
                raise InvalidOptionError(f"the server {self.name}: {path} cannot be read: {reason}") from None
            return b""


def definition(
    name: str,
    entry: Any,
    path: Path,
    *,
    syntax: Syntax,
    workspace: Path,
    inputs: Mapping[str, str] | None = None,
    own: bool = False,
) -> Definition:
    """The definition that a file has of a server.

    Args:
        name: What the file calls it.
        entry: What the file says of it.
        path: The file.
        syntax, workspace, inputs, own: As in ``Definition``.

    Raises:
        InvalidOptionError: It is none.
    """

    def wrong(what: str) -> InvalidOptionError:
        return InvalidOptionError(f"{path}: the server {single_line(name)[:80]!r} {what}")

    if not name.strip() or len(name) > 100 or single_line(name).strip() != name:
        raise wrong("has no name that can be written on a line")
    if not isinstance(entry, Mapping):
        raise wrong("is no object")
    kind = entry.get("type", entry.get("transport", ""))
    kind = kind.lower() if isinstance(kind, str) else ""
    url = next((one for key in _URLS if isinstance(one := entry.get(key), str) and one), "")
    program = entry.get("command", "")
    if not isinstance(program, str) or not (program or url) or (kind in _WEB and not url):
        raise wrong("has neither a command nor a url")
    if url and kind != "stdio":
        program = ""
    arguments, cwd, env_file = entry.get("args") or [], entry.get("cwd") or "", entry.get("envFile") or ""
    if not isinstance(arguments, list):
        raise wrong("has args that are no list")
    if sum(map(len, map(str, (program, url, *arguments)))) > _LONGEST_COMMAND:
        raise wrong("has a command that is too long to be shown")
    if not (isinstance(cwd, str) and isinstance(env_file, str)):
        raise wrong("has a folder that is no text")
    return Definition(
        name,
        path,
        syntax,
        workspace,
        (program, *_texts(enumerate(arguments), wrong).values()) if program else (),
        "" if program else url,
        {str(key): value for key, value in _texts(_items(entry.get("env"), wrong), wrong).items()},
        env_file,
        cwd,
        {str(key): value for key, value in _texts(_items(entry.get("headers"), wrong), wrong).items()},
        kind == "sse",
        entry.get("disabled") is True or entry.get("enabled") is False,
        inputs or {},
        own,
    )


def _items(given: Any, wrong: Callable[[str], InvalidOptionError]) -> Any:
    """Names with values, as an object or as a list of objects with ``name`` and ``value``."""
    if given is None:
        return ()
    if isinstance(given, Mapping):
        return given.items()
    if isinstance(given, list) and all(
        isinstance(one, Mapping) and isinstance(one.get("name"), str) for one in given
    ):
        return [(one["name"], one.get("value")) for one in given]
    raise wrong("has variables or headers that are no object")


def _texts(items: Any, wrong: Callable[[str], InvalidOptionError]) -> dict[Any, str]:
    found: dict[Any, str] = {}
    for key, value in items:
        if value is None:
            continue
        if isinstance(value, bool):
            value = str(value).lower()
        if not isinstance(value, (str, int, float)):
            raise wrong("has a value that is no text")
        text = str(value)
        if (
            "\0" in text
            or len(text) > _LONGEST
            or (isinstance(key, str) and (not key or "=" in key or "\0" in key))
        ):
            raise wrong("has a value that cannot be passed on")
        found[key] = text
        if len(found) > _MOST:
            raise wrong(f"has more than {_MOST} values")
    return found


def _check_url(url: str, name: str) -> None:
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        fine = False
    if not fine:
        raise InvalidOptionError(
            f"the server {name} has an address that is none: it begins with https:// or http://"
        )
