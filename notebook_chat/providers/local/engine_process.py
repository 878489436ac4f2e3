"""The program of the engine's own process: it loads a model into xllamacpp and serves it on loopback.

Its standard input begins with one line of JSON, the settings: ``path, name, key, threads, context, slots,
batch`` and ``packages``, the folder that has xllamacpp. It writes one line of JSON to its standard output,
``{"address": …}`` or ``{"error": …}``, and ends when its standard input does, so with its parent.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from typing import Any


def _load(settings: dict[str, Any]) -> Any:
    """The running server.

    Raises:
        RuntimeError: The model cannot be loaded. The reason is in the log, on the standard error.
        ImportError, AttributeError: xllamacpp is broken, or of a version without one of these settings.
    """
    xllamacpp = importlib.import_module("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = settings["path"]
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
    return xllamacpp.Server(params)


def main() -> int:
    """Serves until the standard input ends; the exit status is 1 where the model cannot be loaded."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    settings = json.loads(sys.stdin.buffer.readline())
    replies = os.dup(1)
    os.dup2(2, 1)  # what the engine prints must not be taken for the reply
    sys.path.append(settings["packages"])
    try:
        server = _load(settings)
        reply = {"address": server.listening_address}
    except Exception as error:
        reply = {"error": f"{type(error).__name__}: {error}"}
    os.write(replies, json.dumps(reply).encode() + b"\n")
    os.close(replies)
    if "error" in reply:
        return 1
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.stdin.buffer.read()
    os._exit(0)  # at once: the operating system frees what the engine holds


if __name__ == "__main__":
    sys.exit(main())
