"""Every part of an answer is seen: in cells, in terminals, as a value, in its place."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

import pytest

from notebook_chat import Answer
from notebook_chat.answer import AnswerFold
from notebook_chat.conversation import Turn
from notebook_chat.events import ReasoningDelta, TextDelta, Usage
from notebook_chat.messages import Message
from notebook_chat.parts import (
    AudioPart,
    CodePart,
    CodeResultPart,
    FilePart,
    ImagePart,
    Part,
    ReasoningPart,
    SearchPart,
    SourcePart,
    TextPart,
    UnknownPart,
)
from notebook_chat.renderers import DisplayRenderer, SilentRenderer, TerminalRenderer, TextRenderer
from notebook_chat.renderers.body import Body
from notebook_chat.renderers.documents import answer_html
from notebook_chat.renderers.media import MOST, Medium, medium
from notebook_chat.renderers.parts import asides

from .parts import PARTS, TEXT, png, wav

IMAGE = ImagePart(png(), "image/png")


def turn(parts: Sequence[Part], **values: Any) -> Turn:
    return Turn(Message("user", "hi"), (Message("assistant", tuple(parts)),), model="parrot:grey", **values)


class Published:
    """What a renderer has published: each output's states, in the order of their displays."""

    def __init__(self) -> None:
        self.states: dict[str, list[dict[str, Any]]] = {}
        self.metadata: dict[str, Any] = {}

    def __call__(
        self, data: dict[str, Any], metadata: Any, *, transient: dict[str, Any], update: bool
    ) -> None:
        id = transient["display_id"]
        assert update == (id in self.states)
        self.states.setdefault(id, []).append(data)
        self.metadata[id] = metadata

    @property
    def last(self) -> list[dict[str, Any]]:
        return [states[-1] for states in self.states.values()]


def ended(parts: Sequence[Part], kind: type[DisplayRenderer] = DisplayRenderer, **options: Any) -> Published:
    published = Published()
    kind(live=False, publish=published, **options).finish(turn(parts), None)
    return published


def test_all_parts_are_there_in_order() -> None:
    html = answer_html(PARTS)
    order = [
        "Reasoning",
        ">hm<",
        "searched the web for “boiling point”",
        "of &lt;b&gt;water",
        "opened https://e.org/page",
        "<code>100 °C</code>",
        ">so<",
        "The service ran Python code",
        "42",
        "data:image/png;base64,",
        "data:audio/wav;base64,",
        "table.csv, 4 bytes",
        "The service ran Python code: failed",
        "ZeroDivisionError",
        "hologram (12 bytes)",
        "Sources:",
        "<bdi>A title",
        "<bdi>A document",
    ]
    places = [html.find(one) for one in order]
    assert -1 not in places
    assert places == sorted(places)
    # The text that goes on in a paragraph is not torn: what came in the middle of it is behind it.
    assert re.search(r"</code>\.<sup>.*?</sup> At home\.<sup>", html)


def test_marks_have_the_numbers_of_the_list() -> None:
    parts = (
        TextPart("One. Two."),
        SourcePart("https://e.org/b", "B", marks=(9,)),
        SourcePart("https://e.org/a", "A", marks=(4, 9)),
    )
    html = answer_html(parts)
    [text, below] = html.split("Sources:")
    assert re.findall(r'<a href="https://e.org/(\w)"[^>]*>\[(\d)\]', text) == [
        ("a", "2"),
        ("b", "1"),
        ("a", "2"),
    ]
    assert below.index(">B<") < below.index(">A<")
    assert asides(parts) == ["[1] B — https://e.org/b", "[2] A — https://e.org/a"]


