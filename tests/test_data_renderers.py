"""Data as they are shown: a table that grows, an object, JSON; with nothing in it alive."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

import pytest

from notebook_chat import Answer, Chat
from notebook_chat.answer import AnswerFold
from notebook_chat.conversation import Turn
from notebook_chat.conversation.turns import answered
from notebook_chat.errors import DataError
from notebook_chat.events import TextDelta
from notebook_chat.messages import Message
from notebook_chat.renderers import DataRenderer, DataTerminalRenderer
from notebook_chat.renderers.data import MOST_ROWS, plain_text, table_html
from notebook_chat.renderers.value import mimebundle
from notebook_chat.schemas import partial
from notebook_chat.text import fenced

from .fakes import parrot


class Coming:
    """Data that are still to come, unless there are some."""

    def __init__(self, value: Any = None, error: Exception | None = None) -> None:
        self.value = value
        self.error = error

    def partial(self, text: str) -> Any:
        return partial(text)


class Published:
    """What was published, in order."""

    def __init__(self) -> None:
        self.outputs: list[dict[str, Any]] = []

    def __call__(self, data: dict[str, Any], metadata: Any, *, transient: Any, update: bool) -> None:
        self.outputs.append(data)


def turn(text: str, status: Any = "complete") -> Turn:
    return Turn(Message("user", "Who?"), answered(text), status, model="parrot:grey", options={"schema": {}})


def played(pieces: Sequence[str], expected: Coming, **options: Any) -> list[dict[str, Any]]:
    """What a cell shows while an answer comes, and at its end, where it is whole."""
    published, fold = Published(), AnswerFold()
    renderer = DataRenderer(expected=expected, publish=published, **options)
    renderer.prepare()
    renderer._pace = type("Always", (), {"remaining": 0.0, "sent": lambda self, size: None})()
    for piece in pieces:
        fold.add([TextDelta(piece)])
        renderer.show(fold.snapshot())
    return published.outputs


def final(text: str, expected: Coming, status: Any = "complete", **options: Any) -> dict[str, Any]:
    published = Published()
    DataRenderer(expected=expected, publish=published, **options).finish(turn(text, status), None)
    return published.outputs[-1]


BROKEN = DataError("the answer is no JSON")


def test_a_table_grows_while_it_comes() -> None:
    pieces = ['[{"name": "An', 'n", "age": 3', '4}, {"name": "Bob"', "}]"]
    shown = [one["text/html"] for one in played(pieces, Coming(error=BROKEN))]
    assert "<td>An</td>" in shown[0]
    assert "<td>Ann</td><td>3</td>" in shown[1]
    assert "<td>Ann</td><td>34</td>" in shown[2]
    assert "<td>Bob</td><td></td>" in shown[2]


def test_the_end_is_a_table_of_the_values() -> None:
    rows = [{"name": "Ann", "ok": True, "more": {"a": [1]}}, {"name": None}]
    shown = final("raw", Coming(rows))
    assert "<th>name</th><th>ok</th><th>more</th>" in shown["text/html"]
    assert "<td>true</td>" in shown["text/html"]
    assert "{&quot;a&quot;: [1]}" in shown["text/html"]
    assert "<td>null</td>" in shown["text/html"]
    assert shown["text/plain"].splitlines()[:2] == ["name  ok    more", 'Ann   true  {"a": [1]}']
    assert "<tr><th>a</th><td>1</td></tr>" in final("raw", Coming({"a": 1}))["text/html"]
    assert "<pre" in final("raw", Coming([1, 2]))["text/html"]
    assert final("raw", Coming([1, 2]))["text/plain"] == "[\n  1,\n  2\n]"


def test_what_is_no_data_is_shown_as_it_was_written() -> None:
    shown = final("**Sure** <script>x</script>", Coming(error=BROKEN))
    assert "**Sure** &lt;script&gt;" in shown["text/html"]
    assert shown["text/plain"] == "**Sure** <script>x</script>"
    stopped = final('[{"name": "Ann"}, {"na', Coming(error=BROKEN), "stopped")
    assert "<td>Ann</td>" in stopped["text/html"]
    assert final("", Coming(error=BROKEN))["text/plain"] == ""


def test_as_json_and_as_markdown() -> None:
    rows = [{"name": "``` x"}]
    assert "<pre" in final("raw", Coming(rows), as_json=True)["text/html"]
    markdown = final("raw", Coming(rows), form="markdown", show_footer=False)["text/markdown"]
    assert markdown.startswith("````json\n[\n")
    assert "``` x" in markdown
    prose = final("# Sure", Coming(error=BROKEN), form="markdown", show_footer=False)["text/markdown"]
    assert prose.startswith("```\n# Sure\n```")


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><iframe src=javascript:alert(1)>',
    "[x](javascript:alert(1))",
    "&lt;b&gt;",
    "\x1b[2J\x07",
    "\u202eabc",
    "```\n</pre><script>",
    "\ud800",
    "</td></tr></table><h1>out",
]


@pytest.mark.parametrize("bad", HOSTILE)
def test_hostile_values_and_names_are_text(bad: str) -> None:
    for value in (
        [{bad: bad, "nested": [bad]}],
        {bad: bad},
        {bad: [{bad: bad}]},
        [bad],
        [[{"a": {bad: bad}}]],
    ):
        shown = final("raw", Coming(value))
        html = re.sub(
            r"</?(table|thead|tbody|tr|th|td|div|pre|code|span|style|b|i)\b[^<>]*>", "", shown["text/html"]
        )
        assert not re.search(r"<\s*[a-z/!]", html, re.IGNORECASE), html
        assert "\x1b" not in shown["text/html"] + shown["text/plain"]
        assert "\x07" not in shown["text/html"] + shown["text/plain"]
        (shown["text/html"] + shown["text/plain"]).encode()
        markdown = final("raw", Coming(value), form="markdown")["text/markdown"]
        fence = markdown.partition("json\n")[0]
        assert re.fullmatch("`{3,}", fence)
        assert markdown.count(f"\n{fence}\n") == 1
        assert "\x1b" not in plain_text(value)


def test_large_tables_are_cut_and_say_so() -> None:
    rows = [{"a": number} for number in range(MOST_ROWS + 5)]
    assert "… and 5 more rows" in table_html(rows)
    assert "… and 5 more rows" in plain_text(rows)
    assert "more columns" in table_html([{f"c{number}": 1 for number in range(150)}])
    long = table_html([{"a": "x" * 10_000}] * 500)
    assert len(long) < 300_000
    assert "more rows" in long
    assert fenced("````", "json").startswith("`````json\n")


def test_a_terminal_has_the_text_and_then_the_table() -> None:
    for value, expected in (([{"a": 1}], '[{"a": 1}]\n\na\n1\n'), ({"a": 1}, '[{"a": 1}]\n')):
        out = io.StringIO()
        renderer = DataTerminalRenderer(out=out, expected=Coming(value), show_footer=False)
        renderer.finish(turn('[{"a": 1}]'), None)
        assert out.getvalue() == expected
    out = io.StringIO()
    renderer = DataTerminalRenderer(
        out=out, expected=Coming([{"\x1b[2J": "\x1b]0;x\x07"}]), show_footer=False
    )
    renderer.finish(turn("[]"), None)
    assert "\x1b" not in out.getvalue()


def test_an_answer_as_a_value_is_its_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notebook_chat.renderers.value._in_terminal", lambda: False)
    answer = Chat(provider=parrot(['[{"name": "Ann", "age": 3}]'])).ask("Who?", schema="[name, age int]")
    shown = mimebundle(answer)
    assert "<td>Ann</td><td>3</td>" in shown["text/html"]
    assert shown["text/plain"] == "name  age\nAnn   3"
    assert "<table" not in mimebundle(Answer('[{"a": 1}]'))["text/html"]
