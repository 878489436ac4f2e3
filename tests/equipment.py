"""Tests of what the tests are made with: the servers, the kernel's harness, the browser's.

They are left out with `--equipment=changed`, which `.ci/run` uses, as long as neither the equipment nor the tools
that it stands on have changed since they passed. The digest of both is in `equipment.json`, by room; a green run
with `--equipment=changed` brings it up to date.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_PASSED = _HERE / "equipment.json"


@dataclass(frozen=True)
class Room:
    """A piece of equipment, and its tests.

    Attributes:
        tests: the files with its tests, as a pattern below `tests`.
        sources: what it is made of, as patterns below `tests`.
        tools: the packages whose releases it depends on.
        browser: whether it depends on the browser's release too.
    """

    tests: str
    sources: tuple[str, ...]
    tools: tuple[str, ...]
    browser: bool = False

    def holds(self, path: Path) -> bool:
        """Whether a file is one of its tests."""
        return path.is_relative_to(_HERE) and path.relative_to(_HERE).match(self.tests)

    def digest(self) -> str:
        """Of its tests, its sources and the releases of its tools."""
        found = hashlib.sha256()
        for path in sorted({path for pattern in (self.tests, *self.sources) for path in _HERE.glob(pattern)}):
            found.update(f"{path.relative_to(_HERE)}\0".encode() + path.read_bytes() + b"\0")
        releases = [f"{tool} {_release(tool)}" for tool in self.tools]
        if self.browser:
            releases.append(_browser_release())
        found.update("\n".join(releases).encode())
        return found.hexdigest()[:16]


_RUN = ("conftest.py", "ending.py", "workers.py")
_KERNEL = tuple(
    f"kernel/{name}.py"
    for name in (
        "conftest",
        "execution",
        "harness",
        "isolation",
        "kernelspecs",
        "outputs",
        "process",
        "recorder",
    )
)
_BROWSER = (
    *(
        f"browser/{name}.py"
        for name in ("canary", "chromium", "conftest", "guarded_process", "lab", "measurement")
    ),
    *("browser/notebook_page.py", "browser/server.py", "browser/instruments.js"),
)

ROOMS = {
    "servers": Room(
        "servers/test_*.py",
        ("servers/*.py", "conftest.py"),
        ("aiohttp", "anthropic", "google-genai", "ollama", "openai"),
    ),
    "kernel": Room("kernel/test_harness.py", (*_RUN, *_KERNEL), ("ipykernel", "jupyter_client")),
    "browser": Room(
        "browser/test_harness.py",
        (*_RUN, *_KERNEL, *_BROWSER),
        ("ipykernel", "jupyterlab", "notebook", "playwright"),
        browser=True,
    ),
    "ending": Room(
        "browser/test_ending.py",
        ("browser/hanging.py", *_RUN, *_KERNEL, *_BROWSER),
        ("ipykernel", "jupyterlab", "playwright", "pytest", "pytest-xdist"),
        browser=True,
    ),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--equipment",
        choices=("all", "changed"),
        default="all",
        help="whether tests of the test equipment run that has not changed since they passed",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    unchanged = _unchanged(config)
    rooms = {
        path: [name for name, room in ROOMS.items() if room.holds(path)]
        for path in {item.path for item in items}
    }
    left_out = []
    for item in items:
        for name in rooms[item.path]:
            item.add_marker("equipment")
            if name in unchanged:
                left_out.append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    config = session.config
    whole = exitstatus == 0 and not (config.option.markexpr or config.option.keyword)
    named = config.args_source is not pytest.Config.ArgsSource.TESTPATHS
    if config.getoption("equipment") == "changed" and whole and not named and _is_controller(config):
        digests = {name: room.digest() for name, room in ROOMS.items()}
        _PASSED.write_text(json.dumps(digests, indent=2) + "\n", encoding="utf-8")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if unchanged := _unchanged(config):
        terminalreporter.write_line(
            f"left out: the tests of the test equipment ({', '.join(sorted(unchanged))}), unchanged since they passed"
        )


def _unchanged(config: pytest.Config) -> Iterable[str]:
    if config.getoption("equipment") == "all" or not _PASSED.exists():
        return ()
    passed = json.loads(_PASSED.read_text("utf-8"))
    return [name for name, room in ROOMS.items() if passed.get(name) == room.digest()]


def _is_controller(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput")


def _browser_release() -> str:
    from .browser.chromium import find_chromium  # here, for the fast tests need no Playwright

    path = find_chromium()
    return "missing" if path is None else subprocess.check_output([path, "--version"], text=True).strip()


def _release(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"
