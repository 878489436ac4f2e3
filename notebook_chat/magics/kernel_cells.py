"""The cells that a kernel has run, as IPython knows them."""

from __future__ import annotations

import linecache
import re
import traceback
from collections.abc import Callable
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..prompt.failures.tracebacks import Source

_COMPILED_BY_MAGICS = ("<timed exec>", "<timed eval>", "<magic-timeit>")
_MOST_LOOKED_AT = 200  # cells
_COLORS = re.compile(r"\x1b\[[0-9;]{0,20}m")
_OUR_COMMAND = re.compile(r"\s*%{1,2}chat\b")


class KernelCells:
    """The sources of cells by their numbers, and by the names of files under which they were compiled.

    Args:
        shell: IPython's shell.
    """

    def __init__(self, shell: Any) -> None:
        self.shell = shell

    @property
    def _numbers(self) -> dict[str, int]:
        """The numbers of cells by the names of files under which they were compiled."""
        numbers = getattr(self.shell.compile, "_filename_map", None)
        return numbers if isinstance(numbers, dict) else {}

    @property
    def current(self) -> int:
        """The number of the cell that runs."""
        return int(self.shell.execution_count)

    def source(self, number: int) -> str:
        """What stood in a cell as it was typed; empty where that is not known."""
        history = getattr(self.shell, "history_manager", None)
        raw = getattr(history, "input_hist_raw", [])
        return str(raw[number]) if 0 < number < len(raw) else ""

    def last(self) -> int | None:
        """The number of the cell that ran last and is none of the chat's own; ``None`` where there is none."""
        for number in range(self.current - 1, max(self.current - _MOST_LOOKED_AT, 0), -1):
            source = self.source(number)
            if source.strip() and not _OUR_COMMAND.match(source):
                return number
        return None

    def number_of(self, error: BaseException) -> int | None:
        """The number of the cell that an error came from, by the outermost cell of its traceback."""
        numbers = self._numbers
        files = [scope.f_code.co_filename for scope, _ in traceback.walk_tb(error.__traceback__)]
        if isinstance(error, SyntaxError) and isinstance(error.filename, str):
            files.append(error.filename)
        return next((numbers[name] for name in files if name in numbers), None)

    def runner_of(self, error: BaseException) -> str:
        """What stood in the cell that ran the file that an error came from, as ``%run`` does; empty where that is not
        known."""
        files = [scope.f_code.co_filename for scope, _ in traceback.walk_tb(error.__traceback__)]
        names = {PurePath(name).name for name in files if not name.startswith("<")}
        for number in range(self.current - 1, max(self.current - _MOST_LOOKED_AT, 0), -1):
            source = self.source(number)
            if "%run" in source and any(name in source for name in names):
                return source
        return ""

    def told_error(self, number: int) -> str:
        """The traceback of a cell as IPython keeps it, as plain text; empty where it keeps none."""
        history = getattr(self.shell, "history_manager", None)
        kept = getattr(history, "exceptions", {}).get(number)
        lines = kept.get("traceback") if isinstance(kept, dict) else None
        return _COLORS.sub("", "\n".join(map(str, lines))) if isinstance(lines, list) else ""

    def sources(self, number: int | None, source: str) -> Callable[[str], Source | None]:
        """What gives the cells for the names of files in a traceback.

        Args:
            number: The number of the cell that failed; ``None`` where that is not known.
            source: What stood in it.
        """
        from ..prompt.failures.tracebacks import Source

        name = f"In[{number}]" if number is not None else "the cell"
        numbers = self._numbers

        def find(file: str) -> Source | None:
            if file in _COMPILED_BY_MAGICS:
                head = source.lstrip("\n \t")
                above = source[: len(source) - len(head)].count("\n") + 1
                return Source(name, source, above) if head.startswith("%%") else Source(name, source)
            if (ran := numbers.get(file)) is None:
                return None
            text = self.source(ran) or "".join(linecache.getlines(file))
            return Source(name, source) if text == source else Source(f"In[{ran}]", text)

        return find
