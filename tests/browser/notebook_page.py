"""A notebook on screen, and what a user does with it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Timer
from typing import Any

import nbformat
from nbformat import NotebookNode
from playwright.sync_api import Error, Locator, Page, TimeoutError

from .canary import LAST_IMAGE
from .measurement import Measurement, Meter

ARTIFACTS = Path(__file__).parent.parent / "artifacts"
"""Where screenshots are kept."""

_START_MS = 60_000
_CELL = ".jp-Notebook .jp-Cell"


@dataclass(frozen=True, slots=True)
class CellState:
    """What the front end knows of a cell.

    Attributes:
        id: its id in the notebook.
        type: `code`, `markdown` or `raw`.
        state: `running` (queued or under way) or `idle`; None for other than code.
        count: its execution count; None before its first run.
        trusted: whether its outputs are shown as live ones are.
    """

    id: str
    type: str
    state: str | None
    count: int | None
    trusted: bool


class NavigatedAwayError(RuntimeError):
    """Something led the notebook's page elsewhere."""


class NotebookPage:
    """A notebook in a browser tab; `Lab.open` makes it.

    Waiting is done by asking the front end (`window.jupyterapp`) for the state of its cells and kernel.

    Args:
        page: a page with `instruments.js`, on which nothing was loaded yet, or which `leave` has left ready.
        url: the notebook's address.
        path: the notebook's file.
        label: what its screenshots' names end with, such as `jupyterlab-dark`.
        kill_tabs: ends the tabs' processes; the way out where a tab hangs.

    Attributes:
        page: Playwright's page, for whatever is not here.
        path: the notebook's file.
    """

    def __init__(self, page: Page, url: str, path: Path, label: str, kill_tabs: Callable[[], None]) -> None:
        self.page = page
        self.path = path
        self._label = label
        self._kill_tabs = kill_tabs
        self._meter = Meter(page)
        self._page_errors: list[str] = []
        page.on("pageerror", self._page_failed)
        if page.url == "about:blank":
            page.goto(url)
        else:
            page.evaluate("([path, url]) => window.__instruments.open(path, url)", [path.name, url])
        self._await_ready()

    # --- running

    def run(self, index: int, *, wait: bool = True, timeout: float = 60.0) -> None:
        """Selects a cell and runs it.

        Args:
            index: the cell's place in the notebook, from 0.
            wait: until it has ended; otherwise returns as soon as the front end was told.
            timeout: seconds, if it waits.
        """
        self.activate(index)
        self._run("notebook:run-cell", wait, timeout)

    def run_all(self, *, wait: bool = True, timeout: float = 120.0) -> None:
        """Runs all cells; the arguments are those of `run`."""
        self._run("notebook:run-all-cells", wait, timeout)

    def wait_idle(self, timeout: float = 60.0) -> None:
        """Waits until no cell is queued or runs and the kernel is idle.

        Raises:
            playwright.sync_api.TimeoutError: not within `timeout` seconds.
            NavigatedAwayError: the page is no longer the notebook's.
        """
        try:
            idle = self._wait("() => window.__instruments.idle()", None, timeout)
        except TimeoutError as error:
            with suppress(Error), self._deadline(3.0):
                error.add_note(f"still: {self.page.evaluate('() => window.__instruments.state()')}")
            raise
        if idle == "gone":
            raise NavigatedAwayError(f"the notebook's page went to {self.page.url}")

    def interrupt(self) -> None:
        """Interrupts the kernel, as the toolbar's button does."""
        self.execute("notebook:interrupt-kernel")

    def restart_kernel(self) -> None:
        """Restarts the kernel without a question and waits until it is back."""
        self.page.evaluate("() => window.__instruments.restartKernel()")
        self._await_ready()
        self.wait_idle()

    def execute(self, command: str, **arguments: object) -> None:
        """Has the front end execute one of its commands, such as `notebook:insert-cell-below`, to its end."""
        self.page.evaluate(
            "async ([id, args]) => { await window.jupyterapp.commands.execute(id, args); }",
            [command, arguments],
        )

    @property
    def commands(self) -> list[str]:
        """The ids of all commands executed since the page loaded, whoever asked for them."""
        return list(self.page.evaluate("() => window.__instruments.commands()"))

    # --- looking

    def cell(self, index: int) -> Locator:
        """A cell, by its place in the notebook, from 0."""
        return self.page.locator(_CELL).nth(index)

    def output(self, index: int) -> Locator:
        """All the outputs beneath a cell; its text includes the prompt (`[1]:`) of an execute result."""
        return self.cell(index).locator(".jp-Cell-outputArea")

    def activate(self, index: int) -> None:
        """Selects a cell, in command mode."""
        self.page.evaluate("index => window.__instruments.activate(index)", index)

    @property
    def cells(self) -> tuple[CellState, ...]:
        """What the front end knows of each cell."""
        return tuple(CellState(**state) for state in self.page.evaluate("() => window.__instruments.cells()"))

    @property
    def page_errors(self) -> tuple[str, ...]:
        """Exceptions that nothing in the page caught; Notebook 7 has some of its own while it loads."""
        return tuple(self._page_errors)

    def settle(self, timeout: float = 30.0, quiet: float = 0.3) -> None:
        """Waits until what is shown has done all it is going to do by itself.

        That is: the page did not change for `quiet` seconds, and an image requested after that has come,
        which queues behind the requests before it. To be called before saying that nothing happened.

        Raises:
            playwright.sync_api.TimeoutError: not within `timeout` seconds; perhaps the tab hangs.
        """
        arguments = [uuid.uuid4().hex, quiet * 1000, LAST_IMAGE]
        self._wait(
            "([key, quiet, image]) => window.__instruments.settled(key, quiet, image)", arguments, timeout
        )

    def scroll_through(self) -> None:
        """Brings every output on screen once, so that what waits for being seen is seen too."""
        with self._deadline(60.0):
            self.page.evaluate("() => window.__instruments.scrollThrough()")

    def hide_outputs(self) -> None:
        """Takes all outputs off the screen, so that the browser has no work with them."""
        self.page.evaluate("() => window.__instruments.showOutputs(false)")

    def show_outputs(self) -> None:
        """Brings what was hidden back."""
        self.page.evaluate("() => window.__instruments.showOutputs(true)")

    def screenshot(self, name: str, locator: Locator | None = None) -> Path:
        """Takes a picture of the window, or of one element, and keeps it with the tests' artefacts.

        Returns:
            The file: the name, the front end and the theme.
        """
        ARTIFACTS.mkdir(exist_ok=True)
        path = ARTIFACTS / f"{re.sub(r'[^A-Za-z0-9._-]+', '-', name)}-{self._label}.png"
        if locator is None:
            self.page.screenshot(path=path, animations="disabled")
        else:
            locator.screenshot(path=path, animations="disabled")
        return path

    # --- measuring

    @contextmanager
    def measure(self, anchor: str | None = None) -> Iterator[Callable[[], Measurement]]:
        """Measures the page for the length of a block.

            with notebook.measure() as measured:
                notebook.run_all()
            assert measured().longest_task < 0.15

        Args:
            anchor: a CSS selector of the element whose place on screen is watched too.

        Yields:
            A function that gives the measurement once the block has ended.
        """
        results: list[Measurement] = []
        self._meter.start(anchor)
        yield lambda: results[0]
        results.append(self._meter.stop())

    def watch(self, index: int, text: str) -> Callable[[float], float]:
        """Notes when a text first is on screen in an output of a cell; to be called before it can be.

            seen = notebook.watch(0, "the end")
            notebook.run(0)
            lag = seen(10) - last_chunk_at        # a `time.time()` of the kernel's

        Returns:
            A function of a timeout in seconds that gives the moment in seconds since 1970, the clock of
            `time.time()`; it raises `playwright.sync_api.TimeoutError` if that never comes.
        """
        key = uuid.uuid4().hex
        self.page.evaluate("([key, i, text]) => window.__instruments.watch(key, i, text)", [key, index, text])
        return lambda timeout: float(self._wait("key => window.__instruments.seen(key)", key, timeout))

    # --- keeping

    def save(self) -> NotebookNode:
        """Saves the notebook as the front end does, and gives what is in the file now."""
        self.page.evaluate("async () => { await window.__instruments.save(); }")
        return self.saved()

    def saved(self) -> NotebookNode:
        """What is in the notebook's file, checked against nbformat's schema."""
        notebook: NotebookNode = nbformat.read(self.path, as_version=4)  # type: ignore[no-untyped-call]
        nbformat.validate(notebook)
        return notebook

    def reload(self) -> None:
        """Reloads the page; the kernel lives on, and what it computes goes on."""
        self.page.reload()
        self._await_ready()

    def release(self) -> None:
        """Makes sure that the tab can be closed, which Playwright cannot do while it hangs."""
        with suppress(Error), self._deadline(3.0):
            self.page.evaluate("() => 1")

    def leave(self) -> bool:
        """Closes the notebook without keeping it; whether another may be opened in the same page."""
        self._meter.close()
        self.page.remove_listener("pageerror", self._page_failed)
        with suppress(Error), self._deadline(15.0):
            return bool(self.page.evaluate("() => window.__instruments.leave()"))
        return False

    # --- within

    def _run(self, command: str, wait: bool, timeout: float) -> None:
        self.page.evaluate("command => window.__instruments.start(command)", command)
        if wait:
            self.wait_idle(timeout)

    def _await_ready(self) -> None:
        self._wait("() => window.__instruments?.ready()", None, _START_MS / 1000)

    def _wait(self, condition: str, argument: object, timeout: float) -> Any:
        with self._deadline(timeout + 2.0):
            handle = self.page.wait_for_function(condition, arg=argument, timeout=timeout * 1000, polling=50)
            value = handle.json_value()
            handle.dispose()
            return value

    @contextmanager
    def _deadline(self, seconds: float) -> Iterator[None]:
        """Kills the tab if the block takes longer: Playwright waits forever where a tab hangs in a wait."""
        killed = Event()

        def kill() -> None:
            killed.set()
            self._kill_tabs()

        timer = Timer(seconds, kill)
        timer.start()
        try:
            yield
        except Error as error:
            if killed.is_set():
                raise TimeoutError(f"the tab hung for {seconds} s and was killed") from error
            raise
        finally:
            timer.cancel()
            timer.join()

    def _page_failed(self, error: Error) -> None:
        self._page_errors.append(str(error))
