"""A cell as text, within a bound."""

from __future__ import annotations

from collections.abc import Sequence

from ..cell_record import CellOutput, CellRecord
from ..mime_bundles import MOST_LEFT_OUT, joined_ends, omission
from ..text import printable, sendable

MARK = "\0"
"""What stands where the mark of a heading will be. No text of a cell can hold it."""

MARK_SIZE = 8
"""How many characters a mark has."""

_HEADINGS = {
    "stdout": "printed",
    "stderr": "printed as warnings and logs (stderr)",
    "display": "displayed",
    "result": "result",
    "error": "error",
}
_OMISSION = len(omission(MOST_LEFT_OUT).encode())
_FEWEST = 100  # bytes of a piece that is cut


class CellText:
    """A cell as a model is told of it: its source and its outputs under headings.

    Args:
        record: The cell.
        figures: How many of its figures go along beside the text.
    """

    def __init__(self, record: CellRecord, figures: int = 0) -> None:
        self.record = record
        self._figures = figures
        self._title = "text" if record.text else record.name
        pieces = [("", sendable(printable(record.source)))]
        pieces += [(_HEADINGS[one.kind], _written(one)) for one in record.outputs]
        self._pieces = [(heading, text) for heading, text in pieces if text.strip()]
        unseen = len(record.figures) - figures
        if unseen > 0:
            many = "a figure" if unseen == 1 else f"{unseen} figures"
            self._pieces.append(("displayed", f"({many} that cannot be seen here)"))

    @property
    def size(self) -> int:
        """How large it is as a whole, in bytes, its mark included."""
        return self._frame + sum(_size(heading, text) for heading, text in self._pieces)

    def within(self, most: int, first_figure: int = 1) -> tuple[str, bool]:
        """Its text, of at most so many bytes: long pieces are cut in their middle, and where there are too many, those
        in the middle are left out.

        Args:
            most: The bound.
            first_figure: The number of its first figure among all that go along.

        Returns:
            The text, and whether something of it is left out.
        """
        lines = [_heading(self._title)]
        pieces, room = self._pieces, most - self._frame
        cut = self.size > most
        if cut:
            pieces = _cut(pieces, room)
        for heading, text in pieces:
            lines += [_heading(heading), text] if heading else [text]
        for number in range(first_figure, first_figure + self._figures):
            lines.append(_heading(f"figure: image {number} below"))
        return "\n".join(lines), cut

    @property
    def _frame(self) -> int:
        """The bytes of what stands around the pieces."""
        return _size(self._title, "") + self._figures * _size("figure: image 1 below", "")


def _written(output: CellOutput) -> str:
    return sendable(printable(output.text)).strip("\n")


def _heading(words: str) -> str:
    return f"{MARK} {words}"


def _size(heading: str, text: str) -> int:
    """The bytes of a piece with its heading, its mark and the ends of its lines."""
    head = len(heading.encode()) + len("## ") + MARK_SIZE + 2 if heading else 0
    return head + len(text.encode()) + 1


def _cut(pieces: Sequence[tuple[str, str]], room: int) -> list[tuple[str, str]]:
    """Pieces that have room together. The source and the last one, which is what went wrong, stay longest."""
    there = list(pieces)
    left_out = 0
    note = 2 * _OMISSION
    while len(there) > 2 and (room - note) // len(there) < _FEWEST:
        del there[len(there) // 2]
        left_out += 1
    if left_out:
        room -= note
        outputs = "an output" if left_out == 1 else f"{left_out} outputs"
        there.insert(len(there) // 2 + len(there) % 2, ("", f"[… {outputs} left out …]"))
    overhead = [_size(heading, "") for heading, _ in there]
    texts = [len(text.encode()) for _, text in there]
    most = level(texts, room - sum(overhead))
    return [(heading, middle_cut_bytes(text, most)) for heading, text in there if most > 0]


def level(sizes: Sequence[int], room: int) -> int:
    """The most that each may take, so that all together take no more than there is room for.

    Args:
        sizes: What each would take.
        room: What there is for all.
    """
    left, rest = room, sorted(sizes)
    for place, size in enumerate(rest):
        share = left // (len(rest) - place)
        if size > share:
            return max(share, 0)
        left -= size
    return max(rest, default=0)


def middle_cut_bytes(text: str, most: int) -> str:
    """A text of at most so many bytes; where it has more, its middle is left out, and that is said.

    Args:
        text: The text.
        most: The bound.
    """
    encoded = text.encode()
    if len(encoded) <= most:
        return text
    keep = most - _OMISSION
    if keep < 2:
        return ""
    head = encoded[: keep - keep // 2].decode(errors="ignore")
    tail = encoded[len(encoded) - keep // 2 :].decode(errors="ignore")
    return joined_ends(text, head, tail)
