"""How answers from before are used."""

from __future__ import annotations

import os
from typing import Literal

from ..errors import InvalidOptionError

Mode = Literal["off", "keep", "auto", "only", "refresh"]

MODES: tuple[Mode, ...] = ("off", "keep", "auto", "only", "refresh")
"""``off`` asks; ``keep`` keeps what a cell shows as long as its request is the same; ``auto`` takes the answer from any
record of the same request, and asks where there is none; ``only`` never asks; ``refresh`` asks, and its answer takes
the place of the records."""

TAKES = ("keep", "auto", "only")
"""The modes in which answers from before are taken."""

ANEW = "anew"
"""As a mode: somebody wants another answer, so that one from before is none, and where nobody may be asked it cannot be
had."""

VARIABLE = "NOTEBOOK_CHAT_REPLAY"
"""The variable of the environment that has the mode where nobody has set one. It is not read from a file: that may have
come along with a notebook."""

ONLY_AT_ALL = "only!"
"""As the value of that variable: ``only``, whatever is set, which is for trying a notebook out."""

RECORD_VARIABLE = "NOTEBOOK_CHAT_RECORD"
"""The variable of the environment that has the record's file, likewise."""


def checked_mode(value: object, what: str = "replay") -> Mode:
    """A mode, in any case of letters.

    Args:
        value: What was given.
        what: Who gave it, as the user knows it.

    Raises:
        InvalidOptionError: It is none.
    """
    word = value.strip().lower() if isinstance(value, str) else value
    for mode in MODES:
        if mode == word:
            return mode
    raise InvalidOptionError(f"{what} is {value!r:.40}, which is none of {', '.join(MODES)}")


def mode_in_force(*given: str | None) -> Mode:
    """The mode that counts: the first that was given, else that of the environment, else ``off``.

    Args:
        *given: What was given, by whoever comes first first; ``None`` or empty for nothing.

    Raises:
        InvalidOptionError: It is none.
    """
    named = os.environ.get(VARIABLE, "").strip()
    if named.lower() == ONLY_AT_ALL:
        return "only"
    for one in given:
        if one:
            return checked_mode(one)
    return checked_mode(named, f"the variable {VARIABLE}") if named else "off"
