"""Code that becomes a cell of the notebook, below the one that runs. It is never run from here."""

from __future__ import annotations

import re
from contextlib import closing, suppress
from typing import Any, NamedTuple

from .. import files
from ..session import NotebookSession

MOST = 100_000
"""Characters of code that a cell is given: what is longer belongs into a file."""

_COMMENTS = {
    **dict.fromkeys(("html", "HTML", "svg", "SVG", "markdown"), ("<!-- ", " -->")),
    **dict.fromkeys(("javascript", "js"), ("// ", "")),
    **dict.fromkeys(("bash", "sh", "perl", "ruby", "R"), ("# ", "")),
    **dict.fromkeys(("time", "timeit", "capture", "prun", "python", "python3", "cython"), ("# ", "")),
    "latex": ("% ", ""),
    "sql": ("-- ", ""),
}
"""How a comment is written beneath a cell magic. Beneath another, such as ``%%writefile``, one would be text."""

_CELL_MAGIC = re.compile(r"%%(\w{1,100})")
_MARK = re.compile(r"From the answer above \(([0-9a-f]{8})-([0-9a-f]{6})\)")

_PATIENCE = 2.0
"""How long a front end is waited for, in seconds. It answers in a fraction of that, or has nothing that would."""

_MOST_SILENCES = 2
"""After how many times a front end that says nothing is asked no more."""

_LARGEST_NOTEBOOK = 50_000_000  # bytes that are looked through

_NEW = "The code is in the new cell below."
_OLD = "The code is in the cell that was inserted before."
_EDITED = "The one that was inserted before has been edited, and stays as it is."
_NOT_FOUND = "If there is one from before, delete it: it could not be looked for here."
_WAITED = "It was about to run its earlier code: run it again."
_HANDED_ON = (
    "The code was handed on as the next cell. Where none is made of it, as by papermill, the answer has it."
)
_TYPED = "The code is in the next prompt."
_TOO_LONG = (
    f"The code has more than {MOST:,} characters and is not put into a cell: %chat save FILE writes it down."
)


class _Outcome(NamedTuple):
    placed: bool
    told: str = ""


