"""The corrected cell in an answer."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...markup.characters import revealed
from ...markup.code_blocks import CodeBlock, code_blocks

_TOKEN = re.compile(r"\w+|[^\w\s]")
_MOST_TOKENS = 3000  # of a cell that is compared
_MOST_BLOCKS = 30
_ALIKE = 0.4  # from where a block of an unnamed language is taken for a cell
_AS_ALIKE = 0.05  # what makes no difference between two blocks, of which the later one is meant


@dataclass(frozen=True, slots=True)
class Correction:
    """A cell as an answer would have it.

    Attributes:
        code: What should stand in the cell. Nothing in it is invisible.
        of: Which of the cells it corrects, by its place among them.
    """

    code: str
    of: int


def correction_in(answer: str, cells: Sequence[str]) -> Correction | None:
    """The corrected cell in an answer: its block of code, or of several the one that is most like a cell. A block that
    was not closed, as that of an answer that was stopped, is none.

    Args:
        answer: The answer, as the model wrote it.
        cells: The cells that it may correct, the likeliest first.

    Returns:
        The correction; ``None`` where there is none, or nothing in it is different.
    """
    found = [
        block for block in code_blocks(answer) if block.is_fenced and block.is_closed and block.text.strip()
    ]
    best: tuple[float, Correction] | None = None
    changed = [block for block in found if block.text.strip() not in {cell.strip() for cell in cells}]
    for block in _of_python(changed, cells)[-_MOST_BLOCKS:]:
        code = revealed(block.text.strip("\n").rstrip())[0]
        alike, of = max(
            ((likeness(code, cell), -place) for place, cell in enumerate(cells)), default=(0.0, 0)
        )
        if not block.language and alike < _ALIKE:
            continue
        if best is None or alike >= best[0] - _AS_ALIKE:
            best = alike, Correction(code, -of)
    return best[1] if best is not None else None


def likeness(one: str, other: str) -> float:
    """How much two pieces of code have in common, from 0 to 1."""
    left, right = (_TOKEN.findall(text)[:_MOST_TOKENS] for text in (one, other))
    return difflib.SequenceMatcher(None, left, right).ratio()


def _of_python(blocks: Sequence[CodeBlock], cells: Sequence[str]) -> list[CodeBlock]:
    """The blocks that can be a cell: those in Python, else those whose language is not named; those of any language
    where a cell is one of another language by its magic."""
    magic = any(cell.lstrip().startswith("%%") for cell in cells)
    python = [block for block in blocks if block.language == "python"]
    if magic:
        return list(blocks)
    return python or [block for block in blocks if not block.language]
