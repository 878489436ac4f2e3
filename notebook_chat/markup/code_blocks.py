"""The blocks of code in a model's Markdown, as they are shown: a parser finds them, and nothing guesses at fences."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from markdown_it.token import Token

from ..text import replace_surrogates
from . import LONGEST
from .characters import unix_lines
from .code import canonical
from .parser import split

_QUOTED: Final = re.compile(r"(?:[ \t]*>)*[ \t]*")
_WORD: Final = re.compile(r"[^\s{},:;()]+")
_MARKDOWN: Final = frozenset({"markdown", "md"})
_PYTHONS: Final = ("python", "ipython", "jupyter", "tool_code")
"""How names begin that models have for Python and no lexer knows, such as ``python3.11``."""


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """One block of code.

    Attributes:
        text: The code, as the model wrote it.
        language: The common name of its language; what the model calls it where that is none we know; ``""`` where it
            says nothing.
        is_closed: Whether its end has come. One that is open at the end of an answer may have been cut off.
        is_fenced: Whether it stands in a fence, and is not merely indented.
    """

    text: str
    language: str = ""
    is_closed: bool = True
    is_fenced: bool = True


def code_blocks(text: str) -> tuple[CodeBlock, ...]:
    """The blocks of code in an answer, in order, also those in lists and quotations. Where all fences are Markdown
    within Markdown, or one holds nothing but a fence, the blocks are those in there.

    Args:
        text: Markdown as the model wrote it. What is beyond what is rendered of an answer is not looked at.
    """
    found = tuple(_blocks(unix_lines(replace_surrogates(text[:LONGEST]))))
    wrapped = bool(found) and all(block.language in _MARKDOWN for block in found)
    return tuple(inner for block in found for inner in _inside(block, wrapped))


def _inside(block: CodeBlock, wrapped: bool) -> tuple[CodeBlock, ...]:
    """The blocks in a block that is a piece of Markdown itself; else the block."""
    if wrapped or (not block.language and block.text.lstrip().startswith(("```", "~~~"))):
        return tuple(_blocks(textwrap.dedent(block.text))) or (block,)
    return (block,)


def _blocks(text: str) -> Iterator[CodeBlock]:
    lines = text.split("\n")
    for block in split(text):
        for token in block.tokens:
            if token.type == "fence":
                yield CodeBlock(token.content, language_of(token.info), _is_closed(token, lines))
            elif token.type == "code_block":
                yield CodeBlock(token.content, is_fenced=False)


def language_of(info: str) -> str:
    """The language that a fence's info string names, as in ``CodeBlock``."""
    word = _WORD.search(info)
    name = word.group().lstrip(".=").lower() if word is not None else ""
    return canonical(info.strip()) or ("python" if name.startswith(_PYTHONS) else name)


def _is_closed(token: Token, lines: list[str]) -> bool:
    first, after = token.map or (0, 0)
    if after - first < 2:
        return False
    last = lines[min(after, len(lines)) - 1]
    mark = last[_QUOTED.match(last).end() :].rstrip(" \t")  # type: ignore[union-attr]
    return (
        len(mark) >= len(token.markup) and not mark.strip(token.markup[0]) and _ends_in(token, after - first)
    )


def _ends_in(token: Token, lines: int) -> bool:
    """Whether the last of a fence's lines is its end and not code that looks like one."""
    return token.content.count("\n") == lines - 2
