"""Prompts with braces, dollars and backticks: code that must arrive as it was typed, and prompts that mean values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parent / "data"
_HEAD = re.compile(r"^===(?: (.*))?\n", re.MULTILINE)

ASIDE = (
    "Why does this fail?\n\n{}",
    "Explain this:\n{}",
    "{}\n\nWhat is wrong here?",
    "Please refactor the following code.\n\n{}\n\nKeep it short.",
)
"""How code stands in a prompt without a fence; the last ones in turn."""

FENCED = (
    "What does this do?\n\n```{language}\n{code}\n```\n",
    "~~~\n{code}\n~~~\nIs this good style?",
    "Fix it:\n````\n{code}",
)


def sections(name: str) -> list[tuple[str, str]]:
    """The sections of a file of data: their heads and their texts."""
    text = (_DATA / name).read_text(encoding="utf-8")
    _, *pieces = _HEAD.split(text)
    return [
        ((head or "").strip(), body.rstrip("\n"))
        for head, body in zip(pieces[::2], pieces[1::2], strict=True)
    ]


def unfenced(name: str) -> Iterator[tuple[str, str]]:
    """Each piece of code, pasted as it is, with each of the sentences around it in turn and with the first one."""
    for number, (language, code) in enumerate(sections(name)):
        for layout in sorted({0, number % len(ASIDE)}):
            yield f"{language}-{number}-{layout}", ASIDE[layout].replace("{}", code)


def fenced(name: str) -> Iterator[tuple[str, str]]:
    """Each piece of code in a fence."""
    for number, (language, code) in enumerate(sections(name)):
        layout = FENCED[number % len(FENCED)]
        yield f"{language}-{number}-fenced", layout.replace("{language}", language).replace("{code}", code)


def identifiers(text: str) -> set[str]:
    """All that could be a name in a text."""
    return {name for name in re.findall(r"[^\W\d]\w*", text) if name.isidentifier()}


class Entries(dict[Any, Any]):
    """As a dictionary, it can be indexed by all that a text names; and it has attributes."""


def namespace(text: str) -> dict[str, Any]:
    """Variables of all names that a text has, with all attributes and all entries that it has."""
    everything = Entries()
    for name in identifiers(text):
        vars(everything)[name] = everything
    keys: set[Any] = {*re.findall(r"[\"']([^\"'\n]*)[\"']", text), *map(int, re.findall(r"-?\d{1,9}", text))}
    dict.update(everything, dict.fromkeys(keys, everything))
    return dict.fromkeys(identifiers(text), everything)
