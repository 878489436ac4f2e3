"""Several answers in one output: what is published, when, and how much of it."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from msgspec.structs import replace

from notebook_chat.answer import AnswerFold, AnswerSnapshot
from notebook_chat.conversation import Alternative, Turn, answered
from notebook_chat.errors import ChatError, ServerError
from notebook_chat.events import TextDelta, Usage
from notebook_chat.messages import Message
from notebook_chat.parts import ImagePart
from notebook_chat.renderers import ColumnsRenderer, DisplayRenderer, SectionsRenderer, TerminalRenderer
from notebook_chat.renderers import columns as columns_module
from notebook_chat.renderers.footer import footer

from .answers import answer as long_answer
from .parts import png


@dataclass
class Coming:
    """One of several models, as a test has it answer."""

    model: str
    turn: Turn | None = None
    error: ChatError | None = None
    ended: bool = False
    place: int | None = None
    warnings: Sequence[str] = ()
    fold: AnswerFold = field(default_factory=AnswerFold)

    @property
    def snapshot(self) -> AnswerSnapshot:
        return self.fold.snapshot()

    def say(self, text: str) -> None:
        self.fold.add([TextDelta(text)])

    def end(self, error: ChatError | None = None) -> None:
        text = self.snapshot.text
        self.ended, self.error = True, error
        if text or error is None:
            self.turn = Turn(
                Message("user", "?"), answered(text), "failed" if error else "complete", model=self.model
            )


class Published(list[dict[str, Any]]):
    """What was published, in order."""

    def __call__(
        self, data: dict[str, Any], metadata: dict[str, Any], *, transient: dict[str, Any], update: bool
    ) -> None:
        assert update == (len(self) > 0)
        self.append({**data, "metadata": metadata})

    def __bool__(self) -> bool:
        return True

    @property
    def size(self) -> int:
        return sum(len(one["text/html"].encode()) + len(one["text/plain"].encode()) for one in self)


def make(one: Any, publish: Any, notes: Callable[[], Sequence[str]]) -> DisplayRenderer:
    return DisplayRenderer(publish=publish, notes=notes)


def whole(columns: list[Coming]) -> Turn:
    """The turn that the answers have become, the first of which stays."""
    for place, column in enumerate(columns):
        column.place = place
    first, *others = [column.turn for column in columns if column.turn is not None]
    alternatives = tuple(Alternative(other.exchange, model=other.model) for other in others)
    return Turn(first.prompt, first.exchange, model=first.model, alternatives=alternatives)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """A time that passes when the test says so."""
    now = [1000.0]
    for module in ("base", "display", "columns"):
        monkeypatch.setattr(f"notebook_chat.renderers.{module}.time.monotonic", lambda: now[0])
    monkeypatch.setattr(columns_module.time, "sleep", lambda seconds: None)

    def tick(seconds: float) -> None:
        now[0] += seconds

    return tick


def test_the_first_text_of_each_is_shown_at_once(clock: Any) -> None:
    columns, published = [Coming("a"), Coming("b")], Published()
    renderer = ColumnsRenderer(columns, make, publish=published)
    renderer.show(columns[0].snapshot)
    assert published == []
    columns[1].say("from b")
    renderer.show(columns[0].snapshot)
    columns[0].say("from a")
    renderer.show(columns[0].snapshot)
    assert len(published) == 2
    assert "from a" in published[-1]["text/html"]
    assert "from b" in published[-1]["text/html"]
    assert renderer.wait is None


def test_one_that_has_ended_has_its_line_while_others_go_on(clock: Any) -> None:
    columns, published = [Coming("a"), Coming("b"), Coming("c")], Published()
    renderer = ColumnsRenderer(columns, make, publish=published)
    columns[0].say("from a")
    renderer.show(columns[0].snapshot)
    columns[1].end(ServerError("<down>"))
    columns[0].end()
    clock(5)
    renderer.show(columns[0].snapshot)
    html = published[-1]["text/html"]
    assert "a · 0.0 s" in html
    assert "no answer: &lt;down&gt;" in html
    columns[2].say("from c")
    columns[2].end()
    columns[1].turn = None
    turn = whole([columns[0], columns[2]])
    renderer.finish(turn, None)
    html, plain = published[-1]["text/html"], published[-1]["text/plain"]
    assert "1 · a</strong> ✓" in html
    assert "2 · c</strong></div>" in html
    assert "answer 1 stays in the conversation" in html
    assert plain.startswith(
        "[1 · a, in the conversation]\nfrom a\n\n"
        "[b]\n[no answer: <down>. It is the service's fault; try again later.]\n\n[2 · c]\nfrom c"
    )
    assert renderer.wait is None


@pytest.mark.parametrize("live", [True, False])
def test_images_stand_beneath_the_columns_and_say_whose_they_are(clock: Any, live: bool) -> None:
    columns, shown = [Coming("a"), Coming("<b>")], dict[str, dict[str, Any]]()

    def publish(data: dict[str, Any], metadata: Any, *, transient: dict[str, Any], update: bool) -> None:
        assert update == (transient["display_id"] in shown)
        shown[transient["display_id"]] = data

    def make(one: Any, publish: Any, notes: Any) -> DisplayRenderer:
        return DisplayRenderer(publish=publish, notes=notes, live=live)

    renderer = ColumnsRenderer(columns, make, live=live, publish=publish)
    for width, column in enumerate(reversed(columns), start=4):
        column.fold.add([TextDelta("text"), ImagePart(png(width), "image/png")])
        renderer.show(columns[0].snapshot)
        column.end()
        assert column.turn is not None
        column.turn = replace(column.turn, exchange=(Message("assistant", column.snapshot.parts),))
        clock(5)
        renderer.show(columns[0].snapshot)
    renderer.finish(whole(columns), None)
    assert [*shown] == [renderer.display_id, *(id for id in shown if id in renderer.display_ids[1:])]
    assert {*shown} == {*renderer.display_ids}
    _, *media = shown.values()
    said = {one["text/plain"]: image for one, image in zip(media[::2], media[1::2], strict=True)}
    assert {words.partition(":")[0]: base64.b64decode(one["image/png"]) for words, one in said.items()} == {
        "a": png(5),
        "<b>": png(4),
    }
    assert any("&lt;b&gt;: image/png, 4 × 2 pixels" in one.get("text/html", "") for one in media)


def test_another_one_is_kept_later(clock: Any) -> None:
    columns, published = [Coming("a"), Coming("b")], Published()
    renderer = ColumnsRenderer(
        columns, make, publish=published, metadata=lambda turn: {"kept": turn and turn.kept}
    )
    for column in columns:
        column.say(f"from {column.model}")
        column.end()
    turn = whole(columns)
    renderer.finish(turn, None)
    assert renderer.show_kept(turn.keeping(1))
    assert "2 · b</strong> ✓" in published[-1]["text/html"]
    assert "1 · a</strong></div>" in published[-1]["text/html"]
    assert [one["metadata"]["kept"] for one in published] == [0, 1]
    dead = ColumnsRenderer(columns, make, live=False, publish=Published())
    assert not dead.show_kept(turn)


def test_where_nothing_came_nothing_is_published() -> None:
    columns, published = [Coming("a"), Coming("b")], Published()
    renderer = ColumnsRenderer(columns, make, publish=published)
    for column in columns:
        column.end(ServerError("down"))
    renderer.finish(None, ServerError("all"))
    assert published == []


def test_notes_of_all_stand_once_and_those_of_one_in_its_column() -> None:
    columns, published = (
        [Coming("a", warnings=["stale", "cut"]), Coming("b", warnings=["stale"])],
        Published(),
    )
    renderer = ColumnsRenderer(
        columns, make, publish=published, notes=lambda: ["with df", "stale"], common=lambda: ["stale"]
    )
    for column in columns:
        column.say("x")
        column.end()
    renderer.finish(whole(columns), None)
    html = published[-1]["text/html"]
    assert [html.count(note) for note in ("with df", "stale", "cut")] == [1, 1, 1]


def test_nothing_of_a_name_or_a_text_is_alive() -> None:
    columns, published = [Coming("<img src=x>$x$"), Coming('b" onclick="x')], Published()
    renderer = ColumnsRenderer(columns, make, publish=published)
    for column in columns:
        column.say("<script>alert(1)</script>")
        column.end()
    renderer.finish(whole(columns), None)
    html = published[-1]["text/html"]
    assert "<img" not in html
    assert "<script" not in html
    assert 'onclick="' not in html
    assert html.startswith('<div class="mathjax_ignore')


def test_answers_as_markdown_stand_one_beneath_the_other() -> None:
    columns, published = [Coming("a"), Coming("b")], Published()

    def markdown(one: Any, publish: Any, notes: Any) -> DisplayRenderer:
        return DisplayRenderer(form="markdown", publish=publish, notes=notes)

    renderer = ColumnsRenderer(columns, markdown, publish=published)
    for column in columns:
        column.say(f"**{column.model}** says")
        column.end()
    renderer.finish(whole(columns), None)
    text = published[-1]["text/markdown"]
    assert text.index("**a** says") < text.index("\n\n---\n\n") < text.index("**b** says")


def stream(columns: list[Coming], texts: list[str], renderer: Any, clock: Any, piece: int = 10) -> None:
    """Streams texts, a piece of each every 20 ms."""
    renderer.show(columns[0].snapshot)
    for start in range(0, max(map(len, texts)), piece):
        for column, text in zip(columns, texts, strict=True):
            if start < len(text):
                column.say(text[start : start + piece])
            elif not column.ended:
                column.end()
        clock(0.02)
        renderer.show(columns[0].snapshot)
    for column in columns:
        if not column.ended:
            column.end()


@pytest.mark.parametrize("sizes", [(4_000, 4_000), (300, 12_000), (12_000, 300), (6_000, 6_000, 6_000)])
def test_together_they_cost_no_more_than_alone(clock: Any, sizes: tuple[int, ...]) -> None:
    texts = [long_answer(size) for size in sizes]
    alone = 0
    for text in texts:
        published = Published()
        column = Coming("a")
        single = DisplayRenderer(publish=published)
        stream([column], [text], single, clock)
        single.finish(column.turn, None)
        alone += published.size
    columns, published = [Coming("a") for _ in texts], Published()
    renderer = ColumnsRenderer(columns, make, publish=published)
    stream(columns, texts, renderer, clock)
    renderer.finish(whole(columns), None)
    print(f"\n{sizes}: alone {alone:,} bytes, together {published.size:,}")
    assert published.size <= alone


def test_bytes_follow_the_length_and_not_its_square(clock: Any) -> None:
    sizes = []
    for size in (10_000, 40_000):
        columns, published = [Coming("a"), Coming("b")], Published()
        renderer = ColumnsRenderer(columns, make, publish=published)
        stream(columns, [long_answer(size)] * 2, renderer, clock)
        renderer.finish(whole(columns), None)
        sizes.append(published.size)
    assert sizes[1] < 6 * sizes[0]


def test_an_interrupt_while_the_end_is_shown_loses_nothing() -> None:
    columns, published = [Coming("a"), Coming("b")], Published()

    class Interrupted(DisplayRenderer):
        def finish(self, turn: Any, error: Any) -> None:
            super().finish(turn, error)
            raise KeyboardInterrupt

    renderer = ColumnsRenderer(
        columns, lambda one, publish, notes: Interrupted(publish=publish, notes=notes), publish=published
    )
    for column in columns:
        column.say(f"from {column.model}")
        column.end()
    with pytest.raises(KeyboardInterrupt):
        renderer.finish(whole(columns), None)
    assert "from a" in published[-1]["text/html"]
    assert "from b" in published[-1]["text/html"]


def test_in_a_terminal_they_stand_one_after_the_other() -> None:
    columns, out = [Coming("a"), Coming("b"), Coming("c\x1b[2J")], io.StringIO()
    renderer = SectionsRenderer(
        columns, lambda one, notes: TerminalRenderer(out, notes=notes), out=out, notes=lambda: ["with df"]
    )
    columns[0].say("from a")
    columns[1].say("from b")
    renderer.show(columns[0].snapshot)
    assert out.getvalue() == "── a ──\nfrom a"
    columns[0].end()
    renderer.show(columns[0].snapshot)
    assert out.getvalue() == "── a ──\nfrom a\na · 0.0 s\n\n── b ──\nfrom b"
    columns[1].end()
    columns[2].end(ServerError("down"))
    renderer.finish(whole(columns), None)
    assert "\x1b" not in out.getvalue()
    assert out.getvalue().endswith(
        "[no answer: down. It is the service's fault; try again later.]\n"
        "a stays in the conversation; %chat keep N puts another one there · with df\n"
    )


def test_what_it_cost_is_told_where_the_service_says() -> None:
    turn = Turn(Message("user", "?"), answered("x"), model="a", usage=Usage(3, 4, cost=0.000123))
    assert footer(turn) == "a · 3 + 4 tokens · cost 0.000123 · 0.0 s"
