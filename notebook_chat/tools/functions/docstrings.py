"""What a docstring says of a function and its parameters, in Google's, NumPy's or Sphinx's style."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

_PARAMETERS = frozenset(
    {"args", "arguments", "parameters", "params", "keyword args", "keyword arguments", "other parameters"}
)
_LEFT_OUT = frozenset({"raises", "warns", "see also", "references", "attributes", "methods", "todo"})
_OTHERS = frozenset(
    {"returns", "return", "yields", "yield", "receives", "example", "examples", "note", "notes", "warning"}
    | {"warnings", "usage"}
)
_SECTIONS = _PARAMETERS | _LEFT_OUT | _OTHERS

_OF_PARAMETER = frozenset({"param", "parameter", "arg", "argument", "key", "keyword"})
_DROPPED = frozenset({"raises", "raise", "except", "exception", "rtype", "var", "ivar", "cvar", "vartype"})
_FIELDS = _OF_PARAMETER | _DROPPED | {"type", "return", "returns", "yield", "yields"}

_LONGEST = 100_000  # characters of a docstring that are looked at
_TYPES = {
    **dict.fromkeys(("str", "string"), str),
    **dict.fromkeys(("int", "integer"), int),
    **dict.fromkeys(("float", "number", "scalar"), float),
    **dict.fromkeys(("bool", "boolean"), bool),
    **dict.fromkeys(("dict", "dictionary"), dict),
    **dict.fromkeys(("list", "sequence"), list),
    "none": None,
}


@dataclass(slots=True)
class Documentation:
    """What a docstring says.

    Attributes:
        text: What the function does, and what it gives.
        parameters: What each parameter is, by its name.
        types: The type that is said of each, in the docstring's words.
    """

    text: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)


def documentation(docstring: str) -> Documentation:
    """What a docstring says, in whatever style it is written. It never raises.

    Args:
        docstring: The docstring.
    """
    found = Documentation()
    lines = [line.rstrip() for line in inspect.cleandoc(docstring[:_LONGEST]).split("\n")]
    kept: list[str] = []
    place = 0
    while place < len(lines):
        end = _section(lines, place, found, kept) or _field(lines, place, found, kept)
        if not end:
            kept.append(lines[place])
            end = place + 1
        place = end
    found.text = _tidy(kept)
    return found


def _section(lines: Sequence[str], place: int, found: Documentation, kept: list[str]) -> int:
    """Reads a section of Google's or NumPy's style that begins at a line.

    Returns:
        Where it ends; 0 where none begins there.
    """
    head = lines[place].strip()
    name = head.removesuffix(":").rstrip().lower()
    if name not in _SECTIONS:
        return 0
    indent = _indent(lines[place])
    if _is_rule(lines, place + 1):
        start, end = place + 2, _end_of_numpy(lines, place + 2, indent)
    elif head.endswith(":"):
        following = next((_indent(line) for line in lines[place + 1 :] if line.strip()), 0)
        # Beneath a first line, which has no indentation of its own, nothing may be left of that of the others.
        indent = -1 if place == 0 and following == 0 else indent
        start, end = place + 1, _end_of_block(lines, place + 1, indent)
    else:
        return 0
    if end == start:
        return 0
    block = lines[start:end]
    if name in _PARAMETERS:
        _read_entries(block, found)
    elif name not in _LEFT_OUT:
        words = [line.strip() if name.startswith(("return", "yield")) else line for line in block]
        kept += ["", f"{head.removesuffix(':')}:", *words]
    return end


def _is_rule(lines: Sequence[str], place: int) -> bool:
    rule = lines[place].strip() if place < len(lines) else ""
    return len(rule) >= 3 and rule.strip("-=") == ""


def _end_of_block(lines: Sequence[str], place: int, indent: int) -> int:
    """Where the lines end that are indented deeper."""
    end = place
    for number in range(place, len(lines)):
        if lines[number].strip():
            if _indent(lines[number]) <= indent:
                break
            end = number + 1
    return end


def _end_of_numpy(lines: Sequence[str], place: int, indent: int) -> int:
    """Where the next heading stands that is underlined, or the text ends."""
    for number in range(place, len(lines)):
        if lines[number].strip() and _indent(lines[number]) <= indent and _is_rule(lines, number + 1):
            return number
    return len(lines)


def _read_entries(block: Sequence[str], found: Documentation) -> None:
    """Reads the entries of a section on parameters: each begins at the indentation of the first."""
    indent = next((_indent(line) for line in block if line.strip()), 0)
    names: list[str] = []
    words: list[str] = []
    for line in block:
        head = _head(line) if line.strip() and _indent(line) <= indent else None
        if head is None:
            words.append(line)
            continue
        _note(names, words, found)
        names, kind, rest = head
        words = [rest]
        for name in names if kind else ():
            found.types.setdefault(name, kind)
    _note(names, words, found)


def _note(names: Sequence[str], words: Sequence[str], found: Documentation) -> None:
    text = " ".join(" ".join(words).split())
    for name in names:
        if text:
            found.parameters.setdefault(name, text)


def _head(line: str) -> tuple[list[str], str, str] | None:
    """The names at the beginning of an entry, their type, and what follows; ``None`` where it is none:
    ``name (type): words``, ``name: words``, ``name : type`` or ``name``."""
    text = line.strip()
    colon = _colon(text)
    before, after = (text, "") if colon < 0 else (text[:colon], text[colon + 1 :].strip())
    numpy = colon < 0 or before.endswith(" ")
    before, bracket, kind = before.partition("(")
    if bracket:
        kind = kind.rstrip().removesuffix(")")
        numpy = False
    names = [name.strip().strip("`").lstrip("*").replace("\\", "").lstrip("*") for name in before.split(",")]
    if not all(name.isidentifier() for name in names):
        return None
    return (names, after, "") if numpy else (names, kind.strip(), after)


def _colon(text: str) -> int:
    """Where the first colon stands that is in no brackets; -1 for none."""
    depth = 0
    for place, letter in enumerate(text):
        if letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
        elif letter == ":" and depth <= 0:
            return place
    return -1


def _field(lines: Sequence[str], place: int, found: Documentation, kept: list[str]) -> int:
    """Reads a field of Sphinx's style, ``:param int name: words``, that begins at a line.

    Returns:
        Where it ends; 0 where none begins there.
    """
    text = lines[place].strip()
    if text[:1] not in (":", "@"):
        return 0
    marked, _, rest = text[1:].partition(":")
    kind, _, argument = marked.strip().partition(" ")
    if kind not in _FIELDS:
        return 0
    end = _end_of_block(lines, place + 1, _indent(lines[place]))
    words = " ".join(" ".join([rest, *lines[place + 1 : end]]).split())
    *types, name = argument.replace("\\", "").split() or [""]
    name = name.lstrip("*")
    if kind in _OF_PARAMETER and name:
        _note([name], [words], found)
        if types:
            found.types.setdefault(name, " ".join(types))
    elif kind == "type" and name:
        found.types[name] = words
    elif kind.startswith(("return", "yield")) and words:
        kept += ["", f"{kind.rstrip('s').capitalize()}s: {words}"]
    return end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _tidy(lines: Sequence[str]) -> str:
    """The lines with one empty line at most between two paragraphs."""
    kept: list[str] = []
    for line in lines:
        if line.strip() or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip()


def type_in_words(words: str) -> Any:
    """The type that a docstring's words mean, such as ``int, optional``, ``list of str`` or ``{'a', 'b'}``;
    ``inspect.Parameter.empty`` where they mean none that is known.

    Args:
        words: What is said of the type.
    """
    unknown = inspect.Parameter.empty
    text = words.strip().strip("`")
    if text.startswith("{"):
        return _choices(text[: text.find("}") + 1])
    text = text.partition(",")[0].lower().removesuffix("optional").strip()
    found: list[Any] = []
    for part in text.replace("|", " or ").split(" or "):
        kind = _one_type(part.strip())
        if kind is unknown:
            return unknown
        found.append(kind)
    if found == [None]:
        return unknown
    made = found[0]
    for kind in found[1:]:
        made = made | kind
    return made


def _one_type(text: str) -> Any:
    for beginning, end in (("list of ", ""), ("list[", "]")):
        if text.startswith(beginning) and text.endswith(end):
            inner = text[len(beginning) :].removesuffix(end)
            item = _TYPES.get(inner, _TYPES.get(inner.removesuffix("s"), inspect.Parameter.empty))
            return list if item is inspect.Parameter.empty else list[item]  # type: ignore[valid-type]
    return _TYPES.get(text, inspect.Parameter.empty)


def _choices(text: str) -> Any:
    try:
        values = ast.literal_eval(f"[{text[1:-1]}]")
        plain = values and all(type(value) in (str, int, bool, type(None)) for value in values)
        return Literal[tuple(values)] if plain else inspect.Parameter.empty
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return inspect.Parameter.empty
