"""A prompt to reuse on the line of ``%%chat``: ``@name key=value``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from ..errors import InvalidOptionError

MARK = "@"
"""What the name of a prompt begins with."""


def take_prompt(
    words: Sequence[str], parser: argparse.ArgumentParser
) -> tuple[str | None, dict[str, str], list[str]]:
    """Takes the name of a prompt and its parameters out of the words of a line.

    Args:
        words: The words.
        parser: What reads the rest of them.

    Returns:
        The name, ``None`` where there is none; the parameters; the other words.

    Raises:
        InvalidOptionError: Two prompts are named, or a parameter is given twice.
    """
    standing = dict(_standing(words, parser))
    names = {place: word[1:] for place, word in standing.items() if word.startswith(MARK)}
    if not names:
        return None, {}, list(words)
    if len(names) > 1:
        raise InvalidOptionError(
            f"two prompts are named, {' and '.join(MARK + name for name in names.values())}", hint="Name one."
        )
    given = {
        place: word.partition("=") for place, word in standing.items() if "=" in word and place not in names
    }
    parameters: dict[str, str] = {}
    for name, _, value in given.values():
        if name in parameters:
            raise InvalidOptionError(f"the parameter {name!r} is given twice")
        parameters[name] = value
    [name] = names.values()
    return (
        name,
        parameters,
        [word for place, word in enumerate(words) if place not in given and place not in names],
    )


def _standing(words: Sequence[str], parser: argparse.ArgumentParser) -> Iterator[tuple[int, str]]:
    """The words that are neither options nor their values, with their places."""
    with_value = {flag for action in parser._actions if action.nargs != 0 for flag in action.option_strings}
    value = False
    for place, word in enumerate(words):
        if not value and not word.startswith("-"):
            yield place, word
        value = not value and word in with_value
