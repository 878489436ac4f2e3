"""One contract for every provider and dialect, each against its vendor's server on loopback."""

from __future__ import annotations

import asyncio
import gc
import traceback
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notebook_chat import errors
from notebook_chat.attempts import RetryPolicy
from notebook_chat.events import Notice
from notebook_chat.events import Usage as OurUsage
from notebook_chat.providers import get_provider

from ..servers import (
    DIALECTS,
    Answer,
    Drop,
    End,
    Failure,
    Gate,
    Malformed,
    Reasoning,
    Reset,
    Response,
    Silence,
    Stall,
    StreamFailure,
    Truncate,
    Usage,
    Wire,
    anywhere,
    echo,
    every,
    login,
    page,
    retry_after,
    serve,
)
from ..servers.fixtures import ProxyFactory, ServerFactory

KEY = "sk-planted-secret-0123456789"
TEXT = ["Hel", "lo ", "wörld ", "你好 ", "👩‍👩‍👧", "\n\n```py\n", "x = '\u2028'", "\n```"]


@dataclass(frozen=True)
class Case:
    """A provider and the dialect of the server it talks to."""

    provider: str
    dialect: str
    framed: bool = True  # has events, usage, finish reasons and errors of its own

    def ask(self, server: Any, messages: Any = "hi", **options: Any) -> Any:
        options = {"api_key": KEY, "retries": 0, "base_url": server.base_url, **options}
        return get_provider(self.provider).create_async_generator("model-a", messages, **options)


CASES = [
    Case("openai", "openai_chat"),
    Case("openai-responses", "openai_responses"),
    Case("anthropic", "anthropic"),
    Case("gemini", "gemini"),
    Case("ollama", "ollama"),
    Case("aiask", "gpt_site", framed=False),
    Case("chatanywhere", "gpt_site", framed=False),
]
FRAMED = [case for case in CASES if case.framed]

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.provider)
every_framed = pytest.mark.parametrize("case", FRAMED, ids=lambda case: case.provider)


def test_every_dialect_is_here() -> None:
    assert {case.dialect for case in CASES} == set(DIALECTS)


# --- the answer -----------------------------------------------------------------------------------------


@every_case
async def test_the_text_comes_whole_and_in_pieces(case: Case, vendor_server: ServerFactory) -> None:
    server = vendor_server(case.dialect, Answer(*TEXT))
    result = case.ask(server)
    pieces = [piece async for piece in result]
    assert "".join(pieces) == "".join(TEXT) == result.text
    assert result.finish_reason == "stop"
    if case.framed:
        assert pieces == TEXT


@every_case
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1000), size=st.integers(1, 64))
def test_any_chunking_of_the_bytes(case: Case, seed: int, size: int) -> None:
    for cut in (anywhere(seed), every(size)):
        with serve(case.dialect, Answer(*TEXT, wire=Wire(cut=cut))) as server:
            assert asyncio.run(case.ask(server).read()) == "".join(TEXT)


@every_framed
async def test_usage_finish_reason_model_and_reasoning_arrive(
    case: Case, vendor_server: ServerFactory
) -> None:
    answer = Answer(
        Reasoning("hm, "), Reasoning("so"), "Hi", usage=Usage(21, 9), finish="length", model="m-7"
    )
    result = case.ask(vendor_server(case.dialect, answer))
    assert await result.read() == "Hi"
    assert result.reasoning == "hm, so"
    assert result.finish_reason == "length"
    assert result.model == "m-7"
    assert isinstance(result.usage, OurUsage)
    assert (result.usage.input_tokens, result.usage.output_tokens) == (21, 9)


@every_case
async def test_the_conversation_goes_out_whole(case: Case, vendor_server: ServerFactory) -> None:
    messages = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"role": "user", "content": "three"},
    ]
    text = await case.ask(vendor_server(case.dialect, echo()), messages).read()
    assert text == "system: be brief\nuser: one\nassistant: two\nuser: three"


@every_case
async def test_two_interleaved_answers_never_mix(case: Case, vendor_server: ServerFactory) -> None:
    def model(request: Any) -> Answer:
        return Answer(
            *[f"{request.turns[-1].text}{number} " for number in range(30)], wire=Wire(cut=every(40))
        )

    server = vendor_server(case.dialect, model)
    one, two = case.ask(server, "a"), case.ask(server, "b")
    texts = await asyncio.gather(one.read(), two.read())
    assert texts == ["".join(f"{name}{number} " for number in range(30)) for name in "ab"]


@every_case
async def test_connections_are_used_again(case: Case, vendor_server: ServerFactory) -> None:
    server = vendor_server(case.dialect, Answer("Hi"))
    for _ in range(4):
        await case.ask(server).read()
    assert (len(server.requests), server.connections) == (4, 1)


