"""How many processes share a run of the tests, and which tests belong into the same one."""

from __future__ import annotations

import os
from typing import Any

import pytest

MOST = 8
"""Each worker that gets a browser test has a Jupyter server and a browser of its own, of a gigabyte together."""

_ONE_BY_ONE = ("tests/browser/", "tests/kernel/", "tests/benchmarks/")
"""Where each test takes seconds and has nothing in common with the next, so that any free worker may have it."""


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """The whole suite runs on one worker more than there are cores, for half of a browser test is waiting.

    Tests that were named on the command line run in this process, where a debugger can be used.
    """
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None  # pytest-xdist looks at it
    if config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return 0
    return min((os.cpu_count() or 1) + 1, MOST)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keeps the tests of the embedded model together: loaded twice, it would compute on each core twice. And
    those by node, so that one worker fetches their packages.

    Where workers share a run, what takes long comes first: begun last, it would leave the others idle.
    """
    for item in items:
        if item.get_closest_marker("node"):
            item.add_marker(pytest.mark.xdist_group("node"))
        if "model_file" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("model"))
    if hasattr(config, "workerinput"):
        items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    if "model_file" in getattr(item, "fixturenames", ()):
        return 0
    long = (
        item.nodeid.startswith(_ONE_BY_ONE)
        or item.get_closest_marker("process")
        or item.get_closest_marker("kernel")
    )
    return 1 if long else 2


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Gives a worker whole files, and each front end a worker that it stays with as long as there is work for all.

    A file whose tests are spread has each worker import and set up what the file needs; a front end on three
    workers is loaded three times, and as many browsers starve each other.
    """
    if config.getvalue("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadGroupScheduling

    config.option.loadscopereorder = False  # the order of the items is the one

    class Scheduling(LoadGroupScheduling):  # type: ignore[misc]  # Any, where pytest-xdist is not there
        def _split_scope(self, nodeid: str) -> str:
            group = str(super()._split_scope(nodeid))
            return group if group != nodeid or nodeid.startswith(_ONE_BY_ONE) else nodeid.partition("::")[0]

        def _assign_work_unit(self, node: Any) -> None:
            place = self.nodes.index(node)
            for scope in self.workqueue:
                if lane(scope) == min(place, 2):
                    self.workqueue.move_to_end(scope, last=False)
                    break
            super()._assign_work_unit(node)

    return Scheduling(config, log)


def lane(scope: str) -> int:
    """Which worker has a group of tests rather than others: 0 and 1 those of a front end, 2 all else."""
    if scope.startswith("tests/browser/"):
        return int("NOTEBOOK" in scope)
    return 2
