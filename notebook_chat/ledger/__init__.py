"""The ledger: every exchange with a service, known by the request that it answers."""

from .books import Account, Accounts, Books, Planned, Recorder, Replay
from .record import Origin, Record, Used
from .request_key import RequestKey, message_digests

__all__ = [
    "Account",
    "Accounts",
    "Books",
    "Origin",
    "Planned",
    "Record",
    "Recorder",
    "Replay",
    "RequestKey",
    "Used",
    "message_digests",
]
