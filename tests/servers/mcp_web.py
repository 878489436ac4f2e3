"""An MCP server at an address, made with the official SDK: a program that is given a port, and perhaps a key."""

from __future__ import annotations

import os
import sys

import anyio
from mcp.server.mcpserver import Context, MCPServer

app = MCPServer("web")


@app.tool()
def echo(text: str) -> str:
    """Says it again."""
    return text


@app.tool()
def huge(size: int) -> str:
    """A long text."""
    return "x" * size


@app.tool()
async def slow(seconds: float, context: Context) -> str:
    """Takes its time."""
    for step in range(10):
        await context.report_progress(step + 1, 10, f"step {step + 1}")
        await anyio.sleep(seconds / 10)
    return "done"


@app.tool()
def end() -> str:
    """Ends the server."""
    os._exit(0)


@app.resource("memo://note")
def note() -> str:
    """A note."""
    return "what is noted"


@app.prompt()
def greet(who: str) -> str:
    """Greets."""
    return f"Say hello to {who}."


if __name__ == "__main__":
    app.run(transport="streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
