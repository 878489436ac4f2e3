"""Files that go along with a prompt: read as far as they are sent, and told apart from everything else in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ... import runner
from ..extra import Extra
from .content import Content
from .documents import Recipient, document_extra
from .fetching import Way, fetch_all, is_address
from .kinds import is_image
from .media import media_type_of
from .rendering import Readable, image_extra, readable
from .sources import sources
from .texts import text_of

__all__ = ["DEFAULT_FILE_TOKENS", "Budget", "Recipient", "Way", "attach", "fetched"]

DEFAULT_FILE_TOKENS = 20_000
"""How many tokens a file may take where nothing else is said."""

ALL_TOKENS = 100_000
"""How many tokens the files of a prompt may take together where nothing else is said."""

_SHARE = 2 / 3  # of what the model can read, for the files


@dataclass(frozen=True, slots=True)
class Budget:
    """How much of files may be sent.

    Attributes:
        each: How many tokens of each file, where the user has said so.
        room: How many tokens may go out in all; ``None`` where that is not known.
    """

    each: int | None = None
    room: int | None = None

    def shares(self, sizes: Sequence[int]) -> list[int]:
        """How many tokens of each file are sent: small ones whole, and what they leave goes to the larger ones.

        Args:
            sizes: How many tokens the files are.
        """
        if self.each is not None:
            return [self.each] * len(sizes)
        left = ALL_TOKENS if self.room is None else max(min(ALL_TOKENS, int(self.room * _SHARE)), 1)
        shares = [0] * len(sizes)
        waiting = sorted(range(len(sizes)), key=lambda place: sizes[place])
        for done, place in enumerate(waiting):
            shares[place] = min(sizes[place], left // (len(waiting) - done), DEFAULT_FILE_TOKENS)
            left -= shares[place]
        return shares


def attach(given: Sequence[Any], budget: Budget, way: Way, to: Recipient | None = None) -> tuple[Extra, ...]:
    """Files as parts of a prompt. Addresses among them are fetched now.

    Args:
        given: Paths, patterns of paths, addresses, bytes, pairs of a name and bytes, open files.
        budget: How much of them may be sent.
        way: The way to the web.
        to: Who is asked; without it, somebody who takes texts and images.

    Raises:
        ConfigurationError: One cannot be read or sent; the line says why, and what can be done.
        TransportError: One cannot be fetched.
    """
    named = sources(given)
    urls = [source.url for source in named if source.read is None]
    came = iter(runner.run(fetch_all(urls, way)) if urls else ())
    to = to or Recipient()
    held = [_held(next(came) if source.read is None else source.read(source.name), to) for source in named]
    texts = [one for one in held if isinstance(one, Readable)]
    shares = iter(budget.shares([one.tokens for one in texts]))
    return tuple(one.extra(next(shares)) if isinstance(one, Readable) else one for one in held)


async def fetched(given: Sequence[Any], way: Way) -> list[Any]:
    """The same files, with what is at the addresses among them already fetched: for a caller whose loop must not be
    held up.

    Args:
        given: As for ``attach``.
        way: The way to the web.

    Raises:
        ChatError: One cannot be fetched.
    """
    urls = list(
        dict.fromkeys(one.strip() for one in given if isinstance(one, str) and is_address(one.strip()))
    )
    came = dict(zip(urls, await fetch_all(urls, way), strict=True))
    return [came.get(one.strip(), one) if isinstance(one, str) else one for one in given]


def _held(content: Content, to: Recipient) -> Readable | Extra:
    if is_image(content):
        return image_extra(content)
    kind = media_type_of(content.head)
    if kind is not None and text_of(content) is not None:
        kind = media_type_of(content.head, text=True)
    if kind is not None and to.takes(content, kind):
        return document_extra(content, kind)
    return readable(content, kind, to)
