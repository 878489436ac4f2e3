"""The doctor names what is broken, one thing at a time, and shows no key."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from notebook_chat.errors import ProviderError
from notebook_chat.providers import Anthropic, Gemini, Ollama, OpenAI, OpenAIResponses
from notebook_chat.providers import doctor as doctor_module
from notebook_chat.providers.doctor import Finding, examine
from notebook_chat.providers.http import HTTPProvider

from ..fakes import parrot
from ..servers import Answer, Drop, Failure, Response, Stall, Truncate, login, page
from ..servers.fixtures import ProxyFactory, ServerFactory
from .wires import KEY, sse

DIALECTS: dict[type[HTTPProvider], str] = {
    OpenAI: "openai_chat",
    OpenAIResponses: "openai_responses",
    Anthropic: "anthropic",
    Gemini: "gemini",
    Ollama: "ollama",
}
EVENTS = {"Content-Type": "text/event-stream"}


async def report(provider: Any = OpenAI, model: str = "model-a", **options: Any) -> list[Finding]:
    findings = [finding async for finding in examine(provider, model, options)]
    shown = repr(findings)
    assert KEY not in shown
    assert "pa55word" not in shown
    return findings


def verdicts(findings: list[Finding]) -> dict[str, str]:
    return {finding.step: finding.verdict for finding in findings}


def the_bad_one(findings: list[Finding]) -> Finding:
    """The step that is named as broken, which is the last."""
    assert [finding.verdict for finding in findings].count("bad") == 1
    assert findings[-1].verdict == "bad", findings
    return findings[-1]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_module, "SECONDS", 2.0)


@pytest.mark.parametrize("provider", DIALECTS)
async def test_all_is_well(provider: type[HTTPProvider], vendor_server: ServerFactory) -> None:
    key = {} if provider is Ollama else {"api_key": KEY}
    server = vendor_server(DIALECTS[provider], Answer("OK"), key=key.get("api_key"))
    findings = await report(provider, base_url=server.base_url, **key)
    assert set(verdicts(findings).values()) == {"good"}, findings
    assert list(verdicts(findings)) == [
        *("address", "proxy", "key", "connection", "models", "answer", "tools", "JSON")
    ]


async def test_what_a_service_cannot_do(vendor_server: ServerFactory) -> None:
    def reply(request: Any) -> Any:
        body = json.loads(request.body)
        refused = next((name for name in ("tools", "response_format") if name in body), None)
        if refused is None:
            return Answer("OK")
        return Response(400, json.dumps({"error": {"message": f"{refused} is not supported"}}).encode())

    server = vendor_server("openai_chat", reply)
    findings = await report(base_url=server.base_url)
    assert [(finding.step, finding.verdict) for finding in findings[-2:]] == [
        ("tools", "unknown"),
        ("JSON", "unknown"),
    ]
    assert findings[-2].told.startswith("not supported: tools is not supported")


# --- one thing broken at a time -------------------------------------------------------------------------

Broken = Callable[..., Any]

FAULTS: list[tuple[str, Any, str, str]] = [
    ("a wrong key", Failure("authentication"), "answer-or-key", "API key"),
    ("a key that may not", Failure("permission"), "key", ""),
    ("no credit", Failure("quota"), "account", "Check the account's plan and credit"),
    ("too many requests", Response(429, b'{"error": {"message": "slow down"}}'), "answer", "slow down"),
    (
        "an unknown model",
        Response(404, b'{"error": {"message": "The model `m` does not exist"}}'),
        "model",
        "does not exist",
    ),
    ("nothing at the address", Response(404, b"404 page not found"), "model", "Asked at http"),
    ("a failing service", Response(500, b'{"error": {"message": "out of order"}}'), "answer", "out of order"),
    ("a proxy's page", page(502, "Bad Gateway"), "answer", "Bad Gateway"),
    ("a portal", page(200, "Welcome"), "answer", "web page"),
    ("a login", login(), "answer", "redirects"),
    ("a reset", Drop("reset"), "answer", "lost"),
    (
        "an answer that is cut off",
        Response(200, sse({"choices": [{"delta": {"content": "O"}}]}), EVENTS),
        "answer",
        "before it was whole",
    ),
    ("an answer that stalls", Answer("O", Stall()), "answer", "within 2 s"),
    ("an empty answer", Answer(), "answer", "gave no text"),
    (
        "a foreign dialect",
        Response(200, sse({"type": "message_start", "message": {}}, {"type": "message_stop"}), EVENTS),
        "answer",
        "Anthropic",
    ),
    ("no JSON", Response(200, b"data: {{{\n\n", EVENTS), "answer", "malformed"),
    (
        "a prompt that is refused",
        Response(400, b'{"error": {"message": "no", "code": "content_filter"}}'),
        "answer",
        "no",
    ),
]


@pytest.mark.parametrize(
    ("reply", "step", "words"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
async def test_a_fault_of_the_answer(reply: Any, step: str, words: str, vendor_server: ServerFactory) -> None:
    server = vendor_server("openai_chat", reply)
    bad = the_bad_one(await report(base_url=server.base_url, api_key=KEY))
    assert bad.step in step.split("-or-")
    assert words in bad.told


EVERYWHERE: list[tuple[Any, str, str]] = [
    (Failure("authentication"), "key", "Check the API key"),
    (Failure("permission"), "key", ""),
    (Failure("rate_limit"), "answer", ""),
    (Failure("server"), "answer", "service's fault"),
    (Failure("overloaded"), "answer", "Wait a little"),
    (page(502, "Bad Gateway"), "answer", "Bad Gateway"),
    (page(200, "Welcome"), "answer", "web page"),
    (login(), "answer", "redirects"),
    (Drop("reset"), "answer", "lost"),
    (Answer("O", Stall()), "answer", "within 2 s"),
    (Answer("O", Truncate()), "answer", "was lost"),
    (Answer(), "answer", "gave no text"),
    (Response(404, b"404 page not found"), "model", "Asked at http"),
]


@pytest.mark.parametrize("provider", DIALECTS)
@pytest.mark.parametrize(("reply", "step", "words"), EVERYWHERE)
async def test_a_fault_in_every_dialect(
    provider: type[HTTPProvider], reply: Any, step: str, words: str, vendor_server: ServerFactory
) -> None:
    server = vendor_server(DIALECTS[provider], reply)
    bad = the_bad_one(await report(provider, base_url=server.base_url, api_key=KEY))
    assert bad.step == step
    assert words in bad.told


async def test_a_wrong_key_is_found_at_the_list(vendor_server: ServerFactory) -> None:
    server = vendor_server("openai_chat", Answer("OK"), key="another")
    bad = the_bad_one(await report(base_url=server.base_url, api_key=KEY))
    assert (bad.step, "Check the API key" in bad.told) == ("key", True)


async def test_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = the_bad_one(await report())
    assert (bad.step, bad.told) == (
        "key",
        "there is no API key. Set OPENAI_API_KEY in the environment, or give api_key=.",
    )


@pytest.mark.parametrize(
    ("options", "step", "words"),
    [
        ({"base_url": "localhost:1"}, "address", "must be an address"),
        ({"base_url": "http://127.0.0.1:9/v1"}, "connection", "cannot connect"),
        ({"base_url": "http://nowhere.invalid/v1"}, "name", "cannot be found"),
        ({"base_url": "http://127.0.0.1:9/v1", "api_key": "sk-a…b"}, "key", "HORIZONTAL ELLIPSIS"),
        (
            {"base_url": "http://api.example.test/v1", "proxy": "http://ann:pa55word@127.0.0.1:9"},
            "proxy",
            "does not answer",
        ),
        (
            {"base_url": "http://127.0.0.1:9/v1", "proxy": "ftp://127.0.0.1"},
            "proxy",
            "neither HTTP nor SOCKS",
        ),
    ],
)
async def test_a_fault_of_the_way(options: dict[str, Any], step: str, words: str) -> None:
    bad = the_bad_one(await report(**options))
    assert bad.step == step
    assert words in bad.told


async def test_a_proxy_that_wants_a_password(forward_proxy: ProxyFactory) -> None:
    proxy = forward_proxy(user="ann", password="pa55word")
    bad = the_bad_one(await report(base_url="http://api.example.test/v1", proxy=proxy.url))
    assert (bad.step, "user and a password" in bad.told) == ("proxy", True)


async def test_a_certificate_that_is_not_trusted(
    vendor_server: ServerFactory, certificate_authority: Any
) -> None:
    server = vendor_server("openai_chat", Answer("OK"), tls=certificate_authority.server_context())
    bad = the_bad_one(await report(base_url=server.base_url))
    assert bad.step == "TLS"
    assert "SSL_CERT_FILE" in bad.told


async def test_https_where_http_is_spoken(vendor_server: ServerFactory) -> None:
    server = vendor_server("openai_chat", Answer("OK"))
    bad = the_bad_one(await report(base_url=server.base_url.replace("http://", "https://")))
    assert bad.step in ("TLS", "connection")


async def test_a_list_that_fails_is_no_end(vendor_server: ServerFactory) -> None:
    server = vendor_server("openai_chat", Answer("OK"), models=Response(500, b""))
    findings = await report(base_url=server.base_url)
    assert verdicts(findings)["models"] == "unknown"
    assert verdicts(findings)["answer"] == "good"


async def test_a_model_that_is_not_listed(vendor_server: ServerFactory) -> None:
    server = vendor_server("openai_chat", Answer("OK"), models=["other"])
    [listed] = [one for one in await report(base_url=server.base_url) if one.step == "models"]
    assert (listed.verdict, listed.told) == ("unknown", "1 listed, and model-a is not among them")


async def test_where_the_settings_come_from(
    vendor_server: ServerFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    server = vendor_server("openai_chat", Answer("OK"), key=KEY)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(f"OPENAI_BASE_URL={server.base_url}\nOPENAI_API_KEY={KEY}\n")
    told = {finding.step: finding.told for finding in await report()}
    assert told["address"] == f"{server.base_url} (from OPENAI_BASE_URL in .env)"
    assert told["key"] == "there, from OPENAI_API_KEY in .env"
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    (tmp_path / ".env").unlink()
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    told = {finding.step: finding.told for finding in await report()}
    assert told["address"].endswith("(from OPENAI_BASE_URL)")
    assert told["key"] == "there, from OPENAI_API_KEY"


async def test_a_provider_that_is_not_over_http() -> None:
    [finding] = await report(parrot(lambda messages: ["OK"]))
    assert (finding.step, finding.verdict) == ("answer", "good")

    def fails(messages: Any) -> Iterator[str]:
        raise ProviderError("it is broken")

    assert the_bad_one(await report(parrot(fails))).told == "it is broken"


def test_every_dialect_is_asked_what_it_can_do() -> None:
    assert {provider.speaks for provider in DIALECTS} == set(doctor_module._TOOLS) == set(doctor_module._JSON)


@pytest.mark.parametrize(
    ("password", "told"),
    [("pa55w", "through http://127.0.0.1:1"), ("pa55w/o@rd", "is not a proxy's address")],
)
async def test_an_address_shows_no_user(password: str, told: str) -> None:
    options = {
        "base_url": "http://127.0.0.1:9/v1",
        "proxy": f"http://ann:{password}@127.0.0.1:1",
        "api_key": KEY,
    }
    found = [finding async for finding in doctor_module.examine(OpenAI, "m", options)]
    assert any(told in finding.told for finding in found if finding.step == "proxy")
    assert "pa55w" not in str(found)
