"""The embedded engine: xllamacpp in a process of its own, one model at a time, shared by the whole notebook.

Its own process, because loading a model holds Python's lock for as long as it takes (measured: 0.13 s at the
very least for the smallest model, seconds for larger ones), which would freeze the notebook; and because a
damaged file can abort the process that loads it. It is spoken to over loopback, in OpenAI's dialect.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from ...errors import EngineError, MissingDependencyError
from ...files import Identity
from ...loop_thread import at_exit
from ...secrets import Secret
from .background_job import ProgressReporter
from .checked_file import CheckedFile
from .child_process import Child, environment, python
from .cpu import threads

PACKAGE = "xllamacpp"
"""The package that the engine is."""

SLOTS = 4
"""How many answers are written at the same time; further ones wait."""

BATCH = 64
"""How many tokens of a prompt are read between two looks at what was cancelled. One batch of the default
model takes 0.3 s on one core of 2025; half of it makes reading a prompt 15% slower, twice of it no faster."""

_PROGRAM = Path(__file__).with_name("engine_process.py")
_POLL = 0.02  # seconds between two looks whether the model is loaded
_LOG_REASON = re.compile(r"error loading model: (.+)")
_LOG_ERROR = re.compile(r"^[\d.]+ E (.+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Model:
    """What an engine has loaded.

    Args:
        path: The GGUF file.
        name: What the engine calls it.
        context: The size of the context, in tokens. The engine caps it at what the model was trained with.
        identity: Which file it was that was checked. One that was replaced is another model, and is not loaded.
    """

    path: Path
    name: str = field(compare=False)
    context: int
    identity: Identity

    @classmethod
    def of(cls, path: Path, name: str, context: int) -> Model:
        """The model as its file is now."""
        return cls(path, name, context, CheckedFile.of(path).identity)


class Engine:
    """A model in its process.

    Attributes:
        address: Where it listens, once it does, as ``http://host:port``.
        key: What it must be told to answer.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.address = ""
        self.key = Secret(secrets.token_urlsafe(32))
        self._child: Child | None = None
        self._starting = threading.Lock()

    @property
    def running(self) -> bool:
        """Whether the model is loaded and its process lives."""
        return bool(self.address) and self._child is not None and self._child.exit_status is None

    def start(self, progress: ProgressReporter) -> None:
        """Loads the model, unless it is loaded. It blocks; several threads may call it.

        Raises:
            EngineError: The model cannot be loaded; it says why.
            StoppedError: The work should stop. A model that is half loaded is given up.
        """
        progress.acquire(self._starting)
        try:
            if not self.running:
                self.end()
                self._start(progress)
        finally:
            self._starting.release()

    def _start(self, progress: ProgressReporter) -> None:
        child = self._launch()
        try:
            while not child.output.endswith("\n") and child.exit_status is None:
                progress.pause(_POLL)
            output = child.output
            reply = json.loads(output) if output.endswith("\n") else {}
            if "address" not in reply:
                child.wait(2)
                if "changed" in reply:
                    reason = f"{self.model.path} is not any more what was checked"
                    raise EngineError(f"{self.model.name} is not loaded: {reason}", hint="Run it again.")
                reason = _reason(child.errors) or reply.get("error") or ending(child.exit_status)
                raise EngineError(f"{self.model.name} cannot be loaded: {reason}")
        except BaseException:
            child.end()
            raise
        child.drop_output()
        self.address, self._child = reply["address"], child

    def _launch(self) -> Child:
        spec = find_spec(PACKAGE)
        settings = {
            "path": str(self.model.path),
            "identity": self.model.identity,
            "name": self.model.name,
            "key": self.key.reveal(),
            "threads": threads(),
            "context": self.model.context,
            "slots": SLOTS,
            "batch": BATCH,
            "packages": str(Path(spec.origin).parent.parent) if spec and spec.origin else "",
        }
        try:
            # The key goes through a pipe: others can read a process's arguments.
            child = Child(python(str(_PROGRAM)), environment(GGML_NO_BACKTRACE="1"), talk=True)
        except OSError as error:
            raise EngineError(f"the engine's process cannot be started: {error}") from error
        child.say(json.dumps(settings) + "\n")
        return child

    def end_of_process(self) -> str | None:
        """How its process ended, in words; ``None`` while it lives. It blocks for half a second at most: a
        connection breaks a little before the process is gone."""
        if self._child is None:
            return "it was ended"
        return ending(self._child.exit_status) if self._child.wait(0.5) else None

    def end(self) -> None:
        """Ends its process; it takes some milliseconds. It can be started again."""
        child, self._child, self.address = self._child, None, ""
        if child is not None:
            child.end()

    def let_go(self) -> None:
        """Leaves the process to the one that this process was forked from."""
        if self._child is not None:
            self._child.let_go()


