"""What goes out with a prompt that is written in a panel: values, files, cells, an error; and what its reader can look
up. In a real shell, whose session the panel belongs to."""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from notebook_chat import Chat
from notebook_chat.conversation import Conversation
from notebook_chat.parts import FilePart
from notebook_chat.session import session_of

from ..fakes import parrot
from ..servers import Answer
from ..servers.fixtures import ServerFactory
from ..test_magics import provider, shared_shell, shell
from .windows import GIF, PNG, OpenWindow, Window, heard, repeating

__all__ = ["provider", "shared_shell", "shell"]  # fixtures

CSV = b"city,people\nRome,2748109\nOslo,709037\n"
SECRET = "ghp_" + "R7s2Kd9Qx4Lm1Vb8Zt3Np6Wf0Hj5Yc2Ga1Ue"


class Table:
    """A value of many lines, with a property that must not run."""

    def __init__(self, word: str) -> None:
        self.word = word

    def _ai_repr_(self) -> str:
        return f"a table\nof {self.word}"

    @property
    def total(self) -> int:
        raise AssertionError("it ran")


class Slow:
    """A value whose own words never come."""

    def _ai_repr_(self) -> str:
        threading.Event().wait()
        return ""


@pytest.fixture
def variables(shell: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The notebook's variables, in a kernel without errors and cells."""
    for name in ("last_value", "last_type", "last_traceback", "last_exc"):
        monkeypatch.delattr(sys, name, raising=False)
    shell.reset()
    yield shell.user_ns
    shell.reset()
    for name in ("last_value", "last_type", "last_traceback", "last_exc"):
        if hasattr(sys, name):
            delattr(sys, name)


@pytest.fixture
def shown(window: OpenWindow, variables: dict[str, Any]) -> Window:
    """A window on the notebook's conversation."""
    variables |= {"word": "good {morning}", "morning": "no", "table": Table("one")}
    return window(chat=Chat("parrot:grey", conversation="default"))


def settled(shown: Window, provider: Any, asked: int) -> Window:
    """Waits until as many prompts were asked and answered, and the view shows what there is."""
    return shown.until(
        lambda: (
            len(provider.requests) == asked
            and not (shown.busy or shown.conversation.busy)
            and shown.conversation.turns  # where an answer is put just after it has ended
            and shown.view.order == [turn.id for turn in shown.conversation.turns]
            and all(shown.answers)
        )
    )


# --- values


def test_a_value_goes_along_and_the_view_is_told(shown: Window, provider: Any) -> None:
    shown.act("send", text='Translate "{word}".')
    shown.shows('You said: Translate "good {morning}".')
    assert heard(provider)[-1] == ['user: Translate "good {morning}".']
    assert (shown.view.last.prompt, shown.view.last.along) == (
        'Translate "{word}".',
        "with word (14 characters)",
    )
    assert shown.notices == []


def test_without_a_session_values_are_there_too(window: OpenWindow, shared_shell: Any) -> None:
    asked = repeating()
    shown = window(asked)
    shared_shell.user_ns["morning"] = "no"
    try:
        shown.act("send", text="Say {morning}.")
        shown.shows("re Say no.")
    finally:
        del shared_shell.user_ns["morning"]


def test_without_a_shell_braces_mean_nothing(window: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notebook_chat.panel.requests.namespace", lambda: None)
    shown = window()
    shown.act("send", text="Say {morning}.")
    shown.shows("re Say {morning}.")
    first = shown.view.order
    shown.act("regenerate", turn=first[0])
    shown.until(lambda: shown.view.order != first and shown.answers == ["re Say {morning}."])


def test_a_value_that_hangs_or_belongs_to_a_thread_stops_nothing(
    shown: Window, variables: dict[str, Any], provider: Any
) -> None:
    variables |= {"slow": Slow(), "connection": sqlite3.connect(":memory:")}
    shown.act("send", text="What are {slow} and {connection}?")
    settled(shown, provider, 1)
    assert "SQLite database" in heard(provider)[-1][-1]
    assert "slow" in shown.view.last.along
    assert "connection (tables not read)" in shown.view.last.along
    assert shown.notices == []
    variables["connection"].close()


def test_a_turn_asked_again_has_the_values_of_now(
    shown: Window, variables: dict[str, Any], provider: Any
) -> None:
    shown.act("send", PNG, text="Look at {table} and {word}.")
    settled(shown, provider, 1)
    variables |= {"table": Table("two"), "word": "bye"}
    shown.act("regenerate", turn=shown.view.order[0])
    settled(shown, provider, 2)
    [message] = provider.requests[-1]
    assert message.text.startswith("Look at `table` and bye.\n\n")
    assert "of two" in message.text
    assert "of one" not in message.text
    assert [type(part).__name__ for part in message.parts] == ["TextPart", "ImagePart"]
    shown.until(lambda: shown.view.last.prompt == "Look at {table} and {word}.")
    assert shown.view.last.images == [("image/png", PNG)]


def test_what_named_nothing_may_name_a_value_the_second_time(
    shown: Window, variables: dict[str, Any], provider: Any
) -> None:
    shown.act("send", text="Say {later}.")
    shown.shows("You said: Say {later}.")
    variables["later"] = "now"
    shown.act("regenerate", turn=shown.view.order[0])
    shown.shows("You said: Say now.")
    assert shown.view.last.along == "with later (3 characters)"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("%%chat --raw\nSay {word}.", "Say {word}."),
        ("%%chat -f code\nSay {word}.", "Say good {morning}.\n\nAnswer with one block of code"),
    ],
    ids=["raw", "with more than was typed"],
)
def test_a_cells_turn_that_was_made_otherwise_goes_out_as_it_did(
    shell: Any, shown: Window, variables: dict[str, Any], provider: Any, cell: str, text: str
) -> None:
    shell.run_cell(cell)
    settled(shown, provider, 1)
    before = shown.conversation.turns[0]
    variables["word"] = "bye"
    shown.act("regenerate", turn=before.id)
    settled(shown, provider, 2)
    assert provider.requests[1] == provider.requests[0]
    assert provider.requests[1][-1].text.startswith(text)
    [after] = shown.conversation.turns
    assert (after.typed, after.included, after.layout) == (before.typed, before.included, before.layout)


