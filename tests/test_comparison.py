"""One question to several models at once: what each is sent, what stays, and how it ends."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from notebook_chat import Chat, exports
from notebook_chat.answer import Answer
from notebook_chat.conversation import Conversation, SentRequests, Turn, matching
from notebook_chat.errors import (
    AuthenticationError,
    ChatError,
    ConversationBusyError,
    InvalidMessagesError,
    InvalidOptionError,
    ProviderError,
    ServerError,
)
from notebook_chat.events import Usage
from notebook_chat.messages import Message, ReasoningPart, TextPart
from notebook_chat.renderers import Interrupted, Silent, play
from notebook_chat.session.kinship import Kinship
from notebook_chat.store import Store, read_notebook, stored_with

from .fakes import Parrot, parrot

PNG = b"\x89PNG\r\n\x1a\nrest"


def models(**scripts: list[Any]) -> type[Parrot]:
    """A provider whose models say what each is told to."""
    provider = parrot()

    async def stream(model: str, messages: Any, **options: Any) -> Any:
        own = parrot(scripts[model])
        async for item in own.stream(model, messages, **options):
            yield item
        provider.requests += own.requests
        provider.options_seen += own.options_seen

    provider.stream = staticmethod(stream)  # type: ignore[method-assign]
    return provider


@pytest.fixture
def chat() -> Chat:
    """A chat of two models."""
    return Chat(provider=models(a=["A", 0.1, "!"], b=["B", 0.1, "?", Usage(1, 2)]))


def test_all_answer_and_one_stays(chat: Chat) -> None:
    answers = chat.compare("hello", ["a", "b"])
    assert answers == ["A!", "B?"]
    assert [answer.model for answer in answers] == ["parrot:a", "parrot:b"]
    assert answers[1].usage == Usage(1, 2)
    [turn] = chat.conversation.turns
    assert (turn.answer, turn.model, turn.kept) == ("A!", "parrot:a", 0)
    assert [other.answer for other in turn.alternatives] == ["B?"]


async def test_they_can_be_awaited(chat: Chat) -> None:
    assert await chat.compare_async("hello", ["b", "a", "b"], temperature=0.5) == ["B?", "A!", "B?"]
    assert chat.conversation.turns[0].options == {"temperature": 0.5}
    assert [answer.options for answer in chat.conversation.turns[0].answers] == [{"temperature": 0.5}] * 3


def test_the_stream_of_both_is_on_its_way_together() -> None:
    """Each waits for the other one's first piece."""
    first = {"a": threading.Event(), "b": threading.Event()}
    provider = parrot()

    async def stream(model: str, messages: Any, **options: Any) -> Any:
        yield f"{model} begins "
        first[model].set()
        other = first["b" if model == "a" else "a"]
        while not other.is_set():
            await asyncio.sleep(0.01)
        yield "and ends"

    provider.stream = staticmethod(stream)  # type: ignore[method-assign]
    answers = Chat(provider=provider).compare("hello", ["a", "b"])
    assert answers == ["a begins and ends", "b begins and ends"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("a", "models must be a list of names"),
        ([], "0 models are named"),
        (["a"] * 9, "9 models are named"),
        (["a", ""], "each model must be a name"),
        (["a", 3], "each model must be a name"),
    ],
)
def test_models_that_are_none(chat: Chat, given: Any, words: str) -> None:
    with pytest.raises(InvalidOptionError, match=words):
        chat.compare("hello", given)
    with pytest.raises(InvalidOptionError, match="beside models"):
        chat.compare("hello", ["a"], model="b")


