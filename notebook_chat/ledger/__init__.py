"""The ledger: every exchange with a service, known by the request that it answers."""

from ..message_digests import message_digests
from .books import Account, Accounts, Books, Planned, Replay
from .record import Origin, Record, Used
from .request_key import RequestKey

__all__ = [
    "Account",
    "Accounts",
    "Books",
    "Origin",
    "Planned",
    "Record",
    "Replay",
    "RequestKey",
    "Used",
    "message_digests",
]
