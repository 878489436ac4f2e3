"""Running a notebook in a new kernel that may ask nobody, to see whether it comes to its end."""

from __future__ import annotations

import os
import subprocess
from importlib import import_module
from pathlib import Path
from typing import Any

from ...replay.modes import ONLY_AT_ALL, VARIABLE
from ...store import is_chat_cell
from ...text import TEXT_NOTEBOOKS, single_line
from .report import Line, Report, beginning

_LONGEST = 400  # characters of a failure
_STARTUP = 60.0  # seconds

_GUARD = """
def _refuse():
    import socket, sys
    from ipaddress import ip_address

    def near(host):
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host in ("", "localhost", None)

    def hook(event, arguments):
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            address = arguments[1] if len(arguments) > 1 else None
            if sys.platform == "win32" and isinstance(address, tuple) and near(address[0]):
                return  # pairs of sockets are made so there
        elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
            address = arguments[0]
            if near(address.decode() if isinstance(address, bytes) else address):
                return
        else:
            return
        raise PermissionError(f"verify --run refuses every socket: {address!r:.200} is not reached")

    sys.addaudithook(hook)

_refuse()
del _refuse
"""
"""What the kernel runs first: nothing takes it back. Its own sockets are not Python's."""


def execute(path: Path, named: str = "", timeout: float | None = None) -> Report:
    """Runs a notebook with records in the place of models, and without a network. Nothing of it is saved.

    Args:
        path: The notebook.
        named: What it is called in the report; its path unless given.
        timeout: How many seconds a cell may take; ``None`` for no bound.
    """
    named = named or str(path)
    if path.suffix.lower() in TEXT_NOTEBOOKS:
        return Report(named, problem="a text notebook is not run: jupytext makes an .ipynb of it", ran=True)
    try:
        nbclient, nbformat = import_module("nbclient"), import_module("nbformat")
    except ImportError:
        return Report(named, problem="--run needs nbclient: pip install nbclient ipykernel", ran=True)
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:  # of many kinds, for a file that is none
        return Report(
            named, problem=f"{path.name} cannot be read: {single_line(str(error))[:_LONGEST]}", ran=True
        )
    if (language := _language(notebook)) != "python":
        return Report(named, problem=f"its kernel is of {language}, and not of Python", ran=True)
    resources = {"metadata": {"path": str(path.parent)}}
    client = nbclient.NotebookClient(
        notebook,
        timeout=timeout,
        startup_timeout=_STARTUP,
        resources=resources,
        kernel_name=_kernel(notebook),
    )
    try:
        with client.setup_kernel(env=_environment(), stderr=subprocess.DEVNULL):
            waiting = import_module("jupyter_core.utils").run_sync(client.kc.execute_interactive)
            guarded = waiting(_GUARD, silent=True, timeout=_STARTUP)
            if guarded["content"]["status"] != "ok":
                return Report(named, problem="its kernel could not be kept from the network", ran=True)
            return Report(named, tuple(_ran(client, notebook)), ran=True)
    except Exception as error:  # such as a kernel that does not start
        return Report(named, problem=f"it cannot be run: {single_line(str(error))[:_LONGEST]}", ran=True)


def _ran(client: Any, notebook: Any) -> list[Line]:
    """A line for each chat cell that came to its end, and one for whichever cell did not."""
    lines: list[Line] = []
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        try:
            client.execute_cell(cell, place)
        except Exception as error:  # of the cell, or of the kernel
            return [*lines, Line(place + 1, _begins(cell.source), "fails", why=_failure(cell, error))]
        if is_chat_cell(cell.source):
            lines.append(Line(place + 1, _begins(cell.source), "recorded"))
    return lines


def _begins(source: str) -> str:
    lines = source.strip().splitlines()
    return beginning("\n".join(lines[1:]) if is_chat_cell(source) and len(lines) > 1 else source)


def _failure(cell: Any, error: Exception) -> str:
    """What a cell failed with, in a line."""
    for output in reversed(cell.get("outputs", [])):
        if output.output_type == "error":
            told = f"{output.ename}: {output.evalue}"
            break
    else:
        told = f"{type(error).__name__}: {error}"
    return single_line(told)[:_LONGEST]


def _language(notebook: Any) -> str:
    spec = notebook.metadata.get("kernelspec", {})
    return str(
        spec.get("language") or notebook.metadata.get("language_info", {}).get("name") or "python"
    ).lower()


def _kernel(notebook: Any) -> str:
    """The kernel to run in: the notebook's own where this machine has it, else Python's."""
    name = str(notebook.metadata.get("kernelspec", {}).get("name") or "python3")
    specs = import_module("jupyter_client.kernelspec")
    return name if name in specs.find_kernel_specs() else "python3"


def _environment() -> dict[str, str]:
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
    return {**os.environ, **nowhere, VARIABLE: ONLY_AT_ALL}
