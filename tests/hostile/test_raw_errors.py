"""Whatever a service, a gateway or a provider from elsewhere sends: nothing but a ``ChatError`` comes out, and the text
that had come is kept."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import Chat
from notebook_chat.errors import (
    ChatError,
    ConfigurationError,
    RequestTimeoutError,
    ResponseFormatError,
    StreamInterruptedError,
    UnexpectedError,
)
from notebook_chat.events import Event, Finish, Notice, ReasoningDelta, TextDelta, ToolCall, Usage
from notebook_chat.messages import ToolResultPart
from notebook_chat.parts import ImagePart, SourcePart, TextPart
from notebook_chat.providers import get_provider
from notebook_chat.providers.async_result import AsyncResult
from notebook_chat.providers.base import AsyncGeneratorProvider
from notebook_chat.providers.doctor import examine
from notebook_chat.providers.model_list import models
from notebook_chat.providers.openai import OpenAI

from ..providers.wires import take, text_of
from ..transports import Canned, InMemory, completion
from . import strange_answers
from .strange_answers import BEFORE, DEEP, DIGITS, FRAMED, RAW, payload, put, values, with_payload

KEY = "sk-planted-secret-0123456789"
SITES = ("aiask", "chatanywhere")
every_framed = pytest.mark.parametrize("name", FRAMED)


def read(name: str, wire: bytes, cuts: Sequence[int] = ()) -> tuple[str, ChatError | None]:
    """The text of an answer, and how it failed; whatever else is raised comes out."""
    provider: Any = get_provider(name)
    events: list[Event] = []
    try:
        take(provider, wire, events, cuts)
    except ChatError as error:
        assert str(error)
        return text_of(events), error
    return text_of(events), None


# --- what a service sends -------------------------------------------------------------------------------


@every_framed
def test_the_good_answer_is_good(name: str) -> None:
    text, error = read(name, strange_answers.good(name))
    assert (text, error) == ("so far and more", None)


@every_framed
@given(data=st.data())
def test_any_value_in_any_place_costs_no_text_that_came_before(name: str, data: st.DataObject) -> None:
    frames = strange_answers.frames(name)
    told = [payload(frame) for frame in frames]
    after = next(place for place, frame in enumerate(frames) if BEFORE[1].encode() in frame) + 1
    place = data.draw(
        st.sampled_from([n for n in range(after, len(frames)) if told[n] is not None]), label="frame"
    )
    where = data.draw(st.sampled_from(list(strange_answers.places(told[place]))), label="place")
    value = data.draw(values, label="value")
    frames[place] = with_payload(frames[place], put(told[place], where, value))
    for cuts in ((), (len(b"".join(frames[:place])),)):
        text, error = read(name, b"".join(frames), cuts)
        assert text.startswith("so far ")
        assert error is None or DIGITS not in str(error)


@every_framed
@pytest.mark.parametrize("value", RAW, ids=lambda value: value[:20].encode("unicode_escape").decode())
def test_any_text_in_the_place_of_a_frame(name: str, value: str) -> None:
    frames = strange_answers.frames(name)
    after = next(place for place, frame in enumerate(frames) if BEFORE[1].encode() in frame)
    for strange in (value, f'{{"error":{value}}}', f'{{"error":{{"code":{value},"message":{value}}}}}'):
        wire = b"".join([*frames[: after + 1], with_payload(frames[after], strange), *frames[after + 1 :]])
        text, _ = read(name, wire)
        assert text.startswith("so far ")
        read(name, with_payload(frames[after], strange))
        read(name, strange.encode("utf-8", "surrogatepass"))


@every_framed
@given(data=st.data())
def test_any_error_object_is_an_error(name: str, data: st.DataObject) -> None:
    status = data.draw(st.sampled_from([200, 204, 299, 400, 401, 404, 418, 429, 500, 503, 529, 999]))
    fields = data.draw(
        st.dictionaries(
            st.sampled_from(
                ["code", "type", "status", "message", "detail", "errors", "metadata", "details", "error"]
            ),
            values,
            max_size=4,
        )
    )
    inner = ",".join(f'"{field}":{value}' for field, value in fields.items())
    body = f"{{{inner}}}"
    if data.draw(st.booleans()):
        body = f'{{"error":{body}}}'
    headers = data.draw(
        st.dictionaries(st.sampled_from(HEADERS), st.sampled_from(WAITS) | st.text(max_size=12), max_size=3)
    )
    canned = Canned([body.encode("utf-8", "surrogatepass")], status, headers)
    with pytest.raises(ChatError) as caught:
        asyncio.run(ask(name, canned).read())
    assert not isinstance(caught.value, UnexpectedError)


HEADERS = ("Retry-After", "retry-after-ms", "x-ratelimit-reset-requests", "Location", "Content-Type")
WAITS = (
    "inf",
    "nan",
    "-inf",
    "1e999",
    DIGITS,
    f"{DIGITS}h",
    "²",
    "²s",
    "Mon, 1 Jan 99999999999 00:00:00 GMT",
    "Mon, 1 Jan 2020 00:00:00 +99999999",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "\x00",
    "",
)


def ask(name: str, *canned: Canned | Exception, **options: Any) -> AsyncResult:
    """A provider's answer from memory."""
    provider: Any = get_provider(name)
    options = {"api_key": KEY, "retries": 0, "base_url": "http://service", **options}
    answer: AsyncResult = provider.create_async_generator(
        "m", "hi", **{"transport": InMemory(*canned), **options}
    )
    return answer