@every_case
async def test_closing_early_frees_the_connection(case: Case, vendor_server: ServerFactory) -> None:
    server = vendor_server(case.dialect, Answer("first", Stall()))
    async with case.ask(server) as result:
        assert await anext(result) == "first"
    assert await asyncio.to_thread(server.exchange().disconnected.wait, 2)
    assert result.text == "first"


@every_case
async def test_an_answer_that_is_dropped_frees_the_connection(
    case: Case, vendor_server: ServerFactory
) -> None:
    server = vendor_server(case.dialect, Answer("first", Stall()))
    result = case.ask(server)
    await anext(result)
    del result
    gc.collect()
    assert await asyncio.to_thread(server.exchange().disconnected.wait, 2)


@every_case
async def test_the_first_text_does_not_wait_for_the_rest(case: Case, vendor_server: ServerFactory) -> None:
    gate = Gate()
    server = vendor_server(case.dialect, Answer("first", gate, " second"))
    result = case.ask(server)
    assert await anext(result) == "first"
    gate.open()
    assert await result.read() == "first second"


# --- failures -------------------------------------------------------------------------------------------

FAILURES: dict[str, type[errors.ChatError]] = {
    "authentication": errors.AuthenticationError,
    "permission": errors.PermissionDeniedError,
    "unknown_model": errors.ModelNotFoundError,
    "rate_limit": errors.RateLimitError,
    "quota": errors.QuotaError,
    "context_length": errors.ContextLengthError,
    "content_refused": errors.ContentRefusedError,
    "bad_request": errors.BadRequestError,
    "overloaded": errors.OverloadedError,
    "server": errors.ServerError,
}


# What a vendor does not tell apart is its class's parent.
UNTOLD: dict[tuple[str, str], type[errors.ChatError]] = {
    ("gemini", "quota"): errors.RateLimitError,
    ("ollama", "quota"): errors.RateLimitError,
    ("ollama", "content_refused"): errors.BadRequestError,
}


async def failure_of(result: Any) -> errors.ChatError:
    """The error that an answer ends with, checked for what holds of all errors."""
    with pytest.raises(errors.ChatError) as caught:
        await result.read()
    error = caught.value
    assert error.partial == result.text
    assert error.provider
    assert "\n" not in str(error)
    shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert KEY not in shown
    assert KEY not in repr(vars(error))
    return error


@every_framed
@pytest.mark.parametrize("kind", FAILURES)
async def test_the_vendors_failures(case: Case, kind: Any, vendor_server: ServerFactory) -> None:
    error = await failure_of(case.ask(vendor_server(case.dialect, Failure(kind))))
    assert isinstance(error, UNTOLD.get((case.provider, kind), FAILURES[kind]))
    assert error.message
    assert error.status or (case.provider, kind) == ("gemini", "content_refused")  # which is told with a 200


@every_framed
async def test_the_vendors_words_are_told_without_the_key(case: Case, vendor_server: ServerFactory) -> None:
    reply = Failure("bad_request", "The words of the vendor about {key}.")
    error = await failure_of(case.ask(vendor_server(case.dialect, reply)))
    assert "The words of the vendor about" in str(error)


@every_framed
@pytest.mark.parametrize("kind", ["rate_limit", "overloaded", "server"])
async def test_failures_inside_the_stream(case: Case, kind: Any, vendor_server: ServerFactory) -> None:
    reply = Answer("so far", StreamFailure(kind, "The vendor stopped."))
    error = await failure_of(case.ask(vendor_server(case.dialect, reply)))
    assert isinstance(error, errors.ProviderError)
    assert "The vendor stopped." in str(error)
    assert error.partial == "so far"


@every_case
@pytest.mark.parametrize(
    ("reply", "kind", "partial"),
    [
        (Drop("reset"), errors.StreamInterruptedError, ""),
        (Drop("close"), errors.StreamInterruptedError, ""),
        (Answer("so far", Reset()), errors.StreamInterruptedError, "so far"),
        (Answer("so far", Truncate()), errors.StreamInterruptedError, "so far"),
        (Answer("so far", Truncate(inside_chunk=True)), errors.StreamInterruptedError, "so far"),
        (page(502, "Bad Gateway"), errors.ServerError, ""),
        (login(), errors.ResponseFormatError, ""),
        (Response(503, b"upstream down"), errors.OverloadedError, ""),
        (Response(500, b""), errors.ServerError, ""),
        (Response(404, b"404 page not found"), errors.ModelNotFoundError, ""),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, (str, type)) else "",
)
async def test_failures_of_the_way(
    case: Case, reply: Any, kind: type[errors.ChatError], partial: str, vendor_server: ServerFactory
) -> None:
    error = await failure_of(case.ask(vendor_server(case.dialect, reply)))
    assert isinstance(error, kind)
    assert error.partial.removesuffix("x") == partial  # raw text may have got the chunk's first byte


