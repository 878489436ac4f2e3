"""Keys as people paste them."""

from __future__ import annotations

import unicodedata
from typing import Any

from ..errors import InvalidOptionError
from ..secrets import Secret

_AROUND_KEYS = " \t\r\n\v\f\u00a0\u200b\u2060\ufeff\"'`\u2018\u2019\u201c\u201d"


def check_key(value: Any, source: str) -> Secret | None:
    """A key as it goes out: without the blanks, line ends, quotes and ``Bearer`` that come along with a paste.

    Args:
        value: What the caller, the environment or the keyring has; ``None`` and nothing but blanks are no key.
        source: Where it comes from, for the error.

    Raises:
        InvalidOptionError: It has a character that no key has. What it is is not shown.
    """
    if value is None:
        return None
    if not isinstance(value, (str, Secret)):
        raise InvalidOptionError(f"{source} must be a text, not {type(value).__name__}")
    key = _trimmed(Secret(value))
    if wrong := _no_key_character(key):
        raise InvalidOptionError(
            f"{source} has a character that no key has, in place {wrong}",
            hint="Copy the key once more, alone.",
        )
    return key or None


def _trimmed(pasted: Secret) -> Secret:
    key = pasted.reveal().strip(_AROUND_KEYS)
    if key[:6].lower() == "bearer" and key[6:7].strip() == "":
        key = key[6:].strip(_AROUND_KEYS)
    return Secret("".join(map(str.strip, key.splitlines())))  # line ends are of a paste from a narrow window


def _no_key_character(key: Secret) -> str:
    """The place and the name of the first character that no key has; empty where there is none."""
    text = key.reveal()
    if text.isascii() and text.isprintable() and " " not in text:
        return ""
    wrong = ((place, one) for place, one in enumerate(text, 1) if not "!" <= one <= "~")
    return next((f"{place}: {unicodedata.name(one, f'U+{ord(one):04X}')}" for place, one in wrong), "")
