"""The official SDK of the Model Context Protocol, which is an extra: imported on first use."""

from __future__ import annotations

import importlib
import logging
from functools import cache
from typing import Any

from ...errors import MissingDependencyError

_QUIET = ("mcp.client", "mcp.shared", "httpx2", "httpcore2")
"""The loggers that would write tracebacks into the output of a cell; what they say is told in a line of ours. And
those that would write addresses with their keys into a log."""


class SDK:
    """What is used of it, by its modules' names."""

    def __init__(self) -> None:
        self.mcp: Any = importlib.import_module("mcp")
        self.types: Any = importlib.import_module("mcp_types")
        self.stdio: Any = importlib.import_module("mcp.client.stdio")
        self.http: Any = importlib.import_module("mcp.client.streamable_http")
        self.messages: Any = importlib.import_module("mcp.shared.message")
        self.httpx: Any = importlib.import_module("httpx2")
        self.anyio: Any = importlib.import_module("anyio")
        self.modern: frozenset[str] = frozenset(
            importlib.import_module("mcp_types.version").MODERN_PROTOCOL_VERSIONS
        )


@cache
def sdk() -> SDK:
    """The SDK. The first call takes half a second: not to be made on a loop that others wait for.

    Raises:
        MissingDependencyError: It is not installed, or is another version.
    """
    try:
        found = SDK()
    except (ImportError, AttributeError) as error:
        raise MissingDependencyError(
            f"MCP servers need the package mcp, 2.3 or later, which cannot be imported: {error}",
            hint='Run pip install "notebook_chat[mcp]".',
        ) from None
    for name in _QUIET:
        if (logger := logging.getLogger(name)).level == logging.NOTSET:
            logger.setLevel(logging.CRITICAL + 1)
    return found
