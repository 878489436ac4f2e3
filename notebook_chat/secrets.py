"""Secrets, held so that no ``repr``, traceback or log can show them."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")

_USERINFO = re.compile(r"(?<=://)[^/\s@]+@")
_QUERY_SECRET = re.compile(
    r"([?&](?:api[-_]?key|key|token|access_token|signature|sig)=)[^&#\s]+", re.IGNORECASE
)


class Secret:
    """A key that is shown as ``Secret('…')`` wherever it might be printed.

    Args:
        value: The key itself; whitespace around it (a newline of a pasted key) is dropped.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str | Secret) -> None:
        self._value: str = value._value if isinstance(value, Secret) else str(value).strip()

    def reveal(self) -> str:
        """The key itself. Call it where the key is put on the wire, and nowhere else."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __repr__(self) -> str:
        return "Secret('…')"

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        # A pickle or a deep copy would write the key out.
        raise TypeError("a Secret cannot be pickled")

    def __deepcopy__(self, memo: object) -> Secret:
        return self


def hides_secrets(function: Callable[P, R]) -> Callable[P, R]:
    """Keeps keys out of tracebacks: a decorator for every public function that takes options as keywords.

    A traceback shows the variables of each frame that it passes. The decorated function gets its secrets held as
    ``Secret``, as ``wrap_secrets`` does, and no frame before it keeps the plain ones.
    """
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def hiding_async(*args: Any, **options: Any) -> Any:
            hidden = _hidden(options)
            options.clear()
            return await function(*args, **hidden)

        return cast("Callable[P, R]", hiding_async)

    @functools.wraps(function)
    def hiding(*args: Any, **options: Any) -> R:
        hidden = _hidden(options)
        options.clear()
        return function(*args, **hidden)

    return cast("Callable[P, R]", hiding)


def wrap_secrets(options: Mapping[str, Any]) -> dict[str, Any]:
    """A provider's options with those held as ``Secret`` that may be or hold one: the key, the proxy with
    its password, and the values of the headers. Options that are ``None`` are left out."""
    return _hidden({name: value for name, value in options.items() if value is not None})


def _hidden(options: Mapping[str, Any]) -> dict[str, Any]:
    safe = dict(options)
    for name in ("api_key", "proxy"):
        if isinstance(safe.get(name), str):
            safe[name] = Secret(safe[name])
    if isinstance(safe.get("headers"), Mapping):
        safe["headers"] = {
            name: Secret(value) if isinstance(value, str) else value
            for name, value in safe["headers"].items()
        }
    return safe


def secrets_in(options: Mapping[str, Any]) -> tuple[Secret, ...]:
    """The secrets among a provider's options, as ``wrap_secrets`` holds them."""
    headers = options.get("headers")
    values = (*options.values(), *(headers.values() if isinstance(headers, Mapping) else ()))
    return tuple(value for value in values if isinstance(value, Secret))


def unwrap_secrets(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options as before ``wrap_secrets``: for code from elsewhere, which does not know ``Secret``."""
    plain = {name: _plain(value) for name, value in options.items()}
    if isinstance(plain.get("headers"), Mapping):
        plain["headers"] = {name: _plain(value) for name, value in plain["headers"].items()}
    return plain


def _plain(value: Any) -> Any:
    return value.reveal() if isinstance(value, Secret) else value


def redact(text: str, *secrets: Secret | None) -> str:
    """``text`` without the given secrets, without ``user:password@`` in its addresses, and without
    keys in their query strings."""
    for secret in secrets:
        if secret is not None and len(secret.reveal()) >= 4:
            text = text.replace(secret.reveal(), "…")
    return _QUERY_SECRET.sub(r"\1…", _USERINFO.sub("…@", text))
