"""A file of weights that was checked, and which one it was: its name may be another one's by the time it is loaded."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from ... import files
from ...files import Identity


class CheckedFile(NamedTuple):
    """A file as it was when it was checked.

    Attributes:
        path: Where it was.
        identity: What tells it, in that state, from all others.
    """

    path: Path
    identity: Identity

    @classmethod
    def of(cls, path: Path) -> CheckedFile:
        """The file that is there now.

        Raises:
            OSError: There is none that can be read.
        """
        with files.open_regular(path) as file:
            return cls(path, Identity.of(os.fstat(file.fileno())))
