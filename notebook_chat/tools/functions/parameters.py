"""The parameters of a function: what a model is told of them, and the way from its JSON to their values."""

from __future__ import annotations

import contextlib
import inspect
import json
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from ...errors import InvalidOptionError
from ...schemas.python_types import of_type
from ..progress import Progress
from ..tool import Tell
from .definitions import resolved
from .docstrings import Documentation, type_in_words

EMPTY: Any = inspect.Parameter.empty

_LONGEST_DEFAULT = 200
_LONGEST_DESCRIPTION = 1_000
_PLAIN = (bool, int, float, str, list, dict)


@dataclass(frozen=True, slots=True)
class Kind:
    """A type as JSON.

    Attributes:
        schema: Its JSON schema.
        decode: What makes the value of JSON text, and raises ``ValueError``; ``None`` for any JSON as it is.
    """

    schema: dict[str, Any]
    decode: Callable[[bytes], Any] | None = None

    def value(self, raw: Any) -> Any:
        """The value of what a model has written.

        Args:
            raw: It, as it was parsed.

        Raises:
            ValueError: It is no such value; the words say what is wrong.
        """
        if self.decode is None:
            return raw
        try:
            return self.decode(msgspec.json.encode(raw))
        except ValueError:
            whole = _whole(raw)
            if whole == raw and repr(whole) == repr(raw):
                raise
            return self.decode(msgspec.json.encode(whole))


def _whole(raw: Any) -> Any:
    """JSON in which numbers such as ``5.0`` are whole ones: for JSON schema they are."""
    if isinstance(raw, float) and raw.is_integer():
        return int(raw)
    if isinstance(raw, list):
        return [_whole(one) for one in raw]
    return {name: _whole(one) for name, one in raw.items()} if isinstance(raw, dict) else raw


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter that a model is told of.

    Attributes:
        name: What Python calls it.
        kind: Its type, as JSON; of ``*args`` and ``**kwargs`` that of one value.
        place: How it is given, as ``inspect.Parameter.kind``.
        required: Whether it must be given.
        description: What it is.
        default: What it is where it is not given, for the model; ``EMPTY`` where that cannot be told.
    """

    name: str
    kind: Kind
    place: Any
    required: bool
    description: str = ""
    default: Any = EMPTY

    def schema(self) -> dict[str, Any]:
        """Its JSON schema, with what is known of it beyond its type."""
        schema = dict(self.kind.schema)
        if self.place is inspect.Parameter.VAR_POSITIONAL:
            definitions = schema.pop("$defs", None)
            schema = {"type": "array", "items": schema} | ({"$defs": definitions} if definitions else {})
        if self.description and not schema.get("description"):
            schema["description"] = self.description
        if self.default is not EMPTY:
            schema.setdefault("default", self.default)
        return schema


def parameter(
    one: inspect.Parameter, function: Any, documented: Documentation, tool: str
) -> Parameter | None:
    """What a model is told of a parameter; ``None`` where it is not told of it, since it can write no such value and
    there is another one.

    Args:
        one: The parameter.
        function: The function that has it, as ``definition`` gives it.
        documented: What the function's docstring says.
        tool: What the function is called.

    Raises:
        InvalidOptionError: A model can write no such value, and there must be one.
    """
    annotation, default = one.annotation, one.default
    field = default if is_field(default) else None
    needed = field.is_required() if field is not None else default is EMPTY and one.kind not in _VARIADIC
    if field is not None:
        default = EMPTY if needed else field.default
    try:
        guessed = annotation is EMPTY
        annotation = _guessed(one.name, default, documented) if guessed else resolved(annotation, function)
        if field is not None:
            annotation = typing.Annotated[annotation, field]
        kind = _kind(annotation)
    except Exception as error:  # names that lead nowhere, and what annotations raise
        if not needed:
            return None
        raise _refusal(one, tool, error) from None
    return Parameter(
        one.name,
        kind,
        one.kind,
        required=needed,
        description=(_said(annotation) or documented.parameters.get(one.name, ""))[:_LONGEST_DESCRIPTION],
        default=_told_default(default),
    )


_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def is_field(default: Any) -> bool:
    """Whether a default is pydantic's, such as ``Field(default=3, ge=1)``."""
    return type(default).__name__ == "FieldInfo" and type(default).__module__.startswith("pydantic")