def test_of_one_that_failed_what_had_come_is_told() -> None:
    chat = Chat(provider=models(a=["so far", ServerError("down")], b=["fine"]))
    answers = chat.compare("hello", ["a", "b"])
    assert answers == ["so far", "fine"]
    assert isinstance(answers[0].error, ServerError)
    assert answers[1].error is None
    [turn] = chat.conversation.turns
    assert (turn.answer, turn.kept, turn.status) == ("fine", 1, "complete")
    [other] = turn.alternatives
    assert (other.answer, other.status) == ("so far", "failed")
    again = pickle.loads(pickle.dumps(answers[1]))
    assert (again, again.model, again.error) == ("fine", "parrot:b", None)
    failed = pickle.loads(pickle.dumps(answers[0]))
    assert (failed, type(failed.error), failed.error.message) == ("so far", ServerError, "down")


def test_where_all_fail_nothing_is_lost() -> None:
    chat = Chat(provider=models(a=["so far", ServerError("down")], b=[AuthenticationError("no key")]))
    with pytest.raises(
        ChatError, match="none of the 2 models answered: parrot:a: down; parrot:b: no key"
    ) as caught:
        chat.compare("hello", ["a", "b"])
    assert caught.value.partial == "so far"
    [turn] = chat.conversation.turns
    assert (turn.answer, turn.status) == ("so far", "failed")


def test_where_nothing_came_the_turn_before_stays() -> None:
    chat = Chat(provider=models(a=["A"], b=[ServerError("down")]))
    chat.compare("hello", ["a", "a"], cell="x")
    with pytest.raises(ServerError, match="none of the 2"):
        chat.compare("again", ["b", "b"], cell="x")
    [turn] = chat.conversation.turns
    assert turn.asked == "hello"
    assert not chat.conversation.busy


def test_running_a_cell_again_replaces_all(chat: Chat) -> None:
    chat.compare("hello", ["a", "b"], cell="x")
    chat.conversation.keep(chat.conversation.turns[0].id, 1)
    chat.ask("hello", model="b", cell="x")
    [turn] = chat.conversation.turns
    assert (turn.answer, turn.alternatives, turn.kept) == ("B?", (), 0)
    chat.conversation.undo()
    assert len(chat.conversation.turns[0].alternatives) == 1


def test_each_is_sent_as_much_as_it_can_read() -> None:
    provider = models(a=["A"], b=["B"])
    limits = {"a": 1000, "b": None}
    provider.context_limit = staticmethod(lambda model, options: limits[model])  # type: ignore[method-assign]
    chat = Chat(provider=provider, conversation=Conversation())
    for number in range(5):
        chat.ask(f"{number} " + "word " * 250, model="b")
    provider.requests.clear()
    asked = chat.comparison("last", ["a", "b"])
    play(asked, Silent())
    assert sorted(len(request) for request in provider.requests) == [3, 11]
    assert asked.columns[0].warnings == ["without the 4 oldest turns: the model's context is full"]
    assert asked.columns[1].warnings == []
    assert asked.warnings == []


def test_an_image_that_one_cannot_see_is_refused_before_anything_is_sent() -> None:
    seeing, blind = models(a=["A"]), models(b=["B"])
    blind.takes_images = False

    chat = Chat(provider=seeing)
    real = chat._addressee.target

    def target(model: str | None, options: Any) -> Any:
        if model == "b":
            from notebook_chat.question import Target

            return Target(blind, "b")
        return real(model, options)

    chat._addressee.target = target  # type: ignore[method-assign]
    with pytest.raises(InvalidMessagesError, match="parrot:b takes no images"):
        chat.compare("what is this?", ["a", "b"], images=[PNG])
    assert not seeing.requests


def test_a_key_that_was_given_for_one_goes_to_no_other() -> None:
    key = "sk-planted-0123456789abcdef"
    asked = Chat("openai:x", api_key=key).comparison("hello", ["openai:y", "anthropic:z"])
    assert ["api_key" in column.asked.options for column in asked.columns] == [True, False]
    assert key not in repr(asked.columns[0].asked)


def test_what_went_out_is_kept_with_the_turn(chat: Chat) -> None:
    chat.conversation.sent_requests = SentRequests()
    chat.compare("hello", ["a", "b"])
    [turn] = chat.conversation.turns
    sent = chat.conversation.sent_requests.of_turn(turn.id)
    assert sorted(one.model for one in sent) == ["parrot:a", "parrot:b"]


