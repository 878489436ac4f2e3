"""The notebook's session: its conversations, its cells, its history, and what it goes on with."""

from .cell_records import CellRecords
from .cells import CellIdentity
from .front_end import FrontEnd
from .known_cells import KnownCell, KnownCells
from .named_conversations import DEFAULT
from .notebook_session import NotebookSession
from .resumed import Resumed
from .shells import (
    close_session,
    has_resumed,
    hidden_names,
    kernel_loop,
    loaded_session,
    namespace,
    notebook_of,
    open_session,
    session,
    session_of,
)

__all__ = [
    "DEFAULT",
    "CellIdentity",
    "CellRecords",
    "FrontEnd",
    "KnownCell",
    "KnownCells",
    "NotebookSession",
    "Resumed",
    "close_session",
    "has_resumed",
    "hidden_names",
    "kernel_loop",
    "loaded_session",
    "namespace",
    "notebook_of",
    "open_session",
    "session",
    "session_of",
]
