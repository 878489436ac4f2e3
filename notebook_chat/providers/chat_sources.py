"""Where an answer in chat completions comes from: annotations, lists of what a service has found, and what it ran."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..parts import HERE, CodePart, CodeResultPart, ImagePart, SearchPart, SourcePart, UnknownPart
from .chat_media import image_of
from .chat_values import cut, fields, json_text, objects, parsed, text, unknown, whole

_FARTHEST = 1 << 31  # characters of an answer
_LONGEST_URL = 8000
_LONGEST_TITLE = 500
_LONGEST_QUOTE = 2000
_LONGEST_QUERY = 2000
_MOST_QUERIES = 50
_MOST_TWINS = 50

_DOCUMENTS = (
    "file_citation",
    "container_file_citation",
    "document_citation",
    "function_citation",
    "file_path",
)
_OWN_WORK = "file"  # what OpenRouter has read of a file that was sent along: the user has it


def source(item: dict[str, Any], marks: tuple[int, ...] = ()) -> SourcePart:
    """The source that an object tells of, by whichever names it has for it."""
    title = next((item[name] for name in ("title", "filename", "name") if text(item.get(name))), "")
    names = ("content", "snippet", "quote", "cited_text", "text")
    quote = next((item[name] for name in names if text(item.get(name))), "")
    url = text(item.get("url"))
    return SourcePart(
        url if len(url) <= _LONGEST_URL else "",
        cut(title, _LONGEST_TITLE) or (cut(url, _LONGEST_TITLE) if len(url) > _LONGEST_URL else ""),
        cut(quote, _LONGEST_QUOTE),
        marks,
    )


def annotation(item: dict[str, Any]) -> SourcePart | UnknownPart | None:
    """What an annotation tells; ``None`` for one that tells nothing to a reader."""
    kind = text(item.get("type"))
    told = fields(item.get(kind)) or item
    if kind == _OWN_WORK:
        return None
    if kind in _DOCUMENTS:
        found = source(told, _marks(told))
        names = (text(told.get(name)) for name in ("document_id", "file_id", "tool_call_id"))
        title = found.title or next(filter(None, names), "")
        found = SourcePart(found.url, cut(title, _LONGEST_TITLE), found.quote, found.marks)
    elif kind == "url_citation" or not kind:
        found = source(told, _marks(told))
    else:
        return unknown(kind, item)
    return found if found.url or found.title else unknown(kind or "annotation", item)


def _marks(told: dict[str, Any]) -> tuple[int, ...]:
    """Behind how many characters a source is referred to. Both ends at 0 mean that the service does not say."""
    start, end = whole(told.get("start_index")), whole(told.get("end_index"))
    if end is None:
        start, end = 0, whole(told.get("index"))
    return (end,) if end is not None and (start or 0) < end < _FARTHEST and (start or 0) >= 0 else ()


def references(item: dict[str, Any]) -> Iterator[SourcePart]:
    """What a piece of Mistral's refers to, which stands behind the text so far."""
    ids = item.get("reference_ids")
    for one in ids if isinstance(ids, list) else []:
        if isinstance(one, (int, str)) and not isinstance(one, bool):
            yield SourcePart("", cut(f"reference {one}", _LONGEST_TITLE), "", (HERE,))
    if text(item.get("url")) or text(item.get("title")):
        found = source(item, (HERE,))
        quote = found.quote or cut(text(item.get("description")), _LONGEST_QUOTE)
        yield SourcePart(found.url, found.title, quote, found.marks)


