"""The vendors that a user keeps for later kernels: a small JSON file in the folder of what is kept. No key is in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec

from .. import environment, files
from ..errors import HistoryError, InvalidOptionError
from .vendor import DIALECTS, Vendor

NAME = "providers.json"

_LARGEST = 1_000_000  # bytes

_PRIVATE = re.compile(r"auth|key|token|secret|cookie|password", re.IGNORECASE)
_FILE = msgspec.json.Decoder(list[Vendor])


def kept() -> Mapping[str, Vendor]:
    """The vendors in the file, by name; none where there is no file that can be read."""
    path = environment.home() / NAME
    try:
        state = path.stat()
        return _read(str(path), state.st_mtime_ns, state.st_size)
    except (OSError, ValueError):
        return {}


def keep(vendor: Vendor) -> None:
    """Puts a vendor into the file, in place of one of the same name.

    Raises:
        InvalidOptionError: A header that looks like a key is given in clear.
        HistoryError: The file cannot be written, or holds something else.
    """
    for header, value in vendor.headers:
        if _PRIVATE.search(header) and "$" not in value:
            raise InvalidOptionError(
                f"the header {header} looks like a key, which is not kept in a file",
                hint=f"Put it into a variable of the environment, and write {header}=$VARIABLE.",
            )
    _write({**_own(), vendor.name: vendor}.values())


def forget(name: str) -> bool:
    """Takes a vendor out of the file; whether it was in it.

    Raises:
        HistoryError: The file cannot be written, or holds something else.
    """
    vendors = dict(_own())
    if vendors.pop(name, None) is None:
        return False
    _write(vendors.values())
    return True


def _own() -> Mapping[str, Vendor]:
    """As ``kept``; a file that holds something else is not written over."""
    path = environment.home() / NAME
    if not path.exists():
        return {}
    try:
        return {vendor.name: vendor for vendor in _FILE.decode(files.read(path, _LARGEST))}
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise HistoryError(f"{path} cannot be read: {reason}", hint="Repair it, or move it away.") from None


@lru_cache(maxsize=1)
def _read(path: str, changed: int, size: int) -> Mapping[str, Vendor]:
    vendors = _FILE.decode(files.read(path, _LARGEST))
    return {vendor.name: vendor for vendor in vendors if vendor.dialect in DIALECTS}


def _write(vendors: Iterable[Vendor]) -> None:
    """Writes the file anew, beside it first, so that a full disk leaves the old one."""
    folder = environment.home()
    data = msgspec.json.format(msgspec.json.encode(list(vendors)), indent=2)
    try:
        files.make_private_folder(folder)
        files.replace(folder / NAME, data)
    except OSError as error:
        raise HistoryError(f"{folder / NAME} cannot be written: {error.strerror or error}") from None
