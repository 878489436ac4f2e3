"""Code that runs in the kernel for a model."""

from __future__ import annotations

import asyncio
import builtins
import getpass
import signal
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self

from .. import interrupts
from ..errors import ConfigurationError, InvalidOptionError
from ..runner import has_caller, in_caller
from ..session import CellIdentity
from ..tools import ArgumentsError, Tell
from ..tools.editing import CodeOutcome
from .run_capture import RunCapture
from .shell_history import ShellHistory
from .tracebacks import compact

_SOON = 0.2  # seconds, after which the reader is told what is waited for
_AGAIN = 0.05
_LAST_ERROR = ("last_type", "last_value", "last_traceback", "last_exc")

_NESTED = "this is run for a model, and asks no model: no %%chat and no %chat within it"
_AWAITS = (
    "code with await at its top is not run here: put it into a cell, or have asyncio.run drive it in a thread"
)


class CodeRuns:
    """Runs code in the shell as a cell would, in the shell's own thread: from a cell while it waits for the answer,
    from a panel as soon as no cell runs.

    It is no cell: it has no number, ``In``, ``Out`` and ``_`` stay the user's, and so does the last error.

    Args:
        shell: IPython's shell.
        identity: Which cell runs.
        is_busy: Whether a cell of the user's runs.
    """

    def __init__(self, shell: Any, identity: CellIdentity, is_busy: Callable[[], bool]) -> None:
        self._shell = shell
        self._identity = identity
        self._history = ShellHistory(shell)
        self._is_busy = is_busy
        self._depth = 0

    @property
    def running(self) -> bool:
        """Whether such code runs now."""
        return self._depth > 0

    def refuse_chat(self) -> None:
        """To be called where somebody asks a model by a magic.

        Raises:
            InvalidOptionError: It is such code that does.
        """
        if self.running:
            raise InvalidOptionError(_NESTED)

    async def run(self, code: str, seconds: float | None, tell: Tell) -> CodeOutcome:
        """Runs code as a cell would. An interrupt, and the end of the answer, ends it.

        Args:
            code: The code.
            seconds: How long it may take.
            tell: Tells the reader what is waited for.

        Raises:
            ArgumentsError: It is code that is not run.
            ConfigurationError: It cannot be run here.
        """
        one = _Running(seconds)
        try:
            if has_caller():
                return await in_caller(partial(self._run, code, one))
            if threading.current_thread() is threading.main_thread():
                return self._run(code, one, interrupts=False)
            return await self._when_idle(code, one, tell)
        finally:
            one.stop("stopped")  # where it runs still, nobody waits for it any more

    async def _when_idle(self, code: str, one: _Running, tell: Tell) -> CodeOutcome:
        """Runs it in the thread of the kernel that runs cells, when none runs."""
        kernel_loop = getattr(getattr(self._shell, "kernel", None), "io_loop", None)
        if kernel_loop is None:
            raise ConfigurationError(
                "this kernel runs code for a model from cells alone", hint="Ask in a cell, with -T run."
            )
        loop = asyncio.get_running_loop()
        result: asyncio.Future[CodeOutcome] = loop.create_future()

        def settle(call: Callable[[Any], object], value: object) -> None:
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(lambda: None if result.done() else call(value))

        def attempt() -> None:
            if one.over:
                return
            if self._is_busy() or self.running:  # a cell that awaits something
                kernel_loop.call_later(_AGAIN, attempt)
                return
            try:
                settle(result.set_result, self._run(code, one, interrupts=False, hidden=True))
            except Exception as error:
                settle(result.set_exception, error)

        kernel_loop.add_callback(attempt)
        done, _ = await asyncio.wait({result}, timeout=_SOON)
        if not done and not one.begun:
            tell("waiting until no cell runs", None)
        return await result

    def _run(self, code: str, one: _Running, *, interrupts: bool = True, hidden: bool = False) -> CodeOutcome:
        """Runs it here and now.

        Args:
            code: The code.
            one: What ends it.
            interrupts: Whether an interrupt of the user's is raised here, and else told.
            hidden: Whether nothing of it is shown, since no cell asks.

        Raises:
            KeyboardInterrupt: The user has interrupted it.
        """
        if threading.current_thread() is not threading.main_thread():
            raise ConfigurationError(
                "code is run for a model in the notebook's own thread, and this is another one",
                hint="Ask in a cell.",
            )
        self._check(code)
        with ExitStack() as around:
            execution: object = self._identity.execution
            noted = around.enter_context(_Interrupts(one))
            if hidden:
                execution = around.enter_context(_apart(self._shell))
            around.enter_context(self._left_alone())
            capture = RunCapture(self._shell, code, execution, hidden=hidden)
            error = self._ended(code, one, capture)
        stopped = isinstance(error, KeyboardInterrupt)
        if (stopped or noted.late) and not one.ended:
            if interrupts:
                raise KeyboardInterrupt
            noted.hand_on()
        told = compact(error, self._name_of) if error is not None and not stopped else ""
        return CodeOutcome(capture.outputs, told, (one.ended or "stopped") if stopped else "")

    def _ended(self, code: str, one: _Running, capture: RunCapture) -> BaseException | None:
        """Runs the code to its end; what it ended with, if it failed."""
        error: BaseException | None = None
        try:
            kept = interrupts.kept((KeyboardInterrupt,), lambda: one.runs, one.interrupt)
            with capture, one, kept, _taken(self._shell, one):
                result = self._shell.run_cell(code, store_history=False, shell_futures=False)
                error = result.error_before_exec or result.error_in_exec
        except KeyboardInterrupt as interrupt:  # which came before it began, or at its very end
            error = interrupt
        finally:
            one.over = True
        return error

    def _check(self, code: str) -> None:
        """Sees to it that code can be run.

        Raises:
            ArgumentsError: It cannot.
        """
        if self.running or code.lstrip().startswith(("%%chat", "%chat")):
            raise ArgumentsError(_NESTED)
        awaits = False
        with suppress(Exception):  # of code that is none, which says so itself
            transformed = self._shell.transform_cell(code)
            awaits = bool(self._shell.should_run_async(code, transformed_cell=transformed))
        if awaits:
            raise ArgumentsError(_AWAITS)

    @contextmanager
    def _left_alone(self) -> Iterator[None]:
        """Leaves what belongs to the user's cells as it is."""
        last = {name: getattr(sys, name) for name in _LAST_ERROR if hasattr(sys, name)}
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            for name in _LAST_ERROR:
                if name in last:
                    setattr(sys, name, last[name])
                elif hasattr(sys, name):
                    delattr(sys, name)

    def _name_of(self, file: str) -> str:
        """What a file of a traceback is called: a cell by its number, the code itself as that."""
        name = self._history.name_of(file)
        is_own = name == file and not (file.startswith("<") and "ipython-input" not in file)
        return "the code" if is_own and not Path(file).exists() else name


