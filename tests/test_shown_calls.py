"""Calls of tools are seen: each is one step, where it was made, while it runs and afterwards."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator, Sequence
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import Answer, Chat
from notebook_chat.answer import AnswerFold
from notebook_chat.conversation import Conversation, Turn, admit
from notebook_chat.events import Event, Finish, Notice, ReasoningDelta, TextDelta, ToolCall
from notebook_chat.exports import turn_html, turn_markdown
from notebook_chat.lean_exchanges import MOST_RESULTS
from notebook_chat.messages import Message, TextPart, ToolCallPart, ToolResultPart
from notebook_chat.panel.live_answer import LiveAnswer
from notebook_chat.panel.view_state import ViewState
from notebook_chat.parts import AudioPart, FilePart, ImagePart, Part
from notebook_chat.renderers import (
    ColumnsRenderer,
    DisplayRenderer,
    SilentRenderer,
    TerminalRenderer,
    TextRenderer,
    play,
)
from notebook_chat.renderers.body import Body
from notebook_chat.renderers.calls import ROOM, Called, paired
from notebook_chat.renderers.documents import answer_html, answer_markdown, answer_outputs
from notebook_chat.renderers.footer import footer
from notebook_chat.renderers.parts import asides
from notebook_chat.store import lean

from .fakes import Coming
from .parts import png, wav
from .test_shown_parts import Published
from .tools.scripted import Made, scripted
from .tools.test_rounds import adder, called, said

IMAGE = ImagePart(png(), "image/png")


def result(id: str, *parts: Any, error: bool = False, seconds: float = 0.25) -> ToolResultPart:
    given = tuple(TextPart(part) if isinstance(part, str) else part for part in parts)
    return ToolResultPart(id, "add", given, error, seconds)


def exchange(*messages: Sequence[Part]) -> tuple[Message, ...]:
    return tuple(
        Message("tool" if isinstance(parts[0], ToolResultPart) else "assistant", tuple(parts))
        for parts in messages
    )


ROUNDS = exchange(
    (TextPart("Let me see."), ToolCallPart("1", "add", '{"a": 2}'), ToolCallPart("2", "look", "{}")),
    (result("1", "5"),),
    (result("2", "nothing there", error=True),),
    (TextPart("\n\nIt is **5**."),),
)


def turn(messages: tuple[Message, ...] = ROUNDS, **values: Any) -> Turn:
    return Turn(Message("user", "hi"), messages, model="parrot:grey", **values)


def summaries(html: str) -> list[str]:
    found = re.findall(r'<(?:summary|div style="margin-bottom:\.6em[^"]*")>(.*?)</(?:summary|div)>', html)
    return [unescape(re.sub(r"<[^>]+>", "", one)) for one in found]


def test_a_call_and_its_result_are_one_step_where_it_was_made() -> None:
    html = answer_html(turn().parts)
    assert summaries(html) == ["add(a=2) · 250 ms", "look() · failed · 250 ms · nothing there"]
    order = ["Let me see.", "add(a=2)", '"a": 2', ">5</pre>", "look()", ">nothing there</pre>", "It is"]
    places = [html.find(one) for one in order]
    assert -1 not in places
    assert places == sorted(places)
    assert "<strong>5</strong>" in html


@pytest.mark.parametrize(
    ("part", "outcome"),
    [
        (result("1", "5", seconds=0), ""),
        (result("1", "5", seconds=0.0123), "12 ms"),
        (result("1", "5", seconds=1234.56), "1,234.6 s"),
        (result("1", "5", seconds=float("inf")), ""),
        (result("1", "5", seconds=-1), ""),
        (result("1", "no\nsuch key", error=True), "failed · 250 ms · no such key"),
        (result("1", "not run: nobody asks", error=True, seconds=0), "not run · nobody asks"),
        (result("1", "not run", error=True, seconds=0), "not run"),
        (result("1", "not run: so says a server", error=True), "failed · 250 ms · not run: so says a server"),
        (result("1", "stopped by the user", error=True, seconds=0), "stopped"),
        (None, "not run"),
    ],
)
def test_the_line_says_how_it_went(part: ToolResultPart | None, outcome: str) -> None:
    parts = (ToolCallPart("1", "add", ""), *([part] if part else []))
    [told] = summaries(answer_html(parts))
    assert told == (f"add() · {outcome}" if outcome else "add()")


@pytest.mark.parametrize(
    ("arguments", "head"),
    [
        ("", "add()"),
        ("{}", "add()"),
        (
            '{"a": 2, "b": "x y", "c": [1, {"d": null}], "e": true}',
            'add(a=2, b="x y", c=[1, {"d": null}], e=true)',
        ),
        ('{"a": 1, "a": 2}', 'add({"a": 1, "a": 2})'),
        ('{"a": ', 'add({"a":)'),
        ("[1]", "add([1])"),
        ("9" * 5000, f"add({'9' * 159}…)"),
        ('{"a": NaN}', 'add({"a": NaN})'),
        ("[" * 100_000, f"add({'[' * 159}…)"),
        (
            '{"text": "' + "x" * 50_000 + '"}',
            'add({"text": "' + "x" * 149 + "…)",
        ),
    ],
)
def test_the_line_has_the_arguments_in_short(arguments: str, head: str) -> None:
    assert Called(ToolCallPart("1", "add", arguments)).head == head


@given(st.text(), st.text(), st.text())
def test_no_text_breaks_a_step(name: str, arguments: str, text: str) -> None:
    parts = (ToolCallPart("1", name, arguments), result("1", text, error=len(text) % 2 == 0))
    html, [line] = answer_html(parts), asides(parts)
    assert html.count("<details") <= len(summaries(html)) == 1
    assert "\n" not in line
    answer_markdown(parts)


# --- while it comes


class Growing:
    """An answer that comes, in a cell and in a panel."""

    def __init__(self) -> None:
        self.fold = AnswerFold()
        self.published = Published()
        self.cell = DisplayRenderer(publish=self.published)
        self.live = LiveAnswer("t")
        self.coming = Coming()
        self.news: list[dict[str, Any]] = []

    def add(self, *events: Event) -> str:
        self.fold.add(events)
        if any(isinstance(event, Finish) for event in events):
            self.fold.calls()
        self.cell._pace._due = 0.0
        self.cell._patience = 0.0
        snapshot = self.fold.snapshot()
        self.cell.show(snapshot)

        class Now:
            pass

        now: Any = Now()
        now.snapshot = snapshot
        self.news.append(self.live.advance(now))
        return str(self.published.last[0].get("text/html", ""))


def test_a_call_is_seen_while_it_is_written_and_while_it_runs() -> None:
    growing = Growing()
    growing.add(TextDelta("Let me see."))
    html = growing.add(ToolCall(0, "c1", "add", '{"a": '))
    assert summaries(html) == ['add({"a":) …']
    assert "waiting" not in html
    html = growing.add(ToolCall(0, "", "", "2}"), Finish("tool_calls"))
    assert summaries(html) == ["add(a=2) …"]
    html = growing.add(Notice("running add", 0.5))
    assert "running add …" in html
    assert "<progress" in html
    assert growing.news[-1] == {"note": "running add (50%)"}
    html = growing.add(result("c1", "5"))
    assert summaries(html) == ["add(a=2) · 250 ms"]
    assert "250 ms" in growing.news[-1]["open"]
    assert "add" not in growing.news[-1]
    growing.fold.begin()
    html = growing.add()
    assert "waiting for the answer …" in growing.add(Notice("waiting for the answer"))
    html = growing.add(TextDelta("It is 5."))
    assert "waiting" not in html
    assert growing.live.whole()["note"] == ""


def test_results_come_in_any_order_and_end_in_that_of_the_calls() -> None:
    growing = Growing()
    calls = [ToolCall(number, f"c{number}", "add", f'{{"a": {number}}}') for number in range(3)]
    growing.add(TextDelta("One."), *calls, Finish("tool_calls"))
    html = growing.add(result("c2", "two"))
    assert summaries(html) == ["add(a=2) · 250 ms", "add(a=0) …", "add(a=1) …"]
    growing.add(result("c0", "zero"))
    growing.add(result("c1", "one"))
    growing.fold.begin()
    growing.add(TextDelta("Two."))
    messages = growing.fold.snapshot().messages
    growing.cell.finish(turn(messages), None)
    html = growing.published.last[0]["text/html"]
    assert summaries(html) == [f"add(a={number}) · 250 ms" for number in range(3)]
    end = growing.live.finish(turn(messages).shown)
    assert "".join(end.blocks) == answer_html(turn(messages).parts)


def test_calls_without_ids_or_with_those_of_others_are_told_apart() -> None:
    growing = Growing()
    for number in range(2):
        html = growing.add(ToolCall(0, "", "add", f'{{"round": {number}}}'), ToolCall(1, "", "add", "{}"))
        assert summaries(html)[-2:] == [f"add(round={number}) …", "add() …"]
        growing.add(Finish("tool_calls"))
        for call in growing.fold.snapshot().unanswered:
            growing.add(result(call.id, call.id))
        growing.fold.begin()
    assert len(summaries(growing.add(TextDelta("Done.")))) == 4


EVENTS = st.lists(
    st.sampled_from(["text", "call", "piece", "result", "think", "image", "round"]), max_size=25
)


@given(EVENTS)
def test_what_streams_is_what_ends(kinds: list[str]) -> None:
    fold, body, shown = AnswerFold(), Body(), None
    made = 0
    for kind in kinds:
        open_ = fold.snapshot().unanswered
        events: list[Event] = []
        match kind:
            case "text":
                events = [TextDelta("One.\n\n")]
            case "think":
                events = [ReasoningDelta("hm")]
            case "image":
                events = [IMAGE]
            case "call":
                made += 1
                events = [ToolCall(made, f"c{made}", "add", '{"a":')]
            case "piece" if open_:
                events = [ToolCall(made, "", "", " 1}")]
            case "result" if open_:
                events = [result(open_[-1].id, f"of {open_[-1].id}", IMAGE)]
            case "round" if not open_:
                fold.begin()
        fold.add(events)
        snapshot = fold.snapshot()
        body.add(snapshot.since(shown), snapshot)
        body.html()
        shown = snapshot
    parts = fold.snapshot().parts
    whole = Body()
    assert body.finish(parts) == whole.finish(parts)
    assert [one.data for one in body.media] == [one.data for one in whole.media]
    assert len(summaries(whole.html())) <= len(parts)


def test_traffic_is_proportional() -> None:
    """Of calls that have ended nothing is sent again, whatever others do."""
    growing = Growing()
    calls = [ToolCall(number, f"c{number}", "add", "{}") for number in range(64)]
    growing.add(TextDelta("One."), *calls, Finish("tool_calls"))
    for number in reversed(range(64)):
        growing.add(Notice(f"running {number}"))
        growing.add(result(f"c{number}", "x" * 3000))
    sent = len(str(growing.news))
    assert 64 * 3000 < sent < 64 * (3000 + 500 + 20 * 150)  # with 20 of those that run each time


# --- bounds


def test_there_are_bounds() -> None:
    long = "x" * 50_000
    html = answer_html((ToolCallPart("1", "add", long), result("1", long)))
    assert len(html) < 42_000
    assert html.count("30,000 more characters") == 2
    calls = [ToolCallPart(str(number), "add", "{}") for number in range(10_000)]
    results = [result(str(number), long if number < 64 else "not run: too many") for number in range(10_000)]
    html = answer_html([*calls, *results])
    assert len(html) < 2 * ROOM
    assert html.count("<details") == 200
    assert "… and 9,800 more" in html
    assert len(asides([*calls, *results])) == 201
    body = Body()
    body.add(calls)
    assert "… and 9,980 more" in body.html()


def test_a_notebook_holds_as_much_of_results_as_a_reader_needs() -> None:
    long = [result(str(number), "x" * 50_000) for number in range(64)]
    calls = [ToolCallPart(str(number), "add", "{}") for number in range(64)]
    whole = turn(exchange(calls, *([one] for one in long), [TextPart("So.")]))
    shorter = lean(whole)
    assert len(str(shorter.to_dict())) < MOST_RESULTS + 64 * 300
    assert lean(shorter) is shorter
    assert lean(Turn.from_dict(shorter.to_dict())) == shorter
    assert [part.seconds for part in shorter.parts if isinstance(part, ToolResultPart)] == [0.25] * 64
    assert "shortened, from 50,000 characters" in str(shorter.parts)
    short = turn()
    assert lean(short) is short


def test_a_notebook_holds_no_large_images_of_results() -> None:
    image = ImagePart(png(noise=bytes(100_000)), "image/png")
    shorter = lean(turn(exchange([ToolCallPart("1", "plot")], [result("1", "a plot", image)])))
    assert "ImagePart" not in str(shorter.parts)
    assert f"(image/png, {len(image.data):,} bytes)" in str(shorter.parts)
    assert lean(shorter) is shorter
    assert shorter.parts[1].seconds == 0.25  # type: ignore[union-attr]


# --- everywhere


MEDIA = exchange(
    [ToolCallPart("1", "plot", '{"of": "x"}')],
    [result("1", "a plot", IMAGE, AudioPart(wav(), "audio/wav"), FilePart(b"a,b", "text/csv", "t.csv"))],
    [TextPart("\n\nThere.")],
)


def test_images_of_results_are_shown_as_others() -> None:
    published = Published()
    DisplayRenderer(live=False, publish=published).finish(turn(MEDIA), None)
    text, image, sound = published.last
    for words in ("image 1, below: image/png", "recording 1, below", "t.csv, 3 bytes"):
        assert words in text["text/html"]
    assert image["image/png"] == IMAGE.base64
    assert "audio" in sound["text/html"]
    assert "data:image/png" in answer_html(turn(MEDIA).parts)
    assert len(answer_outputs(turn(MEDIA).parts, {})) == 3
    assert "data:image/png" in answer_markdown(turn(MEDIA).parts)
    state = ViewState(Conversation("c", turns=[turn(MEDIA)]))
    state.change({})
    [item] = state.state().content["items"]
    assert [one["type"] for one in item["media"]] == ["image/png", "audio/wav"]


@pytest.mark.parametrize("form", ["html", "markdown"])
@pytest.mark.parametrize("kind", [DisplayRenderer, TextRenderer])
def test_each_form_has_them(kind: type[DisplayRenderer], form: Any) -> None:
    provider = scripted(
        called(("c1", "add", '{"a": 2, "b": 3}'), ("c2", "add", "{}"), text="See."), said("5.")
    )
    published = Published()
    play(Chat(provider=provider, tools=[adder()]).reply("hi"), kind(publish=published, form=form))
    rich = (
        published.last[0][f"text/{form}" if kind is DisplayRenderer else "text/html"]
        if form == "html"
        else ""
    )
    rich = rich or str(published.last[0])
    assert "add(a=2, b=3)" in rich
    assert "is a required property" in rich
    assert "2 tool calls" in rich
    assert "used the tool add(a=2, b=3)" in published.last[0]["text/plain"]


def test_in_markdown_a_call_that_runs_is_there_too() -> None:
    published, fold = Published(), AnswerFold()
    renderer = DisplayRenderer(publish=published, form="markdown")
    fold.add([TextDelta("See."), ToolCall(0, "c", "add", "{}"), Finish("tool_calls"), Notice("running add")])
    renderer.show(fold.snapshot())
    shown = published.last[0]["text/markdown"]
    assert "<code>add()</code> · …" in shown
    assert "running add …" in shown


def test_what_is_silent_says_what_runs() -> None:
    published, fold = Published(), AnswerFold()
    renderer = SilentRenderer(publish=published)
    fold.add([TextDelta("See."), ToolCall(0, "c", "add", "{}"), Finish("tool_calls"), Notice("running add")])
    renderer.show(fold.snapshot())
    assert "running add" in published.last[0]["text/html"]
    assert "<details" not in published.last[0]["text/html"]


def test_a_terminal_has_a_line_when_a_call_begins_and_when_it_ends() -> None:
    out, fold = io.StringIO(), AnswerFold()
    renderer = TerminalRenderer(out)

    def show(*events: Event) -> str:
        before = len(out.getvalue())
        fold.add(events)
        renderer.show(fold.snapshot())
        return out.getvalue()[before:]

    assert show(TextDelta("See."), ToolCall(0, "a", "add", '{"a": 2}'), ToolCall(1, "b", "add")) == "See."
    assert show(Finish("tool_calls")) == "\n[add(a=2) …]\n[add() …]\n"
    assert show(Notice("running add")) == ""
    assert show(Notice("waiting for your yes")) == "[waiting for your yes]\n"
    assert show(result("b", "5", IMAGE)).startswith("[add() · 250 ms: 5 image/png, 3 × 2 pixels")
    assert show(result("a", "\x1b[2Jno", error=True)) == "[add(a=2) · failed · 250 ms · ‹U+001B›[2Jno]\n"
    fold.begin()
    assert show(TextDelta("So.")) == "\nSo."
    before = len(out.getvalue())
    renderer.finish(turn(fold.snapshot().messages), None)
    assert out.getvalue()[before:] == "\nparrot:grey · 0.0 s · 2 tool calls\n"


def test_a_terminal_says_which_calls_were_stopped() -> None:
    out, fold = io.StringIO(), AnswerFold()
    renderer = TerminalRenderer(out)
    fold.add([ToolCall(0, "a", "add", '{"a": 2}'), ToolCall(1, "b", "look", "{}"), Finish("tool_calls")])
    renderer.show(fold.snapshot())
    fold.add([result("a", "5"), result("b", "stopped by the user", error=True, seconds=0)])
    renderer.finish(turn(fold.snapshot().messages, status="stopped"), None)
    assert "[add · 250 ms: 5]" in out.getvalue() or "[add(a=2) · 250 ms: 5]" in out.getvalue()
    assert "look() · stopped" in out.getvalue()


def test_columns_have_their_own_calls() -> None:
    provider = scripted(said(""))

    async def stream(model: str, messages: Any, **options: Any) -> AsyncIterator[Any]:
        ended = messages[-1].role == "tool"
        for event in said("So.") if ended else called(("c1", "add", f'{{"of": "{model}"}}')):
            yield event

    provider.stream = staticmethod(stream)
    published = Published()
    chat = Chat(provider=provider, tools=[Made("add", lambda values: values["of"].upper())])
    asked = chat.comparison("hi", ["one", "two"])

    def make(one: Any, publish: Any, notes: Any) -> DisplayRenderer:
        return DisplayRenderer(publish=publish, notes=notes)

    play(asked, ColumnsRenderer(asked.columns, make, publish=published))
    [_, first, second] = published.last[0]["text/html"].split("<section")
    assert [summaries(one)[0][:13] for one in (first, second)] == ['add(of="one")', 'add(of="two")']
    assert (">ONE</pre>" in first, ">TWO</pre>" in second) == (True, True)


def test_documents_have_them_folded() -> None:
    markdown = turn_markdown(turn())
    assert "<details><summary><code>add(a=2)</code> · 250 ms</summary>\n\n<pre>{\n" in markdown
    places = [markdown.find(one) for one in ("Let me see.", "add(a=2)", "look()", "It is **5**.")]
    assert places == sorted(places)
    assert summaries(turn_html(turn()))[0] == "add(a=2) · 250 ms"
    [output] = answer_outputs(turn().parts, {})
    assert "used the tool look() · failed" in output["data"]["text/plain"]


def test_the_footer_counts_them_and_says_where_it_ended() -> None:
    assert footer(turn()).endswith("2 tool calls")
    cut = turn(ROUNDS[:3], finish_reason="tool_calls")
    assert footer(cut).endswith("2 tool calls · cut off: tools were used as often as they may be")
    asks = turn(ROUNDS[:1], finish_reason="tool_calls")
    assert footer(asks).endswith("2 tool calls · asks for a tool")
    assert "tool" not in footer(turn(exchange([TextPart("a")])))


def test_an_answer_in_python_has_them() -> None:
    answer = Answer("It is 5.", parts=turn().parts)
    assert [call.name for call in answer.tool_calls] == ["add", "look"]
    assert [(one.id, one.is_error) for one in answer.tool_results] == [("1", False), ("2", True)]
    assert Answer("a").tool_calls == ()


def test_a_file_brings_them_with_a_yes_alone() -> None:
    [without] = admit([turn()], None, own=None, whole=False).turns
    assert paired(without.parts) == [TextPart("Let me see."), TextPart("\n\nIt is **5**.")]
    admission = admit([turn()], None, own=None, whole=True)
    assert {one.what for one in admission.withheld} == {
        "tool call",
        "tool result",
        "message with the role tool",
    }
    assert admission.turns[0].exchange == ROUNDS