def is_progress(one: inspect.Parameter, function: Any) -> bool:
    """Whether a parameter is filled in with what tells how far the function is.

    Args:
        one: The parameter.
        function: The function that has it, as ``definition`` gives it.
    """
    if one.annotation is EMPTY:
        return False
    try:
        annotation = resolved(one.annotation, function)
        return any(kind is Progress or kind == Tell for kind in (annotation, *typing.get_args(annotation)))
    except Exception:  # it is told of where the parameter is read
        return False


def _guessed(name: str, default: Any, documented: Documentation) -> Any:
    """The type of a parameter without an annotation: what the docstring says, what its default is, or anything."""
    if (told := type_in_words(documented.types.get(name, ""))) is not EMPTY:
        return told
    return type(default) if type(default) in _PLAIN else Any


def _kind(annotation: Any) -> Kind:
    if annotation in (Any, object, EMPTY):
        return Kind({})
    try:
        return Kind(*of_type(annotation))
    except InvalidOptionError:
        kinds = [kind for one in _members(annotation) if (kind := _known(one)) is not None]
        if not kinds or all(kind.schema == {"type": "null"} for kind in kinds):
            raise
        return _any_of(kinds)


def _members(annotation: Any) -> tuple[Any, ...]:
    """The types of a union; none of any other type."""
    while hasattr(annotation, "__metadata__"):
        annotation = annotation.__origin__
    is_union = isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union
    return typing.get_args(annotation) if is_union else ()


def _known(annotation: Any) -> Kind | None:
    with contextlib.suppress(InvalidOptionError):
        return Kind(*of_type(annotation))
    return None


def _any_of(kinds: list[Kind]) -> Kind:
    """One type or the other, in their order: those of a union that a model can write."""
    if len(kinds) == 1:
        return kinds[0]
    definitions: dict[str, Any] = {}
    schemas = []
    for kind in kinds:
        schema = dict(kind.schema)
        definitions |= schema.pop("$defs", {})
        schemas.append(schema)

    def decode(text: bytes) -> Any:
        problems = []
        for kind in kinds:
            try:
                return kind.decode(text) if kind.decode is not None else json.loads(text)
            except ValueError as error:
                problems.append(str(error))
        raise ValueError("; ".join(problems[:3]))

    return Kind({"anyOf": schemas} | ({"$defs": definitions} if definitions else {}), decode)


def _said(annotation: Any) -> str:
    """What an annotation says in words: ``Annotated[int, "how many"]``."""
    for mark in getattr(annotation, "__metadata__", ()):
        words = mark if isinstance(mark, str) else getattr(mark, "documentation", None)
        if isinstance(words, str) and words.strip():
            return " ".join(words.split())
    return ""


def _told_default(default: Any) -> Any:
    """A default as JSON, where it is short; ``EMPTY`` where it is not, or is no JSON."""
    if default is EMPTY:
        return EMPTY
    try:
        text = msgspec.json.encode(default)
        if isinstance(default, (bytes, bytearray)) or len(text) > _LONGEST_DEFAULT:
            return EMPTY
        told = msgspec.json.decode(text)
    except Exception:  # whatever stands there
        return EMPTY
    return EMPTY if told is None and default is not None else told


def _refusal(one: inspect.Parameter, tool: str, error: Exception) -> InvalidOptionError:
    if isinstance(error, NameError):
        return InvalidOptionError(
            f"the annotation of {one.name} in {tool} is not known where the function is: {error}",
            hint="Define or import it first, at the top level of the notebook or the module.",
        )
    annotation = one.annotation
    shown = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return InvalidOptionError(
        f"a model cannot write the {shown[:80]} that {tool} takes as {one.name}",
        hint=f"Take a name or a path instead, or give the value first: functools.partial({tool}, {one.name}=…).",
    )
