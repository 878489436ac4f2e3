"""What becomes of secrets before a prompt goes out: in Python, in cells, in the panel."""

from __future__ import annotations

import asyncio
import builtins
import threading
from typing import Any

import pytest

from notebook_chat import Chat
from notebook_chat.composition import Composed
from notebook_chat.conversation import Conversation
from notebook_chat.errors import ConfigurationError, InvalidOptionError
from notebook_chat.messages import FilePart, Message, TextPart
from notebook_chat.prompt import Extra
from notebook_chat.prompt.secrets.disclosure import Disclosure, Words

from .fakes import parrot
from .prompt.planted_keys import FORMATS, Keys
from .test_magics import notebook, provider, run, shared_shell, shell

__all__ = ["provider", "shared_shell", "shell"]  # fixtures

TOKEN = FORMATS["GitHub"](Keys(1))
OTHER = FORMATS["Stripe"](Keys(2))


def texts(provider: Any) -> str:
    """All that a provider was asked."""
    return repr([[message.to_dict() for message in request] for request in provider.requests])


# --- in Python


def test_a_program_is_trusted_unless_it_says_otherwise() -> None:
    provider = parrot()
    Chat(provider=provider).ask(f"a {TOKEN}")
    assert TOKEN in texts(provider)


def test_it_is_refused() -> None:
    provider = parrot()
    chat = Chat(provider=provider, secrets="refuse")
    for ask in (
        lambda: chat.ask(f"a {TOKEN}"),
        lambda: list(chat.stream(f"a {TOKEN}")),
        lambda: asyncio.run(chat.ask_async(f"a {TOKEN}")),
        lambda: chat.ask("hi", system=f"s {TOKEN}"),
        lambda: chat.ask(Message("user", (TextPart("hi"), TextPart(TOKEN)))),
        lambda: chat.ask(Message("user", (TextPart("hi"), FilePart(TOKEN.encode(), "text/plain", "x.txt")))),
        lambda: Chat(provider=provider, secrets="refuse", system=TOKEN).ask("hi"),
    ):
        with pytest.raises(ConfigurationError, match="GitHub token") as caught:
            ask()
        assert TOKEN not in str(caught.value)
        assert 'secrets="redact"' in str(caught.value)
    assert provider.requests == []
    assert len(chat.conversation) == 0


def test_it_is_replaced_and_the_turn_has_what_was_sent() -> None:
    provider = parrot()
    chat = Chat(provider=provider, secrets="redact", system=f"s {TOKEN}")
    reply = chat.reply(f"a {TOKEN} b")
    asyncio.run(_whole(reply))
    assert [message.text for message in provider.requests[0]] == [
        "s [redacted GitHub token]",
        "a [redacted GitHub token] b",
    ]
    assert reply.notes == ["redacted: GitHub token (in the system prompt)"]
    chat.ask("more")
    assert TOKEN not in texts(provider)
    assert TOKEN not in repr(chat.conversation.to_dict()["turns"])


async def _whole(reply: Any) -> None:
    async for _ in reply.batches():
        pass


def test_parts_and_extras_are_replaced_too() -> None:
    message = Message("user", (TextPart(f"a {TOKEN}"), FilePart(f"b {OTHER}".encode(), "text/csv", "x.csv")))
    words = Words(message, f"a {{key}} {TOKEN}", None, (Extra("df", (TextPart(f"b {OTHER}"),)),))
    assert [one.told for one in words.found()] == ["GitHub token (in the prompt)", "Stripe key (from df)"]
    assert TOKEN not in repr(words.found())
    redacted = words.redacted()
    assert redacted.message.parts[1].data == b"b [redacted Stripe key]"  # type: ignore[union-attr]
    assert redacted.typed == "a {key} [redacted GitHub token]"
    inline = Words(Message("user", f"a {TOKEN}"), "a {key}", None, (Extra("key", ()),))
    assert [one.source for one in inline.found()] == ["from key"]


def test_a_value_that_is_filled_in_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def compose(prompt: str, ingredients: Any) -> Composed:
        extra = Extra("df", (TextPart(f"df: {TOKEN}"),))
        return Composed(Message("user", f"{prompt}\n\ndf: {TOKEN}"), prompt, (extra,))

    monkeypatch.setattr("notebook_chat.chat.compose", compose)
    with pytest.raises(ConfigurationError, match=r"GitHub token \(from df\)"):
        Chat(provider=parrot(), secrets="refuse").ask("what is in {df}?", values={"df": TOKEN})


def test_what_was_sent_once_is_not_looked_at_again() -> None:
    provider = parrot()
    conversation = Conversation()
    Chat(provider=provider, conversation=conversation).ask(f"a {TOKEN}")
    chat = Chat(provider=provider, conversation=conversation, secrets="refuse")
    chat.ask("go on")
    chat.ask(f"a {TOKEN}", replaces=conversation.turns[0].id)
    with pytest.raises(ConfigurationError, match="Stripe"):
        chat.ask(f"a {TOKEN} {OTHER}")


