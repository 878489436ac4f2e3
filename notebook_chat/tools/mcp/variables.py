"""Variables in what files say of servers, filled in as the programs do that the files are for."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ...errors import InvalidOptionError
from ...secrets import Secret
from .launch import held

Syntax = Literal["own", "claude", "cursor", "vscode", "none"]
"""How a file writes variables: ``${VAR}`` and ``${VAR:-default}`` (ours, which has ``${secret:NAME}`` besides, and that
of Claude Code), ``${env:VAR}`` and the like (Cursor, VS Code), or not at all."""

_PLACE = re.compile(r"\$\{([^{}$]{1,200})\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What variables are filled in from.

    Attributes:
        syntax: How they are written.
        workspace: The folder that the file is about.
        environment: The environment's variables.
        ask: Gives the value of an input (``${input:ID}``) or of a kept secret (``${secret:NAME}``), by its name.
    """

    syntax: Syntax
    workspace: Path
    environment: Mapping[str, str]
    ask: Callable[[str], Secret]


@dataclass(slots=True)
class Filled:
    """What has been filled in.

    Attributes:
        unset: The variables that are not set.
        secrets: The values that are secret.
    """

    unset: dict[str, None] = field(default_factory=dict)
    secrets: list[Secret] = field(default_factory=list)


def filled(text: str, surroundings: Surroundings, taken: Filled) -> str:
    """A text with its variables filled in. What is filled in is not looked at again.

    Args:
        text: The text.
        surroundings: What it is filled in from.
        taken: Takes note of what was filled in, and of what could not be.

    Raises:
        InvalidOptionError: An input is not there.
    """
    if surroundings.syntax == "none":
        return text
    return _PLACE.sub(lambda found: _value(found, surroundings, taken), text)


def own_form(text: str, syntax: Syntax, workspace: Path) -> str:
    """A text with its variables in our way of writing them.

    Args:
        text: The text, as a file of another program has it.
        syntax: How that file writes them.
        workspace: The folder that the file is about.
    """
    if syntax in ("own", "claude", "none"):
        return text
    here = Surroundings(syntax, workspace, {}, lambda name: Secret(name))

    def form(found: re.Match[str]) -> str:
        kind, separator, name = found[1].partition(":")
        if not separator:
            return _predefined(found[1], here, found[0])
        if kind == "env" and _NAME.fullmatch(name):
            return f"${{{name}}}"
        return f"${{secret:{name}}}" if kind == "input" and syntax == "vscode" else found[0]

    return _PLACE.sub(form, text)


def names_in(text: str) -> list[str]:
    """What stands in the places for variables of a text, in order."""
    return [found[1] for found in _PLACE.finditer(text)]


def _value(found: re.Match[str], here: Surroundings, taken: Filled) -> str:
    inner = found[1]
    if here.syntax in ("own", "claude"):
        if here.syntax == "own" and inner.startswith("secret:"):
            return _secret(inner, here, taken)
        name, separator, default = inner.partition(":-")
        if not _NAME.fullmatch(name):
            return found[0]
        value = here.environment.get(name)
        if separator and not value:
            return default
        if value is None:
            taken.unset[name] = None
            return found[0]
        return _known(name, value, taken)
    kind, separator, name = inner.partition(":")
    if not separator:
        return _predefined(inner, here, found[0])
    if kind == "env":
        if name not in here.environment:
            taken.unset[name] = None
        return _known(name, here.environment.get(name, ""), taken)
    if kind == "input" and here.syntax == "vscode":
        return _secret(inner, here, taken)
    return found[0]


def _known(name: str, value: str, taken: Filled) -> str:
    secret = held(name, value)
    if not secret.public:
        taken.secrets.append(secret)
    return value


def _secret(name: str, here: Surroundings, taken: Filled) -> str:
    value = here.ask(name)
    if not value:
        raise InvalidOptionError(f"{name} is empty")
    taken.secrets.append(value)
    return value.reveal()


def _predefined(name: str, here: Surroundings, text: str) -> str:
    known = {
        "userHome": str(Path.home()),
        "workspaceFolder": str(here.workspace),
        "workspaceFolderBasename": here.workspace.name,
        "pathSeparator": os.sep,
        "/": os.sep,
    }
    return known.get(name, text)
