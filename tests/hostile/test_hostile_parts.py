"""Parts that would do harm do none, wherever an answer is shown: nothing runs, and nothing is fetched."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from notebook_chat import exports
from notebook_chat.answer import AnswerFold
from notebook_chat.conversation import Conversation, Turn, admit
from notebook_chat.images import MOST_PIXELS, dimensions, unshowable
from notebook_chat.messages import Message
from notebook_chat.panel.view_state import ViewState
from notebook_chat.parts import ImagePart, Part, SourcePart, TextPart
from notebook_chat.renderers import DisplayRenderer, TerminalRenderer, TextRenderer
from notebook_chat.renderers.body import Body
from notebook_chat.renderers.documents import answer_html, answer_markdown
from notebook_chat.renderers.media import Medium, medium

from ..markup.markdown import html_of_markdown
from ..markup.vocabulary import parsed
from ..parts import png
from .hostile_parts import BYTES, URLS, WORDS, hostile_parts

HOSTILE = hostile_parts()
TAGS = {
    "details",
    "summary",
    "bdi",
    "img",
    "audio",
    "html",
    "head",
    "body",
    "style",
    "title",
    "meta",
    "h1",
    "em",
}
TAGS |= {"p", "div", "span", "ol", "ul", "li", "a", "sup", "pre", "code", "hr", "b", "i", "blockquote"}
ATTRIBUTES = {"class", "style", "title", "alt", "controls", "preload", "target", "rel", "href", "src"}
ATTRIBUTES |= {"name", "content", "charset", "http-equiv"}
STYLES = {"max-width:100%;height:auto", "white-space:pre-wrap"}
SHOWN = re.compile(
    r"data:(image/(png|jpeg|gif|webp)|audio/(wav|mpeg|aac|ogg|flac|mp4));base64,[A-Za-z0-9+/]*=*"
)


def harm(html: str) -> Iterator[str]:
    """What an HTML could do that it must not."""
    for element in parsed(html).iter():
        assert isinstance(element, Element)
        tag = element.tag.rpartition("}")[2]
        if tag not in TAGS | {"DOCUMENT_FRAGMENT"}:
            yield tag
        for name, value in element.attrib.items():
            if name not in ATTRIBUTES:
                yield f"{tag} {name}"
            if name == "href" and not re.match(r"https?://[^\s/\\]", value):
                yield value
            if name == "src" and not SHOWN.fullmatch(value):
                yield value[:80]
            if name == "style" and re.search(r"url|@|expression|position", value):
                yield value


def turn(parts: tuple[Part, ...]) -> Turn:
    return Turn(Message("user", "hi"), (Message("assistant", parts),))


class Published:
    def __init__(self) -> None:
        self.outputs: list[dict[str, Any]] = []

    def __call__(self, data: dict[str, Any], metadata: object, **_: object) -> None:
        self.outputs.append(data)


def test_html_does_nothing() -> None:
    for html in (answer_html(HOSTILE), answer_html(HOSTILE, embed=False), exports.turn_html(turn(HOSTILE))):
        assert list(harm(html)) == []
        assert "\u202e" not in html
        assert "\x1b" not in html


@pytest.mark.parametrize("kind", [DisplayRenderer, TextRenderer])
def test_cells_do_nothing_at_any_moment(kind: type[DisplayRenderer]) -> None:
    published, fold = Published(), AnswerFold()
    renderer = kind(publish=published)
    for place in range(0, len(HOSTILE), 5):
        fold.add(HOSTILE[place : place + 5])
        renderer._pace._due = 0.0
        renderer.show(fold.snapshot())
    renderer.finish(turn(fold.snapshot().parts), None)
    for data in published.outputs:
        assert not set(data) - {
            "text/html",
            "text/plain",
            "image/png",
            "image/jpeg",
            "image/gif",
            "image/webp",
        }
        assert list(harm(data.get("text/html", ""))) == []
        assert "\x1b" not in data["text/plain"]
        assert "\u202e" not in data["text/plain"]
        for mime, value in data.items():
            if mime.startswith("image/"):
                assert unshowable(base64.b64decode(value)) == ""


def test_panels_do_nothing() -> None:
    state = ViewState(Conversation("c", turns=[turn(HOSTILE)]))
    state.change({})
    sent = state.state()
    [item] = sent.content["items"]
    assert list(harm("".join(item["blocks"]))) == []
    for one in item["media"]:
        assert re.fullmatch(r"(image|audio)/[a-z0-9]+", one["type"])
        if one["type"].startswith("image/"):
            assert unshowable(sent.buffers[one["buffer"]]) == ""


def test_markdown_does_nothing() -> None:
    for parts in ((part,) for part in HOSTILE if not isinstance(part, TextPart)):
        html = html_of_markdown(answer_markdown(parts, embed=False))
        rest = re.sub(r"</?(details|summary|sup|pre|code|span|br)>", "", html)
        assert list(harm(rest)) == [], parts
    published = Published()
    DisplayRenderer(form="markdown", live=False, publish=published).finish(turn(HOSTILE), None)
    assert "<script" not in published.outputs[0]["text/markdown"]
    assert "](javascript" not in published.outputs[0]["text/markdown"]


def test_terminals_obey_nothing() -> None:
    out = io.StringIO()
    TerminalRenderer(out).finish(turn(HOSTILE), None)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", out.getvalue())


@pytest.mark.parametrize("data", BYTES, ids=range(len(BYTES)))
def test_bytes_that_are_no_image_are_not_shown_as_one(data: bytes) -> None:
    found = medium(ImagePart(data, "image/png"))
    size = dimensions(data)
    if isinstance(found, Medium):
        assert size is not None
        assert 0 < size[0] * size[1] <= MOST_PIXELS
        assert found.media_type in ("image/png", "image/gif")
    else:
        assert "not shown" in found


def test_a_link_leads_where_it_says() -> None:
    html = answer_html([SourcePart(url, "google.com") for url in URLS])
    for link in re.findall(r'href="([^"]*)"[^>]*>.*?</a>( · [^<]*)?', html):
        assert link[0].isascii()
    assert "google.com</bdi></a> · evil.example" in html
    assert "· xn--" in html


def test_a_list_without_an_end_is_bounded() -> None:
    title, quote = WORDS[0] * 1000, WORDS[1] * 10_000
    sources = [SourcePart(f"https://e.org/{number}", title, quote, (1,)) for number in range(5000)]
    html = answer_html([TextPart("One."), *sources])
    assert len(html) < 2_000_000
    assert list(harm(html)) == []


def test_what_a_file_brings_is_shown_as_safely() -> None:
    [admitted] = admit([turn(HOSTILE)], None, own=None, whole=False).turns
    assert list(harm(answer_html(admitted.parts))) == []
    body = Body()
    body.finish(admitted.parts)
    assert len(body.media) <= 50


def test_a_good_image_is_shown_for_all_that() -> None:
    assert isinstance(medium(ImagePart(png(), "text/html")), Medium)
