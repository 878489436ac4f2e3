"""Answers as files: their code, their text, or a notebook of both."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from . import export_files, exports, markup
from .conversation import Turn
from .errors import InvalidOptionError
from .markup.answer_code import PYTHON, Code, code_of, is_python, languages
from .markup.characters import unix_lines
from .markup.code import canonical
from .markup.code_blocks import code_blocks
from .markup.parser import split
from .parts import AudioPart, ImagePart, Part, TextPart, ToolResultPart
from .renderers.documents import answer_html, answer_markdown
from .renderers.footer import ending
from .renderers.media import ENDINGS, Medium, ending_of, may_end, medium
from .renderers.parts import asides
from .text import replace_surrogates

_FAR = re.compile(r"\S[ \t]{60,}\S")
"""Code that blanks have pushed out of sight."""


class Saved(NamedTuple):
    """What was written of an answer, and where.

    Attributes:
        written: Where it is.
        what: What it is, such as ``The code of the answer``.
        told: What else the reader should know of it; ``""`` for nothing.
    """

    written: export_files.Written
    what: str
    told: str = ""


def write(turn: Turn, path: Path, notebook: Path | None = None) -> Saved:
    """Writes a turn's answer into a file; into one beside it, where what is there was not written from here.

    Args:
        turn: The turn.
        path: The file. ``.md`` and ``.txt`` get the text as the model wrote it, ``.html`` the answer as it is shown,
            ``.ipynb`` a notebook, those of images and recordings what of these the model made; any other ending is that
            of a language, and gets the code in it.
        notebook: The notebook that this is done in, which is never written over.

    Raises:
        InvalidOptionError: The answer has no code in the language of that ending, no image or recording of that kind.
        HistoryError: It cannot be written.
    """
    if path.suffix.lower()[1:] in ENDINGS:
        return _write_media(turn, path, notebook)
    form = _FORMS.get(path.suffix.lower())
    what, told = "The answer", ""
    if form is not None:
        text = form(turn)
        if path.suffix.lower() == ".html" and "html" in languages(turn.answer):
            told = "It is what is shown of the answer; its HTML code goes into a file that ends in .htm."
    else:
        code = _code(turn, path)
        text, what = code.text + "\n", "The code of the answer"
        told = " ".join(cautions(turn, code))
    return Saved(export_files.write(path, text.encode("utf-8", "replace"), notebook), what, told)


def is_meant_by(path: Path) -> Callable[[Turn], bool]:
    """Whether an answer has what a file of that name gets.

    Args:
        path: The file.
    """
    ending = path.suffix.lower()
    if ending[1:] in ENDINGS:
        return _has_media
    return lambda turn: bool(turn.answer.strip()) or (ending in _FORMS and _has_media(turn))


def _has_media(turn: Turn) -> bool:
    return any(isinstance(part, ImagePart | AudioPart) for part in _all_parts(turn))


def _all_parts(turn: Turn) -> Iterator[Part]:
    """The parts of an answer, with those that its tools gave."""
    for part in turn.parts:
        yield from part.parts if isinstance(part, ToolResultPart) else (part,)


def _write_media(turn: Turn, path: Path, notebook: Path | None) -> Saved:
    """Writes the images or recordings of an answer that a file of that ending may hold: the first into the file,
    further ones into files beside it."""
    ending = path.suffix.lower()[1:]
    found = [one for part in _all_parts(turn) if isinstance(one := _medium(part), Medium)]
    own = [one for one in found if may_end(one, ending)]
    if not own:
        there = ", ".join(dict.fromkeys(f".{ending_of(one)}" for one in found))
        raise InvalidOptionError(
            f"the answer has nothing for {path.name!r}"
            + (f": what it has goes into {there}" if there else ""),
            hint="" if there else "It has no image and no recording that can be shown.",
        )
    names = [
        path,
        *(path.with_name(f"{path.stem}-{number}{path.suffix}") for number in range(2, len(own) + 1)),
    ]
    written = [export_files.write(name, one.data, notebook) for name, one in zip(names, own, strict=True)]
    what = "The image" if own[0].is_image else "The recording"
    if len(own) == 1:
        return Saved(written[0], f"{what} of the answer")
    more = ", ".join(one.path.name for one in written[1:])
    return Saved(written[0], f"{what} that came first", f"Further ones: {more}.")


def _medium(part: Part) -> Medium | str:
    return medium(part) if isinstance(part, ImagePart | AudioPart) else ""


def cautions(turn: Turn, code: Code) -> list[str]:
    """What a reader should know of an answer's code, in sentences; empty where there is nothing unusual."""
    told = ["It breaks off."] if breaks_off(turn, code) else []
    if code.revealed:
        count = "1 character" if code.revealed == 1 else f"{code.revealed:,} characters"
        told.append(f"{count} of it would not be seen, and became visible, as ‹U+202E›: read it with care.")
    if (far := _FAR.search(code.text)) is not None:
        line = code.text.count("\n", 0, far.start()) + 1
        told.append(f"Line {line} of it goes on far to the right.")
    return told


