"""How many processes share a run of the tests, and which tests belong into the same one."""

from __future__ import annotations

import os

import pytest

MOST = 8
"""Each worker that gets a browser test has a Jupyter server and a browser of its own, of a gigabyte together."""


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """The whole suite runs on one worker more than there are cores, for half of a browser test is waiting.

    Tests that were named on the command line run in this process, where a debugger can be used.
    """
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None  # pytest-xdist looks at it
    if config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return 0
    return min((os.cpu_count() or 1) + 1, MOST)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps the tests of the embedded model together: loaded twice, it would compute on each core twice. And
    those by node, so that one worker fetches their packages."""
    for item in items:
        if item.get_closest_marker("node"):
            item.add_marker(pytest.mark.xdist_group("node"))
        if "model_file" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("model"))
