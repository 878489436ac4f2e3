"""A prompt to reuse: a text with places for parameters, and how it is to be asked."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...errors import InvalidMessagesError, InvalidOptionError
from ...text import sendable, single_line
from .placeholders import NAME, Syntax

INPUT = "input"
"""The parameter that is what stands beneath the line."""

_LITERAL = re.compile("\ue000[0-9a-f]{16}:[0-9]{1,6}\ue001")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a template.

    Attributes:
        name: Its name.
        default: Its value where none is given; ``None`` where it must be given.
        description: What it is, in the words of the file.
    """

    name: str
    default: str | None = None
    description: str = ""

    @property
    def told(self) -> str:
        """It, in a line."""
        told = self.name if self.default is None else f"{self.name}={self.default}"
        return f"{told} ({self.description})" if self.description else told


@dataclass(frozen=True, slots=True)
class LoadedPrompt:
    """A prompt from a file, with its parameters filled in: ``Chat.ask`` and its like take it in the place of a text,
    and ask it as the file says. As a text it is what is asked.

    Attributes:
        typed: What the user wrote: the file's name and the parameters.
        text: The prompt, with a mark in the place of each parameter's value.
        literals: The values, by their marks: whatever is in them is text and nothing else.
        model, system, options: As the file says; keywords of ``Chat.ask`` win.
    """

    typed: str
    text: str
    literals: Mapping[str, str] = field(default_factory=dict)
    model: str | None = None
    system: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return settled(self.text, self.literals)

    def without(self, names: Collection[str]) -> LoadedPrompt:
        """The same prompt, without some of what the file says of how to ask it.

        Args:
            names: ``model``, ``system``, or the names of options.
        """
        return replace(
            self,
            model=None if "model" in names else self.model,
            system=None if "system" in names else self.system,
            options={name: value for name, value in self.options.items() if name not in names},
        )


@dataclass(frozen=True, slots=True)
class Template:
    """A prompt to reuse, as its file has it.

    Attributes:
        name: What it is called, without the ``@``.
        path: Its file.
        where: The file, as it is shown.
        beside: Whether it lies beside the notebook, and may have come with it from anybody.
        text: Its text.
        syntax: How its text writes the places of parameters.
        description: What it is for.
        parameters: Its parameters, in order.
        model, system, options: How it is to be asked.
        unused: What else the file says, which means nothing here.
    """

    name: str
    path: Path
    where: str
    beside: bool
    text: str
    syntax: Syntax
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    model: str | None = None
    system: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    unused: tuple[str, ...] = ()

    @property
    def takes(self) -> tuple[Parameter, ...]:
        """The parameters that can be given by name."""
        return tuple(one for one in self.parameters if one.name != INPUT)

    def loaded(self, given: Mapping[str, str], body: str = "") -> LoadedPrompt:
        """The prompt with its parameters filled in.

        Args:
            given: The parameters.
            body: What stands beneath the line: it goes where the text names ``input``, else below the text.

        Raises:
            InvalidOptionError: A parameter is missing, or there is none of a name.
            InvalidMessagesError: There is nothing to be asked.
        """
        values = self._values(given, body)
        mark = os.urandom(8).hex()
        literals: dict[str, str] = {}

        def place(name: str) -> str:
            if name == INPUT and body:
                return body
            literals[f"\ue000{mark}:{len(literals)}\ue001"] = sendable(values[name])
            return next(reversed(literals))

        text = self.syntax.filled(self.text, place).strip("\n")
        if INPUT not in self.syntax.names(self.text):
            text = "\n\n".join(filter(None, (text, body)))
        system = self.system and self.syntax.filled(self.system, values.__getitem__)
        loaded = LoadedPrompt(
            "\n".join(filter(None, (_written(self.name, given), body))),
            text,
            literals,
            self.model,
            system,
            self.options,
        )
        if not str(loaded).strip():
            raise InvalidMessagesError(
                "the prompt is empty", hint=f"@{self.name} takes what stands beneath it."
            )
        return loaded

    def _values(self, given: Mapping[str, str], body: str) -> dict[str, str]:
        known = {one.name: one for one in self.parameters}
        call = f"@{self.name}"
        for name in given:
            if name not in known:
                takes = ", ".join(one.name for one in self.takes)
                raise InvalidOptionError(
                    f"{call} has no parameter {name!r}", hint=f"It has {takes}." if takes else "It has none."
                )
        values = {INPUT: body} if body else {}
        values |= {
            one.name: one.default
            for one in self.parameters
            if one.default is not None and one.name not in values
        }
        values |= {name: str(value) for name, value in given.items()}
        for one in self.parameters:
            if one.name not in values:
                what = f" ({single_line(one.description)})" if one.description else ""
                if one.name == INPUT:
                    raise InvalidMessagesError(
                        "the prompt is empty", hint=f"{call} is asked about what stands beneath it{what}."
                    )
                raise InvalidOptionError(f"{call} needs {one.name}{what}", hint=f"Write {call} {one.name}=….")
        return values


def settled(text: str, literals: Mapping[str, str]) -> str:
    """A text with the values of parameters in the place of their marks. What is put in is not looked at again."""
    return _LITERAL.sub(lambda found: literals.get(found[0], found[0]), text) if literals else text


def check_parameter(name: str) -> None:
    """Checks a parameter's name.

    Raises:
        InvalidOptionError: Nothing can be called so.
    """
    if not NAME.fullmatch(name):
        raise InvalidOptionError(f"{single_line(name)[:80]!r} is not a parameter's name")


def _written(name: str, given: Mapping[str, str]) -> str:
    words = [f"@{name}"]
    for parameter, value in given.items():
        plain = re.fullmatch(r"[^\s\"'#{}\[\]]{1,200}", str(value))
        words.append(f"{parameter}={value if plain else json.dumps(str(value), ensure_ascii=False)}")
    return " ".join(words)