def breaks_off(turn: Turn, code: Code) -> bool:
    """Whether the code of an answer was cut off, and the model has not just forgotten to end its block."""
    cut = turn.status != "complete" or ending(turn.finish_reason) or len(turn.answer) > markup.LONGEST
    return code.is_open and bool(cut)


def _code(turn: Turn, path: Path) -> Code:
    ending = (path.suffix[1:] or path.name).lower()
    language = canonical(ending) or ending
    code = code_of(turn.answer, language) or (_all_json(turn.answer) if language == "json" else None)
    if code is not None:
        return code
    there = ", ".join(languages(turn.answer))
    raise InvalidOptionError(
        f"the answer has no code for {path.name!r}" + (f", but {there}" if there else ""),
        hint="A file that ends in .md or .txt gets the whole text.",
    )


def _all_json(answer: str) -> Code | None:
    try:
        json.loads(answer)
    except (ValueError, RecursionError):
        return None
    return Code(replace_surrogates(answer.strip()), "json")


def _text(turn: Turn) -> str:
    return "\n".join([replace_surrogates(turn.answer).rstrip("\n"), *asides(turn.parts)]) + "\n"


def _markdown(turn: Turn) -> str:
    return replace_surrogates(answer_markdown(turn.parts)).rstrip("\n") + "\n"


def _html(turn: Turn) -> str:
    return exports.page("Answer", markup.container(answer_html(turn.parts), style=True))


def _notebook(turn: Turn) -> str:
    """A notebook that has the text and the Python code of an answer in cells of their own, and behind them what else
    came with it. Nothing of it has run."""
    cells = [_cell(number, *one) for number, one in enumerate(_pieces(turn.answer), start=1)]
    if beside := answer_markdown([part for part in turn.parts if not isinstance(part, TextPart)]):
        cells.append(_markdown_cell("notebook-chat-beside", beside))
    return exports.notebook(cells)


def _cell(number: int, kind: str, source: str) -> dict[str, Any]:
    id = f"notebook-chat-{number}"
    if kind == "code":
        return exports.code_cell(id, source, [])
    return _markdown_cell(id, markup.safe_markdown(source).rstrip("\n"))


def _markdown_cell(id: str, source: str) -> dict[str, Any]:
    return {
        "cell_type": "markdown",
        "id": id,
        "metadata": {},
        "source": source,
    }


def _pieces(answer: str) -> Iterator[tuple[str, str]]:
    """The answer as text and code, in turn."""
    if not any(block.is_fenced for block in code_blocks(answer)) and (whole := code_of(answer)) is not None:
        yield "code", whole.text
        return
    text = unix_lines(replace_surrogates(answer))
    named = PYTHON in languages(answer)
    prose = ""
    for block in split(text[: markup.LONGEST]):
        source = text[block.start : block.end]
        code = code_of(source) if block.tokens[0].type == "fence" else None
        if code is None or not (PYTHON in languages(source) if named else is_python(code.text, alone=True)):
            prose += source.rstrip("\n") + "\n\n"
            continue
        if prose:
            yield "markdown", prose
        prose = ""
        yield "code", code.text
    if prose := prose + text[markup.LONGEST :]:
        yield "markdown", prose


_FORMS: dict[str, Callable[[Turn], str]] = {
    **dict.fromkeys((".md", ".markdown"), _markdown),
    ".txt": _text,
    ".html": _html,
    ".ipynb": _notebook,
}
