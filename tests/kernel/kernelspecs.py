"""Several releases of ipykernel side by side in one Python environment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

INSTALLED = "installed"
"""The ipykernel of the environment that runs the tests."""

OLDER_VERSIONS = ("6.29.5", "7.3.0")
"""Lines that behave differently: 6 has no subshells, 7.0 to 7.3 answer a click while a cell computes."""


class IpykernelUnavailableError(RuntimeError):
    """A release of ipykernel could not be installed; the message says why."""


def kernel_name(version: str = INSTALLED) -> str:
    """The kernelspec's name for a release of ipykernel, as a notebook's metadata names it."""
    return "python3" if version == INSTALLED else f"ipykernel-{version}"


def install_ipykernel(version: str, cache: Path) -> Path:
    """Puts one release of ipykernel into a folder of its own, once.

    Only the package itself is installed: it is pure Python and runs on the dependencies of the
    environment's own ipykernel.

    Args:
        version: an exact version, such as `6.29.5`.
        cache: where the folders of all releases are kept between runs.

    Returns:
        The folder to put on a kernel's `PYTHONPATH`.

    Raises:
        IpykernelUnavailableError: pip is missing or could not install it.
    """
    target = cache / f"ipykernel-{version}-py{sys.version_info.major}{sys.version_info.minor}"
    if target.is_dir():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, ignore_cleanup_errors=True) as scratch:
        fresh = Path(scratch) / "packages"
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--disable-pip-version-check",
        ]
        command += ["--target", str(fresh), f"ipykernel=={version}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            raise IpykernelUnavailableError(
                f"pip could not install ipykernel {version}: {done.stderr.strip()[-500:]}"
            )
        try:
            fresh.rename(target)
        except OSError:
            if not target.is_dir():  # else another run was quicker
                raise
    return target


def write_kernelspec(kernels: Path, version: str = INSTALLED, packages: Path | None = None) -> str:
    """Writes a kernelspec for this Python with a release of ipykernel.

    Args:
        kernels: a `kernels` folder, such as `$JUPYTER_DATA_DIR/kernels`.
        version: what `kernel_name` takes.
        packages: the folder `install_ipykernel` gave; None for the environment's own release.

    Returns:
        The kernelspec's name.
    """
    name = kernel_name(version)
    specification: dict[str, object] = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": f"Python 3 (ipykernel {version})",
        "language": "python",
        "metadata": {"debugger": False},
    }
    if packages is not None:
        specification["env"] = {"PYTHONPATH": os.fspath(packages)}
    shutil.rmtree(kernels / name, ignore_errors=True)
    (kernels / name).mkdir(parents=True)
    (kernels / name / "kernel.json").write_text(json.dumps(specification), encoding="utf-8")
    return name
