"""Notebooks opened in a real JupyterLab or Notebook 7.

    @every_front_end
    def test_answer_is_on_screen(lab: Lab) -> None:
        notebook = lab.open(["%load_ext notebook_chat", "%%chat\\nhello"], theme="dark")
        notebook.run_all()
        expect(notebook.output(1)).to_contain_text("Hi")        # playwright.sync_api.expect
        notebook.screenshot("first-answer")
        assert lab.canary.hits == ()

    def test_hostile_answers_do_nothing(lab: Lab) -> None:
        answers = {tag: [{"text/html": render(Canary.arm(text, tag))}] for tag, text in enumerate(HOSTILE)}
        lab.show(answers)
        assert lab.canary.hits_by_tag() == {}

Tests are synchronous functions. While one runs, no event loop can run in its thread, so a fake service that
it needs runs in a thread or a process of its own, and its fixtures are synchronous too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import Enum
from itertools import count
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import BrowserContext

from ..kernel.kernelspecs import INSTALLED, kernel_name
from .canary import Canary
from .chromium import Chromium
from .notebook_page import NavigatedAwayError, NotebookPage
from .server import JupyterServer, Settings

Theme = Literal["light", "dark"]

EVERYTHING_SHOWN: Settings = {
    "@jupyterlab/notebook-extension:tracker": {"maxNumberOutputs": 10_000, "windowingMode": "none"}
}
"""Settings with which JupyterLab shows more than 50 outputs beneath a cell, on and off screen alike."""

_THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
_OUTPUTS_PER_CELL = 40
_INSTRUMENTS = Path(__file__).with_name("instruments.js")

# Publishes each state of each display in turn, slowly enough for the server's limit of 1000 messages/s.
_PUBLISH = """\
import json, pathlib, time
from IPython.display import publish_display_data
_displays = json.loads(pathlib.Path({file!r}).read_text(encoding="utf-8"))
for _round in range(max(map(len, _displays.values()))):
    for _id, _states in _displays.items():
        if _round < len(_states):
            publish_display_data(_states[_round], transient={{"display_id": _id}}, update=_round > 0)
            time.sleep(0.004)
