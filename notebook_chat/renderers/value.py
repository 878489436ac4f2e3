"""An answer that is shown as a value: the last line of a cell, or ``display(answer)``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ..answer import Answer
from ..conversation import Status
from ..events import Usage
from ..parts import Part, ReasoningPart, TextPart
from ..schemas.rows import plain
from ..text import printable, replace_surrogates
from .data import DataRenderer
from .data import plain_text as data_text
from .display import DisplayRenderer
from .excerpt import excerpt, left_out
from .footer import ending
from .parts import asides


class _Ended:
    """An answer as renderers take a turn that has ended."""

    status: Status = "complete"

    def __init__(self, answer: Answer) -> None:
        self.answer = str(answer)
        self.model: str = answer.model
        self.usage: Usage | None = answer.usage
        self.finish_reason: str | None = answer.finish_reason
        self.seconds: float = answer.seconds
        self.cost: float | None = answer.cost
        self.parts: Sequence[Part] = answer.parts
        if "".join(part.text for part in answer.parts if isinstance(part, TextPart)) != self.answer:
            others = (part for part in answer.parts if not isinstance(part, TextPart))
            self.parts = (TextPart(self.answer), *others)  # made by hand
        self.reasoning = "".join(part.text for part in answer.parts if isinstance(part, ReasoningPart))


def mimebundle(answer: Answer) -> dict[str, str]:
    """What front ends show of an answer: the text as safe HTML, as beneath a chat cell. The line with model, tokens
    and time is there only where it tells of an unusual end.

    Args:
        answer: The answer.

    Returns:
        Its forms by MIME type: the text itself as ``text/plain``, which is the only one in a terminal.
    """
    plain = {"text/plain": plain_text(answer)}
    if _in_terminal():
        return plain
    bundle: dict[str, str] = {}

    def publish(data: dict[str, Any], metadata: object, *, transient: object, update: bool) -> None:
        bundle.update(data)

    empty = not answer.strip() and all(isinstance(part, TextPart | ReasoningPart) for part in answer.parts)
    unusual = bool(ending(answer.finish_reason)) or empty
    shown = _renderer(answer)(show_footer=unusual, live=False, publish=publish, embed=True)
    shown.finish(_Ended(answer), None)
    return bundle | plain


def _renderer(answer: Answer) -> Callable[..., DisplayRenderer]:
    """What shows it: as a table, where it is data."""
    return partial(DataRenderer, expected=_Data(plain(answer.data))) if answer.is_data else DisplayRenderer


class _Data:
    """Data that are whole."""

    error = None

    def __init__(self, value: Any) -> None:
        self.value = value

    def partial(self, text: str) -> Any:
        """The data."""
        return self.value


def plain_text(answer: Answer) -> str:
    """What is shown of an answer where there is nothing but text. It does nothing to a terminal."""
    if answer.is_data:
        return data_text(plain(answer.data))
    more = left_out(answer)
    text = "\n".join(filter(None, (excerpt(answer), more and f"[{more}]", *asides(answer.parts))))
    return printable(replace_surrogates(text))


def _in_terminal() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and not hasattr(shell, "kernel")