class InsertedCells:
    """Puts code into cells, and finds them again when it has other code for them.

    A cell that was inserted begins with a mark, a comment that survives saving: it names for what it was inserted, and
    has a digest of the code beneath it, so that it shows by itself whether somebody has edited it.

    Args:
        session: Knows which cell runs.
        shell: IPython's shell.
    """

    def __init__(self, session: NotebookSession, shell: Any) -> None:
        self._session = session
        self._shell = shell
        self._owners: set[str] = set()
        self._silences = 0
        self._last: tuple[object, str, str] = (None, "", "")  # by which run, for whom, and what

    def put(self, code: str, *, owner: str = "", again: bool = False) -> str:
        """Puts code into a new cell below the one that runs; into the one that was inserted for the same owner before,
        where nobody has edited that. In a terminal it is in the next prompt.

        Args:
            code: The code, with its cell magic where it takes one. Nothing in it stays invisible.
            owner: For what it is inserted; for the cell that runs unless given.
            again: Whether an earlier kernel may have inserted something for it.

        Returns:
            What became of it, in a line for the reader.
        """
        from ..markup.characters import revealed

        code = revealed(code)[0].strip("\n")
        if len(code) > MOST:
            return _TOO_LONG
        cell = self._session.cells.current
        if cell is None:
            self._shell.set_next_input(self._with_earlier(code, owner))
            return _HANDED_ON if hasattr(self._shell, "kernel") else _TYPED
        owner = owner or cell
        code = self._with_earlier(code, owner)
        source = marked(code, owner)
        known = again or owner in self._owners or self._is_saved(owner)
        outcome = self._replaced(source, owner, cell) if known else _Outcome(False)
        self._owners.add(owner)
        if outcome.placed:
            return outcome.told
        self._shell.set_next_input(source)
        return f"{_NEW} {outcome.told}".strip()

    def _with_earlier(self, code: str, owner: str) -> str:
        """The code after what the same run of the cell has put before, since a front end makes one cell of a run."""
        execution = self._session.cells.execution
        if execution is not None and self._last[:2] == (execution, owner):
            code = f"{self._last[2]}\n\n{code}"
        self._last = (execution, owner, code)
        return code

    def _is_saved(self, owner: str) -> bool:
        """Whether the notebook, as it was last saved, has a cell that was inserted for an owner."""
        notebook = self._session.notebook
        if notebook is None:
            return False
        try:
            return f"({_key(owner)}-".encode() in files.read(notebook, _LARGEST_NOTEBOOK)
        except OSError:
            return False

    def _replaced(self, source: str, owner: str, cell: str) -> _Outcome:
        """Puts the source into the cell that was inserted before, if there is one that nobody has edited."""
        if (
            ":" in cell or self._silences >= _MOST_SILENCES
        ):  # VS Code's cells, which none but itself can change
            return _Outcome(False, _NOT_FOUND)
        with suppress(ImportError):
            from ..panel.cell_editor import CellEditor

            with closing(CellEditor(f"({_key(owner)}-", cell)) as editor:
                found = editor.found(_PATIENCE)
                if found is None:
                    self._silences += 1
                    return _Outcome(False, _NOT_FOUND)
                own = [one for one in found if _key_and_digest(one.source)[0] == _key(owner)]
                clean = next((one for one in own if not is_edited(one.source)), None)
                if clean is None:
                    return _Outcome(False, _EDITED if own else "")
                if clean.source == source:
                    return _Outcome(True, _OLD)
                if not editor.replace(clean, source, _PATIENCE):
                    return _Outcome(False, _EDITED)
                return _Outcome(True, f"{_OLD} {_WAITED}" if clean.waits else _OLD)
        return _Outcome(False, _NOT_FOUND)


def marked(code: str, owner: str) -> str:
    """Code with the mark in its first line, in the second beneath a cell magic; without one where the magic would
    take it for something else than a comment.

    Args:
        code: The code.
        owner: For what it is inserted.
    """
    mark = f"From the answer above ({_key(owner)}-{_digest(code)})"
    magic = _CELL_MAGIC.match(code)
    if magic is None:
        return f"# {mark}\n{code}"
    comment = _COMMENTS.get(magic[1])
    first, _, rest = code.partition("\n")
    return code if comment is None else f"{first}\n{comment[0]}{mark}{comment[1]}\n{rest}"


def unmarked(source: str) -> str:
    """A cell without the mark that it may have: what it says, to be put elsewhere."""
    lines = source.split("\n")
    marked_line = next((place for place, line in enumerate(lines[:2]) if _MARK.search(line[:200])), None)
    return source if marked_line is None else "\n".join(lines[:marked_line] + lines[marked_line + 1 :])


def is_edited(source: str) -> bool:
    """Whether a marked cell says something else than what was put into it."""
    lines = source.split("\n")
    place = next(place for place, line in enumerate(lines[:2]) if _MARK.search(line))
    return _digest("\n".join(lines[:place] + lines[place + 1 :])) != _key_and_digest(source)[1]


def _key_and_digest(source: str) -> tuple[str, str]:
    """What the mark of a cell says; empty where it has none."""
    lines = source.split("\n", 2)
    marks = (_MARK.search(line) for line in lines[: 2 if _CELL_MAGIC.match(source) else 1])
    found = next(filter(None, marks), None)
    return (found[1], found[2]) if found is not None else ("", "")


def _key(owner: str) -> str:
    return _hex(owner, 8)


def _digest(code: str) -> str:
    return _hex(code.strip(), 6)


def _hex(text: str, length: int) -> str:
    import hashlib  # here, since loading the extension is to cost little

    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:length]