# --- files


def test_a_file_goes_along(shown: Window, provider: Any) -> None:
    shown.act("send", CSV, PNG, text="Which is larger?", names=["cities.csv", "dot.png"])
    settled(shown, provider, 1)
    [message] = provider.requests[-1]
    assert [type(part).__name__ for part in message.parts] == ["TextPart", "ImagePart"]
    assert message.text.startswith("File cities.csv (2 × 2")
    assert message.text.endswith("\n\nWhich is larger?")
    assert "Rome,2748109" in message.text
    assert shown.view.last.prompt == "Which is larger?"
    assert shown.view.last.along.startswith("with cities.csv (2 × 2")
    assert shown.view.last.images == [("image/png", PNG)]


@pytest.mark.parametrize("name", ["", "a\n\ud800b\x1b[31m" + "x" * 3000, "../../etc/passwd", "`a`"])
def test_a_files_name_may_be_anything(shown: Window, provider: Any, name: str) -> None:
    shown.act("send", b"text", text="What is it?", names=[name])
    settled(shown, provider, 1)
    assert "\n" not in shown.view.last.along
    assert "\x1b" not in shown.view.last.along
    assert len(shown.view.last.along) < 300


def test_a_file_without_a_name_goes_along(shown: Window, provider: Any) -> None:
    shown.act("send", b"text", text="What is it?")
    settled(shown, provider, 1)
    assert "unnamed-1" in shown.view.last.along


def test_a_refused_file_gives_all_of_it_back(shown: Window, provider: Any) -> None:
    act = shown.act("send", CSV, b"%PDF-1.7\n%%EOF", text="Read it.", names=["a.csv", "b.pdf"])
    shown.told_of(act)
    assert "b.pdf is not sent: parrot:grey takes no PDF" in shown.notices[-1]["text"]
    assert provider.requests == []


