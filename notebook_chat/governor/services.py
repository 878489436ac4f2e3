"""The services that this process asks: there is one of each, for whoever asks it, in whatever thread and loop."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable
from typing import NamedTuple

from ..secrets import Secret
from .service import Service

_MOST = 256  # services that are remembered though nobody asks them

_SALT = os.urandom(16)  # so that a digest tells nobody anything


class _Name(NamedTuple):
    provider: str
    address: str
    keys: bytes


_services: dict[_Name, Service] = {}
_lock = threading.Lock()


def service_for(provider: str, address: str, keys: Iterable[Secret]) -> Service:
    """A service, as it is asked with some keys.

    Args:
        provider: The provider's name.
        address: Where it lives.
        keys: The keys. Nothing of them is kept but a digest that cannot be compared with any other one.
    """
    digest = hashlib.blake2b(key=_SALT, digest_size=16)
    for key in keys:
        digest.update(f"{len(key.reveal())}:{key.reveal()}".encode("utf-8", "surrogatepass"))
    name = _Name(provider, address, digest.digest())
    service = _services.get(name)
    if service is None:
        with _lock:
            if len(_services) >= _MOST:
                for idle in [one for one, other in _services.items() if other.idle()]:
                    del _services[idle]
            service = _services.setdefault(name, Service())
    return service


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()
    for service in _services.values():
        service.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
