"""Names that say that what they stand for is nobody else's business."""

from __future__ import annotations

from typing import Any

from .classes import is_a

_WORDS = (
    "password",
    "passwd",
    "passphrase",
    "secret",
    "credential",
    "apikey",
    "privatekey",
    "accesstoken",
    "authtoken",
    "refreshtoken",
    "bearertoken",
)
_WHOLE = ("token", "pwd")  # which, as a part of a name, are of something else more often
_FILES = (
    ".env",
    ".netrc",
    ".pgpass",
    ".pypirc",
    ".npmrc",
    ".git-credentials",
    "id_rsa",
    "id_ed25519",
    "id_ecdsa",
)
_ENDINGS = (".pem", ".key", ".p12", ".pfx", ".kdbx", ".keystore", ".jks")
_CODE = (".py", ".ipynb", ".md")


def is_private(name: str) -> bool:
    """Whether a name is that of a key or a password."""
    plain = name.lower().replace("_", "").replace("-", "")
    return plain in _WHOLE or any(word in plain for word in _WORDS)


def hides(name: str, value: Any) -> bool:
    """Whether a variable is a key or a password, by its name and its type.

    Args:
        name: The name of the variable or the attribute.
        value: What it holds.
    """
    return (is_a(value, str) or is_a(value, bytes)) and is_private(name)


def is_private_file(name: str) -> bool:
    """Whether the name of a file says that it holds keys or passwords. The source of a program is none of those."""
    lower = name.lower()
    if lower.startswith(_FILES) or lower.endswith(_ENDINGS):
        return True
    return is_private(lower.partition(".")[0]) and not lower.endswith(_CODE)
