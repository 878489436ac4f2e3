"""Answers in documents that stand alone: as HTML, as Markdown, as the outputs of a notebook's cell."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from .. import markup
from ..parts import (
    AudioPart,
    CodePart,
    CodeResultPart,
    ImagePart,
    Part,
    ReasoningPart,
    TextPart,
)
from ..text import fenced, replace_surrogates
from .body import Body
from .calls import Called, called_markdown, media_of_result, paired
from .excerpt import LONGEST_REASONING
from .media import Medium, medium
from .parts import asides, asides_html
from .sources import citations_of, sources_markdown
from .steps import step_line, thought_html


def answer_html(parts: Sequence[Part], *, embed: bool = True) -> str:
    """An answer as safe HTML without its container: its reasoning, its text and what the service did between, its
    sources. Of a huge text what is beyond ``markup.LONGEST`` is plain.

    Args:
        parts: All parts of the answer.
        embed: Whether images and recordings stand in it.
    """
    return _html(Body(embed=embed), parts)


def _html(body: Body, parts: Sequence[Part]) -> str:
    whole = body.finish(parts)
    beyond = _text(parts)[markup.LONGEST :]
    plain = markup.render_plain(replace_surrogates(beyond)) if beyond else ""
    return thought_html(body.thought, growing=False) + whole + plain + asides_html(parts)


def answer_outputs(parts: Sequence[Part], metadata: dict[str, Any]) -> list[dict[str, Any]]:
    """An answer as the outputs of a cell in a notebook's file: its text, and behind it its images and its sound.

    Args:
        parts: All parts of the answer.
        metadata: What is stored with it.
    """
    body = Body()
    bundle = {
        "text/plain": "\n".join(filter(None, (_text(parts), *asides(parts)))),
        "text/html": markup.container(_html(body, parts), style=True),
    }
    outputs = [(bundle, metadata), *((one.bundle, {}) for one in body.media)]
    return [{"output_type": "display_data", "data": data, "metadata": about} for data, about in outputs]


def answer_markdown(parts: Sequence[Part], *, embed: bool = True) -> str:
    """An answer as Markdown: its text as the model wrote it, with the raised numbers of its sources; between its blocks
    what the service did, and behind it the list of sources.

    Args:
        parts: All parts of the answer.
        embed: Whether images stand behind it, as ``data:`` addresses that are referred to where they came.
    """
    inserts: list[tuple[int, str]] = []
    defined: dict[str, str] = {}
    place = 0
    for part in paired(parts):
        if isinstance(part, TextPart):
            place += len(part.text)
        elif isinstance(part, Called):
            inserts.append((place, _call(part, defined if embed else None)))
        elif written := _step(part, defined if embed else None):
            inserts.append((place, written))
    text = markup.spliced(_text(parts), citations_of(parts), inserts)
    images = "\n".join(f"[{label}]: {url}" for label, url in defined.items())
    return "\n\n".join(filter(None, (text, sources_markdown(parts), images)))


def _text(parts: Sequence[Part]) -> str:
    return "".join(part.text for part in parts if isinstance(part, TextPart))


def _line(line: str) -> str:
    return f"*{markup.safe_markdown(replace_surrogates(line)).strip()}*"


def _call(called: Called, defined: dict[str, str] | None) -> str:
    """A call of a tool, folded, and the images among what it gave."""
    shown = [
        _step(one, defined)
        for one in media_of_result(called.result)
        if isinstance(one, (ImagePart, AudioPart))
    ]
    return "\n\n".join([called_markdown(called), *filter(None, shown)])


def _step(part: Part, defined: dict[str, str] | None) -> str:
    """What stands between the blocks of the text for a part; ``""`` for nothing.

    Args:
        part: The part.
        defined: The addresses of images by their labels, to which one may be added; ``None`` where none is to be.
    """
    match part:
        case ReasoningPart() if part.text.strip():
            huge = len(part.text) > LONGEST_REASONING
            inner = (
                _fenced(part.text)
                if huge
                else markup.safe_markdown(replace_surrogates(part.text)).strip("\n")
            )
            return f"<details><summary>Reasoning</summary>\n\n{inner}\n\n</details>"
        case CodePart():
            return f"{_line(step_line(part))}\n\n{_fenced(part.code, part.language)}"
        case CodeResultPart():
            return f"*{'It failed' if part.is_error else 'It gave'}:*\n\n{_fenced(part.text.strip(chr(10)))}"
        case ImagePart() | AudioPart() if defined is not None and isinstance(found := medium(part), Medium):
            digest = hashlib.blake2b(found.data, digest_size=8).hexdigest()
            label = f"{'image' if found.is_image else 'recording'}-{digest}"
            defined[label] = f"data:{found.media_type};base64,{found.base64}"
            return f"{'!' * found.is_image}[{markup.safe_markdown(found.told).strip()}][{label}]"
    line = step_line(part)
    return _line(line) if line else ""


def _fenced(text: str, language: str = "") -> str:
    name = language if re.fullmatch(r"[A-Za-z0-9_+#.-]{1,40}", language) else ""
    return fenced(replace_surrogates(text), name)
