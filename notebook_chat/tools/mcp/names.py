"""What a model calls the tools of a server by."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

LONGEST = 64
"""How long a tool's name may be, as every service takes it."""

_DIGITS = 10  # of a digest
_OTHER = re.compile(r"[^A-Za-z0-9_-]")
_LIKE_MADE = re.compile(rf"_[0-9a-f]{{{_DIGITS}}}\Z")


def tool_names(server: str, originals: Sequence[str]) -> list[str]:
    """The names of a server's tools: ``server__tool``. Where that is no name for every service, is too long, or could
    be that of another server's tool, a digest of both stands at the end. A name depends on nothing but the server's
    and the tool's, so that it is the same in every session.

    Args:
        server: What the server is called here.
        originals: What it calls its tools, each once.
    """
    return [_plain(server, one) or _made(server, one) for one in originals]


def _plain(server: str, tool: str) -> str | None:
    """The name without a digest, where no other server's tool can have it: the first ``__`` parts the two."""
    name = f"{server}__{tool}"
    if _OTHER.search(name) or len(name) > LONGEST or not server or not tool:
        return None
    if (
        server[0].isdigit()
        or server[0] == "-"
        or "__" in server
        or server.endswith("_")
        or tool.startswith("_")
    ):
        return None
    return None if _LIKE_MADE.search(name) else name


def _made(server: str, tool: str) -> str:
    digest = hashlib.sha256(f"{len(server)}:{server}{tool}".encode("utf-8", "surrogatepass")).hexdigest()
    base = f"{_OTHER.sub('_', server)}__{_OTHER.sub('_', tool)}"
    if not (base[0].isalpha() or base[0] == "_"):
        base = f"_{base}"
    return f"{base[: LONGEST - _DIGITS - 1]}_{digest[:_DIGITS]}"
