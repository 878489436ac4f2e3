"""IPython's history of what was run, from which a key that was typed is taken out again."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any


def forget(shell: Any, words: Sequence[str]) -> bool:
    """Takes words out of what IPython remembers of the cells that have run: ``In``, ``_i`` and its database.

    Args:
        shell: IPython's shell.
        words: What is to be forgotten, such as a key.

    Returns:
        Whether that was possible. The cell itself still has them, and so has a notebook that was saved.
    """
    history = getattr(shell, "history_manager", None)
    if history is None:
        return False

    def clean(text: str) -> str:
        for word in words:
            text = text.replace(word, "…")
        return text

    with contextlib.suppress(
        Exception
    ):  # these are IPython's own affairs, and may be other ones in a later release
        for lines in (history.input_hist_parsed, history.input_hist_raw):
            lines[:] = map(clean, lines)
        names = [
            name for name, value in shell.user_ns.items() if name.startswith("_i") and type(value) is str
        ]
        shell.user_ns.update({name: clean(shell.user_ns[name]) for name in names})
        for name in ("_i", "_ii", "_iii", "_i00"):
            setattr(history, name, clean(getattr(history, name)))
        with history.db_input_cache_lock:
            history.db_input_cache = [(line, *map(clean, texts)) for line, *texts in history.db_input_cache]
            _forget_written(history, words)
        return True
    return False


def _forget_written(history: Any, words: Sequence[str]) -> None:
    database = history.db
    database.execute("PRAGMA secure_delete = ON")
    for word in words:
        database.execute(
            "UPDATE history SET source = replace(source, ?, '…'), source_raw = replace(source_raw, ?, '…')"
            " WHERE session = ?",
            (word, word, history.session_number),
        )
    getattr(database, "commit", lambda: None)()