def test_a_document_goes_along_and_stays_when_the_text_is_edited(shown: Window, provider: Any) -> None:
    provider.takes_files = frozenset({"application/pdf"})
    document = FilePart(b"%PDF-1.7\n%%EOF", "application/pdf", "b.pdf")
    shown.act("send", document.data, text="Read it.", names=["b.pdf"])
    settled(shown, provider, 1)
    assert shown.view.last.along == "with b.pdf (PDF, 14 bytes)"
    turn = shown.view.order[0]
    shown.act("send", text="Read it again.", edits=turn)
    settled(shown, provider, 2)
    shown.act("regenerate", turn=shown.view.order[0])
    settled(shown, provider, 3)
    assert [request[-1].parts[1] for request in provider.requests] == [document] * 3
    assert [request[-1].parts[-1].text for request in provider.requests] == [
        "Read it.",
        "Read it again.",
        "Read it again.",
    ]
    provider.takes_files = frozenset()
    shown.act("regenerate", turn=shown.view.order[0])
    shown.told("parrot:grey takes no PDF. Ask a model of anthropic")


def test_a_turn_with_a_file_is_asked_again_with_it(
    shown: Window, variables: dict[str, Any], provider: Any
) -> None:
    shown.act("send", CSV, GIF, text="Compare with {table}: {word}", names=["a.csv", "b.gif"])
    settled(shown, provider, 1)
    along = shown.view.last.along
    variables["word"] = "bye"
    for count in (2, 3):
        shown.act("regenerate", turn=shown.view.order[0])
        settled(shown, provider, count)
        [first], [again] = provider.requests[0], provider.requests[-1]
        assert again.text == first.text.replace("good {morning}", "bye")
        assert again.parts[1:] == first.parts[1:]
    shown.until(lambda: shown.view.last.along == along.replace("14 characters", "3 characters"))


def test_an_edited_prompt_keeps_its_files_and_images_and_names_values_anew(
    shown: Window, variables: dict[str, Any], provider: Any
) -> None:
    shown.act("send", CSV, GIF, text="Compare with {table}.", names=["a.csv", "b.gif"])
    settled(shown, provider, 1)
    file = provider.requests[0][0].text.partition("\n\nCompare")[0]
    variables["table"] = Table("two")
    shown.act("send", b"more", PNG, text="Only {word}?", names=["c.txt", "d.png"], edits=shown.view.order[0])
    settled(shown, provider, 2)
    [message] = provider.requests[1]
    assert message.text.endswith("\n\nOnly good {morning}?")
    assert file in message.text
    assert "File c.txt" in message.text
    assert "a table" not in message.text
    shown.until(lambda: shown.view.last.prompt == "Only {word}?")
    assert shown.view.last.images == [("image/gif", GIF), ("image/png", PNG)]
    assert [name in shown.view.last.along for name in ("a.csv", "c.txt", "word", "table")] == [True] * 3 + [
        False
    ]
    assert shown.notices == []
    shown.act("send", text="And now?", edits=shown.view.order[0])
    settled(shown, provider, 3)
    assert file in provider.requests[2][0].text
    assert "File c.txt" in provider.requests[2][0].text
    assert provider.requests[2][0].text.endswith("\n\nAnd now?")


def test_an_edited_prompt_says_what_it_cannot_keep(shown: Window, shell: Any, provider: Any) -> None:
    shell.run_line_magic("config", "ChatMagics.secrets = 'redact'")
    shown.act("send", CSV, text=f"Use {SECRET}.", names=["a.csv"])
    shown.told("redacted: GitHub token")
    settled(shown, provider, 1)
    assert SECRET not in str(provider.requests)
    shown.act("send", text="Without it.", edits=shown.view.order[0])
    settled(shown, provider, 2)
    assert provider.requests[1][0].text == "Without it."
    shown.told("without a.csv: give it anew")


