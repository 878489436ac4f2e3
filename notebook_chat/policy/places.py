"""Addresses and commands, as a policy names them."""

from __future__ import annotations

import re
import shlex
from urllib.parse import urlsplit

from .wildcards import narrowly

_CLIMBS = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>(?:\*\.)?[A-Za-z0-9_.-]++|\[[0-9A-Fa-f:.]++\])(?::(?P<port>\d{1,5}|\*))?"
    r"(?P<path>/[^\s?#*\\@]*+)?"
)
_PORTS = {"http": 80, "https": 443}


def is_address(text: str) -> bool:
    """Whether a policy can name an address so: with a scheme, a host, and perhaps a port and the beginning of a path.
    The host may begin with ``*.``, and the port be ``*``."""
    return _ADDRESS.fullmatch(text) is not None


def is_at(url: str, allowed: str) -> bool:
    """Whether an address is one that a policy names, or beneath it.

    Args:
        url: The address.
        allowed: What the policy names, as ``is_address`` takes it.
    """
    wanted = _ADDRESS.fullmatch(allowed)
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return False
    if wanted is None or parts.scheme != wanted["scheme"] or not url.isprintable() or set(url) & set("\\@"):
        return False
    own = wanted["host"].strip("[]").lower()
    if not (host.endswith(own[1:]) if own.startswith("*.") else host == own):
        return False
    if wanted["port"] != "*" and port != int(wanted["port"] or _PORTS[wanted["scheme"]]):
        return False
    beneath = (wanted["path"] or "").rstrip("/")
    if _CLIMBS.search(parts.path) is not None:
        return False
    return not beneath or parts.path == beneath or parts.path.startswith(f"{beneath}/")


def is_command(command: str, allowed: str) -> bool:
    """Whether a command is one that a policy names, word by word. In a word ``*`` stands for anything; as the last word
    for any further words.

    Args:
        command: The command.
        allowed: What the policy names.
    """
    try:
        given, wanted = shlex.split(command), shlex.split(allowed)
    except ValueError:
        return False
    if wanted and wanted[-1] == "*":
        wanted = wanted[:-1]
        given, further = given[: len(wanted)], given[len(wanted) :]
        if not all(word.isprintable() for word in further):
            return False
    return len(given) == len(wanted) and all(map(narrowly, wanted, given))
