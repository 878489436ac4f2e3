"""Keys kept in the system's keyring, where the optional package ``keyring`` is installed."""

from __future__ import annotations

import importlib
import importlib.util
import time
from typing import Any

from .errors import ConfigurationError, MissingDependencyError
from .secrets import Secret, excerpt

SERVICE = "notebook_chat"
"""The service under which the keys are kept; the user name is the provider's."""

SECONDS = 60.0
"""For how long a key that was looked up, or not found, is remembered: asking the keyring can take a while."""

_seen: dict[str, tuple[float, Secret | None]] = {}


def stored_key(name: str) -> Secret | None:
    """The key kept for a provider; ``None`` where there is none, or no keyring that works.

    Args:
        name: The provider's name.
    """
    until, key = _seen.get(name, (0.0, None))
    if time.monotonic() >= until:
        key = _look_up(name)
        _seen[name] = time.monotonic() + SECONDS, key
    return key


def store_key(name: str, key: Secret) -> None:
    """Keeps a key for a provider, in place of the one that may be there.

    Raises:
        MissingDependencyError: The package ``keyring`` is not installed.
        ConfigurationError: The keyring does not take it.
    """
    keyring = _installed()
    try:
        keyring.set_password(SERVICE, name, key.reveal())
    except Exception as error:  # backends raise whatever the system's library does
        raise _refused("take", error, key) from None
    finally:
        _seen.pop(name, None)


def forget_key(name: str) -> bool:
    """Removes the key kept for a provider; whether there was one.

    Raises:
        MissingDependencyError: The package ``keyring`` is not installed.
        ConfigurationError: The keyring does not delete it.
    """
    keyring = _installed()
    _seen.pop(name, None)
    if _look_up(name) is None:
        return False
    try:
        keyring.delete_password(SERVICE, name)
    except Exception as error:  # as in store_key
        raise _refused("delete", error) from None
    return True


def _look_up(name: str) -> Secret | None:
    if importlib.util.find_spec("keyring") is None:
        return None
    try:
        value = importlib.import_module("keyring").get_password(SERVICE, name)
    except Exception:  # a keyring that is locked, broken or not there must not keep anyone from a model
        return None
    return Secret(value) if value else None


def _installed() -> Any:
    if importlib.util.find_spec("keyring") is None:
        raise MissingDependencyError(
            "keys are kept by the package keyring, which is not installed",
            hint='Run pip install "notebook_chat[keyring]", or set the key in the environment.',
        )
    return importlib.import_module("keyring")


def _refused(what: str, error: Exception, *keys: Secret) -> ConfigurationError:
    reason = excerpt(str(error) or type(error).__name__, 500, *keys)
    return ConfigurationError(
        f"the system's keyring does not {what} the key: {reason}", hint="Set it in the environment instead."
    )