class _Running:
    """Code that runs in the main thread, as whoever would end it sees it. It is entered there.

    Args:
        seconds: How long it may take; ``None`` for no bound.

    Attributes:
        begun: Whether it has begun.
        over: Whether it has ended, or is not to begin any more.
        ended: Why somebody has ended it.
    """

    def __init__(self, seconds: float | None) -> None:
        self.begun = False
        self.over = False
        self.ended: Literal["", "stopped", "time"] = ""
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self.stop, ("time",)) if seconds is not None else None

    def stop(self, why: Literal["stopped", "time"]) -> None:
        """Ends it, from any thread, by an interrupt, which is sent again while it takes none. Before it begins, it will
        not; after its end it does nothing."""
        with self._lock:
            running, self.over = self.begun and not self.over, self.over or not self.begun
            if running and not self.ended:
                self.ended = why
                _interrupt_main()
                interrupts.insist(self.interrupt)

    def interrupt(self) -> bool:
        """Interrupts it; whether it runs."""
        with self._lock:
            if self.runs:
                _interrupt_main()
            return self.runs

    @property
    def runs(self) -> bool:
        """Whether it has begun and is not over."""
        return self.begun and not self.over

    def __enter__(self) -> None:
        with self._lock:
            if self.over:
                raise KeyboardInterrupt
            self.begun = True
        if self._timer is not None:
            self._timer.daemon = True
            self._timer.start()

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            self.over = True


@contextmanager
def _taken(shell: Any, one: _Running) -> Iterator[None]:
    """Has code be over as soon as an interrupt has ended it: another one, while its traceback is made, would be shown
    beside it."""
    show, own = shell.showtraceback, vars(shell).get("showtraceback")

    def over(*arguments: Any, **more: Any) -> None:
        if isinstance(sys.exc_info()[1], KeyboardInterrupt):
            one.over = True
        show(*arguments, **more)

    shell.showtraceback = over
    try:
        yield
    finally:
        if own is None:
            del shell.showtraceback
        else:
            shell.showtraceback = own


def _interrupt_main() -> None:
    if hasattr(signal, "pthread_kill") and (ident := threading.main_thread().ident) is not None:
        signal.pthread_kill(ident, signal.SIGINT)
    else:
        import _thread

        _thread.interrupt_main()


@contextmanager
def _apart(shell: Any) -> Iterator[str]:
    """Has what is run here belong to no cell, and has nobody asked for input; gives the name of the run."""
    before, inputs = shell.get_parent(), (builtins.input, getpass.getpass)
    name = uuid.uuid4().hex
    try:
        builtins.input = getpass.getpass = _no_input
        shell.set_parent({"header": {"msg_id": name}, "metadata": {}, "content": {}})
        yield name
    finally:
        shell.set_parent(before)
        builtins.input, getpass.getpass = inputs


def _no_input(*_: object, **__: object) -> str:
    raise EOFError("code that a panel's answer has run cannot ask the user for input")


class _Interrupts:
    """Has an interrupt end code while it runs, also where the kernel would note it only or says that it is idle; and
    never what is to be put right behind the code.

    Args:
        one: The code.

    Attributes:
        late: Whether one has come that has ended nothing.
    """

    def __init__(self, one: _Running) -> None:
        self._one = one
        self.late = False

    def hand_on(self) -> None:
        """Hands an interrupt on to whoever would have taken it, such as what runs a cell that awaits its answer."""
        if callable(self._before):
            self._before(signal.SIGINT, None)

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGINT, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _take(self, *_: object) -> None:
        if self._one.runs:
            raise KeyboardInterrupt
        self.late = True
