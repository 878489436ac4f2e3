"""How functions are called."""

from __future__ import annotations

import inspect
import sys
from typing import Any

from ....text import single_line
from ..bounds import cut_end
from ..short_repr import cut, short_repr


def signature_of(function: Any) -> str:
    """The parameters and the result of a function, in parentheses, as they are written; empty where that is not known.
    What stands in it as a value is written shortly.

    Args:
        function: The function or the class.
    """
    options: dict[str, Any] = {}
    if sys.version_info >= (3, 14):  # annotations are not computed for it
        from annotationlib import Format

        options["annotation_format"] = Format.STRING
    try:
        found = inspect.signature(function, **options)
    except Exception:  # whatever stands in its place
        return ""
    parameters = [
        one.replace(default=_default(one), annotation=_annotation(one)) for one in found.parameters.values()
    ]
    returns = found.return_annotation
    shown = returns if returns is inspect.Signature.empty else _Written(_type(returns))
    return cut(single_line(str(found.replace(parameters=parameters, return_annotation=shown))), 600)


class _Written:
    """Something in a signature, as it is written."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _default(parameter: inspect.Parameter) -> Any:
    value = parameter.default
    return value if value is inspect.Parameter.empty else _Written(short_repr(value, 60))


def _annotation(parameter: inspect.Parameter) -> Any:
    value = parameter.annotation
    return value if value is inspect.Parameter.empty else _Written(_type(value))


def _type(annotation: Any) -> str:
    if isinstance(annotation, str):
        return annotation
    if type(annotation) is type:
        return inspect.formatannotation(annotation)
    return cut(single_line(inspect.formatannotation(annotation)), 120)


def doc_of(value: Any, tokens: int) -> str:
    """What the author of a function, a class or a module says of it, within so many tokens; empty for nothing."""
    try:
        doc = value.__doc__
    except Exception:
        return ""
    return cut_end(inspect.cleandoc(str.__str__(doc)), tokens) if isinstance(doc, str) and doc.strip() else ""
