"""Prompts with braces, dollars and backticks: code that must arrive as it was typed, and prompts that mean values."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parent / "data"
_HEAD = re.compile(r"^===(?: (.*))?\n", re.MULTILINE)

UNFENCED = (
    "Why does this fail?\n\n{}",
    "Explain this:\n{}",
    "{}\n\nWhat is wrong here?",
    "Please refactor the following code.\n\n{}\n\nKeep it short.",
)
"""How code stands in a prompt without a fence."""

FENCED = (
    "What does this do?\n\n```{language}\n{code}\n```\n",
    "~~~\n{code}\n~~~\nIs this good style?",
    "Fix it:\n````\n{code}",
)
"""How it stands in one."""


def sections(name: str) -> list[tuple[str, str]]:
    """The sections of a file of data: their heads and their texts."""
    _, *pieces = _HEAD.split((_DATA / name).read_text(encoding="utf-8"))
    return [
        ((head or "").strip(), body.rstrip("\n"))
        for head, body in zip(pieces[::2], pieces[1::2], strict=True)
    ]


def code_prompts(*names: str) -> dict[str, list[str]]:
    """The prompts with each piece of code of some files, by language: as it is pasted behind a question, in another
    way, and in a fence."""
    prompts: dict[str, list[str]] = {}
    for number, (language, code) in enumerate(section for name in names for section in sections(name)):
        layouts = [UNFENCED[layout].replace("{}", code) for layout in sorted({0, number % len(UNFENCED)})]
        fence = FENCED[number % len(FENCED)].replace("{language}", language).replace("{code}", code)
        prompts.setdefault(language, []).extend((*layouts, fence))
    return prompts


def identifiers(text: str) -> set[str]:
    """All that could be a name in a text."""
    return {name for name in re.findall(r"[^\W\d]\w*", text) if name.isidentifier()}


class Everything(dict[Any, Any]):
    """What can be indexed, and has attributes, by all that a text names."""


def namespace(text: str) -> dict[str, Any]:
    """Variables of all names that a text has, with all attributes and all entries that it has."""
    everything = Everything()
    names = identifiers(text)
    vars(everything).update(dict.fromkeys(names, everything))
    keys: set[Any] = {*re.findall(r"[\"']([^\"'\n]*)[\"']", text), *map(int, re.findall(r"-?\d{1,9}", text))}
    dict.update(everything, dict.fromkeys(keys, everything))
    return dict.fromkeys(names, everything)