def test_a_preview_asks_nobody_and_tells() -> None:
    chat = Chat(provider=parrot(), secrets="refuse")
    preview = chat.preview(f"a {TOKEN}")
    assert preview.messages[0].text == f"a {TOKEN}"
    assert any("it is refused: GitHub token (in the prompt)" in note for note in preview.notes)
    preview = Chat(provider=parrot(), secrets="redact").preview(f"a {TOKEN}")
    assert preview.messages[0].text == "a [redacted GitHub token]"
    with pytest.raises(ConfigurationError):
        chat.preview(f"a {TOKEN}", count=True)  # for which it would be sent


@pytest.mark.parametrize("wrong", ["ask", "yes", 1, True, ["redact"]])
def test_another_word_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidOptionError, match="'send', 'redact' or 'refuse'"):
        Chat(provider=parrot(), secrets=wrong)


def test_only_the_main_thread_can_ask() -> None:
    asked: list[str] = []

    def ask(question: str) -> Any:
        asked.append(question)
        return "send"

    looks = Disclosure(lambda: "ask", ask=ask, advice="")
    words = Words(Message("user", TOKEN))
    failures: list[Exception] = []

    def work() -> None:
        try:
            looks.review(words)
        except ConfigurationError as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert failures
    assert asked == []
    assert looks.review(words) == (words, ())
    assert looks.review(words) == (words, ())
    assert len(asked) == 1, "a yes holds"
    assert TOKEN not in asked[0]