def test_images_are_outputs_of_their_own_and_sent_once() -> None:
    published, fold = Published(), AnswerFold()
    renderer = DisplayRenderer(publish=published)
    for event in (
        TextDelta("One. "),
        IMAGE,
        TextDelta("Two.\n\n"),
        ImagePart(png(5, 5), "image/png"),
        TextDelta("Three."),
    ):
        fold.add((event,))
        renderer._pace._due = 0.0
        renderer.show(fold.snapshot())
    renderer.finish(turn(fold.snapshot().parts), None)
    text, first, second = published.states.values()
    assert len(text) == 6
    assert [list(states[0]) for states in (first, second)] == [["image/png", "text/plain"]] * 2
    assert (len(first), len(second)) == (1, 1)
    assert first[0]["image/png"] == IMAGE.base64
    assert IMAGE.base64[:40] not in str(text)
    assert "image 1, below: image/png, 3 × 2 pixels" in text[-1]["text/html"]
    assert renderer.display_ids == list(published.states)


def test_an_answer_that_is_an_image_alone_is_seen() -> None:
    text, image = ended([IMAGE]).last
    assert "image 1, below" in text["text/html"]
    assert "no text" not in text["text/html"]
    assert "image/png" in image


def test_an_answer_asked_for_anew_has_its_images_and_no_others() -> None:
    published, first, second = Published(), AnswerFold(), AnswerFold()
    renderer = DisplayRenderer(publish=published)
    first.add((IMAGE, ImagePart(png(4, 4), "image/png"), TextDelta("One.")))
    renderer.show(first.snapshot())
    second.add((TextDelta("Two."), ImagePart(png(9, 9), "image/png")))
    renderer.show(second.snapshot())
    renderer.finish(turn(second.snapshot().parts), None)
    _, image, gone = published.last
    assert image["text/plain"].startswith("image/png, 9 × 9 pixels")
    assert gone == {"text/plain": ""}


def test_sound_has_its_controls() -> None:
    text, sound = ended([TextPart("Listen."), AudioPart(wav(), "audio/wav")]).last
    assert "recording 1, below" in text["text/html"]
    assert sound["text/html"].startswith('<p><audio controls preload="metadata" src="data:audio/wav;base64,')
    raw = medium(AudioPart(bytes(100), "audio/L16;codec=pcm;rate=16000"))
    assert isinstance(raw, Medium)
    assert (raw.media_type, raw.data[:4], int.from_bytes(raw.data[24:28], "little")) == (
        "audio/wav",
        b"RIFF",
        16000,
    )


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_each_form_has_all(form: Any) -> None:
    [text, *others] = ended(PARTS, form=form).last
    rich = text[f"text/{form}"]
    for word in ("boiling point", "42", "hologram", "A title", "A document", "table.csv", "hm", "At home"):
        assert word in rich, word
    assert [next(iter(one)) for one in others] == ["image/png", "text/html"]
    assert text["text/plain"].startswith(TEXT)
    assert "[1] A title — https://e.org/a" in text["text/plain"]


def test_as_text_and_silent() -> None:
    [text, *others] = ended(PARTS, TextRenderer).last
    assert "Water boils at `100 °C`. At home." in text["text/html"]
    assert "boiling point" in text["text/html"]
    assert len(others) == 2
    assert len(ended(PARTS, SilentRenderer).last) == 1


def test_late_thoughts_stand_where_they_came() -> None:
    published, fold = Published(), AnswerFold()
    renderer = DisplayRenderer(publish=published)
    for events in (
        [ReasoningDelta("first")],
        [TextDelta("One.\n\n")],
        [ReasoningDelta("second ")],
        [ReasoningDelta("thought")],
    ):
        fold.add(events)
        renderer._pace._due = 0.0
        renderer.show(fold.snapshot())
    [state] = published.last
    html = state["text/html"]
    assert (
        html.index(">first<") < html.index("One.") < html.index("Thinking …") < html.index(">second thought<")
    )
    fold.add([TextDelta("Two.")])
    renderer.finish(turn(fold.snapshot().parts), None)
    html = published.last[0]["text/html"]
    assert html.index("One.") < html.index(">second thought<") < html.index("Two.")
    assert "Thinking" not in html


