"""Keys in what is told: echoed in pieces, in encodings, in addresses, in other people's errors; in frames."""

from __future__ import annotations

import asyncio
import json
import logging
import traceback
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import Chat, errors, load_ipython_extension, unload_ipython_extension
from notebook_chat.providers import AiAsk, OpenAI, get_provider
from notebook_chat.providers.error_mapping import from_payload
from notebook_chat.providers.ollama import host_address
from notebook_chat.request import HttpRequest
from notebook_chat.secrets import Fields, Secret, excerpt, redact, redact_address, wrap_secrets
from notebook_chat.text import single_line

from ..test_magics import shared_shell  # noqa: F401  a fixture
from ..transports import Canned, InMemory
from .planted import ECHOES, ENCODINGS, KEY, RUN, echoing_server, leaks


def shown(error: BaseException) -> str:
    """An error with all that hangs on it, and the variables of every frame but the test's own."""
    told = []
    while error.__traceback__ is not None and error.__traceback__.tb_frame.f_code.co_filename == __file__:
        error = error.with_traceback(error.__traceback__.tb_next)
    told.append("".join(traceback.TracebackException.from_exception(error, capture_locals=True).format()))
    told.append(f"{error!r} {vars(error)}")
    told += [shown(other) for other in (error.__cause__, error.__context__) if other is not None]
    return "\n".join(told)


# --- in a text ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("place", range(0, 40, 7))
def test_no_piece_of_a_key_stays_in_any_encoding(encoding: str, place: int) -> None:
    held = Secret(KEY)
    written = ENCODINGS[encoding](KEY)
    for piece in (written, written[place:], written[: len(written) - place], written[place : place + 60]):
        told = redact(f"Incorrect key: {piece} is bad")
        assert not leaks(told)
        assert told.startswith("Incorrect key: ")
        assert told.endswith("s bad")
    assert held


@given(st.text(max_size=60), st.text(max_size=60), st.integers(0, 41), st.integers(RUN, 50))
def test_a_piece_of_a_key_in_any_text(before: str, after: str, place: int, length: int) -> None:
    piece = KEY[place : place + length]
    told = redact(before + piece + after, Secret(KEY))
    assert len(piece) < RUN or not leaks(told)


@given(st.text(st.characters(codec=None), max_size=200))
def test_a_text_without_a_secret_stays(text: str) -> None:
    held = Secret("\u2603" * 12)
    if "://" not in text and "=" not in text and "\u2603" not in text:
        assert redact(text) == text
    assert held


@pytest.mark.parametrize("cut", range(1, 60))
def test_what_is_cut_is_redacted_first(cut: int) -> None:
    told = excerpt("x" * 20 + KEY + "y" * 9000, cut, Secret(KEY))
    assert not leaks(told)
    assert len(told) <= cut


@pytest.mark.parametrize(
    ("secret", "text", "told"),
    [
        ("blue", "the team blue is out of blueberries", "the team … is out of blueberries"),
        ("abc", "abc is as easy as abc", "abc is as easy as abc"),
        ("hunter2", "hunter2? hunter22!", "…? hunter22!"),
        ("lm-studio", "lm-studio says no", "lm-studio says no"),
        ("not-needed", "the key not-needed is not needed", "the key not-needed is not needed"),
    ],
)
def test_short_secrets_and_words(secret: str, text: str, told: str) -> None:
    assert redact(text, Secret(secret)) == told


def test_what_a_public_header_says_is_no_secret() -> None:
    headers = wrap_secrets({"headers": {"Accept": "application/json", "X-Own": "application-key"}})["headers"]
    assert redact("application/json") == "…/json"
    del headers["X-Own"]
    assert redact("application/json") == "application/json"


def test_a_key_that_nobody_has_told_of_is_known_by_its_form() -> None:
    for key in (
        "sk-proj-abcdefghijk0123456789",
        "gsk_abcdefghijklmn0123",
        "AIzaSyAbcdefghijklmnop0123456789",
    ):
        assert key[:12] not in redact(f"the key {key} is wrong")
    assert redact("a task-manager and a disk-9w8v7u6t5s4r") == "a task-manager and a disk-9w8v7u6t5s4r"


