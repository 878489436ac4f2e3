"""IPython's shell as the session sees it."""

from __future__ import annotations

import os
import weakref
from typing import Any


class ShellFrontEnd:
    """The facts that the front end gives to a kernel.

    Args:
        shell: IPython's shell. It is referred to weakly: the session must not keep it.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = weakref.ref(shell)

    @property
    def parent(self) -> dict[str, Any]:
        """The message that runs the current cell; empty where there is none."""
        get_parent = getattr(self._shell(), "get_parent", None)
        if get_parent is None:
            return {}
        try:
            parent = get_parent()
        except Exception:  # a kernel that is not ipykernel may have its own idea of it
            return {}
        return parent if isinstance(parent, dict) else {}

    @property
    def notebook(self) -> object:
        """The notebook's file: VS Code tells it in a variable, Jupyter in the environment."""
        shell = self._shell()
        told = shell.user_ns.get("__vsc_ipynb_file__") if shell is not None else None
        return told or os.environ.get("JPY_SESSION_NAME")
