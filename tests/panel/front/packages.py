"""Node, and the packages from npm that check the panel's scripts."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NoReturn

import pytest
from platformdirs import user_cache_path

HERE = Path(__file__).parent
_MANIFEST = HERE / "package.json"
_OLDEST = (20, 19)  # jsdom asks for it


def node_environment() -> dict[str, str]:
    """The environment in which node finds the packages that ``package.json`` names.

    They are fetched once for each of its versions, into the user's cache, which other check-outs use too. Without
    node or npm, or where npm cannot fetch them, the test is skipped; where a browser is required, it fails.
    """
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            _give_up(f"the panel's scripts are checked by node, and there is no {program} on PATH")
    told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if tuple(map(int, told.removeprefix("v").split(".")[:2])) < _OLDEST:
        _give_up(
            f"the panel's scripts are checked by node {'.'.join(map(str, _OLDEST))} or later; here is {told}"
        )
    modules = _installed() / "node_modules"
    path = os.pathsep.join([str(modules / ".bin"), os.environ.get("PATH", "")])
    return {**os.environ, "NODE_PATH": str(modules), "PATH": path, "NO_COLOR": "1"}


def _installed() -> Path:
    cache = user_cache_path("notebook_chat_tests")
    folder = cache / f"front-{hashlib.sha256(_MANIFEST.read_bytes()).hexdigest()[:16]}"
    if folder.exists():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as new:
        shutil.copy(_MANIFEST, new)
        command = [
            str(shutil.which("npm")),
            "install",
            "--silent",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
        ]
        done = subprocess.run(command, cwd=new, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            _give_up(f"npm could not fetch what checks the panel's scripts: {done.stderr[-500:]}")
        if not folder.exists():  # as when another process was faster
            Path(new).rename(folder)
            Path(new).mkdir()  # for the context manager to remove
    return folder


def _give_up(reason: str) -> NoReturn:
    if os.environ.get("NOTEBOOK_CHAT_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
