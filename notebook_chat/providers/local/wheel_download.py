"""The way to the package index: the user's own pip or uv, with the user's own settings of it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from ...errors import DownloadError
from ...secrets import Secret, excerpt
from . import child_process
from .background_job import ProgressReporter

_CAUSE = re.compile(r"(error|cause|caused by):?\s*", re.IGNORECASE)


def install(
    requirement: str,
    folder: Path,
    progress: ProgressReporter,
    watch: Callable[[], None] = lambda: None,
    proxy: Secret | None = None,
) -> None:
    """Puts a package into ``folder / "package"``: as a wheel, or unpacked. What it depends on stays away.

    Args:
        requirement: The package and its version, as ``name==version``.
        folder: Where everything is written that is written, also while it is incomplete.
        progress: How to be stopped.
        watch: Called ten times a second.
        proxy: An HTTP proxy.

    Raises:
        DownloadError: There is no installer, or it failed.
        StoppedError: The work should stop. The installer has been ended.
    """
    # They write what they download to the temporary folder first; there its growth can be seen.
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    status, output, errors = child_process.run(
        _command(requirement, folder / "package"),
        child_process.environment(proxy, **temporary),
        progress,
        lambda child: watch(),
    )
    if status != 0:
        raise DownloadError(
            f"{requirement} could not be downloaded from the package index: {_reason(errors or output)}",
            hint="Check the network and the settings of pip or uv, then run it again; or "
            f"{_by_hand(requirement)}",
        )


def size_of(folder: Path) -> int:
    """The bytes of all files in a folder, which may change meanwhile."""
    total = 0
    for place, _, files in os.walk(folder):  # which passes over folders that are gone, as ``rglob`` does not
        for file in files:
            with suppress(OSError):
                total += Path(place, file).stat().st_size
    return total


def _command(requirement: str, folder: Path) -> list[str]:
    """The command that puts the package into the folder, and builds nothing."""
    if find_spec("pip") is not None:
        options = ["--no-deps", "--only-binary", ":all:", "--no-input", "--progress-bar", "off", "--dest"]
        pip = child_process.python("-m", "pip", "--disable-pip-version-check", "download")
        return [*pip, *options, str(folder), requirement]
    if (program := shutil.which("uv")) is not None:
        uv = [program]
    elif find_spec("uv") is not None:
        uv = child_process.python("-m", "uv")
    else:
        raise DownloadError(
            f"{requirement} is to come from the package index, and there is neither pip nor uv to fetch it",
            hint=f"In a terminal, {_by_hand(requirement)}",
        )
    # Its cache would keep a second copy.
    options = ["--no-deps", "--no-build", "--no-cache", "--no-progress", "--target", str(folder)]
    return [*uv, "pip", "install", "--python", child_process.python()[0], *options, requirement]


def _by_hand(requirement: str) -> str:
    return f"install it into this environment yourself: uv pip install --no-deps {requirement}"


def _reason(output: str) -> str:
    """The words of pip's or uv's output that say why it failed."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if any("connection broken" in line for line in lines):
        return "the package index could not be reached"
    causes = [_CAUSE.sub("", line, count=1) for line in lines if _CAUSE.match(line)]
    return excerpt("; ".join(causes[:3]) or " ".join(lines[-1:]) or "no reason was given", 500)
