"""The operating system's Chromium under Playwright, and how it lives beside asyncio tests."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from ..kernel.isolation import isolated_environment

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
# Playwright's own list, which this switch replaces, and the omnibox's popups: two pages for each window, of a second.
_FEATURES_OFF = (
    *("AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync"),
    *("DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay"),
    *("MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding", "PreconnectToSearch"),
    *("ThirdPartyStoragePartitioning", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "WebUIOmniboxPopup"),
)
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    # The canary is a proxy, and this is the one protocol that would go round it.
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    f"--disable-features={','.join(_FEATURES_OFF)}",
)


def find_chromium() -> str | None:
    """The path of a Chromium or Chrome on this machine's `PATH`; None without one."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


class Chromium:
    """A running browser.

    Playwright's synchronous interface runs an event loop in a greenlet of the main thread, and leaves it
    marked as the thread's running loop after every call. As long as the mark is there no other loop may
    run, so an asynchronous test that came next would fail. Hence `in_use`: calls belong inside it, and
    outside of it the thread has no running loop.

    Attributes:
        browser: Playwright's browser; use it within `in_use()` only.
        contexts: those that outlive a test, by the address of the server that their pages are on.
        ready_pages: pages that a test has left as it found them, for the next one, by what they show.
    """

    def __init__(self, executable: str, folder: Path) -> None:
        self._playwright = sync_playwright().start()
        self._loop = asyncio.get_running_loop()
        self.contexts: dict[str, BrowserContext] = {}
        self.ready_pages: dict[str, Page] = {}
        try:
            self.browser: Browser = self._playwright.chromium.launch(
                executable_path=executable, args=list(_FLAGS), env=dict(isolated_environment(folder))
            )
        except BaseException:
            self._playwright.stop()
            raise
        finally:
            asyncio._set_running_loop(None)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Lets Playwright be called inside the block; no other event loop of this thread can run there."""
        asyncio._set_running_loop(self._loop)
        try:
            yield
        finally:
            asyncio._set_running_loop(None)

    def kill_tabs(self) -> None:
        """Kills the processes of all tabs, from any thread; calls that wait for one of them then fail."""
        self.ready_pages.clear()
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                if "--type=renderer" in process.cmdline():
                    process.kill()

    def close_pages(self) -> None:
        """Closes the pages of all lasting contexts but the ready ones, also those that nobody meant to open."""
        for url, context in list(self.contexts.items()):
            try:
                for page in context.pages:
                    if page not in self.ready_pages.values():
                        page.close()
            except Error:  # the next test gets another one
                del self.contexts[url]
                self.ready_pages.clear()
                with suppress(Error):
                    context.close()

    def close(self) -> None:
        """Ends the browser and Playwright's driver."""
        with self.in_use():
            self.browser.close()
            self._playwright.stop()
