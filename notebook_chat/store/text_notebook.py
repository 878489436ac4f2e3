"""Notebooks that are texts, as jupytext writes them: ``note.py`` in the light or percent format, ``note.md``."""

from __future__ import annotations

import re

_CHAT = re.compile(r"(?P<comment>#[ \t]*)?%%chat(?![\w?])")
_LINE = re.compile(r"(?:#[ \t]*)?(?P<line>%(?:chat[ \t]|config[ \t]+ChatMagics\.).*)")
_FENCE = re.compile(r"`{3,}|~{3,}|:{3,}")
_NEW_CELL = re.compile(r"# ?(%%(?!chat)|[+-]\s*$|\+ .*[=\]}])")  # of jupytext's percent and light formats


def text_sources(content: bytes, *, lines: bool = False) -> list[str]:
    """The sources of the ``%%chat`` cells in a text notebook, in order. Of all others nothing is told: where
    one begins and ends depends on the format.

    Args:
        content: The file's bytes.
        lines: Whether the lines of other cells are told, too, that decide what is asked: those of ``%chat`` and of
            ``%config ChatMagics``, each as a cell of its own.
    """
    sources: list[list[str]] = []
    inside = commented = False
    fence: str | None = None
    for line in content.decode("utf-8", "replace").splitlines():
        begins = _CHAT.match(line)
        if inside and _ends(line, commented, fence):
            inside = False
        if begins:
            inside, commented = True, begins["comment"] is not None
            sources.append([])
        elif lines and not inside and (told := _LINE.match(line)) is not None:
            sources.append([told["line"]])
        if inside:
            sources[-1].append(re.sub(r"^# ?", "", line) if commented else line)
        elif (opening := _FENCE.match(line)) is not None:
            fence = None if fence is not None and line.strip() == fence else opening[0]
    return ["\n".join(lines).strip() for lines in sources]


def _ends(line: str, commented: bool, fence: str | None) -> bool:
    """Whether a line is the first one behind a chat cell: no comment, where the cell is one; its fence's end;
    the mark of the next cell."""
    if commented and not line.startswith("#"):
        return True
    return line.strip() == fence if fence is not None else _NEW_CELL.match(line) is not None
