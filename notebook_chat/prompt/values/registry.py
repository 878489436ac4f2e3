"""What users say of the values of their own types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from ...errors import ConfigurationError
from .classes import mro
from .description import Description
from .kinds import names

OwnDescriber = Callable[[Any, int], str | Description]
"""Describes a value, which is given first, in at most so many tokens."""

F = TypeVar("F", bound=OwnDescriber)

_registered: dict[type | str, OwnDescriber] = {}


@overload
def register(kind: type | str) -> Callable[[F], F]: ...


@overload
def register(kind: type | str, describer: F) -> F: ...


def register(kind: type | str, describer: F | None = None) -> F | Callable[[F], F]:
    """Says how values of a type are told to a model, before all that they say themselves or that is known of them.

    It counts for the types that derive from it too, unless one of those is registered itself; for ``object`` it counts
    where nothing else is known. A later registration takes the place of an earlier one.

    Args:
        kind: The type, or its dotted name, such as ``"polars.DataFrame"``, which imports nothing.
        describer: A function of the value and of the number of tokens that there is room for. It gives a text or a
            ``Description``. Without it, this is a decorator for such a function.

    Raises:
        ConfigurationError: It is no type or dotted name, or the describer cannot be called.

    Example:
        >>> @register(Network)
        ... def describe_network(network, tokens):
        ...     return f"A network of {len(network.layers)} layers."
    """
    if not isinstance(kind, type) and not (type(kind) is str and _is_dotted(kind)):
        raise ConfigurationError(
            f"{str(kind)[:80]!r} is no type",
            hint='Give a class, or its name with its module, as "package.Type".',
        )
    if describer is None:
        return lambda function: register(kind, function)
    if not callable(describer):
        raise ConfigurationError(
            "what is registered for a type must be a function", hint="Give one of the value and the tokens."
        )
    _registered[kind] = describer
    return describer


def _is_dotted(name: str) -> bool:
    parts = name.split(".")
    return len(parts) > 1 and all(part.isidentifier() for part in parts)


def registered_for(cls: type) -> OwnDescriber | None:
    """The describer that a user registered for a class or the nearest that it derives from; ``object`` aside."""
    if not _registered:
        return None
    for one in mro(cls):
        if one is object:
            continue
        for kind, describer in _registered.items():
            if kind is one or (type(kind) is str and names(kind, one)):
                return describer
    return None


def registered_for_all() -> OwnDescriber | None:
    """The describer that a user registered for whatever is not known otherwise."""
    return _registered.get(object)


def unregister(kind: type | str) -> None:
    """Takes back what ``register`` said of a type."""
    _registered.pop(kind, None)
