"""Weights from the Hugging Face hub, kept in the hub's own cache, which other programs share."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...errors import ConfigurationError, DownloadError, MissingDependencyError
from ...files import read
from ...secrets import Secret, excerpt
from . import child_process, wheel_download
from .background_job import ProgressReporter

PREFIX = "hf:"

_NAME = re.compile(r"hf:(?P<repository>[\w.-]+/[\w.-]+):(?P<file>[^\\:]+\.gguf)", re.IGNORECASE)
_PART = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})(?P<ending>\.gguf)", re.IGNORECASE)
_REVISION = re.compile(r"\w[\w.-]*", re.ASCII)
_PROGRAM = Path(__file__).with_name("hub_process.py")


def ensure(name: str, progress: ProgressReporter, proxy: Secret | None = None) -> Path:
    """The file of a model on the hub; of one in several parts, the first, the others being beside it.

    It is downloaded where the hub's cache does not have it. A download that was cut off is made again, or
    goes on where the hub's client can do that. ``HF_ENDPOINT``, ``HF_TOKEN``, ``HF_HOME`` and the hub's other
    variables mean what they always do.

    Args:
        name: ``hf:OWNER/REPO:FILE.gguf``.
        progress: Told how far it is.
        proxy: An HTTP proxy for the download.

    Raises:
        ConfigurationError: The name has another form.
        MissingDependencyError: The hub's client is not installed.
        DownloadError: It could not be downloaded; it says why.
        StoppedError: The work should stop.
    """
    match = _NAME.fullmatch(name)
    if match is None or ".." in match["file"].split("/"):
        raise ConfigurationError(
            f"{name!r} does not name a file on the hub",
            hint="Write hf:OWNER/REPO:FILE.gguf, such as "
            "hf:Qwen/Qwen2.5-0.5B-Instruct-GGUF:qwen2.5-0.5b-instruct-q4_k_m.gguf.",
        )
    repository, files = match["repository"], _parts(match["file"])
    if (cached := _cached(repository, files)) is not None:
        return cached
    if find_spec("huggingface_hub") is None:
        raise MissingDependencyError(
            "models from the hub need huggingface_hub", hint='Run: pip install "notebook_chat[hub]"'
        )
    try:
        return _fetch(repository, files, progress, proxy)
    except OSError as error:
        raise DownloadError(f"the download from the hub could not be started: {error}") from error


def models() -> Iterator[str]:
    """The names of the models that the hub's cache has."""
    for path in _cache().glob("models--*--*/snapshots/*/**/*.gguf"):
        entry, _, _, *file = path.relative_to(_cache()).parts
        part = _PART.fullmatch(path.name)
        if part is None or int(part["number"]) == 1:
            _, owner, repository = entry.split("--", 2)
            yield f"{PREFIX}{owner}/{repository}:{'/'.join(file)}"


def _cache() -> Path:
    """The hub's cache folder, found as the hub's client finds it (its documentation, "Environment
    variables")."""
    named = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    general = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("HF_HOME") or f"{general}/huggingface"
    return Path(named or f"{home}/hub").expanduser()


def _folder(repository: str) -> Path:
    return _cache() / f"models--{repository.replace('/', '--')}"


def _cached(repository: str, files: list[str]) -> Path | None:
    """The file in the hub's cache, whose layout is documented ("Understand caching"). The client is not
    asked: it takes a second to start, and reaches for the network even for a file that is there."""
    folder = _folder(repository)
    try:
        revision = read(folder / "refs" / "main", 1000).decode("utf-8").strip()
    except (OSError, ValueError):
        return None
    if not _REVISION.fullmatch(revision):
        return None
    paths = [folder / "snapshots" / revision / file for file in files]
    return paths[0] if all(path.is_file() for path in paths) else None


def _parts(file: str) -> list[str]:
    """All files of a model, of which one is named."""
    part = _PART.fullmatch(file)
    if part is None:
        return [file]
    numbers = range(1, int(part["count"]) + 1)
    return [f"{part['stem']}-{number:05}-of-{part['count']}{part['ending']}" for number in numbers]


def _fetch(repository: str, files: list[str], progress: ProgressReporter, proxy: Secret | None) -> Path:
    folder = _folder(repository) / "blobs"
    before = wheel_download.size_of(folder)

    def watch(child: child_process.Child) -> None:
        size = _last(child.output).get("size")
        if size:
            text = f"Downloading {files[0]} ({size / 1e6:.0f} MB) of {repository} from the hub"
            progress.say(text, (wheel_download.size_of(folder) - before) / size)

    status, output, errors = child_process.run(
        child_process.python(str(_PROGRAM), repository, *files),
        child_process.environment(proxy, HF_HUB_DISABLE_PROGRESS_BARS="1"),
        progress,
        watch,
    )
    answer = _last(output)
    if status == 0 and "paths" in answer:
        return Path(answer["paths"][0])
    raise _failure(answer, repository, files[0], errors)


def _last(output: str) -> dict[str, Any]:
    """The last whole message that the program has written. Its libraries may have written lines too."""
    for line in reversed(output.rpartition("\n")[0].split("\n")):
        with suppress(ValueError, RecursionError):
            message = json.loads(line)
            if isinstance(message, dict):
                return message
    return {}


def _failure(answer: dict[str, Any], repository: str, file: str, errors: str) -> DownloadError:
    match answer.get("error"):
        case "gated":
            return DownloadError(
                f"the hub gives {repository} only to those who accepted its terms",
                hint="Accept them on its page there, and set HF_TOKEN.",
            )
        case "repository":
            return DownloadError(
                f"the hub has no {repository}, or keeps it private",
                hint="Check the name; for a private one set HF_TOKEN.",
            )
        case "file":
            names = ", ".join(answer.get("files") or ()) or "no GGUF file"
            return DownloadError(f"{repository} on the hub has no {file}", hint=f"It has {names}.")
        case "unreachable":
            return DownloadError(
                f"the hub could not be reached, and {file} of {repository} is not in its cache",
                hint="Check the network, HF_ENDPOINT and the proxy.",
            )
        case _:
            lines = (answer.get("message") or errors).strip().splitlines()
            reason = excerpt(lines[-1] if lines else "no reason was given", 500)
            return DownloadError(f"{file} of {repository} could not be had from the hub: {reason}")
