"""Names that every service takes, for those of Python that some do not."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from ...tool_spec import is_name

_FOREIGN = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST = 64
_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def safe_name(name: str, kind: str = "tool") -> str:
    """A name in letters, digits, ``_`` and ``-``: the name itself where it is one, else its letters without accents.
    Where more is lost than accents, a digest of the name follows, so that two names do not become one.

    Args:
        name: The name.
        kind: What a name begins with of which nothing is left.
    """
    if is_name(name):
        return name
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    kept = _FOREIGN.sub("_", plain).strip("_-")
    if kept[:1].isdigit():
        kept = f"_{kept}"
    if is_name(kept) and not _FOREIGN.search(plain):
        return kept
    digest = hashlib.sha256(name.encode(errors="replace")).hexdigest()[:6]
    return f"{kept[: _LONGEST - 7] or kind}_{digest}"


def safe_parameter(name: str) -> str:
    """As ``safe_name``, for the name of a parameter, which has no ``-`` either.

    Args:
        name: The name of a parameter.
    """
    return name if _PARAMETER.fullmatch(name) else safe_name(name, "argument").replace("-", "_")
