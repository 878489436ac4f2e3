"""Which proxy a request goes through."""

from __future__ import annotations

import os
import sys
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

from .. import errors
from ..request import HttpRequest
from ..secrets import redact_address
from .no_proxy import bypasses, is_own_machine
from .socks import SCHEMES

# Looking through the whole environment for proxies takes longer than sending the request. macOS and Windows
# may have them in the system's settings as well.
_PROXY_VARIABLES = (
    None
    if sys.platform in ("darwin", "win32")
    else ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
)
_PORTS = {"http": 80, "https": 443}


def proxy_for(request: HttpRequest) -> str | None:
    """The proxy to use: the caller's, or that of ``HTTPS_PROXY``, ``HTTP_PROXY`` and ``ALL_PROXY``, where neither
    ``NO_PROXY`` nor the system's settings leave the host out and it is not this machine.

    Raises:
        ConfigurationError: The proxy is of a kind that is not spoken here.
    """
    if request.proxy is not None:
        proxy: str | None = request.proxy.reveal()
    elif _PROXY_VARIABLES is not None and not any(name in os.environ for name in _PROXY_VARIABLES):
        return None
    else:
        proxy = _of_environment(urlsplit(request.url))
    if not proxy:
        return None
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    scheme = _scheme(proxy)
    if scheme is None:
        raise errors.ConfigurationError(
            "what is set as the proxy is not a proxy's address", hint="Give one such as http://host:port."
        )
    if scheme not in ("http", "https", *SCHEMES):
        raise errors.ConfigurationError(
            f"the proxy {redact_address(proxy)} speaks neither HTTP nor SOCKS",
            hint="Give one such as http://host:port.",
        )
    return proxy


def _scheme(proxy: str) -> str | None:
    """The scheme of a proxy's address; ``None`` where it is none. What it is is not told: a password may be in it."""
    try:
        parts = urlsplit(proxy)
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    return parts.scheme.lower() if usable and proxy.isprintable() and " " not in parts.netloc else None


def _of_environment(to: SplitResult) -> str | None:
    host = to.hostname or ""
    rules = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    if is_own_machine(host) or bypasses(rules, host, to.port or _PORTS.get(to.scheme, 0)):
        return None
    proxies = getproxies()
    proxy = proxies.get(to.scheme) or proxies.get("all")
    return None if proxy is None or proxy_bypass(host) else proxy