# --- in cells


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the user answers, and what was asked."""
    said: list[str] = []

    def answer(question: str = "") -> str:
        said.append(question)
        return said.pop(0)

    monkeypatch.setattr(builtins, "input", answer)
    return said


@pytest.mark.parametrize(
    ("said", "sent"),
    [("y", TOKEN), ("YES ", TOKEN), ("r", "[redacted GitHub token]"), ("n", None), ("", None)],
)
def test_the_user_is_asked(
    shell: Any, provider: Any, capsys: Any, answers: Any, said: str, sent: str | None
) -> None:
    answers.append(said)
    out, fine = run(shell, capsys, f"%%chat\nwhy does {TOKEN} fail?")
    [question] = answers
    assert question == (
        "There is what looks like a secret: GitHub token (in the prompt). Send it? [y/N/r = redact] "
    )
    if sent is None:
        assert not fine
        assert provider.requests == []
        assert "nothing was sent" in out
        assert "%config ChatMagics.secrets = 'redact'" in out
        assert len(notebook(shell).conversation()) == 0
    else:
        assert fine
        assert provider.requests[0][-1].text == f"why does {sent} fail?"
        assert ("redacted: GitHub token" in out) == (said == "r")
    answers.clear()
    if sent == TOKEN:  # neither in later turns nor again
        assert run(shell, capsys, "%%chat\nmore")[1]
        assert run(shell, capsys, f"%%chat -n\n{TOKEN}")[1]
        assert answers == []


def test_where_nobody_can_be_asked_it_is_refused(
    shell: Any, provider: Any, capsys: Any, monkeypatch: Any
) -> None:
    def none(question: str = "") -> str:
        raise RuntimeError("raw_input was called, but this frontend does not support input requests")

    monkeypatch.setattr(builtins, "input", none)
    out, fine = run(shell, capsys, f"%%chat\n{TOKEN}")
    assert not fine
    assert out.count("\n") == 1
    assert "nothing was sent: there is what looks like a secret: GitHub token (in the prompt)" in out
    assert TOKEN not in out
    assert provider.requests == []


def test_the_setting(shell: Any, provider: Any, capsys: Any, answers: Any) -> None:
    run(shell, capsys, "%config ChatMagics.secrets = 'redact'")
    out, fine = run(shell, capsys, f"%%chat\n{TOKEN}")
    assert fine
    assert "redacted: GitHub token (in the prompt)" in out
    assert notebook(shell).conversation().turns[0].asked == "[redacted GitHub token]"
    run(shell, capsys, "%config ChatMagics.secrets = 'send'")
    assert run(shell, capsys, f"%%chat\n{OTHER}")[1]
    assert OTHER in texts(provider)
    assert TOKEN not in texts(provider)
    assert answers == []


def test_the_notebooks_setting_holds_for_its_conversations_in_python(
    shell: Any,
    provider: Any,
    capsys: Any,
    answers: Any,
) -> None:
    run(shell, capsys, "%config ChatMagics.secrets = 'redact'")
    Chat(conversation="default").ask(TOKEN)
    assert TOKEN not in texts(provider)
    Chat(conversation="default", secrets="send").ask(OTHER)
    assert OTHER in texts(provider)
    Chat().ask(TOKEN)
    assert TOKEN in texts(provider)


def test_a_panel_refuses_in_a_line(shell: Any, provider: Any, capsys: Any, answers: Any) -> None:
    run(shell, capsys, "%chat panel")
    [panel] = shell.magics_manager.registry["ChatMagics"].panels._panels.values()

    def ask() -> None:
        with pytest.raises(ConfigurationError, match=r"%config ChatMagics\.secrets"):
            panel.chat.ask(TOKEN)

    ask()
    assert answers == []
    assert provider.requests == []
    shell.magics_manager.registry["ChatMagics"].secrets = "redact"
    panel.chat.ask(TOKEN)
    assert TOKEN not in texts(provider)


# --- looking, in cells


def test_a_dry_run_changes_nothing(shell: Any, provider: Any, capsys: Any, answers: Any) -> None:
    run(shell, capsys, "%%chat\nfirst")
    conversation = notebook(shell).conversation()
    before = conversation.to_dict()
    out, fine = run(shell, capsys, f"%%chat --dry-run -t 0.5 -s brief -o seen\nsecond {TOKEN}")
    assert fine
    assert len(provider.requests) == 1
    assert conversation.to_dict() == before
    assert answers == []
    for words in (
        "nothing was sent",
        "[1 system",
        "brief",
        "first",
        "[GitHub token of 40 characters]",
        "you are asked first",
    ):
        assert words in out
    assert TOKEN not in out
    assert shell.user_ns["seen"].messages[-1].text == f"second {TOKEN}"
    out, fine = run(shell, capsys, "%%chat --count\nx")
    assert not fine
    assert "--count goes with --dry-run" in out


def test_what_went_out_with_an_answer(shell: Any, provider: Any, capsys: Any) -> None:
    assert "Nothing has been sent yet" in run(shell, capsys, "%chat sent")[0]
    run(shell, capsys, "%%chat\nfirst")
    run(shell, capsys, "%%chat\nsecond")
    run(shell, capsys, "%%chat -c other\nthird")
    out, fine = run(shell, capsys, "%chat sent")
    assert fine
    assert "second" in out
    assert "[3 user" in out
    assert "second" not in run(shell, capsys, "%chat sent 1")[0]
    assert "third" in run(shell, capsys, "%chat sent other")[0]
    assert "third" in run(shell, capsys, "%chat sent 1 other")[0]
    for line, words in (
        ("sent 9", "there is no turn 9"),
        ("sent nobody", "no conversation is called 'nobody'"),
        ("sent x default", "not the number of a turn"),
        ("sent --request 2", "there is no request 2"),
        ("sent --request 0", "not the number of a request"),
        ("sent --body", "was given the messages"),
    ):
        out, fine = run(shell, capsys, f"%chat {line}")
        assert not fine
        assert words in out
    run(shell, capsys, "%chat delete --yes other")


def test_what_is_deleted_is_not_kept(shell: Any, provider: Any, capsys: Any) -> None:
    run(shell, capsys, "%%chat\nfirst")
    conversation = notebook(shell).conversation()
    ledger, [turn] = conversation.sent_requests, conversation.turns
    assert ledger is not None
    run(shell, capsys, "%chat reset")
    assert "first" in run(shell, capsys, "%chat sent")[0]
    run(shell, capsys, "%chat undo")
    run(shell, capsys, "%chat delete --yes default")
    assert ledger.of_turn(turn.id) == ()


def test_of_an_earlier_kernel_nothing_is_known(shell: Any, provider: Any, capsys: Any) -> None:
    run(shell, capsys, "%%chat\nfirst")
    conversation = notebook(shell).conversation()
    assert conversation.sent_requests is not None
    conversation.sent_requests.forget(conversation)
    out, fine = run(shell, capsys, "%chat sent 1")
    assert fine
    assert out.startswith("What went out with turn 1 is not known any more")


def test_the_body_alone_and_in_a_file(
    shell: Any, capsys: Any, vendor_server: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    server = vendor_server("openai_chat")
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "planted-Key-0123456789abcdef")
    run(shell, capsys, '%%chat -m openai:m --param metadata={"a": 1}\nhé ' + "x" * 30_000)
    body = server.requests[0].body
    out, _ = run(shell, capsys, "%chat sent --body")
    assert out == body.decode() + "\n"
    assert "characters are not shown" in run(shell, capsys, "%chat sent")[0]
    out, fine = run(shell, capsys, f"%chat sent --save {tmp_path / 'body.json'}")
    assert fine
    assert (tmp_path / "body.json").read_bytes() == body
    (tmp_path / "mine.txt").write_text("mine")
    out, _ = run(shell, capsys, f"%chat sent --save {tmp_path / 'mine.txt'}")
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert "mine-2.txt" in out
    out, _ = run(shell, capsys, "%%chat --dry-run -m openai:m -o seen\nagain")
    run(shell, capsys, "%%chat -m openai:m\nagain")
    assert shell.user_ns["seen"].body == server.requests[-1].body