def test_what_streams_is_what_ends() -> None:
    for count in range(1, len(PARTS) + 1):
        body = Body(embed=True)
        for part in PARTS[:count]:
            body.add([part])
            body.html()
        assert body.finish(PARTS[:count]) == Body(embed=True).finish(PARTS[:count])


def test_searches_that_follow_each_other_are_one() -> None:
    html = answer_html([SearchPart((f"query {number}",)) for number in range(7)])
    assert html.count("<details") == 1
    assert "searched the web, 7 times" in html
    assert answer_html([SearchPart(())]).count("searched the web") == 1


def test_code_waits_for_its_result() -> None:
    body = Body()
    body.add([TextPart("Let me see."), CodePart("x = 1")])
    assert "The service ran Python code …" in body.html()
    body.add([CodeResultPart("1")])
    assert "code …" not in body.html()
    assert body.html().count("<details>") == 1


def test_there_are_bounds() -> None:
    parts = [UnknownPart(f"kind {number}") for number in range(500)]
    html = answer_html(parts)
    assert html.count("kind ") == 200
    assert "… and 300 more" in html
    published = ended([ImagePart(png(2, number % 30 + 1), "image/png") for number in range(MOST + 20)])
    assert len(published.last) == MOST + 1
    many = [SourcePart(f"https://e.org/{number}", f"T{number}") for number in range(1000)]
    html = answer_html(many)
    assert "1,000 sources" in html
    assert html.count("<li>") == 200
    thoughts = [part for _ in range(300) for part in (TextPart("a\n\n"), ReasoningPart("b"))]
    assert answer_html(thoughts).count("<details>") <= 51
    long = answer_html([CodePart("x" * 100_000), CodeResultPart("y" * 100_000)])
    assert len(long) < 60_000
    assert "80,000 more characters" in long


def test_a_terminal_has_all_in_order() -> None:
    out = io.StringIO()
    renderer, fold = TerminalRenderer(out), AnswerFold()
    for part in PARTS:
        fold.add((part,))
        renderer.show(fold.snapshot())
    renderer.finish(turn(PARTS), None)
    written = out.getvalue()
    order = [
        "hm",
        "boiling point",
        "Water boils",
        "ran Python code",
        "    print(6 * 7)",
        "    42",
        "image/png, 3 × 2 pixels",
    ]
    order += [
        "%chat save FILE.png",
        "%chat save FILE.wav",
        "table.csv",
        "At home",
        "hologram",
        "[1] A title — https://e.org/a",
    ]
    places = [written.find(one) for one in order]
    assert -1 not in places
    assert places == sorted(places)
    at_once = io.StringIO()
    TerminalRenderer(at_once).finish(turn(PARTS), None)
    assert all(one in at_once.getvalue() for one in order if one != "hm")


@pytest.mark.parametrize(
    ("cached", "told"),
    [(None, "5 + 7 tokens ·"), (0, "5 + 7 tokens ·"), (1234, "5 + 7 tokens (1,234 read from the cache) ·")],
)
def test_the_footer_says_what_was_read_from_the_cache(cached: int | None, told: str) -> None:
    published = Published()
    usage = Usage(5, 7, cached_tokens=cached)
    DisplayRenderer(live=False, publish=published).finish(turn([TextPart("a")], usage=usage), None)
    assert told in published.last[0]["text/html"]


def test_a_value_shows_its_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notebook_chat.renderers.value._in_terminal", bool)
    bundle = Answer(TEXT, parts=PARTS)._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert f"data:image/png;base64,{IMAGE.base64}" in bundle["text/html"]
    assert "A title" in bundle["text/html"]
    only = Answer("", parts=(IMAGE,))._repr_mimebundle_()
    assert "<img" in only["text/html"]
    assert "no text" not in only["text/html"]


def test_an_image_is_what_its_bytes_are() -> None:
    fold = AnswerFold()
    fold.add((ImagePart(png(), "image/jpeg"), ImagePart(b"<svg onload=alert(1)>", "image/png")))
    assert fold.snapshot().parts == (IMAGE, FilePart(b"<svg onload=alert(1)>", "image/png"))
