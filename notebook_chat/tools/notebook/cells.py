"""Tools that read the notebook's cells, what they gave, and the last error."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from ...cell_record import CellRecord
from ...cell_selection import CellSelection
from ...errors import ChatError, InvalidOptionError
from ...parts import ImagePart, TextPart
from ...prompt.cell_text import level
from ...prompt.values.bounds import cut_middle, lines_within, tokens_of
from ...text import fenced
from ..tool import ArgumentsError
from .reading import TOKENS, ReadingTool, Told
from .view import in_words

_LAST = 3
_MOST_CELLS = 20
_MOST_FIGURES = 4
_LEAST_TOKENS = 40
_MOST_HITS = 30
_LONGEST_LINE = 200
_NAME = re.compile(r"[^\W\d]\w{0,200}+")
_HEADINGS = {
    "stdout": "printed",
    "stderr": "printed as warnings and logs",
    "display": "displayed",
    "result": "result",
    "error": "error",
}


class _OfCells(ReadingTool):
    """The base of the tools that read cells."""

    def cells(self, arguments: Mapping[str, Any]) -> Sequence[CellRecord]:
        """The cells that a call reads, in the order of the notebook."""
        return self._chosen(CellSelection())

    def _chosen(self, selection: CellSelection | None) -> Sequence[CellRecord]:
        try:
            return self.view.session.context(selection, of_cell=False) if selection is not None else ()
        except InvalidOptionError as error:
            raise in_words(error) from None

    def variables(self, arguments: Mapping[str, Any]) -> tuple[str, ...]:
        """The variables that the cells name: what these hold may stand in their outputs."""
        return self._named(record.source for record in self.cells(arguments))

    def _named(self, sources: Iterator[str] | Sequence[str]) -> tuple[str, ...]:
        names = {name for source in sources for name in _NAME.findall(unicodedata.normalize("NFKC", source))}
        here = [name for name in self.view.variables if name in names]
        gone = (name for name in sorted(names) if self.view.is_private(name))  # or one of IPython's own
        return tuple(dict.fromkeys((*here, *gone)))


class ReadCells(_OfCells):
    """Reads cells with their outputs."""

    called = "read_cells"
    description = (
        "Reads cells that have run: their code, outputs and errors; the last 3 unless told otherwise."
    )
    properties: ClassVar[Mapping[str, Any]] = {
        "last": {
            "type": "integer",
            "minimum": 1,
            "maximum": _MOST_CELLS,
            "description": "How many of the last cells",
        },
        "numbers": {
            "type": "array",
            "items": {"type": "integer"},
            "description": "The cells of these numbers instead: 3 is In[3]",
        },
    }

    def cells(self, arguments: Mapping[str, Any]) -> Sequence[CellRecord]:
        """Those of the numbers, or the last ones."""
        if numbers := arguments.get("numbers"):
            return self._chosen(CellSelection.of(sorted(numbers)[:_MOST_CELLS]))
        return self._chosen(CellSelection.of(min(arguments.get("last") or _LAST, _MOST_CELLS)))

    def read(self, arguments: Mapping[str, Any]) -> Told:
        """The cells, within the bound together."""
        records = self.cells(arguments)
        if not records:
            return Told("No cell has run yet.")
        pieces = [list(self._pieces(record)) for record in records]
        sizes = [tokens_of(text) for each in pieces for _, text in each]
        most = max(level(sizes, TOKENS - 12 * len(sizes)), _LEAST_TOKENS)
        told = "\n\n".join(
            "\n".join(f"{head}\n{fenced(cut_middle(text, most))}" for head, text in each) for each in pieces
        )
        figures: tuple[ImagePart, ...] = ()
        if self.view.session.cells_figures:
            figures = tuple(figure for record in records for figure in record.figures)[-_MOST_FIGURES:]
        return Told(told, figures)

    def _pieces(self, record: CellRecord) -> Iterator[tuple[str, str]]:
        """The source and the outputs of a cell, each with what stands above it."""
        yield f"{record.name}:", self.view.cleaned(record.source)
        for output in record.outputs:
            if output.text.strip():
                yield f"{record.name} {_HEADINGS[output.kind]}:", self.view.cleaned(output.text)
        if record.figures:
            count = len(record.figures)
            yield f"{record.name} displayed:", f"({count} {'figure' if count == 1 else 'figures'})"


class ReadLastError(_OfCells):
    """Reads the last error, as ``%chat fix`` sees it."""

    called = "read_last_error"
    description = "Reads the last error: the cell that failed, the traceback, and what its variables held."

    def variables(self, arguments: Mapping[str, Any]) -> tuple[str, ...]:
        """The variables that are told with the error."""
        request = self._request()
        if request is None:
            return ()
        texts = [part.text for extra in request.extras for part in extra.parts if isinstance(part, TextPart)]
        return self._named([*texts, *(extra.name for extra in request.extras)])

    def read(self, arguments: Mapping[str, Any]) -> Told:
        """The error, with the cells that it came through."""
        try:
            request = self._request()
        except ChatError as error:  # what came last is no error of code
            return Told(f"{error.message}. {error.hint or ''}".strip())
        if request is None:
            return Told("No cell has failed.")
        texts = [part.text for extra in request.extras for part in extra.parts if isinstance(part, TextPart)]
        return Told(cut_middle(self.view.cleaned("\n\n".join(texts)), TOKENS))

    def _request(self) -> Any:
        fix = self.view.session.fix
        found = fix() if fix is not None else None
        return found.request if found is not None else None


class SearchNotebook(_OfCells):
    """Finds a text in the cells and their outputs."""

    called = "search_notebook"
    description = (
        "Finds a text in the code and the outputs of the notebook's cells, and gives the lines that have it."
    )
    properties: ClassVar[Mapping[str, Any]] = {
        "text": {"type": "string", "minLength": 1, "description": "The text; case does not matter"}
    }
    needed = ("text",)

    def cells(self, arguments: Mapping[str, Any]) -> Sequence[CellRecord]:
        """Those that have the text."""
        text = arguments["text"].strip().lower()
        return [record for record in super().cells(arguments) if any(self._hits(record, text))]

    def read(self, arguments: Mapping[str, Any]) -> Told:
        """The lines that have it, each with where it stands."""
        text = arguments["text"].strip().lower()
        if not text:
            raise ArgumentsError("there is nothing to look for")
        hits = [hit for record in super().cells(arguments) for hit in self._hits(record, text)]
        if not hits:
            return Told("Nothing in the cells that have run has that text.")
        found = "1 line has it" if len(hits) == 1 else f"{len(hits)} lines have it"
        shown = lines_within(hits[:_MOST_HITS], TOKENS)
        return Told(f"{found}{', the first ones are' if len(hits) > _MOST_HITS else ''}:\n{shown}")

    def _hits(self, record: CellRecord, text: str) -> Iterator[str]:
        """The lines of a cell that have a text. Secrets are taken out before it is looked for: else what is found
        would tell them letter by letter."""
        places = [(record.name, record.source)]
        places += [(f"{record.name} {_HEADINGS[one.kind]}", one.text) for one in record.outputs]
        for place, whole in places:
            for number, line in enumerate(self.view.cleaned(whole).splitlines(), start=1):
                if (at := line.lower().find(text)) >= 0:
                    start = max(0, at - _LONGEST_LINE // 2)
                    yield f"{place}, line {number}: {line[start : start + _LONGEST_LINE]}"