@pytest.mark.parametrize(
    "location",
    [
        "http://[::g]",
        "http://[",
        "",
        "//",
        f"http://{'a' * 10_000_000}/",
        "http://a:²/",
        "\x00",
        "\ud800",
        "²",
    ],
    ids=range(9),
)
@pytest.mark.parametrize("name", [*FRAMED, *SITES])
def test_a_redirect_to_anywhere_is_told_shortly(name: str, location: str) -> None:
    for status in (300, 301, 302, 307, 308, 399):
        with pytest.raises(ResponseFormatError, match="redirects to") as caught:
            asyncio.run(ask(name, Canned([], status, {"Location": location})).read())
        assert len(str(caught.value)) < 500


@pytest.mark.parametrize("name", [*FRAMED, *SITES])
@pytest.mark.parametrize(
    "fault",
    [
        RecursionError("deep"),
        MemoryError(),
        OSError(24, "Too many open files"),
        KeyError("x"),
        OverflowError(),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_a_transport_that_breaks_off_in_any_way_keeps_what_came(name: str, fault: Exception) -> None:
    if name in SITES:
        wire = b"so far "
    else:
        frames = strange_answers.frames(name)
        wire = b"".join(frames[: next(n for n, one in enumerate(frames) if BEFORE[1].encode() in one) + 1])
    with pytest.raises(ChatError) as caught:
        asyncio.run(ask(name, Canned([wire, fault])).read())
    assert caught.value.partial == "so far "
    with pytest.raises(ChatError):
        asyncio.run(ask(name, Canned([fault], 500)).read())


@pytest.mark.parametrize("name", [*FRAMED, *SITES])
def test_any_list_of_models(name: str) -> None:
    provider: Any = get_provider(name)
    wrapped = ('{"data":%s}', '{"data":[{"id":%s}]}', '{"models":[{"name":%s}]}', "%s", '{"models":%s}')
    for value in RAW:
        for form in wrapped:
            body = (form % value).encode("utf-8", "surrogatepass")
            try:
                listed = asyncio.run(
                    provider.list_models(
                        api_key=KEY, base_url="http://service", transport=InMemory(Canned([body]))
                    )
                )
            except ChatError as error:
                assert not isinstance(error, UnexpectedError)
            else:
                assert all(isinstance(one, str) for one in listed)


@given(data=st.binary(max_size=200))
@pytest.mark.parametrize("name", FRAMED)
def test_any_bytes(name: str, data: bytes) -> None:
    read(name, data)
    frames = strange_answers.frames(name)
    after = next(place for place, frame in enumerate(frames) if BEFORE[1].encode() in frame) + 1
    end = b"\n" if name == "ollama" else b"\n\n"
    text, _ = read(name, b"".join([*frames[:after], data, end, *frames[after:]]))
    assert text.startswith("so far ")


def test_deep_json_and_odd_figures_in_one_block_with_text() -> None:
    """The attacks by their names, with what the reader is told."""
    start = b'data: {"choices":[{"delta":{"content":"so far "}}]}\n\n'
    for strange in (
        DEEP,
        '{"error":{"code":"²","message":"m"}}',
        f'{{"error":{{"code":{DIGITS}}}}}',
        f'{{"error":{{"code":"{DIGITS}","message":"m"}}}}',
    ):
        result = ask("openai", Canned([start + f"data: {strange}\n\n".encode()]))
        with pytest.raises(ChatError) as caught:
            asyncio.run(result.read())
        assert (caught.value.partial, result.text) == ("so far ", "so far ")
        assert not isinstance(caught.value, UnexpectedError)
        assert len(str(caught.value)) < 3000


def test_figures_beyond_all_counting_are_none_and_the_answer_stays() -> None:
    usage = f'{{"prompt_tokens":{2**64 - 1},"completion_tokens":7,"cost":1e308}}'
    end = (
        b'data: {"choices":[{"delta":{},"finish_reason":"stop"}],"usage":%s}\n\ndata: [DONE]\n\n'
        % usage.encode()
    )
    answer = Chat(
        "openai:m", api_key=KEY, transport=InMemory(Canned([*completion("hi").blocks[:1], end]))
    ).ask("x")
    assert (answer, answer.usage) == ("hi", Usage(None, 7))


# --- what a provider does -------------------------------------------------------------------------------


class OddError(Exception):
    """An exception whose own methods fail."""

    def __str__(self) -> str:
        raise RuntimeError("no words")

    __repr__ = __str__


def group() -> ExceptionGroup[Exception]:
    return ExceptionGroup("several", [ValueError("one"), KeyError("two")])


FAULTS: dict[str, Any] = {
    "ValueError": lambda: ValueError("bad"),
    "KeyError": lambda: KeyError("choices"),
    "RecursionError": lambda: RecursionError("maximum recursion depth exceeded"),
    "MemoryError": lambda: MemoryError(),
    "OSError": lambda: OSError(24, "Too many open files"),
    "threads": lambda: RuntimeError("can't start new thread"),
    "UnicodeEncodeError": lambda: UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
    "StopIteration": lambda: StopIteration(5),
    "StopAsyncIteration": lambda: StopAsyncIteration(),
    "AssertionError": lambda: AssertionError(),
    "TimeoutError": lambda: TimeoutError(),
    "ConnectionResetError": lambda: ConnectionResetError("peer"),
    "CancelledError": lambda: asyncio.CancelledError(),
    "group": group,
    "odd": OddError,
    "huge": lambda: ValueError("x" * 10_000_000),
    "bytes": lambda: ValueError(b"\xff", {"a": [1]}),
}
every_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)


def plain(fault: Any, before: Sequence[Any] = ("so ", "far ")) -> Any:
    async def answer(messages: Any) -> AsyncGenerator[Any]:
        for piece in before:
            yield piece
        raise fault()

    return answer


def like_g4f(fault: Any) -> Any:
    class Theirs:
        @classmethod
        def create_async_generator(cls, model: str, messages: Any, **options: Any) -> Any:
            return plain(fault)(messages)

    return Theirs


def at_once(fault: Any) -> Any:
    class Theirs:
        @classmethod
        def create_async_generator(cls, model: str, messages: Any, **options: Any) -> Any:
            raise fault()

    return Theirs


def iterator(fault: Any) -> Any:
    class Pieces:
        def __init__(self) -> None:
            self.pieces = ["far ", "so "]

        def __aiter__(self) -> Any:
            return self

        async def __anext__(self) -> str:
            if self.pieces:
                return self.pieces.pop()
            raise fault()

    class Theirs:
        @classmethod
        def create_async_generator(cls, model: str, messages: Any, **options: Any) -> Any:
            return Pieces()

    return Theirs


def derived(fault: Any) -> Any:
    class Derived(AsyncGeneratorProvider):
        @classmethod
        async def stream(cls, model: str, messages: Any, **options: Any) -> AsyncGenerator[Any]:
            yield "so "
            yield [TextDelta("far ")]
            raise fault()

    return Derived


def dialect(fault: Any) -> Any:
    class Own(OpenAI):
        name = "own"
        url = "http://service"
        needs_auth = False

        @classmethod
        def parse(cls, frame: Any) -> Any:
            if b"bad" in frame.data:
                raise fault()
            return super().parse(frame)

    return Own


WAYS = [plain, like_g4f, iterator, derived]


@every_fault
@pytest.mark.parametrize("make", WAYS, ids=lambda make: make.__name__)
async def test_any_exception_of_a_provider_is_a_chat_error_with_the_text(make: Any, fault: Any) -> None:
    if make is iterator and fault is FAULTS["StopAsyncIteration"]:
        return  # which is how an iterator ends
    provider = make(fault)
    for asked in (Chat(provider=provider), Chat(provider=provider)):
        with pytest.raises(ChatError) as caught:
            await asked.ask_async("hi")
        check(caught.value, asked)
    chat = Chat(provider=provider)
    pieces: list[str] = []
    with pytest.raises(ChatError) as caught:
        async for piece in chat.stream_async("hi"):
            pieces += [piece]
    assert "".join(pieces) == "so far "
    check(caught.value, chat)


@every_fault
@pytest.mark.parametrize("make", WAYS, ids=lambda make: make.__name__)
def test_any_exception_of_a_provider_for_a_synchronous_caller(make: Any, fault: Any) -> None:
    if make is iterator and fault is FAULTS["StopAsyncIteration"]:
        return
    chat = Chat(provider=make(fault))
    with pytest.raises(ChatError) as caught:
        chat.ask("hi")
    check(caught.value, chat)
    chat = Chat(provider=make(fault))
    pieces: list[str] = []
    with pytest.raises(ChatError) as caught:
        for piece in chat.stream("hi"):
            pieces += [piece]
    assert "".join(pieces) == "so far "
    check(caught.value, chat)


def check(error: ChatError, chat: Chat) -> None:
    assert error.partial == "so far "
    [turn] = chat.conversation.turns
    assert (turn.answer, turn.status) == ("so far ", "failed")
    assert len(str(error)) < 1000
    assert "\n" not in str(error)
    assert "".join(traceback.format_exception(error))


@every_fault
def test_any_exception_before_the_first_piece(fault: Any) -> None:
    for provider in (at_once(fault), plain(fault, ())):
        chat = Chat(provider=provider)
        with pytest.raises(ChatError):
            chat.ask("hi")
        assert not chat.conversation.turns
        assert not chat.conversation.busy


@every_fault
def test_a_dialect_from_elsewhere_with_a_bug_in_it(fault: Any) -> None:
    start, end = completion("so far ", "bad").blocks[0], completion("bad").blocks[0]
    assert isinstance(start, bytes)
    assert isinstance(end, bytes)
    if fault is FAULTS["CancelledError"]:
        return
    chat = Chat(provider=dialect(fault), transport=InMemory(Canned([start + end])))
    with pytest.raises(ChatError) as caught:
        chat.ask("hi")
    check(caught.value, chat)


ODD: list[Any] = [
    3,
    None,
    b"bytes",
    object(),
    {"text": "a"},
    TextDelta(5),  # type: ignore[arg-type]
    TextDelta(None),  # type: ignore[arg-type]
    ReasoningDelta(b"x"),  # type: ignore[arg-type]
    Finish(5),  # type: ignore[arg-type]
    ToolCall("0"),  # type: ignore[arg-type]
    ToolCall(0, "", "", {}),  # type: ignore[arg-type]
    ImagePart("abcd", "image/png"),  # type: ignore[arg-type]
    SourcePart(None),  # type: ignore[arg-type]
    ToolResultPart("a", "b", (TextPart(5),)),  # type: ignore[arg-type]
    TextDelta,
]


@pytest.mark.parametrize("item", ODD, ids=range(len(ODD)))
def test_a_provider_that_yields_anything(item: Any) -> None:
    for items in (["so far ", item], ["so far ", [item]], [[TextDelta("so far "), item]]):

        class Odd(AsyncGeneratorProvider):
            @classmethod
            async def stream(cls, model: str, messages: Any, **options: Any) -> AsyncGenerator[Any]:
                for one in items:  # noqa: B023  it is asked before the next one
                    yield one

        chat = Chat(provider=Odd)
        with pytest.raises(ChatError, match="yielded") as caught:
            chat.ask("hi")
        assert caught.value.partial in ("so far ", "")
        assert repr(chat.conversation.turns)


def test_odd_figures_and_halves_of_pairs_of_a_provider_cost_themselves_alone() -> None:
    class Odd(AsyncGeneratorProvider):
        @classmethod
        async def stream(cls, model: str, messages: Any, **options: Any) -> AsyncGenerator[Any]:
            yield [TextDelta("a\ud800"), "b"][:1]
            yield Notice("loading", "half")  # type: ignore[arg-type]
            yield Notice(None, float("nan"))  # type: ignore[arg-type]
            yield Usage(10**30, 2.5, "x", True, None, float("nan"))  # type: ignore[arg-type]
            yield Usage(output_tokens=3)

    answer = Chat(provider=Odd).ask("hi")
    assert (answer, answer.usage) == ("a\ufffd", Usage(output_tokens=3))


@pytest.mark.parametrize("kind", ["coroutine", "list", "generator", "none", "text"])
def test_what_gives_no_stream_is_told_so(kind: str) -> None:
    async def coroutine(messages: Any) -> str:
        return "text"

    def generator(messages: Any) -> Any:
        yield "text"

    functions: dict[str, Any] = {
        "coroutine": coroutine,
        "generator": generator,
        "list": lambda messages: ["a"],
        "none": lambda messages: None,
        "text": lambda messages: "text",
    }
    with pytest.raises(ConfigurationError, match="no asynchronous generator"):
        Chat(provider=functions[kind]).ask("hi")
    Odd = type(
        "Odd",
        (AsyncGeneratorProvider,),
        {"stream": staticmethod(lambda model, messages, **_: functions[kind](messages))},
    )
    with pytest.raises(ConfigurationError, match="no asynchronous generator"):
        Chat(provider=Odd).ask("hi")


def test_a_provider_that_fails_as_it_is_closed_costs_nothing() -> None:
    async def answer(messages: Any) -> AsyncGenerator[str]:
        try:
            yield "so far "
            await asyncio.sleep(60)
        finally:
            raise ValueError("in its end")

    chat = Chat(provider=answer)
    for piece in chat.stream("hi"):
        assert piece == "so far "
        break
    assert [turn.answer for turn in chat.conversation.turns] == ["so far "]


class Attributes(type):
    def __getattr__(cls, name: str) -> Any:
        raise ZeroDivisionError(name)


class Methods(AsyncGeneratorProvider):
    """A provider from elsewhere whose other methods fail."""

    @classmethod
    def context_limit(cls, model: str, options: Any) -> int:
        raise KeyError(model)

    @classmethod
    async def stream(cls, model: str, messages: Any, **options: Any) -> AsyncGenerator[str]:
        yield "never"


class Checks(Methods):
    @classmethod
    def check_options(cls, options: Any) -> None:
        raise IndexError


def test_a_provider_whose_other_methods_fail() -> None:
    class Odd(metaclass=Attributes):
        pass

    with pytest.raises(ChatError):
        Chat(provider=Odd)
    with pytest.raises(ChatError):
        Chat(provider=Checks)
    with pytest.raises(ChatError):
        Chat(provider=Methods).ask("hi")
    with pytest.raises(ChatError):
        Chat(provider=type("Listed", (), {"create_async_generator": print, "models": 5}))


# --- what is told ---------------------------------------------------------------------------------------


def test_the_line_names_the_kind_and_the_place_and_the_log_has_the_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    chat = Chat(provider=plain(FAULTS["KeyError"]))
    with caplog.at_level(logging.DEBUG, "notebook_chat"), pytest.raises(UnexpectedError) as caught:
        chat.ask("hi")
    assert "KeyError: 'choices' (at tests.hostile.test_raw_errors:" in str(caught.value)
    assert "provider's own code" in str(caught.value)
    assert isinstance(caught.value.__cause__, KeyError)
    assert "in answer" in caplog.text
    frames = [frame.filename for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert not any("providers" in name for name in frames)  # how our own parts hand it on says nothing


def test_what_is_printed_beside_an_error_does_nothing_to_a_terminal() -> None:
    with pytest.raises(UnexpectedError) as caught:
        Chat(provider=plain(lambda: RuntimeError("\x1b]0;title\x07 moved"))).ask("hi")
    assert caught.value.__cause__ is None
    assert "RuntimeError" in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_bug_of_ours_asks_to_be_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notebook_chat.providers.chat_parser._read_chunk", None)
    where = r"TypeError.*at notebook_chat\.providers\.chat_parser:\d+.*report it"
    with pytest.raises(UnexpectedError, match=where):
        Chat("openai:m", api_key=KEY, transport=InMemory(completion("a"))).ask("hi")


def test_what_a_provider_raises_never_shows_a_key(caplog: pytest.LogCaptureFixture) -> None:
    async def answer(messages: Any, api_key: str, proxy: str, headers: Any) -> AsyncGenerator[str]:
        yield "so far "
        raise ValueError(f"Illegal header value {api_key!r} by {proxy} with {headers}")

    chat = Chat(provider=answer, api_key=KEY, proxy=f"http://u:{KEY}@p:1", headers={"X-Key": f"{KEY}-more"})
    with caplog.at_level(logging.DEBUG), pytest.raises(UnexpectedError) as caught:
        chat.ask("hi")
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert KEY not in shown + str(caught.value) + caplog.text
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("TimeoutError", RequestTimeoutError),
        ("ConnectionResetError", StreamInterruptedError),
        ("odd", UnexpectedError),
    ],
)
def test_what_the_built_in_kinds_become(fault: str, kind: type[ChatError]) -> None:
    with pytest.raises(kind):
        Chat(provider=plain(FAULTS[fault])).ask("hi")


