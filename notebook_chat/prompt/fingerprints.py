"""What tells, in this kernel, whether a value is still the same as before: a digest of its type, its shape and a sample
of what it holds. It costs a few milliseconds at most, however large the value is.

The key of the digests is never written down. So those that a saved notebook has in its metadata tell nobody what the
values were, not even of a number or a short text that could be guessed; and they mean nothing to another kernel.
"""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import Any

from .digesting import Digesting
from .patience import FailedError, GaveUpError, within

_KEY = os.urandom(32)
_KERNEL = os.urandom(4).hex()
_SECONDS = 0.3


def fingerprint(value: Any) -> str:
    """What tells later whether a value is still the same; empty where that cannot be told. It never raises, and no code
    of the value's own class runs.

    Args:
        value: The value.
    """
    try:
        return within(_SECONDS, lambda: _digest(value))
    except (FailedError, GaveUpError):
        return ""


def is_older(digest: str, value: Any) -> bool:
    """Whether a value has changed since it had a fingerprint; not, where that cannot be told.

    Args:
        digest: The fingerprint. One of another kernel says nothing.
        value: The value as it is now.
    """
    if not digest.startswith(f"{_KERNEL}:"):
        return False
    now = fingerprint(value)
    return bool(now) and now != digest


def _digest(value: Any) -> str:
    hashed = blake2b(key=_KEY, digest_size=12)
    known = Digesting(hashed.update).add(value)
    return f"{_KERNEL}:{hashed.hexdigest()}" if known else ""