def test_a_cells_files_are_kept_too(shell: Any, shown: Window, provider: Any, tmp_path: Any) -> None:
    (tmp_path / "a.csv").write_bytes(CSV)
    shell.run_cell(f"%%chat -a {tmp_path / 'a.csv'}\nWhich?")
    settled(shown, provider, 1)
    shown.act("send", text="Which one?", edits=shown.view.order[0])
    settled(shown, provider, 2)
    first, second = (request[-1].text for request in provider.requests)
    assert second == first.replace("Which?", "Which one?")
    assert "Rome" in second


# --- cells


def test_cells_go_along_as_the_setting_says(shell: Any, shown: Window, provider: Any) -> None:
    for cell in ("first = 1", "second = 2", "print('third')"):
        shell.run_cell(cell, store_history=True)
    shell.run_line_magic("config", "ChatMagics.cells = 2")
    shown.act("send", text="What did I do?")
    settled(shown, provider, 1)
    sent = provider.requests[-1][-1].text
    assert "second = 2" in sent
    assert "print('third')" in sent
    assert "first = 1" not in sent
    assert sent.endswith("\n\nWhat did I do?")
    assert "In[" in shown.view.last.along
    shell.run_cell("fourth = 4", store_history=True)
    shown.act("regenerate", turn=shown.view.order[0])
    settled(shown, provider, 2)
    assert provider.requests[1] == provider.requests[0]


def test_cells_do_not_go_along_with_a_conversation_of_ones_own(
    shell: Any, window: OpenWindow, variables: dict[str, Any]
) -> None:
    shell.run_cell("first = 1", store_history=True)
    shell.run_line_magic("config", "ChatMagics.cells = 2")
    shown = window(repeating())
    shown.act("send", text="What did I do?")
    shown.shows("re What did I do?")


# --- secrets


def test_a_secret_is_refused_and_the_prompt_comes_back(
    shell: Any, window: OpenWindow, variables: dict[str, Any], provider: Any
) -> None:
    variables["token"] = SECRET
    shell.run_line_magic("chat", "panel")
    own = Chat("parrot:grey", conversation=Conversation("own"))
    for chat in (Chat("parrot:grey", conversation="default"), next(iter(panels(shell))).chat, own):
        shown = window(chat=chat)
        for text, files in ((f"Use {SECRET}.", ()), ("Use {token}.", ()), ("Use it.", (SECRET.encode(),))):
            act = shown.act("send", *files, text=text, names=["a.txt"] * len(files))
            shown.told_of(act)
            assert "nothing was sent" in shown.notices[-1]["text"]
            assert SECRET not in str(shown.messages)
    assert provider.requests == []


def test_a_chat_that_was_told_to_sends_secrets(window: OpenWindow, variables: Any, provider: Any) -> None:
    shown = window(chat=Chat("parrot:grey", secrets="send"))
    shown.act("send", text=f"Use {SECRET}.")
    settled(shown, provider, 1)
    assert SECRET in provider.requests[0][0].text


def panels(shell: Any) -> Any:
    """The panels that the notebook shows."""
    [ours] = [one for one in shell.configurables if type(one).__name__ == "ChatMagics"]
    return ours.panels._panels.values()


# --- names of values


def test_the_names_of_values_are_offered_as_in_cells(shown: Window, variables: dict[str, Any]) -> None:
    variables |= {"rows": {"north": 1, "south": 2}, "tab\ud800": 1}
    for text, names in (
        ("Look at {ta", ["table"]),
        ("Look at $`ta", ["table"]),
        ("Look at {table.", ["table.word"]),
        ('Look at {rows["n', ['rows["north"]']),
        ("```\n{ta", []),
        ("nothing", []),
        ("{" * 5000, []),
    ):
        act = shown.act("complete", text=text)
        shown.until(lambda act=act: act in shown.view.completions)
        assert shown.view.completions[act] == names
    assert shown.view.acks == []


