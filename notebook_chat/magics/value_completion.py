"""What the Tab key offers where a ``%%chat`` cell names a value: the notebook's variables, and what they hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

_CELL: Final = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*+[ \t]*%%chat(?![\w?])(?P<line>[^\n]*)\n")
_RAW: Final = re.compile(r"\s--raw(?!\S)")


def install(shell: Any) -> Callable[[], None]:
    """Has a shell complete the names of values in prompts.

    Args:
        shell: IPython's shell.

    Returns:
        What undoes it.
    """

    # It goes before those that would run properties.
    @context_matcher(identifier="notebook_chat.values", priority=200)  # type: ignore[untyped-decorator]
    def match(context: CompletionContext) -> SimpleMatcherResult:
        try:
            written, offered = _offered(_until_cursor(context), shell)
        except Exception:  # while the user types, nothing may be told
            written, offered = "", {}
        completions = [SimpleCompletion(text=text, type=kind) for text, kind in offered.items()]
        return {"completions": completions, "matched_fragment": written, "suppress": True, "ordered": True}

    matchers: list[Any] = shell.Completer.custom_matchers
    matchers.append(match)

    def undo() -> None:
        with suppress(ValueError):  # somebody has done it already
            matchers.remove(match)

    return undo


def _until_cursor(context: CompletionContext) -> str:
    lines = context.full_text.split("\n")[: context.cursor_line + 1]
    return "\n".join((*lines[:-1], lines[-1][: context.cursor_position]))


def _offered(text: str, shell: Any) -> tuple[str, Mapping[str, str]]:
    """What is written of a name, and what may stand in its place, with the kind of each.

    Args:
        text: The cell up to the cursor.
        shell: IPython's shell.
    """
    cell = _CELL.match(text)
    if cell is None or _RAW.search(cell["line"]):
        return "", {}
    from ..prompt.completion import offer

    offered = offer(text[cell.end() :], shell.user_ns, shell.user_ns_hidden)
    return offered.written, offered.names