def test_a_preview_of_each_changes_nothing(chat: Chat) -> None:
    outgoing = chat.comparison("hello", ["a", "b"], dry=True).preview()
    assert [one.model for one in outgoing] == ["parrot:a", "parrot:b"]
    assert not chat.conversation.turns


# --- how it ends


class Watching(Silent):
    """Interrupts as soon as all answers have begun."""

    def __init__(self, asked: Any, act: Any) -> None:
        self._asked, self._act = asked, act
        self.done = False

    def show(self, snapshot: Any) -> None:
        if not self.done and all(column.snapshot.text for column in self._asked.columns):
            self.done = True
            self._act()


def interrupt() -> None:
    raise KeyboardInterrupt


def test_an_interrupt_ends_all_at_once() -> None:
    chat = Chat(provider=models(a=["A", 60.0, "!"], b=["B", 60.0, "?"], c=["C"]))
    asked = chat.comparison("hello", ["a", "b", "c"])
    with pytest.raises(Interrupted):
        play(asked, Watching(asked, interrupt))
    [turn] = chat.conversation.turns
    assert (turn.answer, turn.status) == ("A", "stopped")
    assert [(other.answer, other.status) for other in turn.alternatives] == [
        ("B", "stopped"),
        ("C", "complete"),
    ]
    assert chat.compare("and on", ["c", "c"]) == ["C", "C"]


def test_whoever_stops_it_stops_all() -> None:
    chat = Chat(provider=models(a=["A", 60.0, "!"], b=["B", 60.0, "?"]))
    asked = chat.comparison("hello", ["a", "b"])
    play(asked, Watching(asked, chat.conversation.stop))
    assert asked.turn is chat.conversation.turns[0]
    assert [answer.status for answer in asked.turn.answers] == ["stopped", "stopped"]


def test_one_that_does_not_end_is_left() -> None:
    """It takes no notice of its cancellation; the answers are kept all the same."""
    provider = parrot()
    goes_on = threading.Event()

    async def stream(model: str, messages: Any, **options: Any) -> Any:
        yield model
        while model == "b" and not goes_on.is_set():
            try:
                await asyncio.sleep(0.05)
            except asyncio.CancelledError:
                continue
        if model == "a":
            await asyncio.sleep(60)

    provider.stream = staticmethod(stream)  # type: ignore[method-assign]
    chat = Chat(provider=provider)
    asked = chat.comparison("hello", ["a", "b"])
    try:
        with pytest.raises(Interrupted):
            play(asked, Watching(asked, interrupt))
        [turn] = chat.conversation.turns
        assert [answer.answer for answer in turn.answers] == ["a", "b"]
        assert not chat.conversation.busy
    finally:
        goes_on.set()
        time.sleep(0.2)


async def test_what_cancels_the_task_stops_all() -> None:
    chat = Chat(provider=models(a=["A", 60.0], b=["B", 60.0]))
    task = asyncio.create_task(chat.compare_async("hello", ["a", "b"]))
    while chat.conversation.answering is None or not chat.conversation.answering.progress.snapshot.text:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [answer.status for answer in chat.conversation.turns[0].answers] == ["stopped", "stopped"]


async def test_one_at_a_time_in_a_conversation() -> None:
    chat = Chat(provider=models(a=["A", 0.3], b=["B"]))
    task = asyncio.create_task(chat.compare_async("one", ["a", "a"]))
    while not chat.conversation.busy:
        await asyncio.sleep(0.01)
    with pytest.raises(ConversationBusyError):
        await chat.compare_async("two", ["b", "b"])
    waiting = chat.comparison("three", ["b", "b"], wait=True)
    async for _ in waiting.batches():
        pass
    await task
    assert [turn.asked for turn in chat.conversation.turns] == ["one", "three"]


