"""An answer as a value that is shown: safe HTML in notebooks, its text in terminals."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from notebook_chat import Answer
from notebook_chat.conversation import Conversation
from notebook_chat.magics.shown_answers import ShownAnswers
from notebook_chat.messages import ReasoningPart, SourcePart, TextPart

from .test_magics import provider, run, shared_shell, shell

__all__ = ["provider", "shared_shell", "shell"]  # fixtures

TEXT = "**bold** <script>alert(1)</script>\n\n- one"


def shown(answer: Answer) -> dict[str, str]:
    return answer._repr_mimebundle_()


@pytest.fixture
def no_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a notebook that is not a terminal of IPython."""
    monkeypatch.setattr("IPython.get_ipython", lambda: None)


@pytest.mark.usefixtures("no_shell")
def test_it_is_shown_as_safe_html() -> None:
    bundle = shown(Answer(TEXT, model="parrot:grey"))
    assert bundle["text/plain"] == TEXT
    assert "<strong>bold</strong>" in bundle["text/html"]
    assert "<script" not in bundle["text/html"]
    assert "parrot:grey" not in bundle["text/html"]


@pytest.mark.usefixtures("no_shell")
def test_what_came_with_it_is_shown_too() -> None:
    parts = (ReasoningPart("<b>hm</b>"), TextPart("yes"), SourcePart("https://example.com", "Example"))
    bundle = shown(Answer("yes", model="parrot:grey", finish_reason="length", parts=parts))
    assert "&lt;b&gt;hm&lt;/b&gt;" in bundle["text/html"]
    assert "Example" in bundle["text/html"]
    assert "cut off at the token limit" in bundle["text/html"]
    assert bundle["text/plain"].startswith("yes\n[1] Example — https://example.com")


@pytest.mark.usefixtures("no_shell")
@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_one_says_so(text: str) -> None:
    assert "the model gave no text" in shown(Answer(text))["text/html"]


@pytest.mark.usefixtures("no_shell")
def test_copies_are_shown_alike_and_what_is_made_of_it_is_a_text() -> None:
    answer = Answer(TEXT)
    for same in (copy.deepcopy(answer), pickle.loads(pickle.dumps(answer))):
        assert shown(same) == shown(answer)
    assert repr(answer) == repr(TEXT)
    assert f"{answer!r} {answer}" == f"{TEXT!r} {TEXT}"
    assert type(answer.upper()) is type(answer[1:]) is type(answer + "") is str
    assert {answer: 1} == {TEXT: 1}


@pytest.mark.usefixtures("no_shell")
def test_half_of_a_character_can_be_shown() -> None:
    assert shown(Answer("a\ud83d"))["text/plain"] == "a\ufffd"


def test_a_terminal_shows_its_text(shell: InteractiveShell, capsys: Any) -> None:
    shell.user_ns["answer"] = Answer("one\n**two** \x1b[2J")
    out, fine = run(shell, capsys, "answer")
    assert fine
    assert out.partition("]:")[2].strip() == "one\n**two** ␛[2J"
    assert run(shell, capsys, "[answer]")[0].rstrip().endswith("]: ['one\\n**two** \\x1b[2J']")
    assert run(shell, capsys, "print(answer)")[0] == "one\n**two** \x1b[2J\n"


def test_nothing_is_loaded_before_one_is_shown() -> None:
    code = (
        "import sys\nfrom notebook_chat import Answer\nanswer = Answer('x')\n"
        "assert not [name for name in sys.modules if 'renderers' in name or 'markup' in name]\n"
        "assert '<p>x</p>' in answer._repr_mimebundle_()['text/html']"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_images_of_a_deleted_conversation_leave_the_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    published: list[tuple[str, dict[str, str]]] = []

    def publish(data: dict[str, str], metadata: object, *, transient: dict[str, str], update: bool) -> None:
        assert update
        published.append((transient["display_id"], data))

    monkeypatch.setattr("IPython.display.publish_display_data", publish)
    answers, conversation = ShownAnswers(), Conversation()
    answers.note(conversation, "turn", "text", "image", "sound")
    assert answers.take_back(conversation.id) == {"turn"}
    assert [id for id, _ in published] == ["text", "image", "sound"]
    assert [data for _, data in published[1:]] == [{"text/plain": ""}] * 2
