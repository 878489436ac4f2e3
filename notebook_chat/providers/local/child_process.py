"""Child processes that outlive nothing: started apart from the terminal, watched, and ended with what
started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...secrets import Secret
from .background_job import ProgressReporter

# An interrupt of the notebook goes to the kernel's whole process group, and must not reach these.
_APART: dict[str, Any]
if sys.platform == "win32":
    _APART = {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
else:
    # What they write into caches is the user's alone, whatever umask this process was started with.
    _APART = {"start_new_session": True, "umask": 0o077}
_LAST = 1_000_000  # bytes
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has but one way


def python(*arguments: str) -> list[str]:
    """The command that runs this Python. The folder it is started in is not searched for modules: a
    notebook's ``random.py`` must not take the place of the library's.

    Raises:
        OSError: This Python does not know where it is, as when it is embedded.
    """
    if not sys.executable:
        raise OSError("this Python runs inside another program, so no process can be started with it")
    return [sys.executable, "-P", *arguments]


def environment(proxy: Secret | None = None, **further: str) -> dict[str, str]:
    """This process's environment variables, with ``further`` ones and, where one is given, the proxy."""
    values = {**os.environ, **further}
    if proxy:
        address = proxy.reveal()
        if "://" not in address:
            address = f"http://{address}"
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        values |= {spelt: address for name in names for spelt in (name, name.lower())}
        values["PIP_PROXY"] = address
    return values


class Child:
    """A running child process.

    Args:
        command: The program and its arguments.
        variables: Its environment variables.
        talk: Whether its standard input is a pipe to ``say`` something into. It stays open until the process
            is ended, so that the child can tell when its parent is gone.
    """

    def __init__(self, command: Sequence[str], variables: Mapping[str, str], *, talk: bool = False) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="notebook_chat-", ignore_cleanup_errors=True)
        folder = Path(self._folder.name)
        self._output, self._errors = folder / "output", folder / "errors"
        try:
            with self._output.open("wb") as output, self._errors.open("wb") as errors:
                self._process: subprocess.Popen[bytes] = subprocess.Popen(
                    command,
                    bufsize=0,
                    stdin=subprocess.PIPE if talk else subprocess.DEVNULL,
                    stdout=output,
                    stderr=errors,
                    env=dict(variables),
                    **_APART,
                )
        except BaseException:
            self._folder.cleanup()
            raise

    @property
    def output(self) -> str:
        """What it has written to its standard output so far."""
        return _text(self._output)

    @property
    def errors(self) -> str:
        """What it has written to its standard error so far."""
        return _text(self._errors)

    @property
    def exit_status(self) -> int | None:
        """How it ended, ``None`` while it runs; below 0 the number of the signal that ended it."""
        return self._process.poll()

    def say(self, text: str) -> None:
        """Writes to its standard input."""
        if self._process.stdin is not None:
            with suppress(OSError):  # it has ended already; its status will tell
                self._process.stdin.write(text.encode())

    def wait(self, seconds: float) -> bool:
        """Waits for its end; whether it has ended."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.returncode is not None

    def end(self) -> None:
        """Ends it, with all that it has started, and clears up. It may clear up itself, for a second at most.
        Ending twice is fine."""
        if self._process.poll() is None:
            self._signal(signal.SIGTERM)
            if not self.wait(1):
                self._signal(_KILL)
                self._process.wait()
        self.let_go()
        self.drop_output()

    def _signal(self, number: int) -> None:
        if sys.platform == "win32":
            self._process.kill()
        else:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def drop_output(self) -> None:
        """Deletes what it has written. A forked copy of this process would delete it at its end."""
        self._folder.cleanup()

    def let_go(self) -> None:
        """Closes this process's end of its standard input."""
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()


def run(
    command: Sequence[str],
    variables: Mapping[str, str],
    progress: ProgressReporter,
    watch: Callable[[Child], None] = lambda child: None,
) -> tuple[int, str, str]:
    """Runs a program to its end. ``watch`` is called ten times a second.

    Returns:
        Its exit status, standard output and standard error.

    Raises:
        StoppedError: The work should stop. The program has been ended.
        OSError: It cannot be started.
    """
    child = Child(command, variables)
    try:
        while not child.wait(0.1):
            progress.check()
            watch(child)
        return child.exit_status or 0, child.output, child.errors
    finally:
        child.end()


def _text(path: Path) -> str:
    """The end of what a child has written: what counts stands there, and a server's words may have no end."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _LAST))
            return file.read(_LAST).decode("utf-8", "replace")
    except OSError:
        return ""