async def test_after_an_answer_that_was_left() -> None:
    chat = Chat(provider=models(a=["A", 60.0], b=["B"]))
    async for _ in chat.stream_async("left", model="a"):
        break
    assert await chat.compare_async("hello", ["b", "b"]) == ["B", "B"]
    assert [turn.status for turn in chat.conversation.turns] == ["stopped", "complete"]


def test_others_see_the_first_answer_come() -> None:
    chat = Chat(provider=models(a=["A", 0.5, "!"], b=["B"]))
    seen: list[str] = []
    conversation = chat.conversation

    def look() -> None:
        if (answering := conversation.answering) is not None:
            seen.append(answering.progress.snapshot.text)
            assert answering.progress.model == "parrot:a"

    conversation.subscribe(look)
    chat.compare("hello", ["a", "b"])
    assert set(seen) <= {"", "A", "A!"}
    assert "A" in seen


# --- what is kept


@pytest.fixture
def compared() -> Conversation:
    """A conversation with a turn that three models have answered, and one after it."""
    parts = [ReasoningPart("hm"), TextPart("C <script>")]
    chat = Chat(provider=models(a=["A *a*"], b=["B", Usage(3, 4, cost=0.5)], c=parts))
    chat.compare("hello", ["a", "b", "c"], cell="x")
    chat.ask("and on", model="a", cell="y")
    return chat.conversation


def test_another_answer_is_put_in_force_and_taken_back(compared: Conversation) -> None:
    first, second = compared.turns
    kept = compared.keep(first.id, 1)
    assert (kept.model, kept.usage, kept.kept) == ("parrot:b", Usage(3, 4, cost=0.5), 1)
    assert [other.model for other in kept.alternatives] == ["parrot:a", "parrot:c"]
    assert [answer.model for answer in kept.answers] == ["parrot:a", "parrot:b", "parrot:c"]
    assert len({answer.id for answer in kept.answers}) == 3
    assert [message.text for message in compared.messages][:2] == ["hello", "B"]
    assert compared.stale == {second.id}
    assert compared.keep(first.id, 1) is kept  # twice is once
    for place in (3, -1):
        with pytest.raises(InvalidMessagesError, match="there is no answer"):
            compared.keep(first.id, place)
    with pytest.raises(InvalidMessagesError, match="not in the conversation"):
        compared.keep("nowhere", 0)
    compared.undo()
    assert compared.turns == (first, second)


def test_no_answer_is_put_in_force_while_one_is_coming(compared: Conversation) -> None:
    draft = compared.begin(Message("user", "x"))
    with pytest.raises(ConversationBusyError):
        compared.keep(compared.turns[0].id, 1)
    compared.discard(draft)


def test_they_survive_on_the_disk(compared: Conversation, tmp_path: Path) -> None:
    store = Store(tmp_path / "x.sqlite3")
    store.keep(compared)
    store.save(compared)
    compared.keep(compared.turns[0].id, 2)
    store.flush()
    loaded, broken = Store(tmp_path / "x.sqlite3").load(compared.id)
    assert broken == 0
    assert loaded.turns == compared.turns
    assert copy.deepcopy(loaded).turns[0].alternatives == compared.turns[0].alternatives
    assert compared.branch("other").turns[0].kept == 2
    store.close()


@pytest.mark.parametrize("ending", [".json", ".ipynb", ".md", ".html"])
def test_they_are_in_exports(compared: Conversation, tmp_path: Path, ending: str) -> None:
    compared.keep(compared.turns[0].id, 1)
    path = tmp_path / f"x{ending}"
    exports.write(compared, path)
    text = path.read_text()
    for model in ("parrot:a", "parrot:b", "parrot:c"):
        assert model in text or ending in (".md", ".html")
    if ending == ".json":
        assert exports.read(path).turns[0].alternatives == compared.turns[0].alternatives
    elif ending == ".ipynb":
        stored = read_notebook(path).stored[0].turn
        assert stored.alternatives == compared.turns[0].alternatives
        source = "".join(json.loads(text)["cells"][1]["source"])
        assert source.startswith("%%chat parrot:b -m parrot:a -m parrot:c\n")
        assert "<script" not in json.loads(text)["cells"][1]["outputs"][0]["data"]["text/html"]
    elif ending == ".md":
        assert "*Another answer, of parrot:a:*\n\nA *a*" in text
    else:
        assert "Another answer, of parrot:a</summary>" in text
        assert "A <em>a</em>" in text
        assert "<script" not in text


