"""aiohttp's failures, and the operating system's, to the project's own tree."""

from __future__ import annotations

import ssl as tls

import aiohttp

from .. import errors, faults
from ..request import HttpRequest
from ..secrets import excerpt, redact_address

_LONGEST_WORDS = 1000  # characters that an error keeps of another one's words


def translated(error: Exception, request: HttpRequest) -> errors.ChatError:
    """The error of the project's tree for one of aiohttp's or the operating system's."""
    host = request.host
    if isinstance(error, errors.ChatError):
        return error
    if (lacking := faults.lacking(error)) is not None:
        what, hint = lacking
        return errors.ConnectError(f"cannot connect to {host}: {what}", hint=hint)
    if isinstance(error, TimeoutError):
        return _timeout(error, request)
    reason = _line(excerpt(_reason(error), _LONGEST_WORDS, *request.secrets))
    match error:
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return errors.ConfigurationError(
                f"{redact_address(request.url, *request.secrets)!r} is not an address that can be asked",
                hint="An address looks like https://host/v1.",
            )
        case aiohttp.ClientProxyConnectionError():
            return errors.ProxyError(f"the proxy does not answer: {reason}")
        case aiohttp.ClientHttpProxyError():
            return errors.ProxyError(f"the proxy refused to connect to {host}: {reason}", status=error.status)
        case aiohttp.ClientConnectorDNSError():
            return errors.NameResolutionError(f"the host {host} cannot be found: {reason}")
        case aiohttp.ClientSSLError() | tls.SSLError() | aiohttp.ServerFingerprintMismatch():
            return errors.TLSError(f"no secure connection to {host}: {reason}")
        case aiohttp.ClientConnectorError():
            return errors.ConnectError(f"cannot connect to {host}: {reason}")
        case aiohttp.ClientResponseError():
            return errors.ResponseFormatError(f"{host} does not speak HTTP: {reason}")
        case aiohttp.ClientError() | OSError():
            return errors.StreamInterruptedError(f"the connection to {host} was lost: {reason}")
        case ValueError():
            # A ValueError of aiohttp's own checks: a header with a line break, a malformed proxy.
            return errors.ConfigurationError(f"the request to {host} cannot be sent: {reason}")
        case _:
            return faults.chat_error(error, secrets=request.secrets)


def through_socks(error: Exception, request: HttpRequest) -> errors.ChatError:
    """The error of the project's tree for a connection that could not be made through a SOCKS proxy."""
    if isinstance(error, tls.SSLError):
        return translated(error, request)
    reason = _line(excerpt(_reason(error), _LONGEST_WORDS, *request.secrets))
    if isinstance(error, TimeoutError):
        return errors.ProxyError(f"the proxy made no connection to {request.host} in time: {reason}")
    if isinstance(error, OSError):
        return errors.ProxyError(f"the proxy does not answer: {reason}")
    return errors.ProxyError(f"the proxy refused to connect to {request.host}: {reason}")


def _timeout(error: TimeoutError, request: HttpRequest) -> errors.RequestTimeoutError:
    timeouts = request.timeouts
    match error:
        case aiohttp.ConnectionTimeoutError():
            return errors.RequestTimeoutError(
                f"no connection to {request.host} within {timeouts.connect:g} s"
            )
        case aiohttp.SocketTimeoutError():
            return errors.RequestTimeoutError(f"{request.host} sent nothing for {timeouts.idle:g} s")
        case _ if timeouts.total is not None:
            return errors.RequestTimeoutError(
                f"no whole answer from {request.host} within {timeouts.total:g} s"
            )
        case _:
            return errors.RequestTimeoutError(f"{request.host} does not answer")


def _line(text: str) -> str:
    """A text in one line and never too long: a parser quotes what it could not read."""
    line = " ".join(text.split())
    return line if len(line) <= faults.LONGEST else f"{line[: faults.LONGEST]}…"


def _reason(error: Exception) -> str:
    """The words of an error that mean something to a reader."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return str(error.certificate_error)
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.os_error.strerror or str(error.os_error)
    if isinstance(error, aiohttp.ClientResponseError):
        return error.message
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
