"""The way to a service over HTTP: its address, its key and its headers, found where a request is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .. import environment, errors
from ..attempts import RetryPolicy
from ..environment import Found
from ..keychain import stored_key
from ..secrets import Secret
from ..transport.client import AiohttpTransport
from . import addresses
from . import options as checks
from .base import AsyncGeneratorProvider
from .call import Connection
from .keys import check_key


class Service(AsyncGeneratorProvider):
    """A provider that is reached over HTTP. What its dialect is, ``HTTPProvider`` adds.

    Attributes:
        key_variables: Environment variables that may hold the key, the first one set counts.
        account: The name under which the keyring has the key, where it is another provider's.
        url_variables: Environment variables that may move the service elsewhere, the first one set counts.
        header_variables: Further headers, and the environment variables that have their values.
        fixed_headers: Further headers; ``$NAME`` in a value stands for a variable of the environment.
        key_header: The header that has the key, where it is another than the dialect's.
        endpoints: The ends of its addresses, which a pasted one may have, the longest first.
    """

    key_variables: ClassVar[tuple[str, ...]] = ()
    account: ClassVar[str] = ""
    url_variables: ClassVar[tuple[str, ...]] = ()
    header_variables: ClassVar[Mapping[str, str]] = {}
    fixed_headers: ClassVar[Mapping[str, str]] = {}
    key_header: ClassVar[str] = ""
    endpoints: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def headers(cls, key: Secret | None) -> dict[str, str | Secret]:
        """The headers of every request of this dialect."""
        return {"Authorization": Secret(f"Bearer {key.reveal()}")} if key else {}

    @classmethod
    def all_headers(cls, to: Connection) -> dict[str, str | Secret]:
        """The dialect's headers with the key, and those of the caller, which win."""
        if cls.key_header and to.api_key:
            return {**cls.headers(None), cls.key_header: to.api_key, **to.headers}
        return {**cls.headers(to.api_key), **to.headers}

    @classmethod
    def moved_to(cls) -> Found | None:
        """The variable that moves the service elsewhere."""
        return environment.find(*cls.url_variables)

    @classmethod
    def address(cls, url: str) -> str:
        """The service's address from what the caller or the environment has, in any of the usual forms.

        Raises:
            InvalidOptionError: It is none.
        """
        return addresses.checked(url, cls.endpoints)

    @classmethod
    def connection(cls, options: Mapping[str, Any]) -> Connection:
        """The way to the service: where it is, with which key, how long to wait.

        Args:
            options: The options of the call; what they lack comes from the environment.

        Raises:
            ConfigurationError: An option's value or the key must be put right first.
        """
        given = options.get("base_url")
        moved = None if given else cls.moved_to()
        # A file that names an address gets no key but its own: it may have come along with a notebook.
        key = check_key(options.get("api_key"), "api_key") or cls.key(
            of_file=moved is not None and moved.from_file
        )
        given = given or (moved and moved.value)
        if cls.needs_auth and not key and not given:
            raise errors.MissingKeyError(
                "there is no API key",
                provider=cls.name,
                hint=f"Set {cls.key_variables[0]} in the environment, or give api_key=.",
            )
        if not given and not cls.url:
            raise errors.ConfigurationError(
                "there is no address",
                provider=cls.name,
                hint=f"Set {cls.url_variables[0]} in the environment, or give base_url=.",
            )
        return Connection(
            base_url=cls.address(given) if given else cls.url,
            transport=checks.check_transport(options.get("transport")) or AiohttpTransport(),
            api_key=key,
            headers=cls._own_headers() | checks.check_headers(options.get("headers")),
            timeouts=checks.check_timeouts(options.get("timeout")),
            proxy=checks.check_proxy(options.get("proxy")),
            ssl=checks.check_ssl(options.get("ssl")),
            retries=RetryPolicy.checked(options.get("retries")),
        )

    @classmethod
    def available(cls) -> bool:
        """Whether it needs a key and has one, and a model of its own. Nobody knows of a server on one's own machine
        before asking it."""
        return cls.needs_auth and bool(cls.default_model and cls.key()) and bool(cls.url or cls.moved_to())

    @classmethod
    def key(cls, *, of_file: bool = False) -> Secret | None:
        """The key for this provider: that of the environment, or else that of the system's keyring.

        Args:
            of_file: Whether to look in the file of the working folder alone.

        Raises:
            InvalidOptionError: The key has a character that no key has.
        """
        if found := environment.find_key(*cls.key_variables, in_file=of_file):
            name, key = found
            return check_key(key, name)
        if not cls.key_variables or of_file:
            return None
        return check_key(stored_key(cls.account or cls.name), "the keyring's key")

    @classmethod
    def variables_of_file(cls) -> tuple[str, ...]:
        """The variables that are read from the file of the working folder, as long as no option takes their place."""
        moved = cls.moved_to()
        find = environment.find_in_file if moved is not None and moved.from_file else environment.find
        found = (
            moved,
            find(*cls.key_variables),
            *(environment.find(name) for name in cls.header_variables.values()),
        )
        return tuple(one.name for one in found if one is not None and one.from_file)

    @classmethod
    def _own_headers(cls) -> dict[str, Secret]:
        found = {header: environment.find_key(name) for header, name in cls.header_variables.items()}
        own = {header: one[1] for header, one in found.items() if one is not None}
        filled = {header: environment.filled(value) for header, value in cls.fixed_headers.items()}
        return own | checks.check_headers(filled)
