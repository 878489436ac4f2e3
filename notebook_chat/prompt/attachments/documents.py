"""Documents, recordings and videos as parts of a prompt, for whoever takes them as they are."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...errors import InvalidMessagesError
from ...parts import AudioPart, FilePart, TextPart
from ...providers.file_types import EXCEL, OFFICE, PDF, kind_of, takers
from ..extra import Extra
from . import media, pdf_text
from .content import Content
from .excerpts import counted, size_in_words
from .texts import Text

_TAKEN = 0.98  # of the largest request, for files: the prompt is in it, too
_NAMES = {PDF: "PDF", EXCEL: "spreadsheet"}
_ENCRYPTED = "Save it without a password, for instance by printing it to a PDF, and attach that."
_CUT_OFF = "Download it anew, or save it anew as a PDF."


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is asked, and which files it takes as they are.

    Attributes:
        name: What it is called, such as ``openai:gpt-6-luna``.
        files: The media types of the files.
        most: The largest request that it takes, in bytes; ``None`` where that is not known.
    """

    name: str = "this model"
    files: frozenset[str] = frozenset()
    most: int | None = None

    def takes(self, content: Content, media_type: str) -> bool:
        """Whether it takes a file as it is.

        Args:
            content: The file.
            media_type: What it is.

        Raises:
            InvalidMessagesError: It takes such files, and this one is too large.
        """
        if media_type not in self.files:
            return False
        most = min(int((self.most or media.LARGEST * 2) * _TAKEN * 3 / 4), media.LARGEST)
        if content.size > most or not content.whole:
            raise InvalidMessagesError(
                f"{content.name} is too large for {self.name}: {size_in_words(content.size)}, and a file may have"
                f" {size_in_words(most)}",
                hint="Attach a part of it.",
            )
        return True


def document_extra(content: Content, media_type: str) -> Extra:
    """A document, a recording or a video, as it goes along with a prompt.

    Args:
        content: The file.
        media_type: What it is.

    Raises:
        InvalidMessagesError: It is a PDF that nobody can open.
    """
    data = content.head
    if media_type == PDF:
        check_pdf(content)
    sound = media_type.startswith("audio/")
    part = (
        AudioPart(data, media_type) if sound else FilePart(data, media_type, _own_name(content, media_type))
    )
    what = "Recording" if sound else "Video" if media_type.startswith("video/") else "Document"
    told = (f"fetched, {content.size:,} bytes",) if content.fetched else ()
    label = ", ".join((*told, *_label(content, media_type)))
    return Extra(content.name, (TextPart(f"{what} {content.name}:\n\n"), part), label)


def check_pdf(content: Content) -> None:
    """Refuses a PDF that nobody can open, as far as that is seen at once.

    Raises:
        InvalidMessagesError: It is encrypted, or cut off.
    """
    if media.is_encrypted(content.head):
        raise InvalidMessagesError(f"{content.name} is protected, and cannot be opened", hint=_ENCRYPTED)
    if content.whole and media.is_cut_off(content.head):
        raise InvalidMessagesError(f"{content.name} has no end: it is cut off or broken", hint=_CUT_OFF)


def pdf_as_text(content: Content) -> Text | None:
    """The text of a PDF for a model that does not take it; ``None`` where it cannot be had.

    Args:
        content: The file.

    Raises:
        InvalidMessagesError: Nobody can open it.
    """
    if not content.whole or not pdf_text.can_read():
        return None
    check_pdf(content)
    text = pdf_text.text_of_pdf(content.head)
    return None if text is None else Text(text, None, len(text))


def not_taken(content: Content, media_type: str, to: Recipient) -> InvalidMessagesError:
    """Why a file is not sent, and who takes it.

    Args:
        content: The file.
        media_type: What it is.
        to: Who is asked.
    """
    kind = kind_of(media_type)
    if others := sorted(media.suffix_of(one) for one in to.files if kind_of(one) == kind):
        return InvalidMessagesError(
            f"{content.name} is not sent: {to.name} takes no {media.suffix_of(media_type)}",
            hint=f"Convert it to {' or '.join(others)}.",
        )
    hint = f"Ask {takers(kind)}"
    if media_type == PDF and not pdf_text.can_read():
        hint += ", or install notebook_chat[pdf] to send its text."
    elif media_type == PDF:
        hint += ": no text was found in it."
    elif media_type == EXCEL:
        hint += (
            ", or load it into a variable, such as df = pandas.read_excel(…), and write {df} in the prompt."
        )
    elif media_type in OFFICE:
        hint += ", or save it as a PDF or a text."
    elif kind == "sound":
        hint += ", or give what is said in it as a text."
    else:
        hint += ", or give single images of it."
    return InvalidMessagesError(f"{content.name} is not sent: {to.name} takes no {kind}", hint=hint)


def _own_name(content: Content, media_type: str) -> str:
    """The file's name without a folder, with an end that says what it is: services go by that."""
    name = content.name.partition("?")[0] if content.fetched else content.name
    name = re.split(r"[/\\]", name)[-1].strip() or "file"
    suffix = media.suffix_of(media_type)
    return name if name.lower().endswith(suffix) else f"{name}{suffix}"


def _label(content: Content, media_type: str) -> tuple[str, ...]:
    name = _NAMES.get(media_type) or media_type.partition("/")[0].replace("audio", "recording")
    if media_type in OFFICE and media_type != EXCEL:
        name = "Office document"
    size = () if content.fetched else (size_in_words(content.size),)
    if media_type == PDF and (count := media.pages(content.head)):
        return (name, counted(count, "page"), *size)
    if length := media.seconds(content.head, media_type):
        minutes, rest = divmod(round(length), 60)
        return (name, f"{minutes}:{rest:02}", *size)
    return (name, *size)
