"""The way out to the network: what a transport is, and the one that speaks HTTP, the only importer of aiohttp.

The latter is in ``transport.client`` and is imported by whoever sends something, since aiohttp takes a while to load.
"""

from .log import send
from .protocol import Response, Transport
from .recording import RecordingTransport

__all__ = ["RecordingTransport", "Response", "Transport", "send"]