@every_framed
@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (page(200), errors.ResponseFormatError),
        (Response(200, b"just some text"), errors.ResponseFormatError),
        (Answer("so far", Malformed()), errors.ResponseFormatError),
        (Answer("so far", End()), errors.StreamInterruptedError),
        (Response(200, b""), errors.StreamInterruptedError),
    ],
    ids=["page", "text", "malformed", "ended", "empty"],
)
async def test_what_is_no_answer_of_the_dialect(
    case: Case, reply: Any, kind: type[errors.ChatError], vendor_server: ServerFactory
) -> None:
    assert isinstance(await failure_of(case.ask(vendor_server(case.dialect, reply))), kind)


@every_case
async def test_nobody_listens(case: Case) -> None:
    with serve(case.dialect) as server:
        pass
    error = await failure_of(case.ask(server))
    assert isinstance(error, errors.ConnectError)
    assert f"127.0.0.1:{server.port}" in str(error)


@every_case
@pytest.mark.parametrize(
    ("timeouts", "reply", "words"),
    [
        ({"idle": 0.1}, Answer("so far", Stall()), "sent nothing for 0.1 s"),
        ({"idle": 0.1}, Silence(), "sent nothing for 0.1 s"),
        ({"total": 0.2}, Answer("so far", Stall()), "no whole answer"),
        ({"total": 0.2}, Silence(), "no whole answer"),
    ],
    ids=["idle", "silence", "total", "total before"],
)
async def test_timeouts(
    case: Case, timeouts: dict[str, float], reply: Any, words: str, vendor_server: ServerFactory
) -> None:
    from notebook_chat.request import Timeouts

    error = await failure_of(case.ask(vendor_server(case.dialect, reply), timeout=Timeouts(**timeouts)))
    assert isinstance(error, errors.RequestTimeoutError)
    assert isinstance(error, TimeoutError)
    assert words in str(error)


@every_case
async def test_a_proxy_is_used_and_may_ask_for_a_password(
    case: Case, vendor_server: ServerFactory, forward_proxy: ProxyFactory
) -> None:
    server = vendor_server(case.dialect, Answer("Hi"))
    proxy = forward_proxy(user="ann", password="pa55word")
    url = proxy.url_for("ann", "pa55word")
    assert await case.ask(server, proxy=url).read() == "Hi"
    error = await failure_of(case.ask(server, proxy=proxy.url_for("ann", "wrong-pa55")))
    assert isinstance(error, errors.ProxyError)
    assert "wrong-pa55" not in str(error)
    assert len(server.requests) == 1


@every_case
async def test_a_proxy_that_does_not_answer(
    case: Case, vendor_server: ServerFactory, forward_proxy: ProxyFactory
) -> None:
    server = vendor_server(case.dialect)
    error = await failure_of(case.ask(server, proxy="http://ann:pa55word@127.0.0.1:9"))
    assert isinstance(error, errors.ProxyError)
    assert "pa55word" not in str(error)


