"""Where an answer of Gemini comes from: grounding, citations, and the pages that were opened for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ..parts import SearchPart, SourcePart, UnknownPart
from .gemini_text import AnswerText

_MOST = 1000  # sources, searches and claims of each answer; those of real ones are dozens
_LONGEST_QUOTE = 2000  # characters
_QUERIES = ("webSearchQueries", "imageSearchQueries", "retrievalQueries")
_RETRIEVED = "URL_RETRIEVAL_STATUS_SUCCESS"


class _Claim(NamedTuple):
    """Which source a piece of the text rests on."""

    source: SourcePart
    segment: dict[str, Any]


class Sources:
    """What has been told of an answer's sources. The same is told again in later chunks, and is given once.

    Args:
        text: The answer's text.
    """

    def __init__(self, text: AnswerText) -> None:
        self._text = text
        self._searched: set[tuple[str, str]] = set()
        self._given: dict[str, set[int]] = {}
        self._chunks: list[SourcePart | None] = []
        self._claims: list[_Claim] = []  # whose places are not known yet
        self._room = _MOST  # for claims
        self._ended = False
        self._overflowed = False

    def searched(self, queries: Iterable[Any], action: str = "search") -> Iterator[SearchPart]:
        """What the service has searched for, or opened.

        Args:
            queries: The texts; what is none is passed over.
            action: As in ``SearchPart``.
        """
        asked = [query for query in queries if isinstance(query, str) and query.strip()]
        new = [query for query in dict.fromkeys(asked) if (action, query) not in self._searched]
        new = new[: _MOST - len(self._searched)]
        self._searched |= {(action, query) for query in new}
        if new:
            yield SearchPart(tuple(new), action)

    def grounding(self, told: dict[str, Any]) -> Iterator[SearchPart | SourcePart | UnknownPart]:
        """``groundingMetadata``: what was searched for, what was found, and which words rest on it. The piece of a web
        page that comes along to be embedded is never used."""
        for name in _QUERIES:
            yield from self.searched(_list(told.get(name)))
        if chunks := _list(told.get("groundingChunks")):
            self._chunks = [_source(chunk) for chunk in chunks[:_MOST]]
        for support in _list(told.get("groundingSupports"))[:_MOST]:
            if isinstance(support, dict) and isinstance(segment := support.get("segment"), dict):
                for source in self._of(support):
                    self._claim(source, segment)
        yield from self._told(source for source in self._chunks if source is not None)

    def citations(self, told: dict[str, Any]) -> Iterator[SourcePart | UnknownPart]:
        """``citationMetadata``: what the answer quotes at length."""
        cited = _list(told.get("citationSources")) or _list(told.get("citations"))
        for citation in cited[:_MOST]:
            if isinstance(citation, dict) and (source := _cited(citation)) is not None:
                self._claim(source, citation)
                yield from self._told([source])

    def opened(self, told: dict[str, Any]) -> Iterator[SearchPart | SourcePart | UnknownPart]:
        """``urlContextMetadata``: the addresses of the prompt that were opened; one that was read is a source."""
        pages = [page for page in _list(told.get("urlMetadata")) if isinstance(page, dict)]
        yield from self.searched([page.get("retrievedUrl") for page in pages], "open")
        read = [page.get("retrievedUrl") for page in pages if page.get("urlRetrievalStatus") == _RETRIEVED]
        yield from self._told(SourcePart(url) for url in read[:_MOST] if isinstance(url, str) and url)

    def ended(self) -> Iterator[SourcePart | UnknownPart]:
        """The sources with their places in the text, which is whole."""
        self._ended = True
        yield from self._told(())

    def _claim(self, source: SourcePart, segment: dict[str, Any]) -> None:
        if self._room:
            self._room -= 1
            self._claims.append(_Claim(source, segment))

    def _of(self, support: dict[str, Any]) -> Iterator[SourcePart]:
        for index in _list(support.get("groundingChunkIndices"))[:_MOST]:
            if type(index) is int and 0 <= index < len(self._chunks):
                source = self._chunks[index]
                if source is not None:
                    yield source

    def _told(self, sources: Iterable[SourcePart]) -> Iterator[SourcePart | UnknownPart]:
        """The sources that are new, and once the text is whole those that have found their places."""
        marked: dict[str, tuple[SourcePart, set[int]]] = {_key(one): (one, set()) for one in sources}
        if self._ended and self._claims:
            places = self._text.places()
            for source, segment in self._claims:
                if (place := places.end(segment)) is not None:
                    marked.setdefault(_key(source), (source, set()))[1].add(place)
            self._claims.clear()
        for key, (source, found) in marked.items():
            before = self._given.get(key)
            if before is not None and found <= before:
                continue
            if before is None and len(self._given) >= _MOST:
                if not self._overflowed:
                    self._overflowed = True
                    yield UnknownPart(f"more than {_MOST:,} sources")
                continue
            self._given[key] = found | (before or set())
            yield SourcePart(source.url, source.title, source.quote, tuple(sorted(found)))


def _key(source: SourcePart) -> str:
    return source.url or source.title


def _source(chunk: Any) -> SourcePart | None:
    """A grounding chunk as a source: a page, a document, a place, an image's page. All have these few fields."""
    if not isinstance(chunk, dict):
        return None
    for kind in chunk.values():
        if isinstance(kind, dict):
            url = _text(kind.get("uri")) or _text(kind.get("sourceUri"))
            title = _text(kind.get("title")) or _text(kind.get("documentName"))
            title = title or _text(kind.get("fileSearchStore")) * (not url)
            if url or title:
                return SourcePart(url, title, _text(kind.get("text"))[:_LONGEST_QUOTE])
    return None


def _cited(citation: dict[str, Any]) -> SourcePart | None:
    url, title, terms = (_text(citation.get(name)) for name in ("uri", "title", "license"))
    title = " · ".join(filter(None, (title, terms and f"license: {terms}")))
    return SourcePart(url, title) if url or title else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