def test_a_file_is_known_whichever_answer_was_in_force(compared: Conversation, tmp_path: Path) -> None:
    exports.write(compared, tmp_path / "x.ipynb")
    file = read_notebook(tmp_path / "x.ipynb")
    turn = compared.keep(compared.turns[0].id, 2)
    assert Kinship(file).holds(turn)
    assert not Kinship(file).holds(structs.replace(turn, alternatives=turn.alternatives[:1]))


def test_an_output_holds_no_more_of_them_than_it_should(compared: Conversation) -> None:
    turn = compared.turns[0]
    values = turn.to_dict()
    huge = {**values["alternatives"][0], "exchange": [{"role": "assistant", "content": "x" * 1_500_000}]}
    large = Turn.from_dict({**values, "alternatives": [huge, values["alternatives"][1]], "kept": 2})
    stored = stored_with(compared, large)["notebook_chat"]
    assert [other["model"] for other in stored["alternatives"]] == ["parrot:c"]
    assert stored["kept"] == 1
    assert stored_with(compared, turn)["notebook_chat"]["alternatives"] == values["alternatives"]


@pytest.mark.parametrize(
    "others",
    [
        3,
        [3, None],
        [{"exchange": [{"role": "user", "content": "I said so"}]}],
        [{"exchange": [{"role": "assistant", "content": [{"type": "nothing"}]}]}],
        [{"exchange": [{"role": "assistant", "content": "x", "extra": {"role": "system"}}]}],
        [{"exchange": []}],
        [{"model": 3}],
    ],
)
def test_what_is_no_alternative_is_left_out(others: Any) -> None:
    values = {"prompt": {"role": "user", "content": "x"}, "answer": "y", "alternatives": others, "kept": 7}
    turn = Turn.from_dict(values)
    assert (turn.answer, turn.alternatives, turn.kept) == ("y", (), 0)


def test_those_that_are_some_stay() -> None:
    good = {"exchange": [{"role": "assistant", "content": "z"}], "seconds": float("nan")}
    values = {"prompt": {"role": "user", "content": "x"}, "answer": "y", "alternatives": [3, good] * 20}
    turn = Turn.from_dict(values)
    assert [(other.answer, other.seconds) for other in turn.alternatives] == [("z", 0.0)] * 7


NAMES = ["openai:gpt-5", "openai:gpt-5-mini", "openrouter:meta/llama-4", "local"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("openai:gpt-5", [0]),
        ("GPT-5", [0]),
        ("llama-4", [2]),
        ("llama", [2]),
        ("mini", [1]),
        ("gpt", [0, 1]),
        ("2", [1]),
        ("4", [3]),
        ("5", []),
        ("0", []),
        ("local", [3]),
        ("", []),
        ("²", []),
    ],
)
def test_models_are_found_by_what_they_are_called(wanted: str, found: list[int]) -> None:
    assert matching(NAMES, wanted) == found


@given(st.lists(st.text(max_size=5), max_size=4), st.text(max_size=5))
def test_whatever_models_are_called(names: list[str], wanted: str) -> None:
    found = matching(names, wanted)
    assert found == sorted(set(found))
    assert all(0 <= place < len(names) for place in found)


def test_an_answer_alone_has_no_error() -> None:
    assert Answer("x").error is None
    assert isinstance(ProviderError("x"), ChatError)
