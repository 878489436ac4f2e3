"""Where conversations are kept: a database on the disk, and the notebook's own copy of them."""

from .lean_turns import lean
from .notebook_file import (
    Cell,
    NotebookFile,
    Stored,
    as_in_notebook,
    asked_in_cell,
    cells_tagged,
    is_chat_cell,
    prompt_of,
    read_notebook,
    stored_as_read,
    stored_with,
)
from .queries import Entry, Found
from .saved_outputs import saved_outputs
from .sightings import Sighting, digest_of
from .store import Store, default_path

__all__ = [
    "Cell",
    "Entry",
    "Found",
    "NotebookFile",
    "Sighting",
    "Store",
    "Stored",
    "as_in_notebook",
    "asked_in_cell",
    "cells_tagged",
    "default_path",
    "digest_of",
    "is_chat_cell",
    "lean",
    "prompt_of",
    "read_notebook",
    "saved_outputs",
    "stored_as_read",
    "stored_with",
]
