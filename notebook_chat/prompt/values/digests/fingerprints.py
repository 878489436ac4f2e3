"""What tells, in this kernel, whether a value is still the same as before: a digest of its type, its shape and a sample
of what it holds. It costs a few milliseconds at most, however large the value is.

The key of the digests is never written down. So those that a saved notebook has in its metadata tell nobody what the
values were, not even of a number or a short text that could be guessed; and they mean nothing to another kernel.
"""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import Any

from ..patience import FailedError, GaveUpError, within
from .digesting import Digesting
from .sampling import sampler_of

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


def is_of_this_kernel(digest: str) -> bool:
    """Whether a fingerprint was taken in this kernel, so that it can be compared with others."""
    return digest.startswith(f"{_KERNEL}:")


def _digest(value: Any) -> str:
    hashed = blake2b(key=_KEY, digest_size=12)
    known = Digesting(hashed.update, sampler_of).add(value)
    return f"{_KERNEL}:{hashed.hexdigest()}" if known else ""
