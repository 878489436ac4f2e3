"""The places in a template's text that parameters are put into, as three kinds of files write them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}")
"""What a parameter may be called."""


@dataclass(frozen=True, slots=True)
class Syntax:
    """How a kind of file writes the places of parameters.

    Attributes:
        pattern: A place, with ``name`` as the parameter's name, or ``escaped`` as what stands for itself.
    """

    pattern: re.Pattern[str]

    def names(self, text: str) -> list[str]:
        """The parameters that a text names, each once, in order."""
        return list(dict.fromkeys(found["name"] for found in self._places(text)))

    def hints(self, text: str) -> dict[str, str]:
        """What a text says of its parameters in their places."""
        if "hint" not in self.pattern.groupindex:
            return {}
        return {found["name"]: found["hint"].strip() for found in self._places(text) if found["hint"]}

    def filled(self, text: str, value: Callable[[str], str]) -> str:
        """A text with values in its places. What is put in is not looked at again.

        Args:
            text: The text.
            value: Gives the value of a parameter.
        """
        return self.pattern.sub(lambda found: value(_name(found)) if _name(found) else _escaped(found), text)

    def _places(self, text: str) -> list[re.Match[str]]:
        return [found for found in self.pattern.finditer(text) if _name(found)]


def _name(found: re.Match[str]) -> str:
    groups = found.groupdict()
    return groups["name"] or ""


def _escaped(found: re.Match[str]) -> str:
    return found.groupdict().get("escaped") or found[0]


BRACES = Syntax(re.compile(r"\{\{\s{0,20}(?P<name>[A-Za-z_][A-Za-z0-9_-]{0,99})\s{0,20}\}\}"))
"""``{{ name }}``, as the project's own files have it."""

DOLLARS = Syntax(
    re.compile(r"\$(?:(?P<escaped>\$)|(?P<brace>\{)?(?P<name>[A-Za-z_]\w{0,99})(?(brace)\}))", re.ASCII)
)
"""``$name`` and ``${name}``, with ``$$`` for a dollar sign, as in the templates of the program ``llm``."""

INPUTS = Syntax(
    re.compile(r"\$\{input:(?P<name>[A-Za-z_][A-Za-z0-9_-]{0,99})(?::(?P<hint>[^{}\n]{0,500}))?\}")
)
"""``${input:name}`` and ``${input:name:what to write}``, as in the prompt files of VS Code."""

OTHER_VARIABLES = re.compile(r"\$\{(?!input:)([A-Za-z]{1,40})(?::[^{}\n]{0,200})?\}")
"""What the prompt files of VS Code may name besides, such as ``${selection}``."""
