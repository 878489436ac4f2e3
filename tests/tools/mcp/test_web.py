"""Servers at an address: streamable HTTP on loopback."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from notebook_chat import runner
from notebook_chat.errors import ChatError
from notebook_chat.tools.mcp import MCPServer

from .programs import PATIENCE, WEB, begin, call, nobody, text_of, tools_of, wait_for

pytestmark = pytest.mark.process

Start = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def port() -> int:
    """A port that is free."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        found: int = probe.getsockname()[1]
    return found


@pytest.fixture
def start(port: int) -> Iterator[Start]:
    """Starts the server at the port."""
    started: list[subprocess.Popen[bytes]] = []

    def begin() -> subprocess.Popen[bytes]:
        quiet = subprocess.DEVNULL
        started.append(subprocess.Popen([sys.executable, str(WEB), str(port)], stdout=quiet, stderr=quiet))
        wait_for(lambda: answers(port))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def at(port: int) -> MCPServer:
    return MCPServer(url=f"http://127.0.0.1:{port}/mcp", name="web", start_seconds=PATIENCE)


def test_it_is_asked_with_all_that_it_has(port: int, start: Start) -> None:
    start()
    told: list[tuple[str, float | None]] = []
    with at(port) as web:
        assert text_of(call(web, "echo", text="hi")) == "hi"
        call(web, "slow", lambda words, done: told.append((words, done)), seconds=0.5)
        assert ("web: step 1", 0.1) in told
        assert web.resource("memo://note") == ("note", b"what is noted")
        assert runner.run(web.prompt("greet", {"who": "me"})) == "Say hello to me."
        assert web.pid is None


def test_a_result_that_is_too_large_is_not_read(port: int, start: Start) -> None:
    start()
    with at(port) as web:
        output = call(web, "huge", size=60_000_000)
        assert output.is_error
        assert "larger than" in text_of(output)
        assert text_of(call(web, "echo", text="hi")) == "hi"


def test_a_call_is_interrupted_and_the_server_goes_on(port: int, start: Start) -> None:
    start()
    with at(port) as web:
        slow = tools_of(web)["slow"]

        async def interrupted() -> bool:
            task, begun = begin(slow)
            await asyncio.wait_for(begun.wait(), PATIENCE)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return True

        assert runner.run(interrupted())
        assert text_of(call(web, "echo", text="hi")) == "hi"


def test_one_that_has_gone_and_come_back_is_used_again(port: int, start: Start) -> None:
    first = start()
    with at(port) as web:
        echo = tools_of(web)["echo"]
        first.kill()
        first.wait()
        gone = runner.run(echo.run({"text": "hi"}, nobody))
        assert gone.is_error
        start()
        assert text_of(runner.run(echo.run({"text": "hi"}, nobody))) == "hi"


def test_one_that_ends_in_a_call_is_a_result(port: int, start: Start) -> None:
    start()
    with at(port) as web:
        assert call(web, "end").is_error
        with pytest.raises(ChatError, match="does not start"):
            tools_of(web)


def test_what_is_no_server_is_a_line(port: int) -> None:
    with pytest.raises(ChatError, match="does not start"):
        tools_of(at(port))


def test_one_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        web = MCPServer(url=f"http://127.0.0.1:{deaf.getsockname()[1]}/mcp", start_seconds=1)
        with pytest.raises(ChatError, match="not answered within 1 s"):
            tools_of(web)


@pytest.mark.parametrize(
    ("status", "words"),
    [("401 Unauthorized", "sign-in"), ("404 Not Found", "no MCP server"), ("500 Oops", "500")],
)
def test_a_refusal_says_what_it_means(status: str, words: str) -> None:
    key = "planted-key-0123456789"
    with socket.create_server(("127.0.0.1", 0)) as refusing:

        def refuse() -> None:
            while True:
                try:
                    connection, _ = refusing.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(
                        f"HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode()
                    )

        import threading

        thread = threading.Thread(target=refuse, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{refusing.getsockname()[1]}/mcp"
        web = MCPServer(url=url, headers={"Authorization": f"Bearer {key}"}, start_seconds=PATIENCE)
        with pytest.raises(ChatError, match=words) as raised:
            tools_of(web)
        assert key not in str(raised.value)
        refusing.shutdown(socket.SHUT_RDWR)
    thread.join(PATIENCE)