class Engines:
    """The engines of this process. The model that was used last stays loaded; another one is unloaded as soon
    as nobody uses it any more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users: dict[Engine, int] = {}
        self._last: Engine | None = None

    @contextmanager
    def use(self, model: Model) -> Generator[Engine]:
        """The engine of a model, which may have to be started first; it stays while the ``with`` lasts."""
        with self._lock:
            engine = next((engine for engine in self._users if engine.model == model), None) or Engine(model)
            self._users[engine] = self._users.get(engine, 0) + 1
            self._last = engine
            unused = self._take_unused()
        _end_all(unused)
        try:
            yield engine
        finally:
            with self._lock:
                self._users[engine] -= 1
                unused = self._take_unused()
            _end_all(unused)

    def _take_unused(self) -> list[Engine]:
        unused = [engine for engine, users in self._users.items() if not users and engine is not self._last]
        for engine in unused:
            del self._users[engine]
        return unused

    def end(self) -> None:
        """Ends all engines."""
        with self._lock:
            engines = list(self._users)
        for engine in engines:
            engine.end()

    def let_go(self) -> None:
        """Leaves all engines to the process that this one was forked from."""
        for engine in self._users:
            engine.let_go()


def _end_all(engines: Iterable[Engine]) -> None:
    """Ends engines without waiting for it: the caller's thread may run an event loop."""
    for engine in engines:
        try:
            threading.Thread(target=engine.end, name="notebook_chat engine", daemon=True).start()
        except RuntimeError:  # Python is ending, and starts none any more
            engine.end()


engines = Engines()
"""The engines of this process."""

# Those of the process that this one was forked from. They are kept: their clean-up would end the engines.
_of_parent: list[Engines] = []


def _after_fork() -> None:
    global engines
    engines.let_go()
    _of_parent.append(engines)
    engines = Engines()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@at_exit
def _end() -> None:
    engines.end()


def require() -> None:
    """Checks that what the engine needs is installed.

    Raises:
        MissingDependencyError: It is not; it says how to install it.
    """
    for package in (PACKAGE, "filelock"):
        if find_spec(package) is None:
            raise MissingDependencyError(
                f"the embedded model needs {package}", hint='Run: pip install "notebook_chat[local]"'
            )


def ending(status: int | None) -> str:
    """How a process ended, in words."""
    if status is None:
        return "its process does not answer"
    if status >= 0:
        return f"its process ended with status {status}"
    name = signal.Signals(-status).name if -status in signal.valid_signals() else str(-status)
    memory = ", most often because the memory did not suffice" if name == "SIGKILL" else ""
    return f"its process was ended by {name}{memory}"


def _reason(log: str) -> str:
    """The words of the engine's log that say why a model does not load."""
    if found := _LOG_REASON.search(log):
        words = found[1].strip()
        return "the file is damaged or incomplete" if "failed to load model from" in words else words
    errors = _LOG_ERROR.findall(log)
    assertion = re.search(r"GGML_ASSERT\(.*", log)
    return (assertion[0] if assertion else errors[0].strip() if errors else "")[:300]
