"""A way into the kernel that is open while a cell computes: its control channel.

A widget's own messages come by the shell channel, which ipykernel 6 reads after the cell, 7.0 to 7.3 at once where
the front end asks for a subshell, and 7.4 after the cell again. All of them read the control channel at once, on a
thread of its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakValueDictionary

MESSAGE = "notebook_chat_panel"
"""The type of our messages on the control channel. Each has the panel's address in it."""


class ControlEndpoint:
    """Where the messages for one panel come in.

    Args:
        take: Takes a message's content and buffers; it is called on the kernel's control thread.

    Attributes:
        address: What the front end writes on a message to this panel; ``""`` where messages cannot come this
            way, which is so in kernels other than ipykernel.
    """

    def __init__(self, take: Callable[[Any, Sequence[Any]], None]) -> None:
        self.take = take
        self.address = ""
        handlers = _control_handlers()
        if handlers is not None:
            self.address = uuid.uuid4().hex
            router = handlers.setdefault(MESSAGE, _Router())
            router.endpoints[self.address] = self

    def close(self) -> None:
        """Takes no message any more."""
        handlers = _control_handlers()
        router = handlers.get(MESSAGE) if handlers is not None else None
        if handlers is not None and router is not None:
            router.endpoints.pop(self.address, None)
            if not router.endpoints:
                del handlers[MESSAGE]


class _Router:
    """Hands the messages of one kernel to the panel that each is for."""

    def __init__(self) -> None:
        self.endpoints: WeakValueDictionary[str, ControlEndpoint] = WeakValueDictionary()

    def __call__(self, stream: Any, identity: Any, message: dict[str, Any]) -> None:
        content = message["content"]
        endpoint = self.endpoints.get(content.get("panel"))
        if endpoint is not None:
            endpoint.take(content.get("content"), message.get("buffers") or ())


def _control_handlers() -> dict[str, Any] | None:
    from IPython.core.getipython import get_ipython

    kernel = getattr(get_ipython(), "kernel", None)
    handlers = getattr(kernel, "control_handlers", None)
    return handlers if isinstance(handlers, dict) else None
