"""Files as parts of a prompt."""

from __future__ import annotations

from dataclasses import dataclass

from ...conversation import BYTES_PER_TOKEN
from ...errors import InvalidMessagesError
from ...images import check_size, image_part
from ...parts import ImagePart, TextPart
from ...providers.file_types import PDF
from ...text import fenced
from ..extra import Extra
from . import data, kinds
from .content import Content
from .documents import Recipient, not_taken, pdf_as_text
from .excerpts import Excerpt, counted, excerpt, shortened, size_in_words
from .pages import page_text
from .tables import Table
from .texts import Text, text_of

_SHORT = 200  # characters of a summary that need not be cut


@dataclass(frozen=True, slots=True)
class Readable:
    """A file whose text can be sent, before it is known how much of it.

    Attributes:
        name: What the user calls it.
        text: Its text.
        language: What its fence is marked with.
        unit: What a line of it is called.
        summary: What is told of it beside its text.
        cut_summary: What is told where not all of its text is sent.
        kept: How many of its first lines are not counted.
        shape: How much it holds, where that is not told by lines.
        cut_shape: The same, where the lines are told as well.
        told: What the reader is told besides.
    """

    name: str
    text: Text
    language: str = ""
    unit: str = "line"
    summary: str = ""
    cut_summary: str = ""
    kept: int = 0
    shape: str = ""
    cut_shape: str = ""
    told: tuple[str, ...] = ()

    @property
    def tokens(self) -> int:
        """How many tokens all of it would be, about."""
        size = self.text.size if self.text.tail is not None else len(self.text.head.encode(errors="replace"))
        return int(size / BYTES_PER_TOKEN) + 1

    def extra(self, tokens: int) -> Extra:
        """It, as it goes along with a prompt.

        Args:
            tokens: How much of it may be sent.
        """
        shown = excerpt(self.text, tokens, self.unit, self.kept)
        how_much = self._how_much(shown)
        summary = " ".join(filter(None, (self.summary, self.cut_summary if shown.cut else "")))
        summary = shortened(summary, max(int(tokens * BYTES_PER_TOKEN / 4), _SHORT))
        # The summary is made of names that stand in the file: it is as strange as the rest of it.
        body = f"[{summary}]\n{shown.text}" if summary else shown.text
        body = fenced(body, self.language) if shown.text else "(It is empty.)"
        text = f"File {self.name} ({how_much}):\n{body}"
        return Extra(self.name, (TextPart(text),), ", ".join((*self.told, how_much)))

    def _how_much(self, shown: Excerpt) -> str:
        if not shown.text:
            return "empty"
        if self.shape:
            return f"{self.cut_shape or self.shape}, {shown.label}" if shown.cut else self.shape
        return shown.label


def image_extra(content: Content) -> Extra:
    """An image, as it goes along with a prompt.

    Raises:
        InvalidMessagesError: It is too large.
    """
    check_size(content.size, content.name)
    image = image_part(content.head)
    label = f"{image.media_type.removeprefix('image/').upper()} image"
    return Extra(content.name, named_image(content.name, image), ", ".join((*_told(content), label)))


def named_image(name: str, image: ImagePart) -> tuple[TextPart, ImagePart]:
    """The parts of an image, with what it is called before it."""
    return TextPart(f"Image {name}:\n\n"), image


def readable(content: Content, kind: str | None = None, to: Recipient | None = None) -> Readable:
    """A file whose text can be sent.

    Args:
        content: The file.
        kind: What it is where it is a document, a recording or a video.
        to: Who is asked, and does not take that as it is.

    Raises:
        InvalidMessagesError: It holds something else; the line says what, and what can be done.
    """
    if kind is not None:
        return _document(content, kind, to or Recipient())
    text = text_of(content)
    if (refused := kinds.refusal(content, binary=text is None)) is not None or text is None:
        refused = refused or kinds.refusal(content, binary=True)
        assert refused is not None
        raise InvalidMessagesError(f"{content.name} is {refused.kind}", hint=refused.hint)
    told = _told(content) + ((f"read as {text.encoding}",) if text.encoding else ())
    language = kinds.LANGUAGES.get(content.suffix, "")
    file = Readable(content.name, text, language, told=told)
    if "html" in content.media_type and text.tail is None:
        page = page_text(text.head)
        return Readable(content.name, Text(page, None, len(page)), "", told=(*told, "the page's text"))
    if content.suffix in kinds.TABLES or content.media_type in ("text/csv", "text/tab-separated-values"):
        return _table(file, content)
    if content.suffix == ".ipynb":
        return _notebook(file, content)
    if content.suffix in (".jsonl", ".ndjson"):
        return Readable(content.name, text, language, "record", told=told)
    if content.suffix in (".json", ".geojson") or content.media_type == "application/json":
        outline = data.outline(data.parsed(text.head)) if text.tail is None else ""
        summary = f"It holds {outline[0].lower()}{outline[1:]}." if outline else ""
        return Readable(content.name, text, "json", cut_summary=summary, told=told)
    return file


def _document(content: Content, kind: str, to: Recipient) -> Readable:
    text = pdf_as_text(content) if kind == PDF else None
    if text is None:
        raise not_taken(content, kind, to)
    return Readable(content.name, text, told=(*_told(content), "the PDF's text"))


def _told(content: Content) -> tuple[str, ...]:
    return (f"fetched, {content.size:,} bytes",) if content.fetched else ()


def _table(file: Readable, content: Content) -> Readable:
    suffix = ".tsv" if "tab" in content.media_type else content.suffix
    table = Table(file.text, suffix)
    if table.columns == 0:
        return file
    by_rows = table.rows is None or table.rows + table.named == file.text.head.rstrip("\n").count("\n") + 1
    return Readable(
        file.name,
        file.text,
        "tsv" if suffix in (".tsv", ".tab") else "csv",
        "row" if by_rows else "line",  # some rows have several, or there are empty ones
        table.summary,
        kept=int(table.named and by_rows),
        shape=table.shape,
        cut_shape=counted(table.columns, "column") if by_rows else table.shape,
        told=file.told,
    )


def _notebook(file: Readable, content: Content) -> Readable:
    if file.text.tail is not None:
        raise InvalidMessagesError(
            f"{content.name} is a notebook of {size_in_words(content.size)}, which is too large to be read",
            hint="Clear its outputs, or attach a copy without them.",
        )
    cells = data.cells_of(data.parsed(file.text.head))
    if cells is None:
        return file
    text, images = data.notebook_text(cells)
    left_out = f", {counted(images, 'image')} left out" if images else ""
    return Readable(
        file.name,
        Text(text, None, len(text)),
        shape=f"notebook, {counted(len(cells), 'cell')}{left_out}",
        told=file.told,
    )