@pytest.mark.parametrize(
    "address",
    [
        "http://ann:pa55word@host/v1",
        "http://ann:pa55/word@host/v1",
        "http://ann:p@55word@host/v1",
        "http://ann:p@5/5word@host:1/v1",
        "http://ann:pa55word@[::g]",
        "http//ann:pa55word@host",
        "ann:pa55word@host:1",
        "http://pa55word@host",
        "http://host/v1?api_key=pa55word",
        "http://host/v1?x-goog-api-key=pa55word&alt=sse",
        "http://host/v1?a=1&access_token=pa55word",
    ],
)
def test_an_address_without_its_password(address: str) -> None:
    assert "5word" not in redact_address(address)
    assert "host" in redact_address(address) or "::g" in redact_address(address)
    with pytest.raises(errors.ChatError) as caught:
        raise errors.ChatError(f"{redact_address(address)!r} is not an address")
    assert "5word" not in str(caught.value)


@pytest.mark.parametrize(
    "host", ["http://ann:pa55/word@host:x", "ann:pa55word@host:99999999", "http://ann:pa55word@["]
)
def test_the_host_of_ollama_is_told_without_its_password(host: str) -> None:
    with pytest.raises(errors.ConfigurationError) as caught:
        host_address(host)
    assert "5" not in str(caught.value).replace("99999999", "").replace("host:port", "")


# --- in what a service says -----------------------------------------------------------------------------


@pytest.mark.parametrize("echo", [name for name in ECHOES if name != "silence"])
async def test_what_a_server_gives_back(echo: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "notebook_chat")
    notes: list[str] = []
    with echoing_server() as server:
        options: dict[str, Any] = {
            "base_url": f"{server}/{echo.replace(' ', '-')}",
            "api_key": KEY,
            "timeout": 1,
        }
        result = OpenAI.create_async_generator("m", "hi", retries=int("note" in echo), **options)
        with pytest.raises(errors.ChatError) as caught:
            async for event in result.events():
                notes.append(str(event))  # noqa: PERF401  what comes before the failure counts
        with pytest.raises(errors.ChatError) as listed:
            await OpenAI.list_models(**options)
    for told in (shown(caught.value), shown(listed.value), str(notes), caplog.text):
        assert not leaks(told)
    assert "\x1b" not in str(caught.value) + str(notes) + caplog.text
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_a_failure_of_the_older_dialect(encoding: str) -> None:
    body = f"请求失败啦，{ENCODINGS[encoding](KEY)}".encode()
    with pytest.raises(errors.ProviderError) as caught:
        await AiAsk.create_async(
            "m", "hi", api_key=KEY, base_url="http://host", transport=InMemory(Canned([body]))
        )
    assert not leaks(shown(caught.value))


def test_an_error_is_one_line_whoever_makes_it() -> None:
    held = Secret(KEY)
    error = errors.ProviderError(f"a\r\nb\x1b]0;t\x07\u202e {KEY}", provider="x\ny", hint=f"c\n{KEY[:20]}")
    error.hint += "\x9b2J"
    assert not leaks(str(error))
    assert str(error).isprintable()
    assert error.args == (error.message,)
    assert held


def test_a_message_is_redacted_before_it_is_cut() -> None:
    request = HttpRequest("POST", "http://host", {"Authorization": Secret(f"Bearer {KEY}")})
    for before in range(1940, 2010):
        told = from_payload({"error": {"message": "x" * before + KEY}}, provider="p", request=request)
        assert not leaks(told.message)


# --- in frames ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"apikey": KEY},
        {"api_token": KEY},
        {"token": KEY},
        {"apiKey": KEY},
        {"ap_key": KEY},
        {"authorization": f"Bearer {KEY}"},
        {"password": [KEY]},
        {"headers": {"Authorisation": KEY, "x": 1}},
        {"extra_body": {"api_key": KEY, "x": object()}},
        {"extra_body": {"a": [{"token": KEY}], "b": KEY}, "api_key": 7},
        {"base_url": f"http://ann:{KEY}@host\\x"},
        {"base_url": f"http://host\\x?api_key={KEY}"},
        {"proxy": {"https": f"http://ann:{KEY}@host"}, "temperature": "hot"},
    ],
)
async def test_an_option_in_the_wrong_place(options: dict[str, Any]) -> None:
    given = {"base_url": "http://127.0.0.1:9/v1", "retries": 0, **options}
    with pytest.raises(Exception) as caught:  # noqa: PT011
        Chat("openai:m", **given).ask("hi")
    assert not leaks(shown(caught.value))
    with pytest.raises(Exception) as caught:  # noqa: PT011
        await OpenAI.create_async("m", "hi", temperature="hot", **given)  # type: ignore[arg-type]
    assert not leaks(shown(caught.value))


