"""A server that does what servers do, and what they should not."""

from __future__ import annotations

import asyncio
import copy
import gc
import json
import sys
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest

from notebook_chat import Chat, runner
from notebook_chat.errors import ChatError, InvalidOptionError
from notebook_chat.events import Finish, TextDelta, ToolCall
from notebook_chat.messages import AudioPart, ImagePart
from notebook_chat.tools import ToolUse, Verdict
from notebook_chat.tools.mcp import MCPServer

from ...benchmarks.mcp_calls import measure
from ..scripted import scripted
from .programs import (
    PATIENCE,
    begin,
    call,
    command,
    gone,
    nobody,
    noted,
    runs,
    server,
    text_of,
    tools_of,
    wait_for,
)

pytestmark = pytest.mark.process


class Yes:
    """Allows everything."""

    async def decide(self, call: Any, tell: Any) -> Verdict:
        return Verdict(True)


def test_it_starts_is_asked_and_ends(tmp_path: Path) -> None:
    told: list[str] = []
    pids = tmp_path / "pids"
    with server(f"pids={pids}") as own:
        assert own.known is None
        tools = tools_of(own, lambda words, _: told.append(words))
        assert told[0].startswith("starting own: ")
        echo = tools["echo"]
        assert (echo.name, echo.kind, echo.server, echo.home) == ("own__echo", "mcp", "own", own.home)
        assert not echo.reads_only
        assert not echo.given
        assert getattr(echo, "hint_read_only", None) is True
        assert own.known is not None
        assert text_of(call(own, "echo", text="hi")) == '{"text": "hi"}'
        [pid] = noted(pids)
        assert runs(pid)
        assert own.pid is not None
        guard = own.pid
    assert gone([pid, guard])
    assert own.known is None


def test_it_begins_anew_when_it_is_used_again() -> None:
    own = server()
    first = tools_of(own)["echo"]
    own.close()
    assert text_of(runner.run(first.run({"text": "a"}, nobody))) == '{"text": "a"}'
    own.close()


def test_results_of_every_kind() -> None:
    with server() as own:
        parts = call(own, "everything").parts
        assert [type(part).__name__ for part in parts] == [
            "TextPart", "ImagePart", "TextPart", "AudioPart", "TextPart", "ImagePart", "TextPart",
        ]  # fmt: skip
        assert isinstance(parts[1], ImagePart)
        assert parts[1].media_type == "image/png"  # it said image/jpeg
        assert isinstance(parts[3], AudioPart)
        assert "inside" in text_of(call(own, "everything"))
        assert text_of(call(own, "data")) == '{"rows":3}'
        failed = call(own, "fail")
        assert (text_of(failed), failed.is_error) == ("it did not work", True)
        assert call(own, "echo", text="a").is_error is False


def test_a_result_that_is_too_large_costs_nothing_and_the_others_come() -> None:
    with server() as own:
        output = call(own, "huge", bytes=100_000_000)
        assert output.is_error
        assert "larger than" in text_of(output)
        assert len(text_of(call(own, "huge", bytes=15_000_000))) <= 200_000
        assert text_of(call(own, "echo", text="a")) == '{"text": "a"}'


def test_progress_is_told() -> None:
    told: list[tuple[str, float | None]] = []
    with server() as own:
        tools_of(own)
        call(own, "slow", lambda words, done: told.append((words, done)), seconds=0.6)
    assert any(words.startswith("own: step") and done for words, done in told)


def test_what_it_prints_besides_is_left_out() -> None:
    with server("junk", "noisy") as own:
        assert text_of(call(own, "echo", text="a")) == '{"text": "a"}'


def test_one_that_never_answers_is_given_up_and_ended(tmp_path: Path) -> None:
    own = server("deaf", "stubborn", f"pids={tmp_path / 'pids'}", start_seconds=2)
    with pytest.raises(ChatError, match="not answered within 2 s"):
        tools_of(own)
    assert gone(noted(tmp_path / "pids"))


def test_why_it_does_not_start_is_told_in_its_own_words() -> None:
    with pytest.raises(ChatError, match=r"exit status 1: no license"):
        tools_of(server("dead"))
    with pytest.raises(ChatError, match=r"there is no program 'no-such-program'"):
        tools_of(MCPServer(["no-such-program"]))
    with pytest.raises(ChatError, match=r"there is no folder"):
        tools_of(server(cwd="/no/such/folder"))
    with pytest.raises(ChatError) as raised:
        tools_of(server("dead", env={"TOKEN": "token=abcdef123456"}))
    assert "abcdef123456" not in str(raised.value)


def test_what_keeps_to_no_protocol_is_a_line() -> None:
    with pytest.raises(ChatError) as raised:
        tools_of(MCPServer([sys.executable, "-c", "print('{\"jsonrpc\": 1}')"]))
    assert "\n" not in str(raised.value)
    with pytest.raises(ChatError, match="cannot be read"):
        tools_of(server("lying", "abyss"))


