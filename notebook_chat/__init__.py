"""Chat with language models inside Jupyter notebooks.

``%load_ext notebook_chat`` gives ``%%chat`` and ``%chat``; ``Chat`` is the same in Python; the provider
classes are in ``notebook_chat.providers``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .answer import Answer as Answer
    from .chat import Chat as Chat
    from .messages import Message as Message
    from .panel import ChatPanel as ChatPanel
    from .tools.functions import tool as tool
    from .tools.mcp import MCPServer as MCPServer

_HOMES = {
    "Answer": "answer",
    "Chat": "chat",
    "ChatPanel": "panel",
    "MCPServer": "tools.mcp",
    "Message": "messages",
    "tool": "tools.functions",
}

__all__ = ["Answer", "Chat", "ChatPanel", "MCPServer", "Message", "tool"]


def __getattr__(name: str) -> object:
    import importlib

    if name == "__version__":
        from importlib.metadata import version

        return version("notebook_chat")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """``%load_ext notebook_chat``."""
    from .magics import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """``%unload_ext notebook_chat``."""
    from .magics import unload

    unload(shell)