async def test_a_proxy_in_its_place_without_a_name() -> None:
    with pytest.raises(errors.ChatError) as caught:
        await OpenAI.create_async_generator(
            "m", "hi", f"gopher://ann:{KEY}@host", base_url="http://host"
        ).read()
    assert not leaks(shown(caught.value))


async def test_what_is_cancelled_has_no_frames_of_those_who_send() -> None:
    with echoing_server() as server:
        for asked in (OpenAI.create_async("m", "hi", base_url=f"{server}/silence", api_key=KEY),
                      OpenAI.list_models(base_url=f"{server}/silence", api_key=KEY)):  # fmt: skip
            with pytest.raises(TimeoutError) as caught:
                async with asyncio.timeout(0.3):
                    await asked
            assert not leaks(shown(caught.value))
            assert "site-packages/aiohttp" not in shown(caught.value)


async def foreign(model: str, messages: Any, api_key: str = "", **options: Any) -> AsyncGenerator[str]:
    headers = {"Authorization": f"Bearer {api_key}"}
    yield "so far"
    raise LookupError(f"no login with {headers}")


async def test_a_provider_from_elsewhere_fails_without_the_key() -> None:
    with pytest.raises(
        errors.UnexpectedError, match=r"LookupError: no login .*\(at tests.hostile.test_told_secrets:\d+\)"
    ) as caught:
        await Chat(provider=foreign, api_key=KEY).ask_async("hi")
    assert caught.value.partial == "so far"
    assert not leaks(shown(caught.value))


def test_values_show_nothing() -> None:
    request = HttpRequest(
        "GET", f"http://host/v1?key={KEY}", {"X": Secret(KEY)}, b"{}", proxy=Secret(f"http://a:{KEY}@h")
    )
    fields = Fields({"api_key": KEY, "n": 1})
    assert not leaks(f"{request!r} {request} {fields!r} {fields}")
    assert fields == {"api_key": KEY, "n": 1}
    assert get_provider("openai").name in repr(Chat("openai:m", api_key=KEY))


async def test_names_and_reasons_of_a_service_are_kept_without_the_key() -> None:
    said = json.dumps(
        {"model": f"m\x1b]0;{KEY}", "choices": [{"delta": {"content": "Hi"}, "finish_reason": KEY}]}
    )
    transport = InMemory(Canned([f"data: {said}\n\ndata: [DONE]\n\n".encode()]))
    chat = Chat("openai:m", api_key=KEY, transport=transport)
    answer = await chat.ask_async("hi")
    assert answer == "Hi"
    assert not leaks(f"{answer.model} {answer.finish_reason} {chat.conversation.to_dict()}")
    assert single_line(answer.model) == answer.model


def test_a_key_on_the_line_is_refused_and_forgotten(
    shared_shell: Any,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    load_ipython_extension(shared_shell)
    try:
        for line in (f"set openai {KEY}", f"set {KEY}", KEY, f'set openai "{KEY} x'):
            shared_shell.run_cell(f"%chat key {line}", store_history=True)
            told = capsys.readouterr()
            assert not leaks(told.out + told.err)
        shared_shell.run_cell(f"%chat key set openai {KEY}", store_history=True)
        assert "takes no key on its line" in capsys.readouterr().out
        history = shared_shell.history_manager
        kept = [*history.input_hist_raw, *history.input_hist_parsed, *map(str, history.db_input_cache)]
        kept += [str(value) for name, value in shared_shell.user_ns.items() if name.startswith("_i")]
        assert not leaks("\n".join(kept))
    finally:
        unload_ipython_extension(shared_shell)
