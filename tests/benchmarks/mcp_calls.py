"""What a call of an MCP server's tool costs beyond what the SDK needs for it.

    python -m tests.benchmarks.mcp_calls

One server, one connection: the bare ``client.call_tool`` and our tool take turns, on the same loop. Prints the medians
in milliseconds, their difference, and what the start of a server and the end of one take.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

from notebook_chat import runner
from notebook_chat.tools.mcp import MCPServer

from ..tools.mcp.programs import nobody, server, tools_of

ROUNDS = 300


@dataclass(frozen=True)
class Cost:
    """What calls cost.

    Attributes:
        bare: A call by the SDK alone, in seconds.
        ours: A call of the tool, in seconds.
    """

    bare: float
    ours: float

    @property
    def added(self) -> float:
        """What the tool adds, in seconds."""
        return self.ours - self.bare

    def __str__(self) -> str:
        return f"SDK {self.bare * 1000:.3f} ms, tool {self.ours * 1000:.3f} ms: {self.added * 1000:+.3f} ms"


def measure(own: MCPServer, rounds: int = ROUNDS) -> Cost:
    """The medians of calls that take turns.

    Args:
        own: The server, which runs.
        rounds: How many of each.
    """
    echo = tools_of(own)["echo"]
    connection = own._held.connection
    assert connection is not None
    client = connection.client

    async def calls() -> tuple[list[float], list[float]]:
        bare: list[float] = []
        ours: list[float] = []
        for number in range(rounds + 5):
            start = time.perf_counter()
            await client.call_tool("echo", {"text": "hi"})
            middle = time.perf_counter()
            await echo.run({"text": "hi"}, nobody)
            if number >= 5:
                bare.append(middle - start)
                ours.append(time.perf_counter() - middle)
        return bare, ours

    bare, ours = runner.run(calls())
    return Cost(statistics.median(bare), statistics.median(ours))


def main() -> None:
    """Measures and prints."""
    start = time.perf_counter()
    with server() as own:
        tools_of(own)
        begun = time.perf_counter()
        print(f"first start, with the import of the SDK: {begun - start:.2f} s")
        print(measure(own))
        ended = time.perf_counter()
    print(f"end: {time.perf_counter() - ended:.2f} s")
    start = time.perf_counter()
    with server() as own:
        tools_of(own)
        print(f"start: {time.perf_counter() - start:.2f} s")


if __name__ == "__main__":
    main()
