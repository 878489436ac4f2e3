"""The vendors' servers, on loopback, for the tests.

They are the other side of the wire and know nothing of notebook_chat: what they send is judged by the
vendors' own SDKs (``test_sdk_*.py``)::

    from tests.servers import Answer, Failure, Pause, Reset, Reasoning, retry_after, serve

    with serve("openai_chat", Failure("rate_limit", headers=retry_after(0)), Answer("Hel", "lo")) as server:
        ...  # a client of server.base_url is refused once, then told "Hello"
    assert server.requests[1].json["messages"][-1]["content"] == "Say hello"
    assert server.connections == 1

``serve`` takes a dialect's name (``DIALECTS``) or a dialect. In an ``Answer``, what the model says stands
beside what happens to the connection between: ``Answer("Hel", Pause(0.1), "lo", Reset())``.
``forward_proxy.ForwardProxy``, ``tls.CertificateAuthority`` and ``flooding.flood`` have modules of their own.
"""

from __future__ import annotations

from typing import Any

from .answers import (
    Answer,
    Block,
    Citation,
    Content,
    Control,
    Delta,
    End,
    FailureKind,
    Gate,
    Heartbeat,
    Malformed,
    OutputItem,
    Parts,
    Pause,
    Raw,
    Reasoning,
    Refusal,
    Reset,
    Stall,
    StreamFailure,
    Text,
    ToolCall,
    Truncate,
    Usage,
    in_pieces,
)
from .background import PATIENCE, Signal
from .dialect import Dialect, UnsupportedPieceError
from .dialects import DIALECTS
from .recorder import Exchange, Request, Turn
from .replies import (
    Drop,
    Failure,
    Response,
    Run,
    Script,
    Silence,
    anthropic_limits,
    echo,
    login,
    openai_limits,
    page,
    retry_after,
    retry_after_ms,
    transcript,
)
from .server import ServerFault, VendorServer
from .wire import Cut, Wire, anywhere, around, at, every

__all__ = [
    "DIALECTS",
    "PATIENCE",
    "Answer",
    "Block",
    "Citation",
    "Content",
    "Control",
    "Cut",
    "Delta",
    "Dialect",
    "Drop",
    "End",
    "Exchange",
    "Failure",
    "FailureKind",
    "Gate",
    "Heartbeat",
    "Malformed",
    "OutputItem",
    "Parts",
    "Pause",
    "Raw",
    "Reasoning",
    "Refusal",
    "Request",
    "Reset",
    "Response",
    "Run",
    "Script",
    "ServerFault",
    "Signal",
    "Silence",
    "Stall",
    "StreamFailure",
    "Text",
    "ToolCall",
    "Truncate",
    "Turn",
    "UnsupportedPieceError",
    "Usage",
    "VendorServer",
    "Wire",
    "anthropic_limits",
    "anywhere",
    "around",
    "at",
    "echo",
    "every",
    "in_pieces",
    "login",
    "openai_limits",
    "page",
    "retry_after",
    "retry_after_ms",
    "serve",
    "transcript",
]


def serve(dialect: str | Dialect, *replies: Script, **options: Any) -> VendorServer:
    """A server of ``dialect`` (or of the one so named in ``DIALECTS``), to be used in a ``with``.

    The other parameters are those of ``VendorServer``.
    """
    return VendorServer(DIALECTS[dialect] if isinstance(dialect, str) else dialect, *replies, **options)
