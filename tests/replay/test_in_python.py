"""Answers from before in plain Python, where nothing but a file is known."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from notebook_chat import Chat
from notebook_chat.errors import DataError, InvalidOptionError, NotRecordedError, ServerError
from notebook_chat.events import Finish, TextDelta, Usage
from notebook_chat.parts import ImagePart, ReplayPart, SourcePart, TextPart
from notebook_chat.replay.modes import MODES
from notebook_chat.tools import ToolOutput

from ..fakes import parrot
from ..parts import png
from ..tools.scripted import Made, scripted
from ..tools.test_rounds import adder, called, said


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.chat.jsonl"


def lines(path: Path) -> int:
    return len(path.read_bytes().splitlines())


def recorded(path: Path, *prompts: str, provider: Any = None, **options: Any) -> Chat:
    chat = Chat(
        provider=provider or parrot(lambda messages: ["re ", messages[-1].text]), record=path, **options
    )
    for prompt in prompts:
        chat.ask(prompt)
    return chat


def silent(name: str = "parrot") -> Any:
    provider = parrot([AssertionError("it was asked")])
    provider.name = name
    return provider


def test_nothing_is_written_and_nothing_played_unless_it_is_told(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    provider = parrot(["hi"])
    for _ in range(2):
        Chat(provider=provider).ask("hello")
    assert len(provider.requests) == 2
    assert list(tmp_path.iterdir()) == []


def test_an_answer_is_recorded_and_played_with_all_that_it_had(path: Path) -> None:
    source = SourcePart("https://example.com", "A page", "", (2,))
    answer = [
        TextDelta("hi"),
        source,
        ImagePart(png(), "image/png"),
        TextDelta(" you"),
        Usage(3, 2),
        Finish("length"),
    ]
    first = recorded(path, "hello", provider=parrot(answer), temperature=0.5)
    played = Chat(provider=silent(), record=path, replay="only", temperature=0.5)
    found, before = played.ask("hello"), first.conversation.turns[0]
    assert found == "hi you"
    assert (found.usage, found.finish_reason, found.replayed) == (Usage(3, 2), "length", True)
    assert found.parts == before.parts
    [turn] = played.conversation.turns
    assert (turn.exchange, turn.seconds, turn.first_text) == (
        before.exchange,
        before.seconds,
        before.first_text,
    )
    assert (turn.request, turn.options, turn.replayed) == (before.request, before.options, True)
    assert not before.replayed


def test_auto_asks_where_nothing_is_recorded_and_only_fails(path: Path) -> None:
    recorded(path, "one")
    other = parrot(["new"])
    chat = Chat(provider=other, record=path, replay="auto")
    assert [chat.ask("one"), chat.ask("two"), chat.ask("two", fresh=True)] == ["re one", "new", "new"]
    assert lines(path) == 3
    strict = Chat(provider=silent(), record=path, replay="only")
    assert strict.ask("one") == "re one"
    with pytest.raises(NotRecordedError, match="the prompt has “three” where “two” was") as failed:
        strict.ask("three")
    assert "\n" not in str(failed.value)
    assert len(strict.conversation) == 1


def test_refresh_asks_and_its_answer_takes_the_place(path: Path) -> None:
    recorded(path, "one")
    assert Chat(provider=parrot(["new"]), record=path, replay="refresh").ask("one") == "new"
    assert lines(path) == 1
    assert Chat(provider=silent(), record=path, replay="only").ask("one") == "new"


def test_a_turn_can_say_it_by_itself(path: Path) -> None:
    provider = parrot(["hi"])
    chat = Chat(provider=provider)
    chat.ask("one", record=path)
    chat.ask("one", fresh=True, record=path, replay="auto")
    assert len(provider.requests) == 1
    chat.ask("one", fresh=True)
    assert len(provider.requests) == 2


def test_the_variable_counts_unless_something_is_said(path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("NOTEBOOK_CHAT_RECORD", str(path))
    provider = parrot(["hi"])
    Chat(provider=provider).ask("one")
    monkeypatch.setenv("NOTEBOOK_CHAT_REPLAY", "ONLY")
    assert Chat(provider=provider).ask("one").replayed
    with pytest.raises(NotRecordedError):
        Chat(provider=provider).ask("two")
    assert not Chat(provider=provider, replay="off").ask("two").replayed
    monkeypatch.setenv("NOTEBOOK_CHAT_REPLAY", "never")
    with pytest.raises(
        InvalidOptionError, match="NOTEBOOK_CHAT_REPLAY is 'never', which is none of off, keep"
    ):
        Chat(provider=provider).ask("one")


def test_the_variable_is_not_taken_from_a_file(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("NOTEBOOK_CHAT_REPLAY=only\nNOTEBOOK_CHAT_RECORD=x.chat.jsonl\n")
    assert Chat(provider=parrot(["hi"])).ask("one") == "hi"
    assert [one.name for one in tmp_path.iterdir()] == [".env"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"replay": "sometimes"}, "replay is 'sometimes', which is none of off, keep, auto, only, refresh"),
        ({"replay": 3}, "replay is 3, which is none of"),
        ({"replay": "auto", "record": 3}, "record must be the path of a file, not 3"),
        ({"record": ""}, "record must be the path of a file"),
    ],
)
def test_what_is_no_mode_or_no_file_is_refused(options: Any, words: str) -> None:
    with pytest.raises(InvalidOptionError, match=words):
        Chat(provider=parrot(["hi"]), **options).ask("one")


def test_an_answer_that_failed_or_was_stopped_is_not_recorded(path: Path) -> None:
    provider = parrot(["half", ServerError("down")])
    with pytest.raises(ServerError):
        recorded(path, "one", provider=provider)
    chat = Chat(provider=parrot(["half", 30, "more"]), record=path)
    for _ in chat.stream("one"):
        break
    assert not path.exists()


def test_tools_are_played_and_not_run(path: Path) -> None:
    def picture(values: Any) -> ToolOutput:
        return ToolOutput((TextPart("here"), ImagePart(png(noise=bytes(40_000)), "image/png")))

    tools = [adder(), Made("paint", picture)]
    script = scripted(
        called(("c1", "add", '{"a": 2, "b": 3}'), ("c2", "paint", "{}"), text="Let me see."),
        said("It is 5."),
        said("No."),
    )
    first = recorded(path, "2 + 3?", "Sure?", provider=script, tools=tools)
    unused = [adder(), Made("paint", picture)]
    never = scripted([AssertionError("it was asked")])
    chat = Chat(provider=never, tools=unused, record=path, replay="only")
    assert chat.ask("2 + 3?") == "Let me see.\n\nIt is 5."
    assert chat.ask("Sure?") == "No."
    assert [one.ran for one in unused] == [[], []]
    assert [turn.exchange for turn in chat.conversation.turns] == [
        turn.exchange for turn in first.conversation.turns
    ]
    with pytest.raises(NotRecordedError, match="the tool “add” is missing"):
        Chat(provider=never, tools=unused[1:], record=path, replay="only").ask("2 + 3?")
    again = Chat(provider=never, tools=unused, record=path, replay="only")
    assert "".join(again.stream("2 + 3?")) == "Let me see.\n\nIt is 5."
    assert asyncio.run(again.ask_async("Sure?")) == "No."


def test_data_are_judged_again(path: Path) -> None:
    script = scripted(said('{"name": "Ann"}'))
    first = recorded(path, provider=script)
    assert first.ask("who?", schema="name").data == {"name": "Ann"}
    never = scripted([AssertionError("it was asked")])
    chat = Chat(provider=never, record=path, replay="only")
    assert chat.ask("who?", schema="name").data == {"name": "Ann"}
    with pytest.raises(NotRecordedError, match="the schema is another"):
        chat.ask("who?", schema="name, age int", fresh=True)
    with pytest.raises(NotRecordedError, match="it has no schema"):
        chat.ask("who?", fresh=True)


def test_data_that_did_not_fit_do_not_fit_again(path: Path) -> None:
    script = scripted(said("none"), said("neither"))
    with pytest.raises(DataError):
        recorded(path, provider=script).ask("who?", schema="name").data  # noqa: B018
    with pytest.raises(DataError):
        Chat(provider=scripted([]), record=path, replay="only").ask("who?", schema="name").data  # noqa: B018


def test_what_differs_is_told(path: Path) -> None:
    recorded(path, "the cats of Rome", "and on", system="be kind", temperature=0.5)

    def difference(chat: Chat, *prompts: str) -> str:
        with pytest.raises(NotRecordedError) as failed:
            for prompt in prompts:
                chat.ask(prompt)
        return str(failed.value)

    def chat(provider: Any = None, **options: Any) -> Chat:
        given = {"system": "be kind", "temperature": 0.5, **options}
        return Chat(provider=provider or silent(), record=path, replay="only", **given)

    cats = "the cats of Rome"
    assert "the prompt has “dogs” where “cats” was" in difference(chat(), "the dogs of Rome")
    assert "the prompt has “old”, which is new" in difference(chat(), "the old cats of Rome")
    assert "the prompt lacks “of Rome”" in difference(chat(), "the cats")
    assert "temperature is 0.7, not 0.5" in difference(chat(temperature=0.7), cats)
    assert "temperature is not given, which was 0.5" in difference(chat(temperature=None), cats)
    assert "max_tokens is 9, which was not given" in difference(chat(max_tokens=9), cats)
    assert "the system prompt is another" in difference(chat(system="be rude"), cats)
    assert "it has no system prompt" in difference(chat(system=None), cats)
    assert "the provider is “crow”, not “parrot”" in difference(chat(silent("crow")), cats)
    assert "the model is “green”, not “grey”" in difference(chat(model="green"), cats)
    assert "it follows 2 messages less" in difference(chat(), "and on")
    assert "it follows 2 messages more" in difference(chat(), cats, cats)
    other = Chat(provider=parrot(["other"]), system="be kind", temperature=0.5)
    other.ask(cats)
    told = difference(chat(conversation=other.conversation, system=None), "and on")
    assert "the answer of turn 1 (“the cats of Rome”) before it is other" in told


def test_an_image_counts_by_its_bytes(path: Path, tmp_path: Path) -> None:
    recorded(path).ask("what is it?", images=[png()])
    chat = Chat(provider=silent(), record=path, replay="only")
    assert chat.ask("what is it?", images=[png()]).replayed
    with pytest.raises(NotRecordedError, match="what goes along with the prompt is other"):
        chat.ask("what is it?", images=[png(4)], fresh=True)


def test_whoever_has_answered_is_asked_where_nobody_is_named(path: Path, monkeypatch: Any) -> None:
    from notebook_chat.providers import registry

    real = registry.get_provider
    echo = parrot(lambda messages: ["re ", messages[-1].text])
    monkeypatch.setitem(registry.BUILT_IN, "parrot", ".nowhere:Parrot")
    monkeypatch.setattr(registry, "get_provider", lambda name: echo if name == "parrot" else real(name))
    for prompt, model in (("one", "parrot:grey"), ("two", "parrot:green")):
        Chat(model, record=path).ask(prompt)
    monkeypatch.setattr(registry, "_own_names", list)  # nobody can be asked here
    chat = Chat(record=path, replay="only")
    assert [chat.ask(prompt, fresh=True) for prompt in ("one", "two")] == ["re one", "re two"]
    assert [turn.model for turn in chat.conversation.turns] == ["parrot:grey", "parrot:green"]
    assert len(echo.requests) == 2


def test_a_comparison_is_played_too(path: Path) -> None:
    provider = parrot(lambda messages: ["re ", messages[-1].text])
    Chat(provider=provider, record=path).compare("one", ["grey", "green"])
    assert lines(path) == 2
    chat = Chat(provider=silent(), record=path, replay="only")
    assert [answer.replayed for answer in chat.compare("one", ["grey", "green"])] == [True, True]
    found = chat.compare("one", ["grey", "blue"], fresh=True)
    assert isinstance(found[1].error, NotRecordedError)


def test_keep_keeps_the_turn_that_it_asks_again(path: Path) -> None:
    provider = parrot(["hi", Usage(1, 2)])
    chat = Chat(provider=provider, replay="keep")
    chat.ask("one", cell="a")
    chat.ask("two", cell="b")
    before = chat.conversation.turns
    chat.ask("one", cell="a")
    chat.ask("two", cell="b")
    assert chat.conversation.turns == before
    assert len(provider.requests) == 2
    chat.ask("three", cell="a")
    assert len(provider.requests) == 3
    assert chat.conversation.stale == {before[1].id}
    chat.ask("two", cell="b")
    assert len(provider.requests) == 4
    assert not chat.conversation.stale


def test_a_secret_is_not_recorded_and_that_is_told(path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("PLANTED_API_KEY", "q8Zr4Tn1Vw6Yb3Xe9Lm2")
    chat = recorded(path, "my key is q8Zr4Tn1Vw6Yb3Xe9Lm2")
    assert not path.exists()
    with pytest.warns(UserWarning, match="what looks like a secret is in it or in its prompt"):
        chat.ask("and on", fresh=True)
    assert lines(path) == 1


def test_a_vendors_own_form_is_neither_recorded_nor_played(path: Path) -> None:
    answer = [TextDelta("hi"), ReplayPart("parrot", "grey", "d", '{"signature": "s"}'), Finish("stop")]
    recorded(path, "one", provider=parrot(answer))
    assert b"signature" not in path.read_bytes()
    chat = Chat(provider=silent(), record=path, replay="only")
    chat.ask("one")
    assert chat.conversation.turns[0].parts == (TextPart("hi"),)


def test_a_dry_run_says_whether_it_would_be_sent(path: Path) -> None:
    recorded(path, "one")
    for mode, prompt, told in (
        ("only", "one", "it would not be sent: the answer from before is there"),
        ("only", "two", "it would not be sent: there is no answer from before"),
        ("auto", "two", "it would be sent: there is no answer from before"),
        ("auto", "one", "it would not be sent"),
    ):
        outgoing = Chat(provider=silent(), record=path, replay=mode).preview(prompt)
        assert any(note.startswith(told) for note in outgoing.notes), outgoing.notes
    for mode in ("off", "refresh", "keep"):
        notes = Chat(provider=silent(), record=path, replay=mode).preview("one").notes
        assert not any("not be sent" in note for note in notes)


def test_at_a_natural_pace_it_can_be_stopped(path: Path) -> None:
    from notebook_chat.ledger import Record
    from notebook_chat.messages import Message
    from notebook_chat.replay.playing import play

    async def begun() -> int:
        count, began = 0, time.monotonic()
        async for _ in play(
            Record("a" * 40, (Message("assistant", "word " * 1000),), seconds=500.0, first_text=0.01),
            "natural",
        ):
            count += 1
            if count == 2:
                break
        assert time.monotonic() - began < 30
        return count

    assert asyncio.run(begun()) == 2


def test_every_mode_is_named_in_the_settings() -> None:
    from notebook_chat.magics.chat_magics import ChatMagics

    assert all(f"'{mode}'" in ChatMagics.replay.help for mode in MODES)
