"""One call of a provider, checked: what the caller gave, in the form that dialects build a request from."""

from __future__ import annotations

import math
import re
import ssl as tls
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InvalidOptionError
from ..keys import Secret
from ..messages import Message, Messages, normalize
from ..request import Timeouts

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token, RFC 9110, 5.6.2

Check = Callable[[str, Any], Any]


def _number(low: float, high: float) -> Check:
    def check(name: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise InvalidOptionError(f"{name} must be a number from {low:g} to {high:g}, not {value!r}")
        return value

    return check


def _integer(low: int | None = None) -> Check:
    def check(name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or (low is not None and value < low):
            bound = "" if low is None else f", {low} or more"
            raise InvalidOptionError(f"{name} must be a whole number{bound}, not {value!r}")
        return value

    return check


def _stop(name: str, value: Any) -> tuple[str, ...]:
    words = (value,) if isinstance(value, str) else value
    if not isinstance(words, (list, tuple)) or not all(isinstance(word, str) and word for word in words):
        raise InvalidOptionError(f"{name} must be a text or a list of texts, not {value!r}")
    return tuple(words)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidOptionError(f"{name} must be a text, not {type(value).__name__}")
    return value


def _mapping(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise InvalidOptionError(f"{name} must be a dict with names as keys, not {type(value).__name__}")
    return dict(value)


GENERATION: dict[str, Check] = {
    "temperature": _number(0, 2),
    "top_p": _number(0, 1),
    "max_tokens": _integer(1),
    "seed": _integer(),
    "stop": _stop,
}
"""The options that shape an answer. Each dialect says in ``options`` which of them it has a place for."""

CONNECTION: frozenset[str] = frozenset(
    {"system", "base_url", "api_key", "proxy", "timeout", "headers", "extra_body", "ssl", "retries"}
)
"""The options that every provider over HTTP takes."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call, checked.

    Parameters:
        model: The model's name in the dialect.
        messages: The conversation, with the ``system`` option as its first message.
        options: Those of ``GENERATION`` that were given.
        base_url: Where the service lives, without a slash at its end.
        api_key: The key, where there is one.
        headers: Further headers, sent last, so that they win.
        extra_body: Further fields of the request's body, which win over the dialect's own.
        timeouts, proxy, ssl: As the transport takes them.
    """

    model: str
    messages: tuple[Message, ...]
    options: Mapping[str, Any]
    base_url: str
    api_key: Secret | None = None
    headers: Mapping[str, Secret] = field(default_factory=dict)
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    timeouts: Timeouts = field(default_factory=Timeouts)
    proxy: Secret | None = None
    ssl: tls.SSLContext | bool = True

    def named(self, names: Mapping[str, str]) -> dict[str, Any]:
        """The options by the names that a dialect has for them; ``names`` has those that differ."""
        return {names.get(name, name): value for name, value in self.options.items()}

    def body(self, own: Mapping[str, Any]) -> dict[str, Any]:
        """The request's body: the dialect's ``own`` fields but those that are ``None``, and the caller's
        ``extra_body`` over them. Where both have an object, such as Gemini's ``generationConfig``, the two
        are merged."""
        return _merged({name: value for name, value in own.items() if value is not None}, self.extra_body)


def _merged(own: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(own)
    for name, value in over.items():
        before = merged.get(name)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            value = _merged(before, value)
        merged[name] = value
    return merged


def check_generation(options: Mapping[str, Any]) -> dict[str, Any]:
    """Those of ``GENERATION`` that are given and not ``None``, checked.

    Raises:
        InvalidOptionError: A value is of the wrong type or out of range.
    """
    return {
        name: check(name, options[name])
        for name, check in GENERATION.items()
        if options.get(name) is not None
    }


def check_messages(messages: Messages, system: Any = None) -> tuple[Message, ...]:
    """The messages in one form, with ``system`` as the first of them where it is given."""
    checked = normalize(messages)
    if system is None or not _text("system", system).strip():
        return checked
    return (Message("system", system), *checked)


def check_timeouts(timeout: Any) -> Timeouts:
    """The bounds on time from the ``timeout`` option: seconds for the whole answer, or ``Timeouts``."""
    if timeout is None or isinstance(timeout, Timeouts):
        return timeout or Timeouts()
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not 0 < timeout < math.inf:
        raise InvalidOptionError(f"timeout must be a number of seconds above 0, or Timeouts, not {timeout!r}")
    return Timeouts(total=timeout)


def check_base_url(url: Any) -> str:
    """An address without a slash at its end."""
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise InvalidOptionError(
            f"base_url must be an address, not {url!r}", hint="Give one such as http://localhost:8000/v1."
        )
    return url.rstrip("/")


def check_ssl(value: Any) -> tls.SSLContext | bool:
    """The ``ssl`` option: a context, the file of a certificate authority, or ``False`` to trust anyone."""
    if value is None or isinstance(value, (bool, tls.SSLContext)):
        return True if value is None else value
    try:
        return tls.create_default_context(cafile=Path(value))
    except (OSError, TypeError) as error:
        raise InvalidOptionError(f"ssl must be a context or a file of certificates: {error}") from None


def check_headers(headers: Any) -> dict[str, Secret]:
    """The ``headers`` option, its values held as secrets."""
    checked = _mapping("headers", headers or {})
    for name, value in checked.items():
        if not isinstance(value, (str, Secret)):
            raise InvalidOptionError(f"the header {name} must be a text, not {type(value).__name__}")
        if not _HEADER_NAME.fullmatch(name) or not Secret(value).reveal().isprintable():
            raise InvalidOptionError(f"the header {name!r} has a character that no header may have")
    return {name: Secret(value) for name, value in checked.items()}


def check_extra_body(extra: Any) -> dict[str, Any]:
    """The ``extra_body`` option."""
    return _mapping("extra_body", extra or {})