def test_few_names_are_offered_and_a_notice_stays(shown: Window, variables: dict[str, Any]) -> None:
    variables |= {f"many_{number}": number for number in range(1000)}
    shown.act("clear")
    shown.told("Nothing to clear.")
    act = shown.act("complete", text="{many")
    shown.until(lambda: act in shown.view.completions)
    assert len(shown.view.completions[act]) == 50
    assert shown.notice is not None


def test_writing_makes_the_panel_forget_nothing_that_was_done(shown: Window, provider: Any) -> None:
    shown.tell("send", act="one", text="a")
    shown.shows("You said: a")
    for _ in range(300):
        shown.act("complete", text="{x")
    shown.tell("send", act="one", text="a")
    shown.act("send", text="b")
    shown.shows("You said: a", "You said: b")


# --- what went out


def test_what_went_out_is_shown(window: OpenWindow, vendor_server: ServerFactory, variables: Any) -> None:
    server = vendor_server("openai_chat", Answer("Hello"))
    variables["word"] = "good"
    shown = window(chat=Chat("openai:m", base_url=server.base_url, api_key="sk-planted-0123456789abcdef"))
    shown.act("send", text="Say {word}.")
    shown.shows("Hello")
    shown.act("sent", turn=shown.view.order[0])
    shown.until(lambda: shown.view.sent)
    text = shown.view.sent[shown.view.order[0]]
    assert "Say good." in text
    assert f"[body, {len(server.requests[0].body):,} bytes]" in text
    assert server.requests[0].body.decode() in text
    assert "planted" not in str(shown.messages)


def test_what_went_out_with_a_turn_of_before_is_not_known(window: OpenWindow) -> None:
    chat = Chat(provider=parrot(), conversation=Conversation("talk"))
    chat.ask("a")
    shown = window(chat=chat)
    act = shown.act("sent", turn=shown.view.order[0])
    shown.told_of(act)
    assert "is not known any more" in shown.notices[-1]["text"]
    shown.act("sent", turn="nobody")
    shown.told("is not known any more")


# --- an error


def test_an_error_is_asked_about(shell: Any, shown: Window, provider: Any) -> None:
    shown.act("fix")
    notice = shown.told("There is no error to fix")
    assert not notice["error"]
    shell.run_cell("rate = 3\nrate / 0", store_history=True)
    shown.act("fix")
    settled(shown, provider, 1)
    sent = provider.requests[-1][-1].text
    assert "rate / 0" in sent
    assert "ZeroDivisionError" in sent
    assert "rate" in sent
    assert shown.view.last.prompt.startswith("Fix the error of In[")
    assert "the error of In[" in shown.view.last.along
    shown.act("regenerate", turn=shown.view.order[0])
    settled(shown, provider, 2)
    assert provider.requests[1] == provider.requests[0]
    shown.act("send", text="Why only in this case?", edits=shown.view.order[0])
    settled(shown, provider, 3)
    assert provider.requests[2][-1].text.endswith("\n\nWhy only in this case?")
    assert "ZeroDivisionError" in provider.requests[2][-1].text


def test_the_same_goes_out_as_with_the_magic(shell: Any, shown: Window, provider: Any) -> None:
    shell.run_cell("rate = 3\nrate / 0", store_history=True)
    shell.run_line_magic("chat", "fix -c other")
    shown.act("fix")
    settled(shown, provider, 2)
    assert provider.requests[1] == provider.requests[0]


def test_an_error_that_may_be_over_is_told(shell: Any, shown: Window) -> None:
    shell.user_ns["rate"] = 0
    shell.run_cell("1 / rate", store_history=True)
    shell.user_ns["rate"] = 1
    shell.run_cell("1 / rate", store_history=True)
    shown.act("fix")
    shown.told("its error may be over")


def test_without_a_session_no_error_is_known(window: OpenWindow, shared_shell: Any) -> None:
    assert session_of(shared_shell) is None
    shown = window()
    act = shown.act("fix")
    shown.told_of(act)
    assert "%load_ext notebook_chat" in shown.notices[-1]["text"]
