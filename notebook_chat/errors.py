"""The error tree: everything that notebook_chat raises on purpose.

::

    ChatError
    ├── ConfigurationError (ValueError)       nothing was sent; the caller can put it right
    │   ├── UnknownProviderError
    │   ├── MissingKeyError
    │   ├── InvalidMessagesError
    │   ├── InvalidOptionError
    │   └── MissingDependencyError
    ├── ProviderError                         the service answered, and its answer is a failure
    │   ├── BadRequestError                       400, 405, 409, 415, 422 …
    │   │   ├── ContextLengthError                the conversation is too long for the model, 413
    │   │   └── ContentRefusedError               the service will not answer this
    │   ├── AuthenticationError                   401
    │   ├── PermissionDeniedError                 403
    │   ├── ModelNotFoundError                    404
    │   ├── RateLimitError (RuntimeError)         429
    │   │   └── QuotaError                        waiting will not help: the credit is used up
    │   ├── ServerError                           5xx
    │   │   └── OverloadedError                   503, 529
    │   └── ResponseFormatError                   not what the dialect says: a malformed frame, a web page
    ├── TransportError (ConnectionError)      no whole answer came
    │   ├── ConnectError                          refused, no route
    │   │   ├── NameResolutionError               DNS
    │   │   ├── TLSError
    │   │   └── ProxyError
    │   ├── RequestTimeoutError (TimeoutError)    connect, idle or total
    │   └── StreamInterruptedError                reset, or cut off in the middle
    │       └── StaleConnectionError              a kept connection was closed as it was used again
    ├── EngineError                           the embedded model failed
    ├── DownloadError                         its weights could not be had
    ├── HistoryError                          the history on the disk cannot be read
    ├── DataError (ValueError)                 the answer is not the data that it was asked to be
    ├── NotRecordedError                      no service may be asked, and there is no answer from before
    ├── BudgetError                           it would be more than may be used; nothing was sent
    ├── ConversationBusyError                 an answer is still coming in this conversation
    └── UnexpectedError                       what nobody foresaw: a provider's bug, or one of ours

No other exception reaches a caller because of what a service, a file or a provider does: the transport maps a lower
library's to this tree, and ``faults`` whatever else is raised. ``__cause__`` then is the exception itself.
Nothing in an error's text, attributes or traceback holds a key.
"""

from __future__ import annotations

from .secrets import redact
from .text import single_line


