"""The budget that lasts: a file in the user's own folder, never in a notebook."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec

from .. import files
from ..errors import ConfigurationError, InvalidOptionError
from ..policy.limits import limits_of

NAME = "budget.json"

_LARGEST = 10_000  # bytes


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file holds.

    Attributes:
        version: The form of the file.
        budget: The budget, as it is written.
    """

    version: Literal[1] = 1
    budget: str = ""


def place() -> Path:
    """The file: in ``NOTEBOOK_CHAT_HOME``, else in the user's folder for settings."""
    named = os.environ.get("NOTEBOOK_CHAT_HOME")
    if named:
        return Path(named).expanduser() / NAME
    return _usual_folder() / NAME


@lru_cache(maxsize=1)
def _usual_folder() -> Path:
    import platformdirs

    return platformdirs.user_config_path("notebook_chat", appauthor=False)


def read() -> str:
    """The budget, as it is written; empty where there is none.

    Raises:
        ConfigurationError: The file cannot be read, is damaged, or others can write to it.
    """
    path = place()
    try:
        status = os.stat(path)  # noqa: PTH116  it is asked for with each request
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, ValueError) as error:
        raise _unusable(path, getattr(error, "strerror", None) or str(error)) from None
    if files.others_can_write(status):
        raise _unusable(path, "others can write to it")
    return _read(path, files.Identity.of(status))


def write(budget: str) -> None:
    """Keeps a budget in the place of the one that is there, whatever that file holds.

    Args:
        budget: The budget, as it is written; empty for none.

    Raises:
        InvalidOptionError: It is none.
        ConfigurationError: The file cannot be written.
    """
    limits_of(budget)
    path = place()
    try:
        if not budget:
            path.unlink(missing_ok=True)
            return
        files.make_private_folder(path.parent)
        files.replace(path, msgspec.json.encode(Kept(budget=budget)) + b"\n")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror or error}") from None


@lru_cache(maxsize=4)
def _read(path: Path, state: files.Identity) -> str:
    try:
        kept = msgspec.json.decode(files.read(path, _LARGEST), type=Kept)
        limits_of(kept.budget)
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from None
    except InvalidOptionError as error:
        raise _unusable(path, error.message) from None
    except (ValueError, RecursionError) as error:
        raise _unusable(path, str(error)) from None
    return kept.budget


def _unusable(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"the budget in {path} is not usable: {why}; nothing is asked until it is put right",
        hint="%chat budget '2 USD / day' --always writes it anew, %chat budget off --always takes it away.",
    )
