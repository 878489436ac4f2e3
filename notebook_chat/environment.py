"""The environment's variables, and those of a ``.env`` file in the working folder, which is read and never exported."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from . import files
from .errors import ConfigurationError
from .secrets import Secret

FILE = ".env"

_VARIABLE = re.compile(r"\$\$|\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)", re.ASCII)
_NONE: Mapping[str, str] = MappingProxyType({})
_LARGEST = 1_000_000  # bytes: what is larger is something else


class Found(NamedTuple):
    """A variable that has a value.

    Attributes:
        name: Its name.
        value: Its value, without blanks around it.
        from_file: Whether it stands in the file, and not in the environment.
    """

    name: str
    value: str
    from_file: bool = False

    def __repr__(self) -> str:
        return f"Found({self.name!r}, …)"  # a frame may show it, and its value may be a key


def find(*names: str) -> Found | None:
    """The first of some variables that is set: the environment's before the file's.

    Args:
        names: Their names, in the order in which they count.
    """
    for name in names:
        if value := os.environ.get(name, "").strip():
            return Found(name, value)
    return find_in_file(*names)


def find_in_file(*names: str) -> Found | None:
    """As ``find``, in the file alone."""
    values = of_file()
    return next((Found(name, values[name], True) for name in names if values.get(name)), None)


def find_key(*names: str, in_file: bool = False) -> tuple[str, Secret] | None:
    """As ``find``, for a key: no frame of a traceback holds it in clear.

    Args:
        names: The variables' names, in the order in which they count.
        in_file: Whether to look in the file alone.

    Returns:
        The variable's name and the key.
    """
    found = (find_in_file if in_file else find)(*names)
    return None if found is None else (found.name, Secret(found.value))


def home() -> Path:
    """The folder in which things are kept: ``NOTEBOOK_CHAT_HOME``, else one in the user's data folder."""
    named = os.environ.get("NOTEBOOK_CHAT_HOME")
    if named:
        return Path(named).expanduser()
    import platformdirs

    return platformdirs.user_data_path("notebook_chat", appauthor=False)


def filled(text: str) -> Secret:
    """A text with the variables' values in the place of ``$NAME`` and ``${NAME}``; ``$$`` is a dollar sign.

    Raises:
        ConfigurationError: A variable is not set.
    """
    return Secret(_VARIABLE.sub(_value, text))


def _value(found: re.Match[str]) -> str:
    if found[0] == "$$":
        return "$"
    name = found[1] or found[2]
    variable = find(name)
    if variable is None:
        raise ConfigurationError(f"the variable {name} is not set", hint="Set it in the environment.")
    return variable.value


def of_file() -> Mapping[str, str]:
    """The variables of the file, without those that are empty; none where there is no file that can be read."""
    try:
        state = os.stat(FILE)  # noqa: PTH116  it is asked for with each request, and a Path takes three times as long
    except OSError:
        return _NONE
    if not stat.S_ISREG(state.st_mode) or state.st_size > _LARGEST:
        return _NONE
    try:
        return _read(str(Path(FILE).absolute()), state.st_mtime_ns, state.st_size)
    except OSError:
        return _NONE


def file_problem() -> str | None:
    """Why the file is not read, in words, where there is one; ``None`` where it is, or where there is none. A folder
    of that name is none: virtual environments are called so, too."""
    try:
        state = Path(FILE).stat()
        files.check_regular(state)
    except IsADirectoryError:
        return None
    except OSError as error:
        return error.strerror if Path(FILE).exists() else None
    return f"it is larger than {_LARGEST:,} bytes" if state.st_size > _LARGEST else None


@lru_cache(maxsize=4)
def _read(path: str, changed: int, size: int) -> Mapping[str, str]:
    """The file's variables, read once for each state of it.

    Nothing is put into its values: a file from elsewhere could otherwise have a key of the environment written into
    an address of its choice.
    """
    import io

    from dotenv import dotenv_values

    text = files.read(path, _LARGEST).decode("utf-8-sig", "replace")
    values = dotenv_values(stream=io.StringIO(text), interpolate=False)
    return {name: value.strip() for name, value in values.items() if value and value.strip()}
