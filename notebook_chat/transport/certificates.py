"""Whom to trust, as the environment says at the time of a request."""

from __future__ import annotations

import os
import ssl as tls
from functools import lru_cache

from ..errors import ConfigurationError
from ..files import check_named
from ..request import HttpRequest

_FILES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
_FOLDER = "SSL_CERT_DIR"


def trusted(request: HttpRequest) -> tls.SSLContext | bool:
    """What checks a server's certificate.

    OpenSSL reads its variables once, when the first context is made, and aiohttp makes its own when it is imported. In
    a notebook they are set later than that.

    Args:
        request: What is sent. Where it leaves the certificate to the environment, its variables count.

    Raises:
        ConfigurationError: A variable names a file or a folder that cannot be used.
    """
    if request.ssl is not True or not request.url.startswith("https:"):
        return request.ssl
    name = next((one for one in _FILES if os.environ.get(one)), None)
    folder = os.environ.get(_FOLDER)
    if name is None and not folder:
        return True
    file = os.environ[name] if name else None
    try:
        return _context(file, folder, check_named(file).st_mtime_ns if file else 0)
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{name or _FOLDER} names {file or folder}, which cannot be used: {error}",
            hint="Name a file of certificates (PEM), or unset it.",
        ) from None


@lru_cache(maxsize=4)
def _context(file: str | None, folder: str | None, changed: int) -> tls.SSLContext:
    return tls.create_default_context(cafile=file, capath=folder)
