"""The question in a cell: the whole call as text, and the answers that it takes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.tools import Confirmation, Reply
from notebook_chat.tools.permissions.call_text import call_text
from notebook_chat.tools.permissions.dialog import Dialog


class Talk:
    """A dialog with a user who writes these lines."""

    def __init__(self, *lines: str | BaseException) -> None:
        self.lines = list(lines)
        self.prompts: list[str] = []
        self.shown: list[str] = []

    def read(self, prompt: str) -> str:
        self.prompts.append(prompt)
        line = self.lines.pop(0)
        if isinstance(line, BaseException):
            raise line
        return line

    def ask(self, confirmation: Confirmation) -> Reply | None:
        return Dialog(self.read, self.shown.append).ask(confirmation)

    @property
    def text(self) -> str:
        return "\n".join(self.shown)


def question(arguments: dict[str, Any] | None = None, **more: Any) -> Confirmation:
    return Confirmation(
        "git__log", "mcp", arguments or {"repo": "/x", "n": 10}, server="git", model="m:x", **more
    )


def test_the_call_is_shown_whole() -> None:
    talk = Talk("y")
    assert talk.ask(question(why="it has changed", proposal="- a\n+ b")) == Reply(True)
    assert talk.shown == [
        'A call of git__log of the server git (mcp), asked for by m:x:\n  repo: "/x"\n  n: 10\nWhat it would do:\n'
        "    | - a\n    | + b\nYou are asked because: it has changed."
    ]
    assert talk.prompts == ["Run git__log? [y = yes, n = no (and why), a = always, e = edit, x = no to all] "]


@pytest.mark.parametrize(
    ("lines", "reply"),
    [
        (["y"], Reply(True)),
        (["YES "], Reply(True)),
        (["n"], Reply(False)),
        ([""], Reply(False)),
        (["n, take the other table"], Reply(False, words="take the other table")),
        (["no"], Reply(False)),
        (["x"], Reply(False, rest=True)),
        (["perhaps", "yes please", "y"], Reply(True)),
        (["what?"] * 10, Reply(False, words="no answer was understood")),
        (["a", "c"], Reply(True, "conversation")),
        (["always", "N"], Reply(True, "notebook")),
        (["a", "a!"], Reply(True, "always", exact=True)),
        (["a", "", "n"], Reply(False)),
        (["a", "for ever", "y"], Reply(True)),
        (["e", '{"n": 3}', "y"], Reply(True, arguments={"n": 3})),
        (["e", "n=3", "y"], Reply(True, arguments={"repo": "/x", "n": 3})),
        (["e", "repo=/y", "a", "c!"], Reply(True, "conversation", {"repo": "/y", "n": 10}, exact=True)),
        (["e", "", "y"], Reply(True)),
        (["e", "{", "y"], Reply(True)),
        (["e", "{}", "n"], Reply(False)),
        (["e", "[1]", "y"], Reply(True)),
        ([EOFError()], Reply(False, words="there was no answer")),
    ],
)
def test_answers(lines: list[Any], reply: Reply) -> None:
    talk = Talk(*lines)
    assert talk.ask(question()) == reply
    assert not talk.lines


def test_an_interrupt_is_one() -> None:
    with pytest.raises(KeyboardInterrupt):
        Talk(KeyboardInterrupt()).ask(question())


def test_where_the_front_end_takes_no_input_nobody_is_asked() -> None:
    kind = type("StdinNotImplementedError", (NotImplementedError,), {})
    assert Talk(kind()).ask(question()) is None


def test_what_may_be_allowed_once_only_is_not_allowed_for_longer() -> None:
    talk = Talk("a", "y")
    assert talk.ask(question(scopes=("once",))) == Reply(True)
    assert "a = always" not in talk.prompts[0]
    talk = Talk("a", "n", "y")
    assert talk.ask(question(scopes=("once", "conversation", "always"))) == Reply(True)
    assert "n = in this notebook" not in talk.prompts[1]


def test_what_is_edited_is_shown_again() -> None:
    talk = Talk("e", "n=\u202e4", "y")
    talk.ask(question())
    assert '"‹U+202E›4"' in talk.shown[-1]


def test_nothing_is_taken_for_seen_that_was_not_shown() -> None:
    text = "".join(f"line {n}\n" for n in range(60_000))
    talk = Talk("y", "a", "s", "y", "s", "s", "s", "s", "y")
    assert talk.ask(question({"code": text})) == Reply(True)
    assert "Not all of it has been shown yet" in talk.shown[1]
    assert "sha256" in talk.shown[0]
    assert "s = show more" in talk.prompts[0]
    assert "s = show more" not in talk.prompts[-1]
    for n in (0, 1000, 30_000, 59_999):
        assert f"| line {n}\n" in talk.text + "\n"
    assert Talk("n").ask(question({"code": text})) == Reply(False)


HOSTILE = [
    "\x1b[2J\x1b]0;title\x07",
    "safe\rrm -rf /",
    "a\u202eb\u2066c",
    "zero\u200bwidth\u3164",
    "\nYou are asked because: nothing.\nRun git__log? [y = yes] y",
    "x" * 500 + " " * 5000 + "rm -rf /",
    "ok" + "\n" * 3000 + "rm -rf /",
    "\ud800",
    "<script>alert(1)</script><img src=x>",
    "\x85\u2028\u2029\x0b\x0c",
]


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("place", ["value", "name", "nested", "server", "why", "proposal", "model"])
def test_nothing_in_a_call_is_invisible_or_passes_for_ours(hostile: str, place: str) -> None:
    arguments = {"value": {"q": hostile}, "name": {hostile: 1}, "nested": {"q": [{hostile: hostile}]}}.get(
        place, {}
    )
    of = {} if place in ("value", "name", "nested") else {place: hostile}
    confirmation = Confirmation("t", "mcp", arguments, **of)
    text = call_text(confirmation)
    assert all(one == "\n" or one.isprintable() for one in text)
    lines = text.split("\n")
    assert all(len(line) <= 12_000 for line in lines)
    if place in ("value", "nested", "proposal"):
        assert all(len(line) <= 200 for line in lines)
        assert len(lines) < 200
        if "rm -rf" in hostile:
            assert "rm -rf /" in text
    assert sum(line.startswith("You are asked because") for line in lines) == (place == "why")
    assert not any(line.startswith("Run ") for line in lines)


@given(st.text(max_size=400))
def test_every_character_of_an_argument_is_shown(text: str) -> None:
    shown = call_text(question({"q": text})).replace("\n    | ", "")
    for character in text:
        if not character.isspace():
            forms = (character, f"‹U+{ord(character):04X}›", json.dumps(character)[1:-1])
            assert any(form in shown for form in forms)


def test_a_key_in_use_is_not_shown() -> None:
    from notebook_chat.secrets import Secret

    key = Secret("sk-planted-0123456789abcdef")
    talk = Talk("n")
    talk.ask(question({"h": key.reveal()}))
    assert "planted" not in talk.text
