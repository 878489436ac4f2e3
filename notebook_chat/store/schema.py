"""The history's tables, and what of a damaged one can be read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..database import DamagedDatabaseError, Record, Schema

if TYPE_CHECKING:
    from .salvage import Found

_STEPS = (
    """
    CREATE TABLE conversations (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, notebook TEXT, system TEXT, origin TEXT,
        updated REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX conversations_of_notebook ON conversations (notebook, name);
    CREATE TABLE turns (
        row INTEGER PRIMARY KEY, conversation TEXT NOT NULL, id TEXT NOT NULL,
        position INTEGER NOT NULL, at REAL NOT NULL, status TEXT NOT NULL, owner TEXT, touched REAL NOT NULL,
        prompt TEXT NOT NULL, answer TEXT NOT NULL, data TEXT NOT NULL,
        UNIQUE (conversation, id)
    );
    CREATE INDEX turns_in_order ON turns (conversation, position, at);
    """,
)
_WORDS = "CREATE VIRTUAL TABLE words USING fts5 (prompt, answer)"
_PARTS = "'words_data', 'words_idx', 'words_content', 'words_docsize', 'words_config'"


def _index_words(connection: sqlite3.Connection) -> bool:
    """Makes the full-text index where SQLite has the module for it; without it, a search reads all texts."""
    exists = "SELECT sql FROM sqlite_master WHERE name = 'words'"
    try:
        if connection.execute(exists).fetchone() is None:
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute(exists).fetchone() is None:
                connection.execute(_WORDS)
                connection.execute(
                    "INSERT INTO words (rowid, prompt, answer) SELECT row, prompt, answer FROM turns"
                )
            connection.execute("COMMIT")
        connection.execute("SELECT rowid FROM words LIMIT 1").fetchone()
    except sqlite3.OperationalError as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if "no such module" in str(error):
            return False
        raise
    parts = connection.execute("SELECT count(*) FROM sqlite_master WHERE name IN (" + _PARTS + ")").fetchone()
    if connection.execute(exists).fetchone() != (_WORDS,) or parts != (5,):
        raise DamagedDatabaseError("the index of words is damaged")
    return True


def _optimize(connection: sqlite3.Connection) -> None:
    """Has the index of words forget what was deleted."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'words'").fetchone() is not None:
        connection.execute("INSERT INTO words (words) VALUES ('optimize')")


def _salvage(records: Iterable[Record]) -> Found:
    from .salvage import Found

    return Found(records)


HISTORY = Schema(
    "history", "turn", ("conversations", "turns"), _STEPS, _salvage, prepare=_index_words, optimize=_optimize
)
"""What the history's database is made of."""
