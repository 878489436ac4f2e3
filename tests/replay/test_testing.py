"""The plugin of pytest: tests that answer from records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ..servers import Answer, ToolCall, Usage
from ..servers.fixtures import ServerFactory

pytest_plugins = ["pytester"]

pytestmark = pytest.mark.process

PLUGINS = (
    *("-p", "notebook_chat.testing", "-p", "pytest_asyncio.plugin", "-p", "no:cacheprovider", "-Werror"),
    *("-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function"),
)

TESTS = """
import pytest
from notebook_chat import Chat
from notebook_chat.errors import ChatError
from notebook_chat.providers import OpenAI

WHO = dict(base_url="{url}", api_key="sk-for-nobody-to-see-in-a-file-0123456789")

def code_under_test(prompt, **more):
    return Chat("openai:gpt-test", **WHO, **more).ask(prompt)

def test_asks(chat_replay):
    assert code_under_test("hello") == "You said: hello"

def test_goes_on(chat_replay):
    chat = Chat("openai:gpt-test", **WHO)
    chat.ask("one")
    assert chat.ask("two") == "You said: two"
    assert chat.conversation.turns[0].answer == "You said: one"

async def test_awaits(chat_replay):
    answer = await Chat("openai:gpt-test", **WHO).ask_async("hello")
    assert (answer, answer.usage.output_tokens) == ("You said: hello", 3)

async def test_a_provider(chat_replay):
    asked = OpenAI.create_async_generator("gpt-test", [{{"role": "user", "content": "direct"}}], **WHO)
    assert "".join([piece async for piece in asked]) == "You said: direct"

def test_a_provider_in_one_piece(chat_replay):
    assert "".join(OpenAI.create_completion("gpt-test", "in one", **WHO)) == "You said: in one"

def test_in_threads(chat_replay):
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(4) as pool:
        given = list(pool.map(code_under_test, map(str, range(8))))
    assert given == [f"You said: {{number}}" for number in range(8)]
"""


@pytest.fixture(autouse=True)
def few_plugins(monkeypatch: Any) -> None:
    """Leaves the plugins out that the tests do without: each takes a while to load."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def reply(request: Any) -> Answer:
    """What the service says."""
    return Answer(f"You said: {request.turns[-1].text}", usage=Usage(2, 3))


@pytest.fixture
def server(vendor_server: ServerFactory) -> Any:
    """A service that repeats what it is told."""
    return vendor_server("openai_chat", reply)


def run(pytester: Any, *arguments: str, **outcomes: int) -> str:
    """What pytest says, run in a process of its own."""
    result = pytester.runpytest_subprocess(*PLUGINS, *arguments)
    result.assert_outcomes(**outcomes)
    return str(result.stdout.str())


def records(pytester: Any, name: str = "test_it") -> Path:
    """The file of records of a test file."""
    return Path(pytester.path / "records" / f"{name}.chat.jsonl")


@pytest.fixture
def recorded(pytester: Any, server: Any) -> Callable[[], int]:
    """The tests, recorded. Says how often the service was asked since."""
    pytester.makepyfile(test_it=TESTS.format(url=f"{server.base_url}"))
    out = run(pytester, "--chat-record=new", passed=6)
    assert "13 answers were recorded." in out
    return lambda: len(server.requests) - 13


def test_recorded_tests_ask_nobody(recorded: Callable[[], int], pytester: Any) -> None:
    lines = records(pytester).read_text().splitlines()
    assert len(lines) == 13
    assert "sk-for" not in records(pytester).read_text()
    run(pytester, passed=6)
    run(pytester, "--chat-record=new", passed=6)
    assert recorded() == 0
    assert records(pytester).read_text().splitlines() == lines


def test_all_is_asked_anew(recorded: Callable[[], int], pytester: Any) -> None:
    run(pytester, "--chat-record=all", passed=6)
    assert recorded() == 14


def test_what_is_not_recorded_fails_with_the_difference(recorded: Callable[[], int], pytester: Any) -> None:
    path = pytester.path / "test_it.py"
    path.write_text(path.read_text().replace('code_under_test("hello")', 'code_under_test("hello there")'))
    out = run(pytester, passed=5, failed=1)
    assert "'hello there' is not recorded in records/test_it.chat.jsonl" in out
    assert "the prompt has “there”, which is new" in out
    assert "pytest --chat-record=new" in out
    assert recorded() == 0