"""


class FrontEnd(Enum):
    """A front end of Jupyter Server; the value is the address of a notebook in a workspace.

    JupyterLab opens anew what was open in a workspace. Pages that share one would ask for notebooks of tests that
    have ended, whose files are gone, and wait behind a dialog that says so.
    """

    JUPYTERLAB = "lab/workspaces/{workspace}/tree/{name}"
    NOTEBOOK = "notebooks/{name}"

    def address(self, path: Path) -> str:
        """Where a notebook is, in a workspace of its own."""
        return self.value.format(workspace=path.stem, name=path.name)


every_front_end = pytest.mark.parametrize(
    "lab", list(FrontEnd), indirect=True, ids=lambda front_end: front_end.name
)
"""Runs a test that uses `lab` in each front end."""


both_themes = pytest.mark.parametrize(
    ("lab", "theme"),
    [(FrontEnd.JUPYTERLAB, "light"), (FrontEnd.NOTEBOOK, "dark")],
    indirect=["lab"],
    ids=["JUPYTERLAB-light", "NOTEBOOK-dark"],
)
"""Runs a test that uses `lab` and `theme` once in each front end and once in each theme."""


class Lab:
    """Opens notebooks in one front end; `close` closes them and ends their kernels.

    Args:
        server: the Jupyter Server, with both front ends.
        chromium: where notebooks are opened; it must be `in_use`.
        canary: sees what pages do.
        front_end: which of the two front ends.

    Attributes:
        server, canary, front_end: as given.
        opened: the notebooks opened so far.
    """

    def __init__(
        self, server: JupyterServer, chromium: Chromium, canary: Canary, front_end: FrontEnd
    ) -> None:
        self.server = server
        self.canary = canary
        self.front_end = front_end
        self.opened: list[NotebookPage] = []
        self._reusable: dict[str, NotebookPage] = {}
        self._chromium = chromium
        self._names = (f"notebook-{uuid4().hex[:8]}-{number}.ipynb" for number in count(1))

    def open(
        self,
        notebook: Sequence[str] | NotebookNode,
        *,
        theme: Theme = "light",
        settings: Settings | None = None,
        kernel: str = INSTALLED,
        files: Mapping[str, str] | None = None,
        viewport: tuple[int, int] = (1280, 900),
    ) -> NotebookPage:
        """Writes a notebook, opens it in a page of its own and waits until its kernel is there.

        Args:
            notebook: the sources of its code cells, or a whole notebook.
            theme: the front end's theme, and what the page is told of the system's.
            settings: what the user has changed in the settings editor, by plugin.
            kernel: a release of ipykernel that the fixture `ipykernel` has made selectable.
            files: text files to put beside the notebook, by name.
            viewport: the window's width and height in CSS pixels.

        Raises:
            playwright.sync_api.TimeoutError: it was not there within a minute.
        """
        node = notebook if isinstance(notebook, NotebookNode) else _notebook(notebook)
        node.metadata["kernelspec"] = {"name": kernel_name(kernel), "display_name": "", "language": "python"}
        path = self.server.root / next(self._names)
        nbformat.write(node, path)  # type: ignore[no-untyped-call]
        for name, text in (files or {}).items():
            (self.server.root / name).write_text(text, encoding="utf-8")
        chosen = {"@jupyterlab/apputils-extension:themes": {"theme": _THEMES[theme], "adaptive-theme": False}}
        self.server.write_settings({**chosen, **(settings or {})})
        label = f"{self.front_end.name.lower()}-{theme}"
        ready = None if settings else self._chromium.ready_pages.pop(label, None)
        page = ready or self.canary.own_page(self._context())
        page.bring_to_front()
        page.set_viewport_size({"width": viewport[0], "height": viewport[1]})
        page.emulate_media(color_scheme=theme, reduced_motion="no-preference")
        url = f"{self.server.url}/{self.front_end.address(path)}?reset&token={self.server.token}"
        notebook = NotebookPage(page, url, path, label, self._chromium.kill_tabs)
        self.opened.append(notebook)
        if not settings:
            self._reusable[label] = notebook
        return notebook

    def show(
        self,
        displays: Mapping[int, Sequence[Mapping[str, Any]]],
        *,
        theme: Theme = "light",
        timeout: float = 120.0,
    ) -> NotebookPage:
        """Shows many outputs in one live notebook, some at a time and then all, until they have done their worst.

        Args:
            displays: by a number of yours, the states of a display: MIME bundles, of which the first is
                published and each later one updates it (what a stream shows on its way). What a display
                does is found under its number in `canary.hits_by_tag()` if it was armed with it.
            theme: as for `open`.
            timeout: seconds for the cells to run, and as much again for the page to settle.

        Returns:
            The notebook, each output scrolled to once. Output `n` is the `n`-th `.jp-OutputArea-child`. If a
            display led the page elsewhere, `canary.hits` says so, and what the others would have done is not
            known.

        Raises:
            playwright.sync_api.TimeoutError: the tab hangs or never comes to rest.
        """
        items = list(displays.items())
        files, cells = {}, []
        for start in range(0, len(items), _OUTPUTS_PER_CELL):
            name = f"displays-{uuid4().hex[:8]}.json"
            files[name] = json.dumps(
                {str(tag): states for tag, states in items[start : start + _OUTPUTS_PER_CELL]}
            )
            cells.append(_PUBLISH.format(file=name))
        notebook = self.open(cells, theme=theme, settings=EVERYTHING_SHOWN, files=files)
        with suppress(NavigatedAwayError):
            # What has done its worst is out of the way while others are shown: each update has the browser look at
            # all elements on the page again, so that one cell after the other costs a fifth of all at once.
            for index in range(len(cells)):
                notebook.run(index, timeout=timeout)
                notebook.settle(timeout)
                notebook.scroll_through()
                notebook.settle(timeout)
                notebook.hide_outputs()
        notebook.show_outputs()
        notebook.settle(timeout)
        return notebook

    def reopen_untrusted(self, notebook: NotebookPage, *, theme: Theme = "light") -> NotebookPage:
        """Saves a notebook and opens it as one that came from somebody else: its outputs are not trusted."""
        node = notebook.save()
        node.metadata["came_from_elsewhere"] = uuid4().hex  # so that its signature is unknown here
        for cell in node.cells:
            cell.metadata.pop("trusted", None)
        return self.open(node, theme=theme)

    def close(self, *, again: bool = False) -> None:
        """Closes all notebooks, ends their kernels and deletes their files.

        Args:
            again: leave a page of each theme for the next test, which then need not load the front end.
        """
        for notebook in self.opened:
            notebook.release()
        if again and not self.canary.hits:
            ready = {label: one.page for label, one in self._reusable.items() if one.leave()}
            self._chromium.ready_pages.update(ready)
        self._reusable.clear()
        self._chromium.close_pages()
        self.opened.clear()
        self.server.end_sessions()
        self.server.delete_files()

    def _context(self) -> BrowserContext:
        """One for all notebooks of a server: it keeps the front end's files."""
        context = self._chromium.contexts.get(self.server.url)
        if context is None:
            context = self._chromium.browser.new_context(
                proxy=self.canary.proxy(self.server.url),
                permissions=["clipboard-read", "clipboard-write"],
            )
            self.canary.watch(context, self.server.url)
            context.add_init_script(path=_INSTRUMENTS)
            self._chromium.contexts[self.server.url] = context
        return context


def _notebook(sources: Sequence[str]) -> NotebookNode:
    cells = [new_code_cell(source) for source in sources]  # type: ignore[no-untyped-call]
    node: NotebookNode = new_notebook(cells=cells)  # type: ignore[no-untyped-call]
    return node
