"""What goes along with a prompt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..conversation import Included
from ..parts import AudioPart, FilePart, ImagePart, Part, TextPart

_BETWEEN = "\n\n"

ExtraPart = TextPart | ImagePart | FilePart | AudioPart


@dataclass(frozen=True, slots=True)
class Extra:
    """Something that goes along with a prompt, as a model is told of it: a value, a cell, a file.

    Attributes:
        name: What the prompt calls it, such as ``df`` or ``data.csv``.
        parts: It, in parts of a message. Its text says itself where it begins and ends.
        label: What the reader is told of it beside its name, such as ``10,000,000 × 12``; empty for nothing.
        digest: What tells whether it is still the same later; empty where that cannot be told.
    """

    name: str
    parts: tuple[ExtraPart, ...]
    label: str = ""
    digest: str = ""

    @property
    def included(self) -> Included:
        """It, as a turn remembers it."""
        return Included(self.name, self.label, self.digest)


def joined(
    before: Iterable[Extra],
    prompt: str | Sequence[Part],
    after: Iterable[Extra],
    *,
    images: Sequence[ImagePart] = (),
    closing: str = "",
) -> str | tuple[Part, ...]:
    """The content of a message: what goes before the prompt, the prompt, what follows it. Texts that would stand side
    by side are one, with a blank line between them, since some services take one text only.

    Args:
        before: What the prompt is about: cells, files.
        prompt: The prompt; its parts where it has several.
        after: What it names: values.
        images: Images that go with it.
        closing: What the message ends with; ``""`` for nothing.
    """
    ahead = (part for extra in before for part in extra.parts)
    behind = (part for extra in after for part in extra.parts)
    own = (TextPart(prompt),) if isinstance(prompt, str) else tuple(prompt)
    end = (TextPart(closing),) if closing else ()
    parts = list(_merged((*ahead, *own[:1])))
    parts += own[1:]  # what the user gave in parts stays in parts
    parts = [*parts[:-1], *_merged((*parts[-1:], *behind, *images, *end))]
    only = parts[0] if len(parts) == 1 else None
    return only.text if isinstance(only, TextPart) else tuple(parts)


def ahead_of(before: Iterable[Extra], prompt: str | Sequence[Part]) -> tuple[int, int]:
    """How much of the content that ``joined`` gives stands ahead of the prompt: how many whole parts, and how many
    characters of the part in which it begins.

    Args:
        before: What goes before the prompt.
        prompt: The prompt; its parts where it has several.
    """
    parts = _merged(part for extra in before for part in extra.parts)
    last = parts[-1] if parts else None
    if not isinstance(last, TextPart) or not (isinstance(prompt, str) or isinstance(prompt[0], TextPart)):
        return len(parts), 0
    return len(parts) - 1, len(last.text) + len(_BETWEEN) if last.text else 0


def _merged(parts: Iterable[Part]) -> list[Part]:
    """Parts, of which texts that stand side by side are one."""
    merged: list[Part] = []
    for part in parts:
        last = merged[-1] if merged else None
        if isinstance(part, TextPart) and isinstance(last, TextPart):
            merged[-1] = TextPart(_BETWEEN.join(filter(None, (last.text, part.text))))
        else:
            merged.append(part)
    return merged
