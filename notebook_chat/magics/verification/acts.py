"""What a cell does about chats, as far as it can be told by reading it: nothing of it is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...errors import ChatError
from ..cell import verbatim

_AROUND = frozenset({"time", "timeit", "capture", "prun"})
"""The cell magics that run what stands beneath them as a cell."""

_MOST_DEEP = 5  # of these around each other

_NESTED = (
    *(ast.For, ast.AsyncFor, ast.While, ast.If, ast.IfExp, ast.Match, ast.Try, ast.TryStar),
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)
"""What may have what stands in it run not at all, or more than once."""


class Unknown:
    """Stands for a value that is known only when the notebook runs."""


UNKNOWN = Unknown()


@dataclass(frozen=True)
class Act:
    """One thing that a cell does about chats.

    Attributes:
        certain: Whether it is done once, whatever the notebook's values are.
    """

    certain: bool = True


@dataclass(frozen=True)
class Ask(Act):
    """It asks, by ``%%chat``.

    Attributes:
        line: What stands on the line of ``%%chat``.
        body: What stands beneath it.
    """

    line: str = ""
    body: str = ""


@dataclass(frozen=True)
class Command(Act):
    """It runs a line of ``%chat``.

    Attributes:
        line: What follows ``%chat``.
    """

    line: str = ""


@dataclass(frozen=True)
class Setting(Act):
    """It sets something by ``%config ChatMagics``.

    Attributes:
        name: What it sets.
        value: To what; ``UNKNOWN`` where it is not written out.
    """

    name: str = ""
    value: Any = UNKNOWN


@dataclass(frozen=True)
class Failure(Act):
    """It cannot run.

    Attributes:
        why: Why not, in a sentence.
    """

    why: str = ""


def acts_of(source: str) -> list[Act]:
    """What a cell does about chats, in order.

    Args:
        source: What stands in the cell.
    """
    if "chat" not in source.lower():
        return []
    try:
        return list(_acts(_transformed(source), 0))
    except ChatError as error:  # what `verbatim` refuses
        return [Failure(why=str(error))]
    except (SyntaxError, RecursionError, ValueError, MemoryError):
        return []  # it is no code that could run, or none that anybody wrote


def _transformed(source: str) -> str:
    """A cell as the code that IPython makes of it."""
    from IPython.core.inputtransformer2 import TransformerManager

    manager: Any = TransformerManager()  # type: ignore[no-untyped-call]
    manager.cleanup_transforms.insert(0, verbatim)
    return str(manager.transform_cell(source))


def _acts(code: str, depth: int) -> Iterator[Act]:
    for call, certain in _calls(ast.parse(code), True):
        method, *texts = call
        match method, texts:
            case "run_cell_magic", ["chat", line, body]:
                yield Ask(certain, line, body)
            case "run_cell_magic", [name, line, body] if name in _AROUND and depth < _MOST_DEEP:
                once = certain and name in ("time", "capture")
                for act in _acts(_transformed(body), depth + 1):
                    yield act if once else type(act)(**{**vars(act), "certain": False})
            case "run_line_magic", ["chat", line]:
                yield Command(certain, line)
            case "run_line_magic", ["config", line]:
                yield from _settings(line, certain)


def _calls(node: ast.AST, certain: bool) -> Iterator[tuple[tuple[str, ...], bool]]:
    """The magics in code, in order, with their texts; and whether each is run once."""
    for child in ast.iter_child_nodes(node):
        if (found := _magic(child)) is not None:
            yield found, certain
        else:
            yield from _calls(child, certain and not isinstance(child, _NESTED))


def _magic(node: ast.AST) -> tuple[str, ...] | None:
    """A call of a magic, with its texts; ``None`` for anything else."""
    if not (isinstance(node, ast.Call) and isinstance(function := node.func, ast.Attribute)):
        return None
    shell = function.value
    if not (isinstance(shell, ast.Call) and getattr(shell.func, "id", "") == "get_ipython"):
        return None
    texts = [one.value if isinstance(one, ast.Constant) else None for one in node.args]
    plain = [text for text in texts if isinstance(text, str)]
    return (function.attr, *plain) if len(plain) == len(texts) else None


def _settings(line: str, certain: bool) -> Iterator[Act]:
    """What a line of ``%config`` sets of ours."""
    owner, dot, rest = line.strip().partition(".")
    name, equals, value = rest.partition("=")
    if owner.strip() != "ChatMagics" or not (dot and equals):
        return
    try:
        told = ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        told = UNKNOWN
    yield Setting(certain, name.strip(), told)
