"""Every part of an answer survives: on the disk, in notebooks, in exports and back, stopped and asked anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import nbformat
import pytest

from notebook_chat import Chat, exports
from notebook_chat.answer_files import write as save
from notebook_chat.conversation import Conversation, Turn, admit
from notebook_chat.errors import ChatError, InvalidOptionError, StreamInterruptedError
from notebook_chat.events import Finish, TextDelta, Usage
from notebook_chat.messages import Message
from notebook_chat.parts import (
    AudioPart,
    FilePart,
    ImagePart,
    Part,
    ReplayPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    UnknownPart,
)
from notebook_chat.session.file_conversations import _completed
from notebook_chat.store import Store, lean, read_notebook, stored_with

from .fakes import parrot
from .parts import PARTS, TEXT, png, wav
from .store.turns import again, kept
from .test_magics import provider, run, shared_shell, shell

__all__ = ["provider", "shared_shell", "shell"]  # fixtures

LARGE = ImagePart(png(noise=bytes(100_000)), "image/png")
NO_REPLAY = tuple(part for part in PARTS if not isinstance(part, ReplayPart))


def turn_of(*parts: Part, **values: Any) -> Turn:
    return Turn(Message("user", "hi"), (Message("assistant", parts),), **values)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: type(part).__name__)
def test_each_kind_comes_back(part: Part) -> None:
    turn = turn_of(TextPart("a"), part)
    assert Turn.from_dict(json.loads(json.dumps(turn.to_dict()))).parts == turn.parts


@pytest.mark.parametrize(
    ("ending", "status"),
    [((Finish("stop"),), "complete"), ((StreamInterruptedError("it broke off"),), "failed")],
)
def test_the_history_has_all_of_it(tmp_path: Path, ending: Any, status: str) -> None:
    store = Store(tmp_path / "history.sqlite3")
    conversation = kept(store)
    chat = Chat(provider=parrot((*PARTS, *ending)), conversation=conversation)
    try:
        answer = chat.ask("hi")
        assert (answer.parts, len(answer.images), len(answer.recordings)) == (PARTS, 1, 1)
    except ChatError:
        assert status == "failed"
    store.close()
    [turn] = again(tmp_path / "history.sqlite3", conversation).turns
    assert (turn.status, turn.parts, turn.answer) == (status, PARTS, TEXT)


def test_a_stopped_answer_keeps_what_has_come(tmp_path: Path) -> None:
    store = Store(tmp_path / "history.sqlite3")
    conversation = kept(store)
    events = [TextDelta(part.text) if isinstance(part, TextPart) else part for part in PARTS]
    pieces = Chat(provider=parrot((*events, 30.0)), conversation=conversation).stream("hi")
    assert [next(pieces), next(pieces)] == ["Water boils at `100 °C`.", " At home."]
    pieces.close()
    store.close()
    [turn] = again(tmp_path / "history.sqlite3", conversation).turns
    assert turn.status == "stopped"
    assert turn.parts[: len(PARTS) - 7] == PARTS[: len(PARTS) - 7]


def test_one_asked_anew_takes_its_place() -> None:
    conversation = Conversation()
    scripts = iter([PARTS, (TextPart("new"), LARGE)])
    chat = Chat(provider=parrot(lambda messages: next(scripts)), conversation=conversation)
    for _ in range(2):
        run = chat.reply("hi", cell="a")
        from notebook_chat.renderers import Silent, play

        play(run, Silent())
    [turn] = conversation.turns
    assert turn.parts == (TextPart("new"), LARGE)


def test_a_notebook_holds_no_bytes_twice() -> None:
    replay = ReplayPart("parrot", "grey", "digest", "x" * 9_000)
    turn = turn_of(TextPart("a"), LARGE, AudioPart(wav(), "audio/wav"), replay)
    held = stored_with(Conversation(turns=[turn]), turn)
    assert len(json.dumps(held)) < 2_000
    read = Turn.from_dict(
        {key: value for key, value in held["notebook_chat"].items() if key in Turn.__struct_fields__}
    )
    assert read.parts == (
        TextPart("a"),
        UnknownPart("image/png", len(LARGE.data)),
        UnknownPart("audio/wav", len(wav())),
    )
    assert lean(read) == read
    small = turn_of(*PARTS)
    assert lean(small) is small


def test_what_this_machine_has_of_a_turn_completes_it() -> None:
    turn = turn_of(TextPart("a"), LARGE, ReplayPart("parrot", "grey", "d", "x" * 9_000), id="1")
    read = admit(
        [Turn.from_dict(json.loads(json.dumps(lean(turn).to_dict())))], None, own=None, whole=False
    ).turns
    assert _completed(read, [turn])[0].exchange == turn.exchange
    other = msgspec.structs.replace(turn, exchange=(Message("assistant", "other"),))
    assert _completed(read, [other]) == tuple(read)


def test_files_bring_all_but_replays_and_no_image_that_is_none() -> None:
    bomb, svg = ImagePart(png(50_000, 50_000), "image/png"), ImagePart(b"<svg/>", "image/png")
    told = ImagePart(png(), "image/webp")
    [turn] = admit([turn_of(*PARTS, bomb, svg, told)], None, own=None, whole=False).turns
    assert turn.parts == (
        *NO_REPLAY,
        UnknownPart("image/png", len(bomb.data)),
        UnknownPart("image/png", 6),
        ImagePart(png(), "image/png"),
    )


def test_an_image_of_a_kind_that_nobody_takes_loses_no_turn() -> None:
    turn = turn_of(TextPart("a"), ImagePart(b"<svg/>", "image/svg+xml"))
    assert Turn.from_dict(turn.to_dict()).parts == (TextPart("a"), FilePart(b"<svg/>", "image/svg+xml"))


def exported(path: Path, *parts: Part) -> str:
    conversation = Conversation("tea", turns=[turn_of(*parts, model="parrot:grey")])
    return exports.write(conversation, path).path.read_text("utf-8")


def test_json_is_whole_and_comes_back(tmp_path: Path) -> None:
    exported(tmp_path / "x.json", *PARTS, LARGE)
    [turn] = exports.read(tmp_path / "x.json").turns
    assert turn.parts == (*PARTS, LARGE)


def test_a_notebook_has_its_images_as_outputs_and_comes_back(tmp_path: Path) -> None:
    exported(tmp_path / "x.ipynb", *PARTS, LARGE)
    notebook = nbformat.read(tmp_path / "x.ipynb", as_version=4)
    nbformat.validate(notebook)
    text, *others = notebook.cells[1].outputs
    assert [next(iter(output.data)) for output in others] == ["image/png", "text/html", "image/png"]
    assert others[2].data["image/png"] == LARGE.base64
    assert LARGE.base64[:1000] not in str(text)
    assert "<audio" in others[1].data["text/html"]
    [conversation] = read_notebook(tmp_path / "x.ipynb").conversations()
    parts = conversation.turns[0].parts
    assert [part for part in parts if isinstance(part, SourcePart)] == [
        part for part in PARTS if isinstance(part, SourcePart)
    ]
    assert conversation.turns[0].answer == TEXT


def test_a_page_has_all_and_fetches_nothing(tmp_path: Path) -> None:
    page = exported(tmp_path / "x.html", *PARTS)
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:" in page
    for word in (
        "hm",
        "boiling point",
        "42",
        "data:image/png",
        "data:audio/wav",
        "table.csv",
        "hologram",
        "A document",
    ):
        assert word in page, word


def test_markdown_has_all_of_it(tmp_path: Path) -> None:
    text = exported(tmp_path / "x.md", *PARTS)
    for word in (
        "hm",
        "boiling point",
        "```python\nprint(6 * 7)",
        "```\n42\n```",
        "hologram",
        "table.csv",
        "A document",
    ):
        assert word in text, word
    assert "Water boils at `100 °C`.<sup>1</sup> At home.<sup>1, 2</sup>" in text
    assert "1. [A title](https://e.org/a): “water boils”" in text
    [label] = [line.split("][")[1].rstrip("]") for line in text.splitlines() if line.startswith("![")]
    assert f"\n[{label}]: data:image/png;base64," in text


def test_an_image_is_saved(shell: Any, capsys: Any, provider: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    provider.script = staticmethod(
        lambda messages: (ImagePart(png(), "image/png"), AudioPart(wav(), "audio/wav"))
    )
    run(shell, capsys, "%%chat\ndraw")
    out, fine = run(shell, capsys, "%chat save fox.png")
    assert fine
    assert "The image of the answer is written to fox.png." in out
    assert (tmp_path / "fox.png").read_bytes() == png()
    run(shell, capsys, "%chat save fox.wav")
    assert (tmp_path / "fox.wav").read_bytes() == wav()
    out, fine = run(shell, capsys, "%chat save fox.jpg")
    assert "nothing for 'fox.jpg': what it has goes into .png, .wav" in out
    run(shell, capsys, "%chat save fox.md")
    assert "data:image/png" in (tmp_path / "fox.md").read_text()


def test_several_images_are_saved_side_by_side(tmp_path: Path) -> None:
    turn = turn_of(ImagePart(png(), "image/png"), ImagePart(png(4, 4), "image/png"))
    saved = save(turn, tmp_path / "x.png")
    assert (saved.what, saved.told) == ("The image that came first", "Further ones: x-2.png.")
    assert (tmp_path / "x-2.png").read_bytes() == png(4, 4)
    with pytest.raises(InvalidOptionError, match=r"has nothing for 'x\.png'"):
        save(turn_of(TextPart("a")), tmp_path / "x.png")


def test_figures_of_a_cache_come_back() -> None:
    turn = turn_of(TextPart("a"), usage=Usage(5, 7, cached_tokens=3))
    assert Turn.from_dict(turn.to_dict()).usage == turn.usage


CALLED = (
    TextPart("Let me see."),
    ToolCallPart("c1", "plot", '{"of": "rain"}'),
    ToolResultPart("c1", "plot", (TextPart("a plot of rain"), ImagePart(png(), "image/png")), seconds=1.25),
    TextPart("\n\nIt rains."),
)
ROUNDS = (
    Message("assistant", CALLED[:2]),
    Message("tool", CALLED[2:3]),
    Message("assistant", "\n\nIt rains."),
)


def test_calls_and_results_survive_on_the_disk_and_in_files(tmp_path: Path) -> None:
    turn = Turn(Message("user", "hi"), ROUNDS, model="parrot:grey")
    store = Store(tmp_path / "history.sqlite3")
    conversation = kept(store)
    conversation.commit(draft := conversation.begin(turn.prompt), draft.turn(ROUNDS, "complete"))
    store.close()
    assert again(tmp_path / "history.sqlite3", conversation).turns[0].exchange == ROUNDS

    for ending in ("json", "ipynb", "html", "md"):
        exports.write(Conversation("tea", turns=[turn]), tmp_path / f"x.{ending}")
    assert exports.read(tmp_path / "x.json").turns[0].exchange == ROUNDS
    notebook = nbformat.read(tmp_path / "x.ipynb", as_version=4)
    nbformat.validate(notebook)
    text, image = notebook.cells[1].outputs
    assert "plot(of=&quot;rain&quot;)" in text.data["text/html"]
    assert "image/png" in image.data
    [read] = read_notebook(tmp_path / "x.ipynb").conversations()
    assert read.turns[0].exchange == ROUNDS
    for ending in ("html", "md"):
        page = (tmp_path / f"x.{ending}").read_text("utf-8")
        for words in ("plot(of=&quot;rain&quot;)", "1.2 s", "a plot of rain", "data:image/png"):
            assert words in page, (ending, words)


def test_images_of_a_tool_are_saved(tmp_path: Path) -> None:
    turn = Turn(Message("user", "hi"), ROUNDS)
    save(turn, tmp_path / "x.png")
    assert (tmp_path / "x.png").read_bytes() == png()


def test_an_image_of_a_tool_in_a_file_is_one_or_words() -> None:
    results = (ImagePart(b"<svg/>", "image/png"), ImagePart(png(), "image/webp"), TextPart("a"))
    turn = Turn(
        Message("user", "hi"),
        (ROUNDS[0], Message("tool", (ToolResultPart("c1", "plot", results, seconds=2.0),))),
    )
    [read] = admit([turn], None, own=None, whole=True).turns
    [_, _, result] = read.parts
    assert result == ToolResultPart(
        "c1",
        "plot",
        (TextPart("(image/png, 6 bytes: no image)\n"), ImagePart(png(), "image/png"), TextPart("a")),
        seconds=2.0,
    )


def test_commands_take_turns_with_tools(
    shell: Any, capsys: Any, provider: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    provider.script = staticmethod(lambda messages: CALLED)
    out, _ = run(shell, capsys, "%%chat\nweather?")
    assert 'plot(of="rain")' in out
    for command, told in (
        ("%chat history", "weather?"),
        ("%chat show 1", "a plot of rain"),
        ("%chat search rains", "weather?"),
        ("%chat fork other", "other"),
        ("%chat export x.json other", "x.json"),
        ("%chat export x.md", "x.md"),
        ("%chat undo", ""),
        ("%chat delete --yes other", "other"),
    ):
        out, fine = run(shell, capsys, command)
        assert fine, (command, out)
        assert told in out, (command, out)
    out, fine = run(shell, capsys, "%chat import --yes x.json")
    assert fine, out
    assert "plot" in out
