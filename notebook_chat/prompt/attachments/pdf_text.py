"""The text of a PDF, for models that take none: by pypdf, where it is installed."""

from __future__ import annotations

import importlib.util
import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..values.patience import FailedError, GaveUpError, within

_SECONDS = 20.0
_LONGEST = 2_000_000  # characters
_MOST_PAGES = 2_000


def can_read() -> bool:
    """Whether there is something that reads PDFs."""
    return importlib.util.find_spec("pypdf") is not None


def text_of_pdf(data: bytes) -> str | None:
    """The text of a PDF, page by page; ``None`` where it cannot be had, or there is none, as in a scan.

    Args:
        data: The file.
    """
    try:
        return within(_SECONDS, lambda: _text(data))
    except (GaveUpError, FailedError):
        return None


def _text(data: bytes) -> str | None:
    pypdf: Any = importlib.import_module("pypdf")
    with _quiet():
        reader = pypdf.PdfReader(io.BytesIO(data))
        pieces: list[str] = []
        size = 0
        for number, page in enumerate(reader.pages, start=1):
            if number > _MOST_PAGES or size > _LONGEST:
                pieces.append("[… further pages left out …]")
                break
            text = (page.extract_text() or "").strip()
            size += len(text)
            pieces.append(f"[page {number}]\n{text}")
    return "\n\n".join(pieces) + "\n" if size else None


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what pypdf logs of odd files: the answer would stand beneath it."""
    logger = logging.getLogger("pypdf")
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before
