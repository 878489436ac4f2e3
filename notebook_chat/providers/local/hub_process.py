"""The program that fetches a file from the Hugging Face hub, in a process of its own: the hub's client
cannot be stopped in the middle, and takes its proxy from the environment.

Usage: ``hub_process.py OWNER/REPO FILE…``. It writes lines of JSON to its standard output: ``{"size": …}`` in
bytes before a download, then ``{"paths": […]}``, or ``{"error": …, "message": …, "files": […]}``.
"""

from __future__ import annotations

import json
import signal
import sys
from typing import Any

from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url, list_repo_files
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)


def _tell(**message: Any) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _fetch(repository: str, files: list[str]) -> list[str]:
    """The files in the hub's cache, downloaded where they are not there yet."""
    addresses = [hf_hub_url(repository, file) for file in files]
    _tell(size=sum(get_hf_file_metadata(address).size or 0 for address in addresses))
    return [hf_hub_download(repository, file) for file in files]


def _models(repository: str) -> list[str]:
    try:
        return sorted(file for file in list_repo_files(repository) if file.endswith(".gguf"))
    except Exception:
        return []  # they are only named to be helpful


def main(repository: str, *files: str) -> int:
    """Fetches the files; the exit status is 0 where that worked."""
    # So that the client removes its half-written file when the download is stopped.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    try:
        _tell(paths=_fetch(repository, list(files)))
        return 0
    except GatedRepoError as error:
        _tell(error="gated", message=str(error))
    except RepositoryNotFoundError as error:
        _tell(error="repository", message=str(error))
    except (LocalEntryNotFoundError, OfflineModeIsEnabled) as error:
        _tell(error="unreachable", message=str(error))
    except EntryNotFoundError as error:
        _tell(error="file", message=str(error), files=_models(repository))
    except HfHubHTTPError as error:
        _tell(error="http", message=str(error))
    except Exception as error:
        # The network's failures are those of the client's own HTTP library, which changes between versions.
        unreachable = any(word in type(error).__name__ for word in ("Connect", "Timeout", "Network", "Proxy"))
        _tell(error="unreachable" if unreachable else "other", message=f"{type(error).__name__}: {error}")
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