class ChatError(Exception):
    """What went wrong, where, and what to do about it, in one line.

    Args:
        message: What happened.
        provider: The name of the provider it happened at, such as ``openai``.
        status: The HTTP status of the service's answer, where there was one.
        retry_after: How long the service asks to wait, in seconds.
        hint: What the reader can do.
        partial: The text that had arrived before the failure.
    """

    default_hint = ""

    def __init__(
        self,
        message: str,
        *,
        provider: str | None = None,
        status: int | None = None,
        retry_after: float | None = None,
        hint: str | None = None,
        partial: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.provider = None if provider is None else single_line(provider)
        self.status = status
        self.retry_after = retry_after
        self.hint = self.default_hint if hint is None else hint
        self.partial = partial

    # What a service, an address or an exception says becomes ours here: without secrets, and in one line that does
    # nothing to a terminal.

    @property
    def message(self) -> str:
        """What happened."""
        return self._message

    @message.setter
    def message(self, message: str) -> None:
        self._message = single_line(redact(message))
        self.args = (self._message,)

    @property
    def hint(self) -> str:
        """What the reader can do."""
        return self._hint

    @hint.setter
    def hint(self, hint: str) -> None:
        self._hint = single_line(redact(hint))

    def __str__(self) -> str:
        where = f"{self.provider}: " if self.provider else ""
        status = f" (HTTP {self.status})" if self.status else ""
        what = f"{where}{self.message.rstrip()}{status}"
        if not self.hint:
            return what
        return f"{what}{'' if what.endswith(('.', '!', '?')) else '.'} {self.hint}"


class ConfigurationError(ChatError, ValueError):
    """Nothing was sent: a name, a key, a message or an option has to be put right first."""


class UnknownProviderError(ConfigurationError):
    """No provider goes by that name."""


class MissingKeyError(ConfigurationError):
    """The provider needs a key and none was given or found."""


class InvalidMessagesError(ConfigurationError):
    """The messages are empty or malformed."""


class InvalidOptionError(ConfigurationError):
    """An option is unknown to the provider, or its value is of the wrong type or out of range."""


class MissingDependencyError(ConfigurationError):
    """An optional package is needed for this and is not installed."""


class ProviderError(ChatError):
    """The service answered, and its answer is a failure."""


class BadRequestError(ProviderError):
    """The service did not accept the request."""


class ContextLengthError(BadRequestError):
    """The conversation is too long for the model."""

    default_hint = "Start a new conversation, leave earlier turns out, or send less along with the prompt."


class ContentRefusedError(BadRequestError):
    """The service refuses to answer this prompt, or blocked its own answer."""

    default_hint = "Word the prompt differently."


class AuthenticationError(ProviderError):
    """The key is missing, wrong or expired."""

    default_hint = "Check the API key."


class PermissionDeniedError(ProviderError):
    """The key is good but does not allow this."""

    default_hint = "Check what the API key's account may use."


class ModelNotFoundError(ProviderError):
    """The service has no such model, or no such address."""

    default_hint = "Check the model's name and the base URL."


class RateLimitError(ProviderError, RuntimeError):
    """Too many requests, or too many tokens, for now."""

    default_hint = "Wait a little and run it again."


class QuotaError(RateLimitError):
    """The account's quota or credit is used up."""

    default_hint = "Check the account's plan and credit."


class ServerError(ProviderError):
    """The service failed."""

    default_hint = "It is the service's fault; try again later."


class OverloadedError(ServerError):
    """The service is overloaded."""

    default_hint = "Wait a little and run it again."


class ResponseFormatError(ProviderError):
    """The service's answer is not in its own dialect: a malformed frame, or a web page."""

    default_hint = "Check the base URL: something else may answer there."


class TransportError(ChatError, ConnectionError):
    """No whole answer came over the wire."""


class ConnectError(TransportError):
    """No connection could be made."""

    default_hint = "Check that the server runs and that its address is right."


class NameResolutionError(ConnectError):
    """The host's name could not be resolved."""

    default_hint = "Check the address and the network."


class TLSError(ConnectError):
    """The secure connection could not be made: most often a certificate that is not trusted."""

    default_hint = "Name your certificate authority in SSL_CERT_FILE, or give ssl=."


class ProxyError(ConnectError):
    """The proxy did not let the request through."""

    default_hint = "Check the proxy's address, user and password."


class RequestTimeoutError(TransportError, TimeoutError):
    """A bound on time was reached: to connect, between two chunks, or in all."""

    default_hint = "Run it again, or give it longer: --timeout on the line of %%chat, timeout= in Python."


class StreamInterruptedError(TransportError):
    """The connection was lost before the answer was whole."""

    default_hint = "What had arrived is kept; run it again for the whole answer."


class StaleConnectionError(StreamInterruptedError):
    """A connection that had been kept from an earlier request was closed as it was used again.

    Servers close idle connections when they like. The service has answered nothing: the same request may be sent
    once more on a fresh connection.
    """

    default_hint = "Run it again."


class EngineError(ChatError):
    """The embedded model failed to load or to answer."""


class DownloadError(ChatError):
    """The weights of the embedded model could not be had, or are not the ones that were asked for."""


class ConversationBusyError(ChatError):
    """An answer is still coming in this conversation."""

    default_hint = "Wait for it, stop it, or use another conversation."


class DataError(ChatError, ValueError):
    """An answer is not the data that it was asked to be: cut off, withheld, no JSON, or JSON that does not fit. Its
    text is in ``partial``."""

    default_hint = "Run it again, say in the prompt what each field is, or ask another model."


class NotRecordedError(ChatError):
    """No service may be asked, and there is no answer from before to this request."""


class BudgetError(ChatError):
    """It would be more than may be used. Nothing was sent."""


class HistoryError(ChatError):
    """The history on the disk, or a file that holds one, cannot be read."""


class UnexpectedError(ChatError):
    """Something failed that nobody foresaw: a provider from elsewhere has a bug, or notebook_chat has one, or this
    machine has run out of files, threads or memory. The message names the exception and its place."""
