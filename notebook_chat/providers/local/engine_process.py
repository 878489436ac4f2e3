"""The program of the engine's own process: it loads a model into xllamacpp and serves it on loopback.

Its standard input begins with one line of JSON, the settings: ``path, identity, name, key, threads, context, slots,
batch`` and ``packages``, the folder that has xllamacpp. It writes one line of JSON to its standard output,
``{"address": …}``, ``{"error": …}`` or, where the file is not the one of that identity, ``{"changed": true}``, and ends
when its standard input does, so with its parent.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import signal
import sys
from typing import Any

_PART = re.compile(r"-\d{5}-of-\d{5}\.gguf$", re.IGNORECASE)


class ChangedFileError(Exception):
    """The file is not the one that was checked, or not as it was then."""


def _opened(settings: dict[str, Any]) -> int:
    """A descriptor of the file that was checked.

    Raises:
        ChangedFileError: There is another one.
    """
    try:
        descriptor = os.open(settings["path"], os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        raise ChangedFileError from None
    _compare(descriptor, settings)
    return descriptor


def _compare(descriptor: int, settings: dict[str, Any]) -> None:
    status = os.fstat(descriptor)
    state = [status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]
    if state != settings["identity"]:
        raise ChangedFileError


def _place(path: str, descriptor: int) -> str:
    """What to load the file by: its descriptor where it has a name, since whatever its own name is of may change. The
    parts of a model in several files are found by the first one's name."""
    by_descriptor = f"/proc/self/fd/{descriptor}"
    return path if _PART.search(path) or not os.path.exists(by_descriptor) else by_descriptor  # noqa: PTH110


def _load(settings: dict[str, Any]) -> Any:
    """The running server.

    Raises:
        RuntimeError: The model cannot be loaded. The reason is in the log, on the standard error.
        ImportError, AttributeError: xllamacpp is broken, or of a version without one of these settings.
        ChangedFileError: The file is not the one that was checked.
    """
    descriptor = _opened(settings)
    xllamacpp = importlib.import_module("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = _place(settings["path"], descriptor)
    params.model_alias = {settings["name"]}
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings["threads"]
    params.n_ctx = settings["context"]
    # Each conversation may use the whole context as long as the others leave room: llama.cpp's own choice.
    params.n_parallel, params.kv_unified = settings["slots"], True
    # A request is dropped between two batches, so a batch must be short.
    params.n_batch = params.n_ubatch = settings["batch"]
    params.cache_ram_mib = 0  # else it keeps the states of old prompts, up to 8 GB
    # Fitting and warming up double the time to load; the first prompt is slower by less.
    params.fit_params = params.warmup = False
    # Other users of the machine can reach the port, and so can web pages: they must not be able to use it.
    params.api_keys = [settings["key"]]
    params.cors_origins = "null"
    params.endpoint_slots = params.endpoint_props = False
    params.ui = False
    params.offline = True
    params.verbosity = 1  # errors only: one of them says why a model does not load
    server = xllamacpp.Server(params)
    _compare(descriptor, settings)  # nobody has written to it while it was read
    return server


def main() -> int:
    """Serves until the standard input ends; the exit status is 1 where the model cannot be loaded."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    settings = json.loads(sys.stdin.buffer.readline())
    replies = os.dup(1)
    os.dup2(2, 1)  # what the engine prints must not be taken for the reply
    sys.path.append(settings["packages"])
    try:
        server = _load(settings)
        reply: dict[str, Any] = {"address": server.listening_address}
    except ChangedFileError:
        reply = {"changed": True}
    except Exception as error:
        reply = {"error": f"{type(error).__name__}: {error}"}
    os.write(replies, json.dumps(reply).encode() + b"\n")
    os.close(replies)
    if "address" not in reply:
        return 1
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.stdin.buffer.read()
    os._exit(0)  # at once: the operating system frees what the engine holds


if __name__ == "__main__":
    sys.exit(main())