def test_a_crash_in_a_call_is_a_result_and_the_next_call_has_a_new_server(tmp_path: Path) -> None:
    told: list[str] = []
    with server(f"pids={tmp_path / 'pids'}") as own:
        output = call(own, "crash")
        assert output.is_error
        assert "exit status 3: a bad end" in text_of(output)
        assert own.known is None
        assert text_of(call(own, "echo", lambda words, _: told.append(words), text="a")) == '{"text": "a"}'
        assert "own has gone, and begins anew" in told
        assert len(noted(tmp_path / "pids")) == 2


def test_one_that_always_crashes_is_not_begun_for_ever(tmp_path: Path) -> None:
    with server(f"pids={tmp_path / 'pids'}") as own:
        crash = tools_of(own)["crash"]
        outputs = [text_of(runner.run(crash.run({}, nobody))) for _ in range(8)]
        assert "ended 4 times within a minute" in outputs[-1]
        assert len(noted(tmp_path / "pids")) == 4
        own.close()
        assert "a bad end" in text_of(call(own, "crash"))


def test_a_call_is_interrupted_and_the_server_goes_on() -> None:
    with server() as own:
        slow = tools_of(own)["slow"]

        async def interrupted() -> bool:
            task, begun = begin(slow)
            await asyncio.wait_for(begun.wait(), PATIENCE)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return True

        assert runner.run(interrupted())
        assert text_of(call(own, "echo", text="a")) == '{"text": "a"}'
        assert own.running


def test_a_start_is_interrupted_and_leaves_nothing(tmp_path: Path) -> None:
    own = server("deaf", "stubborn", f"pids={tmp_path / 'pids'}")

    async def interrupted() -> bool:
        task = asyncio.ensure_future(own.open(nobody))
        await asyncio.to_thread(noted, tmp_path / "pids")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return True

    assert runner.run(interrupted())
    assert gone(noted(tmp_path / "pids"))


def test_calls_run_side_by_side() -> None:
    with server() as own:
        slow = tools_of(own)["slow"]

        async def all_at_once() -> None:
            calls = [begin(slow) for _ in range(4)]
            for _, begun in calls:  # while none of them has ended
                await asyncio.wait_for(begun.wait(), PATIENCE)
            for task, _ in calls:
                assert not task.done()
                task.cancel()
            await asyncio.gather(*(task for task, _ in calls), return_exceptions=True)

        runner.run(all_at_once())


def test_a_caller_on_a_loop_of_its_own() -> None:
    own = server()

    async def asked() -> str:
        tools = {tool.original: tool for tool in await own.open(nobody)}
        first = await tools["echo"].run({"text": "a"}, nobody)
        task, begun = begin(tools["slow"])
        await asyncio.wait_for(begun.wait(), PATIENCE)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return text_of(first) + text_of(await tools["echo"].run({"text": "b"}, nobody))

    assert asyncio.run(asked()) == '{"text": "a"}{"text": "b"}'
    own.close()


def test_what_it_lists_is_listed_again_when_it_says_so() -> None:
    with server() as own:
        assert "added" not in tools_of(own)
        call(own, "change")
        wait_for(lambda: own.known is None)
        assert "added" in tools_of(own)
        assert own.known is not None


def test_a_storm_of_changes_keeps_nobody_from_calling() -> None:
    with server("storm") as own:
        assert text_of(call(own, "echo", text="a")) == '{"text": "a"}'


def test_lists_without_an_end_have_one() -> None:
    told: list[str] = []
    with server("endless") as own:
        assert len(runner.run(own.open(lambda words, _: told.append(words)))) == 128
    assert any("no end" in words for words in told)


def test_what_is_beyond_the_limit_is_told_and_can_be_named() -> None:
    told: list[str] = []
    with server("many") as own:
        assert len(runner.run(own.open(lambda words, _: told.append(words)))) == 128
        assert any("300 tools, and the first 126" in words for words in told)
        [last] = runner.run(own.tool("tool299").open(nobody))
        assert last.name == "own__tool299"
        assert not runner.run(last.run({}, nobody)).is_error
        with pytest.raises(InvalidOptionError, match="has no tool 'tool300'"):
            runner.run(own.tool("tool300").open(nobody))


def test_lies_about_schemas() -> None:
    told: list[str] = []
    with server("lying") as own:
        tools = tools_of(own, lambda words, _: told.append(words))
        assert all(tool.spec.parameters["type"] == "object" for tool in tools.values())
        assert all(len(json.dumps(tool.spec.parameters)) < 100_000 for tool in tools.values())
        odd = tools["naïve tool"]
        assert odd.name.isascii()
        assert len(odd.spec.description) == 4000
        assert "\u202e" not in odd.spec.description
        assert tools["twice"].spec.description == "does twice"
        assert any("the schema of text" in words for words in told)
        # What it promises of its results, and does not keep, is no reason to lose them.
        assert text_of(call(own, "promise")) == "no data"


