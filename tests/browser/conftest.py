"""Fixtures: one Jupyter server, one browser and one canary for the run, fresh notebooks for each test."""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, expect

from ..kernel.conftest import packages_of
from ..kernel.kernelspecs import INSTALLED
from ..servers import VendorServer, serve
from .canary import Canary
from .chats import Begin
from .chromium import Chromium, find_chromium
from .lab import FrontEnd, Lab
from .notebook_page import NotebookPage
from .server import JupyterServer

REQUIRE = "NOTEBOOK_CHAT_REQUIRE_BROWSER"
"""With this environment variable set to 1, a missing browser fails the tests instead of skipping them."""

PATIENCE_MS = 30_000
"""How long `expect` waits for what should happen soon, in milliseconds: a machine that has much to do needs it."""

_failed = pytest.StashKey[bool]()


def pytest_configure() -> None:
    expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = str(Path(__file__).parent) + os.sep
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker("browser")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[_failed] = report.failed
    return report


def chromium_path() -> str:
    """The browser's path; without one, skips the test or, if a browser is required, fails it."""
    executable = find_chromium()
    if executable is None:
        reason = "no Chromium or Chrome on PATH; on Debian and Ubuntu: apt-get install chromium"
        if os.environ.get(REQUIRE) == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return executable


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """The browser."""
    browser = Chromium(chromium_path(), tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def jupyter_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """The Jupyter Server with JupyterLab and Notebook 7."""
    server = JupyterServer(tmp_path_factory.mktemp("server"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def session_canary() -> Iterator[Canary]:
    """The canary of the whole run; tests use `lab.canary`, which starts each of them without hits."""
    canary = Canary()
    yield canary
    canary.close()


@pytest.fixture
def lab(
    session_canary: Canary, chromium: Chromium, jupyter_server: JupyterServer, request: pytest.FixtureRequest
) -> Iterator[Lab]:
    """JupyterLab, or the front end of an indirect parameter; the mark `every_front_end` gives both.

    A test that fails leaves a screenshot of each notebook it had open.
    """
    with chromium.in_use():
        session_canary.reset()
        opened = Lab(jupyter_server, chromium, session_canary, getattr(request, "param", FrontEnd.JUPYTERLAB))
        yield opened
        failed = request.node.stash.get(_failed, False)
        if failed:
            _picture(opened, request.node.name)
        opened.close(again=not failed)


@pytest.fixture
def ipykernel(jupyter_server: JupyterServer, kept: Path, request: pytest.FixtureRequest) -> str:
    """The release of an indirect parameter, ready for `lab.open(cells, kernel=ipykernel)`."""
    version: str = getattr(request, "param", INSTALLED)
    if version != INSTALLED:
        jupyter_server.add_kernelspec(version, packages_of(version, kept))
    return version


@pytest.fixture
def begin(lab: Lab) -> Iterator[Begin]:
    """Opens a notebook whose first cell loads the extension, with a server that answers its chats."""
    with ExitStack() as servers:

        def start(
            cells: list[str], *replies: Any, load: bool = True, **options: Any
        ) -> tuple[NotebookPage, VendorServer]:
            server = servers.enter_context(serve("openai_chat", *replies))
            variables = {"OPENAI_BASE_URL": server.base_url, "NOTEBOOK_CHAT_MODEL": "openai:gpt-5"}
            first = f"import os; os.environ.update({variables!r})"
            notebook = lab.open([f"{first}\n%load_ext notebook_chat" if load else first, *cells], **options)
            notebook.run(0)
            return notebook, server

        yield start


def _picture(lab: Lab, test: str) -> None:
    for number, notebook in enumerate(lab.opened):
        try:
            notebook.screenshot(f"failed-{re.sub('[^a-zA-Z0-9]+', '-', test)}-{number}")
        except Error as error:
            print(f"no screenshot of the failure: {error}")
