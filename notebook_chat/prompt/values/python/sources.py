"""The source of functions and classes, as it was when they were defined. No code of theirs runs."""

from __future__ import annotations

import ast
import inspect
import linecache
import sys
import textwrap
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any

from ..classes import Types, module_of, own_members

_LARGEST = 2_000_000
"""How many characters a module may have in which a class is looked for."""

_LONGEST = 2_000
"""How many lines of a definition are taken at most."""

_AROUND = Types(classmethod, staticmethod, property)
"""What a class may hold around a function."""


def source_of_code(code: CodeType) -> str:
    """The source of what was compiled to some code; empty where it cannot be found."""
    lines = linecache.getlines(code.co_filename)
    first = code.co_firstlineno
    if not 0 < first <= len(lines):
        return ""
    try:
        block = inspect.getblock(lines[first - 1 : first - 1 + _LONGEST])
    except Exception:  # of lines that were changed since
        return ""
    return textwrap.dedent("".join(block)).rstrip()


def source_of_class(cls: type) -> str:
    """The source of a class; empty where it cannot be found, as for one without methods that a notebook defines."""
    codes = [code for member in own_members(cls).values() if (code := code_of(member)) is not None]
    own = [
        code
        for code in codes
        if code.co_qualname.startswith(f"{cls.__qualname__}.") and not code.co_filename.startswith("<string>")
    ]
    filename = own[0].co_filename if own else _file_of(cls)
    text = "".join(linecache.getlines(filename)) if filename else ""
    if not text or len(text) > _LARGEST:
        return ""
    line = own[0].co_firstlineno if own else 0
    found = _definitions(text)
    for name, first, last in found:
        if name == cls.__qualname__ and (not line or first <= line <= last):
            lines = text.splitlines()[first - 1 : last]
            return textwrap.dedent("\n".join(lines[:_LONGEST])).rstrip()
    return ""


def code_of(member: Any) -> CodeType | None:
    """The code of a function, or of what a class holds around one."""
    for name in ("__func__", "fget", "func"):
        if type(member) in _AROUND and hasattr(member, name):
            member = getattr(member, name)
    return member.__code__ if type(member) is FunctionType else None


def _file_of(cls: type) -> str:
    module = sys.modules.get(module_of(cls))
    found = vars(module).get("__file__") if module is not None else None
    if type(found) is str and found.endswith(".py"):
        return found
    return _cell_of(cls.__qualname__) if module_of(cls) == "__main__" else ""


def _cell_of(name: str) -> str:
    """The newest cell in which a class is defined, among those that the shell keeps for tracebacks."""
    start = f"class {name}"
    for filename in reversed(list(linecache.cache)):
        if "ipykernel_" in filename or filename.startswith("<ipython-input"):
            text = "".join(linecache.getlines(filename))
            if start in text and any(found == name for found, _, _ in _definitions(text)):
                return filename
    return ""


@lru_cache(maxsize=8)
def _definitions(text: str) -> tuple[tuple[str, int, int], ...]:
    """The classes that a text defines: qualified name, first and last line."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    found: list[tuple[str, int, int]] = []
    todo: list[tuple[str, ast.AST]] = [("", tree)]
    while todo:
        prefix, node = todo.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef):
                first = min([child.lineno, *(one.lineno for one in child.decorator_list)])
                found.append((f"{prefix}{child.name}", first, child.end_lineno or first))
                todo.append((f"{prefix}{child.name}.", child))
            elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                todo.append((f"{prefix}{child.name}.<locals>.", child))
            else:
                todo.append((prefix, child))
    return tuple(found)
