"""Which proxy a request goes through."""

from __future__ import annotations

import os
import sys
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from .. import errors
from ..request import HttpRequest
from ..secrets import redact

# Looking through the whole environment for proxies takes longer than sending the request. macOS and Windows
# may have them in the system's settings as well.
_PROXY_VARIABLES = (
    None
    if sys.platform in ("darwin", "win32")
    else ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
)


def proxy_for(request: HttpRequest) -> str | None:
    """The proxy to use: the caller's, or that of ``HTTPS_PROXY``, ``HTTP_PROXY`` and ``NO_PROXY``."""
    if request.proxy is not None:
        proxy: str | None = request.proxy.reveal()
    elif _PROXY_VARIABLES is not None and not any(name in os.environ for name in _PROXY_VARIABLES):
        return None
    else:
        parts = urlsplit(request.url)
        proxies = getproxies()
        proxy = proxies.get(parts.scheme) or proxies.get("all")
        if proxy is None or proxy_bypass(parts.hostname or ""):
            return None
    if not proxy:
        return None
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    if urlsplit(proxy).scheme not in ("http", "https"):
        raise errors.ConfigurationError(
            f"the proxy {redact(proxy)} is not an HTTP proxy", hint="Give one such as http://host:port."
        )
    return proxy
