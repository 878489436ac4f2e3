"""The way out to the network: the only package that imports aiohttp.

One session for each event loop keeps connections for reuse, so that first text does not wait for a new
connection. Every failure of the network comes out as an error of the project's own tree.
"""

from .sending import Response, accepted_encodings, send

__all__ = ["Response", "accepted_encodings", "send"]
