"""What is done about exchanges besides asking where no notebook is loaded."""

from __future__ import annotations

import os
import warnings
from typing import Any

from .ledger import Books
from .replay.modes import ANEW, RECORD_VARIABLE, VARIABLE, mode_in_force


def plain_books(replay: str | None, record: Any) -> Books | None:
    """The books of a program: a file of records that it or the environment names, and nothing that is not named.

    Args:
        replay: How answers from before are used; ``None`` as the environment says.
        record: The file of records; ``None`` for the one that the environment names.

    Raises:
        InvalidOptionError: The mode or the path is none.
    """
    if replay is None and record is None and not os.environ.keys() & {VARIABLE, RECORD_VARIABLE}:
        return None
    from .replay.given_file import checked_path, given_file
    from .replay.library import Library
    from .replay.replayer import Replayer

    set_mode = mode_in_force(None)
    mode: Any = ANEW if replay == ANEW else mode_in_force(replay)
    named = os.environ.get(RECORD_VARIABLE, "").strip()
    if record is None and named.lower() not in ("", "on", "off"):
        record = named
    library, writer = Library(), None
    if record is not None:
        library, writer = given_file(checked_path(record), secrets_in_words)
        for problem in writer.problems():
            warnings.warn(problem, stacklevel=2)
    replayer = Replayer(library, mode, only=set_mode == "only") if mode != "off" else None
    return Books(replayer, None, "", writer)


def secrets_in_words(text: str) -> str:
    """What looks like a secret in a text, in words; ``""`` for nothing.

    Args:
        text: The text.
    """
    from .prompt.secrets.secret_search import find

    return ", ".join(dict.fromkeys(finding.label for finding in find(text)))