@pytest.mark.parametrize(
    ("fault", "told"),
    [("OSError", "ulimit -n"), ("threads", "no further thread"), ("MemoryError", "no memory left")],
)
def test_what_this_machine_lacks_is_told_in_words(fault: str, told: str) -> None:
    with pytest.raises(ChatError, match=told):
        Chat(provider=plain(FAULTS[fault])).ask("hi")


async def test_a_cancelled_task_stays_cancelled() -> None:
    async def answer(messages: Any) -> AsyncGenerator[str]:
        yield "so far "
        await asyncio.sleep(60)

    chat = Chat(provider=answer)
    task = asyncio.create_task(chat.ask_async("hi"))
    while not chat.conversation.answering or not chat.conversation.answering.progress.snapshot.text:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [turn.status for turn in chat.conversation.turns] == ["stopped"]


async def test_the_doctor_names_a_provider_that_fails() -> None:
    for provider in (at_once(FAULTS["KeyError"]), plain(FAULTS["OSError"]), derived(FAULTS["odd"])):
        chat = Chat(provider=provider)
        findings = [finding async for finding in examine(chat._addressee.provider)]
        assert [finding.verdict for finding in findings] == ["bad"]


async def test_lists_of_models_of_providers_that_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = await models(["openai", "nobody"])
    assert all(isinstance(one, ChatError) for one in listed.values())


@pytest.mark.parametrize("text", RAW, ids=range(len(RAW)))
def test_the_framing_of_anything(text: str) -> None:
    """``error:`` fields, which some servers end a stream with, are JSON or not."""
    start = b'data: {"choices":[{"delta":{"content":"so far "}}]}\n\n'
    wire = start + b"error: " + text.replace("\n", " ").encode("utf-8", "surrogatepass") + b"\n\n"
    got, error = read("openai", wire)
    assert got == "so far "
    assert error is None or str(error)
