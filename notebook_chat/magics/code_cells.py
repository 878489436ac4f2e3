"""What becomes of an answer's code: a cell of the notebook, below the one that asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .inserted_cells import InsertedCells

if TYPE_CHECKING:
    from ..conversation import Turn
    from ..markup.answer_code import Code

_MAGICS = {
    "bash": ("bash", "sh"),
    "html": ("html",),
    "javascript": ("javascript", "js"),
    "sql": ("sql",),
    "mysql": ("sql",),
    "postgresql": ("sql",),
    "splus": ("R",),
    "perl": ("perl",),
    "ruby": ("ruby",),
    "tex": ("latex",),
    "cython": ("cython",),
    "julia": ("julia",),
}
"""The cell magics that run a language, by its common name."""

_NAMES = {"splus": "R", "mysql": "SQL", "postgresql": "SQL", "sql": "SQL", "html": "HTML"}


def insert_code(
    turn: Turn, inserted: InsertedCells, shell: Any, *, again: bool = False, whole: bool = True
) -> str:
    """Puts the code of a turn's answer into a new cell. It is not run.

    Args:
        turn: The turn.
        inserted: What puts it there.
        shell: IPython's shell, which knows what cell magics there are.
        again: Whether an earlier kernel may have done so for the same cell.
        whole: Whether code that breaks off is not to be put there.

    Returns:
        What became of it, in a line for the reader.
    """
    from ..answer_files import breaks_off, cautions
    from ..markup.answer_code import code_of, languages

    code = code_of(turn.answer) or _of_another_language(turn.answer, shell)
    if code is None:
        named = _named(languages(turn.answer))
        if not named:
            return "The answer has no code."
        return f"The answer's code is {named}, which has no cell here: %chat save FILE writes it down."
    if whole and breaks_off(turn, code):
        return "The answer breaks off within its code, which is not put into a cell: %chat code does so."
    told = [inserted.put(code.text, again=again), *cautions(turn, code)]
    if others := _named(code.left_out):
        told.append(f"Left out: {others}.")
    return " ".join(told)


def _of_another_language(answer: str, shell: Any) -> Code | None:
    """The code in the first language that a cell magic runs, with the magic."""
    from dataclasses import replace

    from ..markup.answer_code import code_of, languages

    known = shell.magics_manager.magics["cell"]
    for language in languages(answer):
        names = (language[2:],) if language.startswith("%%") else _MAGICS.get(language, ())
        magic = next((name for name in names if name in known), None)
        code = code_of(answer, language) if magic is not None else None
        if code is not None:
            return code if code.text.startswith("%%") else replace(code, text=f"%%{magic}\n{code.text}")
    return None


def _named(languages: Sequence[str]) -> str:
    """The languages among them that code is written in, in words."""
    from ..markup.code import canonical

    names = (_NAMES.get(one, one) for one in languages if one.startswith("%%") or canonical(one))
    return ", ".join(dict.fromkeys(names))