class Listed:
    """What a service lists beside its text, which refers to it by ``[n]``: the list is given in the service's order, so
    that the numbers are the same."""

    def __init__(self) -> None:
        self._seen: Any = None
        self._given: list[SourcePart] = []
        self._urls: set[str] = set()

    def take(self, citations: Any, results: Any) -> list[SourcePart]:
        """What is new in the lists that come with a piece of the answer.

        Args:
            citations: The addresses that the text refers to, or objects that tell of them.
            results: All that was found.
        """
        if not (citations or results) or (citations, results) == self._seen:
            return []
        self._seen = (citations, results)
        found = {one.url: one for one in map(source, objects(results)) if one.url}
        told = next((one for one in (citations, results) if isinstance(one, list) and one), [])
        listed = [self._cited(one, number, found) for number, one in enumerate(told, 1)]
        cited = {one.url for one in listed}
        listed += [one for url, one in found.items() if url not in cited]
        known = self._given == listed[: len(self._given)]
        new = [
            one
            for place, one in enumerate(listed)
            if (place >= len(self._given) if known else one.url not in self._urls)
        ]
        self._given += new
        return [self._apart(one) for one in new]

    @staticmethod
    def _cited(one: Any, number: int, found: dict[str, SourcePart]) -> SourcePart:
        cited = source(fields(one)) if isinstance(one, dict) else source({"url": one})
        named = found.get(cited.url, cited)
        if named.title or named.url:
            return SourcePart(cited.url, cited.title or named.title, cited.quote or named.quote)
        return SourcePart("", f"source {number}")  # it keeps the others' numbers right

    def _apart(self, one: SourcePart) -> SourcePart:
        """A source that is listed twice has two numbers in the text, and needs two addresses."""
        url = one.url
        while url and url in self._urls and len(url) - len(one.url) < _MOST_TWINS:
            url += "#"
        self._urls.add(url)
        return one if url == one.url else SourcePart(url, one.title, one.quote)


class Executed:
    """What Groq's systems ran on their own machines: each comes twice, as it begins and with its result."""

    def __init__(self) -> None:
        self._asked: dict[int, bool] = {}  # by number, whether it was code
        self._answered: set[int] = set()

    def take(
        self, tools: Any
    ) -> Iterator[SearchPart | SourcePart | CodePart | CodeResultPart | ImagePart | UnknownPart]:
        """What a piece of the answer tells of what was run.

        Args:
            tools: Its ``executed_tools``.
        """
        for place, tool in enumerate(objects(tools)):
            index = whole(tool.get("index"))
            number = place if index is None else index
            if number not in self._asked and (asked := _asked(tool)) is not None:
                self._asked[number] = isinstance(asked, CodePart)
                yield asked
            if number not in self._answered and any(tool.get(name) for name in _RESULTS):
                self._answered.add(number)
                if number not in self._asked:
                    yield unknown(tool.get("type"), tool)
                yield from _answered(tool, code=self._asked.get(number, False))


_RESULTS = ("output", "search_results", "code_results", "browser_results")


def _asked(tool: dict[str, Any]) -> SearchPart | CodePart | None:
    """What was asked of a tool; ``None`` where that is not clear, or not yet."""
    arguments = parsed(tool.get("arguments"))
    if code := text(arguments.get("code")):
        return CodePart(code)
    asked = arguments.get("query") or arguments.get("queries") or arguments.get("q")
    queries = list(filter(None, map(text, asked if isinstance(asked, list) else [asked])))
    if queries:
        return SearchPart(tuple(cut(one, _LONGEST_QUERY) for one in queries[:_MOST_QUERIES]))
    url = text(arguments.get("url"))
    return SearchPart((cut(url, _LONGEST_URL),), "open") if url else None


def _answered(
    tool: dict[str, Any], *, code: bool
) -> Iterator[SourcePart | CodeResultPart | ImagePart | UnknownPart]:
    results = list(objects(tool.get("code_results")))
    if code:
        said = "\n".join(one["text"] for one in results if text(one.get("text")))
        yield CodeResultPart(json_text(tool.get("output")) or said)
    for one in results:
        if data := text(one.get("png")):
            yield image_of(data) or unknown("png", data)
    listed = tool.get("search_results")
    for item in (*objects(fields(listed).get("results") or listed), *objects(tool.get("browser_results"))):
        found = source(item)
        if found.url or found.title:
            yield found
