"""The ledger's tables, and what of a damaged one can be read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..database import Record, Schema

if TYPE_CHECKING:
    from .salvage import Found

# What is large stands last: SQLite reads a row from its beginning. The ids grow, so that rows are added at the end.
_STEPS = (
    """
    CREATE TABLE exchanges (
        id TEXT PRIMARY KEY, request TEXT NOT NULL, at REAL NOT NULL, ended REAL, status TEXT NOT NULL,
        provider TEXT NOT NULL, base_url TEXT NOT NULL, model TEXT NOT NULL, answered_by TEXT NOT NULL,
        notebook TEXT NOT NULL, conversation TEXT NOT NULL, turn TEXT NOT NULL, cell TEXT, batch TEXT NOT NULL,
        owner TEXT NOT NULL, touched REAL NOT NULL,
        input_tokens INTEGER, output_tokens INTEGER, reasoning_tokens INTEGER, cached_tokens INTEGER,
        cache_write_tokens INTEGER, estimated INTEGER NOT NULL, cost REAL, cost_from TEXT NOT NULL,
        requests INTEGER NOT NULL, seconds REAL, first_text REAL,
        reserved_tokens INTEGER, reserved_cost REAL, finish_reason TEXT, usage TEXT,
        size INTEGER NOT NULL, key TEXT, answer TEXT
    );
    CREATE INDEX exchanges_of_request ON exchanges (request, at) WHERE status = 'complete';
    CREATE INDEX exchanges_in_order ON exchanges (at);
    CREATE INDEX exchanges_of_notebook ON exchanges (notebook, at);
    CREATE INDEX exchanges_of_conversation ON exchanges (conversation, at);
    CREATE INDEX exchanges_of_model ON exchanges (model, at);
    CREATE INDEX exchanges_of_batch ON exchanges (batch) WHERE batch <> '';
    CREATE INDEX exchanges_open ON exchanges (owner) WHERE status = 'open';
    CREATE INDEX exchanges_with_contents ON exchanges (at) WHERE size > 0;
    CREATE TABLE requests (
        number INTEGER PRIMARY KEY AUTOINCREMENT, exchange TEXT NOT NULL, at REAL NOT NULL, method TEXT NOT NULL,
        url TEXT NOT NULL, size INTEGER NOT NULL, body TEXT NOT NULL, status INTEGER, model TEXT NOT NULL,
        notebook TEXT NOT NULL, conversation TEXT NOT NULL, turn TEXT NOT NULL, cell TEXT, chain TEXT NOT NULL
    );
    CREATE INDEX requests_of_exchange ON requests (exchange);
    """,
)


def _salvage(records: Iterable[Record]) -> Found:
    from .salvage import Found

    return Found(records)


LEDGER = Schema("ledger", "exchange", ("exchanges", "requests"), _STEPS, _salvage)
"""What the ledger's database is made of."""
