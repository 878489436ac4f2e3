"""Answers from before in a real IPython shell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from notebook_chat import load_ipython_extension, unload_ipython_extension
from notebook_chat.conversation import Turn
from notebook_chat.errors import NotRecordedError
from notebook_chat.events import Usage
from notebook_chat.panel.asking import Asker
from notebook_chat.panel.protocol import Regenerate, Send
from notebook_chat.session import NotebookSession

from ..test_magics import notebook, provider, run, shared_shell, shell
from ..test_side_by_side import named

__all__ = ["named", "provider", "shared_shell", "shell"]  # fixtures


@pytest.fixture(autouse=True)
def in_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A working folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def again(shell: Any) -> None:
    """What a restart of the kernel does to the extension."""
    unload_ipython_extension(shell)
    load_ipython_extension(shell)


def test_without_a_mode_each_run_asks(shell: Any, provider: Any, capsys: Any) -> None:
    for _ in range(2):
        run(shell, capsys, "%%chat -n\nhello")
    assert len(provider.requests) == 2


def test_a_recorded_answer_is_played_and_marked(
    shell: Any, provider: Any, capsys: Any, in_folder: Path
) -> None:
    run(shell, capsys, "%config ChatMagics.record = 'a.chat.jsonl'")
    out, _ = run(shell, capsys, "%%chat\nhello")
    assert "replayed" not in out
    again(shell)
    run(shell, capsys, "%config ChatMagics.record = 'a.chat.jsonl'\n%config ChatMagics.replay = 'only'")
    out, fine = run(shell, capsys, "%%chat\nhello")
    assert fine, out
    assert out.startswith("You said: hello\nparrot:grey · ")
    assert " · replayed" in out
    assert len(provider.requests) == 1
    [turn] = notebook(shell).named(None).turns
    assert turn.replayed
    assert len((in_folder / "a.chat.jsonl").read_bytes().splitlines()) == 1
    for line in ("%chat sent", "%chat sent 1"):
        out, _ = run(shell, capsys, line)
        assert "its answer is from before, and nobody was asked" in out


def test_what_is_not_recorded_fails_with_the_difference(shell: Any, provider: Any, capsys: Any) -> None:
    run(shell, capsys, "%config ChatMagics.record = 'a.chat.jsonl'")
    run(shell, capsys, "%%chat\nhello to all of you")
    run(shell, capsys, "%%chat\nand on")
    again(shell)
    run(shell, capsys, "%config ChatMagics.record = 'a.chat.jsonl'\n%config ChatMagics.replay = 'only'")
    out, fine = run(shell, capsys, "%%chat\nhello to some of you")
    assert not fine
    assert "the prompt has “some” where “all” was" in out
    assert "Traceback" not in out
    out, fine = run(shell, capsys, "%%chat -m parrot:green\nhello to all of you")
    assert "the model is “green”, not “grey”" in out
    out, fine = run(shell, capsys, "%%chat -t 0.5\nhello to all of you")
    assert "temperature is 0.5, which was not given" in out
    out, fine = run(shell, capsys, "%%chat -s 'be short'\nhello to all of you")
    assert "it has a system prompt" in out
    assert len(provider.requests) == 2
    assert len(notebook(shell).named(None)) == 0


def turns(shell: Any) -> tuple[Turn, ...]:
    return notebook(shell).named(None).turns


def setting(shell: Any, capsys: Any, mode: str, record: str = "a.chat.jsonl") -> None:
    """Sets the mode and the file."""
    run(shell, capsys, f"%config ChatMagics.replay = {mode!r}\n%config ChatMagics.record = {record!r}")


def test_the_line_wins_over_the_setting_and_that_over_the_variable(
    shell: Any, provider: Any, capsys: Any, monkeypatch: Any
) -> None:
    setting(shell, capsys, "")
    run(shell, capsys, "%%chat\nhello")
    monkeypatch.setenv("NOTEBOOK_CHAT_REPLAY", "only")
    assert "replayed" in run(shell, capsys, "%%chat -n\nhello")[0]
    assert not run(shell, capsys, "%%chat -n\nnew")[1]
    setting(shell, capsys, "auto")
    assert run(shell, capsys, "%%chat -n\nnew")[1]
    setting(shell, capsys, "off")
    assert "replayed" not in run(shell, capsys, "%%chat -n\nhello")[0]
    assert "replayed" in run(shell, capsys, "%%chat -n --replay Auto\nhello")[0]
    assert "replayed" not in run(shell, capsys, "%%chat -n --replay refresh\nhello")[0]
    out, fine = run(shell, capsys, "%%chat --replay never\nhello")
    assert not fine
    assert "'never' is none of off, keep, auto, only, refresh" in out
    monkeypatch.setenv("NOTEBOOK_CHAT_REPLAY", "never")
    setting(shell, capsys, "")
    out, fine = run(shell, capsys, "%%chat\nhello")
    assert not fine
    assert "the variable NOTEBOOK_CHAT_REPLAY is 'never'" in out


def test_the_ledger_answers_where_nothing_else_does(shell: Any, provider: Any, capsys: Any) -> None:
    run(shell, capsys, "%%chat\nhello")
    notebook(shell).ledger.flush()
    again(shell)
    out, fine = run(shell, capsys, "%%chat --replay only\nhello")
    assert fine, out
    assert "replayed" in out
    assert len(provider.requests) == 1
    out, fine = run(shell, capsys, "%%chat --replay only -n\nhello world")
    assert "the prompt has “world”, which is new" in out


def test_a_replayed_answer_opens_no_account(shell: Any, provider: Any, capsys: Any) -> None:
    def count() -> int:
        counted = notebook(shell).ledger.read(
            lambda db: db.execute("SELECT COUNT(*) FROM exchanges").fetchone()[0]
        )
        return int(counted.result(30))

    setting(shell, capsys, "auto")
    run(shell, capsys, "%%chat\nhello")
    assert count() == 1
    run(shell, capsys, "%%chat -n\nhello")
    assert count() == 1
    assert len(provider.requests) == 1


def test_a_comparison_is_played_as_it_was(shell: Any, named: Any, capsys: Any) -> None:
    ape, bee = named("ape", ["Uh"]), named("bee", ["Bzz", Usage(3, 1)])
    setting(shell, capsys, "auto")
    line = "%%chat -n ape -m bee -o answers\nhello"
    run(shell, capsys, line)
    out, fine = run(shell, capsys, line)
    assert fine
    assert out.count("replayed") == 2
    assert shell.user_ns.pop("answers")["bee"].usage == Usage(3, 1)
    assert [len(one.requests) for one in (ape, bee)] == [1, 1]
    out, _ = run(shell, capsys, "%%chat -n ape -m bee --dry-run\nhello")
    assert out.count("it would not be sent") == 2


@pytest.mark.parametrize("record", ["a.chat.jsonl", "off"], ids=["record", "ledger"])
def test_samples_of_one_model_are_each_their_own(shell: Any, named: Any, capsys: Any, record: str) -> None:
    numbers = iter(range(10))
    ape = named("ape", lambda _: [f"Sample {next(numbers)}"])
    line = "%%chat -n -m ape -m ape -m ape -o answers\nhello"
    setting(shell, capsys, "", record)
    run(shell, capsys, line)
    first = shell.user_ns.pop("answers")
    assert sorted(first.values()) == ["Sample 0", "Sample 1", "Sample 2"]
    notebook(shell).ledger.flush()
    for _ in range(2):
        again(shell)
        setting(shell, capsys, "only", record)
        out, fine = run(shell, capsys, line)
        assert fine, out
        assert shell.user_ns.pop("answers") == first
        assert out.count("replayed") == 3
    assert len(ape.requests) == 3


def test_one_answer_of_several_that_is_not_there_fails_the_cell(shell: Any, named: Any, capsys: Any) -> None:
    ape, bee = named("ape", ["Uh"]), named("bee", ["Bzz"])
    setting(shell, capsys, "")
    run(shell, capsys, "%%chat -n -m ape -m bee\nhello")
    again(shell)
    setting(shell, capsys, "only")
    out, fine = run(shell, capsys, "%%chat -n -m ape -m bee -m bee -o answers\nhello")
    assert not fine
    assert "NotRecordedError: bee:grey: there is no answer from before to this request: the same model" in out
    assert [str(answer) for answer in shell.user_ns.pop("answers").values()] == ["Uh", "Bzz", ""]
    for line in ("-m ape -m bee -m ape", "-m ape -m ape -m bee"):
        out, fine = run(shell, capsys, f"%%chat -n {line}\nhello")
        assert not fine
        assert "ape:grey: there is no answer from before to this request: the same model" in out
    out, fine = run(shell, capsys, "%%chat -n -m bee:old -m ape\nhello")
    assert not fine
    assert (
        "NotRecordedError: bee:old: there is no answer from before to this request: the model is “old”" in out
    )
    assert [len(one.requests) for one in (ape, bee)] == [1, 1]


@pytest.mark.parametrize("form", ["code", "text", "markdown", "html", "json", "silent"])
def test_every_form_is_played(shell: Any, named: Any, capsys: Any, form: str) -> None:
    ape = named("ape", ['```python\nprint("a")\n```' if form == "code" else '{"a": 1}'])
    setting(shell, capsys, "auto")
    line = f"%%chat -n ape -f {form} -o answer\nhello"
    asked, _ = run(shell, capsys, line)
    first = shell.user_ns.pop("answer")
    played, fine = run(shell, capsys, line)
    assert fine, played
    assert shell.user_ns.pop("answer") == first
    assert len(ape.requests) == 1
    assert asked.split("ape:grey")[0] == played.split("ape:grey")[0]


def test_no_model_need_be_named_nor_be_there(shell: Any, named: Any, capsys: Any, monkeypatch: Any) -> None:
    named("ape", ["Uh"])
    setting(shell, capsys, "auto")
    monkeypatch.setenv("NOTEBOOK_CHAT_MODEL", "ape:old")
    run(shell, capsys, "%%chat\nhello")
    again(shell)
    monkeypatch.setenv("NOTEBOOK_CHAT_MODEL", "parrot:grey")
    setting(shell, capsys, "only")
    out, fine = run(shell, capsys, "%%chat\nhello")
    assert fine, out
    assert out.startswith("Uh\nape:old · ")


@pytest.mark.parametrize("mode", ["auto", "only", "keep"])
def test_a_conversation_that_was_asked_again_is_not_asked_once_more(
    shell: Any, provider: Any, capsys: Any, mode: str
) -> None:
    run(shell, capsys, "%%chat\nhello")
    setting(shell, capsys, "auto")
    out, fine = run(shell, capsys, "%chat rerun -m parrot:grey")  # the answer that is there is none to this
    assert fine, out
    assert "replayed" not in out
    assert len(provider.requests) == 2
    setting(shell, capsys, mode)
    out, fine = run(shell, capsys, "%chat rerun -m parrot:grey")
    assert fine, out
    assert "1 the same · replayed" in out
    assert len(provider.requests) == 2


def test_both_answers_of_a_conversation_that_is_asked_again_of_the_same_model_are_recorded(
    shell: Any, provider: Any, capsys: Any, in_folder: Path
) -> None:
    run(shell, capsys, "%config ChatMagics.record = 'a.chat.jsonl'")
    run(shell, capsys, "%%chat\nhello")
    run(shell, capsys, "%chat rerun -m parrot:grey")
    assert len((in_folder / "a.chat.jsonl").read_bytes().splitlines()) == 2


def test_a_conversation_is_asked_again_up_to_what_is_not_recorded(
    shell: Any, provider: Any, capsys: Any
) -> None:
    setting(shell, capsys, "auto")
    run(shell, capsys, "%%chat\nhello")
    run(shell, capsys, "%chat rerun -m parrot:grey")
    run(shell, capsys, "%%chat\nand again")
    setting(shell, capsys, "only")
    out, _ = run(shell, capsys, "%chat rerun -m parrot:grey")
    assert "1 failed · 1 replayed" in out
    assert "there is no answer from before to this request" in out
    setting(shell, capsys, "refresh")
    out, fine = run(shell, capsys, "%chat rerun -m parrot:grey")
    assert fine, out
    assert "replayed" not in out
    assert len(provider.requests) == 5


async def test_the_panel_follows_the_setting(shell: Any, provider: Any, capsys: Any) -> None:
    from notebook_chat import Chat

    setting(shell, capsys, "auto")
    run(shell, capsys, "%%chat -c aside\nhello")
    chat = Chat("parrot:grey", conversation=notebook(shell).conversation("panel"))
    asker = Asker(chat, system=None, asked=lambda model: None, tell=lambda text: None)
    await asker.ask(Send(act="1", text="hello"), [])
    [turn] = chat.conversation.turns
    assert turn.replayed
    await asker.ask(Regenerate(act="2", turn=turn.id), [])
    assert not chat.conversation.turns[0].replayed
    assert len(provider.requests) == 2
    setting(shell, capsys, "keep")
    await asker.ask(Send(act="3", text="hello"), [])
    assert len(provider.requests) == 3
    setting(shell, capsys, "only")
    with pytest.raises(NotRecordedError, match="another answer cannot be had"):
        await asker.ask(Regenerate(act="4", turn=chat.conversation.turns[0].id), [])
    assert len(chat.conversation) == 2


def test_the_record_is_shown_written_and_tidied(
    shell: Any, provider: Any, capsys: Any, in_folder: Path
) -> None:
    path = in_folder / "a.chat.jsonl"
    out, fine = run(shell, capsys, "%chat record")
    assert not fine
    assert "it is not known which notebook this is" in out
    setting(shell, capsys, "", "")
    run(shell, capsys, "%%chat\none")
    run(shell, capsys, "%%chat\ntwo")
    setting(shell, capsys, "")
    assert run(shell, capsys, "%chat record")[0].startswith(
        "There is no a.chat.jsonl yet: %chat record write"
    )
    assert run(shell, capsys, "%chat record write")[0].startswith("2 records written to a.chat.jsonl")
    before = path.read_bytes()
    assert b'"prompt":"two"' in before.splitlines()[1]
    run(shell, capsys, "%%chat -n\nthree")
    out, _ = run(shell, capsys, "%chat record")
    assert out.startswith("a.chat.jsonl holds 3 records of parrot:grey")
    run(shell, capsys, "%chat undo")
    out, _ = run(shell, capsys, "%chat record tidy")
    assert out.startswith("a.chat.jsonl: 2 records kept, 1 line dropped.")
    assert path.read_bytes() == before
    path.write_bytes(b"<<<<<<< HEAD\n" + before + b">>>>>>> other\n")
    out, fine = run(shell, capsys, "%%chat -n --replay only\none")
    assert fine
    assert "marks of a merge that is not settled, from line 1 on" in out
    assert "marks of a merge" not in run(shell, capsys, "%%chat -n --replay only\none")[0]
    run(shell, capsys, "%chat record write")
    assert b"<<<" not in path.read_bytes()


def test_what_looks_like_a_key_is_told_beneath_the_answer(
    shell: Any, provider: Any, capsys: Any, in_folder: Path, monkeypatch: Any
) -> None:
    setting(shell, capsys, "")
    run(shell, capsys, "%config ChatMagics.secrets = 'send'")
    monkeypatch.setenv("PLANTED_API_KEY", "q8Zr4Tn1Vw6Yb3Xe9Lm2")
    out, fine = run(shell, capsys, "%%chat\nmy key is q8Zr4Tn1Vw6Yb3Xe9Lm2")
    assert fine
    assert "An answer is not recorded in a.chat.jsonl" in out
    assert not (in_folder / "a.chat.jsonl").exists()


def test_without_a_setting_a_file_is_written_where_it_is_there(
    shell: Any, provider: Any, capsys: Any, in_folder: Path
) -> None:
    notebook(shell)._known = in_folder / "talk.ipynb"
    run(shell, capsys, "%%chat\none")
    assert [*in_folder.glob("*.jsonl")] == []
    (in_folder / "talk.chat.jsonl").touch()
    run(shell, capsys, "%%chat\ntwo")
    assert len((in_folder / "talk.chat.jsonl").read_bytes().splitlines()) == 1
    setting(shell, capsys, "", "off")
    run(shell, capsys, "%%chat\nthree")
    assert len((in_folder / "talk.chat.jsonl").read_bytes().splitlines()) == 1
    notebook(shell)._known = None


def test_on_without_a_notebook_says_what_to_write(shell: Any, provider: Any, capsys: Any) -> None:
    setting(shell, capsys, "", "on")
    out, fine = run(shell, capsys, "%%chat\none")
    assert fine
    assert "Name the file: %config ChatMagics.record = 'NAME.chat.jsonl'" in out


def test_an_export_says_it_too(shell: Any, provider: Any, capsys: Any, in_folder: Path) -> None:
    setting(shell, capsys, "auto")
    run(shell, capsys, "%%chat\none")
    run(shell, capsys, "%%chat -n\none")
    for name in ("talk.md", "talk.html", "talk.ipynb"):
        run(shell, capsys, f"%chat export {name}")
        assert (in_folder / name).read_text().count("(replayed)") == 1


@pytest.mark.parametrize(("mode", "record"), [("", ""), ("keep", ""), ("auto", ""), ("refresh", "on")])
def test_a_notebook_whose_record_could_have_no_name_is_run_as_ever(
    shell: Any, provider: Any, capsys: Any, in_folder: Path, monkeypatch: Any, mode: str, record: str
) -> None:
    path = in_folder / f"{'n' * 249}.ipynb"
    path.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    with (
        monkeypatch.context() as patch
    ):  # undone before the extension is unloaded, which remembers its notebook
        patch.setattr(NotebookSession, "notebook", path)
        setting(shell, capsys, mode, record)
        out, fine = run(shell, capsys, "%%chat\nhello")
        assert fine, out
        assert len(provider.requests) == 1
        assert ("too long" in out) == bool(mode)  # where records count, it is told
        for line in ("%chat record", "%chat verify"):
            out, fine = run(shell, capsys, line)
            assert fine, out