def test_a_tool_that_has_changed_meanwhile_is_not_called() -> None:
    with server() as own:
        echo = copy.copy(tools_of(own)["echo"])
        echo.spec = msgspec.structs.replace(echo.spec, description="as it was")
        assert "another tool of that name" in text_of(runner.run(echo.run({}, nobody)))


def test_resources_and_prompts() -> None:
    with server() as own:
        assert "memo://a" in text_of(call(own, "resources/list_resources"))
        assert "what is in memo://a" in text_of(call(own, "resources/read_resource", uri="memo://a"))
        assert own.resource("memo://a") == ("a", b"what is in memo://a")
        offer = runner.run(own.inspect())
        assert offer.prompts[0].arguments == (("who", True, ""),)
        assert offer.instructions == "be careful"
        assert runner.run(own.prompt("greet", {"who": "me"})) == "Say hello to me: {secret}"


def test_keys_of_this_process_are_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-0123456789")
    with server(env={"MINE": "given"}) as own:
        variables = json.loads(text_of(call(own, "environment")))
    assert variables["MINE"] == "given"
    assert "OPENAI_API_KEY" not in variables


def test_what_nobody_refers_to_any_more_ends(tmp_path: Path) -> None:
    own = server(f"pids={tmp_path / 'pids'}")
    tools_of(own)
    del own
    gc.collect()
    assert gone(noted(tmp_path / "pids"))


@pytest.mark.parametrize("flags", [[], ["stubborn"], ["child"], ["stubborn", "child", "noisy"]])
def test_closing_leaves_no_process_and_no_thread(tmp_path: Path, flags: list[str]) -> None:
    with server():  # whose first use makes threads that stay
        pass
    with server(*flags, f"pids={tmp_path / 'pids'}") as own:
        tools_of(own)
        guard = own.pid
        before = {thread.name.partition("-")[0] for thread in threading.enumerate()}
    assert guard is not None
    assert gone([*noted(tmp_path / "pids", 1 + ("child" in flags)), guard])
    wait_for(lambda: not any(one.name.startswith("waitpid") for one in threading.enumerate()))
    assert {thread.name.partition("-")[0] for thread in threading.enumerate()} <= before


def test_a_model_uses_it() -> None:
    provider = scripted(
        [ToolCall(0, "c1", "own__echo", '{"text": "a"}'), Finish("tool_calls")],
        [TextDelta("It says a."), Finish("stop")],
    )
    with server() as own:
        chat = Chat(provider=provider, tools=[own], permit=Yes())
        assert chat.ask("say a") == "It says a."
    assert [spec.name for spec in provider.told[0]["tools"]][:2] == ["own__echo", "own__slow"]
    assert provider.sent[1][-1].parts[0].parts[0].text == '{"text": "a"}'


def test_without_a_yes_nothing_is_called() -> None:
    provider = scripted(
        [ToolCall(0, "c1", "own__echo", '{"text": "a"}'), Finish("tool_calls")],
        [TextDelta("no"), Finish("stop")],
    )
    with server() as own:
        Chat(provider=provider, tools=[own]).ask("say a")
    assert "not run" in provider.sent[1][-1].parts[0].parts[0].text


def test_it_is_a_source_of_tools_beside_others() -> None:
    with server() as own, server(name="other") as other:
        box = runner.run(ToolUse((own.tool("echo"), other.tool("echo"))).open(nobody))
        assert [tool.name for tool in box] == ["own__echo", "other__echo"]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (["uvx", "mcp-server-time", "--local-timezone", "UTC"], "time"),
        (["npx", "-y", "@scope/server-files", "/tmp"], "files"),
        (["/a/b/mcp-server-git"], "git"),
        (["python", "server.py"], "server"),
        (command(), "mcp_server"),
    ],
)
def test_what_it_is_called_where_nobody_says(given: list[str], name: str) -> None:
    assert MCPServer(given).name == name
    assert MCPServer(url="https://example.org/mcp").name == "example.org"


def test_neither_or_both_is_no_server() -> None:
    for options in ({}, {"command": "a", "url": "https://a"}, {"url": "file:///a"}):
        with pytest.raises(InvalidOptionError):
            MCPServer(**options)


def test_a_call_costs_little_more_than_the_sdk_needs() -> None:
    with server() as own:
        costs = [measure(own, 60) for _ in range(3)]
    # Where it adds less than 3 ms beside the SDK's 1 ms; whole milliseconds say more about the machine.
    assert min(cost.ours / cost.bare for cost in costs) < 4
