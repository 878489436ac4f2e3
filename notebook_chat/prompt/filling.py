"""A prompt whose values are filled in."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..parts import TextPart
from ..text import fenced, replace_surrogates
from .braces.places import Place, find_places
from .extra import Extra
from .paths.path import resolve
from .paths.unresolved import UnresolvedError
from .values.describing import describe
from .values.description import DEFAULT_TOKENS, Description

_SECONDS: Final = 1.0
"""How long the code of the values' own classes is waited for, all of them together."""

_SHORTEST: Final = 0.05  # seconds, for each


@dataclass(frozen=True, slots=True)
class Filled:
    """A prompt whose values are filled in.

    Attributes:
        text: The prompt: with a value itself where that can stand in a sentence, else with its name.
        values: The values that the prompt names, each once, in order: also those that stand in the text, whose
            ``parts`` are empty then.
    """

    text: str
    values: tuple[Extra, ...] = ()


def fill(
    typed: str,
    namespace: Mapping[str, Any],
    *,
    tokens: int = DEFAULT_TOKENS,
    errors: Mapping[int, BaseException | str] | None = None,
) -> Filled:
    """Puts the values of a notebook where a prompt names them. What names none stays as it was typed, and nothing that
    is put in is looked at again.

    Args:
        typed: The prompt, as the user typed it.
        namespace: The notebook's variables.
        tokens: How many tokens a value may take where the prompt does not say.
        errors: The errors of its cells by their numbers, which a prompt names as ``{Err[7]}``.
    """
    if "{" not in typed and "$`" not in typed:
        return Filled(typed)
    found = list(_found(find_places(typed), namespace, errors))
    budgets = _budgets(found, tokens)
    described: dict[str, Description] = {}
    apart: set[str] = set()
    pieces: list[str] = []
    done, seconds = 0, _SECONDS
    for place, value in found:
        name = str(place.path)
        if name not in described:
            began = time.monotonic()
            described[name] = describe(
                value, name=name, tokens=budgets[name], seconds=max(seconds, _SHORTEST)
            )
            seconds -= time.monotonic() - began
        told = described[name]
        if not _fits(told, typed, place):
            apart.add(name)
        pieces += (typed[done : place.start], _code(name) if name in apart else replace_surrogates(told.text))
        done = place.end
    extras = tuple(_extra(name, told, apart=name in apart) for name, told in described.items())
    return Filled("".join((*pieces, typed[done:])), extras)


def _found(
    places: Sequence[Place], namespace: Mapping[str, Any], errors: Mapping[int, BaseException | str] | None
) -> list[tuple[Place, Any]]:
    """The places whose paths lead to a value, with the values."""
    found: list[tuple[Place, Any]] = []
    for place in places:
        try:
            found.append((place, resolve(place.path, namespace, errors)))
        except UnresolvedError:
            continue
    return found


def _budgets(found: Sequence[tuple[Place, Any]], tokens: int) -> dict[str, int]:
    """How many tokens each value may take: the most that the prompt says, wherever it says it."""
    said: dict[str, int] = {}
    for place, _ in found:
        name = str(place.path)
        said[name] = max(said.get(name, 0), place.tokens or 0)
    return {name: most or tokens for name, most in said.items()}


def _fits(told: Description, typed: str, place: Place) -> bool:
    """Whether a value can stand where a prompt names it: a text of several lines can where it is alone in its line."""
    if not told.inline or "\n" not in told.text.strip("\n"):
        return told.inline
    start, end = typed.rfind("\n", 0, place.start) + 1, typed.find("\n", place.end)
    beside = typed[start : place.start] + typed[place.end : end if end >= 0 else len(typed)]
    return not beside.strip()


def _extra(name: str, told: Description, *, apart: bool) -> Extra:
    block = TextPart(_block(name, replace_surrogates(told.text)))
    return Extra(name, (block, *told.images) if apart else (), told.label, told.digest)


def _block(name: str, text: str) -> str:
    """A value's description, between marks that nothing in it can pass for."""
    return f"The value of {_code(name)}:\n{fenced(text)}"


def _code(name: str) -> str:
    """An expression as inline code."""
    return f"`{name}`"
