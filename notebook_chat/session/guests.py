"""What a conversation is called that comes from a file."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterable

_LONGEST = 60


def base_name(name: str) -> str:
    """What a conversation is called as far as its file has a say: characters that nobody sees, and what would be taken
    for an option on the line of ``%%chat``, are left out.

    Args:
        name: The name in the file.
    """
    visible = "".join(character for character in name[: 10 * _LONGEST] if character.isprintable())
    return " ".join(visible.split()).lstrip("-")[:_LONGEST].strip() or "imported"


def guest_name(name: str, taken: Iterable[str]) -> str:
    """A name for a conversation from a file that nobody takes for one of those that are there.

    Args:
        name: The name in the file.
        taken: The names of the others. What differs from one of them by case, spaces, marks or width only is taken.
    """
    base, folded = base_name(name), {_folded(other) for other in taken}
    names = itertools.chain([base], (f"{base}-{number}" for number in itertools.count(2)))
    return next(free for free in names if _folded(free) not in folded)


def _folded(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in letters if letter.isalnum()) or name
