"""What a server sends, and what a stranger's cell holds: reading four times as much takes four times as long.

Times are looked at as ratios only: 4 for what is linear, 16 for what looks at everything again with each piece.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from notebook_chat.answer import AnswerFold
from notebook_chat.decoders import NDJSONDecoder, SSEDecoder
from notebook_chat.errors import ChatError, InvalidOptionError
from notebook_chat.events import ReasoningDelta, TextDelta, ToolCall
from notebook_chat.magics.cell import options_and_prompt
from notebook_chat.magics.words import split
from notebook_chat.markup import Citation, Document, render_body, render_plain
from notebook_chat.parts import SourcePart, TextPart, UnknownPart
from notebook_chat.providers import error_mapping
from notebook_chat.providers.gpt_site import TextReader
from notebook_chat.providers.model_pages import near_names
from notebook_chat.providers.reader import FrameReader
from notebook_chat.providers.registry import get_provider
from notebook_chat.providers.retry_delay import retry_after
from notebook_chat.providers.thinking import ThinkingText
from notebook_chat.renderers.documents import answer_html
from notebook_chat.renderers.parts import asides
from notebook_chat.request import HttpRequest
from notebook_chat.secrets import Secret, redact
from notebook_chat.store.text_notebook import text_sources

REQUEST = HttpRequest("POST", "http://127.0.0.1/v1", {"Authorization": Secret("Bearer sk-0123456789abcdef")})
_RATIO = 10.0
_QUICK = 0.03  # seconds in which the longer text may be done without a second look


def fed(make: Callable[[], Any], pieces: Iterable[Any]) -> None:
    reader = make()
    with contextlib.suppress(ChatError):
        for piece in pieces:
            reader.feed(piece)
        reader.flush()


def cited(count: int) -> str:
    """A text with a mark behind each word."""
    document = Document()
    document.feed("word *b* " * count)
    return document.finish([Citation(5 * place, place, "https://e.org/") for place in range(count)])


def frame_reader() -> FrameReader:
    dialect: Any = get_provider("openai")
    return FrameReader(dialect, REQUEST, dialect.parser(None))


def thinking(pieces: Iterable[str]) -> None:
    reader = ThinkingText()
    for piece in pieces:
        reader.split([TextDelta(piece)])


def folded(events: Iterable[Any], look: Callable[[AnswerFold], object] = AnswerFold.snapshot) -> None:
    fold = AnswerFold()
    earlier = None
    for event in events:
        fold.add((event,))
        snapshot = fold.snapshot()
        snapshot.since(earlier)
        earlier = snapshot
        look(fold)


def ignored(work: Callable[[], object]) -> None:
    with contextlib.suppress(ChatError, ValueError):
        work()


def message(text: str) -> bytes:
    return b'{"error": {"message": "%b"}}' % text.encode()


# Each takes a size: pieces, or characters.
WORK: dict[str, Callable[[int], object]] = {
    "an error's words": lambda n: error_mapping.from_payload(message("token count " * n), provider="p"),
    "an error that names a model": lambda n: error_mapping.from_payload(message("model " * n), provider="p"),
    "an error of links": lambda n: error_mapping.from_payload(message("https://" * n), provider="p"),
    "an error's code": lambda n: error_mapping.from_payload({"error": {"code": "9" * n}}, provider="p"),
    "errors in errors": lambda n: error_mapping.from_payload(
        {"errors": [{"error": "a" * n}] * 9}, provider="p"
    ),
    "a page's title": lambda n: error_mapping.not_an_answer(b"<html><title" + b"<title" * n, REQUEST, "p"),
    "redacting": lambda n: redact("http://a:b" * n + "?key=" * n, *REQUEST.secrets),
    "blanks before a thought": lambda n: thinking(" " for _ in range(n)),
    "blanks in a thought": lambda n: thinking(["<think>a", *(" " for _ in range(n))]),
    "half a tag": lambda n: thinking("<" for _ in range(n)),
    "a site's failure without an end": lambda n: fed(
        lambda: TextReader("p"), [*["请求失败啦，".encode()], *(b"a" for _ in range(n))]
    ),
    "a line without an end": lambda n: fed(SSEDecoder, (b"data: a" for _ in range(n))),
    "lines without a blank one": lambda n: fed(SSEDecoder, (b"data: a\n" for _ in range(n))),
    "carriage returns": lambda n: fed(SSEDecoder, (b"\r" for _ in range(n))),
    "a line of JSON without an end": lambda n: fed(NDJSONDecoder, (b"{" for _ in range(n))),
    "an answer that never begins": lambda n: fed(frame_reader, (b": ping\n" for _ in range(n))),
    "arguments in crumbs": lambda n: folded(ToolCall(0, "id", "name", "{") for _ in range(n)),
    "text in crumbs": lambda n: folded(TextDelta("a") for _ in range(n)),
    "text and reasoning in turns": lambda n: folded(
        (TextDelta("a") if number % 500 else ReasoningDelta("b")) for number in range(n)
    ),
    "sources to be shown": lambda n: asides([SourcePart("https://a" * n)] * n),
    "marks of sources": cited,
    "steps between texts": lambda n: answer_html([TextPart("a\n\n"), UnknownPart("b")] * n),
    "a title of words": lambda n: asides([SourcePart("https://a", "a " * n)]),
    "names like a name": lambda n: near_names("gpt-5", (f"gpt-{number}" for number in range(n))),
    "the time to wait": lambda n: retry_after({"Retry-After": "1" * n}),
    "durations": lambda n: retry_after({"Retry-After": "1h" * n}),
    "a line of options that goes on": lambda n: options_and_prompt("\\", "\\\n" * n),
    "a line of options": lambda n: ignored(lambda: split("’a " * n)),
    "a text notebook": lambda n: text_sources(b"# %%chat\n#" * n),
    "plain text": lambda n: render_plain("a\n<b>" * n),
}


def seconds(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


@pytest.mark.parametrize("name", WORK)
def test_it_costs_what_it_weighs(name: str) -> None:
    work, size = WORK[name], 4000
    work(10)  # what is loaded with the first use
    long = seconds(lambda: work(4 * size))
    if long > _QUICK:
        long = min(long, *(seconds(lambda: work(4 * size)) for _ in range(2)))
        assert long < _RATIO * min(seconds(lambda: work(size)) for _ in range(3))


def test_a_huge_answer_is_rendered_to_its_end_as_text() -> None:
    text = "*a* <b> " * 100_000
    html = render_body(text)
    assert html.count("&lt;b&gt;") == 100_000
    assert 1000 < html.count("<em>") < 30_000
    assert "*a*" in html[-200:]


def test_a_line_of_options_has_an_end() -> None:
    with pytest.raises(InvalidOptionError, match="more than 20,000 characters"):
        split("a" * 20_001)