def test_a_failure_that_is_caught_is_one(pytester: Any) -> None:
    pytester.makepyfile(
        test_it="""
        from notebook_chat import Chat
        from notebook_chat.errors import ChatError

        def summary(text):
            try:
                return Chat("openai:gpt-test").ask(text)
            except ChatError:
                return "(none)"

        def test_it(chat_replay):
            assert summary("hello") == "(none)"
        """
    )
    out = run(pytester, failed=1)
    assert "chat_replay: 'hello' is not recorded" in out
    assert "there are no records yet" in out


def test_records_that_no_test_uses_are_told(recorded: Callable[[], int], pytester: Any) -> None:
    assert "none" in run(pytester, "--chat-unused", passed=6).partition("no test has used")[2]
    out = run(pytester, "--chat-unused", "-k", "test_goes_on", passed=1, deselected=5)
    told = out.partition("no test has used")[2]
    assert "'in one' (openai:gpt-test)" in told
    assert "'two'" not in told


def test_no_secret_is_written(pytester: Any, server: Any) -> None:
    key = "ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8"
    pytester.makepyfile(
        test_it=f"""
        from notebook_chat import Chat

        def test_it(chat_replay):
            Chat("openai:gpt-test", base_url="{server.base_url}", api_key="k").ask("my key is {key}")
        """
    )
    out = run(pytester, "--chat-record=new", failed=1)
    assert "what looks like a secret" in out
    assert not records(pytester).exists() or key not in records(pytester).read_text()


def test_a_chat_that_names_no_model_has_that_of_the_records(
    pytester: Any, server: Any, monkeypatch: Any
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.base_url}")
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    pytester.makepyfile(
        test_it="""
        from notebook_chat import Chat

        def test_it(chat_replay):
            assert Chat().ask("hello") == "You said: hello"
        """
    )
    monkeypatch.setenv("NOTEBOOK_CHAT_MODEL", "openai:gpt-test")
    run(pytester, "--chat-record=new", passed=1)
    monkeypatch.delenv("NOTEBOOK_CHAT_MODEL")
    monkeypatch.delenv("OPENAI_API_KEY")
    before = len(server.requests)
    run(pytester, passed=1)
    assert len(server.requests) == before


def test_tools_and_data_come_back(pytester: Any, vendor_server: ServerFactory) -> None:
    server = vendor_server(
        "openai_chat",
        Answer(ToolCall("look_up", '{"name": "Ada"}')),
        Answer("She is 36."),
        Answer('{"age": 36}'),
    )
    pytester.makepyfile(
        test_it=f"""
        from notebook_chat import Chat

        calls = []

        def look_up(name: str) -> int:
            "Looks up how old somebody is."
            calls.append(name)
            return 36

        def test_it(chat_replay):
            chat = Chat("openai:gpt-test", base_url="{server.base_url}", api_key="k", tools=[look_up])
            assert chat.ask("How old is Ada?") == "She is 36."
            assert chat.ask("As data", schema="age int", tools=[]).data == {{"age": 36}}
            assert calls == ["Ada"] * (chat_replay.mode == "new")
        """
    )
    run(pytester, "--chat-record=new", passed=1)
    before = len(server.requests)
    run(pytester, passed=1)
    assert len(server.requests) == before


def test_the_folder_can_be_another(pytester: Any, server: Any) -> None:
    pytester.makeini("[pytest]\nchat_records = ../answers")
    tests = pytester.mkdir("tests")
    (tests / "test_it.py").write_text(TESTS.format(url=f"{server.base_url}"))
    run(pytester, "--chat-record=new", "tests", passed=6)
    assert (pytester.path / "answers" / "test_it.chat.jsonl").exists()


def test_with_several_processes(pytester: Any, server: Any) -> None:
    pytester.makepyfile(test_it=TESTS.format(url=f"{server.base_url}"))
    run(pytester, "-p", "xdist.plugin", "-n2", "--chat-record=new", passed=6)
    assert len(records(pytester).read_text().splitlines()) == 13
    before = len(server.requests)
    out = run(pytester, "-p", "xdist.plugin", "-n2", "--chat-unused", passed=6)
    assert "none" in out.partition("no test has used")[2]
    assert len(server.requests) == before
