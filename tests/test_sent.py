"""What is shown before and after is what goes over the wire, byte for byte, for everyone who can be asked."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from aiohttp import web

from notebook_chat import Chat
from notebook_chat.conversation import Conversation, SentRequest, SentRequests
from notebook_chat.errors import ChatError, InvalidMessagesError, InvalidOptionError
from notebook_chat.messages import Message
from notebook_chat.outgoing import shown_body, went_out
from notebook_chat.providers import get_provider, list_providers
from notebook_chat.providers.call import Ask
from notebook_chat.providers.http import HTTPProvider
from notebook_chat.providers.local import provider as local
from notebook_chat.secrets import Secret

from .fakes import parrot
from .servers import DIALECTS, Answer, Failure, retry_after
from .servers.background import BackgroundLoop
from .servers.fixtures import ServerFactory
from .transports import InMemory, completion

KEY = "planted-Key-0123456789abcdef"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
DIALECT_OF = {
    "OpenAI's responses": "openai_responses",
    "OpenAI's chat completions": "openai_chat",
    "Anthropic's messages": "anthropic",
    "Gemini's API": "gemini",
    "Ollama's API": "ollama",
}


def over_http() -> list[str]:
    """All registered providers over HTTP."""
    return [name for name in list_providers() if issubclass(_class(name), HTTPProvider)]


def _class(name: str) -> type[Any]:
    found = get_provider(name)
    return found if isinstance(found, type) else type(found)


def dialect_of(name: str) -> str:
    provider: Any = get_provider(name)
    return DIALECT_OF.get(provider.speaks, "gpt_site")


def kept(conversation: Conversation) -> SentRequests:
    """Has what goes out in a conversation kept, as the session of a notebook does."""
    conversation.sent_requests = SentRequests()
    return conversation.sent_requests


def state(conversation: Conversation) -> Any:
    return conversation.to_dict(), conversation.busy, conversation.messages


def test_all_dialects_are_among_them() -> None:
    assert {dialect_of(name) for name in over_http()} == set(DIALECTS)
    assert len(over_http()) > 15


@pytest.mark.parametrize("name", over_http())
def test_shown_before_is_sent_is_shown_after(name: str, vendor_server: ServerFactory) -> None:
    server = vendor_server(dialect_of(name), Answer("eins"), Answer("zwei"))
    chat = Chat(
        f"{name}:model-a", base_url=server.base_url, api_key=KEY, system="Sei kurz. 你好 \u202e", retries=0
    )
    ledger = kept(chat.conversation)
    more = {"generationConfig": {"topK": 3}} if name == "gemini" else {"user": {"deep": [1, None, "ü"]}}
    sees = get_provider(name).takes_images
    files = [("data.csv", b"a,b\n1,2\n"), ("notes.md", "größer ``` als".encode())]
    asks: list[dict[str, Any]] = [
        {
            "prompt": 'Was ist das? \\ " \u2028 👩‍👩‍👧 {x}',
            "images": [PIXEL, PIXEL] if sees else [],
            "files": [*files, ("pixel.png", PIXEL)] if sees else files,
            "values": {"x": [1, "zwei"]},
        },
        {"prompt": "Und das?", "temperature": 0.25, "extra_body": more},
    ]
    for number, ask in enumerate(asks):
        before = state(chat.conversation)
        preview = chat.preview(**ask)
        assert state(chat.conversation) == before
        assert len(server.requests) == number, "a preview sends nothing"
        chat.ask(**ask)
        [sent] = ledger.of_turn(chat.conversation.turns[-1].id)
        after = went_out([sent])
        assert server.requests[-1].body == preview.body == after.body
        assert preview.url == after.url == f"{server.origin}{server.requests[-1].target}"
        assert preview.headers == after.headers
        assert preview.messages == after.messages
        assert preview.messages[0] == Message("system", "Sei kurz. 你好 \u202e")
        assert KEY not in f"{preview!r}{preview}{preview.html}{after}{after.html}{sent!r}"
        assert "nothing was sent" in str(preview)
        assert "status 200" in str(after)


def test_the_embedded_models_engine_is_given_what_is_shown(vendor_server: ServerFactory) -> None:
    server = vendor_server("openai_chat", Answer("hi"))
    engine: Any = SimpleNamespace(address=server.origin, key=Secret(KEY))
    options = {"temperature": 0.5, "n_ctx": 4096, "extra_body": {"top_k": 3}, "seed": 7}
    messages = [Message("system", "s"), Message("user", "hé")]

    async def asked() -> None:
        ask = Ask.checked("smollm2-135m", messages, options, local.Local.option_checks)
        async for _ in local._answer(engine, ask, {}):
            pass

    asyncio.run(asked())
    prepared = local.Local.prepared("", messages, options)
    assert server.requests[0].body == prepared.body
    assert server.requests[0].json["max_tokens"] == local.MAX_TOKENS
    preview = Chat("local", temperature=0.5, system="s").preview("hé")
    assert preview.url.startswith("http://127.0.0.1/")
    assert b'"return_progress":true' in preview.body


def test_providers_from_elsewhere_are_given_the_messages() -> None:
    provider = parrot(["fine"])
    chat = Chat(provider=provider, system="s")
    ledger = kept(chat.conversation)
    preview = chat.preview("a", images=[PIXEL])
    assert (preview.body, preview.url) == (b"", "")
    assert provider.requests == []
    assert "is given the messages" in str(preview)
    chat.ask("a", images=[PIXEL])
    after = went_out(ledger.latest(chat.conversation))
    assert provider.requests[0] == preview.messages == after.messages
    assert f"[image/png, {len(PIXEL)} bytes]" in str(after)

    async def function(messages: Any) -> Any:
        yield "hi"

    chat = Chat(provider=function)
    ledger = kept(chat.conversation)
    assert chat.preview("b").messages == (Message("user", "b"),)
    assert chat.ask("b") == "hi"
    assert "made what it sent itself" in str(went_out(ledger.latest(chat.conversation)))


def test_a_given_transport_still_has_the_request() -> None:
    from .transports import Canned  # noqa: F401

    transport = InMemory(completion("hi"))
    chat = Chat("openai:m", api_key=KEY, transport=transport)
    ledger = kept(chat.conversation)
    assert chat.ask("a") == "hi"
    assert transport.requests[0].body == ledger.latest(chat.conversation)[0].body


def test_nothing_is_kept_where_nobody_looks(vendor_server: ServerFactory) -> None:
    chat = Chat("openai:m", base_url=vendor_server("openai_chat").base_url, api_key=KEY)
    chat.ask("a")
    assert chat.conversation.sent_requests is None


def test_all_requests_of_one_ask_are_named(vendor_server: ServerFactory) -> None:
    server = vendor_server(
        "openai_chat",
        Answer("one"),
        Answer("two"),
        Failure("overloaded", headers=retry_after(0)),
        Failure("context_length"),
        Answer("three"),
        refuse=["stream_options"],
    )
    chat = Chat("openai:m", base_url=server.base_url, api_key=KEY)
    ledger = kept(chat.conversation)
    for prompt in ("a " * 400, "b " * 400, "c"):
        chat.ask(prompt)
    requests = ledger.of_turn(chat.conversation.turns[-1].id)
    last_bodies = [request.body for request in server.requests][-len(requests) :]
    assert [one.body for one in requests] == last_bodies
    after = went_out(requests)
    told = str(after)
    assert after.body == last_bodies[-1]
    for words in (
        "a simpler request",
        "the same once more",
        "with fewer turns",
        f"request {len(requests)} of",
    ):
        assert words in told
    assert "without the 2 oldest turns" in told
    assert went_out(requests, 1).body == last_bodies[0]


def test_what_is_left_out_is_told_before() -> None:
    provider = parrot(["fine " * 300])
    chat = Chat(provider=provider, context=1200)
    for prompt in "abc":
        chat.ask(prompt)
    preview = chat.preview("d")
    assert any("without the" in note for note in preview.notes)
    chat.ask("d")
    assert provider.requests[-1] == preview.messages


def test_a_re_run_shows_what_stands_above_it() -> None:
    chat = Chat(provider=parrot(["fine"]))
    for cell in ("one", "two"):
        chat.ask(f"in {cell}", cell=cell)
    before = state(chat.conversation)
    assert [message.text for message in chat.preview("anew", cell="one").messages] == ["anew"]
    assert len(chat.preview("more").messages) == 5
    assert len(chat.preview("afresh", fresh=True, system="x").messages) == 2
    with pytest.raises(InvalidMessagesError):
        chat.preview("anew", replaces="nobody")
    assert state(chat.conversation) == before


def test_a_preview_while_an_answer_comes(vendor_server: ServerFactory) -> None:
    chat = Chat(provider=parrot(["a", 30, "b"]))
    stream = chat.stream("first")
    next(stream)
    assert any("still coming" in note for note in chat.preview("second").notes)
    stream.close()  # type: ignore[attr-defined]


async def test_a_preview_in_a_running_loop() -> None:
    assert Chat("openai:m", api_key=KEY).preview("hi").body.startswith(b'{"model":"m"')


def test_without_a_key_the_body_is_there_all_the_same() -> None:
    preview = Chat("openai:m").preview("hi")
    assert b'"hi"' in preview.body
    assert "it could not be sent: there is no API key" in str(preview)


def test_what_is_wrong_is_told_as_by_ask() -> None:
    chat = Chat("openai:m", api_key=KEY)
    with pytest.raises(InvalidOptionError):
        chat.preview("hi", temperature=7)
    with pytest.raises(InvalidMessagesError):
        chat.preview(" ")
    with pytest.raises(InvalidOptionError, match="JSON"):
        chat.preview("hi", extra_body={"x": object()})


def test_credentials_in_the_address_are_not_shown() -> None:
    chat = Chat("openai:m", base_url=f"https://ann:{KEY}@gateway.example.com/v1?key={KEY}", api_key="")
    preview = chat.preview("hi")
    assert "gateway.example.com" in preview.url
    assert KEY not in f"{preview!r}{preview}{preview.html}{preview.url}"
    assert "Authorization" in preview.headers


def test_secrets_in_the_body_are_told_by_their_size() -> None:
    token = "gh" + "p_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3hJ6"
    chat = Chat("openai:m", api_key=KEY)
    preview = chat.preview(f"use {token} now", extra_body={"data": {"key": KEY}})
    shown = f"{preview}{preview.html}{shown_body(preview.body)}"
    assert token not in shown
    assert KEY not in shown
    assert "[GitHub token of 40 characters]" in shown
    assert token.encode() in preview.body
    assert any("looks like a secret" in note for note in preview.notes)


def test_what_is_shown_is_dead_and_bounded() -> None:
    hostile = "<script>alert(1)</script>\x1b[2J\u202e" + "<img src=x onerror=alert(1)>" * 20_000
    preview = Chat("openai:<b>m\x1b", api_key=KEY, system=hostile).preview(hostile)
    assert "<script" not in preview.html
    assert "<img" not in preview.html
    assert "\x1b" not in preview.html + preview.text
    assert "\u202e" not in preview.html + preview.text
    assert len(preview.text) < 100_000
    assert len(preview.body) > 1_000_000
    assert "characters are not shown" in preview.text
    assert "\n" not in repr(preview)


# --- the service's own count


@contextmanager
def counting(answer: bytes = b'{"input_tokens": 21, "totalTokens": 21}', status: int = 200) -> Iterator[Any]:
    """A server that counts, and whatever it was sent."""
    seen: list[tuple[str, Any]] = []

    async def handle(request: web.Request) -> web.Response:
        seen.append((request.path, msgspec.json.decode(await request.read())))
        return web.Response(body=answer, status=status, content_type="application/json")

    async def start() -> tuple[web.AppRunner, int]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handle)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return runner, runner.addresses[0][1]

    background = BackgroundLoop("a server that counts")
    runner, port = background.run(start())
    try:
        yield SimpleNamespace(url=f"http://127.0.0.1:{port}", seen=seen)
    finally:
        background.run(runner.cleanup())
        background.close()


COUNTS = {
    "anthropic": ("/v1/messages/count_tokens", {"model", "messages", "system"}),
    "gemini": ("/v1beta/models/m:countTokens", {"generateContentRequest"}),
    "openai-responses": ("/v1/responses/input_tokens", {"model", "input", "instructions"}),
}


@pytest.mark.parametrize("name", COUNTS)
def test_the_services_own_count(name: str) -> None:
    path, fields = COUNTS[name]
    with counting() as server:
        base = server.url + path.split("/m")[0].split("/responses")[0]
        chat = Chat(f"{name}:m", base_url=base, api_key=KEY, system="Be brief.", max_tokens=5)
        assert not chat.preview("hi").counted
        assert server.seen == []
        preview = chat.preview("hi", images=[PIXEL], count=True)
    [(asked, body)] = server.seen
    assert (preview.tokens, preview.counted) == (21, True)
    assert "21 tokens (counted by the service)" in str(preview)
    assert "sent to be counted" in str(preview)
    assert (asked, set(body)) == (path, fields)
    assert "max_tokens" not in str(body)


@pytest.mark.parametrize(
    ("answer", "status"), [(b"no", 500), (b"[]", 200), (b'{"input_tokens": "x"}', 200), (b"{}", 404)]
)
def test_a_count_that_fails_is_an_estimate_and_said(answer: bytes, status: int) -> None:
    with counting(answer, status) as server:
        chat = Chat("anthropic:m", base_url=server.url, api_key=KEY)
        preview = chat.preview("hi " * 100, count=True)
    assert not preview.counted
    assert preview.tokens > 50
    assert any("did not count" in note for note in preview.notes)


def test_a_service_without_a_count_is_not_asked(vendor_server: ServerFactory) -> None:
    server = vendor_server("openai_chat")
    preview = Chat("openai:m", base_url=server.base_url, api_key=KEY).preview("hi", count=True)
    assert server.requests == ()
    assert any("has no count of its own" in note for note in preview.notes)
    assert "nothing was sent" in str(preview)


def test_the_vendors_own_clients_ask_for_counts_in_the_same_place() -> None:
    import anthropic
    import openai

    with counting(b'{"input_tokens": 3, "object": "response.input_tokens"}') as server:
        client = anthropic.Anthropic(api_key=KEY, base_url=server.url)
        client.messages.count_tokens(
            model="m",
            system="Be brief.",
            messages=[{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
        )
        client.close()
        ours = Chat("anthropic:m", base_url=server.url, api_key=KEY, system="Be brief.")
        assert ours.preview("hi", count=True).tokens == 3
        other = openai.OpenAI(api_key=KEY, base_url=f"{server.url}/v1")
        other.responses.input_tokens.count(
            model="m", instructions="Be brief.", input=[{"role": "user", "content": "hi"}]
        )
        other.close()
        ours = Chat("openai-responses:m", base_url=f"{server.url}/v1", api_key=KEY, system="Be brief.")
        assert ours.preview("hi", count=True).tokens == 3
    assert server.seen[0] == server.seen[1]
    assert server.seen[2] == server.seen[3]


# --- what is kept


def request(size: int, turn: str = "t") -> SentRequest:
    return SentRequest(turn, "m", (), body=b"x" * size)


def test_what_is_kept_is_bounded() -> None:
    ledger, conversation = SentRequests(most=3, size=100), Conversation()
    for number in range(10):
        ledger.note(conversation, request(10, str(number)))
    assert [bool(ledger.of_turn(str(number))) for number in range(10)] == [False] * 7 + [True] * 3
    ledger.note(conversation, request(95, "large"))
    assert not ledger.of_turn("9")
    assert ledger.of_turn("large")
    ledger.note(conversation, request(101, "huge"))
    assert not ledger.of_turn("huge")


def test_images_count() -> None:
    picture = parrot(["fine"])
    chat = Chat(provider=picture)
    ledger = kept(chat.conversation)
    chat.ask("a", images=[PIXEL])
    assert ledger.latest(chat.conversation)[0].weight == len(PIXEL) + 1


def test_reset_keeps_and_erase_forgets() -> None:
    chat = Chat(provider=parrot(["fine"]))
    ledger = kept(chat.conversation)
    chat.ask("a")
    [turn] = chat.conversation.turns
    chat.conversation.reset()
    assert ledger.of_turn(turn.id)
    chat.conversation.undo()
    chat.conversation.erase()
    assert not ledger.of_turn(turn.id)
    assert ledger.latest(chat.conversation) == ()


def test_many_threads_at_once() -> None:
    ledger = SentRequests(most=50)
    conversations = [Conversation() for _ in range(8)]

    def work(conversation: Conversation) -> None:
        for number in range(200):
            ledger.note(conversation, request(10, str(number)))
            ledger.latest(conversation)
        ledger.forget(conversation)

    threads = [threading.Thread(target=work, args=(one,)) for one in conversations]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(ledger.latest(one) == () for one in conversations)


def test_a_failed_ask_is_kept_too(vendor_server: ServerFactory) -> None:
    server = vendor_server("openai_chat", Failure("bad_request"))
    chat = Chat("openai:m", base_url=server.base_url, api_key=KEY)
    ledger = kept(chat.conversation)
    with pytest.raises(ChatError):
        chat.ask("a")
    assert "refused with status 400" in str(went_out(ledger.latest(chat.conversation)))
    assert len(chat.conversation) == 0