@every_case
async def test_the_environments_proxy_is_for_other_machines(
    case: Case, vendor_server: ServerFactory, forward_proxy: ProxyFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = vendor_server(case.dialect, Answer("Hi"))
    address = urlsplit(server.base_url)
    proxy = forward_proxy(hosts={"api.example.test:80": ("127.0.0.1", address.port)})
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    elsewhere = f"http://api.example.test{address.path}"
    assert await case.ask(server, base_url=elsewhere).read() == "Hi"
    assert [urlsplit(passage.target).netloc for passage in proxy.passages] == ["api.example.test"]
    assert await case.ask(server).read() == "Hi"
    assert len(proxy.passages) == 1


@every_case
async def test_a_proxy_of_the_environment_that_nobody_speaks_to_keeps_nobody_from_this_machine(
    case: Case, vendor_server: ServerFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "ftp://127.0.0.1:9")
    server = vendor_server(case.dialect, Answer("Hi"))
    assert await case.ask(server).read() == "Hi"
    error = await failure_of(case.ask(server, base_url="http://api.example.test"))
    assert isinstance(error, errors.ConfigurationError)


@every_case
async def test_certificates(
    case: Case, vendor_server: ServerFactory, certificate_authority: Any, tmp_path: Any
) -> None:
    server = vendor_server(case.dialect, Answer("Hi"), tls=certificate_authority.server_context())
    error = await failure_of(case.ask(server))
    assert isinstance(error, errors.TLSError)
    assert "SSL_CERT_FILE" in str(error)
    authority = certificate_authority.write(tmp_path / "ca.pem")
    assert await case.ask(server, ssl=str(authority)).read() == "Hi"
    assert await case.ask(server, ssl=certificate_authority.client_context).read() == "Hi"
    assert await case.ask(server, ssl=False).read() == "Hi"


@every_case
@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
async def test_certificates_that_the_environment_names_later(
    case: Case,
    variable: str,
    vendor_server: ServerFactory,
    certificate_authority: Any,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    server = vendor_server(case.dialect, Answer("Hi"), tls=certificate_authority.server_context())
    assert isinstance(await failure_of(case.ask(server)), errors.TLSError)
    monkeypatch.setenv(variable, str(certificate_authority.write(tmp_path / "ca.pem")))
    assert await case.ask(server).read() == "Hi"
    monkeypatch.setenv(variable, str(tmp_path / "gone.pem"))
    error = await failure_of(case.ask(server))
    assert isinstance(error, errors.ConfigurationError)
    assert f"{variable} names" in str(error)


# --- asking again ---------------------------------------------------------------------------------------


@every_case
@pytest.mark.parametrize(
    "failure", [Drop("reset"), Response(503, b"busy", retry_after(0))], ids=["reset", "503"]
)
async def test_what_may_pass_is_asked_again_before_the_first_text(
    case: Case, failure: Any, vendor_server: ServerFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RetryPolicy, "backoff", lambda self, attempt: 0.01)
    server = vendor_server(case.dialect, failure, failure, Answer("Hi"))
    result = case.ask(server, retries=2)
    events = [event async for event in result.events()]
    assert result.text == "Hi"
    assert len(server.requests) == 3
    assert ["trying again" in event.text for event in events if isinstance(event, Notice)] == [True, True]
    down = vendor_server(case.dialect, failure)
    assert isinstance(await failure_of(case.ask(down, retries=1)), errors.ChatError)
    assert len(down.requests) == 2


@every_case
async def test_never_after_the_first_text(case: Case, vendor_server: ServerFactory) -> None:
    server = vendor_server(case.dialect, Answer("so far", Reset()), Answer("again"))
    error = await failure_of(case.ask(server, retries=5))
    assert error.partial == "so far"
    assert len(server.requests) == 1


@every_case
async def test_a_service_that_asks_for_too_long_a_wait_fails_and_says_how_long(
    case: Case, vendor_server: ServerFactory
) -> None:
    server = vendor_server(case.dialect, Response(429, b"slow down", retry_after(3600)))
    error = await failure_of(case.ask(server, retries=5))
    assert isinstance(error, errors.RateLimitError)
    assert error.retry_after == 3600
    assert "60 minutes" in str(error)
    assert len(server.requests) == 1


# --- before anything is sent ----------------------------------------------------------------------------


@every_case
@pytest.mark.parametrize(
    ("messages", "options", "words"),
    [
        ([], {}, "no messages"),
        ([{"role": "user", "content": ""}], {}, "is empty"),
        ([{"role": "nobody", "content": "x"}], {}, "role 'nobody'"),
        ("hi", {"temperature": 5}, "from 0 to 2"),
        ("hi", {"temperature": True}, "from 0 to 2"),
        ("hi", {"timeout": -1}, "above 0"),
        ("hi", {"base_url": "localhost:80"}, "must be an address"),
        ("hi", {"proxy": "ftp://127.0.0.1:9"}, "speaks neither HTTP nor SOCKS"),
        ("hi", {"proxy": "socks5://"}, "is not a proxy's address"),
        ("hi", {"retries": -1}, "0 or more"),
        ("hi", {"headers": {"X": 3}}, "must be a text"),
        ("hi", {"headers": {"X": "a\r\nY: b"}}, "no header may have"),
        ("hi", {"extra_body": 3}, "must be a dict"),
        ("hi", {"ssl": "/no/such/file"}, "file of certificates"),
    ],
)
async def test_bad_input_sends_nothing(
    case: Case, messages: Any, options: dict[str, Any], words: str, vendor_server: ServerFactory
) -> None:
    server = vendor_server(case.dialect)
    error = await failure_of(case.ask(server, messages, **options))
    assert isinstance(error, errors.ConfigurationError)
    assert words in str(error)
    assert server.requests == ()


@every_framed
async def test_a_key_of_the_caller_goes_out_in_one_header_alone(
    case: Case, vendor_server: ServerFactory
) -> None:
    if case.provider == "ollama":
        pytest.skip("Ollama has no keys")
    server = vendor_server(case.dialect, Answer("Hi"), key=KEY)
    assert await case.ask(server).read() == "Hi"
    [request] = server.requests
    assert [KEY in value for _, value in request.headers].count(True) == 1
    assert KEY.encode() not in request.body
    assert KEY not in request.target
    error = await failure_of(case.ask(server, api_key="wrong-key-123"))
    assert isinstance(error, errors.AuthenticationError)
    assert "wrong-key-123" not in str(error)
