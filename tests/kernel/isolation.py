"""What a kernel, a Jupyter server or a browser started by a test may know of this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

# An allow-list, so that a key or a proxy nobody thought of cannot reach a kernel.
_KEPT = frozenset(
    {
        "COMSPEC",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "LD_LIBRARY_PATH",
        "NUMBER_OF_PROCESSORS",
        "PATH",
        "PATHEXT",
        "SYSTEMROOT",
        "TEMP",
        "TMP",
        "TMPDIR",
        "TZ",
        "VIRTUAL_ENV",
    }
)

# Every folder that Jupyter, IPython, JupyterLab or platformdirs would otherwise look for in the user's home.
_FOLDERS = {
    "HOME": "home",
    "USERPROFILE": "home",
    "APPDATA": "home/appdata",
    "LOCALAPPDATA": "home/appdata",
    "XDG_CACHE_HOME": "home/.cache",
    "XDG_CONFIG_HOME": "home/.config",
    "XDG_DATA_HOME": "home/.local/share",
    "XDG_STATE_HOME": "home/.local/state",
    "XDG_RUNTIME_DIR": "run",
    "IPYTHONDIR": "ipython",
    "JUPYTER_CONFIG_DIR": "jupyter/config",
    "JUPYTER_DATA_DIR": "jupyter/data",
    "JUPYTER_RUNTIME_DIR": "jupyter/runtime",
    "JUPYTERLAB_SETTINGS_DIR": "jupyter/settings",
    "JUPYTERLAB_WORKSPACES_DIR": "jupyter/workspaces",
}


def isolated_environment(folder: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Makes the environment of a process that shares nothing with the user who runs the tests.

    Args:
        folder: where its home and its Jupyter and IPython folders are made; created if missing.
        extra: variables to add, such as a fake service's address; they win over all others.

    Returns:
        The whole environment: a few variables any process needs, the folders, and `extra`. No key,
        token, proxy or address of the user's environment is in it.
    """
    environment = {name: value for name, value in os.environ.items() if name.upper() in _KEPT}
    for name, relative in _FOLDERS.items():
        path = folder / relative
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        environment[name] = str(path)
    environment.update(extra or {})
    return environment
