"""Starting and stopping the flood from a test or a benchmark."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from .dialects import DIALECTS
from .flood import Load, Stats

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Flood:
    """A running flood.

    Attributes:
        port: Where it listens, on 127.0.0.1.
        load: What each of its streams is.
    """

    port: int
    load: Load

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"

    def base_url(self, dialect: str) -> str:
        """The base URL for a dialect, by its name in ``DIALECTS``."""
        return self.origin + DIALECTS[dialect].base_path

    def text(self, variant: int = 0) -> str:
        """The whole text of one variant of the answer."""
        return "".join(self.load.pieces(variant))

    def stats(self) -> Stats:
        """What became of the streams so far."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/stats")
            return Stats(**json.loads(connection.getresponse().read()))
        finally:
            connection.close()


@contextmanager
def flood(load: Load | None = None, *, port: int = 0) -> Iterator[Flood]:
    """Run the flood in a process of its own, which ends with the block and with this process.

    Args:
        load: What each stream is; 20,000 chunks of 5 characters, 64 events a write, when None.
        port: Where it listens; a free port when 0.
    """
    load = load or Load()
    options = [f"--{name.replace('_', '-')}={value}" for name, value in asdict(load).items()]
    command = [
        sys.executable,
        "-m",
        "tests.servers.flood",
        f"--port={port}",
        "--until-stdin-closes",
        *options,
    ]
    with subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(f"the flood ended at once, with status {process.wait()}")
            yield Flood(int(line), load)
        finally:
            process.stdin.close()
