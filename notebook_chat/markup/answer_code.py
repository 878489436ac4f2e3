"""The code of an answer, as a cell or a file takes it."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from dataclasses import dataclass, replace
from typing import Final

from ..text import replace_surrogates
from . import LONGEST
from .characters import revealed, unix_lines
from .code import canonical
from .code_blocks import CodeBlock, code_blocks

PYTHON: Final = "python"
SHELL: Final = "bash"

_PROMPTS: Final = {
    PYTHON: re.compile(r"(?:>>>|\.\.\.|In \[\d{1,6}\]:|[ ]{1,9}\.{3}:)(?: |$)"),
    SHELL: re.compile(r"\$ "),
}
_FIRST_PROMPTS: Final = {PYTHON: re.compile(r"(?:>>>|In \[\d{1,6}\]:) "), SHELL: _PROMPTS[SHELL]}
_MAGIC_LINE: Final = re.compile(
    r"^([ \t]*)(?:[!%?].*|[\w., \t]{1,200}=[ \t]*[!%].*|[\w.]{1,200}\?\??[ \t]*)$", re.MULTILINE
)
_MAGIC: Final = re.compile(r"^[ \t]*(?:!|%%?)[A-Za-z_]", re.MULTILINE)
_CELL_MAGIC: Final = re.compile(r"%%(\w{1,100})")
_MAGICS_OF_PYTHON: Final = frozenset({"time", "timeit", "capture", "prun"})

_DOES_SOMETHING: Final = (
    *(
        ast.Import,
        ast.ImportFrom,
        ast.Assign,
        ast.AugAssign,
        ast.FunctionDef,
        ast.AsyncFunctionDef,
        ast.ClassDef,
    ),
    *(ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match, ast.Raise),
    *(ast.Assert, ast.Call, ast.Subscript, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.Await),
)
"""What prose does not have that happens to be Python, as ``Yes`` and ``Note: well-known`` are."""


@dataclass(frozen=True, slots=True)
class Code:
    """The code of an answer.

    Attributes:
        text: The code. Nothing in it is invisible, and it has no blank lines around it.
        language: The common name of its language, as in ``CodeBlock``.
        is_open: Whether the end of its last block has not come, as in an answer that was cut off.
        revealed: How many invisible characters of it were made visible.
        left_out: The languages of the answer's other blocks, each once; ``""`` for one that names none.
    """

    text: str
    language: str
    is_open: bool = False
    revealed: int = 0
    left_out: tuple[str, ...] = ()


def code_of(answer: str, language: str = PYTHON) -> Code | None:
    """The code in one language: all blocks of it, in order.

    Where no block names the language, those count that name none: for Python the ones that are Python. An answer
    without blocks that is nothing but Python counts as a whole.

    Args:
        answer: An answer's Markdown. What is beyond what is rendered of one is not looked at.
        language: The language's common name.

    Returns:
        The code; ``None`` where there is none.
    """
    blocks = _blocks(answer)
    if language == PYTHON and not any(block.is_fenced for block in blocks) and is_python(answer, alone=True):
        blocks = [CodeBlock(replace_surrogates(answer), PYTHON)]  # what is indented in it is not all of it
    taken = [block for block in blocks if block.language == language] or _unnamed(blocks, language)
    if not taken:
        return None
    seen = [revealed(block.text.lstrip("\ufeff")) for block in taken]
    return Code(
        _joined([_plain(text, language) for text, _ in seen]),
        language,
        is_open=not taken[-1].is_closed,
        revealed=sum(count for _, count in seen),
        left_out=tuple(dict.fromkeys(block.language for block in blocks if block not in taken)),
    )


def languages(answer: str) -> tuple[str, ...]:
    """The languages that the blocks of an answer name, in order, each once."""
    return tuple(dict.fromkeys(block.language for block in _blocks(answer) if block.language))


def is_python(text: str, *, alone: bool = False) -> bool:
    """Whether a text is Python, with what IPython adds to it: magics, ``!`` and ``?``.

    Args:
        text: Any text, which may be hostile.
        alone: Whether it must also do something: many a word of prose is Python, too.
    """
    text = unix_lines(text)
    plain = _MAGIC_LINE.sub(r"\1pass", text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # of what the code does, which is nobody's business before it runs
            tree = ast.parse(plain) if len(plain) <= LONGEST else ast.Module([], [])
        if not tree.body:
            return False
        return (
            not alone
            or _MAGIC.search(text) is not None
            or any(isinstance(one, _DOES_SOMETHING) for one in ast.walk(tree))
        )
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _blocks(answer: str) -> list[CodeBlock]:
    return [_told(block) for block in code_blocks(answer) if block.text.strip()]


def _told(block: CodeBlock) -> CodeBlock:
    """A block with the language that its own beginning tells: a cell magic's, or a session's."""
    magic = _CELL_MAGIC.match(block.text.lstrip())
    if magic is not None and block.language in (PYTHON, "") and magic[1] not in _MAGICS_OF_PYTHON:
        return replace(block, language=canonical(magic[1]) or magic.group())
    if block.language == "pycon":
        return replace(block, language=PYTHON)
    if not block.language:
        session = (name for name, prompt in _FIRST_PROMPTS.items() if prompt.match(block.text.lstrip()))
        return replace(block, language=next(session, ""))
    return block


def _unnamed(blocks: list[CodeBlock], language: str) -> list[CodeBlock]:
    """The blocks that name no language and count as being in one that no block names."""
    named = any(block.language for block in blocks)
    unnamed = [block for block in blocks if not block.language]
    fenced = [] if named else [block for block in unnamed if block.is_fenced]
    if language != PYTHON:
        return fenced
    return [block for block in unnamed if is_python(block.text, alone=named or not block.is_fenced)] or fenced


def _plain(text: str, language: str) -> str:
    """A block's code without an indentation of the whole, and without a session's prompts and outputs."""
    code = textwrap.dedent(text.strip("\n"))
    first = _FIRST_PROMPTS.get(language)
    if first is None or first.match(code) is None:
        return code
    prompt = _PROMPTS[language]
    typed: list[str] = []
    goes_on = False
    for line in code.split("\n"):
        if (found := prompt.match(line)) is not None:
            line = line[found.end() :]
        elif not goes_on:
            continue  # an output
        typed.append(line)
        goes_on = language == SHELL and line.endswith("\\")
    return "\n".join(typed)


def _joined(codes: list[str]) -> str:
    """Several blocks as one, in which a cell magic stands at the beginning alone."""
    first, *others = codes
    rest = (code.partition("\n")[2].strip("\n") if _CELL_MAGIC.match(code) else code for code in others)
    return "\n\n".join(filter(None, (first, *rest))).strip("\n")
