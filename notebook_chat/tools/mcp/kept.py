"""What a user keeps of servers: definitions, and which of other programs' ones may be started. No key is in either."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from ... import environment, files, keychain
from ...errors import ConfigurationError, HistoryError, InvalidOptionError
from ...secrets import Secret
from . import json_text
from .config_files import LARGEST, entries_of, own_path
from .definitions import Definition
from .launch import looks_secret, secret_words, shown_url

ALLOWED = "mcp_allowed.json"
"""The file with the digests of the definitions that the user has said yes to."""

SECRET = "secret:"
"""What the name of a kept secret begins with, in the place of a variable."""

_MOST_ALLOWED = 1000


def keys_in(entry: Mapping[str, Any]) -> dict[str, str]:
    """What looks like a key in a definition, by what has it: the name of a variable or a header, else ``""``.

    Args:
        entry: The definition, as in the file.
    """
    found = {
        name: value
        for what in ("env", "headers")
        for name, value in entry.get(what, {}).items()
        if looks_secret(name, value) and "${" not in value
    }
    words = secret_words([str(entry.get("command", "")), *entry.get("args", ())])
    if shown_url(url := entry.get("url", "")) != url:
        words.append(url)
    if words := [word for word in words if "${" not in word]:
        found[""] = " ".join(words)
    return found


def keep(name: str, entry: Mapping[str, Any]) -> None:
    """Keeps a server, in place of one of the same name.

    Args:
        name: What it is called.
        entry: Its definition, as in the file.

    Raises:
        InvalidOptionError: A value in it looks like a key.
        HistoryError: The file cannot be written, or holds something else.
    """
    if keys_in(entry):
        raise InvalidOptionError(
            f"what looks like a key is not kept in a file: {next(iter(keys_in(entry))) or 'a word of the command'}",
            hint="Write --env NAME or --header NAME alone, which asks for it, or '${VARIABLE}' in its place.",
        )
    _write(own_path(), {"mcpServers": {**_own(), name: dict(entry)}})


def forget(name: str) -> bool:
    """Takes a server out of what is kept, with its secrets; whether it was there.

    Raises:
        HistoryError: The file cannot be written, or holds something else.
    """
    servers = _own()
    if servers.pop(name, None) is None:
        return False
    _write(own_path(), {"mcpServers": servers})
    return True


def is_allowed(definition: Definition) -> bool:
    """Whether a server may be started: one that the user keeps, or exactly what the user has said yes to."""
    return definition.own or definition.digest in _allowed()


def allow(definition: Definition) -> None:
    """Remembers that a server may be started, exactly as it is defined now.

    Raises:
        HistoryError: The file cannot be written.
    """
    known = _allowed()
    known[definition.digest] = (definition.name, str(definition.path))
    _write(environment.home() / ALLOWED, dict(list(known.items())[-_MOST_ALLOWED:]))


def disallow(name: str) -> bool:
    """Forgets all that was said yes to of servers of a name; whether there was anything."""
    known = _allowed()
    rest = {digest: told for digest, told in known.items() if told[0] != name}
    if len(rest) == len(known):
        return False
    _write(environment.home() / ALLOWED, rest)
    return True


def asking(definition: Definition, ask: Callable[[str], Secret]) -> Callable[[str], Secret]:
    """What gives the secrets of a server: those that are kept in the system's keyring, else the user.

    Args:
        definition: The server.
        ask: Asks the user, with a question.
    """

    def secret(name: str) -> Secret:
        key = keychain.stored_key(account(definition, name))
        if key:
            return key
        what = definition.inputs.get(name.partition(":")[2], "") or name.partition(":")[2]
        given = ask(f"{definition.name}: {what}")
        _remembered[account(definition, name)] = given
        with contextlib.suppress(
            ConfigurationError
        ):  # without a keyring it is asked for again in the next kernel
            keychain.store_key(account(definition, name), given)
        return given

    def known(name: str) -> Secret:
        return _remembered.get(account(definition, name)) or secret(name)

    return known


_remembered: dict[str, Secret] = {}  # what has been asked for in this process


def store(definition: Definition, name: str, secret: Secret) -> None:
    """Keeps a secret of a server in the system's keyring.

    Args:
        definition: The server.
        name: What it is called in the definition, as ``secret:NAME``.
        secret: The secret.

    Raises:
        ConfigurationError: There is no keyring that takes it.
    """
    keychain.store_key(account(definition, name), secret)


def account(definition: Definition, name: str) -> str:
    """What a secret of a server is called in the system's keyring."""
    place = "" if definition.own else f" {definition.path}"
    return f"mcp {definition.name} {name.removeprefix(SECRET)}{place}"


def _own() -> dict[str, Any]:
    """The servers in the file; one that holds something else is not written over."""
    path = own_path()
    if not path.exists():
        return {}
    try:
        return entries_of(json_text.decoded(files.read(path, LARGEST).decode("utf-8-sig")))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise HistoryError(f"{path} cannot be read: {reason}", hint="Repair it, or move it away.") from None


def _allowed() -> dict[str, tuple[str, str]]:
    path = environment.home() / ALLOWED
    try:
        return msgspec.json.decode(files.read(path, LARGEST), type=dict[str, tuple[str, str]])
    except (OSError, ValueError):
        return {}  # then it is asked again


def _write(path: Path, value: Any) -> None:
    """Writes a file anew, beside it first, so that a full disk leaves the old one."""
    data = msgspec.json.format(msgspec.json.encode(value), indent=2)
    try:
        files.make_private_folder(path.parent)
        files.replace(path, data)
    except OSError as error:
        raise HistoryError(f"{path} cannot be written: {error.strerror or error}") from None
