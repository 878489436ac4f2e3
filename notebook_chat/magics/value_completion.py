"""What the Tab key offers where a ``%%chat`` cell names a value: the notebook's variables, and what they hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, Final

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

_CELL: Final = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*+[ \t]*%%chat(?![\w?])(?P<line>[^\n]*)\n")
_RAW: Final = re.compile(r"\s--raw(?!\S)")
_INDEX: Final = re.compile(r"\[(?P<quote>[\"'])(?P<written>[^\"'\n]{0,200})$")
_NAME: Final = re.compile(r"\w{0,200}$")
_LONGEST: Final = 400
"""How many characters a path may have that is completed."""

_MOST: Final = 500
"""How many names are offered."""


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


def _offered(text: str, shell: Any) -> tuple[str, dict[str, str]]:
    """What is written of a name, and what may stand in its place, with the kind of each.

    Args:
        text: The cell up to the cursor.
        shell: IPython's shell.
    """
    cell = _CELL.match(text)
    opening = max(text.rfind("{", -_LONGEST), text.rfind("$`", -_LONGEST))
    if cell is None or opening < cell.end() or _RAW.search(cell["line"]):
        return "", {}
    from ..prompt.braces.places import find_places

    prompt, mark = text[cell.end() : opening], text[opening]
    places = find_places(prompt + ("{x}" if mark == "{" else "$`x`"))
    if not places or places[-1].start != len(prompt):
        return "", {}  # a brace of code
    path = text[opening + (1 if mark == "{" else 2) :]
    return _in_path(path, shell)


def _in_path(path: str, shell: Any) -> tuple[str, dict[str, str]]:
    from ..prompt.paths.attributes import attribute_names
    from ..prompt.paths.entries import keys

    if index := _INDEX.search(path):
        quote, written = index["quote"], index["written"]
        names = keys(_value(path[: index.start()], shell.user_ns))
        usable = [name for name in names if not set(name) & set("\\\n{}`") and quote not in name]
        return written, {f"{name}{quote}]": "key" for name in usable[:_MOST] if name.startswith(written)}
    found = _NAME.search(path)
    written = found[0] if found else ""
    before = path[: len(path) - len(written)]
    if before.endswith("."):
        names = attribute_names(_value(before[:-1], shell.user_ns))
        return written, {name: "attribute" for name in names[:_MOST] if name.startswith(written)}
    return written, {} if before else _variables(written, shell)


def _value(path: str, namespace: Mapping[str, Any]) -> Any:
    from ..prompt.paths.path import Path, resolve

    parsed = Path.parse(path)
    return resolve(parsed, namespace) if parsed is not None else None


def _variables(written: str, shell: Any) -> dict[str, str]:
    """The notebook's variables: what has data first, then functions and classes, then modules; IPython's own ones only
    where their beginning is written."""
    hidden = shell.user_ns_hidden
    ranked: list[tuple[int, str, str]] = []
    for name, value in list(shell.user_ns.items()):
        if type(name) is not str or not name.startswith(written) or (name.startswith("_") and not written):
            continue
        is_hidden = name in hidden and hidden[name] is value
        if is_hidden and not written:
            continue
        rank, kind = _kind(value)
        ranked.append((3 if is_hidden else rank, name, kind))
    return {name: kind for _, name, kind in sorted(ranked)[:_MOST]}


def _kind(value: Any) -> tuple[int, str]:
    from ..prompt.paths.statics import inherits, is_class

    kind = type(value)
    if inherits(kind, ModuleType):
        return 2, "module"
    if is_class(value):
        return 1, "class"
    return (1, "function") if inherits(kind, FunctionType, BuiltinFunctionType) else (0, "instance")
