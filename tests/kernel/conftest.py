"""Fixtures: a fresh kernel for a test, or as many as it wants, on any release of ipykernel."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from .harness import Kernel
from .kernelspecs import INSTALLED, IpykernelUnavailableError, install_ipykernel
from .process import KernelDiedError

StartKernel = Callable[..., Kernel]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = str(Path(__file__).parent) + os.sep
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker("kernel")


def packages_of(version: str, kept: Path) -> Path | None:
    """The folder with a release of ipykernel, kept between runs; None for the installed one.

    Skips the test where it cannot be installed, or fails it if `NOTEBOOK_CHAT_REQUIRE_KERNELS=1`.
    """
    if version == INSTALLED:
        return None
    try:
        return install_ipykernel(version, kept / "kernels")
    except IpykernelUnavailableError as error:
        if os.environ.get("NOTEBOOK_CHAT_REQUIRE_KERNELS") == "1":
            raise
        pytest.skip(str(error))


@pytest.fixture
def start_kernel(tmp_path: Path, kept: Path) -> Iterator[StartKernel]:
    """`start_kernel(version=INSTALLED, env=None)` starts a kernel that ends with the test."""
    with ExitStack() as kernels:
        count = 0

        def start(version: str = INSTALLED, env: Mapping[str, str] | None = None) -> Kernel:
            nonlocal count
            count += 1
            packages = packages_of(version, kept)
            for _ in range(3):
                try:
                    kernel = Kernel(tmp_path / f"kernel-{count}", version=version, packages=packages, env=env)
                    return kernels.enter_context(kernel)
                except KernelDiedError as error:  # another process has taken one of the ports meanwhile
                    if "Address already in use" not in str(error):
                        raise
                    count += 1
            raise AssertionError("no kernel has got the ports that were free")

        yield start


@pytest.fixture
def kernel(start_kernel: StartKernel, request: pytest.FixtureRequest) -> Kernel:
    """A fresh kernel on the installed ipykernel, or on that of an indirect parameter:

    `@pytest.mark.parametrize("kernel", [INSTALLED, *OLDER_VERSIONS], indirect=True)`
    """
    return start_kernel(version=getattr(request, "param", INSTALLED))
