"""A flood of what models write: ``tests.servers.flood``, with lines, lists, tables, code and formulas in its pieces.

::

    with prose_flood(10_000_000) as base_url:
        ...  # each answer of the server at base_url has ten million characters

``python -m tests.hostile.prose SIZE PIECE`` is that server.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..answers import answer
from ..servers.dialects import DIALECTS
from ..servers.flood import Load, run

_ROOT = Path(__file__).parents[2]


class Prose(Load):
    """What each stream is: an answer of ``chunks`` pieces of ``size`` characters, as a model may write it."""

    def pieces(self, variant: int) -> tuple[str, ...]:
        """The pieces of the answer, which has no variants."""
        part = answer(100_000) + "\n\n"
        length = self.chunks * self.size
        text = (part * (length // len(part) + 1))[:length]
        return tuple(text[start : start + self.size] for start in range(0, len(text), self.size))


@contextmanager
def prose_flood(size: int, piece: int = 50, dialect: str = "openai_chat") -> Iterator[str]:
    """Runs the flood in a process of its own, which ends with the block and with this process.

    Args:
        size: How many characters each answer has.
        piece: How many of them come in one event.
        dialect: A name of ``tests.servers.dialects``.

    Yields:
        The base URL of the dialect.
    """
    command = [sys.executable, "-m", "tests.hostile.prose", str(size), str(piece)]
    with subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            url = f"http://127.0.0.1:{port}{DIALECTS[dialect].base_path}"
            yield url
        finally:
            process.stdin.close()


if __name__ == "__main__":
    size, piece = map(int, sys.argv[1:])
    asyncio.run(run(Prose(chunks=size // piece, size=piece), 0, until_stdin_closes=True))
